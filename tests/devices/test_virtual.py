"""The virtual device, read without any of our decoding: it obeys, it answers, and its faults are those asked for."""

from __future__ import annotations

import os
import select
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from biofeedback.devices.base import DeviceError
from biofeedback.devices.registry import load_profile
from biofeedback.devices.virtual import Faults, VirtualDevice

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals need Linux or macOS")
CYTON = load_profile("openbci-cyton")


def still(from_s: float, n_ticks: int):
    return {"exg": np.full((n_ticks, 8), 1e-3), "acc": np.tile([0.0, 0.0, 9.80665], (n_ticks, 1))}


class Line:
    """The other end of the pseudo-terminal."""

    def __init__(self, port: str) -> None:
        self._file = os.open(port, os.O_RDWR | os.O_NOCTTY)

    def __enter__(self) -> Line:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._file)

    def say(self, text: bytes) -> None:
        os.write(self._file, text)

    def hear(self, seconds: float, until: bytes | None = None) -> bytes:
        heard, ends_s = b"", time.monotonic() + seconds
        while (left_s := ends_s - time.monotonic()) > 0 and not (until and until in heard):
            if select.select([self._file], [], [], left_s)[0]:
                heard += os.read(self._file, 65536)
        return heard


@POSIX
def test_it_answers_starts_and_stops():
    with VirtualDevice(CYTON, still) as virtual, Line(virtual.port) as line:
        assert line.hear(0.1) == b""
        line.say(b"?v")  # an unknown byte is ignored
        assert line.hear(2, until=b"$$$").startswith(b"OpenBCI V3")
        line.say(b"x304")
        line.say(b"0100X")
        assert line.hear(2, until=b"$$$") == b"Success: Channel set for 3$$$"
        line.say(b"b")
        began_s = time.monotonic()
        heard = line.hear(0.4)
        assert 60 <= len(heard) // 33 <= 250 * (time.monotonic() - began_s) + 10
        frames = np.frombuffer(heard[: len(heard) // 33 * 33], np.uint8).reshape(-1, 33)
        assert (frames[:, 0] == 0xA0).all()
        assert (frames[:, 32] == 0xC0).all()
        np.testing.assert_array_equal(frames[:, 1], np.arange(len(frames)))
        np.testing.assert_array_equal(frames[::10, 26:32], np.tile([0, 0, 0, 0, 0x1F, 0x40], (len(frames[::10]), 1)))
        line.say(b"s")
        line.hear(0.1)
        assert line.hear(0.1) == b""


@POSIX
def test_it_keeps_the_pace_of_its_firmware():
    virtual = VirtualDevice(CYTON, still, faults=Faults(rate_error=0.02), remember=True)
    with virtual, Line(virtual.port) as line:
        line.say(b"b")
        line.hear(1.0)
    assert len(virtual.sent.ticks) == pytest.approx(255, abs=12)


@POSIX
def test_faults_are_as_many_as_asked_for():
    faults = Faults(dropped=0.2, duplicated=0.2, garbage=0.2)
    virtual = VirtualDevice(CYTON, still, faults=faults, seed=2, remember=True)
    with virtual, Line(virtual.port) as line:
        line.say(b"b")
        heard = line.hear(1.2)
    n_ticks = len(virtual.sent.counts["exg"])
    assert 0.1 < 1 - len(virtual.sent.ticks) / n_ticks < 0.3
    assert len(heard) > 33 * len(virtual.sent.ticks)


@POSIX
def test_port_keeps_its_name_over_a_replug(tmp_path: Path):
    link = tmp_path / "sensor"
    virtual = VirtualDevice(CYTON, still, link=link)
    with virtual:
        assert virtual.port == str(link)
        virtual.plug()  # already there
        virtual.unplug()
        assert not link.is_symlink()
        virtual.unplug()
        virtual.plug()
        with Line(virtual.port) as line:
            line.say(b"v")
            assert line.hear(2, until=b"$$$").endswith(b"$$$")
    assert not link.is_symlink()


@POSIX
def test_link_takes_no_name_that_is_not_its_own(tmp_path: Path):
    mine, link = tmp_path / "mine", tmp_path / "link"
    mine.write_text("mine")
    link.symlink_to(mine)
    astray = tmp_path / "astray"
    astray.symlink_to(tmp_path / "absent")
    with VirtualDevice(CYTON, still) as other:
        taken = tmp_path / "taken"
        taken.symlink_to(other.port)  # of a device that is there
        for place in (mine, link, astray, taken, tmp_path):
            with pytest.raises(DeviceError, match="is there already; choose another name"):
                VirtualDevice(CYTON, still, link=place).plug()
        assert taken.readlink() == Path(other.port)
    with pytest.raises(DeviceError, match="folder is missing or cannot be written"):
        VirtualDevice(CYTON, still, link=tmp_path / "absent" / "link").plug()
    assert mine.read_text() == "mine"
    assert link.readlink() == mine
    assert astray.is_symlink()


@POSIX
def test_link_that_a_killed_run_left_behind_is_replaced(tmp_path: Path):
    link = tmp_path / "sensor"
    with VirtualDevice(CYTON, still) as other:
        gone = Path(other.port)
    link.symlink_to(gone.parent / "no-such-terminal")
    with VirtualDevice(CYTON, still, link=link):
        assert link.exists()
        link.unlink()
        link.write_text("somebody else's by now")
    assert link.exists()


@POSIX
def test_unplugged_device_has_no_port():
    with pytest.raises(DeviceError, match="is unplugged"):
        _ = VirtualDevice(CYTON, still).port


@POSIX
def test_it_goes_on_when_nobody_reads():
    witmotion = load_profile("witmotion-wt901")  # sends from the start

    def source(from_s: float, n_ticks: int):
        return {"imu": np.zeros((n_ticks, 6)), "mag": np.zeros((n_ticks, 3)), "orientation": np.ones((n_ticks, 4))}

    with VirtualDevice(witmotion, source, faults=Faults(rate_error=30.0)) as virtual:
        time.sleep(1.0)  # 136 kB: more than a pseudo-terminal and the device together keep
        with Line(virtual.port) as line:
            assert b"\x55\x51" in line.hear(0.3)


def test_systems_without_pseudo_terminals_are_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "tty", None)
    with pytest.raises(DeviceError, match="Use the simulated person instead"):
        VirtualDevice(CYTON, still).plug()
