"""Where mains hum is left in EMG that was cleaned of it."""

from __future__ import annotations

from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from biofeedback.dsp.spectrum import frequencies_hz, hum_shares, periodograms
from biofeedback.measures.signal_quality.seconds import Windows

Array = NDArray[np.float64]

_HUM_HEARD, _HUM_SHARE = 0.3, 0.1


class HumLeft:
    """Watches the hum that the mains canceller left in EMG channels, second by second, every half second.

    It counts where it is more than a tenth of the loudest second so far and most of what is heard.
    """

    def __init__(self, sampling_rate_hz: float, n_channels: int = 1) -> None:
        self._rate = sampling_rate_hz
        self._windows = Windows(n_channels, sampling_rate_hz)
        self._loudest = np.zeros(n_channels)

    def process(self, cleaned: Array, first_sample: int) -> list[tuple[int, NDArray[np.bool_]]]:
        """Take the next samples after the canceller, shape (n_samples, n_channels).

        Return, for each second that is complete, the index of the sample behind it and whether each channel hums.
        """
        found: list[tuple[int, NDArray[np.bool_]]] = []
        for whole, group in groupby(
            self._windows.process(cleaned, first_sample), key=lambda window: bool(np.isfinite(window[1][:, 0]).all())
        ):
            ends, rows = zip(*group, strict=True)
            if whole:
                found += zip(ends, self._hums(np.stack(rows)), strict=True)
                continue
            for end, row in zip(ends, rows, strict=True):
                known = row[np.isfinite(row[:, 0])]
                if len(known) >= 0.5 * len(row):
                    found.append((end, self._hums(known[None])[0]))
        return found

    def _hums(self, windows: Array) -> list[NDArray[np.bool_]]:
        """Judge windows, shape (n_windows, n_samples, n_channels), each as if it were alone."""
        n, size, n_channels = windows.shape
        rows = np.ascontiguousarray(windows.transpose(0, 2, 1)).reshape(-1, size)
        step_hz = float(frequencies_hz(size, self._rate)[1])
        shares, power = hum_shares(step_hz, periodograms(rows, self._rate), self._rate)
        share, power = np.nan_to_num(shares).max(axis=1).reshape(n, n_channels), power.reshape(n, n_channels)
        rest = np.sqrt(power * np.maximum(1.0 - share, 0.0))
        loudest = np.maximum.accumulate(np.concatenate([self._loudest[None], rest]))[1:]
        self._loudest = loudest[-1]
        return list((share > _HUM_HEARD) & (np.sqrt(power * share) > _HUM_SHARE * loudest))
