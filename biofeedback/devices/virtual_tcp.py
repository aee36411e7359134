"""A device made of software that speaks a profile's firmware as a server on this computer."""

from __future__ import annotations

import contextlib
import select
import socket
import threading
from typing import Any

from biofeedback.devices.base import DeviceError
from biofeedback.devices.links import Step, TcpLink
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
        self._listeners: list[socket.socket] = []
        self._clients: list[socket.socket | None] = []
        super().__init__(profile, source, **options)

    @property
    def port(self) -> str:
        """What to connect to: ``tcp:127.0.0.1:50040``."""
        if not self._listeners:
            raise DeviceError("The virtual device is unplugged.")
        return f"tcp:{_HOST}:{self._listeners[0].getsockname()[1]}"

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
        self._clients = [None] * len(self._listeners)
        self._wanted = self._listeners[0].getsockname()[1]  # the same again after `unplug`
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
        for one in (*self._clients, *self._listeners):
            if one is not None:
                one.close()
        self._thread, self._listeners, self._clients = None, [], []

    def _switch_on(self) -> None:
        super()._switch_on()
        if self._net.command_port is not None:
            self._replies = bytearray()

    def _known_steps(self) -> list[Step]:
        asked = [step for query in self._net.rates for step in (query.samples, query.interval)]
        return [*super()._known_steps(), *asked]

    def _serve_clients(self) -> None:
        while not self._stopping.is_set():
            watched = [*self._listeners, *(client for client in self._clients if client is not None)]
            for ready in select.select(watched, [], [], _WAKE_EVERY_S)[0]:
                if ready in self._listeners:
                    self._welcome(self._listeners.index(ready))
                else:
                    self._listen_to(self._clients.index(ready))
            if self._streaming and self._clients[-1] is not None:
                self._sample()
            self._say(0, self._replies)
            self._say(-1, self._outgoing)

    def _welcome(self, place: int) -> None:
        """Take a new client; the one before is let go, and what was meant for it forgotten."""
        if (before := self._clients[place]) is not None:
            before.close()
        client, _ = self._listeners[place].accept()
        client.setblocking(False)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._clients[place] = client
        self._outgoing.clear()
        self._heard = b""
        if not self._profile.dialogue.start:
            self._began_s, self._next_tick = host_time_s(), 0

    def _listen_to(self, place: int) -> None:
        client = self._clients[place]
        heard = b""
        with contextlib.suppress(OSError):
            heard = client.recv(4096) if client else b""
        if heard:
            self._heard += heard
            self._obey()
        elif client is not None:
            client.close()
            self._clients[place] = None

    def _say(self, place: int, waiting: bytearray) -> None:
        client = self._clients[place]
        if client is None:
            waiting.clear()
            return
        with contextlib.suppress(OSError):  # full, or gone: `_listen_to` sees which
            while waiting:
                del waiting[: client.send(waiting[:65536])]


def _listening(link: TcpLink, first_port: int) -> list[socket.socket]:
    """Return listening sockets, the one for commands first; try again where only the first port was free."""
    for _ in range(_ATTEMPTS):
        listeners: list[socket.socket] = []
        try:
            listeners.append(_listener(first_port))
            data_port, command_port = link.ports(listeners[0].getsockname()[1])
            if command_port is not None:
                listeners.append(_listener(data_port))
        except (OSError, OverflowError) as error:
            for one in listeners:
                one.close()
            if first_port:
                raise DeviceError(f"Port {first_port} is taken. Choose another one.") from error
        else:
            return listeners
    raise DeviceError("No two neighbouring ports are free on this computer. Name one.")


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
