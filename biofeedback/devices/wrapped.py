"""A device around another one: all that is the same for both."""

from __future__ import annotations

from biofeedback.devices.base import Ability, Actuator, Device, DeviceError, DeviceSink
from biofeedback.stream import StreamInfo


class WrappedDevice:
    """Hands everything on to the device inside; what is different is said by those who inherit from it."""

    def __init__(self, device: Device) -> None:
        self._device = device

    @property
    def name(self) -> str:
        """Unique within a session."""
        return self._device.name

    @property
    def streams(self) -> tuple[StreamInfo, ...]:
        """What the device sends."""
        return self._device.streams

    @property
    def abilities(self) -> frozenset[Ability]:
        """What the device can be told to do."""
        return self._device.abilities if isinstance(self._device, Actuator) else frozenset()

    async def open(self) -> None:
        """Open the device.

        Raises
        ------
        DeviceError
            If it cannot be used.
        """
        await self._device.open()

    async def run(self, sink: DeviceSink) -> None:
        """Stream into the sink until cancelled."""
        await self._device.run(sink)

    async def close(self) -> None:
        """Close the device."""
        await self._device.close()

    async def vibrate(self, seconds: float, strength: float = 1.0) -> float:
        """Vibrate for about that long; return how long in fact.

        Raises
        ------
        DeviceError
            If the device cannot, or is out of reach.
        """
        return await self._actuator().vibrate(seconds, strength)

    async def identify(self) -> None:
        """Blink.

        Raises
        ------
        DeviceError
            If the device cannot, or is out of reach.
        """
        await self._actuator().identify()

    def _actuator(self) -> Actuator:
        if not isinstance(self._device, Actuator):
            raise DeviceError(f"{self.name} can neither vibrate nor blink.")
        return self._device
