"""Blocks of the same length from rows that come in any chunks."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class Blocks:
    """Cuts rows into blocks of ``size``; what is learned at the end of each does not depend on the chunks."""

    def __init__(self, size: int) -> None:
        self._size = size
        self.restart()

    def restart(self) -> None:
        """Forget the block begun."""
        self._parts: list[Array] = []
        self._filled = 0

    def process(self, rows: Array) -> Iterator[tuple[Array, Array | None]]:
        """Yield the next rows in parts, none beyond the end of a block; with the last part of one the whole block."""
        while len(rows):
            part, rows = rows[: self._size - self._filled], rows[self._size - self._filled :]
            self._parts.append(part)
            self._filled += len(part)
            if self._filled < self._size:
                yield part, None
            else:
                block = np.concatenate(self._parts)
                self.restart()
                yield part, block
