"""Today's exercises: the one that is made ready, and those that follow it."""

from __future__ import annotations

from typing import Literal

import msgspec

from biofeedback.session.again import AsLeft
from biofeedback.session.known import Reference


class Memory(msgspec.Struct, frozen=True, omit_defaults=True):
    """What sat on a placement the last time."""

    sensor: str = ""
    name: str = ""
    profile: str = ""
    stream: str = ""
    column: int = 0
    place: str = ""
    side: Literal["left", "right"] | None = None


class Prepare(msgspec.Struct, frozen=True, tag=True, kw_only=True):
    """Make ready for an exercise (its id, or a file): its placements, as last time where they are known.

    ``number`` of ``count`` is its place among today's exercises, ``then`` are those that follow; ``again`` is how its
    session begins. ``visit`` is the id of the visit it belongs to, "" leaves that to the records, which know a person's
    last one. After an engine that died, ``seats`` say what sits where already, and ``references`` what was measured
    of muscles whose electrodes are still on.
    """

    exercise: str
    person: str = ""
    person_note: str = ""
    number: int = 1
    count: int = 1
    again: AsLeft | None = None
    visit: str = ""
    then: tuple[Prepare, ...] = ()
    seats: dict[str, Memory] = {}
    references: dict[str, Reference] = {}
