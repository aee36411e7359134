"""What the compensations share: repetitions counted on one sensor, held against the person's own good ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, ClassVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from biofeedback.dsp import quaternion
from biofeedback.dsp.orientation import Orientation
from biofeedback.dsp.resample import GridRun, UniformGrid, longest_gap_s
from biofeedback.measures.catalogue import Findings, Occurrence, Output, Sensor, Signal, StreamingMeasure
from biofeedback.measures.named.counted_measure import RepetitionsSettings
from biofeedback.measures.named.repetitions import Repetitions
from biofeedback.measures.repetitions import Repetition
from biofeedback.measures.value import Measure

Array = NDArray[np.float64]
Good = Annotated[int, msgspec.Meta(ge=1, le=50)]
Threshold = Annotated[float, msgspec.Meta(gt=0.0, le=180.0)]

GRID_HZ = 100.0
EXCESS = Output("excess_deg", "°", "what it has more than the good ones have on average")
_NAMES = ("own", "excess", "above", "repetitions")


def outputs(unit: str, what: str, suffix: str = "") -> tuple[Output, ...]:
    """Return what every compensation gives; ``what`` is measured of each repetition."""
    return (
        Output(f"own{suffix}", unit, f"mean {what} of the person's own good repetitions"),
        Output(f"excess{suffix}", unit, "mean of what the other repetitions have more than that; below 0 is less"),
        Output(f"above{suffix}", "%", "share of the other repetitions whose excess is above the threshold"),
        Output(f"repetitions{suffix}", "1", "other repetitions that could be measured"),
    )


class CompensationSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is good, and what is too much.

    Attributes
    ----------
    good
        The first so many repetitions that could be measured are the person's own good ones.
    threshold_deg
        What a repetition may have more than those, in °.
    """

    good: Good = 3
    threshold_deg: Threshold = 10.0


class Poses:
    """Orientation of one motion sensor, kept on the grid of 100 Hz."""

    def __init__(self, sampling_rate_hz: float) -> None:
        self._orientation = Orientation(sampling_rate_hz, only_trusted=True)
        self._grid = UniformGrid(GRID_HZ, quaternion=True, longest_gap_s=longest_gap_s(sampling_rate_hz))
        self._blocks: list[GridRun] = []

    def process(self, samples: Array, times_s: Array, first_sample: int) -> None:
        """Take acceleration and angular velocity, shape (n_samples, 6)."""
        for run in self._orientation.process(samples, times_s, first_sample):
            self._blocks += self._grid.process(run)

    def all(self) -> tuple[int, Array]:
        """Return the first tick and the rows of `dsp.orientation`, shape (n_ticks, 8), NaN where missing."""
        if not self._blocks:
            return 0, np.empty((0, 8))
        first = self._blocks[0].first_tick
        rows = np.full((self._blocks[-1].first_tick + len(self._blocks[-1].values) - first, 8), np.nan)
        for block in self._blocks:
            rows[block.first_tick - first : block.first_tick - first + len(block.values)] = block.values
        return first, rows

    def of(self, reps: Sequence[Repetition]) -> list[Array | None]:
        """Return the quaternions of each repetition, shape (n_ticks, 4); None where one is missing."""
        first, rows = self.all()
        return [within(first, rows[:, :4], rep) for rep in reps]


def within(first_tick: int, rows: Array, rep: Repetition) -> Array | None:
    """Return the rows of a repetition, start and end included; None where it or a value of it is not there."""
    start, end = round(rep.start_s * GRID_HZ) - first_tick, round(rep.end_s * GRID_HZ) + 1 - first_tick
    if not rep.seen or start < 0 or end > len(rows) or end - start < 2:
        return None
    cut = rows[start:end]
    return cut if np.isfinite(cut).all() else None


def tilted(quats: Array) -> Array:
    """Return the angle in degrees between the plumb line and the first one, seen from the sensor."""
    plumb = quaternion.rotate(quaternion.conjugate(quats), quaternion.UP)
    across = quaternion.cross(plumb, plumb[:1])
    return np.degrees(np.arctan2(np.sqrt(quaternion.dot(across, across)), quaternion.dot(plumb, plumb[:1])))


