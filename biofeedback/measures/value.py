"""A measure as the rest of the program sees it: a named value with its unit, how sure it is, and why it is missing."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

Trust = Literal["ok", "weak", "bad"]


@dataclass(frozen=True, slots=True)
class Measure:
    """One value.

    ``value`` is NaN where it could not be computed, never 0, and ``reason`` says why in plain words; ``n`` is how many
    samples or repetitions it was computed from.
    """

    name: str
    value: float
    unit: str
    n: int
    quality: Trust = "ok"
    reason: str = ""

    def __post_init__(self) -> None:
        if math.isnan(self.value) and not self.reason:
            raise ValueError(f"{self.name}: a missing value needs a reason")

    @classmethod
    def missing(cls, name: str, unit: str, reason: str, n: int = 0) -> Measure:
        """Make a measure that could not be computed."""
        return cls(name, math.nan, unit, n, "bad", reason)

    @property
    def available(self) -> bool:
        """Whether there is a value."""
        return not math.isnan(self.value)
