"""The whole path with real bytes: firmware on virtual ports, real transport, decoder, clock, signals, repetitions."""

import asyncio
import sys
import threading
import time
from contextlib import ExitStack

import numpy as np
import pytest

from biofeedback.cli.simulate import Speaker
from biofeedback.devices import registry
from biofeedback.devices.simulated import SimulatedPerson
from biofeedback.devices.virtual import VirtualDevice
from biofeedback.exercises import model
from biofeedback.session.engine import Engine, SessionPlan

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminals on Windows")
SENSORS = (("thigh", "witmotion-wt901"), ("shank", "witmotion-wt901"), ("vastus_medialis", "openbci-cyton"))


class Shared:
    """Lets sensors switched on at different moments hear one person: ticks count from a common start."""

    def __init__(self, speaker, began_s, lock):
        self._speaker, self._began_s, self._ahead_s, self._lock = speaker, began_s, None, lock

    def __call__(self, from_s, n_ticks):
        if self._ahead_s is None or from_s == 0.0:
            self._ahead_s = time.perf_counter() - self._began_s - from_s
        with self._lock:  # one person, a thread for each sensor
            return self._speaker(from_s + self._ahead_s, n_ticks)


def test_a_session_from_three_devices_counts_and_measures(tmp_path):
    exercise = model.find("knee-extension-seated")
    person = SimulatedPerson(exercise, "healthy", 4, rest_s=1.0, reference_s=0.0, pause_s=0.5, going=False)
    began_s = time.perf_counter()
    person.begin(began_s)
    lock = threading.Lock()
    with ExitStack() as ports:
        devices = []
        for placement, profile_id in SENSORS:
            profile = registry.load_profile(profile_id)
            worn = (placement,) if profile_id.startswith("wit") else ("vastus_medialis", "biceps_femoris")
            virtual = ports.enter_context(VirtualDevice(profile, Shared(Speaker(person, profile, worn), began_s, lock)))
            devices.append(registry.make_device(profile, virtual.port, placement))
        engine = Engine(SessionPlan(exercise=exercise, auto=True, seconds=19.0), devices)
        angles = []

        async def session():
            task = asyncio.create_task(engine.run())
            while not hasattr(engine, "pipeline"):
                await asyncio.sleep(0.01)
            engine.pipeline._on_signal = angles.append
            await asyncio.sleep(2.5)  # the sensors see the person sit still, however long it took to open them
            with lock:
                person.go(time.perf_counter())
            await task

        asyncio.run(session())
    true = engine.during_sets(person.truth()["repetitions"])
    counted = len(engine.pipeline.repetitions)
    knee = [block for block in angles if block.signal == "knee_angle"]
    times = np.concatenate([block.times_s for block in knee])
    values = np.concatenate([block.values for block in knee])
    known = (times > engine.started_s + 12) & ~np.isnan(values)
    error = values[known] - np.degrees(person.angle_at(times[known]))
    print(f"{counted} counted, {true} true; knee angle {np.sqrt(np.mean(error**2)):.1f}° RMS against the truth")
    print(engine.document()["samples"], engine.decided.all_ms(50, 99))
    assert counted >= 2
    assert abs(counted - true) <= 1
    assert np.sqrt(np.mean(error**2)) < 8.0
    assert sum(s["lost"] for s in engine.document()["samples"].values()) == 0
