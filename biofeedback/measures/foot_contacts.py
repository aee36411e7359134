"""When a foot lands and leaves the ground, from one inertial sensor on it, however it is mounted.

The foot pitches about one axis, which the angular velocity itself shows. In a stride it turns one way at push-off, at
once back in the swing, a little once more the first way when it comes down flat, and then it stands: so of two large
turns the one before the rest is the swing, and that gives the sign, also where the foot lands flat. The swing ends, and
with it the forward pitch, when the heel lands.
"""

from __future__ import annotations

import math
from collections import deque
from statistics import median
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from biofeedback.dsp import quaternion
from biofeedback.dsp.filters import low_pass

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

_SMOOTHED_HZ = 15.0
_BLOCK_S = 0.25
_MOVING_RAD_S = 1.0
_LEARNED_S = 2.0  # of movement: two strides show which way the swing goes
_LONGEST_LEARNED_S = 8.0
_STRIDES_SEEN = 3  # large turns, there and back
_LONGEST_REST_S = 1.0
_WAITED_S = 30.0
_MEMORY_S = 30.0
_LEAST_SWING_RAD = math.radians(15.0)
_LEAST_SHARE = 1.0 / 3.0
_LEAST_RATE_RAD_S = 1.0
_SHORTEST_STRIDE_S = 0.4
_LONGEST_PUSH_S = 0.6
_IMPACT_BEFORE_S, _IMPACT_AFTER_S = 0.02, 0.05
_RISING = 0.5
_SHOCK_S = 0.004  # from the heel's touch to the shock at the sensor
_KEPT_S = 4.0


class Contact(NamedTuple):
    """One landing, in samples since the start, not whole ones; ``terminal`` is when the foot left the ground before."""

    initial: float
    terminal: float
    swing_rad: float


class _Turn(NamedTuple):
    """The pitch rate between two zero crossings: where it began and ended, the angle, its lowest and highest rate."""

    start: float
    end: float
    angle_rad: float
    lowest_at: int
    lowest: float
    highest: float
    whole: bool


