"""How like the person's own good repetitions every repetition is, over all sensors."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated

import msgspec
import numpy as np
from numpy.typing import NDArray

from biofeedback.dsp import quaternion
from biofeedback.dsp.filters import SosFilter, low_pass
from biofeedback.dsp.gaps import GapFiller, Run
from biofeedback.dsp.resample import UniformGrid, longest_gap_s
from biofeedback.measures import kinematics
from biofeedback.measures.catalogue import (
    COLUMNS,
    Definition,
    Findings,
    Kind,
    Occurrence,
    Output,
    Role,
    Sensor,
    Signal,
    StreamingMeasure,
    named,
)
from biofeedback.measures.inertial import Inertial
from biofeedback.measures.likeness import FEWEST_GOOD, Likeness, likeness, normalised_curves
from biofeedback.measures.named.counted_measure import GOOD, RepetitionsSettings, each_repetition
from biofeedback.measures.named.repetitions import Repetitions
from biofeedback.measures.value import Measure

Array = NDArray[np.float64]

GRID_HZ = 50.0
_SMOOTHED_HZ = 6.0
_RANGE = (3.0, 97.0)  # percentiles of the main movement taken as its range
_SPAN = re.compile(r"\s*([0-9.]+)\s*-\s*([0-9.]+)\s*")
_NUMBERS = re.compile(r"\s*[0-9]+(\s*,\s*[0-9]+)*\s*")


class ConsistencySettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the repetitions and the good ones are.

    Attributes
    ----------
    good
        The first so many repetitions are the person's own good ones.
    good_numbers
        Their numbers instead, such as ``1,2,5``.
    segments
        Where the repetitions are, in s, such as ``2.0-4.5,6.1-8.4``; found by themselves if not given.
    shortest_s, longest_s
        What is shorter or longer is no repetition, where they are found.
    """

    good: Annotated[int, msgspec.Meta(ge=2)] = 3
    good_numbers: str = ""
    segments: str = ""
    shortest_s: Annotated[float, msgspec.Meta(gt=0.0)] = 0.6
    longest_s: Annotated[float, msgspec.Meta(gt=0.0)] = 20.0

    def __post_init__(self) -> None:
        """Refuse what cannot be read."""
        if self.good_numbers and not _NUMBERS.fullmatch(self.good_numbers):
            raise ValueError(f"good_numbers: expected numbers such as 1,2,5, found {self.good_numbers!r}")
        spans(self.segments)


def spans(text: str) -> list[tuple[float, float]]:
    """Read ``2.0-4.5,6.1-8.4``.

    Raises
    ------
    ValueError
        If it cannot be read.
    """
    found: list[tuple[float, float]] = []
    for part in text.split(",") if text.strip() else []:
        match = _SPAN.fullmatch(part)
        try:
            start_s, end_s = (float(edge) for edge in match.groups()) if match else (0.0, 0.0)
        except ValueError:
            start_s = end_s = 0.0
        if not end_s > start_s:
            raise ValueError(f"segments: expected spans such as 2.0-4.5,6.1-8.4, found {part!r}")
        found.append((start_s, end_s))
    return found


