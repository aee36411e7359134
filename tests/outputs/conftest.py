from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from biofeedback.outputs.synth import SAMPLING_RATE_HZ as RATE_HZ
from biofeedback.outputs.synth import Synth


class Ear:
    """What the tests hear with: levels and pitches of rendered samples."""

    @staticmethod
    def full_volume() -> Synth:
        """A synthesiser at 0 dB whose volume ramp is over."""
        synth = Synth()
        synth.volume = 10
        synth.render(4800)
        return synth

    @staticmethod
    def rendered(
        synth: Synth, seconds: float, before_block: Callable[[float], None] | None = None
    ) -> NDArray[np.float64]:
        """Render in blocks of 256, calling `before_block` with the seconds rendered so far; shape (n_frames, 2)."""
        blocks = []
        for block in range(round(seconds * RATE_HZ / 256)):
            if before_block is not None:
                before_block(block * 256 / RATE_HZ)
            blocks.append(synth.render(256))
        return np.concatenate(blocks).astype(float)

    @staticmethod
    def peak_db(sound: NDArray[np.float64]) -> float:
        """Highest sample in dBFS."""
        return 20.0 * np.log10(max(float(np.abs(sound).max()), 1e-12))

    @staticmethod
    def spectrum(sound: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Frequencies in Hz, 0.2 Hz apart, and magnitudes."""
        n_fft = 1 << 18
        magnitude = np.abs(np.fft.rfft(sound * np.hanning(len(sound)), n_fft))
        return np.fft.rfftfreq(n_fft, 1.0 / RATE_HZ), magnitude

    @staticmethod
    def pitch_hz(sound: NDArray[np.float64]) -> float:
        """Frequency of the strongest partial."""
        frequencies_hz, magnitude = Ear.spectrum(sound)
        return float(frequencies_hz[np.argmax(magnitude)])

    @staticmethod
    def level_at_db(sound: NDArray[np.float64], frequency_hz: float) -> float:
        """Level of the strongest partial within 3 % of a frequency, relative to the strongest of all."""
        frequencies_hz, magnitude = Ear.spectrum(sound)
        near = np.abs(frequencies_hz / frequency_hz - 1.0) < 0.03
        return float(20.0 * np.log10(magnitude[near].max() / magnitude.max()))

    @staticmethod
    def envelope(sound: NDArray[np.float64], window_s: float = 0.002) -> NDArray[np.float64]:
        """Largest magnitude in a sliding window that ends now."""
        n_window = round(window_s * RATE_HZ)
        padded = np.concatenate([np.zeros(n_window - 1), np.abs(sound)])
        return np.lib.stride_tricks.sliding_window_view(padded, n_window).max(axis=1)


@pytest.fixture(scope="session")
def ear() -> Ear:
    """Levels and pitches of what was rendered."""
    return Ear()


@pytest.fixture
def sound_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[subprocess.Popen[bytes]]:
    """A PulseAudio of our own whose one sink plays to nobody; what is started after it finds no other server."""
    if shutil.which("pulseaudio") is None:
        pytest.skip("no pulseaudio on this machine: the path through a sound server was not tried")
    home = tmp_path
    socket = home / "native"
    for name in ("XDG_RUNTIME_DIR", "PULSE_RUNTIME_PATH", "PULSE_STATE_PATH", "HOME"):
        monkeypatch.setenv(name, str(home))
    monkeypatch.setenv("PULSE_SERVER", f"unix:{socket}")
    home.chmod(0o700)
    modules = ("module-null-sink sink_name=nobody rate=48000", f"module-native-protocol-unix socket={socket}")
    options = [option for module in modules for option in ("-L", module)]
    server = subprocess.Popen(
        ["pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no", *options],
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline_s = time.monotonic() + 5.0
        while not socket.exists():
            if server.poll() is not None or time.monotonic() > deadline_s:
                pytest.skip("pulseaudio does not start here: the path through a sound server was not tried")
            time.sleep(0.02)
        yield server
    finally:
        if server.poll() is None:
            server.kill()
        server.wait()
