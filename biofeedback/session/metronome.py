"""The beat of a movement: a tone where going, holding and coming back begin, a tick at each second between."""

from __future__ import annotations

from biofeedback.exercises.model import Tempo
from biofeedback.outputs.tones import Cue

_APART_S = 0.5  # a tick nearer than this to the next part would blur it


class Metronome:
    """Says the beats of one movement after the other; each movement sets out when the person does."""

    def __init__(self, tempo: Tempo | None) -> None:
        self._beats = [] if tempo is None else _beats(tempo)
        self._since_s: float | None = None
        self._given = 0

    def beat(self, time_s: float, since_s: float | None) -> Cue | None:
        """Return what is due by a time in a movement that began at ``since_s`` (None: at rest); the newest only."""
        if since_s != self._since_s:
            self._since_s, self._given = since_s, 0
        if since_s is None:
            return None
        due = sum(time_s - since_s >= at_s for at_s, _ in self._beats)
        if due <= self._given:
            return None
        self._given = due
        return self._beats[due - 1][1]


def _beats(tempo: Tempo) -> list[tuple[float, Cue]]:
    """Return seconds since the movement began, and what sounds then; the end is a tick."""
    parts: list[tuple[Cue, float]] = [
        ("phase_up", tempo.out_s),
        ("phase_hold", tempo.hold_s),
        ("phase_down", tempo.back_s),
    ]
    beats: list[tuple[float, Cue]] = []
    begins_s = 0.0
    for cue, lasts_s in parts:
        if lasts_s <= 0.0:
            continue
        beats.append((begins_s, cue))
        ticks_s = (begins_s + second for second in range(1, int(lasts_s) + 1) if second <= lasts_s - _APART_S)
        beats.extend((at_s, "tick") for at_s in ticks_s)
        begins_s += lasts_s
    return [*beats, (begins_s, "tick")]
