"""Serial lines: USB adapters, Bluetooth serial ports, pseudo-terminals.

One thread waits for bytes and hands them to the loop at once, stamped with the host time at which they were read.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import select
import sys
import threading
from collections import deque
from collections.abc import Callable
from typing import TypeVar

import serial

from biofeedback.devices.base import DeviceError
from biofeedback.devices.transports.base import LinkCondition, LinkLostError, Received
from biofeedback.stream import host_time_s

if sys.platform == "win32":
    _SERIAL_ERRORS: tuple[type[Exception], ...] = (OSError,)
else:
    import termios

    _SERIAL_ERRORS = (OSError, termios.error)

_T = TypeVar("_T")
_PIECE_BYTES = 65536
_WRITE_TIMEOUT_S = 2.0
_EXCLUSIVE = None if sys.platform == "win32" else True  # Windows ports are always exclusive


class SerialTransport:
    """A serial port, 8 data bits, no parity, 1 stop bit, no flow control."""

    def __init__(self, port: str, baudrate: int) -> None:
        self._port = port
        self._baudrate = baudrate
        self._line: serial.Serial | None = None
        self._reader: _Reader | None = None
        self._pieces: deque[Received] = deque()
        self._news = asyncio.Event()
        self._gone: str | None = None

    @property
    def name(self) -> str:
        """The port's name."""
        return self._port

    @property
    def condition(self) -> LinkCondition:
        """Nothing: a serial line knows only bytes."""
        return LinkCondition()

    async def open(self) -> None:
        """Open the port and begin to read.

        Raises
        ------
        DeviceError
            If the port is missing, busy or not permitted.
        """
        await self.close()
        loop = asyncio.get_running_loop()
        self._pieces.clear()
        self._news = asyncio.Event()
        self._gone = None
        line = await loop.run_in_executor(None, _open_line, self._port, self._baudrate)
        pieces, news = self._pieces, self._news

        def take(piece: Received) -> None:
            pieces.append(piece)
            news.set()

        def gone(reason: str) -> None:
            if self._news is news:
                self._gone = reason
                news.set()

        self._line = line
        self._reader = _make_reader(line, _on_loop(loop, take), _on_loop(loop, gone))
        self._reader.start()

    async def read(self) -> Received:
        """Wait for bytes; all that wait come as one piece, so that a loop that fell behind catches up.

        Raises
        ------
        LinkLostError
            If the port is gone.
        """
        while not self._pieces:
            if self._gone is not None or self._line is None:
                raise LinkLostError(self._gone or f"{self._port} is closed.")
            self._news.clear()
            await self._news.wait()
        if len(self._pieces) == 1:
            return self._pieces.popleft()
        waiting, newest_s = b"".join(piece.data for piece in self._pieces), self._pieces[-1].arrived_s
        self._pieces.clear()
        return Received(waiting, newest_s)

    async def write(self, data: bytes, to: str = "") -> None:
        """Send bytes and wait until the operating system has them.

        Raises
        ------
        LinkLostError
            If the port is gone, or takes nothing for two seconds.
        """
        if self._line is None:
            raise LinkLostError(f"{self._port} is closed.")
        try:
            await asyncio.get_running_loop().run_in_executor(None, self._line.write, data)
        except _SERIAL_ERRORS as error:
            raise LinkLostError(f"{self._port} takes no data: it was pulled out or hangs.") from error

    def discard_input(self) -> None:
        """Forget the pieces that have not been read."""
        self._pieces.clear()

    async def close(self) -> None:
        """Stop reading and let go of the port."""
        reader, line = self._reader, self._line
        self._reader = self._line = None
        self._news.set()
        if reader is not None and line is not None:
            await asyncio.get_running_loop().run_in_executor(None, _shut, reader, line)


