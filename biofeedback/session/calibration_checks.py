"""How good a hold of the calibration was: quiet, still, stronger than rest, steady, whole, repeatable."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from biofeedback.measures.emg import highest_mean
from biofeedback.session.calibration_view import CheckName, CheckView, Done, Kind
from biofeedback.session.view import GRID_HZ

Array = NDArray[np.float64]

_QUIET_UV = 25.0
_TURNING_DEGS: dict[Kind, float] = {"rest": 20.0, "pose": 5.0}
_STRONGER_DB, _STEADY_PERCENT, _AGREED = 10.0, 25.0, 0.9


class Sensed(Protocol):
    """What the sensors gave: the pipeline."""

    def envelope_v(self, placement: str, from_s: float, to_s: float) -> Array:
        """Return a muscle's envelope in V, one value a tick."""
        ...

    def turning_degs(self, from_s: float, to_s: float) -> Array:
        """Return how fast the fastest motion sensor turned, °/s, one value a tick; empty without motion sensors."""
        ...


@dataclass(frozen=True, slots=True)
class Judged:
    """What a hold gave (µV or °/s; None: nothing), and its checks."""

    value: float | None
    checks: tuple[CheckView, ...]


@dataclass(frozen=True, slots=True)
class Trial:
    """One reference contraction."""

    value_v: float
    steady_percent: float
    checks: tuple[CheckView, ...]

    @property
    def good(self) -> bool:
        """Whether it passes each of its checks."""
        return all(check.state == "good" for check in self.checks)


class Judge:
    """Judges holds; remembers how quiet each muscle was at rest."""

    def __init__(self, sensed: Sensed) -> None:
        self._sensed = sensed
        self._rested_uv: dict[str, float] = {}

    def moves(self, kind: Kind, from_s: float, to_s: float) -> bool:
        """Tell whether the person moves too much for such a hold."""
        turning = _known(self._sensed.turning_degs(from_s, to_s))
        return len(turning) > 0 and float(np.median(turning)) > _TURNING_DEGS[kind]

    def still(self, kind: Kind, from_s: float, to_s: float) -> Judged:
        """Judge how still the motion sensors were, if there are any."""
        turning = self._sensed.turning_degs(from_s, to_s)
        if not len(turning):
            return Judged(None, ())
        known = _known(turning)
        fastest = float(np.percentile(known, 90)) if len(known) else math.nan
        return Judged(finite(fastest), (_check("still", fastest, _TURNING_DEGS[kind]),))

    def rest(self, muscles: Sequence[str], from_s: float, to_s: float) -> Judged:
        """Judge a rest: how still it was, and how quiet the loudest muscle."""
        still = self.still("rest", from_s, to_s)
        loudest = math.nan
        for muscle in muscles:
            level = _known(self._sensed.envelope_v(muscle, from_s, to_s))
            if len(level):
                self._rested_uv[muscle] = 1e6 * float(np.median(level))
                loudest = float(np.fmax(loudest, self._rested_uv[muscle]))
        if not muscles:
            return still
        return Judged(finite(loudest), (*still.checks, _check("quiet", loudest, _QUIET_UV)))

    def trial(self, muscle: str, from_s: float, to_s: float) -> Trial:
        """Judge a reference contraction."""
        level = self._sensed.envelope_v(muscle, from_s, to_s)
        known = _known(level)
        value = highest_mean(known, GRID_HZ)
        middle = known[len(known) // 4 : -len(known) // 8 or None]
        steady = 100.0 * float(np.std(middle) / np.mean(middle)) if len(middle) > 10 else math.nan
        rested = self._rested_uv.get(muscle, math.nan)
        ratio = 20.0 * math.log10(1e6 * value / rested) if value > 0.0 and rested > 0.0 else math.nan
        lost = 100.0 * (1.0 - len(known) / max(len(level), 1))
        checks = [_check("whole", lost, 5.0), _check("steady", steady, _STEADY_PERCENT)]
        if rested > 0.0:
            checks.insert(0, _check("stronger", ratio, _STRONGER_DB, above=True))
        return Trial(value, steady, tuple(checks))


def best_first(trials: Sequence[Trial]) -> list[float]:
    """Return the values of the trials that have one, V, the highest first."""
    return sorted((t.value_v for t in trials if t.value_v == t.value_v), reverse=True)


def repeatable(values: Sequence[float]) -> CheckView:
    """Judge how well the two best trials agree; with one there is more to come."""
    agreed = 100.0 * values[1] / values[0] if len(values) > 1 else math.nan
    state: Done = "good" if agreed >= 100.0 * _AGREED else "now" if len(values) < 2 else "weak"
    return CheckView(name="repeatable", state=state, value=finite(agreed), limit=100.0 * _AGREED)


def finite(value: float) -> float | None:
    """Return a value as a window may have it: None where there is none."""
    return value if math.isfinite(value) else None


def _known(values: Array) -> Array:
    return values[~np.isnan(values)]


def _check(name: CheckName, value: float, limit: float, *, above: bool = False) -> CheckView:
    good = value >= limit if above else value <= limit
    return CheckView(name=name, state="good" if good else "weak", value=finite(value), limit=limit)
