"""What a session sees of a device, whatever it is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

from biofeedback.stream import Chunk, Event, StreamInfo

LinkState = Literal["connecting", "streaming", "lost", "closed"]
Ability = Literal["vibrate", "soften", "identify"]  # soften: it knows more than one strength of vibration


class DeviceError(Exception):
    """A device cannot be used. The message is one line that tells the person what to do."""


@dataclass(frozen=True, slots=True)
class DeviceStatus:
    """How a device is doing. A device reports one whenever the state changes, and at least once a second.

    ``rate_hz`` and ``lost_samples`` belong to the device's fastest stream; ``detail`` is one plain sentence.
    ``rate_ratio`` is how many samples it sends for each one that its profile expects, where that is beyond doubt not
    one: its times and everything counted from them are wrong then.
    """

    device: str
    state: LinkState
    detail: str = ""
    battery_percent: float | None = None
    rate_hz: float | None = None
    received_samples: int = 0
    lost_samples: int = 0
    reconnects: int = 0
    rate_ratio: float | None = None


class DeviceSink(Protocol):
    """Where a device puts what it has. Called on the loop's thread, in arrival order; must not block."""

    def chunk(self, chunk: Chunk) -> None:
        """Take the next samples of one stream."""
        ...

    def status(self, status: DeviceStatus) -> None:
        """Take a change of state."""
        ...

    def event(self, event: Event) -> None:
        """Take something the device tells apart from samples: a button, a replayed mark."""
        ...


class Device(Protocol):
    """Transport and driver as a session sees them; the simulated person and the replay are devices too."""

    @property
    def name(self) -> str:
        """Unique within a session."""
        ...

    @property
    def streams(self) -> tuple[StreamInfo, ...]:
        """Known once `open` has returned."""
        ...

    async def open(self) -> None:
        """Connect and configure.

        Raises
        ------
        DeviceError
            If the device is missing, busy or not what its profile says.
        """
        ...

    async def run(self, sink: DeviceSink) -> None:
        """Stream into the sink until cancelled or, for a replay, until its end.

        A device that drops out reports "lost" within a second, reconnects by itself with back-off, and goes on with
        the same stream ids; the first chunk after the gap carries ``lost_before``.
        """
        ...

    async def close(self) -> None:
        """Stop streaming and let go of the port. Safe to call twice, or after a failed `open`."""
        ...


@runtime_checkable
class Actuator(Protocol):
    """A device that can be told to do something the person feels or sees. Each may lack an ability, or both."""

    @property
    def abilities(self) -> frozenset[Ability]:
        """What it can do."""
        ...

    async def vibrate(self, seconds: float, strength: float = 1.0) -> float:
        """Vibrate for about that long: the nearest the sensor knows. Return how long that is, in seconds.

        ``strength``, 0 to 1, is a wish: sensors without the ability to soften have one strength only.

        Raises
        ------
        DeviceError
            If it cannot, or is out of reach.
        """
        ...

    async def identify(self) -> None:
        """Show which sensor it is: blink.

        Raises
        ------
        DeviceError
            If it cannot, or is out of reach.
        """
        ...
