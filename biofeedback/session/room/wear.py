"""The simulated person's sensors, beside the real ones: one a placement, on a person made for the exercise."""

from __future__ import annotations

from biofeedback.devices.base import Device
from biofeedback.devices.simulated import ScriptClock, SimulatedDevice, SimulatedPerson, parse_fault
from biofeedback.exercises.model import Exercise
from biofeedback.session.room.finding import Finding

PREFIX = "simulated:"


class Wear:
    """What the simulated person of one exercise can wear.

    Raises
    ------
    ValueError
        If the person cannot do the exercise, or a fault is none.
    """

    def __init__(self, exercise: Exercise, condition: str, seed: int, faults: tuple[str, ...] = ()) -> None:
        self.person = SimulatedPerson(exercise, condition, seed, rest_s=0.5, reference_s=0.0, pause_s=0.5, going=False)
        self._placements = {placement.id: placement for placement in exercise.placements}
        self._faults = [parse_fault(text) for text in faults]
        self._clock = ScriptClock(self.person)

    def findings(self) -> list[Finding]:
        """Return a finding for each sensor."""
        return [Finding(PREFIX + p.id, f"Simulated: {p.name}", "simulated") for p in self._placements.values()]

    def device(self, sensor: str) -> Device:
        """Make the sensor of that id."""
        placement = self._placements[sensor.removeprefix(PREFIX)]
        return SimulatedDevice(self.person, placement, self._clock, faults=self._faults)
