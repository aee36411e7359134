"""Where things are in a lane: values to pixels, times to columns, handles apart from each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

PAD_PX = 4.0


@dataclass(frozen=True, slots=True)
class ValueScale:
    """Values of a lane against its height. ``inverted`` puts the smallest value on top."""

    lowest: float
    highest: float
    inverted: bool
    height: float
    pad: float = PAD_PX

    def y(self, value: Any) -> Any:
        """Return the distance from the top for a value or an array of them."""
        share = (value - self.lowest) / (self.highest - self.lowest)
        return self.pad + (self.height - 2 * self.pad) * (share if self.inverted else 1.0 - share)

    def value(self, y: float) -> float:
        """Return the value at a distance from the top."""
        share = (y - self.pad) / max(1.0, self.height - 2 * self.pad)
        return self.lowest + (self.highest - self.lowest) * (share if self.inverted else 1.0 - share)


@dataclass(frozen=True, slots=True)
class TimeScale:
    """Times against columns of device pixels. A column's number never changes, only where it stands."""

    columns: int
    seconds: float

    @property
    def per_second(self) -> float:
        """Columns a second."""
        return self.columns / self.seconds

    def column(self, time_s: float) -> int:
        """Return the column a time falls into."""
        return int(np.floor(time_s * self.per_second))

    def position(self, time_s: float, edge_column: int) -> float:
        """Return how many columns a time is right of the left end, when ``edge_column`` is the first one not shown."""
        return time_s * self.per_second - (edge_column - self.columns)


def spread(wanted: Sequence[float], apart: float, low: float, high: float) -> list[float]:
    """Move increasing positions as little as possible so that neighbours are ``apart`` and all lie in low…high."""
    placed = [min(max(at, low), high) for at in wanted]
    if len(placed) == 2 and placed[1] - placed[0] < apart:
        middle = (placed[0] + placed[1]) / 2
        middle = min(max(middle, low + apart / 2), high - apart / 2)
        placed = [middle - apart / 2, middle + apart / 2]
    return placed


def runs(flags: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return start and end (exclusive) of each run of True."""
    if not flags.any():
        return []
    steps = np.diff(np.concatenate(([0], flags.view(np.int8), [0])))
    return list(zip(np.flatnonzero(steps == 1).tolist(), np.flatnonzero(steps == -1).tolist(), strict=True))
