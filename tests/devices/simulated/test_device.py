import asyncio
import itertools
import time
from collections.abc import Callable, Sequence

import numpy as np
import pytest

from biofeedback.devices.base import DeviceStatus
from biofeedback.devices.simulated import ScriptClock, SimulatedDevice, SimulatedPerson, parse_fault, simulated_devices
from biofeedback.devices.simulated.faults import Fault
from biofeedback.exercises.model import Exercise
from biofeedback.stream import Chunk, Event, host_time_s


class _Record:
    """A sink that keeps everything."""

    def __init__(self) -> None:
        self.chunks: dict[str, list[Chunk]] = {}
        self.statuses: list[DeviceStatus] = []

    def chunk(self, chunk: Chunk) -> None:
        self.chunks.setdefault(chunk.stream, []).append(chunk)

    def status(self, status: DeviceStatus) -> None:
        self.statuses.append(status)

    def event(self, event: Event) -> None:
        raise AssertionError(f"a simulated sensor has no events: {event}")


def _run(
    devices: list[SimulatedDevice], script_s: float, enough: Callable[[_Record], bool] = lambda record: True
) -> _Record:
    """Run the devices until so much of the script has passed, and longer until what came is ``enough``."""
    record = _Record()

    async def session() -> None:
        for device in devices:
            await device.open()
        running = [asyncio.create_task(device.run(record)) for device in devices]
        while devices[0].clock.script_s() < script_s or not enough(record):
            await asyncio.sleep(0.01)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        for device in devices:
            await device.close()
            await device.close()

    asyncio.run(session())
    return record


def _motion(person: SimulatedPerson, speed: float, faults: Sequence[Fault] = ()) -> list[SimulatedDevice]:
    """Return the two motion sensors alone: muscles are too much for many times real time on a busy machine."""
    return simulated_devices(person, speed=speed, faults=faults)[:2]


def test_one_device_and_stream_for_each_placement(knee: Exercise) -> None:
    devices = simulated_devices(SimulatedPerson(knee))
    assert [device.name for device in devices] == ["thigh", "shank", "vastus_medialis", "biceps_femoris"]
    streams = [stream for device in devices for stream in device.streams]
    assert [stream.id for stream in streams] == [
        "thigh/imu",
        "shank/imu",
        "vastus_medialis/emg",
        "biceps_femoris/emg",
    ]
    assert [channel.name for channel in streams[0].channels] == ["acc_x", "acc_y", "acc_z", "gyr_x", "gyr_y", "gyr_z"]
    assert [stream.sampling_rate_hz for stream in streams] == [100.0, 100.0, 2000.0, 2000.0]
    assert [channel.quantity for channel in streams[2].channels] == ["emg"]


def test_real_time_streams_in_step_with_the_host_clock(knee: Exercise) -> None:
    before_s = host_time_s()
    record = _run(simulated_devices(SimulatedPerson(knee)), 0.8)
    after_s = host_time_s()
    assert set(record.chunks) == {"thigh/imu", "shank/imu", "vastus_medialis/emg", "biceps_femoris/emg"}
    for chunks in record.chunks.values():
        times_s = np.concatenate([chunk.times_s for chunk in chunks])
        assert np.all(np.diff(times_s) > 0)
        assert before_s <= times_s[0]
        assert times_s[-1] <= after_s
        assert all(chunk.arrived_s >= chunk.times_s[-1] for chunk in chunks)
        assert all(chunk.counts.dtype == np.int32 and chunk.data.dtype == np.float64 for chunk in chunks)


