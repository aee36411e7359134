"""A sensor room in this process: its page is kept, its sessions record nothing."""

import asyncio
import sys
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import numpy as np
import pytest

from biofeedback.session.engine import Engine
from biofeedback.session.room.commands import AnyCommand, Prepare
from biofeedback.session.room.room import SensorRoom
from biofeedback.session.room.sensors import Sensors


@dataclass
class Run:
    engine: Engine
    documents: list

    async def run(self):
        await self.engine.run()
        self.documents.append(self.engine.document())


@dataclass
class Kept:
    """What the room and its sessions published, and the sessions that were begun."""

    view: object = None
    ticks: int = 0
    plans: list = field(default_factory=list)
    engines: list = field(default_factory=list)
    documents: list = field(default_factory=list)
    chunks: list = field(default_factory=list)

    def page(self, view):
        self.view = view

    def tick(self, row):
        self.ticks += 1

    def beat(self):
        pass


class KeptRoom(Kept):
    def __init__(self):
        super().__init__()
        self.latest = None

    def room(self, view):
        self.latest = view

    async def begin(self, plan, devices, companion):
        engine = Engine(plan, devices, publisher=self, companion=companion)
        take = engine.chunk

        def chunk(one):
            self.chunks.append(one)
            take(one)

        engine.chunk = chunk
        self.plans.append(plan)
        self.engines.append(engine)
        return Run(engine, self.documents)


@pytest.fixture
def open_room(tmp_path):
    """Open a room and close it again; ``until`` waits for something to be true of its page."""

    @asynccontextmanager
    async def opened(exercise="knee-extension-seated", **options):
        board = KeptRoom()
        sensors = Sensors(listening=False, **options)
        room = SensorRoom(sensors, board.begin, board, tmp_path)
        running = asyncio.create_task(room.run())

        async def until(condition, seconds=10.0):
            async with asyncio.timeout(seconds):
                while board.latest is None or not condition(board.latest):
                    await asyncio.sleep(0.02)
            return board.latest

        async def ask(command: AnyCommand):
            room.command(command)
            await asyncio.sleep(0.02)

        room.until, room.ask, room.board = until, ask, board
        await asyncio.sleep(0)
        if exercise:
            await ask(Prepare(exercise=exercise, person="P-1"))
        try:
            yield room
        finally:
            room.stop()
            await running

    return opened


@pytest.fixture
def plugged(tmp_path):
    """Plug in virtual devices: profile → a device on a pseudo-terminal, at rest with a little noise."""
    if sys.platform == "win32":
        pytest.skip("no pseudo-terminals on Windows")
    from biofeedback.devices.registry import load_profile
    from biofeedback.devices.virtual import VirtualDevice

    made = []

    def plug(name):
        profile = load_profile(name)
        noise = np.random.default_rng(1)

        def source(from_s, n):
            samples = {}
            for stream in profile.streams:
                columns = [_at_rest(channel, n, noise) for channel in stream.channels]
                samples[stream.id] = np.stack(columns, axis=1)
            return samples

        device = VirtualDevice(profile, source, link=tmp_path / f"port-{len(made)}")
        device.plug()
        made.append(device)
        return device

    yield plug
    for device in made:
        device.unplug()


def _at_rest(channel, n, noise):
    if channel.quantity == "acceleration":
        return np.full(n, 9.81 if channel.name.endswith("z") else 0.0) + noise.normal(0, 0.02, n)
    return noise.normal(0, 4e-6 if channel.quantity == "emg" else 1e-3, n)
