"""Profile, decoder, clock and the real serial transport against a virtual device on a pseudo-terminal."""

from __future__ import annotations

import asyncio
import contextlib
import re
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from biofeedback.devices import profiled
from biofeedback.devices.base import DeviceError
from biofeedback.devices.links import Dialogue, Step
from biofeedback.devices.profiled import ProfiledDevice
from biofeedback.devices.profiles import Profile
from biofeedback.devices.registry import load_profile, make_device
from biofeedback.devices.virtual import VirtualDevice
from biofeedback.stream import host_time_s

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals need Linux or macOS")


def movement(profile: Profile):
    """Sines of half the range of 16 bits on every channel, each with its own phase."""

    def source(from_s: float, n_ticks: int):
        samples = {}
        for stream in profile.configured().streams:
            times_s = from_s + np.arange(n_ticks) / (stream.rate_hz * stream.every)
            scale = np.array([channel.channel().scale for channel in stream.channels])
            phase = np.arange(len(scale))
            samples[stream.id] = 15_000 * scale * np.sin(6 * times_s[:, None] + phase + 0.3)
        return samples

    return source


async def until(condition: Callable[[], object], within_s: float = 8.0) -> None:
    async with asyncio.timeout(within_s):
        while not condition():
            await asyncio.sleep(0.01)


@contextlib.asynccontextmanager
async def running(device: ProfiledDevice, sink):
    task = asyncio.create_task(device.run(sink))
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        await device.close()


def assert_continuous(chunks) -> None:
    """Indices and times go on from chunk to chunk, lost samples counted."""
    expected = 0
    for chunk in chunks:
        assert chunk.first_sample == expected + chunk.lost_before
        expected = chunk.first_sample + len(chunk)
    assert (np.diff(np.concatenate([chunk.times_s for chunk in chunks])) > 0).all()


@pytest.mark.parametrize("profile_id", ["openbci-cyton", "witmotion-wt901"])
def test_unplugged_device_is_lost_within_a_second_and_comes_back(profile_id, sink, tmp_path):
    profile = load_profile(profile_id)
    moments_s: dict[str, float] = {}

    async def check(virtual: VirtualDevice) -> None:
        device = make_device(profile, virtual.port, "limb")
        await device.open()
        async with running(device, sink):
            await until(lambda: len(sink.chunks) > 30)
            moments_s["unplugged"] = host_time_s()
            virtual.unplug()
            await until(lambda: any(status.state == "lost" for _, status in sink.statuses))
            n_before = len(sink.chunks)
            await asyncio.sleep(0.3)
            virtual.plug()
            await until(lambda: len(sink.chunks) > n_before + 30)
            await until(lambda: sink.statuses[-1][1].rate_hz)

    with VirtualDevice(profile, movement(profile), link=tmp_path / "port") as virtual:
        asyncio.run(check(virtual))
    lost_s = next(time_s for time_s, status in sink.statuses if status.state == "lost")
    assert lost_s - moments_s["unplugged"] < 1.0
    assert sink.statuses[-1][1].state == "streaming"
    assert sink.statuses[-1][1].reconnects == 1
    for stream in profile.configured().streams:
        chunks = sink.of(f"limb/{stream.id}")
        assert_continuous(chunks)
        (gap,) = [chunk for chunk in chunks if chunk.lost_before]
        before = chunks[chunks.index(gap) - 1]
        missing_s = gap.times_s[0] - before.times_s[-1]
        assert missing_s > 0.3
        assert gap.lost_before / stream.rate_hz == pytest.approx(missing_s, abs=1.5 / stream.rate_hz)


def test_silent_device_is_lost_within_a_second(sink, tmp_path):
    profile = load_profile("openbci-cyton")

    async def check(virtual: VirtualDevice) -> None:
        device = make_device(profile, virtual.port)
        await device.open()
        async with running(device, sink):
            await until(lambda: sink.chunks)
            virtual.faults.dropped = 1.0
            silent_s = host_time_s()
            await until(lambda: sink.statuses[-1][1].state == "lost")
            assert sink.statuses[-1][0] - silent_s < 1.1
            virtual.faults.dropped = 0.0
            n_before = len(sink.chunks)
            await until(lambda: len(sink.chunks) > n_before)
        assert sink.of("openbci-cyton/exg")[-1].first_sample > 200

    with VirtualDevice(profile, movement(profile)) as virtual:
        asyncio.run(check(virtual))


