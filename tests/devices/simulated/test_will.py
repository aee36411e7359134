"""The person reacts to cues and learns from them, and from nothing else."""

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest

from biofeedback.devices.simulated import SimulatedPerson
from biofeedback.exercises.model import Exercise, find

_LOOK_S = 0.05
Cue = Callable[[SimulatedPerson, float, float], None]


def _session(person: SimulatedPerson, seconds: float, cue: Cue | None = None) -> list[float]:
    """Let the person work, with somebody who looks at the true goal signal and gives cues; return the peaks."""
    for step in range(int(seconds / _LOOK_S)):
        now_s = step * _LOOK_S
        person.samples("shank", now_s, 5, 100.0)
        if cue is not None:
            cue(person, now_s, float(person.goal_at(np.array([now_s]))[0]))
    return [repetition["peak"] for repetition in person.truth()["repetitions"]]


def _band(low: float, high: float) -> Cue:
    """Cue for a band of knee angle: short of it is a more bent knee."""

    def give(person: SimulatedPerson, now_s: float, angle: float) -> None:
        if angle > high:
            person.perceive("below", min(1.0, (angle - high) / 30), now_s)
        elif angle < low:
            person.perceive("above", min(1.0, (low - angle) / 30), now_s)
        else:
            person.perceive("in", 0.0, now_s)

    return give


def _error(peaks: list[float], low: float, high: float) -> float:
    return float(np.mean([max(peak - high, low - peak, 0.0) for peak in peaks]))


@cache
def _cued(exercise: str, condition: str) -> list[dict[str, Any]]:
    """Return the repetitions of a person who is cued to a band of 0° to 12°."""
    person = SimulatedPerson(find(exercise), condition, 5)
    _session(person, 130, _band(0, 12))
    return person.truth()["repetitions"]


@pytest.mark.parametrize("condition", ["weak-quadriceps", "stroke-synergy"])
def test_error_falls_with_cues_and_stays_without(knee: Exercise, condition: str) -> None:
    cued = [repetition["peak"] for repetition in _cued(knee.id, condition)]
    alone = _session(SimulatedPerson(knee, condition, 5), 130)
    assert len(cued) >= 12
    assert _error(cued[-4:], 0, 12) < 2.0
    assert _error(alone[-4:], 0, 12) > 6.0
    assert abs(np.mean(alone[-4:]) - np.mean(alone[:4])) < 5.0


def test_the_plan_itself_is_learned_not_only_the_correction(knee: Exercise) -> None:
    repetitions = _cued(knee.id, "weak-quadriceps")
    assert repetitions[-1]["aim"] > repetitions[0]["aim"] + 0.08
    assert sum(item["corrections"] for item in repetitions[:3]) > sum(item["corrections"] for item in repetitions[-3:])


def test_it_learns_either_way(knee: Exercise) -> None:
    peaks = _session(SimulatedPerson(knee, "healthy", 5), 110, _band(25, 37))
    assert peaks[0] < 15 < 20 < np.mean(peaks[-4:]) < 42


def test_summaries_change_the_next_repetition_only(knee: Exercise) -> None:
    told, alone = (SimulatedPerson(knee, "weak-quadriceps", 5) for _ in range(2))
    for person in (told, alone):
        person.samples("shank", 0.0, 1900, 100.0)
    told.perceive("below", 1.0, 19.0, about="last")
    for person in (told, alone):
        person.samples("shank", 19.0, 2000, 100.0)
    first, second = (person.truth()["repetitions"] for person in (told, alone))
    assert first[0] == second[0]
    assert first[1]["aim"] > second[1]["aim"] + 0.02


def _cued_at_the_top(person: SimulatedPerson) -> float:
    """Work up to the top of the first repetition and give a cue there; return when."""
    person.samples("shank", 0.0, 1760, 100.0)
    cue_s = person._script.repetitions[0].top_s
    person.samples("shank", 17.6, int((cue_s - 17.6) * 100), 100.0)
    person.perceive("below", 1.0, cue_s)
    return cue_s


def test_reaction_takes_its_time(knee: Exercise) -> None:
    delays_s = []
    for seed in range(8):
        cued, alone = (SimulatedPerson(knee, "weak-quadriceps", seed) for _ in range(2))
        cue_s = _cued_at_the_top(cued)
        times_s = np.arange(cue_s, cue_s + 1.2, 0.005)
        further = alone.angle_at(times_s) - cued.angle_at(times_s)
        delays_s.append(times_s[np.argmax(further > np.deg2rad(0.05))] - cue_s)
        assert further[-1] > np.deg2rad(4)
    assert 0.3 < np.mean(delays_s) < 0.5  # reaction time, then the lag from muscle to movement
    assert np.std(delays_s) > 0.01
    assert min(delays_s) > 0.2


def test_muscle_answers_before_the_limb(knee: Exercise) -> None:
    cued, alone = (SimulatedPerson(knee, "weak-quadriceps", 1) for _ in range(2))
    cue_s = _cued_at_the_top(cued)
    times_s = np.arange(cue_s, cue_s + 1.0, 0.005)
    alone.samples("shank", 0.0, 2400, 100.0)
    limb = np.argmax(alone.angle_at(times_s) - cued.angle_at(times_s) > 0.001)
    muscle = np.argmax(
        np.abs(cued.drive_at("vastus_medialis", times_s) - alone.drive_at("vastus_medialis", times_s)) > 0.001
    )
    assert 0 < muscle < limb


def test_cues_on_the_way_out_and_at_rest_are_not_obeyed(knee: Exercise) -> None:
    person, alone = (SimulatedPerson(knee, "healthy", 1) for _ in range(2))
    person.perceive("below", 1.0, 0.0)
    person.samples("shank", 0.0, 1820, 100.0)
    person.perceive(None, 0.0, 18.2)
    times_s = np.arange(0.0, 22.0, 0.01)
    np.testing.assert_array_equal(person.angle_at(times_s), alone.angle_at(times_s))


def test_nobody_goes_further_than_they_can(knee: Exercise) -> None:
    peaks = _session(SimulatedPerson(knee, "weak-quadriceps", 2), 100, _band(-30, -20))
    assert min(peaks) > 2.0


def test_stop_ends_after_the_repetition_and_go_starts_again(knee: Exercise) -> None:
    person = SimulatedPerson(knee, going=False, reference_s=0.0)
    person.samples("shank", 0.0, 1500, 100.0)
    assert person.truth()["repetitions"] == []
    person.go(15.0)
    person.samples("shank", 15.0, 300, 100.0)
    person.stop(18.0)
    person.samples("shank", 18.0, 1200, 100.0)
    (only,) = person.truth()["repetitions"]
    assert 15.2 < only["start_s"] < 15.7
    person.go(30.0)
    person.samples("shank", 30.0, 700, 100.0)
    assert 30.2 < person.truth()["repetitions"][1]["start_s"] < 30.7


def test_contraction_on_the_spot_learns_too(biceps: Exercise) -> None:
    person = SimulatedPerson(biceps, "healthy", 3)
    for step in range(1200):
        now_s = step * _LOOK_S
        person.samples("biceps_brachii", now_s, 25, 500.0)
        level = float(person.goal_at(np.array([now_s]))[0])
        person.perceive("above" if level > 45 else "below" if level < 35 else "in", 0.5, now_s)
    aims = [repetition["aim"] for repetition in person.truth()["repetitions"]]
    assert aims[0] == pytest.approx(0.62)
    assert 0.33 < np.mean(aims[-4:]) < 0.5
