"""What is still to do when a session broke off: the sets that were not over, and the exercises that were to follow.

Read from the recording itself, so that it is known after a power cut too.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec

from biofeedback.session.again import AsLeft
from biofeedback.session.known import Reference, movement_of
from biofeedback.session.room.today import Prepare

_ELECTRODES_STAY = timedelta(minutes=10)
_VISIT = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A session that broke off.

    Attributes
    ----------
    prepared
        What it had been asked to be.
    to_come
        What is left of today, in order; empty if that was all, or if it is too long ago to go on.
    sets_over, sets
        How many of its sets were over.
    """

    prepared: Prepare
    to_come: tuple[Prepare, ...]
    sets_over: int
    sets: int


def unfinished(
    about: Mapping[str, Any], document: Mapping[str, Any], ended: datetime, now: datetime
) -> Unfinished | None:
    """Return what a session that broke off leaves to do; None where its recording does not tell.

    Parameters
    ----------
    about
        What the recording says of itself.
    document
        The session as it was read back from it.
    ended
        When its last sample came, with a zone.
    """
    try:
        prepared = msgspec.convert(about.get("today"), Prepare)
    except msgspec.ValidationError:
        return None
    over, sets = int(document["sets_over"]), int(document["dose"]["sets"])
    to_come = prepared.then if over >= sets else (_rest_of(prepared, document, ended, now), *prepared.then)
    return Unfinished(prepared, to_come if now - ended < _VISIT else (), over, sets)


def _rest_of(prepared: Prepare, document: Mapping[str, Any], ended: datetime, now: datetime) -> Prepare:
    """Return the exercise as it was left, behind the sets that were over."""
    left = prepared.again or AsLeft()
    with contextlib.suppress(msgspec.ValidationError):
        left = msgspec.structs.replace(
            left,
            settings=dict(document["settings"]),
            targets=msgspec.convert(document["targets"], dict[str, tuple[float | None, float | None]]),
        )
    left = msgspec.structs.replace(
        left,
        sets_done=int(document["sets_over"]),
        movement=movement_of(document.get("movement"), ended) or left.movement,
    )
    references: dict[str, Reference] = {}
    if now - ended < _ELECTRODES_STAY:
        with contextlib.suppress(msgspec.ValidationError):
            references = msgspec.convert(document.get("references"), dict[str, Reference])
    return msgspec.structs.replace(prepared, again=left, references=references)