@named
class Consistency(StreamingMeasure):
    """Every repetition against the good ones."""

    definition = Definition(
        name="consistency",
        title="Likeness to the person's own good repetitions",
        domain="consistency",
        definition="Tilt and angular velocity of every sensor (6 Hz, 101 points a repetition) against the good "
        "repetitions by dynamic time warping within 10 %, in times of how much those differ from each other, and "
        "the duration; 100 points is the same, 90 is the usual difference, 50 three times that. Known when the "
        "recording is over.",
        source="Sakoe & Chiba 1978, IEEE Trans ASSP 26:43; Kadaba et al. 1989, J Orthop Res 7:849",
        roles=(
            Role("sensor", "imu", several=True, optional=True),
            Role("accelerometer", "acceleration", several=True, optional=True),
            Role("angle", "angle", several=True, optional=True),
            Role("repetition", "any", optional=True),
        ),
        outputs=(
            Output("score", "points", "median score of the repetitions that are not the good ones"),
            Output("repetitions", "1", "repetitions that could be compared, the good ones included"),
            Output("multiple_correlation", "1", "coefficient of multiple correlation of the main movement (Kadaba)"),
            Output("band_sd", "%", "mean standard deviation between repetitions of the main movement, of its range"),
            Output("range_variation", "%", "coefficient of variation of the range of the main movement"),
        ),
        occurrences=(
            each_repetition(
                Output("number", "1", "from 1, in time"),
                Output("score", "points", "likeness to the good ones, 0 to 100; the measure of a single repetition"),
                Output("difference", "1", "from the good ones, in times of how much those differ from each other"),
                GOOD,
            ),
        ),
        group_delay_s=0.04,
        warm_up_s=0.2,
        reliability="squats of six people done right and wrong, three sensors, the first 5 (3) right ones as the good "
        "ones: area under the ROC curve 0.93 (0.91), worst person 0.83; multiple correlation rises with the range: "
        "never compare it across exercises",
    )
    Settings = ConsistencySettings

    def __init__(self, sensors: Sequence[Sensor], settings: ConsistencySettings) -> None:
        super().__init__(sensors, settings)
        kinds: dict[str, Kind] = {role.name: role.kind for role in self.definition.roles}
        self._channels = [_Channels(sensor, kinds[sensor.role]) for sensor in sensors]

    def process(self, sensor: int, samples: Array, times_s: Array, first_sample: int) -> list[Signal]:
        """Take the next rows of one sensor."""
        self._channels[sensor].process(samples, times_s, first_sample)
        return []

    def finish(self) -> Findings:
        """Find the repetitions and compare them."""
        marks = [c for c in self._channels if c.sensor.role == "repetition"]
        moving = [c for c in self._channels if c.sensor.role != "repetition" and c.blocks]
        if not moving:
            return self._nothing("no samples")
        times_s, groups = _joined(moving)
        main = main_movement(np.concatenate([_scaled(group) for group in groups], axis=1))
        segments = spans(self.settings.segments) or (_marked(marks[0]) if marks else [])
        segments = segments or self._found(max(moving, key=_Channels.movement))
        whole = [(a, b, normalised_curves(times_s, np.concatenate([main[:, None], *groups], axis=1), a, b))
                 for a, b in segments]  # fmt: skip
        known = [(number, a, b, curves) for number, (a, b, curves) in enumerate(whole, 1) if curves is not None]
        good = np.array([self._is_good(number) for number, *_ in known], dtype=np.bool_)
        if good.sum() < FEWEST_GOOD:
            return self._nothing(f"{len(known)} repetitions without holes, {good.sum()} of them good; two are needed")
        curves = np.stack([curves for *_, curves in known])
        edges = np.cumsum([1, *(group.shape[1] for group in groups)])
        parts = [curves[:, :, a:b] for a, b in pairwise(edges.tolist())]
        try:
            alike = likeness(parts, np.array([b - a for _, a, b, _ in known]), good)
        except ValueError as error:
            return self._nothing(str(error))
        occurrences = tuple(
            Occurrence("repetition", a, "", b, {"number": float(number), "score": float(score),
                       "difference": float(difference), "good": float(is_good)})
            for (number, a, b, _), score, difference, is_good in zip(known, *_columns(alike), good, strict=True)
        )  # fmt: skip
        return Findings(self._values(alike, good, curves[:, :, 0]), occurrences)

    def _found(self, channel: _Channels) -> list[tuple[float, float]]:
        """Return (start, end) in s of the repetitions of one sensor."""
        rule = RepetitionsSettings(shortest_s=self.settings.shortest_s, longest_s=self.settings.longest_s)
        counting = Repetitions([channel.sensor], rule)
        for samples, times_s, first_sample in channel.chunks:
            counting.process(0, samples, times_s, first_sample)
        return [(rep.start_s, rep.end_s) for rep, _ in counting.found() if rep.complete and rep.seen]

    def _is_good(self, number: int) -> bool:
        if self.settings.good_numbers:
            return number in [int(one) for one in self.settings.good_numbers.split(",")]
        return number <= self.settings.good

    def _nothing(self, reason: str) -> Findings:
        return Findings(tuple(Measure.missing(o.name, o.unit, reason) for o in self.definition.outputs))

    def _values(self, alike: Likeness, good: NDArray[np.bool_], main: Array) -> tuple[Measure, ...]:
        n, others = len(good), alike.score[~good]
        ranges = np.ptp(main, axis=1)
        correlation = kinematics.multiple_correlation(main)
        score = Measure("score", float(np.median(others)), "points", len(others)) if len(others) else None
        not_real = "the repetitions differ more from each other than within themselves"
        return (
            score or Measure.missing("score", "points", "there are none but the good repetitions"),
            Measure("repetitions", float(n), "1", n),
            Measure("multiple_correlation", correlation, "1", n, reason=not_real if np.isnan(correlation) else ""),
            Measure("band_sd", 100.0 * kinematics.band_sd(main) / float(np.mean(ranges)), "%", n),
            Measure("range_variation", kinematics.variation(ranges), "%", n),
        )


def _columns(alike: Likeness) -> tuple[Array, Array]:
    return alike.score, alike.difference


