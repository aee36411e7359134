"""The way through a session: the real window over the real engine process, a sensor on a port among simulated ones."""

import sys
import time
from pathlib import Path

import msgspec
import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from biofeedback.cli.plan import RoomPlan
from biofeedback.session import commands as say
from biofeedback.session.late import LateClient
from biofeedback.session.room.commands import Begin, CloseRoom, Prepare, Use
from biofeedback.storage.keys import StoreKey
from biofeedback.storage.recording import RecordingReader
from biofeedback.ui.console.shell import Shell
from biofeedback.ui.console.way import Way

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminals on Windows")


@pytest.fixture
def amplifier(tmp_path):
    """Plug in an OpenBCI Cyton on a pseudo-terminal, its electrodes at rest."""
    from biofeedback.devices.registry import load_profile
    from biofeedback.devices.virtual import VirtualDevice

    profile, noise = load_profile("openbci-cyton"), np.random.default_rng(2)

    def source(from_s, n):
        return {s.id: noise.normal(0, 4e-6, (n, len(s.channels))) for s in profile.streams}

    device = VirtualDevice(profile, source, link=tmp_path / "cyton")
    with device:
        yield device


@pytest.fixture
def opened(tmp_path, monkeypatch, qtbot):
    monkeypatch.setenv("BIOFEEDBACK_HOME", str(tmp_path))
    plan = msgspec.json.encode(RoomPlan(condition="healthy", listening=False, sound=False)).decode()
    client = LateClient(tmp_path, ["--room", plan])
    shell = Shell(theme="light")
    qtbot.addWidget(shell)
    way = Way(shell, client)
    shell.show()
    yield shell, way, client
    client.send(CloseRoom())
    assert client.wait_for_end(60)
    client.close()


def until(condition, seconds=40.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come in time"
        QTest.qWait(20)


def key(shell, which):
    focus = QApplication.focusWidget()
    QTest.keyClick(focus if focus is not None and shell.isAncestorOf(focus) else shell, which)


@pytest.mark.timeout(240)
def test_plug_in_choose_place_check_begin_count_unplug_and_back(opened, amplifier, tmp_path):
    shell, way, client = opened
    sensor = f"usb:{amplifier.port}"
    ended = []
    way.ended.connect(ended.append)

    # the page is there without waiting for the engine
    way.begin([Prepare(exercise="knee-extension-seated", person="P-1", person_note="Right knee")])
    assert shell.here == "sensors"
    assert way.room is None or not way.room.places
    until(lambda: way.room is not None and way.room.places)

    # plug in, choose, place
    way.send(Use(sensor, "openbci-cyton"))
    until(lambda: way.room.places[3].sensor == sensor)
    key(shell, Qt.Key.Key_3)
    assert shell.page.place_side._title.text == "3 Vastus medialis"
    key(shell, Qt.Key.Key_Delete)
    until(lambda: not way.room.places[2].sensor)
    key(shell, Qt.Key.Key_U)
    until(lambda: all(place.sensor for place in way.room.places))
    assert [place.sensor for place in way.room.places] == [
        "simulated:thigh", "simulated:shank", "simulated:vastus_medialis", sensor,
    ]  # fmt: skip

    # check
    key(shell, Qt.Key.Key_Return)
    assert shell.here == "check"
    until(lambda: shell.page._lead.text == "4 of 4 good")
    assert max(way.room.places[2].high) > 1  # µV: there is a signal

    # begin
    key(shell, Qt.Key.Key_Return)
    until(lambda: shell.here != "check" and client.view() is not None)
    assert client.view().person == "P-1"
    client.send(say.Start())
    until(lambda: any(one.end_s is not None for one in client.view().repetitions))

    # unplug and back
    amplifier.unplug()
    until(lambda: client.view().sensors[3].light == "lost")
    assert client.view().banner.kind == "fault"
    amplifier.plug()
    until(lambda: client.view().sensors[3].light != "lost")

    # another window finds the session going on
    other = LateClient(tmp_path, [])
    assert other.came_back
    assert other.room().session == "running"
    other.close()

    # the end; the sensors stay
    client.send(say.StopSet())
    client.send(say.Finish())
    until(lambda: ended)
    assert way.room.session == "none"
    until(lambda: all(one.state == "streaming" for one in way.room.found if one.id in (sensor, "simulated:thigh")))
    assert shell.here == "sensors"
    with RecordingReader(Path(ended[0].recording_path), StoreKey.load_or_create(tmp_path)) as kept:
        assert kept.failure is None
        assert {"thigh/imu", "biceps_femoris/exg"} <= {stream.id for stream in kept.streams}
        assert kept.about["placements"]["biceps_femoris"]["profile"] == "openbci-cyton"


def test_an_engine_that_does_not_come_up_is_said(tmp_path, monkeypatch, qtbot):
    monkeypatch.setenv("BIOFEEDBACK_HOME", str(tmp_path))
    client = LateClient(tmp_path, ["--room", '{"seed": "none"}'])
    shell = Shell(theme="light")
    qtbot.addWidget(shell)
    way = Way(shell, client)
    way.begin([Prepare(exercise="knee-extension-seated")])
    shell.show()
    until(lambda: client.problem)
    until(lambda: shell._banner_frame.isVisible())
    assert client.wait_for_end(5)
    client.close()


@pytest.mark.timeout(240)
def test_the_check_is_a_key_away_from_a_set_and_a_dead_engine_is_replaced(opened):
    shell, way, client = opened
    way._revive = client.revive
    way.begin([Prepare(exercise="biceps-contraction")])
    key(shell, Qt.Key.Key_U)
    until(lambda: way.room is not None and way.room.places and way.room.places[0].sensor)
    way.send(Begin())
    until(lambda: shell.here == "calibration" and client.view() is not None and client.view().calibration)
    client.send(say.SkipCalibration())
    until(lambda: shell.here == "live" and client.view().calibration is None)
    client.send(say.Start())
    until(lambda: shell.page.console._view is not None and shell.page.console._view.phase == "live")

    # to the check and back: the set waits
    until(shell.isActiveWindow)
    key(shell, Qt.Key.Key_G)
    assert shell.here == "check"
    until(lambda: client.view().phase == "paused")
    until(lambda: shell.page.foot().primary.text == "Back to the session")
    key(shell, Qt.Key.Key_Return)
    assert shell.here == "live"
    client.send(say.Finish())
    until(lambda: way.room.session == "none")

    # an engine that dies between sessions is replaced by one that is as ready
    died, sat = client._side.process, way.room.places[0]
    died.kill()
    until(lambda: client._side is not None and client._side.process is not died)
    until(lambda: way.room is not None and way.room.exercise_id == "biceps-contraction")
    until(lambda: way.room.places and way.room.places[0].sensor)
    again = way.room.places[0]
    assert (again.sensor, again.stream, again.column, again.side) == (sat.sensor, sat.stream, sat.column, sat.side)
    assert client.alive()
