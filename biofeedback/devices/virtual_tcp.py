"""A device made of software that speaks a profile's firmware as a server on this computer."""

from __future__ import annotations

import contextlib
import select
import socket
import threading
from typing import Any

from biofeedback.devices.base import DeviceError
from biofeedback.devices.links import CONTROL, Step, TcpLink
from biofeedback.devices.profiles import Profile
from biofeedback.devices.virtual import Source, VirtualDevice
from biofeedback.stream import host_time_s

_HOST = "127.0.0.1"
_WAKE_EVERY_S = 0.004
_ATTEMPTS = 20


class VirtualTcpDevice(VirtualDevice):
    """Serves a profile's firmware on this computer only: data, and a second port for commands if the profile has one.

    Parameters
    ----------
    first_port
        The first of its ports; 0 takes any that is free.

    Raises
    ------
    DeviceError
        If the profile has no ``tcp`` link.
    """

    def __init__(self, profile: Profile, source: Source, first_port: int = 0, **options: Any) -> None:
        if profile.tcp is None:
            raise DeviceError(f"{profile.id} does not speak over TCP; leave out --tcp.")
        self._net = profile.tcp
        self._wanted = first_port
        self._listeners: dict[str, socket.socket] = {}
        self._clients: dict[str, socket.socket | None] = {}
        super().__init__(profile, source, **options)

    @property
    def port(self) -> str:
        """What to connect to: ``tcp:127.0.0.1:50040``."""
        if not self._listeners:
            raise DeviceError("The virtual device is unplugged.")
        return f"tcp:{_HOST}:{_number(next(iter(self._listeners.values())))}"

    def plug(self) -> None:
        """Listen, with the firmware freshly switched on.

        Raises
        ------
        DeviceError
            If a port is taken.
        """
        if self._listeners:
            return
        self._listeners = _listening(self._net, self._wanted)
        self._clients = dict.fromkeys(self._listeners)
        self._wanted = _number(next(iter(self._listeners.values())))  # the same again after `unplug`
        self._switch_on()
        self._stopping.clear()
        self._thread = threading.Thread(target=self._serve_clients, name="virtual device", daemon=True)
        self._thread.start()

    def unplug(self) -> None:
        """Close all connections and stop listening."""
        if self._thread is None:
            return
        self._stopping.set()
        self._thread.join()
        for one in (*self._clients.values(), *self._listeners.values()):
            if one is not None:
                one.close()
        self._thread, self._listeners, self._clients = None, {}, {}

    def _switch_on(self) -> None:
        super()._switch_on()
        self._lines = {origin: bytearray() for origin in self._net.ports(None)} | {"": self._outgoing}
        self._replies = self._lines.get(CONTROL, self._outgoing)

    def _line(self, origin: str) -> bytearray:
        return self._lines[origin]

    def _known_steps(self) -> list[Step]:
        asked = [step for query in self._net.rates for step in (query.samples, query.interval)]
        return [*super()._known_steps(), *asked]

    def _serve_clients(self) -> None:
        while not self._stopping.is_set():
            callers = {one: origin for origin, one in self._listeners.items()}
            clients = {one: origin for origin, one in self._clients.items() if one is not None}
            for ready in select.select([*callers, *clients], [], [], _WAKE_EVERY_S)[0]:
                if ready in callers:
                    self._welcome(callers[ready])
                else:
                    self._listen_to(clients[ready])
            if self._streaming and self._clients[""] is not None:
                self._sample()
            for origin, waiting in self._lines.items():
                self._say(origin, waiting)

    def _welcome(self, origin: str) -> None:
        """Take a new client; the one before is let go, and what was meant for it forgotten."""
        if (before := self._clients[origin]) is not None:
            before.close()
        client, _ = self._listeners[origin].accept()
        client.setblocking(False)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._clients[origin] = client
        for waiting in self._lines.values():
            waiting.clear()
        self._heard = b""
        if not self._profile.dialogue.start:
            self._began_s, self._next_tick = host_time_s(), 0

    def _listen_to(self, origin: str) -> None:
        client = self._clients[origin]
        heard = b""
        with contextlib.suppress(OSError):
            heard = client.recv(4096) if client else b""
        if heard:
            self._heard += heard
            self._obey()
        elif client is not None:
            client.close()
            self._clients[origin] = None

    def _say(self, origin: str, waiting: bytearray) -> None:
        client = self._clients[origin]
        if client is None:
            waiting.clear()
            return
        with contextlib.suppress(OSError):  # full, or gone: `_listen_to` sees which
            while waiting:
                del waiting[: client.send(waiting[:65536])]


def _listening(link: TcpLink, first_port: int) -> dict[str, socket.socket]:
    """Return a listening socket for each port, the one for commands first; try again where only the first was free."""
    for _ in range(_ATTEMPTS):
        listeners: dict[str, socket.socket] = {}
        try:
            first = _listener(first_port)
            origins = link.ports(_number(first))
            listeners[next(iter(origins))] = first
            for origin, port in list(origins.items())[1:]:
                listeners[origin] = _listener(port)
        except (OSError, OverflowError) as error:
            for one in listeners.values():
                one.close()
            if first_port:
                raise DeviceError(f"Port {first_port} is taken. Choose another one.") from error
        else:
            return listeners
    raise DeviceError("No neighbouring ports are free on this computer. Name one.")


def _number(listener: socket.socket) -> int:
    return listener.getsockname()[1]


def _listener(port: int) -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((_HOST, port))
        listener.listen(1)
    except BaseException:
        listener.close()
        raise
    return listener
