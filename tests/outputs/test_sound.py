"""Sound through real devices: a sound server of our own, miniaudio's null device, and none at all."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import Any

import numpy as np
import pytest

from biofeedback.outputs.players import Backend, NoSoundError, NullPlayer, open_player
from biofeedback.outputs.sound import Sound
from biofeedback.stream import host_time_s


def until(condition: Any, seconds: float) -> bool:
    deadline_s = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline_s:
            return False
        time.sleep(0.01)
    return True


def play(sound: Sound, seconds: float) -> None:
    """Steer and tick as a session does."""
    ends_s = host_time_s() + seconds
    for index in range(10_000):
        sound.synth.sustain("follow", 0.5 + 0.4 * np.sin(index / 30), 0.5)
        if index % 50 == 0:
            sound.synth.play("tick")
        if host_time_s() > ends_s:
            return
        time.sleep(0.01)


def require(backend: Backend) -> None:
    """Skip where the library is missing; a device that does not work is not skipped."""
    library = {"sounddevice": "sounddevice", "miniaudio": "miniaudio", "miniaudio-null": "miniaudio"}[backend]
    try:
        __import__(library)
    except (ImportError, OSError) as error:
        pytest.skip(f"{library} does not load here ({error}): its path was not tried")


def test_through_a_sound_server_that_dies(sound_server: subprocess.Popen[bytes]) -> None:
    """In processes of their own: the audio libraries look for devices only once."""
    backends: list[Backend] = ["sounddevice", "miniaudio"]
    for backend in backends:
        require(backend)
    sessions = [
        subprocess.Popen(
            [sys.executable, "-c", SESSION, backend],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for backend in backends
    ]
    try:
        playing = [figures_until("played", session) for session in sessions]
        sound_server.kill()
        killed_s = host_time_s()
        afterwards = [figures_until("ended", session) for session in sessions]
        for session in sessions:
            _, complaints = session.communicate(timeout=10)
            assert session.returncode == 0, complaints
            assert "Traceback" not in complaints
    finally:
        for session in sessions:
            session.kill()
            session.wait()
    for figures in playing:
        assert figures["state"] == "on"
        assert figures["device"]
        assert float(figures["played_s_per_s"]) == pytest.approx(1.0, abs=0.1)
        assert int(figures["gaps"]) <= 2
        assert float(figures["longest_wait_ms"]) < 400
        assert 0.0 <= float(figures["p50_ms"]) <= float(figures["p95_ms"])
        assert float(figures["peak"]) > 0.01
    for figures in afterwards:
        assert (figures["state"], figures["device"]) == ("off: sound server gone", "")
        took_s = float(figures["noticed_s"]) - killed_s
        assert took_s - float(figures["stood_still_s"]) < 2.0, figures  # 0.5 s on a quiet machine
        assert int(figures["blocks"]) > 20
        assert figures["ticks"] == "1"


def figures_until(end: str, session: subprocess.Popen[str]) -> dict[str, str]:
    assert session.stdout is not None
    figures = {}
    for line in session.stdout:
        if line.strip() == end:
            return figures
        name, value = line.rstrip("\n").split("=", 1)
        figures[name] = value
    pytest.fail(f"the session ended before it {end}: {session.communicate()[1]}")


SESSION = """
import sys, time
import numpy as np
from biofeedback.outputs.sound import Sound

times_s, frames, peak = [], [0], [0.0]

def capture(block):
    times_s.append(time.perf_counter())
    frames[0] += len(block)
    peak[0] = max(peak[0], float(np.abs(block).max()))

def tell(**figures):
    for name, value in figures.items():
        print(name, value, sep="=")

sound = Sound(backends=(sys.argv[1],), capture=capture)
sound.start()
began_s = time.perf_counter()
while time.perf_counter() - began_s < 8.0:  # a null sink takes up to 2 s before it asks regularly
    first = frames[0]
    time.sleep(0.3)
    if frames[0] - first > 10_000:
        break
for attempt in range(6):  # a busy machine does not keep every two seconds
    seen, gaps, first, first_s = len(times_s), sound.gaps, frames[0], time.perf_counter()
    for index in range(200):
        sound.synth.sustain("follow", 0.5, 0.5)
        if index % 50 == 10:
            sound.synth.play("tick")
        time.sleep(0.01)
    played_s_per_s = (frames[0] - first) / 48_000 / (time.perf_counter() - first_s)
    longest_wait_ms, missed = 1000 * np.diff(times_s[seen:]).max(), sound.gaps - gaps
    if abs(played_s_per_s - 1.0) < 0.1 and longest_wait_ms < 400 and missed <= 2:
        break
tell(played_s_per_s=played_s_per_s, longest_wait_ms=longest_wait_ms, gaps=missed)
tell(state=sound.state, device=sound.device, peak=peak[0], **sound.latency()._asdict())
ends_s = time.perf_counter() + 20
while time.perf_counter() < ends_s:  # until the start is over, also one after a stall
    stalls = np.flatnonzero(np.diff(times_s) > 0.3)
    if times_s[-1] - times_s[stalls[-1] + 1 if len(stalls) else 0] > 3.5:
        break
    time.sleep(0.05)
print("played", flush=True)
polled_s = [time.perf_counter()]
while sound.state == "on" and polled_s[-1] < polled_s[0] + 20:
    time.sleep(0.01)
    polled_s.append(time.perf_counter())
