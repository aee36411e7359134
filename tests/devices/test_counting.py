"""Is the rate right? It is doubted only beyond bursts, clocks that are a little off, and losses."""

from __future__ import annotations

import numpy as np
import pytest

from biofeedback.devices.counting import Tally
from biofeedback.stream import Channel, StreamInfo, host_time_s

RATE_HZ = 100.0
INFO = StreamInfo("x/imu", "x", (Channel("a", "acceleration", 1.0),), RATE_HZ)


def tallied(sends_hz, *, packet_s=0.05, lost=0.0, counts=True, seconds=40.0, seed=1):
    """Return the ratio told after each packet; every packet comes whole, and late by up to 50 ms."""
    tally, told, first = Tally(counts=counts), [], 0
    jitter_s = np.random.default_rng(seed).uniform(0.0, 0.05, round(seconds / packet_s))
    for number, late_s in enumerate(jitter_s, 1):
        sent = round(number * packet_s * sends_hz) - first
        came = round(sent * (1.0 - lost))
        times_s = np.arange(came) / RATE_HZ
        tally.add(INFO.chunk(np.zeros((came, 1)), times_s, first, sent - came, 1000.0 + number * packet_s + late_s))
        first += sent
        look = number % max(1, round(0.2 / packet_s)) == 0
        told.append(tally.rate_ratio(RATE_HZ) if look or not told else told[-1])
    return told


@pytest.mark.parametrize("counts", [True, False])
@pytest.mark.parametrize(("ratio", "packet_s"), [(10.0, 0.05), (2.0, 0.05), (1.1, 0.05), (1 / 3, 0.05), (0.5, 0.25)])
def test_another_rate_is_told(ratio, packet_s, counts):
    told = tallied(ratio * RATE_HZ, packet_s=packet_s, counts=counts)
    assert told[-1] == pytest.approx(ratio, rel=0.02)
    within_s = 7.0 if abs(ratio - 1.0) > 0.2 else 15.0
    assert told[round(within_s / packet_s)] is not None
    assert told[round(4.0 / packet_s)] is None  # too early to say


@pytest.mark.parametrize("counts", [True, False])
@pytest.mark.parametrize(("ratio", "packet_s"), [(1.0, 0.01), (1.0, 0.5), (1.04, 0.05), (0.96, 0.25), (0.98, 0.5)])
def test_a_clock_that_is_a_little_off_and_bursts_are_no_other_rate(ratio, packet_s, counts):
    assert set(tallied(ratio * RATE_HZ, packet_s=packet_s, counts=counts)) == {None}


def test_what_is_lost_on_the_way_was_sent():
    assert set(tallied(RATE_HZ, lost=0.6, counts=True)) == {None}
    assert set(tallied(RATE_HZ, lost=0.2, counts=False)) == {None}


def test_a_rate_that_is_put_right_is_believed_again():
    tally, now_s, first, told = Tally(), 0.0, 0, []
    for sends_hz in (1000.0, RATE_HZ):
        for _ in range(700):
            now_s += 0.05
            n = round(0.05 * sends_hz)
            tally.add(INFO.chunk(np.zeros((n, 1)), np.arange(n) / RATE_HZ, first, 0, now_s))
            first += n
            told.append(tally.rate_ratio(RATE_HZ))
    assert told[699] == pytest.approx(10.0, rel=0.05)
    assert told[-1] is None


@pytest.mark.parametrize("held_up_at_s", [0.3, 2.0, 5.2, 9.0])
@pytest.mark.parametrize("held_up_s", [0.7, 1.5, 3.0])
def test_a_program_that_is_held_up_makes_no_other_rate(held_up_at_s, held_up_s):
    tally, told = Tally(counts=True), []
    for number in range(1, 601):
        sent_s = 0.05 * number
        arrived_s = max(sent_s, held_up_at_s + held_up_s) if sent_s > held_up_at_s else sent_s
        tally.add(INFO.chunk(np.zeros((5, 1)), np.arange(5) / RATE_HZ, 5 * number, 0, arrived_s))
        told.append(tally.rate_ratio(RATE_HZ))
    assert set(told) == {None}


def test_after_a_pause_a_wrong_rate_is_wrong_until_it_is_seen_to_be_right():
    tally, first, now_s, told = Tally(counts=True), 0, host_time_s(), []
    for sends_hz in (1000.0, 1000.0, RATE_HZ):
        tally.start_again()
        now_s += 2.0
        for _ in range(20):
            now_s += 0.5
            tally.add(INFO.chunk(np.zeros((n := round(0.5 * sends_hz), 1)), np.arange(n) / RATE_HZ, first, 0, now_s))
            first += n
            told.append(tally.rate_ratio(RATE_HZ))
    assert told[0] is None
    assert None not in told[19:45]
    assert told[-1] is None
