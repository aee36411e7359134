"""When a foot lands and leaves the ground, from one inertial sensor on it, however it is mounted.

The foot pitches about one axis, which the angular velocity itself shows. In a stride it turns one way at push-off, at
once back in the swing, a little once more the first way when it comes down flat, and then it stands: so of two large
turns the one before the rest is the swing, and that gives the sign, also where the foot lands flat. The swing ends, and
with it the forward pitch, when the heel lands or just before. Two signs tell the moment: the impact begins to rise, and
the foot begins to slap down.
"""

from __future__ import annotations

import math
from collections import deque
from statistics import median
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from biofeedback.dsp import quaternion
from biofeedback.dsp.blocks import Blocks
from biofeedback.dsp.filters import low_pass

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

WAITED_S = 30.0
"""So far back the first contacts can be, once it is known which way the foot swings."""
_SMOOTHED_HZ = 15.0
_BLOCK_S = 0.25
_MOVING_RAD_S = 1.0
_LEARNED_S = 2.0  # of movement: two strides show which way the swing goes
_LONGEST_LEARNED_S = 8.0
_STRIDES_SEEN = 3  # large turns, there and back
_LONGEST_REST_S = 1.0
_MEMORY_S = 30.0
_LEAST_SWING_RAD = math.radians(10.0)
_LEAST_SHARE = 1.0 / 8.0  # of the usual swing: the step that closes a walk, and those of a turn, are small
_LEAST_RATE_RAD_S = 1.0
_ENDED = 0.1  # of the swing's fastest: after a flat landing the rate creeps to zero
_SHORTEST_STRIDE_S = 0.4
_LONGEST_PUSH_S = 0.3
_LONGEST_HOLE_S = 0.1  # a swing seen through a longer one is not believed
_IMPACT_BEFORE_S, _IMPACT_AFTER_S = 0.02, 0.1  # the swing's end
_SLAP_S = 0.15  # after the swing: until then the foot has slapped down at its fastest
_LEAST_SLAP_RAD_S = 1.0
_RISEN = 0.5  # of the impact's largest jerk
_SLAPPING = 0.1  # of the slap's fastest pitch
_LIFTED = 0.7  # of the push-off's fastest pitch, when it slows down
_KEPT_S = 4.0


class Contact(NamedTuple):
    """One landing, in samples since the start, not whole ones; ``terminal`` is when the foot left the ground before.

    That is None where the samples begin, or go on after a loss, within the swing.
    """

    initial: float
    terminal: float | None
    swing_rad: float


class _Turn(NamedTuple):
    """The pitch rate between two zero crossings: where it began and ended, the angle, its highest rate."""

    start: float | None
    end: float
    angle_rad: float
    highest: float
    whole: bool


class _Row(NamedTuple):
    """One sample: the pitch rate as measured, rad/s, and the jerk."""

    row: int
    pitch: float
    jerk: float


