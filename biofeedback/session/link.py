"""The only file that knows there are two processes: an engine that runs the session, and the windows.

The engine listens on a local socket (a named pipe on Windows) for commands, one JSON value each, and shares a page of
memory (`ring`) that the windows pull from. Where to find it stands in ``engine.json`` in the user's folder, readable by
its owner only. A window that dies leaves the engine as it is; a new window reads the same file and goes on.
"""

from __future__ import annotations

import logging
import os
import secrets
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Connection, Listener
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from biofeedback.session.ring import RingReader, RingWriter
from biofeedback.session.room.commands import AnyCommand
from biofeedback.session.room.view import RoomView
from biofeedback.session.view import SessionView

_log = logging.getLogger(__name__)
_ALIVE_WITHIN_S = 1.0
_START_S = 60.0  # on a machine that is very busy
_COMMANDS: msgspec.json.Decoder[AnyCommand] = msgspec.json.Decoder(AnyCommand)
_LINK_LOST = (OSError, EOFError, AuthenticationError)


class LinkError(Exception):
    """The engine cannot be reached or started. The message is one line that says what to do."""


class Address(msgspec.Struct, frozen=True):
    """Where an engine listens."""

    pid: int
    socket: str
    key: str
    ring: str


def _address_file(folder: Path) -> Path:
    return folder / "engine.json"


def _read_address(folder: Path) -> Address | None:
    try:
        return msgspec.json.decode(_address_file(folder).read_bytes(), type=Address)
    except (OSError, msgspec.DecodeError, msgspec.ValidationError):
        return None


def _write_address(folder: Path, address: Address) -> None:
    draft = folder / f".engine-{os.getpid()}.json"
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(msgspec.json.encode(address))
    draft.replace(_address_file(folder))


def _ring_folder() -> Path:
    memory = Path("/dev/shm")
    return memory if memory.is_dir() and os.access(memory, os.W_OK) else Path(tempfile.gettempdir())


