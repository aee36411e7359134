import json
from dataclasses import replace

import numpy as np
import pytest

from biofeedback.devices.simulated import CONDITIONS, SimulatedPerson
from biofeedback.devices.simulated.errors import Errors
from biofeedback.devices.simulated.sampling import SampleClock
from biofeedback.exercises.model import Exercise, find


def _stream(person: SimulatedPerson, placement: str, packet: int, rate_hz: float, seconds: float) -> np.ndarray:
    """Samples in packets, with the same cue at the same moment whatever the packets."""
    clock, parts, cued = SampleClock.uniform(rate_hz), [], False
    for first in range(0, int(seconds * rate_hz), packet):
        if not cued and first / rate_hz >= 19.0:
            person.perceive("below", 1.0, 19.0)
            cued = True
        parts.append(person.sampled(placement, clock, first, packet))
    return np.concatenate(parts)[: int(seconds * rate_hz)]


@pytest.mark.parametrize(("placement", "rate_hz"), [("shank", 100.0), ("vastus_medialis", 2000.0)])
def test_same_seed_and_cues_give_the_same_samples_in_any_packets(
    knee: Exercise, placement: str, rate_hz: float
) -> None:
    streams = [
        _stream(SimulatedPerson(knee, "weak-quadriceps", 7), placement, packet, rate_hz, 26.0)
        for packet in (max(1, int(rate_hz * 0.01)), int(rate_hz * 0.037), int(rate_hz * 0.1), int(rate_hz))
    ]
    for stream in streams[1:]:
        np.testing.assert_array_equal(streams[0], stream)
    uncued = SimulatedPerson(knee, "weak-quadriceps", 7).samples(placement, 0.0, len(streams[0]), rate_hz)
    before = int(19.15 * rate_hz)
    np.testing.assert_array_equal(uncued[:before], streams[0][:before])
    assert np.any(uncued != streams[0])


def test_samples_can_be_asked_for_again_in_any_order(knee: Exercise) -> None:
    person = SimulatedPerson(knee, seed=1)
    late = person.samples("vastus_medialis", 25.0, 4000, 2000.0)
    early = person.samples("vastus_medialis", 6.0, 4000, 2000.0)
    fresh = SimulatedPerson(knee, seed=1)
    np.testing.assert_array_equal(fresh.samples("vastus_medialis", 6.0, 4000, 2000.0), early)
    np.testing.assert_array_equal(fresh.samples("vastus_medialis", 25.0, 4000, 2000.0), late)


def test_another_seed_is_another_person(knee: Exercise) -> None:
    one, other = (SimulatedPerson(knee, seed=seed).samples("shank", 0.0, 3000, 100.0) for seed in (1, 2))
    assert np.abs(one - other).max() > 1.0


def test_streams_do_not_depend_on_who_else_is_asked(knee: Exercise) -> None:
    alone = SimulatedPerson(knee).samples("thigh", 0.0, 2500, 100.0)
    person = SimulatedPerson(knee)
    person.samples("biceps_femoris", 0.0, 60000, 2000.0)
    np.testing.assert_array_equal(person.samples("thigh", 0.0, 2500, 100.0), alone)


@pytest.mark.parametrize("condition", sorted(CONDITIONS))
@pytest.mark.parametrize("exercise", ["knee", "biceps", "shoulder", "elbow"])
def test_every_person_does_every_exercise(request: pytest.FixtureRequest, exercise: str, condition: str) -> None:
    found: Exercise = request.getfixturevalue(exercise)
    person = SimulatedPerson(found, condition, 11)
    for placement in found.placements:
        rate_hz, width = (100.0, 6) if placement.kind == "imu" else (2000.0, 1)
        data = person.samples(placement.id, 0.0, int(36 * rate_hz), rate_hz)
        assert data.shape == (36 * rate_hz, width)
        assert np.isfinite(data).all()
    truth = json.loads(json.dumps(person.truth()))
    assert len(truth["repetitions"]) >= 2
    for repetition, following in zip(truth["repetitions"], truth["repetitions"][1:], strict=False):
        assert repetition["start_s"] < repetition["peak_s"] < repetition["end_s"] < following["start_s"]
        assert repetition["range"] >= found.repetition.smallest_range


