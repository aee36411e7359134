"""Persons for the tests of the simulated person."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from biofeedback.exercises.model import Exercise, Placement, find

_SHOULDER = {
    "id": "raise-arm",
    "version": 1,
    "name": "Raise the arm sideways",
    "instructions": {"setup": "Standing.", "person": "Raise the arm."},
    "placements": [{"id": "wrist", "kind": "imu", "place": "wrist", "name": "Wrist"}],
    "signals": [
        {"id": "elevation", "name": "Arm", "kind": "inclination", "placements": ["wrist"], "display": [0.0, 120.0]}
    ],
    "repetition": {"signal": "elevation", "expected_range": 90.0, "smallest_range": 25.0},
    "target": {"signal": "elevation", "low": 80.0, "high": 100.0},
    "weights": {"range": 1.0},
    "score": [],
    "dose": {"sets": 1, "repetitions": 8},
    "feedback": {"goal": "Reach the band"},
}


@pytest.fixture(scope="session")
def knee() -> Exercise:
    return find("knee-extension-seated")


@pytest.fixture(scope="session")
def biceps() -> Exercise:
    return find("biceps-contraction")


@pytest.fixture(scope="session")
def shoulder() -> Exercise:
    return msgspec.convert(_SHOULDER, Exercise)


@pytest.fixture(scope="session")
def elbow(biceps: Exercise) -> Exercise:
    arm = [Placement(id=place, kind="imu", place=place, name=place) for place in ("upper_arm", "forearm")]
    return replace(biceps, id="elbow-flexion", placements=[*arm, *biceps.placements])
