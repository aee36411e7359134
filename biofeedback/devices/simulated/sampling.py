"""When a sensor takes its samples: its clock is never quite the nominal one, and may change on the way."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from biofeedback.devices.simulated.strokes import Array


@dataclass(frozen=True, slots=True)
class SampleClock:
    """Sample index to time after the start of the script.

    ``rate_hz`` is the nominal rate; ``pieces`` are (first sample, its time, true rate), the first one from sample 0.
    """

    rate_hz: float
    pieces: tuple[tuple[int, float, float], ...]

    @classmethod
    def uniform(cls, rate_hz: float) -> SampleClock:
        """Return a clock that keeps its nominal rate.

        Raises
        ------
        ValueError
            If the rate is not above 0.
        """
        if not (rate_hz > 0 and math.isfinite(rate_hz)):
            raise ValueError(f"a sampling rate must be above 0 Hz, not {rate_hz:g}")
        return cls(rate_hz, ((0, 0.0, rate_hz),))

    def changed(self, from_s: float, factor: float) -> SampleClock:
        """Return a clock at ``factor`` times the nominal rate from a time on; changes come in order of time."""
        first, start_s, true_hz = self.pieces[-1]
        n_before = math.ceil((from_s - start_s) * true_hz)
        if n_before <= 0:
            return SampleClock(self.rate_hz, (*self.pieces[:-1], (first, start_s, self.rate_hz * factor)))
        change = (first + n_before, start_s + n_before / true_hz, self.rate_hz * factor)
        return SampleClock(self.rate_hz, (*self.pieces, change))

    def times_s(self, first: int, n: int) -> Array:
        """Return the times of samples ``first`` to ``first + n``."""
        index = np.arange(first, first + n)
        if len(self.pieces) == 1:
            start, start_s, true_hz = self.pieces[0]
            return start_s + (index - start) / true_hz
        pieces = np.array(self.pieces)
        piece = pieces[np.maximum(np.searchsorted(pieces[:, 0], index, side="right") - 1, 0)]
        return piece[:, 1] + (index - piece[:, 0]) / piece[:, 2]

    def time_s(self, index: int) -> float:
        """Return the time of one sample."""
        if len(self.pieces) == 1:
            start, start_s, true_hz = self.pieces[0]
        else:
            start, start_s, true_hz = next(piece for piece in reversed(self.pieces) if piece[0] <= max(index, 0))
        return start_s + (index - start) / true_hz
