"""Every Bluetooth profile over bleak's real client: virtual sensors speak known numbers, and they are understood."""

from __future__ import annotations

import asyncio

import pytest

from biofeedback.devices.profiled import ProfiledDevice
from biofeedback.devices.registry import profile_folders, profiles
from biofeedback.devices.transports.ble import BleTransport
from biofeedback.stream import host_time_s

SECONDS = 0.3
SHIPPED = {name: one for name, one in profiles((profile_folders()[0],)).items() if one.ble}


def place_of(command: bytes, heard: list[tuple[str, bytes]]) -> int:
    """Return where a command was heard last; -1 if never."""
    return max((at for at, (_, data) in enumerate(heard) if data == command), default=-1)


class Firmware:
    """Makes a virtual sensor answer and stream as a profile says."""

    def __init__(self, known, sensor, profile) -> None:
        self._known, self._sensor, self._profile = known, sensor, profile
        self._uuids = {one.id: one.uuid for one in profile.ble.characteristics}
        for step in (*profile.dialogue.open, *profile.dialogue.start):
            if step.expect:
                sensor.answers[step.command] = (self._uuids[step.answer_from], step.example.encode("latin-1"))

    def _started_at(self) -> int:
        """Return which of the commands heard began the stream that goes on; -1 if it stands still."""
        heard, said = self._sensor.heard, self._profile.dialogue
        if not said.start:
            return 0 if self._sensor.listeners else -1
        started = place_of(said.start[-1].command, heard)
        return started if all(started > place_of(step.command, heard) for step in said.stop) else -1

    async def run(self) -> None:
        running, truth, began_s, next_tick = -1, self._known(self._profile), 0.0, 0
        while True:
            await asyncio.sleep(0.005)
            if (started := self._started_at()) != running:
                running, truth, began_s, next_tick = started, self._known(self._profile), host_time_s(), 0
            due = int((host_time_s() - began_s) * truth.speech.encoder.rate_hz) if running >= 0 else 0
            if due > next_tick:
                for piece in truth.pieces(next_tick, due - next_tick):
                    if self._started_at() != running:
                        break  # it was stopped, or started anew, meanwhile
                    await self._sensor.notify(self._uuids[piece.origin], piece.data)
                next_tick = due


@pytest.fixture(scope="module")
def heard(on_air, known, hurried, listen):
    """Let all sensors speak for a while, at the same time."""
    found = {}

    async def everybody(radio) -> None:
        files = [hurried(profile) for profile in SHIPPED.values()]
        sensors = [await radio.sensor_of(file, "a sensor") for file in files]
        pairs = list(zip(files, sensors, strict=True))
        speaking = [asyncio.create_task(Firmware(known, sensor, file.configured()).run()) for file, sensor in pairs]
        devices = [
            ProfiledDevice(file, BleTransport(sensor.address, file.ble, radio.backend), "limb")
            for file, sensor in pairs
        ]
        sinks = await listen(devices, SECONDS)
        for task in speaking:
            task.cancel()
        for file, sink, sensor in zip(files, sinks, sensors, strict=True):
            found[file.id] = known(file.configured()), sink, sensor

    on_air(everybody)
    return found


@pytest.mark.parametrize("name", list(SHIPPED))
def test_what_is_said_is_understood(heard, assert_understood, name):
    truth, sink, _ = heard[name]
    assert_understood(truth, sink, SECONDS)


@pytest.mark.parametrize("name", list(SHIPPED))
def test_sensor_hears_the_whole_dialogue(heard, name):
    truth, _, sensor = heard[name]
    said = truth.profile.dialogue
    start, stop = ([(s.to, s.command) for s in steps] for steps in (said.start, said.stop))
    names = {one.uuid: one.id for one in truth.profile.ble.characteristics}
    opened = [(step.to, step.command) for step in said.open if step.command]
    heard_here = [(names[uuid], data) for uuid, data in sensor.heard]
    assert [one for one in heard_here if one in (*opened, *start, *stop)] == [*opened, *start, *stop, *start, *stop]