class FootContacts:
    """Finds initial and terminal contacts in the samples of one foot as they come.

    An initial contact is where the impact begins to rise: the end of the swing's pitch and, behind it, the lag that
    was the middle one of the last strides, as a single impact is easily mistaken. A terminal contact is the fastest
    pitch of the push-off. A contact is told 50 ms after it happened; the first ones after two seconds of movement,
    when it is known which way the foot swings. Group delay of the smoothing (15 ms) is taken off.
    """

    def __init__(self, sampling_rate_hz: float) -> None:
        self._rate = sampling_rate_hz
        edge_hz = min(_SMOOTHED_HZ, 0.4 * sampling_rate_hz)
        self._filter = low_pass(edge_hz, sampling_rate_hz)
        self._delay = self._filter.group_delay_s * sampling_rate_hz
        self._block = max(round(_BLOCK_S * sampling_rate_hz), 1)
        self._keep = math.exp(-_BLOCK_S / _MEMORY_S)
        self._moment = np.zeros((3, 3))
        self._axis: Array | None = None
        self._known = False
        self._moved = 0
        self._open = np.empty((0, 8))  # the block begun: smoothed rate, raw rate, jerk, missing
        self._waiting: list[tuple[int, Array]] = []
        self._row = 0
        self._last_acc: Array | None = None
        self._jerk: deque[tuple[int, float]] = deque()
        self._turns: deque[_Turn] = deque(maxlen=8)
        self._begin(0)
        self._before = 0.0
        self._pending: list[tuple[_Turn, float]] = []
        self._swings: deque[float] = deque(maxlen=8)
        self._lags: deque[float] = deque(maxlen=8)
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
        while len(rows):
            piece, rows = rows[: self._block - len(self._open)], rows[self._block - len(self._open) :]
            if self._known:
                contacts += self._follow(self._row, piece)
            self._open = np.concatenate([self._open, piece])
            self._row += len(piece)
            if len(self._open) == self._block:
                contacts += self._close_block()
        return contacts

    def _forget(self, row: int) -> None:
        self._filter.restart()
        self._last_acc = None
        self._open = np.empty((0, 8))
        self._waiting, self._row = [], row
        self._turns.clear()
        self._jerk.clear()
        self._pending = []
        self._begin(row)
        self._before = 0.0

    def _close_block(self) -> list[Contact]:
        """Learn from a whole block, and when enough is known go through what waited."""
        block, first = self._open, self._row - self._block
        self._open = np.empty((0, 8))
        rate = block[(block[:, 7] == 0) & ((block[:, 3:6] ** 2).sum(axis=1) > _MOVING_RAD_S**2), 3:6]
        self._moment = self._keep * self._moment + rate.T @ rate
        self._moved += len(rate)
        if not self._known:
            self._waiting.append((first, block))
            self._waiting = self._waiting[-round(_WAITED_S / _BLOCK_S) :]
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
        self._begin(waiting[0][0])
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

    def _begin(self, row: float, angle: float = 0.0) -> None:
        self._start, self._angle, self._whole = row, angle, True
        self._lowest = self._highest = 0.0
        self._lowest_at = int(row)

    def _follow(self, first: int, rows: Array) -> list[Contact]:
        """Go through rows whose axis is known, sample by sample."""
        assert self._axis is not None
        contacts: list[Contact] = []
        pitch = quaternion.dot(rows[:, :3], self._axis).tolist()
        for row, (rate, jerk, missing) in enumerate(zip(pitch, rows[:, 6].tolist(), rows[:, 7].tolist(), strict=True)):
            here = first + row
            self._jerk.append((here, 0.0 if missing else jerk))
            if len(self._jerk) > _KEPT_S * self._rate:
                self._jerk.popleft()
            if (rate < 0.0) != (self._before < 0.0):
                crossing = here - rate / (rate - self._before)
                self._turn(_Turn(self._start, crossing, self._angle / self._rate, self._lowest_at, self._lowest,
                                 self._highest, self._whole))  # fmt: skip
                self._begin(crossing)
            self._angle += rate
            self._whole = self._whole and not missing
            self._highest = max(self._highest, rate)
            if rate < self._lowest:
                self._lowest, self._lowest_at = rate, here
            self._before = rate
            while self._pending and here >= self._pending[0][1]:
                contacts.append(self._landed(self._pending.pop(0)[0]))
        return contacts

    def _turn(self, turn: _Turn) -> None:
        """Take a turn that has ended; if it is a swing, wait for the impact behind it."""
        least = max(_LEAST_SWING_RAD, _LEAST_SHARE * median(self._swings) if self._swings else 0.0)
        end = turn.end - self._delay
        long_enough = end - self._last >= _SHORTEST_STRIDE_S * self._rate
        if turn.whole and turn.angle_rad >= least and turn.highest >= _LEAST_RATE_RAD_S and long_enough:
            self._swings.append(turn.angle_rad)
            self._last = end
            self._pending.append((turn, end + _IMPACT_AFTER_S * self._rate))
        self._turns.append(turn)

    def _landed(self, turn: _Turn) -> Contact:
        end = turn.end - self._delay
        near = [(jerk, row) for row, jerk in self._jerk
                if -_IMPACT_BEFORE_S * self._rate <= row - 1 - end <= _IMPACT_AFTER_S * self._rate]  # fmt: skip
        largest = max((jerk for jerk, _ in near), default=0.0)
        rise = next((row for jerk, row in near if jerk >= _RISING * largest), end + 0.5 + _SHOCK_S * self._rate)
        between = rise - 0.5  # the sample before and this one
        self._lags.append(between - _SHOCK_S * self._rate - end)
        since = turn.start - _LONGEST_PUSH_S * self._rate
        pushes = [t for t in self._turns if since <= t.end <= turn.start + 1e-9 and t.angle_rad < 0.0]
        push = min(pushes, key=lambda t: t.lowest, default=None)
        terminal = turn.start if push is None else float(push.lowest_at)
        return Contact(end + median(self._lags), terminal - self._delay, turn.angle_rad)