def test_program_that_is_held_up_loses_nothing(sink):
    profile = load_profile("openbci-cyton")

    async def check(virtual: VirtualDevice) -> None:
        device = make_device(profile, virtual.port, "arm")
        await device.open()
        async with running(device, sink):
            await asyncio.sleep(0.3)
            time.sleep(1.2)  # the loop's own thread: nothing is handed over, the reading thread goes on
            await asyncio.sleep(0.3)

    with VirtualDevice(profile, movement(profile)) as virtual:
        asyncio.run(check(virtual))
    chunks = sink.of("arm/exg")
    assert_continuous(chunks)
    assert sum(chunk.lost_before for chunk in chunks) == 0
    assert chunks[-1].first_sample > 350
    assert "lost" not in {status.state for _, status in sink.statuses}
    steps_s = np.diff(np.concatenate([chunk.times_s for chunk in chunks]))
    assert steps_s.max() < 0.01


def test_status_comes_at_least_once_a_second_from_the_start(sink):
    profile = load_profile("openbci-cyton")

    async def check(virtual: VirtualDevice) -> None:
        device = make_device(profile, virtual.port)
        await device.open()
        async with running(device, sink):
            await asyncio.sleep(1.3)

    with VirtualDevice(profile, movement(profile)) as virtual:
        asyncio.run(check(virtual))
    times_s = [time_s for time_s, _ in sink.statuses]
    assert len(times_s) >= 3
    assert max(np.diff(times_s)) < 1.0


def opening(profile: Profile, spoken: Profile) -> str:
    """Open a device as ``profile`` that speaks ``spoken``; return the error."""

    async def check(port: str) -> str:
        device = make_device(profile, port, "arm")
        with pytest.raises(DeviceError) as caught:
            await device.open()
        await device.close()
        return str(caught.value)

    with VirtualDevice(spoken, movement(spoken)) as virtual:
        return asyncio.run(check(virtual.port))


def saying(profile: Profile, **changes: object) -> Profile:
    """Change the hello of the Cyton's dialogue."""
    hello = replace(profile.dialogue.open[1], **changes)
    return replace(profile, dialogue=replace(profile.dialogue, open=(profile.dialogue.open[0], hello)))


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("", r"No answer to 'v' on .*: nothing came"),
        ("OpenBCI V3", r"No answer to 'v' on .*: only 'OpenBCI V3' came"),
        ("Failure: Communications timeout$$$", r"refuses: Failure: Communications timeout"),
        ("Ganglion v2$$$", r"is another one: it says 'Ganglion v2\$\$\$'"),
    ],
)
def test_answers_that_are_not_the_devices(answer, expected):
    cyton = load_profile("openbci-cyton")
    error = opening(saying(cyton, within_s=0.2), saying(cyton, example=answer))
    assert re.search(expected, error)
    assert "\n" not in error


def test_device_of_another_kind_is_refused_with_advice(monkeypatch):
    monkeypatch.setattr(profiled, "_FIRST_FRAMES_WITHIN_S", 0.3)
    quick = replace(load_profile("witmotion-wt901"), dialogue=Dialogue(), settings=())
    toy_speech = replace(quick, messages=tuple(replace(one, sync=(0x77, *one.sync[1:])) for one in quick.messages))
    error = opening(quick, toy_speech)
    assert "only bytes of another kind came" in error
    assert "9600 baud" in error


def test_device_that_does_not_start_is_refused(monkeypatch):
    monkeypatch.setattr(profiled, "_FIRST_FRAMES_WITHIN_S", 0.3)
    cyton = load_profile("openbci-cyton")
    deaf = replace(cyton, dialogue=replace(cyton.dialogue, start=(Step(send="B"),)))
    assert "nothing came" in opening(cyton, deaf)


def test_missing_port_leaves_the_device_closed(tmp_path: Path):
    device = make_device(load_profile("openbci-cyton"), str(tmp_path / "absent"))

    async def check() -> None:
        with pytest.raises(DeviceError, match="is not there"):
            await device.open()
        await device.close()

    asyncio.run(check())
