"""How late a sound is heard: play chimes, listen to them through an input, and see how far apart they are.

With a microphone this is the whole path through the air; with a sound server's monitor it ends at the server. The
input's own delay is taken off as far as the library tells it.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from biofeedback.outputs.players import LATENCY_S, NoSoundError, quieten_alsa
from biofeedback.outputs.sound import STARTING_S, Sound
from biofeedback.outputs.synth import SAMPLING_RATE_HZ
from biofeedback.outputs.tones import single_sound
from biofeedback.stream import host_time_s

LONGEST_S = 0.8
_APART_S, _JITTER_S = 1.0, 0.25
_WARM_BLOCKS = 200
_LIKE = 0.5  # correlation from which a chime is believed

Recording = NDArray[np.float64]


class Listener:
    """Records one channel of the default input. Raises `NoSoundError` where there is none."""

    def __init__(self) -> None:
        self._blocks: list[tuple[float, Recording]] = []
        try:
            import sounddevice

            quieten_alsa()
        except (ImportError, OSError) as error:
            raise NoSoundError(str(error)) from error

        def callback(data: NDArray[np.float32], _n_frames: int, times: Any, _status: Any) -> None:
            age_s = float(times.currentTime - times.inputBufferAdcTime)
            age_s = age_s if 0.0 <= age_s < LONGEST_S else len(data) / SAMPLING_RATE_HZ
            self._blocks.append((host_time_s() - age_s, data[:, 0].astype(np.float64)))

        try:
            self._stream = sounddevice.InputStream(
                samplerate=SAMPLING_RATE_HZ, channels=1, dtype="float32", latency=LATENCY_S, callback=callback
            )
            self._stream.start()
        except (sounddevice.PortAudioError, OSError, ValueError) as error:
            raise NoSoundError(str(error)) from error

    def stop(self) -> tuple[float, Recording]:
        """Stop, and return the host time of the first sample and all samples; empty if nothing came."""
        self._stream.close(ignore_errors=True)
        if not self._blocks:
            return 0.0, np.zeros(0)
        lengths = np.array([len(data) for _, data in self._blocks])
        before_s = (np.cumsum(lengths) - lengths) / SAMPLING_RATE_HZ
        starts_s = np.array([at_s for at_s, _ in self._blocks]) - before_s
        return float(np.median(starts_s)), np.concatenate([data for _, data in self._blocks])


def delays_ms(first_s: float, recording: Recording, decided_s: Sequence[float]) -> list[float]:
    """Find the chimes in a recording that begins at host time `first_s`; one that is not heard has no delay.

    Parameters
    ----------
    first_s, recording
        Host time of the first sample; shape (n_samples,) at 48 kHz, any level.
    decided_s
        Host times at which chimes were asked for, at least a second apart.
    """
    chime = single_sound("chime", SAMPLING_RATE_HZ)
    found: list[float] = []
    for at_s in decided_s:
        begin = round((at_s - first_s) * SAMPLING_RATE_HZ)
        if begin < 0:
            continue
        heard = recording[begin : begin + round(LONGEST_S * SAMPLING_RATE_HZ) + len(chime)]
        if len(heard) <= len(chime) or not heard.any():
            continue
        n_fft = 1 << (len(heard) + len(chime)).bit_length()
        like = np.fft.irfft(np.fft.rfft(heard, n_fft) * np.conj(np.fft.rfft(chime, n_fft)), n_fft)
        like = like[: len(heard) - len(chime) + 1]
        energy = np.concatenate(([0.0], np.cumsum(heard**2)))
        energy = np.maximum(energy[len(chime) :] - energy[: -len(chime)], 1e-12)
        like = np.abs(like) / np.sqrt(energy * (chime**2).sum())
        if like.max() >= _LIKE:
            found.append(float(np.argmax(like)) / SAMPLING_RATE_HZ * 1000.0)
    return found


class Measurement:
    """A measurement that goes on in a thread of its own; look at ``over``, then at the rest.

    Attributes
    ----------
    delay_ms
        How late a chime was heard, the median; None if none was.
    failure
        Why nothing could be listened with, in the library's words.
    """

    def __init__(self, sound: Sound, seconds: float) -> None:
        self.over = False
        self.delay_ms: float | None = None
        self.failure = ""
        self._stopped = threading.Event()
        threading.Thread(target=self._run, args=(sound, seconds), name="sound measurement", daemon=True).start()

    @property
    def stopped(self) -> bool:
        """Whether it was told to stop."""
        return self._stopped.is_set()

    def stop(self) -> None:
        """Play no more chimes: something else goes on."""
        self._stopped.set()

    def _run(self, sound: Sound, seconds: float) -> None:
        try:
            heard = measure(sound, seconds, self._stopped)
            self.delay_ms = float(np.median(heard)) if heard else None
        except NoSoundError as error:
            self.failure = str(error)
        finally:
            self.over = True


def measure(sound: Sound, seconds: float, stopped: threading.Event | None = None) -> list[float]:
    """Play chimes for so long on a sound that plays, and return how late each was heard, in ms.

    Once ``stopped`` is set, no other one is played.

    Raises
    ------
    NoSoundError
        If there is no input to listen with.
    """
    listener = Listener()
    decided_s: list[float] = []
    running_by_s = host_time_s() + STARTING_S
    begun = sound.blocks
    while sound.blocks < begun + _WARM_BLOCKS and host_time_s() < running_by_s:
        time.sleep(0.02)  # a server may ask for its first buffers and then take its time
    until_s = host_time_s() + max(seconds, 2 * _APART_S)
    while host_time_s() < until_s - _APART_S and not (stopped is not None and stopped.is_set()):
        decided_s.append(host_time_s())
        sound.synth.play("chime", decided_s[-1], by_hand=True)
        time.sleep(_APART_S + random.uniform(0.0, _JITTER_S))  # not in step with the device's blocks
    time.sleep(LONGEST_S)
    return delays_ms(*listener.stop(), decided_s)
