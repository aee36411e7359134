"""Which sensor sits where for an exercise: assigned, moved, remembered for the next time."""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from biofeedback.exercises.model import Exercise
from biofeedback.session.room.fitting import Spot, usual_spots
from biofeedback.session.room.today import Memory
from biofeedback.session.room.view import Kind

_log = logging.getLogger(__name__)
_LARGEST_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Seat:
    """A channel of a sensor: its id in the room, the stream and the first column."""

    sensor: str
    stream: str
    column: int


class Memories:
    """The placements of the last session of each exercise, in one small file of the user's folder."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._of: dict[str, dict[str, Memory]] = {}
        try:
            if file.stat().st_size <= _LARGEST_BYTES:
                self._of = msgspec.json.decode(file.read_bytes(), type=dict[str, dict[str, Memory]])
        except FileNotFoundError:
            pass
        except (OSError, msgspec.DecodeError, msgspec.ValidationError) as error:
            _log.warning("%s: last placements are not known (%s)", file, error)

    def of(self, exercise: str) -> dict[str, Memory]:
        """Return what was remembered for an exercise, by placement."""
        return dict(self._of.get(exercise, {}))

    def keep(self, exercise: str, memories: Mapping[str, Memory]) -> None:
        """Remember, in memory and on disk; a disk that does not take it costs nothing but the memory."""
        self._of[exercise] = dict(memories)
        draft = self._file.with_name(f"{self._file.name}.{os.getpid()}.new")
        try:
            draft.write_bytes(msgspec.json.format(msgspec.json.encode(self._of)))
            draft.replace(self._file)
        except OSError as error:
            _log.warning("%s: the placements could not be kept (%s)", self._file, error)
            with contextlib.suppress(OSError):
                draft.unlink(missing_ok=True)


class Places:
    """The placements of the prepared exercise."""

    def __init__(self, exercise: Exercise, remembered: Mapping[str, Memory]) -> None:
        self.exercise = exercise
        self.seats: dict[str, Seat] = {}
        self.spots = usual_spots(exercise)
        self.remembered = {p.id: remembered[p.id] for p in exercise.placements if p.id in remembered}
        for placement, memory in self.remembered.items():
            if memory.place:
                self.spots[placement] = Spot(memory.place, memory.side)

    def kind(self, placement: str) -> Kind:
        """Return what a placement needs."""
        return next(p.kind for p in self.exercise.placements if p.id == placement)

    @property
    def missing(self) -> list[str]:
        """The placements without a sensor, in the exercise's order."""
        return [p.id for p in self.exercise.placements if p.id not in self.seats]

    @property
    def as_last_time(self) -> bool:
        """Whether every placement has what it had in the last session."""
        return bool(self.remembered) and all(
            placement in self.seats and (memory.sensor, memory.stream, memory.column) == _key(self.seats[placement])
            for placement, memory in self.remembered.items()
        )

    def wanted_sensors(self) -> dict[str, tuple[str, str]]:
        """Return the sensors of the last time, id → name and profile."""
        return {memory.sensor: (memory.name, memory.profile) for memory in self.remembered.values() if memory.sensor}

    def fill(self, sensor: str, channels: Iterable[tuple[Kind, str, int]], expected: Collection[str] = ()) -> None:
        """Put a sensor's channels where they were the last time, or on the first placements they fit.

        What belonged to one of the sensors that are ``expected`` is left to it.
        """
        free: list[tuple[Kind, Seat]] = []
        for kind, stream, column in channels:
            if (seat := Seat(sensor, stream, column)) not in self.seats.values():
                free.append((kind, seat))
        for placement in self.missing:
            memory = self.remembered.get(placement)
            last = None if memory is None else (memory.sensor, memory.stream, memory.column)
            if seat := next((seat for kind, seat in free if _key(seat) == last and kind == self.kind(placement)), None):
                self._sit(placement, seat, free)
        for placement in self.missing:
            memory = self.remembered.get(placement)
            if memory is not None and memory.sensor in expected:
                continue
            if seat := next((seat for kind, seat in free if kind == self.kind(placement)), None):
                self._sit(placement, seat, free)

    def sits_as_remembered(self, placement: str) -> bool:
        """Whether a placement has the same channel on the same spot as the last time."""
        memory, seat = self.remembered.get(placement), self.seats.get(placement)
        if memory is None or seat is None:
            return False
        same_channel = (memory.sensor, memory.stream, memory.column) == _key(seat)
        return same_channel and Spot(memory.place, memory.side) == self.spots[placement]

    def _sit(self, placement: str, seat: Seat, free: list[tuple[Kind, Seat]]) -> None:
        self.seats[placement] = seat
        free.remove((self.kind(placement), seat))

    def assign(self, placement: str, seat: Seat | None) -> None:
        """Put a channel on a placement; the one that was there goes where the new one came from."""
        before = self.seats.pop(placement, None)
        if seat is None:
            return
        came_from = next((p for p, sits in self.seats.items() if sits == seat), None)
        if came_from is not None:
            del self.seats[came_from]
            if before is not None:
                self.seats[came_from] = before
        self.seats[placement] = seat

    def move(self, placement: str, spot: Spot) -> None:
        """Say that a placement is somewhere else."""
        self.spots[placement] = spot

    def remove(self, sensor: str) -> None:
        """Take a sensor off every placement."""
        self.seats = {placement: seat for placement, seat in self.seats.items() if seat.sensor != sensor}

    def memories(self, names: Mapping[str, str], profiles: Mapping[str, str]) -> dict[str, Memory]:
        """Return what to remember of how it is now; ``names`` and ``profiles`` by sensor."""
        kept: dict[str, Memory] = {}
        for placement, spot in self.spots.items():
            seat = self.seats.get(placement, Seat("", "", 0))
            known = names.get(seat.sensor, ""), profiles.get(seat.sensor, "")
            kept[placement] = Memory(seat.sensor, *known, seat.stream, seat.column, spot.place, spot.side)
        return kept


def _key(seat: Seat) -> tuple[str, str, int]:
    return seat.sensor, seat.stream, seat.column
