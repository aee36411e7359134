"""Which device channel sits on which muscle or segment."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from biofeedback.exercises.model import Exercise, Placement
from biofeedback.stream import StreamInfo

_EMG = ("emg", "emg_counts", "emg_envelope")


class PlacementError(ValueError):
    """The sensors at hand do not give what the exercise needs. One line says what is missing."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a placement's samples come from: a stream and the columns in it (six for an IMU, acc before gyr)."""

    stream: StreamInfo
    columns: tuple[int, ...]


def _imu_columns(stream: StreamInfo) -> list[tuple[int, ...]]:
    """Return the six columns of each motion sensor in a stream; a base station sends several side by side."""
    axes: dict[tuple[str, str], list[int]] = {}
    for column, channel in enumerate(stream.channels):
        axes.setdefault((channel.quantity, channel.name[-1:].lower()), []).append(column)
    wanted = [axes.get((q, axis), []) for q in ("acceleration", "angular_velocity") for axis in "xyz"]
    return list(zip(*wanted, strict=False))


def candidates(kind: str, streams: Iterable[StreamInfo]) -> list[Source]:
    """Return everything in the streams that a placement of a kind could take."""
    if kind == "imu":
        return [Source(stream, columns) for stream in streams for columns in _imu_columns(stream)]
    return [
        Source(stream, (column,))
        for stream in streams
        for column, channel in enumerate(stream.channels)
        if channel.quantity in _EMG
    ]


def _own_name(source: Source) -> str:
    return f"{source.stream.id} {source.stream.channels[source.columns[0]].name}"


def _device(source: Source) -> str:
    return source.stream.device


def _matches(placement: Placement, name: str) -> bool:
    names = name.lower().replace("-", "_")
    words = {placement.id, placement.place, placement.place.split("_")[0]}
    return any(word in names for word in words)


def place(
    exercise: Exercise, streams: Sequence[StreamInfo], wanted: dict[str, tuple[str, int]] | None = None
) -> dict[str, Source]:
    """Give each placement of the exercise a source: the ones asked for, then by name, then in order.

    ``wanted`` maps a placement to a stream id and the index of its first column.

    Raises
    ------
    PlacementError
        If a placement is left without.
    """
    chosen: dict[str, Source] = {}
    for kind in ("imu", "emg"):
        free = candidates(kind, streams)
        placements = [placement for placement in exercise.placements if placement.kind == kind]
        for said in (_own_name, _device):  # a device may be a file whose name tells of several placements
            for placement in (p for p in placements if p.id not in chosen):
                asked = (wanted or {}).get(placement.id)
                match = next((s for s in free if asked == (s.stream.id, s.columns[0])), None)
                match = match or next((s for s in free if asked is None and _matches(placement, said(s))), None)
                if match is not None:
                    chosen[placement.id] = match
                    free.remove(match)
        for placement in placements:
            if placement.id not in chosen and free:
                chosen[placement.id] = free.pop(0)
    missing = [placement for placement in exercise.placements if placement.id not in chosen]
    if missing:
        needs = ", ".join(f"{p.name} ({p.kind.upper()})" for p in missing)
        raise PlacementError(f"{exercise.id} needs a sensor more: {needs}; there is none in what was given")
    return chosen