def test_faster_than_real_time_keeps_the_times_of_the_script(knee: Exercise) -> None:
    def nine(record: _Record) -> bool:
        chunks = record.chunks.get("shank/imu")
        return bool(chunks) and chunks[-1].times_s[-1] - chunks[0].times_s[0] > 9.0

    person = SimulatedPerson(knee, reference_s=0.0)
    record = _run(_motion(person, 40.0), 13.0, nine)
    chunks = record.chunks["shank/imu"]
    times_s = np.concatenate([chunk.times_s for chunk in chunks])
    assert np.diff(times_s).mean() == pytest.approx(0.01, rel=1e-3)
    assert times_s[0] == pytest.approx(person.start_s, abs=0.02)
    scale = simulated_devices(person)[1].streams[0].channels[0].scale
    at_rest = np.linalg.norm(chunks[5].data[0, :3])
    assert at_rest == pytest.approx(9.8, abs=0.2)
    np.testing.assert_allclose(chunks[5].counts * scale, chunks[5].data[:, :6] * [1, 1, 1, *_ratio(person)])
    truth = person.truth()
    assert truth["repetitions"][0]["start_s"] == pytest.approx(person.start_s + 8.0)


def _ratio(person: SimulatedPerson) -> list[float]:
    channels = simulated_devices(person)[1].streams[0].channels
    return [channels[0].scale / channel.scale for channel in channels[3:]]


def test_statuses_come_every_second_and_the_battery_falls(knee: Exercise) -> None:
    def five(record: _Record) -> bool:  # a busy machine is late with them
        return [status.state for status in record.statuses if status.device == "shank"].count("streaming") >= 5

    record = _run(_motion(SimulatedPerson(knee), 20.0), 8.0, five)
    mine = [status for status in record.statuses if status.device == "shank"]
    assert mine[0].state == "connecting"
    assert mine[-1].state == "closed"
    streaming = [status for status in mine if status.state == "streaming"]
    assert streaming[-1].battery_percent is not None
    assert mine[0].battery_percent is not None
    assert 50 < streaming[-1].battery_percent < mine[0].battery_percent <= 100
    rates_hz = [status.rate_hz for status in streaming[1:] if status.rate_hz is not None]
    assert np.median(rates_hz) == pytest.approx(100, rel=0.2)


def test_disconnected_device_comes_back_by_itself(knee: Exercise) -> None:
    def back(record: _Record) -> bool:
        last = [status.state for status in record.statuses if status.device == "shank"][-1]
        return last == "streaming" and any(chunk.lost_before for chunk in record.chunks["shank/imu"])

    faults = [parse_fault("disconnect:shank@2+6")]  # of which a busy machine sees some moment
    record = _run(_motion(SimulatedPerson(knee), 10.0, faults), 9.0, back)
    states = [status.state for status in record.statuses if status.device == "shank"]
    assert states.index("lost") < len(states) - 1 - states[::-1].index("streaming")
    assert sum(chunk.lost_before for chunk in record.chunks["shank/imu"]) == pytest.approx(600, abs=2)
    assert sum(chunk.lost_before for chunk in record.chunks["thigh/imu"]) == 0


def test_devices_of_one_person_share_one_script(knee: Exercise) -> None:
    person = SimulatedPerson(knee, seed=4)
    record = _run(_motion(person, 40.0), 13.0)
    shank = np.concatenate([chunk.data for chunk in record.chunks["shank/imu"]])
    alone = SimulatedPerson(knee, seed=4).samples("shank", 0.0, len(shank), 100.0)
    np.testing.assert_allclose(shank[:, :3], alone[:, :3], atol=0.3)  # their clocks differ


def test_load_adds_idle_sensors_up_to_the_reference(knee: Exercise) -> None:
    devices = simulated_devices(SimulatedPerson(knee), load=True)
    kinds = [device.streams[0].id.split("/")[1] for device in devices]
    assert kinds.count("emg") == 8
    assert kinds.count("imu") == 6
    assert len({device.name for device in devices}) == 14
    (chunk, *_) = devices[-1].chunks_until(1.0)
    assert chunk.data.shape[1] == 6
    assert np.linalg.norm(chunk.data[0, :3]) == pytest.approx(9.8, abs=0.2)


@pytest.mark.parametrize("speed", [0.0, -1.0, float("inf"), float("nan")])
def test_impossible_speeds_are_refused(knee: Exercise, speed: float) -> None:
    with pytest.raises(ValueError, match="the speed must be above 0"):
        ScriptClock(SimulatedPerson(knee), speed)