class _Channels:
    """What one sensor adds to the comparison, low-passed and on the grid: groups of channels of one unit."""

    def __init__(self, sensor: Sensor, kind: Kind) -> None:
        self.sensor, rate = sensor, sensor.sampling_rate_hz
        self.widths = (3, 3) if kind == "imu" else (COLUMNS[kind],)
        self.blocks: list[tuple[int, Array]] = []
        self.chunks: list[tuple[Array, Array, int]] = []
        self._inertial = Inertial(rate) if kind == "imu" else None
        self._gaps = GapFiller(COLUMNS[kind], rate)
        smooth = sensor.role != "repetition" and 0.4 * rate > _SMOOTHED_HZ
        self._smooth: SosFilter | None = low_pass(_SMOOTHED_HZ, rate) if smooth else None
        self._grid = UniformGrid(GRID_HZ, longest_gap_s=longest_gap_s(rate))

    def movement(self) -> tuple[bool, float]:
        """Return how much the sensor moves, to compare: angular velocity counts before anything else."""
        rows = np.concatenate([values for _, values in self.blocks])[:, -self.widths[-1] :]
        known = rows[np.isfinite(rows).all(axis=1)]
        return self._inertial is not None, float(np.sum(known.var(axis=0))) if len(known) else 0.0

    def process(self, samples: Array, times_s: Array, first_sample: int) -> None:
        self.chunks.append((samples, times_s, first_sample))
        for run in self._runs(samples, times_s, first_sample):
            if run.after_gap and self._smooth is not None:
                self._smooth.restart()
            values = run.values if self._smooth is None else self._smooth.process(run.values)
            self.blocks += self._grid.process(run._replace(values=values))

    def _runs(self, samples: Array, times_s: Array, first_sample: int) -> list[Run]:
        if self._inertial is None:
            return self._gaps.process(samples, times_s, first_sample)
        return [
            Run(
                run.times_s,
                np.concatenate([quaternion.rotate(quaternion.conjugate(run.quat), quaternion.UP), run.gyr], axis=1),
                np.repeat(run.missing[:, None], 6, axis=1),
                run.first_sample,
                run.after_gap,
            )
            for run in self._inertial.process(samples, times_s, first_sample)
        ]


def _joined(channels: Sequence[_Channels]) -> tuple[Array, list[Array]]:
    """Return the times of all ticks, shape (n_ticks,), and each group of channels, shape (n_ticks, n)."""
    first = min(c.blocks[0][0] for c in channels)
    end = max(c.blocks[-1][0] + len(c.blocks[-1][1]) for c in channels)
    groups: list[Array] = []
    for channel in channels:
        rows = np.full((end - first, sum(channel.widths)), np.nan)
        for tick, values in channel.blocks:
            rows[tick - first : tick - first + len(values)] = values
        groups += np.split(rows, np.cumsum(channel.widths)[:-1], axis=1)
    return (first + np.arange(end - first)) / GRID_HZ, groups


def _scaled(group: Array) -> Array:
    """Return a group at unit variance, NaN kept; as it is where nothing moves."""
    known = group[np.isfinite(group).all(axis=1)]
    size = float(np.sqrt(np.sum(known.var(axis=0)))) if len(known) else 0.0
    return group / size if size > 0.0 else group


def main_movement(rows: Array) -> Array:
    """Return the first principal component of rows, shape (n_samples, n_channels), as it goes away from rest."""
    known = np.isfinite(rows).all(axis=1)
    if not known.any():
        return np.full(len(rows), np.nan)
    columns = [column - np.mean(column[known]) for column in np.ascontiguousarray(rows.T)]
    moment = np.array([[np.sum((one * other)[known]) for other in columns] for one in columns])
    axis = np.linalg.eigh(moment)[1][:, -1]
    main = np.sum([weight * column for weight, column in zip(axis, columns, strict=True)], axis=0)
    low, centre, high = np.percentile(main[known], (_RANGE[0], 50.0, _RANGE[1]))
    return main if high - centre >= centre - low else -main


def _marked(channel: _Channels) -> list[tuple[float, float]]:
    """Return where a column holds the same whole number above 0: the repetitions it marks."""
    found: list[tuple[float, float]] = []
    if not channel.blocks:
        return found
    times_s, (rows,) = _joined([channel])
    number = np.nan_to_num(np.rint(rows[:, 0]))
    edges = np.flatnonzero(np.diff(np.concatenate([[np.nan], number, [np.nan]])) != 0.0)
    for a, b in pairwise(edges.tolist()):
        if number[a] > 0.0 and b - a > GRID_HZ / 4:
            found.append((float(times_s[a]), float(times_s[b - 1])))
    return found