def test_start_up_is_rest_then_references_then_pause(knee: Exercise) -> None:
    person = SimulatedPerson(knee, rest_s=4.0, reference_s=3.0, pause_s=2.0)
    person.begin(1000.0)
    person.samples("shank", 0.0, 3000, 100.0)
    truth = person.truth()
    assert truth["rest"] == {"start_s": 1000.0, "end_s": 1004.0}
    vastus, hamstring = truth["reference"]
    assert vastus["placement"] == "vastus_medialis"
    assert vastus["start_s"] == pytest.approx(1004.0)
    assert hamstring["start_s"] == pytest.approx(vastus["end_s"] + 2.0)
    assert truth["repetitions"][0]["start_s"] == pytest.approx(hamstring["end_s"] + 2.0)
    plateau_s = np.linspace(vastus["start_s"] + 0.5, vastus["end_s"] - 0.5, 50)
    np.testing.assert_allclose(person.drive_at("vastus_medialis", plateau_s), 1.0, atol=0.2)
    np.testing.assert_array_equal(person.drive_at("biceps_femoris", plateau_s), 0.0)
    still_s = np.linspace(1000.0, truth["repetitions"][0]["start_s"], 500)
    np.testing.assert_allclose(person.angle_at(still_s), np.deg2rad(90))


def test_truth_is_where_the_angle_says_it_is(knee: Exercise) -> None:
    person = SimulatedPerson(knee, "weak-quadriceps", 2)
    person.samples("shank", 0.0, 6000, 100.0)
    for repetition in person.truth()["repetitions"]:
        inside_s = np.arange(repetition["start_s"], repetition["end_s"], 0.001)
        goal = person.goal_at(inside_s)
        assert goal.min() == pytest.approx(repetition["peak"], abs=0.1)
        assert abs(inside_s[goal.argmin()] - repetition["peak_s"]) < 0.6
        assert goal[0] - goal.min() == pytest.approx(repetition["range"], abs=0.1)
        assert repetition["hold_s"] > 0.8


def test_repetitions_vary_and_conditions_differ(knee: Exercise) -> None:
    peaks, lengths = {}, {}
    for condition in ("healthy", "weak-quadriceps"):
        person = SimulatedPerson(knee, condition, 3)
        person.samples("shank", 0.0, 9000, 100.0)
        repetitions = person.truth()["repetitions"]
        peaks[condition] = np.array([repetition["peak"] for repetition in repetitions])
        lengths[condition] = np.array([repetition["end_s"] - repetition["start_s"] for repetition in repetitions])
    assert 0.8 < peaks["healthy"].std() < 3.2
    assert peaks["healthy"].mean() < 8
    assert 17 < peaks["weak-quadriceps"].mean() < 30
    assert lengths["healthy"].std() > 0.1
    assert lengths["weak-quadriceps"].mean() > lengths["healthy"].mean() + 0.5


def test_target_is_never_looked_at(knee: Exercise) -> None:
    easier = replace(knee, target=replace(knee.target, low=30.0, high=50.0))
    one, other = (SimulatedPerson(exercise).samples("shank", 0.0, 3000, 100.0) for exercise in (knee, easier))
    np.testing.assert_array_equal(one, other)


def test_amplifier_channels_are_the_placements_in_their_order(knee: Exercise) -> None:
    person = SimulatedPerson(knee)
    board = person.channels(["biceps_femoris", None, "vastus_medialis"], 0.0, 2500, 250.0)
    assert board.shape == (2500, 3)
    np.testing.assert_array_equal(board[:, 2:], person.samples("vastus_medialis", 0.0, 2500, 250.0))
    assert np.std(board[1300:2200, 2]) > 5 * np.std(board[1300:2200, 1])


def test_unknown_persons_and_segments_are_refused(knee: Exercise) -> None:
    with pytest.raises(ValueError, match="known are healthy, weak-quadriceps"):
        SimulatedPerson(knee, "tired")
    elsewhere = [replace(knee.placements[0], place="left_ear"), *knee.placements[1:]]
    with pytest.raises(ValueError, match="has no 'left_ear'"):
        SimulatedPerson(replace(knee, placements=elsewhere))
    two = [replace(knee.placements[0], place="wrist"), *knee.placements[1:]]
    with pytest.raises(ValueError, match="moves one joint, not knee and shoulder"):
        SimulatedPerson(replace(knee, placements=two))


@pytest.mark.parametrize("rate_hz", [0.0, -1.0, float("nan")])
def test_impossible_rates_are_refused(knee: Exercise, rate_hz: float) -> None:
    with pytest.raises(ValueError, match="a sampling rate must be above 0"):
        SimulatedPerson(knee).sampled("shank", SampleClock.uniform(rate_hz), 0, 1)


def test_a_lifted_hand_feels_how_it_is_lifted() -> None:
    person = SimulatedPerson(find("shoulder-upright-row"), "healthy", 2, rest_s=1.0, pause_s=0.5, errors=Errors.none())
    felt = person.samples("wrist", 0.0, 600, 100.0)
    upwards = np.linalg.norm(felt[:, :3], axis=1) - 9.80665
    height_cm = 100.0 * np.cumsum(np.cumsum(upwards) * 0.01) * 0.01
    truth_cm = person.goal_at(np.arange(600) / 100.0)
    assert truth_cm.max() > 40.0
    np.testing.assert_allclose(height_cm, truth_cm, atol=1.5)
