"""Which of two muscles came first, told after a repetition."""

from __future__ import annotations

from collections import deque

from biofeedback.measures.onsets import MuscleOnsets
from biofeedback.session.placing import Source
from biofeedback.stream import Chunk

_BEFORE_S = 1.0  # before a repetition begins: a muscle may be early
_KEPT = 64


class Onsets:
    """Hears two muscles and remembers when each of them switched on. It costs nothing where nobody asks for it."""

    def __init__(self, first: Source, other: Source) -> None:
        self._sources = (first, other)
        self._detectors = [MuscleOnsets(source.stream.sampling_rate_hz) for source in self._sources]
        self._times_s = [deque[float](maxlen=_KEPT) for _ in self._sources]
        self._buzzes = deque[tuple[float, float]](maxlen=_KEPT)

    def buzzed(self, from_s: float, to_s: float) -> None:
        """Keep what is found while a motor ran out of the onsets: it shakes the electrodes."""
        self._buzzes.append((from_s, to_s))

    def process(self, chunk: Chunk) -> None:
        """Take the next samples of a stream."""
        for source, detector, times_s in zip(self._sources, self._detectors, self._times_s, strict=True):
            if source.stream.id == chunk.stream:
                samples = chunk.data[:, source.columns[:1]]
                for switch in detector.process(samples, chunk.times_s, chunk.first_sample):
                    if switch.kind == "onset":
                        times_s.append(switch.time_s)

    def lead_ms(self, start_s: float, peak_s: float) -> float | None:
        """Return how long after the first muscle the other one set in for a repetition; negative if it was earlier.

        None where one of them did not set in between a second before the repetition and its peak.
        """
        found = [
            [t for t in times_s if start_s - _BEFORE_S <= t <= peak_s and not self._shaken(t)]
            for times_s in self._times_s
        ]
        return 1000.0 * (found[1][0] - found[0][0]) if all(found) else None

    def _shaken(self, time_s: float) -> bool:
        return any(from_s <= time_s <= to_s for from_s, to_s in self._buzzes)
