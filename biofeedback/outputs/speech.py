"""Spoken prompts by the voice the system has: espeak or speech-dispatcher, ``say``, or Windows' own.

A program of the system speaks; text reaches it on its standard input or as one argument, never through a shell.
"""

from __future__ import annotations

import logging
import math
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

VoiceState = Literal["on", "off: this system has no voice", "off: the system's voice failed"]

LONGEST_S = 15.0
_LANGUAGE = re.compile("[a-z]{2,3}")

_WINDOWS = (
    "[Console]::InputEncoding = [Text.Encoding]::UTF8; Add-Type -AssemblyName System.Speech; "
    "$voice = New-Object System.Speech.Synthesis.SpeechSynthesizer; $voice.Volume = {percent}; "
    "try { $voice.SelectVoiceByHints('NotSet', 'NotSet', 0, [Globalization.CultureInfo]'{language}') } catch { }; "
    "$voice.Speak([Console]::In.ReadToEnd())"
)
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Speaker:
    """A program that speaks what it reads.

    In its arguments ``{percent}`` is the volume, 0 to 100, and ``{language}`` the language, such as ``de``.
    """

    program: str
    arguments: tuple[str, ...] = ()
    text_last: bool = False  # the text is its last argument instead
    full_db: float = 0.0  # so far below its own full volume speech peaks near −9 dBFS, as the other sounds expect

    def percent(self, level_db: float) -> int:
        """Return the volume for a level below full."""
        return max(round(100 * 10 ** (min(level_db + self.full_db, 0.0) / 20)), 1)

    def command(self, text: str, percent: int, language: str) -> list[str]:
        """Return what is run."""
        filled = [
            argument.replace("{percent}", str(percent)).replace("{language}", language) for argument in self.arguments
        ]
        return [self.program, *filled, *([text] if self.text_last else [])]


def speakers(platform: str = sys.platform) -> Sequence[Speaker]:
    """Return the programs that may be there, the best first: those that can be cut short."""
    if platform == "darwin":
        return (Speaker("say", ("-f", "-")),)
    if platform == "win32":
        return (Speaker("powershell", ("-NoProfile", "-NonInteractive", "-Command", _WINDOWS)),)
    espeak = ("-v", "{language}", "-a", "{percent}", "--stdin")
    return (
        Speaker("espeak-ng", espeak, full_db=-6.5),
        Speaker("espeak", espeak, full_db=-6.5),
        Speaker("spd-say", ("--wait", "--language", "{language}", "--"), text_last=True),
    )


class Voice:
    """Speaks one text at a time; a newer one cuts the older short. Nothing here waits.

    Parameters
    ----------
    speaking
        Told True when speech begins and False when it ends, from a thread of this object's own.
    among
        Programs to look for; the system's usual ones if left out.
    """

    def __init__(self, speaking: Callable[[bool], None], among: Sequence[Speaker] | None = None) -> None:
        self._speaking = speaking
        found = (speaker for speaker in (speakers() if among is None else among) if shutil.which(speaker.program))
        self._speaker = next(found, None)
        self._state: VoiceState = "on" if self._speaker is not None else "off: this system has no voice"
        self._one = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._turn = 0

    @property
    def state(self) -> VoiceState:
        """Whether it can speak, and if not, why."""
        return self._state

    def say(self, text: str, level_db: float = 0.0, language: str = "en") -> None:
        """Speak exactly this text at a level below the voice's own (−∞: not at all), with a voice of its language.

        Raises
        ------
        ValueError
            If ``language`` is no code of two or three small letters.
        """
        if not _LANGUAGE.fullmatch(language):
            raise ValueError(f"{language!r} is no code of a language")
        self.hush()
        if self._speaker is None or not text.strip() or level_db == -math.inf:
            return
        command = self._speaker.command(text, self._speaker.percent(level_db), language)
        spoken = b"" if self._speaker.text_last else text.encode()
        threading.Thread(target=self._speak, args=(self._turn, command, spoken), name="speech", daemon=True).start()

    def hush(self) -> None:
        """Fall silent at once."""
        self._turn += 1
        process = self._process
        if process is not None:
            process.kill()

    def _speak(self, turn: int, command: list[str], spoken: bytes) -> None:
        with self._one:
            if turn != self._turn:
                return
            try:
                self._process = subprocess.Popen(
                    command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
                )
            except OSError as error:
                self._failed(str(error))
                return
            self._speaking(True)
            try:
                if turn != self._turn:
                    self._process.kill()
                self._process.communicate(spoken, LONGEST_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            finally:
                self._speaking(False)
                process, self._process = self._process, None
            if process.returncode and turn == self._turn:
                self._failed(f"{command[0]} ended with code {process.returncode}")

    def _failed(self, why: str) -> None:
        self._state = "off: the system's voice failed"
        _log.warning("no speech: %s", why)
