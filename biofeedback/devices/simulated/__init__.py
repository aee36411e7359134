"""A simulated person wearing simulated sensors: a body, muscles and a will, with the truth about all of it."""

from biofeedback.devices.simulated.conditions import CONDITIONS, Condition
from biofeedback.devices.simulated.device import SimulatedDevice, simulated_devices
from biofeedback.devices.simulated.errors import Errors
from biofeedback.devices.simulated.faults import FAULTS, Fault, parse_fault
from biofeedback.devices.simulated.person import SimulatedPerson
from biofeedback.devices.simulated.ticking import ScriptClock

__all__ = [
    "CONDITIONS",
    "FAULTS",
    "Condition",
    "Errors",
    "Fault",
    "ScriptClock",
    "SimulatedDevice",
    "SimulatedPerson",
    "parse_fault",
    "simulated_devices",
]
