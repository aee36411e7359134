"""Servers on the network: one connection for data, and a second one for the dialogue where the server wants it.

A thread for each waits in ``recv`` and hands over what came, stamped with the host time at which it was read.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections import deque
from collections.abc import Mapping

from biofeedback.devices.base import DeviceError
from biofeedback.devices.transports.base import LinkCondition, LinkLostError, Received
from biofeedback.stream import host_time_s

_PIECE_BYTES = 65536
_CONNECT_WITHIN_S = 3.0


class TcpTransport:
    """A TCP connection, or several to one server.

    Parameters
    ----------
    ports
        By the origin of what comes from them; what is written goes to the first. "control" sends no data.
    unit_bytes
        Length of a frame of data by origin, for servers that mark no frames: `discard_input` drops whole ones only.
    """

    def __init__(self, host: str, ports: Mapping[str, int], unit_bytes: Mapping[str, int] | None = None) -> None:
        self._host = host
        self._ports = dict(ports)
        self._unit_bytes = dict(unit_bytes or {})
        self._connections: list[_Connection] = []
        self._pieces: deque[Received] = deque()
        self._news = asyncio.Event()
        self._passed_bytes: dict[str, int] = {}
        self._cut: set[str] = set()

    @property
    def name(self) -> str:
        """Host and first port."""
        return f"{self._host}:{next(iter(self._ports.values()))}"

    @property
    def condition(self) -> LinkCondition:
        """Nothing: a connection knows only bytes."""
        return LinkCondition()

    async def open(self) -> None:
        """Connect and begin to read.

        Raises
        ------
        DeviceError
            If the server cannot be reached, or refuses.
        """
        await self.close()
        loop = asyncio.get_running_loop()
        self._pieces, self._news = deque(), asyncio.Event()
        self._passed_bytes, self._cut = dict.fromkeys(self._ports, 0), set()
        for origin, port in self._ports.items():
            line = await loop.run_in_executor(None, _connected, self._host, port)
            connection = _Connection(line, origin, self._pieces, self._news, loop)
            self._connections.append(connection)
            connection.start()

    async def read(self) -> Received:
        """Wait for the next piece of bytes.

        Raises
        ------
        LinkLostError
            If the connection is gone.
        """
        while True:
            while not self._pieces:
                if not self._connections or any(one.is_over for one in self._connections):
                    raise LinkLostError(f"{self.name} has closed the connection, or is out of reach.")
                self._news.clear()
                await self._news.wait()
            piece = self._pieces.popleft()
            if (piece := self._from_a_frames_begin(piece)).data:
                return piece

    def _from_a_frames_begin(self, piece: Received) -> Received:
        """Count the bytes of data; behind discarded ones, leave out the rest of a frame."""
        passed, unit = self._passed_bytes[piece.origin], self._unit_bytes.get(piece.origin, 1)
        rest = -passed % unit if piece.origin in self._cut else 0
        self._passed_bytes[piece.origin] += len(piece.data)
        if len(piece.data) >= rest:
            self._cut.discard(piece.origin)
        return Received(piece.data[rest:], piece.arrived_s, piece.origin)

    async def write(self, data: bytes, to: str = "") -> None:
        """Send bytes to the server, to its command port if it has one.

        Raises
        ------
        LinkLostError
            If the connection is gone.
        """
        if not self._connections:
            raise LinkLostError(f"{self.name} is not connected.")
        try:
            await asyncio.get_running_loop().run_in_executor(None, self._connections[0].line.sendall, data)
        except OSError as error:
            raise LinkLostError(f"{self.name} takes no data: the connection is gone.") from error

    def discard_input(self) -> None:
        """Forget the pieces that have not been read."""
        for piece in self._pieces:
            self._passed_bytes[piece.origin] += len(piece.data)
        self._cut = set(self._ports)
        self._pieces.clear()

    async def close(self) -> None:
        """Close the connections. Safe to call twice."""
        connections, self._connections = self._connections, []
        self._news.set()
        for connection in connections:
            await asyncio.get_running_loop().run_in_executor(None, connection.stop)


class _Connection(threading.Thread):
    """One connection and the thread that reads it."""

    def __init__(
        self,
        line: socket.socket,
        origin: str,
        pieces: deque[Received],
        news: asyncio.Event,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        super().__init__(name="read tcp", daemon=True)
        self.line = line
        self.is_over = False
        self._origin, self._pieces, self._news, self._loop = origin, pieces, news, loop

    def run(self) -> None:
        """Hand over what comes until nothing can come any more."""
        with contextlib.suppress(OSError):
            while data := self.line.recv(_PIECE_BYTES):
                self._hand_over(Received(data, host_time_s(), self._origin))
        self._hand_over(None)

    def stop(self) -> None:
        """Close the connection, and wait for the thread."""
        with contextlib.suppress(OSError):
            self.line.shutdown(socket.SHUT_RDWR)
        self.line.close()
        self.join(timeout=2.0)

    def _hand_over(self, piece: Received | None) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed
            self._loop.call_soon_threadsafe(self._take, piece)

    def _take(self, piece: Received | None) -> None:
        if piece is None:
            self.is_over = True
        else:
            self._pieces.append(piece)
        self._news.set()


def _connected(host: str, port: int) -> socket.socket:
    place = f"{host}:{port}"
    try:
        line = socket.create_connection((host, port), timeout=_CONNECT_WITHIN_S)
    except socket.gaierror as error:
        raise DeviceError(f"{host} is no known computer. Check the name, or give its number (IP address).") from error
    except ConnectionRefusedError as error:
        raise DeviceError(f"Nobody answers on {place}. Start the sensor's server there, and check the port.") from error
    except OSError as error:
        raise DeviceError(
            f"{place} cannot be reached. Check that it is switched on, and in the same network."
        ) from error
    line.settimeout(None)
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    line.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    return line
