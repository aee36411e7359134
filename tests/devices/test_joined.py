"""Acceleration and angular velocity from two streams: one motion stream that is on time, whatever the chunks."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from biofeedback.devices.base import DeviceStatus
from biofeedback.devices.joined import JoinedDevice, MotionJoin, joins_of
from biofeedback.devices.registry import find_device, load_profile, make_device, profiles
from biofeedback.exercises import model
from biofeedback.session.placing import candidates, place
from biofeedback.stream import Channel, Event, StreamInfo

ACC = StreamInfo("leg/acc", "leg", tuple(Channel(f"acc_{a}", "acceleration", 2.0, 0.0, -8, 8) for a in "xyz"), 52.0)
GYR = StreamInfo("leg/gyr", "leg", tuple(Channel(f"gyr_{a}", "angular_velocity", 0.5) for a in "xyz"), 52.0)
AXES = np.array([0.0, 1.0, 2.0])


def truth(times_s, which: str):
    return (np.sin if which == "acc" else np.cos)(2.0 * times_s[:, None] + AXES)


def samples(info: StreamInfo, which: str, begin_s: float, rate_hz: float, n: int, without=range(0)):
    index = np.array([i for i in range(n) if i not in without])
    times_s = 100.0 + begin_s + index / rate_hz
    return index, times_s, truth(times_s, which) / info.channels[0].scale


def chunks_of(info, which, begin_s, rate_hz, n, sizes, without=range(0)):
    index, times_s, counts = samples(info, which, begin_s, rate_hz, n, without)
    edges, at, turn = [0], 0, 0
    while at < len(index):
        at, turn = at + sizes[turn % len(sizes)], turn + 1
        edges.append(min(at, len(index)))
    return [
        info.chunk(counts[a:b], times_s[a:b], int(index[a]), 0, float(times_s[b - 1]) + 0.05)
        for a, b in itertools.pairwise(edges)
    ]


def joined(chunks):
    join = MotionJoin("leg/imu", ACC, GYR)
    made = [out for chunk in sorted(chunks, key=lambda one: one.arrived_s) for out in join.take(chunk)]
    return made, np.vstack([one.data for one in made]), np.concatenate([one.times_s for one in made])


def test_both_are_there_at_the_same_moments():
    made, data, times_s = joined(
        chunks_of(ACC, "acc", 0.0, 51.0, 500, [11]) + chunks_of(GYR, "gyr", 0.0137, 52.9, 500, [7, 19])
    )
    np.testing.assert_allclose(data, np.hstack([truth(times_s, "acc"), truth(times_s, "gyr")]), atol=3e-4)
    np.testing.assert_allclose(np.diff(times_s), 1 / 52)
    assert made[0].first_sample == 0
    assert sum(one.lost_before for one in made) == 0
    assert len(times_s) > 480
    channels = MotionJoin("leg/imu", ACC, GYR).info.channels
    assert [one.name for one in channels] == ["acc_x", "acc_y", "acc_z", "gyr_x", "gyr_y", "gyr_z"]
    assert (channels[0].lowest_count, channels[0].highest_count) == (-16, 16)


def test_a_hole_in_either_is_a_loss_and_nothing_is_made_up():
    made, data, times_s = joined(
        chunks_of(ACC, "acc", 0.0, 52.0, 500, [10], range(200, 260)) + chunks_of(GYR, "gyr", 0.005, 52.0, 500, [10])
    )
    (gap,) = [one for one in made if one.lost_before]
    assert gap.lost_before == pytest.approx(60, abs=2)
    np.testing.assert_allclose(data, np.hstack([truth(times_s, "acc"), truth(times_s, "gyr")]), atol=3e-4)
    assert gap.first_sample == round((gap.times_s[0] - made[0].times_s[0]) * 52)


def test_what_comes_out_waits_for_the_slower_and_for_nothing_else():
    """Causal: a moment is out once both have a sample behind it."""
    acc, gyr = chunks_of(ACC, "acc", 0.0, 52.0, 200, [1]), chunks_of(GYR, "gyr", 0.003, 52.0, 200, [1])
    join = MotionJoin("leg/imu", ACC, GYR)
    newest = {"leg/acc": 0.0, "leg/gyr": 0.0}
    for chunk in sorted(acc + gyr, key=lambda one: one.arrived_s)[10:]:
        newest[chunk.stream] = float(chunk.times_s[-1])
        for out in join.take(chunk):
            assert out.times_s[-1] <= min(newest.values())
            assert out.times_s[-1] > min(newest.values()) - 1.01 / 52
            assert out.arrived_s == chunk.arrived_s


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(1, 40), min_size=1, max_size=5), st.lists(st.integers(1, 40), min_size=1, max_size=5))
def test_any_chunking_gives_the_same_samples(acc_sizes, gyr_sizes):
    def both(first, second):
        return joined(
            chunks_of(ACC, "acc", 0.0, 51.3, 160, first, range(60, 66)) + chunks_of(GYR, "gyr", 0.01, 52.0, 160, second)
        )

    _, data, times_s = both(acc_sizes, gyr_sizes)
    _, whole, whole_s = both([160], [160])
    np.testing.assert_array_equal(times_s, whole_s)
    np.testing.assert_allclose(data, whole, atol=1e-12)


class Apart:
    """A device that sends both apart; what it is known to have is known from the start."""

    name, streams = "leg", (ACC, GYR)

    async def open(self) -> None: ...

    async def close(self) -> None: ...

    async def run(self, sink) -> None:
        for chunk in chunks_of(ACC, "acc", 0.0, 52.0, 60, [6]) + chunks_of(GYR, "gyr", 0.0, 52.0, 60, [6]):
            sink.chunk(chunk)
        sink.status(DeviceStatus("leg", "streaming"))
        sink.event(Event(1.0, "button"))


def test_device_has_the_joined_stream_beside_its_own(sink):
    device = JoinedDevice(Apart())

    async def check() -> None:
        await device.open()
        await device.run(sink)
        await device.close()

    asyncio.run(check())
    assert [info.id for info in device.streams] == ["leg/acc", "leg/gyr", "leg/imu"]
    assert {chunk.stream for chunk in sink.chunks} == {"leg/acc", "leg/gyr", "leg/imu"}
    assert len(sink.statuses) == len(sink.events) == 1
    assert [source.stream.id for source in candidates("imu", device.streams)] == ["leg/imu"]


def test_a_verity_sense_is_a_motion_sensor_for_an_exercise():
    device = make_device(load_profile("polar-verity-sense"), "A0:9E:1A:00:00:01", "wrist")
    exercise = model.find("shoulder-flexion")
    placements = [one for one in exercise.placements if one.kind == "imu"]
    sources = place(replace(exercise, placements=tuple(placements)), device.streams)
    assert {source.stream.id for source in sources.values()} == {"wrist/imu"}


def test_only_devices_that_send_them_apart_are_joined():
    assert [name for name, profile in profiles().items() if list(joins_of("x", profile.stream_infos("x")))] == [
        "polar-verity-sense"
    ]
    assert not list(joins_of("x", (ACC,)))
    assert isinstance(find_device("", "lsl:anything"), JoinedDevice)
