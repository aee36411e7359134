"""One foot that walks: its contacts, and the path of each stride."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from biofeedback.measures.catalogue import Sensor
from biofeedback.measures.foot_contacts import WAITED_S, Contact, FootContacts
from biofeedback.measures.inertial import Inertial, InertialRun
from biofeedback.measures.stride import Path, mid_stance, stride_path

Array = NDArray[np.float64]

LEFT_OUT = 2
"""Strides at each end of a bout that are not steady: getting going and stopping."""
FEWEST = 3
"""Strides that a value is made of."""
_LONGEST_STRIDE_S = 3.0
_TURN_RAD = math.radians(22.5)  # 45°/s for half a second
_KEPT_S = 8.0
_LONGEST_HOLE_S = 0.1
_LONGEST_PATH_HOLE_S = 0.02  # length errs by 2 cm with such holes, by 7 cm with 50 ms


class Stride(NamedTuple):
    """From one initial contact to the next of the same foot, its path where that is known."""

    start_s: float
    end_s: float
    terminal_s: float
    path: Path | None
    turn: bool

    @property
    def time_s(self) -> float:
        """How long it takes."""
        return self.end_s - self.start_s

    @property
    def stance_percent(self) -> float:
        """Share of it on the ground."""
        return 100.0 * (self.terminal_s - self.start_s) / self.time_s


class WalkingFoot:
    """Follows one foot; ``landings`` and ``lifts`` are the times of its contacts in s."""

    def __init__(self, sensor: Sensor) -> None:
        self.rate, self.name = sensor.sampling_rate_hz, sensor.role
        self._inertial = Inertial(self.rate)
        self._contacts = FootContacts(self.rate)
        self._rows = np.empty((0, 9))  # time, gyr, acceleration in earth coordinates, turn rate, missing
        self._first = 0
        self._last: Contact | None = None
        self._stance: int | None = None  # row of the mid-stance before the last contact
        self.seen = False
        self.landings: list[float] = []
        self.lifts: list[float] = []
        self.strides: list[Stride] = []

    def process(self, samples: Array, times_s: Array, first_sample: int) -> None:
        """Take acceleration and angular velocity, shape (n_samples, 6)."""
        for run in self._inertial.process(samples, times_s, first_sample):
            if run.after_gap:
                self._last = self._stance = None
                self._rows = self._rows[:0]
            self._keep(run)
            contacts = self._contacts.process(run.acc, run.gyr, run.missing, run.first_sample, after_gap=run.after_gap)
            for contact in contacts:
                self._land(contact)
            self._trim()

    def _keep(self, run: InertialRun) -> None:
        self.seen = True
        if not len(self._rows):
            self._first = run.first_sample
        rows = np.column_stack([run.times_s, run.gyr, run.earth_acc, run.turn_rate, run.missing.astype(np.float64)])
        self._rows = np.concatenate([self._rows, rows])

    def _trim(self) -> None:
        """Forget what is too old for a stride, and for a contact that waits for which way the foot swings."""
        most = round((_KEPT_S if self._last is not None else _KEPT_S + WAITED_S) * self.rate)
        if len(self._rows) > 2 * most:
            self._first += len(self._rows) - most
            self._rows = self._rows[-most:]

    def _time_s(self, row: float) -> float:
        """Return the time of a row that may lie between two."""
        at = min(max(row - self._first, 0.0), len(self._rows) - 1.0)
        low = min(int(at), len(self._rows) - 2)
        before, after = self._rows[low, 0], self._rows[low + 1, 0]
        return float(before + (at - low) * (after - before))

    def _land(self, contact: Contact) -> None:
        time_s = self._time_s(contact.initial)
        self.landings.append(time_s)
        last, stance = self._last, self._stance
        self._last, self._stance = contact, None
        if contact.terminal is None:
            return
        terminal_s = self._time_s(contact.terminal)
        self.lifts.append(terminal_s)
        if last is None or contact.initial - last.initial > _LONGEST_STRIDE_S * self.rate:
            return
        rows = self._between(last.initial, contact.initial)
        if _longest_hole(rows) > _LONGEST_HOLE_S * self.rate:
            return  # part of the stride was lost
        self._stance = self._mid_stance(last.initial, contact.terminal)
        path = None
        if stance is not None and self._stance is not None and stance >= self._first:
            flight = self._between(stance, self._stance)
            if _longest_hole(flight) <= _LONGEST_PATH_HOLE_S * self.rate:
                path = stride_path(flight[:, 4:7], flight[:, 7], self.rate)
        turned = abs(float(rows[:, 7].sum())) / self.rate
        self.strides.append(Stride(self._time_s(last.initial), time_s, terminal_s, path, turned > _TURN_RAD))

    def _mid_stance(self, initial: float, terminal: float) -> int | None:
        row = mid_stance(self._between(initial, terminal)[:, 1:4], self.rate)
        return None if row is None else math.ceil(initial) + row

    def _between(self, start: float, end: float) -> Array:
        return self._rows[max(math.ceil(start) - self._first, 0) : max(math.ceil(end) - self._first, 0)]

    def too_few(self, n: int, what: str) -> str:
        """Say why there is no value of ``n`` strides."""
        if not self.seen:
            return "no samples"
        if not self.landings:
            return "no step was seen: the foot swung for less than two seconds, or not at all"
        return f"{n} {what}; {FEWEST} or more are needed"

    def steady(self) -> list[Stride]:
        """Return the strides of straight walking, without those at the ends of each bout."""
        bouts: list[list[Stride]] = []
        for stride in self.strides:
            if bouts and abs(stride.start_s - bouts[-1][-1].end_s) < 1e-6:
                bouts[-1].append(stride)
            else:
                bouts.append([stride])
        return [s for bout in bouts for s in bout[LEFT_OUT : len(bout) - LEFT_OUT] if not s.turn]


def _longest_hole(rows: Array) -> int:
    """Return how many rows in a row were not measured, at most."""
    whole = np.flatnonzero(np.concatenate([[0.0], rows[:, 8], [0.0]]) == 0.0)
    return int(np.diff(whole).max()) - 1
