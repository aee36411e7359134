"""Every serial profile on a pseudo-terminal: what the virtual device says, transport and decoder understand."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from dataclasses import replace

import numpy as np
import pytest

from biofeedback.devices.base import DeviceError
from biofeedback.devices.links import Step
from biofeedback.devices.profiles import Profile
from biofeedback.devices.registry import load_profile, make_device, profile_folders, profiles
from biofeedback.devices.virtual import VirtualDevice

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals need Linux or macOS")

SERIAL = [name for name, profile in profiles((profile_folders()[0],)).items() if profile.serial]


def hurried(profile: Profile) -> Profile:
    """Shorten the pauses a real board needs."""

    def quick(steps: tuple[Step, ...]) -> tuple[Step, ...]:
        return tuple(replace(step, wait_s=min(step.wait_s, 0.02)) for step in steps)

    said = profile.dialogue
    dialogue = replace(said, open=quick(said.open), start=quick(said.start), stop=quick(said.stop))
    settings = tuple(
        replace(setting, options=tuple(replace(option, steps=quick(option.steps)) for option in setting.options))
        for setting in profile.settings
    )
    return replace(profile, dialogue=dialogue, settings=settings)


def movement(profile: Profile):
    """Two sines a channel that fill three quarters of what its counts reach, so that no stretch looks like another."""

    def source(from_s: float, n_ticks: int):
        samples = {}
        for stream in profile.configured().streams:
            rate_hz = max(one.rate_hz * one.every for one in profile.configured().streams)
            times_s = from_s + np.arange(n_ticks) / rate_hz
            columns = []
            for number, channel in enumerate(stream.channels):
                low, high = np.clip(channel.reach, -15_000, 15_000)
                wave = 0.5 * np.sin(6.1 * times_s + number) + 0.25 * np.sin(17.3 * times_s + 0.3)
                made = channel.channel()
                columns.append(((low + high) / 2 + wave * (high - low) / 2) * made.scale + made.offset)
            samples[stream.id] = np.stack(columns, axis=1)
        return samples

    return source


async def listen(profile: Profile, virtual: VirtualDevice, sink, seconds: float) -> None:
    device = make_device(profile, virtual.port, "limb")
    await device.open()
    task = asyncio.create_task(device.run(sink))
    await asyncio.sleep(seconds)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    await device.close()


@pytest.mark.parametrize("name", SERIAL)
def test_what_is_said_is_understood(name, sink):
    profile = hurried(load_profile(name))
    with VirtualDevice(profile, movement(profile), remember=True) as virtual:
        asyncio.run(listen(profile, virtual, sink, 0.4))
    for stream, info in zip(profile.configured().streams, profile.configured().stream_infos("limb"), strict=True):
        chunks = sink.of(info.id)
        received = np.concatenate([chunk.counts for chunk in chunks])
        sent = np.array(list(virtual.sent.counts[stream.id].values()))
        assert len(received) > 0.2 * stream.rate_hz
        assert sum(chunk.lost_before for chunk in chunks) == 0
        n_seen = min(len(received), 12)
        (begin,) = [
            at for at in range(len(sent) - n_seen + 1) if np.array_equal(sent[at : at + n_seen], received[:n_seen])
        ]
        np.testing.assert_array_equal(received, sent[begin : begin + len(received)])
        times_s = np.concatenate([chunk.times_s for chunk in chunks])
        assert (np.diff(times_s) > 0).all()
        assert np.ptp(times_s) == pytest.approx((len(times_s) - 1) / stream.rate_hz, rel=0.1, abs=0.02)
        truth = info.to_si(sent[begin : begin + len(received)])
        np.testing.assert_array_equal(np.concatenate([chunk.data for chunk in chunks]), truth)


@pytest.mark.parametrize(
    ("name", "said", "problem"),
    [
        ("chords-uno-r3", "UNO-R4\r\n", "refuses: UNO-R4"),
        ("chords-npg-lite", "UNO-R3\r\n", "is another one: it says 'UNO-R3'"),
        ("bitalino", "MuscleBIT\n", "is another one"),
        ("openbci-cyton-daisy", "no daisy to attach!8$$$", "is another one: it says 'no daisy to attach!8"),
        ("shimmer3-emg", "\xff\x02\x40\x00\x00\x00\x00\x00\x02\x01\x0a\x0b", "No answer to"),
    ],
)
def test_the_wrong_board_is_told(name, said, problem):
    profile = hurried(load_profile(name))
    *first, last = profile.dialogue.open
    last = replace(last, within_s=0.3)
    mine = replace(profile, dialogue=replace(profile.dialogue, open=(*first, last)))
    theirs = replace(profile, dialogue=replace(profile.dialogue, open=(*first, replace(last, example=said))))
    if name == "bitalino":
        *first, hello, rate = profile.dialogue.open
        theirs = replace(profile, dialogue=replace(profile.dialogue, open=(*first, replace(hello, example=said), rate)))

    async def check(port: str) -> None:
        device = make_device(mine, port, "arm")
        with pytest.raises(DeviceError, match=problem):
            await device.open()

    with VirtualDevice(theirs, movement(theirs)) as virtual:
        asyncio.run(check(virtual.port))
