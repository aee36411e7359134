"""The load that figures are stated at: eight muscles at 2 kHz and six inertial sensors at 100 Hz, all of them used."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from biofeedback.devices.simulated import SimulatedPerson, simulated_devices
from biofeedback.exercises import model
from biofeedback.exercises.model import Exercise, Placement, Signal
from biofeedback.stream import Chunk, StreamInfo

_CHUNK_S = 1.0


def exercise(signals_at_most: int = 8) -> Exercise:
    """Return the knee extension with more signals on the other sensors of the load: 8 is what a file may have.

    With 12 of them every sensor of the load is worked on.
    """
    base = model.find("knee-extension-seated")
    placements, signals = list(base.placements), list(base.signals)
    for number in range(1, 7):
        name = f"idle_{number}_emg"
        placements.append(Placement(id=name, kind="emg", place=name, name=name))
        if len(signals) < signals_at_most - 1:
            signals.append(Signal(id=name, name=name, kind="envelope", placements=[name], display=(0.0, 100.0)))
    for number in range(1, 5):
        name = f"idle_{number}_imu"
        placements.append(Placement(id=name, kind="imu", place=name, name=name))
        if number > 2 and len(signals) < signals_at_most - 1:
            signals.append(Signal(id=name, name=name, kind="inclination", placements=[name], display=(-90.0, 90.0)))
    signals.append(
        Signal(
            id="other_joint",
            name="other joint",
            kind="hinge_angle",
            placements=["idle_1_imu", "idle_2_imu"],
            display=(-90.0, 90.0),
        )
    )
    return replace(base, placements=placements, signals=signals)


def chunks(seconds: float) -> tuple[list[StreamInfo], list[Chunk]]:
    """Return the streams and ``seconds`` of the load, a second a chunk, in the order of their times."""
    person = SimulatedPerson(model.find("knee-extension-seated"), seed=1, rest_s=4.0, reference_s=0.0, pause_s=1.0)
    person.begin(0.0)
    devices = simulated_devices(person, load=True)
    streams = [stream for device in devices for stream in device.streams]
    found: list[Chunk] = []
    for second in range(round(seconds)):
        for device in devices:
            found += _joined(device.chunks_until(second + 1.0), device.streams[0])
    return streams, found


def _joined(parts: list[Chunk], info: StreamInfo) -> list[Chunk]:
    if not parts:
        return []
    counts = np.concatenate([part.counts for part in parts])
    times_s = np.concatenate([part.times_s for part in parts])
    return [info.chunk(counts, times_s, parts[0].first_sample, parts[0].lost_before, parts[-1].arrived_s)]
