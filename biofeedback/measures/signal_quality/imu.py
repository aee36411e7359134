"""Whether an inertial sensor can be trusted now."""

from __future__ import annotations

from itertools import groupby

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from biofeedback.measures.signal_quality.seconds import Windows
from biofeedback.measures.signal_quality.verdict import Quality, graded, loss, worst

Array = NDArray[np.float64]


class ImuQuality:
    """Watches one inertial sensor: acceleration in m/s², angular velocity in rad/s; a verdict every half second."""

    def __init__(self, sampling_rate_hz: float, acc_highest: float | None = None, gyr_highest: float | None = None):
        self._windows = Windows(6, sampling_rate_hz)
        self._highest = np.array([acc_highest or np.inf] * 3 + [gyr_highest or np.inf] * 3)

    def process(self, samples: Array, first_sample: int) -> list[Quality]:
        """Take the next samples, shape (n_samples, 6); return the verdicts they bring, oldest first."""
        verdicts: list[Quality] = []
        for whole, group in groupby(
            self._windows.process(samples, first_sample), key=lambda window: bool(np.isfinite(window[1]).all())
        ):
            ends, rows = zip(*group, strict=True)
            found = self._whole(np.stack(rows)) if whole else [self._broken(window) for window in rows]
            verdicts += [replace(one, end_sample=end) for one, end in zip(found, ends, strict=True)]
        return verdicts

    def _broken(self, window: Array) -> Quality:
        """Judge a window of which something is missing."""
        known = window[np.isfinite(window).all(axis=1)]
        if len(known) < 0.5 * len(window):
            return Quality("bad", "Move the sensor closer.", "loss", 1.0 - len(known) / len(window))
        return self._whole(known[None], 1.0 - np.count_nonzero(np.isfinite(window)) / window.size)[0]

    def _whole(self, windows: Array, lost: float = 0.0) -> list[Quality]:
        """Judge windows, shape (n_windows, n_samples, 6), each as if it were alone."""
        clipped = (np.abs(windows) >= 0.99 * self._highest).any(axis=2).mean(axis=1)
        frozen = (windows[:, 1:] == windows[:, :-1]).all(axis=2).mean(axis=1)
        squares = windows[:, :, :3] ** 2
        gravity = np.sqrt(np.median(squares[:, :, 0] + squares[:, :, 1] + squares[:, :, 2], axis=1))
        return [
            self._judge(lost, *facts) for facts in zip(clipped.tolist(), frozen.tolist(), gravity.tolist(), strict=True)
        ]

    def _judge(self, lost: float, clipped: float, frozen: float, gravity: float) -> Quality:
        verdicts = [
            loss(lost),
            graded(clipped, 0.001, 0.05, "saturation", "Move a little slower."),
            graded(frozen, 0.5, 0.95, "flatline", "Switch the sensor off and on."),
        ]
        if not 5.0 < gravity < 20.0:
            verdicts.append(Quality("weak", "Check the sensor's settings.", "gravity", gravity))
        return worst(verdicts)
