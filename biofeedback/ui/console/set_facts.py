"""What a set was: figures for the page between two sets, from the session's page as it is pulled."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from biofeedback.exercises.model import DOMAINS, Domain
from biofeedback.session.view import RepetitionView, SessionView
from biofeedback.ui.console.words import sentence
from biofeedback.ui.language import tr

_LEAST = 3  # repetitions in each of two sets, before their difference can be told from chance
_CONFIDENCE = 1.96  # 95 %
_SEEN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class PartFacts:
    """One part of the score: its mean in this set and the one before, 0 to 100, and what between them may be chance.

    ``chance`` is half the width of the zone around the earlier mean in which 95 of 100 differences fall when nothing
    changed, from how much single repetitions differ (difference of two means, normal approximation); None where there
    are fewer than three repetitions in one of the sets.
    """

    domain: Domain
    mean: float | None
    before: float | None
    chance: float | None

    @property
    def real(self) -> bool:
        """Whether the difference is more than chance."""
        if self.mean is None or self.before is None or self.chance is None:
            return False
        return abs(self.mean - self.before) > self.chance


@dataclass(frozen=True, slots=True, kw_only=True)
class SetFacts:
    """One set that is done. ``score`` is of practice, ``own`` of probes; ``before`` are those of the set before."""

    number: int
    count: int
    lasted_s: float
    repetitions: tuple[RepetitionView, ...]
    practised: int
    reached: int
    without_score: int
    score: float | None
    own: float | None
    score_before: float | None
    own_before: float | None
    parts: tuple[PartFacts, ...]
    seen: tuple[str, ...]
    estimate: int | None


class SetLog:
    """Remembers the repetitions of each set while the session's page shows them."""

    def __init__(self) -> None:
        self._sets: dict[int, tuple[RepetitionView, ...]] = {}
        self._exercise = ""

    def take(self, view: SessionView) -> None:
        """Take a newer page of the session."""
        if view.exercise_id != self._exercise:
            self._exercise, self._sets = view.exercise_id, {}
        done = [one for one in view.repetitions if one.end_s is not None]
        self._sets[view.set_number] = tuple(sorted(done, key=lambda one: one.start_s))

    def facts(self, view: SessionView) -> SetFacts:
        """Return the figures of the set the page is at."""
        self.take(view)
        earlier = self._sets.get(view.set_number - 1, ())
        return replace(
            set_facts(view.set_number, view.set_count, self._sets[view.set_number], earlier),
            estimate=view.patient.estimate,
        )


def set_facts(
    number: int, count: int, repetitions: tuple[RepetitionView, ...], earlier: Sequence[RepetitionView] = ()
) -> SetFacts:
    """Return the figures of a set beside those of the one before."""
    standing = [one for one in repetitions if not one.undone]
    practice = [one for one in standing if not one.probe]
    lasted_s = max((one.end_s or one.start_s for one in repetitions), default=0.0)
    lasted_s -= min((one.start_s for one in repetitions), default=0.0)
    return SetFacts(
        number=number,
        count=count,
        lasted_s=lasted_s,
        repetitions=repetitions,
        practised=sum(one.score is not None for one in practice),
        reached=sum(one.reached and one.score is not None for one in practice),
        without_score=sum(one.score is None for one in standing),
        score=_mean_score(repetitions, probe=False),
        own=_mean_score(repetitions, probe=True),
        score_before=_mean_score(earlier, probe=False),
        own_before=_mean_score(earlier, probe=True),
        parts=tuple(_part(domain, repetitions, earlier) for domain in DOMAINS),
        seen=_seen(standing),
        estimate=None,
    )


def _mean_score(repetitions: Sequence[RepetitionView], probe: bool) -> float | None:
    scores = [one.score for one in repetitions if one.score is not None and not one.undone and one.probe == probe]
    return sum(scores) / len(scores) if scores else None


def _values(domain: Domain, repetitions: Sequence[RepetitionView]) -> list[float]:
    standing = (one.parts.get(domain) for one in repetitions if not one.undone and not one.probe)
    return [value for value in standing if value is not None]


def _part(domain: Domain, repetitions: Sequence[RepetitionView], earlier: Sequence[RepetitionView]) -> PartFacts:
    now, then = _values(domain, repetitions), _values(domain, earlier)
    chance = None
    if min(len(now), len(then)) >= _LEAST:
        chance = _CONFIDENCE * math.sqrt(_variance(now) / len(now) + _variance(then) / len(then))
    return PartFacts(domain=domain, mean=_mean(now), before=_mean(then), chance=chance)


def _mean(values: list[float]) -> float | None:
    return sum(values) / len(values) if values else None


def _variance(values: list[float]) -> float:
    mean = sum(values) / len(values)
    return sum((value - mean) ** 2 for value in values) / (len(values) - 1)


def _seen(standing: Sequence[RepetitionView]) -> tuple[str, ...]:
    """Say what happened more than once, most often first."""
    missed = [one for one in standing if one.result != "in"]
    counted = Counter(one.reason.text for one in missed)
    lines = []
    for text, times in counted.most_common(_SEEN):
        if times > 1:
            example = next(one for one in missed if one.reason.text == text)
            lines.append(
                tr("{times} of {count}: like repetition {number}, {reason}").format(
                    times=times, count=len(standing), number=example.number, reason=sentence(example.reason)
                )
            )
    return tuple(lines)
