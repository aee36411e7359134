from __future__ import annotations

import random
from collections.abc import Sequence

import pytest

from biofeedback.outputs.arbiter import WINDOW_S, Arbiter, Decision, Request, Silence
from biofeedback.outputs.tones import CUES, Cue

BLOCK_S = 256 / 48_000

Step = tuple[float, Cue]


def run(script: Sequence[Step], seconds: float = 4.0, arbiter: Arbiter | None = None) -> list[Decision]:
    arbiter = Arbiter() if arbiter is None else arbiter
    waiting, decisions = list(script), []
    for block in range(round(seconds / BLOCK_S)):
        from_s = block * BLOCK_S
        while waiting and waiting[0][0] <= from_s:
            arbiter.offer(Request(waiting.pop(0)[1]))
        decisions += arbiter.decide(from_s, from_s + BLOCK_S)
    return decisions


def heard(decisions: Sequence[Decision]) -> list[tuple[Cue, float]]:
    """What a listener would name: withdrawn sounds were cut off before they were one."""
    withdrawn = [(one.request.number, one.at_s) for one in decisions if one.fate == "withdrawn"]
    return [
        (one.request.cue, round(one.at_s, 2))
        for one in decisions
        if one.fate == "sounded"
        and not any(number == one.request.number and 0 <= at_s - one.at_s <= 0.061 for number, at_s in withdrawn)
    ]


TOGETHER: list[tuple[list[Step], list[tuple[Cue, float]]]] = [
    ([(0, "chime"), (0, "tick")], [("chime", 0)]),
    ([(0, "chime"), (0.05, "tick")], [("chime", 0)]),
    ([(0, "tick"), (0.05, "chime")], [("chime", 0.05)]),
    ([(0, "tick"), (0.08, "chime")], [("tick", 0), ("chime", 0.08)]),
    ([(0, "chime"), (0, "phase_up")], [("phase_up", 0), ("chime", 0.2)]),
    ([(0, "phase_up"), (0.05, "chime")], [("phase_up", 0), ("chime", 0.2)]),
    ([(0, "chime"), (0.04, "phase_up")], [("phase_up", 0.04), ("chime", 0.24)]),
    ([(0, "counted"), (0, "phase_down")], [("phase_down", 0), ("counted", 0.2)]),
    ([(0, "phase_up"), (0, "tick")], [("phase_up", 0)]),
    ([(0, "tick"), (0.04, "phase_up")], [("phase_up", 0.04)]),
    ([(0, "limit"), (0, "chime")], [("limit", 0)]),
    ([(0, "tick"), (0, "limit")], [("limit", 0)]),
    ([(0, "go"), (0.05, "limit")], [("limit", 0.05)]),
    ([(0, "limit"), (0.05, "phase_up")], [("limit", 0)]),
    ([(0, "limit"), (0.1, "chime")], [("limit", 0), ("chime", 0.3)]),
    ([(0, "count_in"), (0, "tick"), (0, "phase_up")], [("count_in", 0)]),
    ([(0, "chime"), (0, "set_done")], [("chime", 0), ("set_done", 0.59)]),
    (
        [(0, "phase_down"), (0, "chime"), (0, "set_done")],
        [("phase_down", 0), ("chime", 0.2), ("set_done", 0.79)],
    ),
    ([(0, "tick"), (0.2, "tick"), (0.26, "tick")], [("tick", 0), ("tick", 0.26)]),
    ([(0, "phase_up"), (0.2, "phase_hold")], [("phase_up", 0), ("phase_hold", 0.2)]),
    ([(0, "limit"), (1.4, "limit"), (1.6, "limit")], [("limit", 0), ("limit", 1.6)]),
]


@pytest.mark.parametrize(("script", "expected"), TOGETHER, ids=lambda value: " ".join(str(one[0:2]) for one in value))
def test_what_sounds_together(script: list[Step], expected: list[tuple[Cue, float]]) -> None:
    result = heard(run(script))
    assert [cue for cue, _ in result] == [cue for cue, _ in expected]
    assert [at_s for _, at_s in result] == pytest.approx([at_s for _, at_s in expected], abs=0.011)


def test_a_put_off_sound_starts_to_the_sample() -> None:
    decisions = run([(0, "phase_up"), (0, "chime")])
    assert [one.at_s for one in decisions] == [0.0, 0.2]


def test_limit_falls_silent_after_three_until_the_next_repetition() -> None:
    arbiter = Arbiter()
    script: list[Step] = [(at_s, "limit") for at_s in (0, 2, 4, 6, 8)]
    assert [at_s for _, at_s in heard(run(script, 9, arbiter))] == pytest.approx([0, 2, 4], abs=0.01)
    arbiter.next_repetition()
    arbiter.offer(Request("limit"))
    assert [one.fate for one in arbiter.decide(9.0, 9.1)] == ["sounded"]


