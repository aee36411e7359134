"""Sound as a session sees it: a synthesiser, a device that plays it, and a plain word on how that goes.

A session never fails for want of sound. Without a device, or when the sound server dies, the synthesiser goes on in
real time into nothing: cues are counted and delays measured as before, and `Sound.state` says that nobody hears it.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from biofeedback.outputs.players import Backend, NoSoundError, NullPlayer, Player, open_player
from biofeedback.outputs.singles import Latency
from biofeedback.outputs.speech import Voice
from biofeedback.outputs.synth import Synth
from biofeedback.stream import host_time_s

State = Literal["on", "off", "off: no sound device", "off: sound server gone"]

LATE_MS = 60.0  # what listeners take for "at once"
# A server may ask for its first buffers and then take its time: 2 s with PulseAudio's null sink.
STARTING_S = 3.0
WATCH_EVERY_S = 0.1
LOOK_EVERY_S = 5.0
CLOSING_S = 1.0
MOST_REOPENINGS, IN_S, REST_S = 5, 60.0, 30.0  # a device that comes and goes more often is left alone for a while

_log = logging.getLogger(__name__)


class Sound:
    """Play a synthesiser on the first device that works.

    Parameters
    ----------
    synth
        What is played; a new one if left out.
    backends
        Ways to try, in order. Empty: no device, the sound is only counted and measured.
    measured_ms
        For each device, by name, how late it was heard in a measurement; it counts more than what the library says.
    remember
        Called with a device's name and how late it was heard, in ms, when that was measured anew.
    capture
        Called with every rendered block, shape (n_frames, 2), from the device's thread.
    """

    def __init__(
        self,
        synth: Synth | None = None,
        *,
        backends: Sequence[Backend] = ("sounddevice", "miniaudio"),
        measured_ms: Mapping[str, float] | None = None,
        remember: Callable[[str, float], None] | None = None,
        capture: Callable[[NDArray[np.float32]], None] | None = None,
    ) -> None:
        self.synth = Synth() if synth is None else synth
        self.voice = Voice(self.synth.speaking)
        self.blocks = 0
        self._backends = tuple(backends)
        self._capture = capture
        self._measured_ms = dict(measured_ms or {})
        self._remember = remember
        self._player: Player | None = None
        self._state: State = "off"
        self._gaps = 0
        self._reopened_s: deque[float] = deque(maxlen=MOST_REOPENINGS)
        self._turn = object()
        self._one_renderer = threading.Lock()
        self._closing = threading.Event()
        self._watcher: threading.Thread | None = None

    def start(self) -> None:
        """Open a device and begin to play; takes some 100 ms, never raises for want of sound."""
        if self._player is not None:
            return
        self._closing.clear()
        self._reopened_s.clear()
        self._open(self._backends, "off: no sound device")
        self._watcher = threading.Thread(target=self._watch, name="sound watch", daemon=True)
        self._watcher.start()

    def stop(self) -> None:
        """Stop playing and give the device back; what is on its way is cut."""
        self._closing.set()
        self.voice.hush()
        if self._watcher is not None:
            self._watcher.join(timeout=2.0 * CLOSING_S)
            self._watcher = None
        player, self._player = self._player, None
        self._state = "off"
        if player is not None:
            self._close(player)

    def __enter__(self) -> Sound:
        self.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def device(self) -> str:
        """The name of the device that plays; empty if none does."""
        return self._player.device if self._player is not None else ""

    @property
    def state(self) -> State:
        """Whether sound can be heard, and if not, why; muting is the synthesiser's own affair."""
        return self._state

    @property
    def delay_ms(self) -> float | None:
        """How late a sound is heard, measured or else as the library says; None where nobody knows."""
        player = self._player
        if player is None or not player.audible:
            return None
        told_ms = None if player.delay_s is None else 1000.0 * player.delay_s
        return self._measured_ms.get(player.device, told_ms)

    @property
    def late(self) -> bool:
        """Whether sound comes too late to steer a movement by, as through Bluetooth; chimes still serve."""
        return (self.delay_ms or 0.0) > LATE_MS

    def heard_after(self, device: str, delay_ms: float) -> None:
        """Take how late a device was heard: it counts from now on."""
        self._measured_ms[device] = delay_ms
        if self._remember is not None:
            self._remember(device, delay_ms)

    @property
    def gaps(self) -> int:
        """How often the device ran out of sound since the start, as far as it tells."""
        return self._gaps + (self._player.gaps if self._player is not None else 0)

    def latency(self, of: Literal["cues", "values"] = "cues") -> Latency | None:
        """Decision to first sample handed to the device, ms; what the device adds is not in it. None if none yet."""
        return self.synth.latency(of)

    def _open(self, backends: Sequence[Backend], otherwise: State) -> None:
        """Play on the first way that works, else into nothing, with the state `otherwise`."""
        player = self._opened(backends)
        if player is None:
            self._turn = object()
            self._player, self._state = NullPlayer(self._filler(self._turn)), otherwise
        else:
            self._player, self._state = player, "on" if player.audible else "off: no sound device"

    def _opened(self, backends: Sequence[Backend], level: int = logging.INFO) -> Player | None:
        """Return the first player that works, whose turn it is from now on; None: it goes on as it was."""
        for backend in backends:
            turn = object()
            try:
                player = open_player(backend, self._filler(turn))
            except NoSoundError as error:
                _log.log(level, "no sound through %s: %s", backend, error)
                continue
            self._turn = turn
            return player
        return None

    def _filler(self, turn: object) -> Callable[[int], NDArray[np.float32]]:
        """Make what one player calls. While it is another one's turn, it gets silence."""

        def fill(n_frames: int) -> NDArray[np.float32]:
            now_s = host_time_s()
            if not self._one_renderer.acquire(timeout=0.005):
                return np.zeros((n_frames, 2), dtype=np.float32)
            try:
                if turn is not self._turn:
                    return np.zeros((n_frames, 2), dtype=np.float32)
                block = self.synth.render(n_frames, now_s)
            finally:
                self._one_renderer.release()
            self.blocks += 1
            if self._capture is not None:
                self._capture(block)
            return block

        return fill

    def _watch(self) -> None:
        """See that blocks are fetched; if they are not, open anew, and failing that play into nothing.

        While nothing plays, look now and then for a device that came back or was plugged in.
        """
        opened_s = seen_s = host_time_s()
        seen = self.blocks
        while not self._closing.wait(WATCH_EVERY_S):
            now_s = host_time_s()
            player = self._player
            patience_s = STARTING_S if player is None or now_s - opened_s < STARTING_S else player.patience_s
            if self.blocks != seen:
                seen, seen_s = self.blocks, now_s
            if now_s - seen_s > patience_s or not (player and player.alive):
                self._reopen()
            elif isinstance(player, NullPlayer) and now_s - opened_s > (REST_S if self._fails else LOOK_EVERY_S):
                self._look_again()
            else:
                continue
            if self._closing.is_set() and self._player is not None:  # stopped meanwhile, and nobody waits any more
                self._close(self._player)
            opened_s = seen_s = host_time_s()

    def _look_again(self) -> None:
        """Play on a device if there is one by now, found by the last of the ways; else go on as it was.

        PortAudio knows only the devices that were there when it was loaded, and complains aloud.
        """
        player, nowhere = self._opened(self._backends[-1:], logging.DEBUG), self._player
        if player is None:
            return
        self._player, self._state = player, "on" if player.audible else "off: no sound device"
        if nowhere is not None:
            self._close(nowhere)

    def _reopen(self) -> None:
        _log.warning("the sound device stopped: %s", self.device)
        player, self._player = self._player, None
        self._turn = object()
        self._state = "off: sound server gone"
        if player is not None:
            self._gaps += player.gaps + 1
            self._close(player)
        self._open(() if self._fails else self._backends, "off: sound server gone")
        self._reopened_s.append(host_time_s())

    @property
    def _fails(self) -> bool:
        """Whether the device came and went too often of late."""
        return len(self._reopened_s) == MOST_REOPENINGS and host_time_s() - self._reopened_s[0] < IN_S

    @staticmethod
    def _close(player: Player) -> None:
        """Close a player, but do not wait for ever: a dead server may never answer."""
        closer = threading.Thread(target=player.close, name="sound close", daemon=True)
        closer.start()
        closer.join(timeout=CLOSING_S)
