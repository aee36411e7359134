"""What a simulated person says through a profile: channels by their quantity, whatever the firmware's units."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from biofeedback.cli.simulate import Speaker
from biofeedback.devices.registry import load_profile
from biofeedback.devices.simulated import SimulatedPerson
from biofeedback.exercises import model


@pytest.fixture(scope="module")
def person() -> SimulatedPerson:
    return SimulatedPerson(model.find("knee-extension-seated"), "healthy", 1)


def test_emg_without_a_known_gain_uses_the_converters_range(person):
    volts = Speaker(person, load_profile("bitalino"))(0.0, 8000)["analog"][:, 0]
    counts = Speaker(person, load_profile("chords-uno-r3"))(0.0, 2000)["emg"][:, 0]
    assert np.ptp(volts) < 3.3e-3
    assert 300 < np.ptp(counts) < 1023
    text = Speaker(person, load_profile("arduino-text"))(0.0, 400)["emg"][:, 0]
    assert 100 < np.ptp(text) < 1023


def test_angles_and_quaternion_are_the_same_attitude(person):
    angles = Speaker(person, load_profile("bno08x-rvc"))(3.0, 50)["angles"]
    quaternions = Speaker(person, load_profile("mpu6050-teapot"))(3.0, 50)["orientation"]
    there = Rotation.from_quat(np.roll(quaternions, -1, axis=1))
    assert (Rotation.from_euler("ZYX", angles) * there.inv()).magnitude().max() < 1e-6
