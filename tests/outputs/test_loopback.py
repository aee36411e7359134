"""The measurement of the sound path: chimes found in a recording, and a whole run through a sound server."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable

import numpy as np
import pytest

from biofeedback.outputs.loopback import Measurement, delays_ms
from biofeedback.outputs.synth import SAMPLING_RATE_HZ
from biofeedback.outputs.tones import single_sound


def recorded(delay_ms: float, level: float, noise: float) -> tuple[np.ndarray, list[float]]:
    """What a microphone hears of three chimes, the first sample at 100 s."""
    random = np.random.default_rng(3)
    chime, decided_s = single_sound("chime", SAMPLING_RATE_HZ), [100.4, 101.6, 102.9]
    sound = random.normal(0.0, noise, 5 * SAMPLING_RATE_HZ)
    for at_s in decided_s:
        begin = round((at_s - 100.0 + delay_ms / 1000.0) * SAMPLING_RATE_HZ)
        sound[begin : begin + len(chime)] += level * chime
    return sound, decided_s


@pytest.mark.parametrize("delay_ms", [0.0, 12.5, 60.0, 250.0, 700.0])
@pytest.mark.parametrize(("level", "noise"), [(1.0, 0.0), (-0.05, 0.001)])
def test_the_delay_is_found_at_any_level(delay_ms: float, level: float, noise: float) -> None:
    sound, decided_s = recorded(delay_ms, level, noise)
    assert delays_ms(100.0, sound, decided_s) == pytest.approx([delay_ms] * 3, abs=0.1)


def test_noise_and_silence_are_no_chime() -> None:
    sound, decided_s = recorded(20.0, 0.0, 0.1)
    assert delays_ms(100.0, sound, decided_s) == []
    assert delays_ms(100.0, np.zeros_like(sound), decided_s) == []
    assert delays_ms(100.0, np.zeros(0), decided_s) == []


def test_through_a_sound_server(sound_server: subprocess.Popen[bytes], tmp_path, monkeypatch) -> None:
    try:
        import sounddevice  # noqa: F401
    except (ImportError, OSError) as error:
        pytest.skip(f"sounddevice does not load here ({error}): the path was not measured")
    monkeypatch.setenv("BIOFEEDBACK_HOME", str(tmp_path / "home"))
    command = [sys.executable, "-m", "biofeedback", "bench", "sound", "--seconds", "4", "--json"]
    run = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert run.returncode == 0, run.stderr
    document = json.loads(run.stdout)
    figures = {figure["name"]: figure["measured"] for figure in document["figures"]}
    heard_ms = figures["cue decided → heard by the input, p50"]
    assert figures["chimes heard"] >= 2
    assert 0.0 < heard_ms < 800.0
    assert 0.0 < figures["cue decided → first sample handed over, p95"] < 800.0
    kept = json.loads((tmp_path / "home" / "sound-delays.json").read_text())
    assert list(kept.values()) == pytest.approx([heard_ms], abs=0.1)


def test_a_measurement_that_is_stopped_plays_no_more_and_one_without_an_input_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from biofeedback.outputs import loopback
    from biofeedback.outputs.players import NoSoundError
    from biofeedback.outputs.sound import Sound

    class Deaf:
        def stop(self) -> tuple[float, np.ndarray]:
            return 0.0, np.zeros(0)

    def no_input() -> Deaf:
        raise NoSoundError("no input")

    monkeypatch.setattr(loopback, "_WARM_BLOCKS", 0)
    monkeypatch.setattr(loopback, "_APART_S", 0.05)
    monkeypatch.setattr(loopback, "LONGEST_S", 0.05)
    with Sound(backends=()) as sound:
        monkeypatch.setattr(loopback, "Listener", Deaf)
        measured = Measurement(sound, 60.0)
        until(lambda: sound.synth.counts().get("chime"))
        measured.stop()
        until(lambda: measured.over)
        assert (measured.delay_ms, measured.failure) == (None, "")
        monkeypatch.setattr(loopback, "Listener", no_input)
        measured = Measurement(sound, 60.0)
        until(lambda: measured.over)
        assert (measured.delay_ms, measured.failure) == (None, "no input")


def until(condition: Callable[[], object]) -> None:
    deadline_s = time.monotonic() + 20.0
    while not condition():
        assert time.monotonic() < deadline_s
        time.sleep(0.01)
