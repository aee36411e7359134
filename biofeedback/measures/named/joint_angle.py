"""The flexion of a hinge joint from two sensors, however they sit on the segments."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Annotated, Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from biofeedback.dsp import quaternion
from biofeedback.dsp.joint import HingeAngle
from biofeedback.dsp.movement import SLOWEST_RAD_S
from biofeedback.dsp.orientation import RATE, Orientation
from biofeedback.dsp.resample import GridRun, TickJoin, UniformGrid, longest_gap_s
from biofeedback.measures.catalogue import (
    Definition,
    Findings,
    Output,
    Role,
    Sensor,
    Signal,
    StreamingMeasure,
    named,
)
from biofeedback.measures.value import Measure

Array = NDArray[np.float64]
GRID_HZ = 100.0

_SEATED_DEG = 45.0
_LONGEST_WAIT_S = 30.0
_NO_HINGE_DEG = 15.0
_LEAST_SHARE = 60.0  # %: a shank that turns 20° about its length as well leaves 70


class JointAngleSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of the joint angle.

    Attributes
    ----------
    pose_angle
        The joint's angle in degrees in the still pose at the start, the last 2 s before the first movement: 0 standing,
        about 90 seated. All angles are counted from it, so to compare with motion capture or a goniometer give what
        these read there: in standing often 5 to 12°.
    learn_s
        Seconds of movement from which the hinge is learned before the first angles are handed out, those of the
        beginning included; from then on there is no delay. 0: angles at once, rough until the hinge is known.
    """

    pose_angle: Annotated[float, msgspec.Meta(ge=-30.0, le=170.0)] = 0.0
    learn_s: Annotated[float, msgspec.Meta(ge=0.0, le=60.0)] = 10.0


class LearnsHinge(Protocol):
    """What the settings of a measure on a hinge have."""

    @property
    def pose_angle(self) -> float:
        """The joint's angle in degrees in the still pose at the start."""
        ...

    @property
    def learn_s(self) -> float:
        """Seconds of movement to learn from."""
        ...


