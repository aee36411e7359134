"""The beat of a movement: a tone where going, holding and coming back begin, a tick at each second between."""

from __future__ import annotations

from biofeedback.exercises.model import Tempo
from biofeedback.outputs.tones import Cue
from biofeedback.session.course import COUNTDOWN_S

Beats = list[tuple[float, Cue]]

COUNT_IN: Beats = [(0.0, "count_in"), (1.0, "count_in"), (2.0, "count_in"), (COUNTDOWN_S, "go")]
"""From the beginning of the countdown; the onset of the last one is the start."""

_APART_S = 0.5  # a tick nearer than this to the next part would blur it


class Metronome:
    """Lays out the beats of one movement after the other; each movement sets out when the person does."""

    def __init__(self, tempo: Tempo | None) -> None:
        self._beats = [] if tempo is None else _beats(tempo)
        self._since_s: float | None = None

    def stop(self) -> None:
        """Take the person for at rest: what was laid out has been called off."""
        self._since_s = None

    def beats(self, time_s: float, since_s: float | None) -> Beats | None:
        """Return what sounds how many seconds from now, once for each movement; None while nothing changes.

        Of what is late already, since a movement is noticed after it began at ``since_s``, the newest comes at once.
        At rest (None) nothing comes any more.
        """
        if since_s == self._since_s:
            return None
        self._since_s = since_s
        if since_s is None:
            return []
        gone_s = time_s - since_s
        late: Beats = [(0.0, cue) for at_s, cue in self._beats if at_s <= gone_s]
        ahead: Beats = [(at_s - gone_s, cue) for at_s, cue in self._beats if at_s > gone_s]
        return late[-1:] + ahead


def _beats(tempo: Tempo) -> Beats:
    """Return seconds since the movement began, and what sounds then; the end is a tick."""
    parts: list[tuple[Cue, float]] = [
        ("phase_up", tempo.out_s),
        ("phase_hold", tempo.hold_s),
        ("phase_down", tempo.back_s),
    ]
    beats: Beats = []
    begins_s = 0.0
    for cue, lasts_s in parts:
        if lasts_s <= 0.0:
            continue
        beats.append((begins_s, cue))
        ticks_s = (begins_s + second for second in range(1, int(lasts_s) + 1) if second <= lasts_s - _APART_S)
        beats.extend((at_s, "tick") for at_s in ticks_s)
        begins_s += lasts_s
    return [*beats, (begins_s, "tick")]