def _is_running(address: Address) -> bool:
    if sys.platform == "win32":
        try:
            ring = RingReader(Path(address.ring))
        except (OSError, ValueError):
            return False
        age_s = ring.age_s()
        ring.close()
        return age_s < 3 * _ALIVE_WITHIN_S
    try:
        os.kill(address.pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True  # somebody's process has the number
    try:
        state = Path(f"/proc/{address.pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:  # not on Linux
        return True
    return state != "Z"  # dead, and not yet waited for


def clear_away(folder: Path) -> None:
    """Remove what an engine that was killed left behind; what belongs to one that runs stays."""
    old = _read_address(folder)
    if old is None or _is_running(old):
        return
    left = [Path(old.ring), _address_file(folder)]
    left += [] if old.socket.startswith("\\\\") else [Path(old.socket)]
    for path in left:
        path.unlink(missing_ok=True)


class EngineSide:
    """What an engine publishes to its windows, and where their commands come in.

    ``on_command`` is called on a thread of this object's own: hand the command over to the loop.
    """

    def __init__(self, folder: Path, on_command: Callable[[AnyCommand], None]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        clear_away(folder)
        self._folder, self._on_command = folder, on_command
        name = f"biofeedback-{os.getpid()}-{secrets.token_hex(4)}"
        self._ring = RingWriter(_ring_folder() / f"{name}.ring")
        key = secrets.token_bytes(32)
        if sys.platform == "win32":
            self._listener = Listener(rf"\\.\pipe\{name}", "AF_PIPE", authkey=key)
        else:
            self._listener = Listener(str(Path(tempfile.gettempdir()) / f"{name}.sock"), "AF_UNIX", authkey=key)
        self._address = Address(os.getpid(), str(self._listener.address), key.hex(), str(self._ring.path))
        self._closing = False
        self.windows = 0
        threading.Thread(target=self._listen, name="link", daemon=True).start()

    def announce(self) -> None:
        """Let windows find this engine: call once it can run, so that none attaches to one that is about to fail."""
        _write_address(self._folder, self._address)

    def _listen(self) -> None:
        while not self._closing:
            try:
                connection = self._listener.accept()
            except _LINK_LOST as error:
                if not self._closing:
                    _log.debug("a window could not connect: %s", error)
                    time.sleep(0.05)
                continue
            threading.Thread(target=self._serve, args=(connection,), name="link", daemon=True).start()

    def _serve(self, connection: Connection) -> None:
        self.windows += 1
        try:
            while not self._closing:
                self._on_command(_COMMANDS.decode(connection.recv_bytes(1 << 16)))
        except _LINK_LOST:
            pass  # the window went away; the session does not mind
        except (msgspec.DecodeError, msgspec.ValidationError) as error:
            _log.warning("a window sent something that is no command: %s", error)
        finally:
            self.windows -= 1
            connection.close()

    def tick(self, row: NDArray[np.void]) -> None:
        """Publish one row of numbers."""
        self._ring.tick(row)

    def page(self, view: SessionView | None) -> None:
        """Publish the session page; None: the one of the last session no longer holds."""
        self._ring.page(view)

    def room(self, view: RoomView) -> None:
        """Publish the page of the sensor room."""
        self._ring.room(view)

    def beat(self) -> None:
        """Give a sign of life; call several times a second."""
        self._ring.beat()

    def close(self) -> None:
        """Stop listening and remove what was shared."""
        self._closing = True
        self._listener.close()
        self._ring.close()
        if _read_address(self._folder) == self._address:
            _address_file(self._folder).unlink(missing_ok=True)


class WindowSide:
    """A window's end of the link: the `SessionClient` of another process's session."""

    def __init__(self, folder: Path) -> None:
        address = _read_address(folder)
        if address is None:
            raise LinkError("no session is running")
        try:
            self._ring = RingReader(Path(address.ring))
            if self._ring.age_s() > 3 * _ALIVE_WITHIN_S:
                raise LinkError("the session that was running does not answer")
            self._connection = Client(address.socket, authkey=bytes.fromhex(address.key))
        except (*_LINK_LOST, ValueError) as error:
            raise LinkError("the session that was running has ended") from error
        self._address = address
        self.process: subprocess.Popen[str] | None = None

    def view(self) -> SessionView | None:
        """Return the newest page; the same object while nothing changed; None before the first."""
        return self._ring.view()

    def room(self) -> RoomView | None:
        """Return the newest page of the sensor room; None where there is no room, or none yet."""
        return self._ring.room()

    def ticks(self, since: int) -> tuple[NDArray[np.void], int]:
        """Return the rows from index ``since`` on, and the index after the last."""
        return self._ring.ticks(since)

    def send(self, command: AnyCommand) -> None:
        """Send a command. An engine that is gone shows in `alive`, not here."""
        try:
            self._connection.send_bytes(msgspec.json.encode(command))
        except OSError:
            _log.debug("the engine did not take %s", type(command).__name__)

    def alive(self) -> bool:
        """Whether the engine gave a sign of life within the last second."""
        return self._ring.age_s() < _ALIVE_WITHIN_S

    def ended(self) -> bool:
        """Whether the engine has gone for good, not only fallen silent."""
        if self.process is not None:
            return self.process.poll() is not None
        return not self.alive() and not _is_running(self._address)

    def wait_for_end(self, timeout_s: float) -> bool:
        """Wait until the engine has ended, its recording closed; return whether it has."""
        if self.process is not None:
            try:
                self.process.wait(timeout_s)
            except subprocess.TimeoutExpired:
                return False
            return True
        deadline = time.monotonic() + timeout_s
        while self.alive() and time.monotonic() < deadline:
            time.sleep(0.05)
        return not self.alive()

    def close(self) -> None:
        """Leave the session; it goes on."""
        self._connection.close()
        self._ring.close()


def attach(folder: Path) -> WindowSide | None:
    """Take up a session that is running, or return None."""
    try:
        return WindowSide(folder)
    except LinkError:
        return None


class Launch:
    """An engine process on its way up; make it early, and the windows while it starts.

    ``arguments`` are those of the hidden command ``biofeedback engine``. The process stays in this process's group, so
    that whoever ends the whole program ends it too.
    """

    def __init__(self, folder: Path, arguments: Sequence[str]) -> None:
        self._folder = folder
        self._started_s = time.monotonic()
        self._last_words = ""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "biofeedback", "engine", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, name="engine-messages", daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stderr is not None
        with self._process.stderr as messages:
            for line in messages:
                self._last_words = line.rstrip()
                _log.info("engine: %s", self._last_words)
        self._process.wait()

    def connect(self, timeout_s: float = _START_S) -> WindowSide:
        """Wait until it is up and connect to it.

        Raises
        ------
        LinkError
            If it ends or does not answer; with the last line it wrote.
        """
        while (client := self.poll(timeout_s)) is None:
            time.sleep(0.02)
        return client

    def poll(self, timeout_s: float = _START_S) -> WindowSide | None:
        """Connect if it is up by now; None while it is not. ``timeout_s`` counts from its start.

        Raises
        ------
        LinkError
            As `connect` does.
        """
        if self._process.poll() is not None:
            self._reader.join(1.0)
            words = self._last_words.removeprefix("biofeedback: ")
            raise LinkError(words or f"the engine ended with code {self._process.returncode}")
        address = _read_address(self._folder)
        if address is not None and address.pid == self._process.pid and (client := attach(self._folder)):
            client.process = self._process
            return client
        if time.monotonic() - self._started_s > timeout_s:
            self._process.kill()
            raise LinkError("the engine did not start in time; try again, or look at its log")
        return None