@named
class JointAngle(StreamingMeasure):
    """Flexion of a knee or an elbow."""

    Settings = JointAngleSettings
    definition = Definition(
        name="joint_angle",
        title="Flexion of a hinge joint",
        domain="joint",
        definition="Twist between two segments about their common axis, flexion positive, from the angle `pose_angle` "
        "in the still pose at the start. Axes and heading are found from the movement itself (the first 10 s of it; "
        "the angles of that time are handed out then), the heading is held by the hinge with 5 s.",
        source="Olsson et al. 2020, Sensors 20:3534; Laidig et al. 2017, ICORR; orientation VQF",
        roles=(Role("proximal", "imu"), Role("distal", "imu")),
        outputs=(
            Output("range", "°", "largest less smallest angle"),
            Output("highest", "°", "largest flexion"),
            Output("lowest", "°", "smallest flexion"),
            Output("residual", "°", "median rotation that is no flexion; above 15° it is no hinge or a sensor slipped"),
            Output("flexion_share", "%", "share of the joint's turning that is flexion; below 60 it does not dominate"),
        ),
        signals=(Output("joint_angle", "°", "flexion"),),
        group_delay_s=0.0,
        warm_up_s=10.0,
        reliability="knee 1–3.5° RMSE against motion capture, more beyond 90° from skin motion; read no change "
        "below 5° (inertial goniometry, MDC 4–6°)",
    )

    def __init__(self, sensors: Sequence[Sensor], settings: LearnsHinge) -> None:
        super().__init__(sensors, settings)
        rates = [sensor.sampling_rate_hz for sensor in sensors]
        self._orientations = [Orientation(rate, only_trusted=True) for rate in rates]
        self._grids = [UniformGrid(GRID_HZ, quaternion=True, longest_gap_s=longest_gap_s(rate)) for rate in rates]
        self._join = TickJoin(len(sensors))
        bends_first = settings.pose_angle < _SEATED_DEG
        self.joint = HingeAngle(GRID_HZ, math.radians(settings.pose_angle), flexion_first=bends_first)
        self._waiting: list[tuple[int, list[Array]]] | None = []
        self._moved = self._since = 0
        self._count, self._low, self._high = 0, math.inf, -math.inf

    def process(self, sensor: int, samples: Array, times_s: Array, first_sample: int) -> list[Signal]:
        """Take acceleration and angular velocity, shape (n_samples, 6)."""
        signals: list[Signal] = []
        for run in self._orientations[sensor].process(samples, times_s, first_sample):
            for block in self._grids[sensor].process(run):
                for tick, pair in self._join.process(sensor, GridRun(block.first_tick, block.values)):
                    signals += self._take(tick, pair)
        return signals

    def _take(self, tick: int, pair: list[Array]) -> list[Signal]:
        """Keep the rows until enough movement was seen; then hand out the angles."""
        if self._waiting is None:
            return self._angles(tick, pair)
        ready = self._ready_after(pair)
        self._waiting.append((tick, [rows[:ready] for rows in pair]))
        if ready == len(pair[0]) and not self._enough:
            return []
        signals = self._released()
        return [*signals, *self._angles(tick + ready, [rows[ready:] for rows in pair])]

    @property
    def _enough(self) -> bool:
        wanted = round(self.settings.learn_s * GRID_HZ)
        return self._moved >= wanted or self._since >= round(_LONGEST_WAIT_S * GRID_HZ)

    def _ready_after(self, pair: list[Array]) -> int:
        """Return how many of the rows are still to be waited for."""
        rate = np.max([quaternion.dot(rows[:, RATE], rows[:, RATE]) for rows in pair], axis=0)
        moved = self._moved + np.cumsum(rate > SLOWEST_RAD_S**2)
        since = self._since + np.cumsum(moved > 0)
        done = (moved >= round(self.settings.learn_s * GRID_HZ)) | (since >= round(_LONGEST_WAIT_S * GRID_HZ))
        ready = int(np.argmax(done)) + 1 if done.any() else len(done)
        self._moved, self._since = int(moved[ready - 1]), int(since[ready - 1])
        return ready

    def _released(self) -> list[Signal]:
        """Learn the hinge from what waited, and return its angles."""
        waiting, self._waiting = self._waiting or [], None
        if waiting and self.settings.learn_s > 0.0:
            proximal, distal = (np.concatenate([pair[which] for _, pair in waiting]) for which in (0, 1))
            self._learn(proximal, distal)
        return [signal for tick, pair in waiting for signal in self._angles(tick, pair)]

    def _learn(self, proximal: Array, distal: Array) -> None:
        """Learn from the rows of the first movement, shape (n_samples, 8) each."""
        self.joint.calibrate(proximal, distal)

    def _angles(self, tick: int, pair: list[Array]) -> list[Signal]:
        values = np.degrees(self.joint.process(*pair))
        known = values[~np.isnan(values)]
        self._count += len(known)
        if len(known):
            self._low, self._high = min(self._low, float(known.min())), max(self._high, float(known.max()))
        return [Signal("joint_angle", "°", (tick + np.arange(len(values))) / GRID_HZ, values)]

    def finish(self) -> Findings:
        """Return the range, and the angles of a recording too short to have handed them out."""
        signals = tuple(self._released())
        if self.joint.axes is None:
            reason = (
                "the joint did not move" if self._count else "there is no moment at which both sensors gave samples"
            )
            missing = (Measure.missing(o.name, o.unit, reason, self._count) for o in self.definition.outputs)
            return Findings(tuple(missing), (), signals)
        residual = float(np.degrees(self.joint.residual_rad))
        slipped = residual > _NO_HINGE_DEG
        share = 100.0 * self.joint.flexion_share
        reason = "it does not move as a hinge: a sensor slipped, or the joint is none" if slipped else ""
        if not slipped and share < _LEAST_SHARE:
            reason = "flexion does not dominate: learn from a movement that only bends and stretches the joint"
        figures = (self._high - self._low, self._high, self._low, residual, share)
        pairs = zip(self.definition.outputs, figures, strict=True)
        values = [Measure(o.name, v, o.unit, self._count, "weak" if reason else "ok", reason) for o, v in pairs]
        return Findings(tuple(values), (), signals)