tell(noticed_s=polled_s[-1], stood_still_s=np.maximum(np.diff(polled_s) - 0.02, 0.0).sum())
time.sleep(1.5)  # it closes the dead device and opens nothing
seen, ticks = len(times_s), sound.synth.counts()["tick"]
sound.synth.play("tick")
ends_s = time.perf_counter() + 10
while (len(times_s) - seen <= 20 or sound.synth.counts()["tick"] == ticks) and time.perf_counter() < ends_s:
    time.sleep(0.01)
tell(state=sound.state, device=sound.device, blocks=len(times_s) - seen, ticks=sound.synth.counts()["tick"] - ticks)
sound.stop()
print("ended", flush=True)
"""


def test_a_real_device_thread_without_a_server() -> None:
    require("miniaudio-null")
    blocks: list[Any] = []
    with Sound(backends=["miniaudio-null"], capture=blocks.append) as sound:
        play(sound, 1.0)
        assert sound.device == "miniaudio (Null)"
        assert sound.state == "off: no sound device"  # a device, but nobody hears it
        latency = sound.latency()
    rendered = np.concatenate(blocks)
    assert rendered.shape[1] == 2
    assert 0.7 * 48_000 < len(rendered) < 1.4 * 48_000
    assert np.abs(rendered).max() > 0.01
    assert latency is not None
    assert 0.0 <= latency.p50_ms <= latency.p95_ms


def test_without_a_device_cues_are_counted_and_measured() -> None:
    with Sound(backends=[]) as sound:
        play(sound, 1.2)
        assert (sound.device, sound.state) == ("", "off: no sound device")
        assert sound.synth.counts() == {"tick": pytest.approx(3, abs=1)}
        assert sound.latency() is not None
        assert sound.latency("values") is not None
        assert 100 < sound.blocks < 300
    assert sound.state == "off"


def test_no_way_to_play_is_not_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    for library in ("sounddevice", "miniaudio"):
        monkeypatch.setitem(sys.modules, library, None)  # importing it raises ImportError
    with pytest.raises(NoSoundError, match="sounddevice"):
        open_player("sounddevice", lambda n_frames: np.zeros((n_frames, 2), np.float32))
    with Sound() as sound:
        assert until(lambda: sound.blocks > 3, 3.0)
        assert sound.state == "off: no sound device"


def test_start_and_stop_again_and_again() -> None:
    sound = Sound(backends=[])
    for _ in range(3):
        sound.start()
        sound.start()
        seen = sound.blocks
        assert until(lambda seen=seen: sound.blocks > seen, 3.0)
        sound.stop()
        sound.stop()
        stopped = sound.blocks
        time.sleep(0.05)
        assert sound.blocks == stopped


def test_a_device_that_goes_away_is_opened_anew(caplog: pytest.LogCaptureFixture) -> None:
    require("miniaudio-null")
    sound = Sound(backends=["miniaudio-null"])
    sound.start()
    try:
        assert until(lambda: sound.blocks > 3, 3.0)
        sound._player.close()  # the device goes away behind our back
        assert until(lambda: sound.gaps == 1, 2.0)
        seen = sound.blocks
        assert until(lambda: sound.blocks > seen, 3.0)  # opened anew
    finally:
        sound.stop()
    assert "the sound device stopped" in caplog.text


def test_a_device_that_is_plugged_in_later_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    require("miniaudio-null")
    plugged: list[bool] = []

    def opened(backend: Backend, fill: Any) -> Any:
        if not plugged:
            raise NoSoundError("nothing there")
        return open_player(backend, fill)

    monkeypatch.setattr("biofeedback.outputs.sound.open_player", opened)
    monkeypatch.setattr("biofeedback.outputs.sound.LOOK_EVERY_S", 0.1)
    with Sound(backends=["miniaudio-null"]) as sound:
        assert until(lambda: sound.blocks > 60, 20.0)  # it looked in vain, and cues were counted meanwhile
        assert sound.device == ""
        plugged.append(True)
        assert until(lambda: sound.device, 20.0)
        seen = sound.blocks
        assert until(lambda: sound.blocks > seen, 20.0)


def test_a_device_that_keeps_failing_is_left_alone_and_tried_again_later(monkeypatch: pytest.MonkeyPatch) -> None:
    require("miniaudio-null")
    sound = Sound(backends=["miniaudio-null"])
    sound.start()
    try:
        for _ in range(6):
            assert until(lambda: sound.device, 3.0)
            gaps = sound.gaps
            sound._player.close()
            assert until(lambda gaps=gaps: sound.gaps > gaps, 3.0)
        assert until(lambda: sound._player is not None, 3.0)
        assert (sound.device, sound.state) == ("", "off: sound server gone")
        monkeypatch.setattr("biofeedback.outputs.sound.REST_S", 0.0)
        assert until(lambda: sound.device, 20.0)
    finally:
        sound.stop()


def test_nobody_listening_still_takes_real_time() -> None:
    fetched: list[float] = []

    def fill(n_frames: int) -> Any:
        fetched.append(host_time_s())
        return np.zeros((n_frames, 2), np.float32)

    player = NullPlayer(fill)
    time.sleep(0.6)
    player.close()
    assert not player.alive
    assert np.median(np.diff(fetched)) == pytest.approx(256 / 48_000, rel=0.1)