def _open_line(port: str, baudrate: int) -> serial.Serial:
    try:
        line = serial.Serial(port, baudrate, timeout=0.1, write_timeout=_WRITE_TIMEOUT_S, exclusive=_EXCLUSIVE)
    except (*_SERIAL_ERRORS, ValueError) as error:
        raise DeviceError(_advice(port, error)) from error
    low_latency = getattr(line, "set_low_latency_mode", None)
    if low_latency is not None:
        with contextlib.suppress(ValueError, *_SERIAL_ERRORS):  # not every driver can: a pseudo-terminal cannot
            low_latency(True)
    return line


def _advice(port: str, error: Exception) -> str:
    """Turn the operating system's reason into one line that tells the person what to do."""
    number, text = getattr(error, "errno", None), str(error)
    if number in (errno.ENOENT, errno.ENXIO, errno.ENODEV) or "FileNotFoundError" in text:
        return f"{port} is not there. Plug the sensor in, and see `biofeedback devices list` for the ports there are."
    if number in (errno.EBUSY, errno.EAGAIN) or "exclusively lock" in text:
        return f"{port} is used by another program. Close that program and try again."
    if "PermissionError" in text:  # Windows says so when another program holds the port
        return f"{port} is used by another program, or not permitted. Close other programs that use the sensor."
    if number in (errno.EACCES, errno.EPERM):
        return f"No permission to use {port}. Join the group that owns it (often `dialout`), then log in again."
    return f"{port} cannot be opened as a serial port ({text}). Choose another port."


def _on_loop(loop: asyncio.AbstractEventLoop, call: Callable[[_T], None]) -> Callable[[_T], None]:
    """Make a callable that another thread may use; it does nothing once the loop is closed."""

    def hand_over(value: _T) -> None:
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(call, value)

    return hand_over


def _shut(reader: _Reader, line: serial.Serial) -> None:
    reader.stop()
    with contextlib.suppress(*_SERIAL_ERRORS):
        line.close()


class _Reader(threading.Thread):
    """Reads until it is stopped or the port is gone."""

    def __init__(self, line: serial.Serial, take: Callable[[Received], None], gone: Callable[[str], None]) -> None:
        super().__init__(name=f"read {line.port}", daemon=True)
        self._line = line
        self._take = take
        self._gone = gone
        self._stopping = False

    def run(self) -> None:
        """Hand over what comes; say so when nothing can come any more."""
        try:
            while not self._stopping and (data := self._wait()) is not None:
                if data:
                    self._take(Received(data, host_time_s()))
        except (*_SERIAL_ERRORS, TypeError, ValueError):  # the last two: the port was closed under a blocked read
            pass
        if not self._stopping:
            self._gone(f"{self._line.port} is gone: it was pulled out or switched off.")

    def stop(self) -> None:
        """End the thread and wait for it."""
        self._stopping = True
        self._wake()
        self.join(timeout=2.0)

    def _wait(self) -> bytes | None:
        raise NotImplementedError

    def _wake(self) -> None:
        raise NotImplementedError


class _PosixReader(_Reader):
    """Waits with ``select`` and takes all there is: the shortest way from the driver."""

    def __init__(self, line: serial.Serial, take: Callable[[Received], None], gone: Callable[[str], None]) -> None:
        super().__init__(line, take, gone)
        self._file = line.fileno()
        self._wake_read, self._wake_write = os.pipe()

    def run(self) -> None:
        """Read, then let go of the pipe that wakes the thread."""
        super().run()
        os.close(self._wake_read)

    def _wait(self) -> bytes | None:
        ready, _, _ = select.select([self._file, self._wake_read], [], [])
        if self._wake_read in ready:
            return None
        return os.read(self._file, _PIECE_BYTES) or None  # nothing, though ready: hung up

    def _wake(self) -> None:
        os.close(self._wake_write)


class _WindowsReader(_Reader):
    """Waits for one byte, then takes what has come with it."""

    def _wait(self) -> bytes | None:
        first = self._line.read(1)
        return first + self._line.read(self._line.in_waiting) if first else b""

    def _wake(self) -> None:
        self._line.cancel_read()


def _make_reader(line: serial.Serial, take: Callable[[Received], None], gone: Callable[[str], None]) -> _Reader:
    return _WindowsReader(line, take, gone) if sys.platform == "win32" else _PosixReader(line, take, gone)
