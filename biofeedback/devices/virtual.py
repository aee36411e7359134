"""A device made of software that speaks a profile's firmware on a pseudo-terminal: the real transport can read it."""

from __future__ import annotations

import os
import select
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from biofeedback.devices.base import DeviceError
from biofeedback.devices.drivers.layouts import spoken
from biofeedback.devices.drivers.speech import Speech
from biofeedback.devices.links import Step
from biofeedback.devices.profiles import Profile
from biofeedback.stream import host_time_s

Source = Callable[[float, int], Mapping[str, NDArray[np.float64]]]
"""``source(from_s, n_ticks)`` returns, by stream id, SI samples of shape (n_ticks, n_channels), at every tick."""

_WAKE_EVERY_S = 0.004
_LONGEST_COMMAND = 64
_FULL_BYTES = 65536


@dataclass(slots=True)
class Faults:
    """How often something goes wrong, as a share of the frames; may be changed while the device runs."""

    dropped: float = 0.0
    duplicated: float = 0.0
    garbage: float = 0.0
    flipped: float = 0.0
    rate_error: float = 0.0


@dataclass(slots=True)
class Sent:
    """What a virtual device has sent: the tick of each frame on the line, and the counts by stream and tick."""

    ticks: list[int] = field(default_factory=list[int])
    counts: dict[str, dict[int, NDArray[Any]]] = field(default_factory=dict[str, dict[int, NDArray[Any]]])


