"""A device that tells what its frames hold, and how it was calibrated, when it is asked."""

from __future__ import annotations

from collections.abc import Mapping

from biofeedback.devices.base import DeviceError
from biofeedback.devices.dialogue import ask_until, hold
from biofeedback.devices.drivers.layouts import layout_driver
from biofeedback.devices.profiled import ProfiledDevice
from biofeedback.devices.profiles import Layout, Profile
from biofeedback.devices.transports.base import LinkLostError, Transport
from biofeedback.devices.wrapped import WrappedDevice


class InquiredDevice(WrappedDevice):
    """A device of a profile whose layout is asked when it is opened; from then on a `ProfiledDevice`."""

    def __init__(
        self,
        profile: Profile,
        layout: Layout,
        transport: Transport,
        name: str | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self._profile, self._layout = profile.configured(settings), layout
        self._driver = layout_driver(layout.driver)
        self._transport = transport
        super().__init__(ProfiledDevice(self._profile, transport, name))

    async def open(self) -> None:
        """Ask for the layout, then open the device.

        Raises
        ------
        DeviceError
            If it cannot be reached, does not answer, or sends what is not understood.
        """
        try:
            await self._transport.open()
            await hold(self._transport, self._profile.dialogue.open)
            answers = [
                await ask_until(self._transport, step, lambda answer, at=at: self._driver.is_whole(at, answer))
                for at, step in enumerate(self._layout.questions)
            ]
            profile = self._driver.arranged(self._profile, answers)
        except LinkLostError as error:
            raise DeviceError(f"{self.name}: {error}") from error
        finally:
            await self._transport.close()
        self._device = ProfiledDevice(profile, self._transport, self.name)
        await self._device.open()