class Compensation(StreamingMeasure):
    """Counts the repetitions of the sensors in ``counted_roles``, and keeps the poses of every motion sensor."""

    counted_roles: ClassVar[tuple[str, ...]]

    def __init__(self, sensors: Sequence[Sensor], settings: msgspec.Struct) -> None:
        super().__init__(sensors, settings)
        kinds = {role.name: role.kind for role in self.definition.roles}
        places = range(len(sensors))
        self.poses = {i: Poses(sensors[i].sampling_rate_hz) for i in places if kinds[sensors[i].role] == "imu"}
        self._counting = {
            i: Repetitions([replace(sensors[i], role="sensor")], RepetitionsSettings())
            for i in places
            if sensors[i].role in self.counted_roles
        }

    def process(self, sensor: int, samples: Array, times_s: Array, first_sample: int) -> list[Signal]:
        """Take the next rows of one sensor; what is found is told at the end."""
        if sensor in self.poses:
            self.poses[sensor].process(samples, times_s, first_sample)
        if sensor in self._counting:
            self._counting[sensor].process(0, samples, times_s, first_sample)
        return []

    def place(self, role: str) -> int | None:
        """Return which sensor plays a role; None if there is none."""
        return next((i for i, sensor in enumerate(self.sensors) if sensor.role == role), None)

    def repetitions(self, role: str) -> list[Repetition]:
        """Close the count of a sensor and return its repetitions; those cut off at the end are left out."""
        place = self.place(role)
        found = [] if place is None else [rep for rep, _ in self._counting[place].found()]
        return [rep for rep in found if rep.complete]

    def parts(self, role: str, reps: Sequence[Repetition]) -> list[Array | None]:
        """Return the quaternions of a sensor in each repetition; None where they are not known."""
        place = self.place(role)
        return [None] * len(reps) if place is None else self.poses[place].of(reps)

    def nothing(self, reason: str, suffix: str = "", n: int = 0) -> Findings:
        """Return every value whose name ends so as missing."""
        named = [(f"{name}{suffix}", self._unit(name, suffix)) for name in _NAMES]
        return Findings(tuple(Measure.missing(name, unit, reason, n) for name, unit in named))

    def _unit(self, name: str, suffix: str) -> str:
        units = {output.name: output.unit for output in self.definition.outputs}
        return units.get(f"{name}{suffix}") or units[name]

    def compared(
        self,
        reps: Sequence[Repetition],
        amounts: Sequence[float],
        threshold: float,
        *,
        suffix: str = "",
        relative: bool = False,
        details: Sequence[dict[str, float]] = (),
    ) -> Findings:
        """Hold each repetition against the person's own good ones.

        Parameters
        ----------
        amounts
            One for each repetition; NaN where it could not be measured.
        threshold
            An excess above it counts.
        suffix
            Added to the names of the values.
        relative
            The excess is in percent of the own mean instead of the amount's unit.
        details
            More that is known of each repetition.
        """
        good = self.settings.good
        known = [i for i, amount in enumerate(amounts) if np.isfinite(amount)]
        if len(known) <= good:
            return self.nothing(_too_few(len(reps), len(known), good), suffix, len(known))
        own = float(np.mean([amounts[i] for i in known[:good]]))
        if relative and not own > 0.0:
            return self.nothing("nothing was seen in the person's own repetitions", suffix, len(known))
        more = np.asarray(amounts, dtype=np.float64) - own
        more = 100.0 * more / own if relative else more
        others = more[known[good:]]
        n = len(others)
        figures = ((own, good), (others.mean(), n), (100.0 * np.mean(others > threshold), n), (n, n))
        values = tuple(
            Measure(f"{name}{suffix}", float(value), self._unit(name, suffix), count)
            for name, (value, count) in zip(_NAMES, figures, strict=True)
        )
        excess = "excess_percent" if relative else "excess_deg"
        told = [{excess: float(more[i]), "good": float(i in known[:good])} for i in range(len(reps))]
        return Findings(
            values,
            tuple(
                Occurrence("repetition", rep.start_s, suffix.removeprefix("_"), rep.end_s, {**one, **more_of})
                for rep, one, more_of in zip(reps, told, details or [{}] * len(reps), strict=True)
            ),
        )


def _too_few(n: int, measured: int, good: int) -> str:
    if not n:
        return "no repetition was found"
    return f"{measured} of {n} repetitions could be measured; the first {good} are the person's own, one more is needed"