def test_limits_far_apart_go_on() -> None:
    script: list[Step] = [(at_s, "limit") for at_s in (0, 6, 12, 18)]
    assert len(heard(run(script, 20))) == 4


def test_speech_holds_outcomes_back_and_then_drops_them() -> None:
    arbiter = Arbiter()
    arbiter.speaking = True
    assert [(one.fate, one.reason) for one in run([(0, "chime")], 2, arbiter)] == [("dropped", "waited too long")]
    arbiter = Arbiter()
    arbiter.speaking = True
    assert run([(0, "chime")], 0.3, arbiter) == []
    arbiter.speaking = False
    assert [one.fate for one in arbiter.decide(0.3, 0.4)] == ["sounded"]


def test_never_more_than_five_events_in_two_seconds() -> None:
    generator = random.Random(7)
    may_crowd: list[Cue] = [cue for cue in CUES if cue not in ("limit", "count_in", "go", "rest_over", "probe_end")]
    script = sorted((generator.uniform(0, 55), generator.choice(may_crowd)) for _ in range(600))
    starts_s = [at_s for _, at_s in heard(run(script, 60))]
    assert len(starts_s) > 60
    assert all(later - earlier >= WINDOW_S - 0.011 for earlier, later in zip(starts_s, starts_s[5:], strict=False))


def test_a_metronome_of_150_a_minute_loses_no_beat() -> None:
    script: list[Step] = [(0.41 * index, "tick") for index in range(20)]
    assert len(heard(run(script, 9))) == 20


def test_crowded_ticks_leave_room_for_the_chime() -> None:
    script: list[Step] = [(0.3 * index, "tick") for index in range(12)]
    result = dict(heard(run(sorted([*script, (1.52, "chime")]))))
    assert 1.52 <= result["chime"] <= 2.12


SILENT: list[tuple[Silence, set[Cue]]] = [
    ("rest", {"rest_over", "count_in", "go"}),
    ("paused", set()),
    ("estimate", set()),
    ("sensor", set()),
    ("summary", set()),
    ("closed", set()),
    ("probe", {"count_in", "go", "probe_end"}),
    ("faded", {"count_in", "go", "probe_end", "counted"}),
]


@pytest.mark.parametrize(("state", "expected"), SILENT)
def test_what_a_silent_state_lets_through(state: Silence, expected: set[Cue]) -> None:
    let_through: set[Cue] = set()
    for cue in CUES:
        arbiter = Arbiter()
        arbiter.state = state
        let_through |= {heard_cue for heard_cue, _ in heard(run([(0, cue)], 1, arbiter))}
    assert let_through == expected


def test_no_cue_in_a_probe_between_count_in_and_end() -> None:
    generator = random.Random(3)
    arbiter = Arbiter()
    arbiter.state = "probe"
    middle = [(generator.uniform(3.1, 9), cue) for cue in CUES if cue not in ("count_in", "go", "probe_end")] * 5
    before: list[Step] = [(0, "count_in"), (1, "count_in"), (2, "count_in"), (3, "go")]
    result = heard(run([*before, *sorted(middle), (9.5, "probe_end")], 11, arbiter))
    assert [cue for cue, _ in result] == ["count_in", "count_in", "count_in", "go", "probe_end"]


def test_a_chime_put_off_does_not_ring_into_a_probe() -> None:
    arbiter = Arbiter()
    run([(0, "phase_down"), (0, "chime")], 0.1, arbiter)
    arbiter.state = "probe"
    assert [(one.fate, one.reason) for one in arbiter.decide(0.1, 1.0)] == [("dropped", "silent: probe")]


def test_the_end_of_a_set_rings_into_the_rest() -> None:
    arbiter = Arbiter()
    for cue in ("chime", "set_done"):
        arbiter.offer(Request(cue))
    arbiter.state = "rest"
    arbiter.offer(Request("chime"))
    assert [cue for cue, _ in heard(run([], 2, arbiter))] == ["chime", "set_done"]


def test_a_safety_limit_sounds_in_a_probe_but_not_in_a_pause() -> None:
    for state, fate in (("probe", "sounded"), ("paused", "dropped")):
        arbiter = Arbiter()
        arbiter.state = state
        arbiter.offer(Request("limit", safety=True))
        assert [one.fate for one in arbiter.decide(0.0, 0.1)] == [fate]


def test_a_family_switched_off_spares_the_safety_limit() -> None:
    arbiter = Arbiter()
    arbiter.off = frozenset({"limit", "chime"})
    for request in (Request("chime"), Request("limit", safety=True)):
        arbiter.offer(request)
    assert heard(arbiter.decide(0.0, 0.1)) == [("limit", 0.0)]
