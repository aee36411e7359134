"""The exercise as it sits on this person: other muscles, another side, and without the sensors that are missing."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from biofeedback.exercises.model import Exercise, Placement
from biofeedback.exercises.sites import site
from biofeedback.session.placing import PlacementError
from biofeedback.session.room.view import Side


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a placement sits: segment or muscle, and the side of it; None = in the middle."""

    place: str
    side: Side | None


def usual_spots(exercise: Exercise) -> dict[str, Spot]:
    """Return where the exercise itself puts each placement."""
    side: Side | None = exercise.side if exercise.side in ("left", "right") else None
    return {placement.id: Spot(placement.place, _said(placement) or side) for placement in exercise.placements}


def _said(placement: Placement) -> Side | None:
    """Return the side a placement's own id tells: ``foot_left``."""
    words = placement.id.split("_")
    return "left" if "left" in words else "right" if "right" in words else None


def needed(exercise: Exercise) -> set[str]:
    """Return the placements there is no session without."""
    signals = (exercise.goal_signal, exercise.signal(exercise.repetition.signal))
    return {placement for signal in signals for placement in signal.placements}


def fitted(exercise: Exercise, spots: Mapping[str, Spot], missing: Collection[str] = ()) -> Exercise:
    """Return the exercise with its placements where they are now, and without those that are missing.

    A muscle that was exchanged gives its name to its signals. A signal that lacks a sensor is left out with its parts
    of the score.

    Raises
    ------
    PlacementError
        If it cannot go without one of those that are missing.
    """
    if lacking := [p.name for p in exercise.placements if p.id in needed(exercise) and p.id in missing]:
        raise PlacementError(f"{exercise.name} cannot go without {' and '.join(lacking)}: put a sensor there.")
    here = [_moved(p, spots[p.id]) for p in exercise.placements if p.id not in missing]
    names = {p.id: new.name for p, new in _pairs(exercise, here) if new.name != p.name}
    kept = [s for s in exercise.signals if not set(s.placements) & set(missing)]
    signals = [
        replace(s, name=names[s.placements[0]]) if s.kind == "envelope" and s.placements[0] in names else s
        for s in kept
    ]
    known = {signal.id for signal in signals}
    score = [part for part in exercise.score if part.signal is None or part.signal in known]
    sides = {spot.side for spot in spots.values() if spot.side is not None}
    side = exercise.side
    if exercise.side in ("left", "right") and sides:
        side = next(iter(sides)) if len(sides) == 1 else "both"
    return replace(exercise, side=side, placements=here, signals=signals, score=score)


def _pairs(exercise: Exercise, here: list[Placement]) -> list[tuple[Placement, Placement]]:
    now = {placement.id: placement for placement in here}
    return [(placement, now[placement.id]) for placement in exercise.placements if placement.id in now]


def _moved(placement: Placement, spot: Spot) -> Placement:
    if spot.place == placement.place:
        return placement
    there = site(spot.place, placement.kind)
    return replace(placement, place=spot.place, name=there.name, hint=there.how)
