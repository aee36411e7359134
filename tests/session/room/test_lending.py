"""What a session gets of a sensor that was streaming before: counted from its start, named by where it sits."""

import asyncio

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from biofeedback.devices.base import DeviceStatus
from biofeedback.exercises.model import find
from biofeedback.session.placing import place
from biofeedback.session.room.lending import Lent
from biofeedback.stream import Channel, Chunk, StreamInfo

IMU = tuple(
    Channel(f"{q}_{a}", kind) for q, kind in (("acc", "acceleration"), ("gyr", "angular_velocity")) for a in "xyz"
)
EMG = tuple(Channel(f"ch{n}", "emg") for n in range(4))


class Standing:
    """A connected sensor that only hands over."""

    def __init__(self, *streams):
        self.device = type("Device", (), {"name": "box", "streams": streams})()
        self.last = DeviceStatus("box", "streaming", received_samples=1000, lost_samples=7, reconnects=1)
        self.borrower = None

    def lend(self, borrower):
        self.borrower = borrower


class Sink:
    def __init__(self):
        self.chunks, self.statuses = [], []

    def chunk(self, chunk):
        self.chunks.append(chunk)

    def status(self, status):
        self.statuses.append(status)


def chunk(stream, first, n, lost=0):
    return Chunk(stream, np.zeros((n, 4)), np.zeros((n, 4)), np.arange(n) / 100.0, first, lost, 0.0)


async def lent_while(standing, lent, sink, work):
    running = asyncio.create_task(lent.run(sink))
    await asyncio.sleep(0)
    work()
    running.cancel()
    await asyncio.wait([running])


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.lists(st.tuples(st.integers(1, 30), st.integers(0, 5)), min_size=1, max_size=10))
def test_samples_are_counted_from_the_start_and_losses_stay(base, pieces):
    standing = Standing(StreamInfo("box/emg", "box", EMG, 1000.0))
    lent, sink = Lent(standing, {("box/emg", 0): "biceps"}), Sink()

    def work():
        first = base
        for n, lost in pieces:
            first += lost
            lent.chunk(chunk("box/emg", first, n, lost))
            first += n

    asyncio.run(lent_while(standing, lent, sink, work))
    assert {one.stream for one in sink.chunks} == {"biceps/emg"}
    assert (sink.chunks[0].first_sample, sink.chunks[0].lost_before) == (0, 0)
    end = 0
    for one in sink.chunks:
        assert one.first_sample == end + one.lost_before
        end = one.first_sample + len(one)
    assert sum(one.lost_before for one in sink.chunks) == sum(lost for _, lost in pieces[1:])
    assert standing.borrower is None


def test_what_was_lost_before_is_not_the_sessions():
    standing = Standing(StreamInfo("box/emg", "box", EMG, 1000.0))
    lent, sink = Lent(standing, {}), Sink()
    after = DeviceStatus("box", "streaming", received_samples=1500, lost_samples=9, reconnects=1)
    asyncio.run(lent_while(standing, lent, sink, lambda: lent.status(after)))
    (status,) = sink.statuses
    assert (status.received_samples, status.lost_samples, status.reconnects) == (500, 2, 0)


def test_a_packet_sent_again_from_before_is_left_out():
    standing = Standing(StreamInfo("box/emg", "box", EMG, 1000.0))
    lent, sink = Lent(standing, {}), Sink()

    def work():
        for first in (50, 40, 60):
            lent.chunk(chunk("box/emg", first, 10))

    asyncio.run(lent_while(standing, lent, sink, work))
    assert [one.first_sample for one in sink.chunks] == [0, 10]


def test_names_lead_back_to_the_places_without_any_list():
    knee = find("knee-extension-seated")
    both = Standing(StreamInfo("box/imu", "box", IMU, 100.0), StreamInfo("box/emg", "box", EMG, 1000.0))
    other = Standing(StreamInfo("band/imu", "band", IMU, 100.0))
    first = Lent(both, {("box/imu", 0): "shank", ("box/emg", 2): "biceps_femoris", ("box/emg", 0): "vastus_medialis"})
    second = Lent(other, {("band/imu", 0): "thigh"})
    sources = place(knee, [*first.streams, *second.streams])
    assert {name: (one.stream.id, one.columns[0]) for name, one in sources.items()} == {
        "thigh": ("thigh/imu", 0),
        "shank": ("shank/imu", 0),
        "vastus_medialis": ("box/emg", 0),
        "biceps_femoris": ("box/emg", 2),
    }
    assert first.wanted("box/emg", 2) == ("box/emg", 2)


def test_axes_keep_their_names_where_one_stream_has_several_motion_sensors():
    two = Standing(StreamInfo("base/imu", "base", IMU + IMU, 100.0))
    lent = Lent(two, {("base/imu", 0): "thigh", ("base/imu", 6): "shank"})
    assert [channel.name for channel in lent.streams[0].channels] == [channel.name for channel in IMU + IMU]