class FootContacts:
    """Finds initial and terminal contacts in the samples of one foot as they come.

    An initial contact is half-way between two signs of it: where the jerk of the impact has risen to half of its
    largest, and where the pitch has reached a tenth of its fastest in the slap. A foot that lands flat has the first
    only. A terminal contact is where the pitch of the push-off has slowed down to 70 % of its fastest. A contact is
    told 165 ms after it happened; the first ones after two seconds of movement, when it is known which way the foot
    swings. Group delay of the smoothing (15 ms) is taken off.
    """

    def __init__(self, sampling_rate_hz: float) -> None:
        self._rate = sampling_rate_hz
        edge_hz = min(_SMOOTHED_HZ, 0.4 * sampling_rate_hz)
        self._filter = low_pass(edge_hz, sampling_rate_hz)
        self._delay = self._filter.group_delay_s * sampling_rate_hz
        self._blocks = Blocks(max(round(_BLOCK_S * sampling_rate_hz), 1))  # smoothed and raw rate, jerk, missing
        self._keep = math.exp(-_BLOCK_S / _MEMORY_S)
        self._moment = np.zeros((3, 3))
        self._axis: Array | None = None
        self._known = False
        self._moved = 0
        self._waiting: list[tuple[int, Array]] = []
        self._row = 0
        self._last_acc: Array | None = None
        self._recent: deque[_Row] = deque(maxlen=max(round(_KEPT_S * sampling_rate_hz), 1))
        self._hole = 0
        self._before = 0.0
        self._begin(None)
        self._landing: _Turn | None = None
        self._swings: deque[float] = deque(maxlen=8)
        self._last = -math.inf

    def process(self, acc: Array, gyr: Array, missing: Mask, first_sample: int, *, after_gap: bool) -> list[Contact]:
        """Take the next rows of one run.

        Parameters
        ----------
        acc, gyr
            Shape (n_samples, 3), m/s² and rad/s, without NaN.
        missing
            Shape (n_samples,): the row was not measured.
        first_sample
            Index of the first row.
        after_gap
            Rows were lost before: nothing is carried over but what the foot's movement has shown.
        """
        if after_gap:
            self._forget(first_sample)
        smooth = self._filter.process(gyr)
        before = acc[:1] if self._last_acc is None else self._last_acc
        jerk = np.sqrt(((acc - np.concatenate([before, acc[:-1]])) ** 2).sum(axis=1)) * self._rate
        self._last_acc = acc[-1:]
        rows = np.column_stack([smooth, gyr, jerk, missing.astype(np.float64)])
        contacts: list[Contact] = []
        for part, block in self._blocks.process(rows):
            if self._known:
                contacts += self._follow(self._row, part)
            self._row += len(part)
            if block is not None:
                contacts += self._learn(block)
        return contacts

    def _forget(self, row: int) -> None:
        self._filter.restart()
        self._last_acc = None
        self._blocks.restart()
        self._waiting, self._row = [], row
        self._recent.clear()
        self._landing = None
        self._hole = 0
        self._before = 0.0
        self._begin(None)

    def _learn(self, block: Array) -> list[Contact]:
        """Learn from a whole block, and when enough is known go through what waited."""
        rate = block[(block[:, 7] == 0) & ((block[:, 3:6] ** 2).sum(axis=1) > _MOVING_RAD_S**2), 3:6]
        self._moment = self._keep * self._moment + rate.T @ rate
        self._moved += len(rate)
        if not self._known:
            self._waiting.append((self._row - len(block), block))
            self._waiting = self._waiting[-round(WAITED_S / _BLOCK_S) :]
            if self._moved < _LEARNED_S * self._rate:
                return []
        axis = np.linalg.eigh(self._moment)[1][:, 2]
        if self._axis is not None:
            self._axis = axis if axis @ self._axis >= 0 else -axis
            return []
        self._axis = self._signed(axis)
        if self._axis is None:
            return []
        self._known = True
        waiting, self._waiting = self._waiting, []
        self._begin(None)
        return [contact for row, rows in waiting for contact in self._follow(row, rows)]

    def _signed(self, axis: Array) -> Array | None:
        """Let the swing be positive: it comes at once after the push-off, and the next push-off after a stance."""
        pitch = np.concatenate([block[:, :3] for _, block in self._waiting]) @ axis
        pitch[np.abs(pitch) < _MOVING_RAD_S] = 0.0
        edges = np.concatenate([[0], np.flatnonzero(np.diff(np.sign(pitch))) + 1, [len(pitch)]])
        angles = np.add.reduceat(pitch, edges[:-1])
        usual = np.sort(np.abs(angles))[-_STRIDES_SEEN:][0]  # one larger turn may be a hand that puts the sensor on
        large = np.flatnonzero(np.abs(angles) > 0.5 * usual)
        ways, rests = np.sign(angles[large]), edges[large[1:]] - edges[large[:-1] + 1]
        back = ways[:-1] != ways[1:]
        if back.sum() < _STRIDES_SEEN and self._moved < _LONGEST_LEARNED_S * self._rate:
            return None
        stance = ways[:-1] * np.minimum(rests, _LONGEST_REST_S * self._rate)
        return axis if stance[back].sum() >= 0 else -axis

    def _begin(self, row: float | None) -> None:
        self._start, self._angle, self._longest_hole = row, 0.0, self._hole
        self._highest = 0.0
        self._ended: float | None = None

    def _follow(self, first: int, rows: Array) -> list[Contact]:
        """Go through rows whose axis is known, sample by sample."""
        assert self._axis is not None
        contacts: list[Contact] = []
        smooth, pitch = quaternion.dot(rows[:, :3], self._axis), quaternion.dot(rows[:, 3:6], self._axis)
        jerk = np.where(rows[:, 7] > 0, 0.0, rows[:, 6])
        columns = zip(smooth.tolist(), pitch.tolist(), jerk.tolist(), rows[:, 7].tolist(), strict=True)
        for here, (rate, *measured, missing) in enumerate(columns, first):
            self._recent.append(_Row(here, *measured))
            self._hole = self._hole + 1 if missing else 0
            if (rate < 0.0) != (self._before < 0.0):
                self._cross(here - rate / (rate - self._before))
            self._go_on(here, rate)
            if self._landing is not None and here >= self._landing.end - self._delay + _SLAP_S * self._rate:
                contacts.append(self._landed(self._landing))
                self._landing = None
        return contacts

    def _go_on(self, here: int, rate: float) -> None:
        """Let the turn go on by a sample."""
        self._angle += rate
        self._longest_hole = max(self._longest_hole, self._hole)
        self._highest = max(self._highest, rate)
        least = _ENDED * self._highest
        if rate >= least:
            self._ended = None
        elif self._ended is None and self._highest > 0.0:
            self._ended = here - (least - rate) / (self._before - rate)
        self._before = rate

    def _cross(self, crossing: float) -> None:
        """End a turn where the rate crossed zero; if it is a swing, wait for the slap behind it."""
        end = crossing if self._ended is None else self._ended
        whole = self._longest_hole <= _LONGEST_HOLE_S * self._rate
        turn = _Turn(self._start, end, self._angle / self._rate, self._highest, whole)
        self._begin(crossing)
        least = max(_LEAST_SWING_RAD, _LEAST_SHARE * median(self._swings) if self._swings else 0.0)
        long_enough = end - self._last >= _SHORTEST_STRIDE_S * self._rate
        if whole and turn.angle_rad >= least and turn.highest >= _LEAST_RATE_RAD_S and long_enough:
            self._swings.append(turn.angle_rad)
            self._last = end
            self._landing = turn

    def _landed(self, swing: _Turn) -> Contact:
        end = swing.end - self._delay
        before, after = _IMPACT_BEFORE_S * self._rate, _IMPACT_AFTER_S * self._rate
        rows = [row for row in self._recent if row.row >= end - before]
        slap = min(range(len(rows)), key=lambda at: rows[at].pitch)
        slapped = rows[slap].pitch <= -_LEAST_SLAP_RAD_S
        near = [row for row in rows if row.row <= (rows[slap].row if slapped else end + after)]
        largest = max(row.jerk for row in near)
        rise = next(row.row for row in near if row.jerk >= _RISEN * largest) - 0.5
        initial = (rise + _slows(rows, slap, -1, _SLAPPING)) / 2.0 if slapped else rise
        return Contact(initial, self._lifted(swing.start), swing.angle_rad)

    def _lifted(self, start: float | None) -> float | None:
        """Return when the foot left the ground before a swing that started there."""
        if start is None:
            return None
        rows = [row for row in self._recent if start - _LONGEST_PUSH_S * self._rate <= row.row <= start]
        fastest = min(range(len(rows)), key=lambda at: rows[at].pitch, default=0)
        pushed = bool(rows) and rows[fastest].pitch < 0.0
        return _slows(rows, fastest, 1, _LIFTED) if pushed else start - self._delay


def _slows(rows: list[_Row], at: int, step: int, share: float) -> float:
    """Return where, going from the fastest row one way, the pitch is only a share of its fastest; between rows."""
    level = share * rows[at].pitch
    while 0 <= at + step < len(rows) and rows[at + step].pitch < level:
        at += step
    if not 0 <= at + step < len(rows):
        return float(rows[at].row)
    inner, outer = rows[at].pitch, rows[at + step].pitch
    return rows[at].row + step * (level - inner) / (outer - inner)
