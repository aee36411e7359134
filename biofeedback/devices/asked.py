"""A device that tells its own sampling rates when it is asked: they depend on modes set in the maker's program."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from biofeedback.devices.base import DeviceError
from biofeedback.devices.dialogue import ask, hold
from biofeedback.devices.links import RateQuery, Step
from biofeedback.devices.profiled import ProfiledDevice
from biofeedback.devices.profiles import Profile
from biofeedback.devices.transports.base import LinkLostError, Transport
from biofeedback.devices.wrapped import WrappedDevice

_NUMBER = re.compile(r"\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")


class AskedDevice(WrappedDevice):
    """A device of a profile whose rates are asked when it is opened; from then on a `ProfiledDevice`."""

    def __init__(
        self,
        profile: Profile,
        transport: Transport,
        name: str | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self._profile = profile.configured(settings)
        self._transport = transport
        super().__init__(ProfiledDevice(self._profile, transport, name))

    async def open(self) -> None:
        """Ask for the rates, then open the device.

        Raises
        ------
        DeviceError
            If it cannot be reached, does not answer, or answers with no rate.
        """
        try:
            await self._transport.open()
            await hold(self._transport, self._profile.dialogue.open)
            rates = {query.stream: await self._rate_hz(query) for query in _queries(self._profile)}
        except LinkLostError as error:
            raise DeviceError(f"{self.name}: {error}") from error
        finally:
            await self._transport.close()
        streams = tuple(
            replace(stream, rate_hz=rates.get(stream.id, stream.rate_hz)) for stream in self._profile.streams
        )
        self._device = ProfiledDevice(replace(self._profile, streams=streams), self._transport, self.name)
        await self._device.open()

    async def _rate_hz(self, query: RateQuery) -> float:
        return await self._number(query.samples) / await self._number(query.interval)

    async def _number(self, step: Step) -> float:
        answer = await ask(self._transport, step)
        found = _NUMBER.search(answer)
        if found is None or float(found[0]) == 0:
            asked, told = step.send.strip(), answer.strip()
            raise DeviceError(f"{self._transport.name} answers {told!r} to {asked!r}: a rate was asked for.")
        return float(found[0])


def _queries(profile: Profile) -> tuple[RateQuery, ...]:
    return profile.tcp.rates if profile.tcp else ()
