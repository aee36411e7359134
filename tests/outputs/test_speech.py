"""Speech: the words, the waiting that does not happen, being cut short, and a system without a voice."""

from __future__ import annotations

import math
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import scipy.io.wavfile

from biofeedback.outputs.sound import Sound
from biofeedback.outputs.speech import Speaker, Voice, speakers

WRITES = (
    "import sys; open({path!r}, 'a', encoding='utf-8')"
    ".write(sys.stdin.buffer.read().decode() + '|{{percent}}|{{language}};')"
)


class Heard:
    """Keeps when speech began and ended."""

    def __init__(self) -> None:
        self.spoke: list[bool] = []
        self._change = threading.Condition()

    def __call__(self, active: bool) -> None:
        with self._change:
            self.spoke.append(active)
            self._change.notify()

    def wait(self, count: int) -> None:
        with self._change:
            assert self._change.wait_for(lambda: len(self.spoke) >= count, 20.0)


def python(code: str) -> list[Speaker]:
    """Return a program of this machine that stands where a voice would."""
    return [Speaker("no-such-voice"), Speaker(sys.executable, ("-S", "-E", "-c", code))]


@pytest.mark.parametrize("text", ["Lift your leg", "Bein heben – «bis 90°»", "$(touch x); -a 5 'quoted'"])
def test_exactly_these_words_are_spoken(tmp_path: Path, text: str) -> None:
    heard, path = Heard(), tmp_path / "said"
    voice = Voice(heard, python(WRITES.format(path=str(path))))
    assert voice.state == "on"
    voice.say(text, -18.0, "de")
    heard.wait(2)
    assert path.read_text("utf-8") == f"{text}|13|de;"
    assert heard.spoke == [True, False]


def test_a_newer_text_cuts_the_older_short_and_nobody_waits() -> None:
    heard = Heard()
    voice = Voice(heard, python("import sys, time; time.sleep(0 if 'two' in sys.stdin.read() else 60)"))
    began_s = time.monotonic()
    voice.say("one")
    assert time.monotonic() - began_s < 5.0  # far below what is spoken, whatever the machine's load
    heard.wait(1)
    voice.say("two")
    heard.wait(4)
    assert heard.spoke == [True, False, True, False]
    assert voice.state == "on"


def test_hush_is_at_once() -> None:
    heard = Heard()
    voice = Voice(heard, python("import time; time.sleep(60)"))
    voice.say("one")
    heard.wait(1)
    voice.hush()
    heard.wait(2)
    assert heard.spoke == [True, False]


def test_a_voice_that_fails_is_said() -> None:
    heard = Heard()
    voice = Voice(heard, python("raise SystemExit(3)"))
    voice.say("one")
    deadline_s = time.monotonic() + 20.0
    while voice.state == "on" and time.monotonic() < deadline_s:
        time.sleep(0.01)
    assert voice.state == "off: the system's voice failed"
    assert heard.spoke == [True, False]


def test_without_a_voice_it_is_silent_and_says_so() -> None:
    heard = Heard()
    voice = Voice(heard, [Speaker("no-such-voice")])
    voice.say("one")
    voice.hush()
    assert voice.state == "off: this system has no voice"
    assert heard.spoke == []


@pytest.mark.parametrize(("text", "level_db"), [("", -9.0), ("  ", -9.0), ("one", -math.inf)])
def test_nothing_to_say_runs_nothing(tmp_path: Path, text: str, level_db: float) -> None:
    heard = Heard()
    Voice(heard, python("import time; time.sleep(60)")).say(text, level_db)
    time.sleep(0.05)
    assert heard.spoke == []


@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="no espeak-ng here: the real voice was not tried")
@pytest.mark.parametrize(
    ("text", "language"), [("Bring the bar into the band", "en"), ("Der Balken soll ins Band", "de")]
)
@pytest.mark.parametrize("level_db", [0.0, -18.0])
def test_the_real_voice_speaks_at_its_level(tmp_path: Path, text: str, language: str, level_db: float) -> None:
    speaker, wave = speakers("linux")[0], tmp_path / "said.wav"
    command = [*speaker.command(text, speaker.percent(level_db), language), "-w", str(wave)]
    subprocess.run(command, input=text.encode(), check=True, timeout=20)
    _, samples = scipy.io.wavfile.read(wave)
    assert 20 * math.log10(np.abs(samples / 32768.0).max()) == pytest.approx(-9.0 + level_db, abs=4.0)


def test_every_system_has_a_way_to_speak() -> None:
    assert [one.program for one in speakers("linux")] == ["espeak-ng", "espeak", "spd-say"]
    assert speakers("linux")[2].command("-x", 50, "de") == ["spd-say", "--wait", "--language", "de", "--", "-x"]
    assert speakers("darwin")[0].command("Hello", 50, "de") == ["say", "-f", "-"]
    assert "$voice.Volume = 50;" in speakers("win32")[0].command("Hello", 50, "de")[-1]


@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="no espeak-ng here: the real voice was not tried")
def test_the_real_voice_ducks_what_sounds() -> None:
    sound = Sound(backends=())
    heard = Heard()
    voice = Voice(lambda on: (sound.synth.speaking(on), heard(on))[0], [speakers("linux")[0]])
    voice.say("Hold", -12.0)
    heard.wait(1)
    sound.synth.render(256)
    assert sound.synth._singles.arbiter.speaking
    heard.wait(2)
    sound.synth.render(256)
    assert not sound.synth._singles.arbiter.speaking
    assert voice.state == "on"


@pytest.mark.parametrize("platform", ["linux", "win32"])
def test_the_language_reaches_every_system_that_can_be_told(platform: str) -> None:
    for speaker in speakers(platform):
        assert "de" in " ".join(speaker.command("Heben", 50, "de")).replace("'de'", " de ").split()


@pytest.mark.parametrize("language", ["", "DE", "d", "de'; rm", "ar-pseudo"])
def test_a_language_that_is_none_reaches_no_program(language: str) -> None:
    with pytest.raises(ValueError, match="no code of a language"):
        Voice(Heard(), python("")).say("one", -9.0, language)
