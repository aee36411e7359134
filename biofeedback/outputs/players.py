"""Ways to get sound out of the machine: sounddevice, miniaudio, and a clock that plays to nobody.

Each player asks a callable for the next frames from a thread of its own. Audio libraries are imported when a player
opens; whatever they raise when there is no sound becomes `NoSoundError`.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import threading
import time
from collections.abc import Callable, Generator
from functools import cache
from typing import Any, ClassVar, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from biofeedback.outputs.synth import BLOCK_FRAMES, SAMPLING_RATE_HZ
from biofeedback.stream import host_time_s

Fill = Callable[[int], NDArray[np.float32]]
Backend = Literal["sounddevice", "miniaudio", "miniaudio-null"]

LATENCY_S = 0.02


class NoSoundError(Exception):
    """No sound can be played this way; the message says why in the library's words."""


@cache
def quieten_alsa() -> object:
    """Keep ALSA from writing to standard error when it finds no device; returns what must stay alive.

    The library writes some forty lines of its own, which would hide the one that matters.
    """
    name = ctypes.util.find_library("asound")
    if name is None:
        return None
    handler = ctypes.CFUNCTYPE(None)(lambda: None)  # variadic in C: the arguments are not looked at
    try:
        ctypes.CDLL(name).snd_lib_error_set_handler(handler)
    except (OSError, AttributeError):
        return None
    return handler


class Player(Protocol):
    """What plays: it calls `fill(n_frames)` from its own thread until it is closed."""

    device: str
    audible: bool
    gaps: int
    patience_s: float  # how long it may stand still before it is taken for dead
    delay_s: float | None  # what the library says the device adds; None where it does not tell

    @property
    def alive(self) -> bool:
        """Whether the library still claims to play; some claim it for ever."""
        ...

    def close(self) -> None:
        """Stop playing and give the device back; may be called twice."""
        ...


class SounddevicePlayer:
    """Play through PortAudio. Raises `NoSoundError` when there is no library, device or server."""

    audible = True
    # It tells when a server died. With PulseAudio's null sink it stands still for 2 s on a busy machine and goes on;
    # opening it anew would make it do so again.
    patience_s = 2.5

    def __init__(self, fill: Fill) -> None:
        self.gaps = 0
        try:
            import sounddevice

            quieten_alsa()
        except (ImportError, OSError) as error:  # OSError: the PortAudio library itself is missing
            raise NoSoundError(str(error)) from error

        def callback(out: NDArray[np.float32], n_frames: int, _times: Any, status: Any) -> None:
            out[:] = fill(n_frames)
            self.gaps += bool(status.output_underflow)

        try:
            self._stream = sounddevice.OutputStream(
                samplerate=SAMPLING_RATE_HZ,
                blocksize=BLOCK_FRAMES,
                channels=2,
                dtype="float32",
                latency=LATENCY_S,
                callback=callback,
            )
            self.device = str(sounddevice.query_devices(self._stream.device)["name"])
            self._stream.start()
            self.delay_s: float | None = float(np.max(self._stream.latency))
        except (sounddevice.PortAudioError, OSError, ValueError) as error:
            raise NoSoundError(str(error)) from error
        self._error = sounddevice.PortAudioError

    @property
    def alive(self) -> bool:
        """Whether PortAudio still plays; False soon after the server died."""
        return bool(self._stream.active)

    def close(self) -> None:
        """Stop at once; a dead server's complaint is of no use to anyone."""
        try:
            self._stream.close(ignore_errors=True)
        except (self._error, OSError):
            return


class MiniaudioPlayer:
    """Play through miniaudio, which needs no system package. Raises `NoSoundError` as above.

    `null` plays into miniaudio's own null device: a real device thread that nobody hears.
    """

    patience_s = 1.0  # it claims to play for ever
    _NOT_REAL: ClassVar[frozenset[str]] = frozenset({"CUSTOM", "NULL"})

    def __init__(self, fill: Fill, *, null: bool = False) -> None:
        self.audible = not null
        self.gaps = 0  # miniaudio does not tell
        self.delay_s: float | None = None
        try:
            import miniaudio

            quieten_alsa()
        except (ImportError, OSError) as error:
            raise NoSoundError(str(error)) from error
        backends = [one for one in miniaudio.Backend if one.name not in self._NOT_REAL]
        try:
            self._device = miniaudio.PlaybackDevice(
                output_format=miniaudio.SampleFormat.FLOAT32,
                nchannels=2,
                sample_rate=SAMPLING_RATE_HZ,
                buffersize_msec=round(LATENCY_S * 1000.0 / 2.0),
                callback_periods=2,
                backends=[miniaudio.Backend.NULL] if null else backends,
            )
            self._device.start(_frames(fill))
        except (miniaudio.MiniaudioError, OSError) as error:
            raise NoSoundError(str(error)) from error
        self.device = f"miniaudio ({self._device.backend})"

    @property
    def alive(self) -> bool:
        """Whether the device was not closed; miniaudio does not notice a dead server."""
        return self._device.running

    def close(self) -> None:
        """Stop and free the device."""
        self._device.close()


def _frames(fill: Fill) -> Generator[bytes, int, None]:
    def generate() -> Generator[bytes, int, None]:
        n_frames = yield b""
        while True:
            n_frames = yield fill(n_frames).tobytes()

    generator = generate()
    next(generator)
    return generator


class NullPlayer:
    """Take the sound in real time and drop it, so that a session without a device counts and measures the same."""

    audible = False
    device = ""
    patience_s = 1.0
    delay_s: float | None = None

    def __init__(self, fill: Fill) -> None:
        self.gaps = 0
        self._fill = fill
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sound without device", daemon=True)
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    def close(self) -> None:
        """End the thread."""
        self._closing.set()
        if self._thread is not threading.current_thread():
            self._thread.join(timeout=1.0)

    def _run(self) -> None:
        block_s = BLOCK_FRAMES / SAMPLING_RATE_HZ
        due_s = host_time_s()
        while not self._closing.is_set():
            self._fill(BLOCK_FRAMES)
            due_s += block_s
            wait_s = due_s - host_time_s()
            if wait_s > 0.0:
                time.sleep(wait_s)
            elif wait_s < -LATENCY_S:  # a device would have run dry
                self.gaps += 1
                due_s = host_time_s()


def open_player(backend: Backend, fill: Fill) -> Player:
    """Open a player of one kind, or raise `NoSoundError`."""
    if backend == "sounddevice":
        return SounddevicePlayer(fill)
    return MiniaudioPlayer(fill, null=backend == "miniaudio-null")
