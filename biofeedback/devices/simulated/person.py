"""A simulated person wearing sensors: the same person and the same cues give the same samples, bit for bit."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from biofeedback.devices.simulated.body import Body, Felt
from biofeedback.devices.simulated.conditions import condition as named_condition
from biofeedback.devices.simulated.errors import EmgErrors, Errors, ImuErrors
from biofeedback.devices.simulated.kinds import LIFT_M, Role, movement_of, role_of
from biofeedback.devices.simulated.muscle import FULL_DRIVE_RMS_V, Drive, Electrode, lead_s
from biofeedback.devices.simulated.noise import Wander, named_generator, on_grid
from biofeedback.devices.simulated.sampling import SampleClock
from biofeedback.devices.simulated.script import Course, PlannedRepetition, Script, StartUp, Tempo
from biofeedback.devices.simulated.script import Felt as FeltCue
from biofeedback.devices.simulated.strokes import Array, Track
from biofeedback.exercises.model import Exercise, Placement
from biofeedback.feedback.paths import rise as path_rise

_BLOCK_S = 0.1
_KEPT_BLOCKS = 4
_TRUTH_STEP_S = _SHAKEN_STEP_S = 0.01
_STEP_APART_S = 1.1


def block_samples(rate_hz: float) -> int:
    """Return how many samples are made at once: so many that none is decided before a cue could still change it."""
    return max(1, round(rate_hz * _BLOCK_S))


class SimulatedPerson:
    """A body, its muscles and a will, doing one exercise for as long as it is asked for samples.

    Parameters
    ----------
    exercise
        Read for placements, side, tempo and which signal is the goal. Its target and band are never looked at.
    condition
        One of `CONDITIONS`.
    seed
        Another seed is another person: spread, mounting, biases, noise.
    rest_s, reference_s, pause_s
        The start-up: lying still; the plateau of one full contraction of each muscle that carries an electrode, one
        after the other, 2 s apart; a pause. ``reference_s=0`` leaves the contractions out.
    going
        Whether repetitions begin by themselves; if not, they begin with `go`.
    errors
        What is wrong with the sensors.
    mains_hz
        Frequency of the hum everything electrical picks up.

    Raises
    ------
    ValueError
        If the condition is unknown or the exercise's sensors tell of no movement the person can do.

    Notes
    -----
    Times are host clock seconds from `begin` on; before it the person's own time, which starts at 0.
    """

    def __init__(
        self,
        exercise: Exercise,
        condition: str = "healthy",
        seed: int = 0,
        *,
        rest_s: float = 5.0,
        reference_s: float = 3.0,
        pause_s: float = 3.0,
        going: bool = True,
        errors: Errors | None = None,
        mains_hz: float = 50.0,
    ) -> None:
        self.exercise, self.seed, self.condition = exercise, seed, condition
        self.mains_hz = mains_hz
        self.start_s = 0.0
        self._errors = Errors() if errors is None else errors
        self._manner = named_condition(condition)
        self._movement = movement_of(exercise)
        self._start_up = StartUp(rest_s=rest_s, reference_s=reference_s, pause_s=pause_s)
        tempo = Tempo(exercise.tempo.out_s, exercise.tempo.hold_s, exercise.tempo.back_s) if exercise.tempo else Tempo()
        self._placements = {placement.id: placement for placement in exercise.placements}
        roles: dict[str, Role] = {
            item.id: role_of(item.place, exercise) for item in exercise.placements if item.kind == "emg"
        }
        leads_s = {muscle: lead_s(role, self._manner) for muscle, role in roles.items()}
        course = None if exercise.repetition.every_s is None else Course(self._wanted, exercise.repetition.every_s)
        self._script = Script(self._manner, self._movement.aim, tempo, leads_s, self._start_up, seed, going, course)
        self._drives = {
            muscle: Drive(muscle, role, self._movement, self._manner, self._script, seed)
            for muscle, role in roles.items()
        }
        self._electrodes = {muscle: self._electrode(muscle, role) for muscle, role in roles.items()}
        side = -1 if exercise.side == "left" else 1
        mounting_rad, sway_rad = self._errors.mounting_rad, self._manner.sway_rad
        self._body = Body(self._movement, side, seed, mounting_rad, np.deg2rad(0.2), sway_rad)
        tremor = named_generator(seed, "tremor")
        self._tremor = Wander.between(tremor, self._manner.tremor_hz * 0.85, self._manner.tremor_hz * 1.15)
        self._blocks: OrderedDict[tuple[str, SampleClock, int], Array] = OrderedDict()
        self._sources: OrderedDict[tuple[str, SampleClock, int, int], Array] = OrderedDict()
        self._imu_errors: dict[tuple[str, int], ImuErrors] = {}
        self._emg_errors: dict[tuple[str, int], EmgErrors] = {}

    def _wanted(self, since_s: float) -> float:
        """Return the excursion that the path on the screen asks for, in the middle of its tube."""
        target, goal = self.exercise.target, self.exercise.goal_signal
        if target.path is None:
            return 0.0
        share = np.array([since_s / (self.exercise.repetition.every_s or 1.0)])
        value = (target.low + target.high) / 2 + target.path.rise * float(path_rise(target.path.shape, share)[0])
        if goal.kind == "envelope":
            return value / 100.0
        span = np.rad2deg(self._movement.full_rad - self._movement.rest_rad)
        return (value - np.rad2deg(self._movement.rest_rad)) / span if goal.kind == "hinge_angle" else value / abs(span)

    def _electrode(self, muscle: str, role: Role) -> Electrode:
        strength = self._manner.emg_strength if role == "agonist" else 1.0
        full_rms_v = FULL_DRIVE_RMS_V * strength * named_generator(self.seed, f"strength {muscle}").lognormal(0.0, 0.2)
        return Electrode(muscle, self._drives[muscle], self._script, self.seed, full_rms_v)

    # -- time and will -------------------------------------------------------------------------------------------

    def begin(self, host_s: float) -> None:
        """Say which host clock time is the start of the person's script."""
        self.start_s = host_s

    def perceive(
        self,
        direction: FeltCue | None,
        strength: float,
        time_s: float,
        *,
        about: Literal["now", "last"] = "now",
    ) -> None:
        """See, hear or feel a cue.

        Parameters
        ----------
        direction
            As the person sees it: ``"below"`` is short of the band as seen from rest, whatever the sign of the
            underlying signal; ``"hold"`` is the same as ``"in"``; ``"idle"`` and None are no cue. It stays felt until
            the next one.
        strength
            0…1, how far from the band it looks; clipped.
        time_s
            Host clock time at which it was presented. Cues are given in order of time.
        about
            ``"now"``: on-going, answered within the repetition, and part of the correction is built into the next one.
            ``"last"``: a summary of repetitions that are over; changes the next one only.
        """
        what: FeltCue = "idle" if direction is None else direction
        tell = self._script.feel if about == "now" else self._script.be_told
        tell(what, strength, time_s - self.start_s)

    def stop(self, time_s: float) -> None:
        """Tell the person to stop after the repetition that is going on; understood after the reaction time."""
        self._script.stop(time_s - self.start_s)

    def go(self, time_s: float) -> None:
        """Tell the person to go on with repetitions."""
        self._script.go(time_s - self.start_s)

    def contract(self, placement: str, time_s: float) -> None:
        """Ask for a reference contraction of the muscle under an electrode; understood after the reaction time."""
        self._script.contract(placement, time_s - self.start_s)

    # -- samples -------------------------------------------------------------------------------------------------

    def samples(self, placement: str, t0_s: float, n: int, rate_hz: float) -> NDArray[np.float64]:
        """Return ``n`` samples of a placement from ``t0_s`` after the start of the script on, in SI units.

        Returns
        -------
        Shape (n, 6) for an IMU: acceleration x, y, z (m/s², +g upwards at rest) and angular velocity x, y, z (rad/s);
        shape (n, 1) for EMG (V). Sample i of the endless stream is taken at ``i / rate_hz``; ``t0_s`` is rounded to it.
        """
        return self.sampled(placement, SampleClock.uniform(rate_hz), round(t0_s * rate_hz), n)

    def channels(self, placements: list[str | None], t0_s: float, n: int, rate_hz: float) -> NDArray[np.float64]:
        """Return EMG placements as the channels of one amplifier, shape (n, n_channels), V; None is an open input."""
        return np.concatenate(
            [self.samples(name or f"open_{place}", t0_s, n, rate_hz) for place, name in enumerate(placements, 1)],
            axis=1,
        )

    def sampled(self, placement: str, clock: SampleClock, first: int, n: int) -> NDArray[np.float64]:
        """Return samples ``first`` to ``first + n`` of a placement, taken at a clock's times; as `samples` does."""
        size = block_samples(clock.rate_hz)
        start, end = first // size, -(-(first + n) // size)
        known = next((number for number in range(start, end) if (placement, clock, number) not in self._blocks), end)
        blocks = [self._blocks[placement, clock, number] for number in range(start, known)]
        if known < end:
            blocks += self._made(placement, clock, known, end - known)
        whole = np.concatenate(blocks) if blocks else np.zeros((0, 6 if self._is_imu(placement) else 1))
        return whole[first - start * size :][:n]

    def _is_imu(self, placement: str) -> bool:
        known = self._placements.get(placement)
        return known.kind == "imu" if known else placement.endswith("imu")

    def _made(self, placement: str, clock: SampleClock, number: int, count: int) -> list[Array]:
        """Make blocks that follow each other in one go, and keep them for a while."""
        size = block_samples(clock.rate_hz)
        times_s = clock.times_s(number * size, count * size)
        self._script.advance(times_s[-1])
        make = self._imu_blocks if self._is_imu(placement) else self._emg_blocks
        made = np.split(make(placement, clock, number, count, times_s), count)
        for place, block in enumerate(made):
            self._keep((placement, clock, number + place), block)
        return made

    def _keep(self, key: tuple[str, SampleClock, int], block: Array) -> None:
        self._blocks[key] = block
        while len(self._blocks) > _KEPT_BLOCKS * (len(self._placements) + 16):
            self._blocks.popitem(last=False)

    def _imu_blocks(self, placement: str, clock: SampleClock, number: int, count: int, times_s: Array) -> Array:
        felt = self.felt(placement, times_s)
        key = (placement, len(times_s) // count)
        if key not in self._imu_errors:
            self._imu_errors[key] = ImuErrors(self._errors, self.seed, placement, key[1])
        return self._imu_errors[key].added(felt, number, count, times_s)

    def _emg_blocks(self, placement: str, clock: SampleClock, number: int, count: int, times_s: Array) -> Array:
        own = self._source(placement, clock, number, count, times_s)
        for neighbour in self._electrodes:
            if neighbour != placement and placement in self._electrodes and self._errors.cross_talk:
                own = own + self._errors.cross_talk * self._source(neighbour, clock, number, count, times_s)
        key = (placement, len(times_s) // count)
        if key not in self._emg_errors:
            self._emg_errors[key] = EmgErrors(self._errors, self.seed, placement, key[1], self.mains_hz)
        jerked = self._jerked(times_s) if placement in self._electrodes else np.zeros(len(times_s))
        return self._emg_errors[key].added(own, jerked, number, count, times_s)[:, None]

    def _jerked(self, times_s: Array) -> Array:
        """Return the acceleration the electrodes are shaken with, in excursions a second squared."""
        return on_grid(lambda ticks_s: self._script.excursion.at(ticks_s).acceleration, times_s, _SHAKEN_STEP_S)

    def _source(self, muscle: str, clock: SampleClock, number: int, count: int, times_s: Array) -> Array:
        """Return the EMG under an electrode, kept because its neighbours on the same clock pick it up too."""
        if muscle not in self._electrodes:
            return np.zeros(len(times_s))
        key = (muscle, clock, number, count)
        if key not in self._sources:
            self._sources[key] = self._electrodes[muscle].blocks(number, count, times_s, clock.rate_hz)
            while len(self._sources) > _KEPT_BLOCKS * len(self._electrodes):
                self._sources.popitem(last=False)
        return self._sources[key]

    # -- truth ---------------------------------------------------------------------------------------------------

    def felt(self, placement: str, times_s: Array) -> Felt:
        """Return what a sensor without error would feel at times after the start of the script."""
        self._advance(times_s)
        motion = self._motion_of(placement, times_s)
        return self._body.feel(placement, self._place(placement), motion, times_s)

    def orientation_at(self, placement: str, times_s: Array) -> Rotation:
        """Return a sensor's true orientations, earth from sensor, at times after the start of the script."""
        self._advance(times_s)
        motion = self._motion_of(placement, times_s)
        return self._body.orientation(placement, self._place(placement), motion, times_s)

    def leans_at(self, times_s: Array) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return how far the trunk truly leans ahead and to the right, in rad, at host clock times."""
        ahead, right = self._body.leans(np.asarray(times_s, dtype=np.float64) - self.start_s)
        return ahead.value, right.value

    def angle_at(self, times_s: Array) -> NDArray[np.float64]:
        """Return the true joint angle in rad at increasing host clock times; NaN for a contraction on the spot.

        Asking beyond what has been sampled decides the future up to there.
        """
        times_s = np.asarray(times_s, dtype=np.float64) - self.start_s
        self._advance(times_s)
        if self._movement.kind == "isometric":
            return np.full(times_s.shape, np.nan)
        return self._movement.angle(self._motion(times_s).value)

    def drive_at(self, muscle: str, times_s: Array) -> NDArray[np.float64]:
        """Return a muscle's true drive, 1 at its reference contraction, at increasing host clock times."""
        times_s = np.asarray(times_s, dtype=np.float64) - self.start_s
        self._advance(times_s)
        return self._drives[muscle].at(times_s)

    def goal_at(self, times_s: Array) -> NDArray[np.float64]:
        """Return the truth of the exercise's goal signal, in its unit, at increasing host clock times.

        A hinge angle is the joint's own angle, an inclination or rotation what was turned since rest, in degrees; an
        envelope is percent of the reference contraction; a travel is in cm since rest.
        """
        goal = self.exercise.goal_signal
        if goal.kind == "envelope":
            return 100 * self.drive_at(goal.placements[0], times_s)
        if self._movement.kind == "stance":
            return np.rad2deg(np.hypot(*self.leans_at(times_s)))
        if self._movement.kind == "lift":
            own_s = np.asarray(times_s, dtype=np.float64) - self.start_s
            self._advance(own_s)
            return 100 * LIFT_M * self._motion(own_s).value
        angle = np.rad2deg(self.angle_at(times_s))
        return angle if goal.kind == "hinge_angle" else np.abs(angle - np.rad2deg(self._movement.rest_rad))

    def truth(self) -> dict[str, Any]:
        """Return what really happened so far, as plain JSON values: start-up and every finished repetition.

        Times are host clock seconds; ``peak``, ``rest`` and ``range`` are in the goal signal's unit. ``hold_s`` is the
        time spent within 5 % of the range from the peak; ``start_s`` and ``end_s`` are where the movement as meant
        begins and ends, ``emg_onsets_s`` where the drive of each muscle begins to rise.
        """
        until_s = self._script.frontier_s
        goal = self.exercise.goal_signal
        return {
            "person": self.condition,
            "seed": self.seed,
            "exercise": self.exercise.id,
            "signal": goal.id,
            "unit": goal.unit,
            "start_s": self.start_s,
            "rest": {"start_s": self.start_s, "end_s": self.start_s + self._start_up.rest_s},
            "reference": [
                {"placement": item.muscle, "start_s": self.start_s + item.start_s, "end_s": self.start_s + item.end_s}
                for item in self._script.references
            ],
            "repetitions": [self._told(item) for item in self._script.repetitions if item.end_s <= until_s],
        }

    def _told(self, repetition: PlannedRepetition) -> dict[str, Any]:
        times_s = np.arange(repetition.start_s, repetition.end_s, _TRUTH_STEP_S) + self.start_s
        goal = self.goal_at(times_s)
        rest = float(goal[0])
        moved = np.abs(goal - rest)
        top = int(np.argmax(moved))
        return {
            "number": repetition.number,
            "start_s": self.start_s + repetition.start_s,
            "peak_s": float(times_s[top]),
            "end_s": self.start_s + repetition.end_s,
            "back_s": self.start_s + repetition.back_s,
            "rest": rest,
            "peak": float(goal[top]),
            "range": float(moved[top]),
            "hold_s": float(np.count_nonzero(moved >= 0.95 * moved[top]) * _TRUTH_STEP_S),
            "aim": repetition.aim,
            "corrections": len(repetition.corrections),
            "emg_onsets_s": {muscle: self.start_s + onset_s for muscle, onset_s in repetition.onsets_s.items()},
        }

    def _advance(self, times_s: Array) -> None:
        if len(times_s):
            self._script.advance(float(times_s[-1]))

    def _place(self, placement: str) -> str:
        known: Placement | None = self._placements.get(placement)
        return known.place if known else "idle"

    def _motion_of(self, placement: str, times_s: Array) -> Track:
        """Return the excursion of the limb a sensor is on; in walking the right foot follows the left one."""
        known = self._placements.get(placement)
        if self._movement.kind == "walk" and known is not None and known.side == "right":
            return self._motion(times_s - _STEP_APART_S).scaled(self._manner.other_foot)
        return self._motion(times_s)

    def _motion(self, times_s: Array) -> Track:
        """Return the excursion with its tremor, which grows with the excursion."""
        meant = self._script.excursion.at(times_s)
        span_rad = abs(self._movement.full_rad - self._movement.rest_rad)
        if span_rad == 0 or not meant.value.any():
            return meant
        shake = self._tremor.at(times_s).scaled(self._manner.tremor_rad / span_rad)
        return meant.plus(meant.times(shake))
