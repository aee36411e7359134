"""The flexion of a hinge joint (knee, elbow) from two inertial sensors, without magnetometer or calibration movement.

Inclination is what the sensors know for sure; the heading between them drifts and is held by the hinge itself: its
axis must point the same way for both segments (Laidig et al. 2017; time constant 5 s, held where the axis is upright).
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from biofeedback.dsp import quaternion
from biofeedback.dsp.heading import HeadingHold
from biofeedback.dsp.hinge import (
    Hinge,
    Motion,
    Pose,
    bent_from,
    find_hinge,
    hinge_angle,
    hinge_share,
    hinge_swing,
    turned,
)
from biofeedback.dsp.movement import BLOCK_S, SLOWEST_RAD_S, MovementAngle
from biofeedback.dsp.orientation import N_COLUMNS, QUATERNION, RATE

Array = NDArray[np.float64]

_SETTLED_S = 2.0  # after a hole: what is seen before that teaches a wrong hinge
_KEPT_HZ = 25.0
_KEPT_S = 20.0
_ONE_SIDED = 0.15
_POSE_S, _SETTING_OUT_S = 2.0, 0.3
_LOOKS_S = (0.4, 0.8, 1.6, 3.0, 6.0, 10.0, 15.0, 20.0)
"""Seconds of movement after which the hinge is looked for again; then every 20 s."""


class HingeAngle(MovementAngle):
    """Joint angle in rad, flexion positive, from the rows of two `dsp.orientation.Orientation` on the same ticks.

    Starts in a still pose in which the joint is at ``pose_angle_rad``; ``flexion_first`` tells whether the first
    movement out of it bends the joint. The hinge is found from the first movements and improved as more is seen;
    the angle goes over smoothly. Group delay 0 s; warm-up: the first 0.4 s of movement.
    """

    warm_up_s = 2.0 * BLOCK_S

    def __init__(self, sampling_rate_hz: float, pose_angle_rad: float = 0.0, *, flexion_first: bool = True) -> None:
        super().__init__(sampling_rate_hz)
        self._pose_rad = pose_angle_rad
        self._direction = 1.0 if flexion_first else -1.0
        self._hinge: Hinge | None = None
        self._seen = np.empty((0, 2 * N_COLUMNS))
        self._moved_s = 0.0
        self._looks = 0
        self._unsettled = 0  # rows
        self._shift = 0.0
        self._heading = HeadingHold(sampling_rate_hz)
        self._pose_row: Array | None = None  # the start pose as it was measured, under no heading
        self._stride = max(round(sampling_rate_hz / _KEPT_HZ), 1)
        self.residual_rad = self.flexion_share = float("nan")

    @property
    def axes(self) -> tuple[Array, Array] | None:
        """The hinge axis in the proximal and the distal sensor's coordinates; None before the first movement."""
        return None if self._hinge is None else (self._hinge.proximal, self._hinge.distal)

    @property
    def heading_rad(self) -> float:
        """What the distal heading is turned by now."""
        return self._heading.heading_rad

    @property
    def pose(self) -> tuple[Array, Array] | None:
        """The quaternions of both sensors in the start pose, under one heading; None before the first rows."""
        return None if self._reference is None else (self._reference[QUATERNION], self._reference[_DISTAL])

    def process(self, proximal: Array, distal: Array) -> Array:
        """Take rows of both sensors, shape (n_samples, 8) each, NaN where missing; return the angle (n_samples,)."""
        return self._pose_rad + self._direction * self._follow(np.hstack([proximal, distal]))

    def zero(self, proximal: Array, distal: Array, angle_rad: float = 0.0) -> None:
        """Let the joint be at ``angle_rad`` in the pose of these two rows, shape (8,) each."""
        self._pose_rad = angle_rad
        self._pose_row = np.concatenate([proximal, distal])
        self._reference = self._prepared(self._pose_row[None])[0]
        self._told = True
        self._raw = self._turns = self._step = 0.0

    def calibrate(self, proximal: Array, distal: Array) -> None:
        """Find the hinge afresh from the rows of a movement, shape (n_samples, 8) each, flexion and back.

        They may be the very rows that `process` takes next, or the last ones it took: the angle is right from the next
        row on, and counted from the same pose as before.
        """
        rows = np.hstack([proximal, distal])
        known = np.flatnonzero(~np.isnan(rows).any(axis=1))
        rows = rows[known]
        moving = self._moving(rows)
        if not moving.any():
            return
        ends = [0, *(np.flatnonzero(np.diff(known) > 1) + 1).tolist(), len(rows)]
        runs = [slice(begin, end) for begin, end in pairwise(ends)]
        firsts = [slice(0, len(rows))]
        if len(runs) > 1:  # over a hole the heading is lost; but the longest run may show too little
            firsts.append(max(runs, key=lambda run: int(moving[run].sum())))
        tries = [copy(self) for _ in firsts]
        for one, first in zip(tries, firsts, strict=True):
            one._find(rows, moving, runs, first)  # noqa: SLF001 (one is a copy of this)
        vars(self).update(vars(min(tries, key=lambda one: one.residual_rad)))
        self._shift = self._step = self._turns = 0.0
        self._raw = self._mean  # within half a turn of where it usually is
        self._block = []  # rows under the heading that was
        self._farthest = np.pi  # the sign is settled: the first movement need not be flexion

    def _find(self, rows: Array, moving: NDArray[np.bool_], runs: Sequence[slice], first: slice) -> None:
        """Find the hinge in the rows, at first in some of them alone."""
        if self._hinge is not None:
            self._hinge, self._reference = None, self._pose_row
        self._heading = HeadingHold(self._rate)
        pose_told = self._reference is not None
        if not pose_told:
            self._reference = pose_before(rows, moving, self._rate)
        self._moved_s = float(np.sum(moving)) / self._rate
        self._looks = int(np.searchsorted(_LOOKS_S, self._moved_s, side="right"))
        self._seen = rows[first][moving[first]][:: self._stride]
        self._look()
        held = self._held(rows, runs)  # now as if its drift had been held all along
        if not pose_told and len(runs) > 1:
            self._reference = pose_before(held, moving, self._rate)
        self._seen = held[moving][:: self._stride]
        self._look()
        if len(runs) > 1:
            self._heading.loosen()

    @property
    def _ready(self) -> bool:
        return self._hinge is not None

    def _prepared(self, rows: Array) -> Array:
        """Return the rows with the distal heading brought over the proximal one, as far as it is known."""
        if self._hinge is None:
            return rows
        rows = rows.copy()
        rows[:, _DISTAL] = self._heading.process(rows[:, QUATERNION], rows[:, _DISTAL], self._hinge)
        return rows

    def _held(self, rows: Array, runs: Sequence[slice]) -> Array:
        """Return the rows under one heading, found anew after each hole."""
        parts: list[Array] = []
        for run in runs:
            if len(runs) > 1:
                self._heading.loosen()
            parts.append(self._prepared(rows[run]))
        return np.concatenate(parts)

    def _after_hole(self, row: Array, anew: bool) -> None:
        self._heading.loosen()
        self._unsettled = round(_SETTLED_S * self._rate) if self._hinge is not None else 0

    def _measure(self, rows: Array, reference: Array) -> Array:
        assert self._hinge is not None
        both = np.concatenate([reference[None], rows])
        angles = hinge_angle(both[:, QUATERNION], both[:, _DISTAL], self._hinge)
        return (angles[1:] - angles[0] + np.pi) % (2.0 * np.pi) - np.pi

    @staticmethod
    def _moving(rows: Array) -> NDArray[np.bool_]:
        return np.maximum(_squares(rows[:, RATE]), _squares(rows[:, _DISTAL_RATE])) > SLOWEST_RAD_S**2

    def _learn(self, rows: Array) -> bool:
        if self._unsettled > 0:
            self._unsettled -= len(rows)
            return False
        moving = rows[self._moving(rows)]
        if len(moving) == 0:
            return False
        kept = np.concatenate([self._seen, moving[:: self._stride]])
        self._seen = kept[-round(_KEPT_S * self._rate / self._stride) :]
        self._moved_s += len(moving) / self._rate
        if self._moved_s >= self._due_s:
            self._looks += 1
            self._look()
        return True

    @property
    def _due_s(self) -> float:
        """After how much movement the hinge is looked for again."""
        return _LOOKS_S[self._looks] if self._looks < len(_LOOKS_S) else _LOOKS_S[-1] * (self._looks - 6)

    def _steady(self, rows: Array) -> int:
        n_blocks = len(rows) // self._size
        if n_blocks < 2 or self._hinge is None or self._unsettled > 0:
            return 0
        lost = np.isnan(rows).any(axis=1)
        n_blocks = min(n_blocks, int(np.argmax(lost)) // self._size) if lost.any() else n_blocks
        moving = self._moving(rows[: n_blocks * self._size]).reshape(-1, self._size)
        moved_s = np.cumsum([self._moved_s, *np.sum(moving, axis=1) / self._rate])
        return int(np.sum(moved_s[1:] < self._due_s))

    def _learn_from_all(self, rows: Array) -> list[bool]:
        blocks = rows.reshape(-1, self._size, rows.shape[1])
        moving = self._moving(rows).reshape(-1, self._size)
        kept = [block[mask][:: self._stride] for block, mask in zip(blocks, moving, strict=True)]
        self._seen = np.concatenate([self._seen, *kept])[-round(_KEPT_S * self._rate / self._stride) :]
        for n_moving in np.sum(moving, axis=1).tolist():
            self._moved_s += n_moving / self._rate
        return np.any(moving, axis=1).tolist()

    def _look(self) -> None:
        """Look for the hinge in what was seen, and put all that is remembered under the heading it gives."""
        seen = self._seen
        motion = Motion(seen[:, QUATERNION], seen[:, RATE], seen[:, _DISTAL], seen[:, _DISTAL_RATE])
        if self._hinge is None:
            self._pose_row = self._reference
        before = None if self._looks < 4 else self._hinge  # begin afresh while little was seen
        reference = seen[0] if self._reference is None else self._reference
        pose = Pose(reference[QUATERNION], reference[_DISTAL], self._pose_rad)
        found = self._signed(find_hinge(motion, pose, before), motion, pose)
        self.flexion_share = hinge_share(motion, found)
        self._shift = heading = found.heading_rad
        self._heading.turn(heading)
        self._seen = seen.copy()
        self._seen[:, _DISTAL] = turned(seen[:, _DISTAL], heading)
        if self._reference is not None:
            self._reference = self._reference.copy()
            self._reference[_DISTAL] = turned(self._reference[_DISTAL], heading)
        self._hinge = found._replace(heading_rad=0.0)
        swing = hinge_swing(self._seen[:, QUATERNION], self._seen[:, _DISTAL], self._hinge)
        self.residual_rad = float(np.median(swing))

    def _signed(self, found: Hinge, motion: Motion, pose: Pose) -> Hinge:
        """Let the side of the pose on which the movement mostly was be positive; if there is none, keep the sign."""
        bent = bent_from(motion, pose, found)
        side = float(np.mean(bent))
        if abs(side) < _ONE_SIDED * float(np.ptp(bent)):
            side = 1.0 if self._hinge is None else float(found.proximal @ self._hinge.proximal)
        else:
            self._mean = abs(self._mean)
        return found if side >= 0.0 else found._replace(proximal=-found.proximal, distal=-found.distal)

    def _remeasure(self, rows: Array) -> None:
        rows = rows[-1:].copy()
        rows[:, _DISTAL] = turned(rows[:, _DISTAL], self._shift)
        self._shift = 0.0
        super()._remeasure(rows)

    def _turn_round(self) -> None:
        assert self._hinge is not None
        self._hinge = self._hinge._replace(proximal=-self._hinge.proximal, distal=-self._hinge.distal)


_DISTAL = slice(N_COLUMNS + QUATERNION.start, N_COLUMNS + QUATERNION.stop)
_DISTAL_RATE = slice(N_COLUMNS + RATE.start, N_COLUMNS + RATE.stop)


def _squares(rate: Array) -> Array:
    return quaternion.dot(rate, rate)


def pose_before(rows: Array, moving: NDArray[np.bool_], rate: float) -> Array:
    """Return the mean row of the still time before the first movement, its last 2 s; the first row if there is none.

    Parameters
    ----------
    rows
        Shape (n_samples, 16), both sensors, none missing.
    moving
        Shape (n_samples,).
    rate
        Rows a second.
    """
    end = int(np.argmax(moving)) - round(_SETTING_OUT_S * rate)
    if end < 1:
        return rows[0]
    still = rows[max(end - round(_POSE_S * rate), 0) : end]
    pose = still.mean(axis=0)
    for part in (QUATERNION, _DISTAL):
        pose[part] = quaternion.normalised(quaternion.continuous(still[:, part]).mean(axis=0))
    return pose
