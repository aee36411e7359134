"""What is said of a second: how far it can be trusted, by which index, and the one thing to do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from biofeedback.measures.value import Trust

Array = NDArray[np.float64]

_RANK: dict[Trust, int] = {"ok": 0, "weak": 1, "bad": 2}


class Quality(msgspec.Struct, frozen=True):
    """A verdict on one second: the worst index decides. ``action`` is empty when all is well.

    ``end_sample`` is the index of the sample behind that second; verdicts come every half second.
    """

    state: Trust
    action: str = ""
    index: str = ""
    value: float = float("nan")
    end_sample: int = 0


class Second(NamedTuple):
    """All verdicts on one second of EMG; ``power`` is its raw spectrum, shape (n,), None where samples were lost.

    ``loudness`` is the root mean square within the EMG band, in the samples' unit.
    """

    verdicts: tuple[Quality, ...]
    power: Array | None
    loudness: float

    @property
    def worst(self) -> Quality:
        """The verdict that decides."""
        return worst(self.verdicts)


def worst(verdicts: Sequence[Quality]) -> Quality:
    """Return the verdict that decides: the first of the worst ones."""
    return max(verdicts, key=lambda verdict: _RANK[verdict.state])


def loss(share: float) -> Quality:
    """Grade the share of samples that were lost."""
    return graded(share, 0.02, 0.2, "loss", "Move the sensor closer.")


def graded(value: float, weak: float, bad: float, index: str, action: str) -> Quality:
    """Grade an index for which more is worse."""
    if value > bad:
        return Quality("bad", action, index, value)
    return Quality("weak", action, index, value) if value > weak else Quality("ok", "", index, value)
