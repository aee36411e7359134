"""What is known of a person before a calibration, and what of it may stand in for measuring it again.

Nothing that depends on how a sensor sits is kept beyond a visit: pose and hinge are found anew each time, and so is a
muscle's reference once its electrodes were off. How the person moves, in degrees, stays theirs for some weeks.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Annotated, Any, Literal

import msgspec

from biofeedback.exercises.model import Exercise
from biofeedback.feedback.rating import OWN_POINTS, OWN_REPETITIONS

_STAYS = timedelta(weeks=4)
_VISIT_S = 7200.0

_Curve = Annotated[list[float], msgspec.Meta(min_length=OWN_POINTS, max_length=OWN_POINTS)]


class Reference(msgspec.Struct, frozen=True):
    """What 100 % of a muscle is, V, and how it was measured."""

    value_v: float
    method: Literal["mvc", "submaximal"]


class Movement(msgspec.Struct, frozen=True, kw_only=True):
    """How a person moves in an exercise: their own good repetitions, and the range they usually cover.

    Attributes
    ----------
    own
        Two curves of the counted signal, 101 points from start to end, in its unit.
    usual_range
        In the same unit.
    compensations
        What these repetitions do beside the movement, in degrees, by measure and signal: ``lean/trunk``.
    measured
        ISO date and time with a zone; "" = in this session.
    """

    own: Annotated[list[_Curve], msgspec.Meta(min_length=OWN_REPETITIONS, max_length=OWN_REPETITIONS)]
    usual_range: Annotated[float, msgspec.Meta(gt=0)]
    compensations: dict[str, Annotated[list[float], msgspec.Meta(max_length=OWN_REPETITIONS)]] = {}
    version: int
    side: str
    measured: str = ""


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What may be used instead of a step: references by placement, measured since the electrodes are on."""

    references: dict[str, Reference] = {}
    movement: Movement | None = None


def movement_of(stored: Mapping[str, Any] | None, kept: datetime | None) -> Movement | None:
    """Return the movement that a session ``kept`` at that time; None where there is none that can be read."""
    if stored is None or kept is None:
        return None
    try:
        movement = msgspec.convert(stored, Movement)
    except msgspec.ValidationError:
        return None
    return movement if movement.measured else msgspec.structs.replace(movement, measured=kept.isoformat())


class Electrodes:
    """Remembers what was measured of each muscle since its electrodes are on.

    ``sensor`` is whatever stands for a sensor that stays connected: when it is another object, the electrodes were off.
    """

    def __init__(self) -> None:
        self._of = ""
        self._kept: dict[Hashable, tuple[object, float, Reference]] = {}

    def belong_to(self, whom: str) -> None:
        """Forget everything if somebody else wears them now."""
        if whom != self._of:
            self._of, self._kept = whom, {}

    def keep(self, where: Hashable, sensor: object, reference: Reference, now_s: float) -> None:
        """Remember what a muscle gave under these electrodes; what is known of it already grows no younger."""
        if self.known(where, sensor, now_s) != reference:
            self._kept[where] = (sensor, now_s, reference)

    def known(self, where: Hashable, sensor: object, now_s: float) -> Reference | None:
        """Return what it gave, if the sensor stayed and that was in the last two hours."""
        kept = self._kept.get(where)
        return kept[2] if kept is not None and kept[0] is sensor and now_s - kept[1] <= _VISIT_S else None


def still_holds(movement: Movement | None, exercise: Exercise, now: datetime | None = None) -> bool:
    """Tell whether it is of this very exercise and side, sound, and not older than four weeks."""
    if movement is None or (movement.version, movement.side) != (exercise.version, exercise.side):
        return False
    figures = (movement.usual_range, *chain(*movement.own, *movement.compensations.values()))
    if not all(math.isfinite(figure) for figure in figures):
        return False
    try:
        measured = datetime.fromisoformat(movement.measured)
    except ValueError:
        return False
    return measured.tzinfo is not None and (now or datetime.now(UTC)) - measured <= _STAYS