def test_time_stands_still_before_the_script_begins_and_between_two_ticks(knee: Exercise) -> None:
    clock = ScriptClock(SimulatedPerson(knee), 10.0)
    assert clock.script_s() == 0.0
    assert clock.session_s() == pytest.approx(host_time_s(), abs=1.0)
    clock.begin()
    time.sleep(0.02)
    assert clock.script_s() == 0.0
    asyncio.run(clock.tick())
    assert 0.2 <= clock.script_s() <= 2.0


def test_a_script_waits_for_a_machine_that_is_too_slow_for_its_speed(knee: Exercise) -> None:
    person = SimulatedPerson(knee)
    clock = ScriptClock(person, 1000.0)
    clock.begin()
    time.sleep(0.05)  # fifty seconds of the script
    asyncio.run(clock.tick())
    assert clock.script_s() == 2.0
    due_s = clock.age_s(person.start_s)
    assert due_s >= 0.05
    assert clock.age_s(person.start_s + 10.0) == pytest.approx(due_s - 0.01, abs=0.01)


def test_packets_that_waited_come_together_with_every_loss_and_double(knee: Exercise) -> None:
    faults = [parse_fault("dropout:shank@1+2=0.2"), parse_fault("duplicate:shank@2+2=0.2")]
    faults += [parse_fault("late:vastus_medialis@1+2=0.3"), parse_fault("disconnect:biceps_femoris@3+1.5")]
    faults += [parse_fault("rate:thigh@2+2=0.3"), parse_fault("rate:thigh@5+1=4")]
    singly = simulated_devices(SimulatedPerson(knee, seed=5), faults=faults)
    together = simulated_devices(SimulatedPerson(knee, seed=5), faults=faults)
    random = np.random.default_rng(1)
    moments_s = [*np.cumsum(random.uniform(0.0, 0.6, 20)), 8.0]
    for one, many in zip(singly, together, strict=True):
        packets = [chunk for now_s in np.arange(0.01, 8.001, 0.01) for chunk in one.chunks_until(now_s)]
        chunks = [chunk for now_s in moments_s for chunk in many.chunks_until(now_s, together=True)]
        assert len(chunks) < len(packets) / 2
        assert sum(c.lost_before for c in chunks) == sum(c.lost_before for c in packets)
        expected = np.concatenate([chunk.first_sample + np.arange(len(chunk)) for chunk in packets])
        index = np.concatenate([chunk.first_sample + np.arange(len(chunk)) for chunk in chunks])
        np.testing.assert_array_equal(index, expected)
        for field in ("counts", "data", "times_s"):
            np.testing.assert_array_equal(
                np.concatenate([getattr(chunk, field) for chunk in chunks]),
                np.concatenate([getattr(chunk, field) for chunk in packets]),
            )


def test_all_sensors_share_the_start(knee: Exercise) -> None:
    clock = ScriptClock(SimulatedPerson(knee))
    clock.begin()
    start_s = clock.session_s() - clock.script_s()
    clock.begin()
    assert clock.session_s() - clock.script_s() == pytest.approx(start_s, abs=1e-3)


def test_a_machine_that_is_too_busy_loses_samples_and_is_told_how_many(
    knee: Exercise, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("biofeedback.devices.simulated.device._BEHIND_S", 0.2)
    (thigh, *_) = _motion(SimulatedPerson(knee), 1.0)
    stalls = iter((0.5,))

    class Busy(_Record):
        def chunk(self, chunk: Chunk) -> None:
            super().chunk(chunk)
            time.sleep(next(stalls, 0.0))

    record = Busy()

    async def session() -> None:
        running = asyncio.create_task(thigh.run(record))
        while len(record.chunks.get("thigh/imu", ())) < 5:
            await asyncio.sleep(0.01)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    asyncio.run(session())
    chunks = record.chunks["thigh/imu"]
    assert sum(chunk.lost_before for chunk in chunks) >= 40  # of 100 a second
    assert thigh.passed_over >= sum(chunk.lost_before for chunk in chunks)  # the last ones nobody was told of yet
    assert thigh.passed_over < 100
    for before, chunk in itertools.pairwise(chunks):
        assert chunk.first_sample == before.first_sample + len(before) + chunk.lost_before
