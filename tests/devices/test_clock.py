"""Device time on the host clock: rates that are wrong, bytes that come in bursts, gaps, damage and breaks."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from biofeedback.devices.clock import Timeline

SWITCHED_ON_S = 1000.0


@dataclass
class Played:
    """When samples were really taken, and the times a timeline gave them."""

    taken_s: NDArray[np.float64]
    given_s: NDArray[np.float64]
    timeline: Timeline

    def time_of(self, moment_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """Tell when something that happened at a moment shows in this stream."""
        return np.interp(moment_s, self.taken_s, self.given_s)


def arrivals(taken_s: NDArray[np.float64], burst_s: float, seed: int) -> NDArray[np.float64]:
    """Let samples wait for up to twice ``burst_s``, come together, and be a little late besides."""
    random = np.random.default_rng(seed)
    arrived_s = taken_s + random.exponential(0.002, len(taken_s))
    if burst_s:
        n_bursts = int((taken_s[-1] - taken_s[0]) / burst_s * 1.3) + 20
        flushes_s = taken_s[0] + np.cumsum(random.uniform(0.2, 1.8, n_bursts) * burst_s)
        arrived_s = np.maximum(arrived_s, flushes_s[np.searchsorted(flushes_s, arrived_s)])
    return np.maximum.accumulate(arrived_s)


def play(
    nominal_hz: float,
    true_hz: float,
    *,
    seconds: float,
    burst_s: float,
    seed: int = 0,
    device_time: bool = False,
    modulus: int | None = 256,
) -> Played:
    taken_s = SWITCHED_ON_S + np.arange(int(seconds * true_hz)) / true_hz
    arrived_s = arrivals(taken_s, burst_s, seed)
    device_s = np.arange(len(taken_s)) / nominal_hz + 77.0
    timeline = Timeline(nominal_hz, None if device_time else modulus)
    edges = [0, *(np.flatnonzero(np.diff(arrived_s)) + 1).tolist(), len(taken_s)]
    given_s = [
        timeline.place(
            np.arange(begin, end), device_s[begin:end] if device_time else None, arrived_s[begin:end]
        ).times_s
        for begin, end in itertools.pairwise(edges)
    ]
    return Played(taken_s, np.concatenate(given_s), timeline)


@pytest.mark.parametrize("numbered", [True, False])
def test_two_sensors_agree_on_a_tap_for_an_hour(numbered):
    """An hour, accelerated: 200 ppm fast and slow, jitter and bursts; by counter or device time, and by nothing."""
    modulus = 256 if numbered else None
    muscle = play(250, 250 * (1 + 200e-6), seconds=3600, burst_s=0.2, seed=1, modulus=modulus, device_time=not numbered)
    limb = play(100, 100 * (1 - 200e-6), seconds=3600, burst_s=0.25, seed=2, modulus=modulus)
    taps_s = SWITCHED_ON_S + np.arange(5, 3590, 0.37)
    assert np.abs(muscle.time_of(taps_s) - limb.time_of(taps_s)).max() < 0.010
    assert muscle.timeline.skew == pytest.approx(-200e-6, abs=20e-6)
    assert limb.timeline.skew == pytest.approx(200e-6, abs=20e-6)


@pytest.mark.parametrize("true_hz", [98.0, 102.0])
@pytest.mark.parametrize("device_time", [False, True])
def test_rate_that_is_wrong_by_two_percent(true_hz, device_time):
    wrong = play(100, true_hz, seconds=60, burst_s=0.1, device_time=device_time)
    right = play(250, 250, seconds=60, burst_s=0.05, seed=3)
    taps_s = SWITCHED_ON_S + np.arange(5, 59, 0.37)
    assert np.abs(wrong.time_of(taps_s) - right.time_of(taps_s)).max() < 0.010
    early_s = SWITCHED_ON_S + np.arange(0.5, 5, 0.1)
    assert np.abs(wrong.time_of(early_s) - early_s).max() < 0.040


@pytest.mark.parametrize("burst_s", [0.0, 0.02, 0.25])
def test_times_increase_and_are_steady(burst_s):
    played = play(100, 100.02, seconds=60, burst_s=burst_s)
    steps_s = np.diff(played.given_s)
    assert steps_s.min() > 0
    settled = played.taken_s[1:] > SWITCHED_ON_S + 5
    assert np.abs(steps_s[settled] - 0.01).max() < 0.0011  # steered by a tenth at most, whatever the arrivals do


def feed_steadily(timeline: Timeline, ticks: NDArray[np.int64], arrived_s: NDArray[np.float64]) -> list[int]:
    placed = [
        timeline.place(np.array([tick]), None, np.array([time_s]))
        for tick, time_s in zip(ticks, arrived_s, strict=True)
    ]
    assert (np.diff(np.concatenate([one.times_s for one in placed])) > 0).all()
    return [int(one.ticks[0]) for one in placed]


def test_lost_frames_advance_the_index():
    ticks = np.array([*range(500), *range(540, 800)])
    assert feed_steadily(Timeline(250, 256), ticks, ticks / 250 + 5) == ticks.tolist()


def test_damaged_counter_is_not_believed():
    true = np.arange(3000)
    counted = true.copy()
    counted[2000] += 64  # one bit; the next frame then seems to be 192 frames further on
    counted[2001:] += 256
    assert feed_steadily(Timeline(250, 256), counted, true / 250 + 5) == true.tolist()


def test_damaged_device_time_is_not_believed():
    """A high bit of the time of one frame; behind it the decoder goes on from there, by one period."""
    timeline = Timeline(100)
    ticks = np.arange(1500)
    counted = ticks + 1678 * (ticks >= 800)
    arrived_s = ticks / 100 + 5
    placed = [
        timeline.place(counted[at : at + 1], counted[at : at + 1] / 100 + 77.0, arrived_s[at : at + 1]) for at in ticks
    ]
    assert [int(one.ticks[0]) for one in placed] == ticks.tolist()
    np.testing.assert_allclose([one.times_s[0] for one in placed], arrived_s, atol=0.001)


def test_gap_longer_than_the_counter_is_told_by_the_clock():
    true = np.array([*range(2000), *range(2700, 4000)])
    counted = true.copy()
    counted[2000:] -= 512  # 700 lost frames look like 188
    assert feed_steadily(Timeline(250, 256), counted, true / 250 + 5) == true.tolist()


def test_gap_without_a_counter_is_told_by_the_clock():
    true = np.array([*range(1000), *range(1060, 2000)])
    found = feed_steadily(Timeline(100), np.arange(len(true)), true / 100 + 5)
    assert np.abs(np.array(found) - true).max() <= 1


def test_stall_of_the_computer_is_no_gap():
    ticks = np.arange(1000)
    arrived_s = ticks / 250 + 5
    arrived_s[(arrived_s > 7) & (arrived_s < 7.9)] = 7.9
    timeline = Timeline(250, 256)
    edges = [0, *(np.flatnonzero(np.diff(arrived_s)) + 1).tolist(), len(ticks)]
    placed = [timeline.place(ticks[a:b], None, arrived_s[a:b]) for a, b in itertools.pairwise(edges)]
    given_s = np.concatenate([one.times_s for one in placed])
    np.testing.assert_array_equal(np.concatenate([one.ticks for one in placed]), ticks)
    assert np.abs(given_s - ticks / 250 - 5).max() < 0.002


@pytest.mark.parametrize("device_time", [False, True])
def test_break_goes_on_without_going_back(device_time):
    timeline = Timeline(100, 256)
    ticks = np.arange(500)

    def send(began_s: float) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        device_s = ticks / 100 if device_time else None
        placed = [
            timeline.place(
                ticks[at : at + 1], None if device_s is None else device_s[at : at + 1], np.array([began_s + at / 100])
            )
            for at in range(len(ticks))
        ]
        return np.concatenate([one.ticks for one in placed]), np.concatenate([one.times_s for one in placed])

    before, before_s = send(10.0)
    timeline.break_off()
    after, after_s = send(18.0)  # three seconds later, counting from 0 again
    assert after[0] - before[-1] == pytest.approx(301, abs=1)
    assert after_s[0] - before_s[-1] == pytest.approx(3.01, abs=0.01)
    assert (np.diff(after_s) > 0).all()
    np.testing.assert_allclose(after_s, 18 + ticks / 100, atol=0.01)


def test_break_shorter_than_the_lateness_still_goes_forward():
    timeline = Timeline(100, 256)
    first = timeline.place(np.arange(50), None, np.full(50, 3.0))
    timeline.break_off()
    second = timeline.place(np.arange(50), None, np.full(50, 3.0))
    assert second.ticks[0] == first.ticks[-1] + 1
    assert second.times_s[0] > first.times_s[-1]


@pytest.mark.parametrize("seed", [6, 7, 27, 34, *range(100, 106)])
def test_gaps_in_the_numbers_and_in_the_times_agree_after_drops_in_quick_succession(seed):
    random = np.random.default_rng(seed)
    timeline = Timeline(200, 65536)
    began_s = 10.0
    before: tuple[int, float] | None = None
    for _ in range(6):  # each link lives for a tenth of a second, too short to tell the skew from jitter
        arrived_s = arrivals(began_s + np.arange(25) / 200, 0.01, int(random.integers(1 << 30)))
        for number, time_s in enumerate(arrived_s):
            placed = timeline.place(np.array([number]), None, np.array([time_s]))
            if number == 0 and before is not None:
                lost = int(placed.ticks[0]) - before[0] - 1
                missing_s = float(placed.times_s[0]) - before[1]
                assert lost == pytest.approx(missing_s * 200, abs=1.5)
            before = int(placed.ticks[0]), float(placed.times_s[0])
        timeline.break_off()
        began_s += 0.125 + random.uniform(0.3, 0.6)
