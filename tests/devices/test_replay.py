from __future__ import annotations

import asyncio

import numpy as np
import pytest

from biofeedback.devices.replay import Replay
from biofeedback.stream import Channel, Event, StreamInfo, host_time_s

EMG = StreamInfo("arm/emg", "arm", (Channel("one", "emg", 1e-6),), 100, integer_counts=True)


def recording(n_chunks: int, began_s: float = 5000.0):
    for number in range(n_chunks):
        first = 10 * number
        times_s = began_s + (first + np.arange(10)) / 100
        yield EMG.chunk(
            np.arange(first, first + 10)[:, None], times_s, first, lost_before=2 * (number == 3), arrived_s=1
        )
        if number == 2:
            yield Event(float(times_s[-1]), "mark", {"text": "tap"})


@pytest.mark.parametrize(("speed", "takes_s"), [(2.0, 0.15), (None, 0.0)])
def test_recording_is_played_in_order_with_its_own_distances(sink, speed, takes_s):
    replay = Replay("arm", (EMG,), recording(4), speed)
    began_s = host_time_s()
    asyncio.run(replay.run(sink))
    assert host_time_s() - began_s >= takes_s
    times_s = np.concatenate([chunk.times_s for chunk in sink.chunks])
    np.testing.assert_allclose(np.diff(times_s), 0.01, atol=1e-9)
    assert began_s <= times_s[0] < began_s + 1.1  # moved by whole seconds, never into the past
    assert [chunk.first_sample for chunk in sink.chunks] == [0, 10, 20, 30]
    np.testing.assert_array_equal(np.concatenate([chunk.counts for chunk in sink.chunks])[:, 0], range(40))
    (mark,) = sink.events
    assert mark.values == {"text": "tap"}
    assert mark.time_s == pytest.approx(sink.chunks[2].times_s[-1])
    last = sink.statuses[-1][1]
    assert (last.state, last.received_samples, last.lost_samples) == ("closed", 40, 2)


def test_times_stay_to_the_last_bit_where_nothing_is_moved(sink):
    asyncio.run(Replay("arm", (EMG,), recording(3), None, shifted=False).run(sink))
    for played, recorded in zip(
        sink.chunks, (item for item in recording(3) if not isinstance(item, Event)), strict=True
    ):
        np.testing.assert_array_equal(played.times_s, recorded.times_s)


def test_no_chunk_comes_before_its_time(sink):
    asyncio.run(Replay("arm", (EMG,), recording(3), 1.0).run(sink))
    assert all(chunk.arrived_s >= chunk.times_s[-1] for chunk in sink.chunks)


def test_other_tasks_get_their_turn_when_it_is_as_fast_as_possible(sink):
    async def play() -> int:
        turns = 0

        async def count() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        counting = asyncio.create_task(count())
        await Replay("arm", (EMG,), recording(20_000), None).run(sink)
        counting.cancel()
        return turns

    assert asyncio.run(play()) > 10
    assert len(sink.chunks) == 20_000


def test_empty_recording_ends_at_once(sink):
    asyncio.run(Replay("arm", (EMG,), []).run(sink))
    assert [status.state for _, status in sink.statuses] == ["streaming", "closed"]


def test_speed_must_be_above_zero():
    with pytest.raises(ValueError, match="speed must be above 0"):
        Replay("arm", (EMG,), [], 0)