class VirtualDevice:
    """Serves a profile's firmware on a pseudo-terminal (Linux and macOS).

    Parameters
    ----------
    link
        A symbolic link to keep pointing at the pseudo-terminal, so that the port has the same name after `plug`.
    remember
        Whether to keep all that was sent in ``sent``, for comparison.
    """

    def __init__(
        self,
        profile: Profile,
        source: Source,
        *,
        settings: Mapping[str, str] | None = None,
        link: Path | None = None,
        faults: Faults | None = None,
        seed: int = 0,
        remember: bool = False,
    ) -> None:
        self._profile = spoken(profile.configured(settings))
        self._source = source
        self._speech = Speech(self._profile)
        self._encoder = self._speech.encoder
        self._link = link
        self._remember = remember
        self._random = np.random.default_rng(seed)
        self._file = profile
        self._answers = _answers(self._known_steps())
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()
        self._ends: tuple[int, int] | None = None
        self.faults = faults or Faults()
        self.sent = Sent()
        self.obeyed: list[bytes] = []
        self._switch_on()

    @property
    def port(self) -> str:
        """Name of the port to open: the link if there is one, else the pseudo-terminal."""
        return self._terminal() if self._link is None else str(self._link)

    def _terminal(self) -> str:
        if self._ends is None:
            raise DeviceError("The virtual device is unplugged.")
        return os.ttyname(self._ends[1])

    def __enter__(self) -> VirtualDevice:
        self.plug()
        return self

    def __exit__(self, *_: object) -> None:
        self.unplug()

    def plug(self) -> None:
        """Appear as a port, with the firmware freshly switched on.

        Raises
        ------
        DeviceError
            On Windows, which has no pseudo-terminals; or if the link's name is taken or cannot be made.
        """
        if self._ends is not None:
            return
        ends = _open_raw_terminal()
        try:
            if self._link is not None:
                _link(self._link, os.ttyname(ends[1]))
        except DeviceError:
            for end in ends:
                os.close(end)
            raise
        self._ends = ends
        self._switch_on()
        self._stopping.clear()
        self._thread = threading.Thread(target=self._serve, args=(self._ends[0],), name="virtual device", daemon=True)
        self._thread.start()

    def unplug(self) -> None:
        """Disappear, as if the cable were pulled out."""
        if self._ends is None or self._thread is None:
            return
        self._stopping.set()
        self._thread.join()
        if self._link is not None and self._link.is_symlink() and str(self._link.readlink()) == self._terminal():
            self._link.unlink()
        for end in self._ends:
            os.close(end)
        self._ends = self._thread = None

    def _switch_on(self) -> None:
        self._streaming = not self._profile.dialogue.start
        self._began_s = host_time_s()
        self._next_tick = 0
        self._heard = b""
        self._outgoing = bytearray()
        self._replies = self._outgoing  # one line carries both

    def _known_steps(self) -> list[Step]:
        """Return all that may be asked of the firmware."""
        dialogue = self._file.dialogue
        settings = [step for setting in self._file.settings for option in setting.options for step in option.steps]
        asked = self._file.layout.questions if self._file.layout else ()
        felt = [step for vibration in self._file.vibrations for step in vibration.steps]
        spoken = (*dialogue.open, *dialogue.start, *dialogue.stop, *dialogue.identify)
        return [*spoken, *settings, *asked, *felt]

    def _serve(self, master: int) -> None:
        while not self._stopping.is_set():
            ready, _, _ = select.select([master], [], [], _WAKE_EVERY_S)
            if ready:
                self._heard += os.read(master, 4096)
                self._obey()
            if self._streaming:
                self._sample()
            self._push(master)

    def _push(self, master: int) -> None:
        """Give the line what it takes; if nobody reads, the newest is lost, as on a real line."""
        try:
            while self._outgoing:
                del self._outgoing[: os.write(master, self._outgoing[:1024])]
        except BlockingIOError:
            pass

    def _obey(self) -> None:
        """Carry out the commands heard; a byte that begins none is ignored."""
        while self._heard:
            command = next((one for one in self._answers if self._heard.startswith(one)), None)
            if command is None and any(one.startswith(self._heard) for one in self._answers):
                return
            self._heard = self._heard[len(command) if command else 1 :][-_LONGEST_COMMAND:]
            if command is None:
                continue
            self._replies += self._answers[command]
            self.obeyed.append(command)
            if command in _commands(self._profile.dialogue.stop):
                self._streaming = False
            if command in _commands(self._profile.dialogue.start):
                self._streaming, self._began_s, self._next_tick = True, host_time_s(), 0

    def _sample(self) -> None:
        """Send the frames that are due by now."""
        rate_hz = self._encoder.rate_hz * (1 + self.faults.rate_error)
        n_ticks = int((host_time_s() - self._began_s) * rate_hz) - self._next_tick
        if n_ticks <= 0:
            return
        first = self._next_tick
        self._next_tick += n_ticks
        if len(self._outgoing) > _FULL_BYTES:
            return
        samples = self._source(first / self._encoder.rate_hz, n_ticks)
        counts = {}
        for stream in self._profile.streams:
            due = self._encoder.due(stream, first, n_ticks)
            counts[stream.id] = self._encoder.counts(stream, samples[stream.id][due - first])
            if self._remember:
                self.sent.counts.setdefault(stream.id, {}).update(zip(due.tolist(), counts[stream.id], strict=True))
        said: dict[tuple[int, str], bytes] = {}
        for tick, origin, frame in self._speech.pieces(counts, first, n_ticks):
            said[tick, origin] = said.get((tick, origin), b"") + frame
        for (tick, origin), frames in said.items():
            self._send(tick, frames, self._line(origin))

    def _line(self, origin: str) -> bytearray:
        """Return what waits to go over a connection."""
        return self._outgoing

    def _send(self, tick: int, frame: bytes, line: bytearray) -> None:
        """Put one frame on the line, with the faults that are asked for."""
        chance = self._random.random(4)
        if chance[0] < self.faults.dropped:
            return
        if chance[1] < self.faults.garbage:
            line += self._random.bytes(int(self._random.integers(1, 80)))
        if chance[2] < self.faults.flipped:
            damaged = bytearray(frame)
            damaged[int(self._random.integers(len(frame)))] ^= 1 << int(self._random.integers(8))
            frame = bytes(damaged)
        line += frame * (2 if chance[3] < self.faults.duplicated else 1)
        if self._remember:
            self.sent.ticks.append(tick)


def _commands(steps: tuple[Step, ...]) -> list[bytes]:
    return [step.command for step in steps if step.command]


def _answers(steps: list[Step]) -> dict[bytes, bytes]:
    """Return all commands the firmware knows, the longest first, with what it answers."""
    known = {step.command: step.answer for step in steps if step.command}
    return dict(sorted(known.items(), key=lambda one: -len(one[0])))


def _link(link: Path, terminal: str) -> None:
    """Point a link at a pseudo-terminal; one that a killed run left behind is replaced, and nothing else."""
    try:
        if link.is_symlink() and link.readlink().parent == Path(terminal).parent and not link.exists():
            link.unlink()
        link.symlink_to(terminal)
    except FileExistsError as error:
        raise DeviceError(f"{link}: is there already; choose another name for the link, or delete that") from error
    except OSError as error:
        raise DeviceError(
            f"{link}: its folder is missing or cannot be written; choose another name for the link"
        ) from error


def _open_raw_terminal() -> tuple[int, int]:
    """Return both ends of a pseudo-terminal that changes no byte; the device's end never blocks."""
    try:
        import tty
    except ImportError as error:
        raise DeviceError("Virtual serial ports need Linux or macOS. Use the simulated person instead.") from error
    master, slave = os.openpty()
    tty.setraw(slave)
    os.set_blocking(master, False)
    return master, slave
