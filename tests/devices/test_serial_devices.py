"""The board that answers is another one than the profile says: each serial profile with a hello says so."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import replace

import pytest

from biofeedback.devices.base import DeviceError
from biofeedback.devices.registry import load_profile, make_device
from biofeedback.devices.virtual import VirtualDevice

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals need Linux or macOS")


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
def test_the_wrong_board_is_told(known, hurried, name, said, problem):
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

    with VirtualDevice(theirs, known(theirs.configured()).source) as virtual:
        asyncio.run(check(virtual.port))
