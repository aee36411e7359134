"""How long things take, measured all the time: percentiles over the last minute and over the whole session."""

from __future__ import annotations

from collections import deque

import numpy as np

from biofeedback.outputs.sound import Sound
from biofeedback.session.commands import Painted
from biofeedback.session.view import LatencyView

_MINUTE_S = 60.0
_MOST = 20_000  # a minute of three hundred packets a second
_STEP_MS = 0.1
_BINS = 20_000  # two seconds in steps of 0.1 ms; what takes longer lands in the last one


class Percentiles:
    """Percentiles of durations: exact over a session's last minute, to 0.1 ms over all of it, in constant memory."""

    def __init__(self) -> None:
        self._newest: deque[tuple[float, float]] = deque(maxlen=_MOST)
        self._all = np.zeros(_BINS, dtype=np.int64)
        self.count = 0

    def add(self, duration_s: float, at_s: float) -> None:
        """Take one duration in seconds, and the session time it belongs to."""
        duration_ms = 1000 * duration_s
        self._newest.append((at_s, duration_ms))
        while at_s - self._newest[0][0] > _MINUTE_S:
            self._newest.popleft()
        self._all[min(max(int(duration_ms / _STEP_MS), 0), _BINS - 1)] += 1
        self.count += 1

    def recent_ms(self, *percents: float) -> tuple[float | None, ...]:
        """Return percentiles over the last minute in ms; None before the first."""
        if not self._newest:
            return (None,) * len(percents)
        return tuple(float(p) for p in np.percentile([ms for _, ms in self._newest], percents))

    def all_ms(self, *percents: float) -> tuple[float | None, ...]:
        """Return percentiles of all values in ms, to 0.1 ms; None before the first."""
        if not self.count:
            return (None,) * len(percents)
        share = np.cumsum(self._all) / self.count
        return tuple(round((float(np.searchsorted(share, p / 100)) + 1) * _STEP_MS, 1) for p in percents)


def view(decided: Percentiles, sound: Sound | None, painted: Painted | None) -> LatencyView:
    """Return how long it takes now from a sample to the cue, to the sound and to the picture, as far as known."""
    cue_p50, cue_p99 = decided.recent_ms(50, 99)
    heard = None if sound is None else sound.latency("values") or sound.latency()
    return LatencyView(
        cue_p50=cue_p50,
        cue_p99=cue_p99,
        sound_p95=None if heard is None else heard.p95_ms,
        painted_p50=None if painted is None else painted.p50,
        painted_p95=None if painted is None else painted.p95,
    )


def document(decided: Percentiles, newest: LatencyView) -> dict[str, float | None]:
    """Return what a session's document keeps of it, ms: cues over the whole session, the rest as it was last."""
    cue_p50, cue_p99 = decided.all_ms(50, 99)
    return {
        "cue_p50": cue_p50,
        "cue_p99": cue_p99,
        "sound_p95": newest.sound_p95,
        "painted_p50": newest.painted_p50,
        "painted_p95": newest.painted_p95,
    }
