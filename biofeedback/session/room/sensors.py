"""The sensors of the room: what was found, what is connected, and how it is made a device."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from biofeedback.devices import registry
from biofeedback.devices.base import Device, DeviceError
from biofeedback.devices.profiles import Profile
from biofeedback.exercises.model import Exercise
from biofeedback.session.room import finding
from biofeedback.session.room.connected import Connected
from biofeedback.session.room.finding import Finding
from biofeedback.session.room.lending import Lent
from biofeedback.session.room.places import Seat
from biofeedback.session.room.view import LinkKind

if TYPE_CHECKING:
    from biofeedback.session.companion import Companion
    from biofeedback.session.room.wear import Wear

_log = logging.getLogger(__name__)
_PLUGGED_EVERY_S = 2.0
_BETWEEN_BLINKS_S = 1.0


class Sensors:
    """Looks for sensors, connects them, and keeps them connected.

    Parameters
    ----------
    condition, seed, faults
        The simulated person, and what goes wrong with the simulated sensors.
    listening
        Whether to listen for sensors by Bluetooth and on the network.
    """

    def __init__(
        self, condition: str = "healthy", seed: int = 1, faults: tuple[str, ...] = (), *, listening: bool = True
    ) -> None:
        self.known: dict[str, Profile] = {}
        self.offered: tuple[tuple[str, str, LinkKind], ...] = ()
        self.found: dict[str, Finding] = {}
        self.connected: dict[str, Connected] = {}
        self.profiles: dict[str, str] = {}
        self._simulated = condition, seed, faults
        self._listening = listening
        self._wear: Wear | None = None
        self._wished: dict[str, str] = {}
        self._by_hand: set[str] = set()
        self._refused: set[str] = set()
        self._notes: dict[str, str] = {}
        self._connecting: dict[str, asyncio.Task[None]] = {}
        self._looking: dict[str, asyncio.Task[None]] = {}
        self._leaving: set[asyncio.Task[None]] = set()
        self._next_look_s = 0.0
        self._on_open: Callable[[str], None] = lambda sensor: None

    def start(self, on_open: Callable[[str], None]) -> None:
        """Begin to look; ``on_open`` hears of each sensor that is connected."""
        self._on_open = on_open
        self._look_once("profiles", self._learn())

    async def close(self) -> None:
        """Stop looking and let go of every sensor."""
        tasks = [*self._connecting.values(), *self._looking.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.gather(*(one.close() for one in self.connected.values()), *self._leaving)
        self.connected.clear()

    # looking --------------------------------------------------------------------------------------------------------

    @property
    def scanning(self) -> bool:
        """Whether a search that somebody waits for is going on."""
        return not self._looking.keys().isdisjoint(("profiles", "bluetooth", "network"))

    @property
    def notes(self) -> tuple[str, ...]:
        """Plain sentences on what could not be looked at."""
        return tuple(self._notes.values())

    def look(self, *, idle: bool) -> None:
        """See what is plugged in, every two seconds while no session is going on; call often."""
        now_s = asyncio.get_running_loop().time()
        if idle and self.known and now_s >= self._next_look_s:
            self._next_look_s = now_s + _PLUGGED_EVERY_S
            self._look_once("ports", self._look_at_ports())

    def scan(self) -> None:
        """Look for everything now."""
        self._next_look_s = 0.0
        if self._listening:
            self._look_once("bluetooth", self._listen())
            self._look_once("network", self._listen_on_network())

    def _look_once(self, what: str, work: Coroutine[Any, Any, None]) -> None:
        if what in self._looking:
            work.close()
            return
        task = asyncio.create_task(work, name=f"look {what}")
        self._looking[what] = task
        task.add_done_callback(lambda _: self._looking.pop(what, None))

    async def _learn(self) -> None:
        profiles = (await asyncio.to_thread(registry.profiles)).values()
        self.known = {chosen: one for profile in profiles for chosen, one in registry.variants(profile).items()}
        self.offered = tuple((chosen, one.name, finding.link_of(one)) for chosen, one in self.known.items())
        self._take_wished()
        self.scan()

    async def _look_at_ports(self) -> None:
        as_they_are = {chosen: one for chosen, one in self.known.items() if chosen == one.id}
        self._replace("usb:", await finding.on_serial_ports(as_they_are))

    async def _listen(self) -> None:
        try:
            heard = await finding.on_bluetooth()
        except DeviceError as error:
            self._notes["bluetooth"] = str(error)
        else:
            self._notes.pop("bluetooth", None)
            self._replace("bluetooth:", heard)

    async def _listen_on_network(self) -> None:
        self._replace(f"{finding.LSL}:", await finding.on_network())

    def _replace(self, kind: str, heard: list[Finding]) -> None:
        """Take over what was found of a kind; what is in use stays, heard or not."""
        now = {one.id: one for one in heard}
        for sensor in [s for s in self.found if s.startswith(kind) and s not in now and s not in self.connected]:
            if sensor not in self._connecting and sensor not in self._by_hand:
                del self.found[sensor]
        for sensor, one in now.items():
            before = self.found.get(sensor)
            self.found[sensor] = one if before is None else replace(one, name=before.name if not one.name else one.name)
        self._take_wished()

    def _take_wished(self) -> None:
        """Connect what was used the last time and is here again."""
        for sensor, profile in self._wished.items():
            busy = sensor in self.connected or sensor in self._connecting or sensor in self._refused
            known = sensor.startswith(("simulated:", f"{finding.LSL}:")) or profile in self.known
            if sensor in self.found and known and not busy:
                self.use(sensor, profile)

    def prepare(self, exercise: Exercise, wished: Mapping[str, tuple[str, str]]) -> None:
        """Make the simulated sensors of an exercise, and connect those of its last session that are here.

        ``wished`` are these, id → name and profile. One by Bluetooth is called without waiting for a scan.
        """
        self._let_go_of_simulated()
        self._wished = {sensor: profile for sensor, (_, profile) in wished.items()}
        self._refused.clear()
        self._look_once("simulated", self._dress(exercise))
        for sensor, (name, _) in wished.items():
            here = finding.by_hand(sensor)
            if here is not None and sensor not in self.found and finding.may_be_there(here):
                self.found[sensor] = replace(here, name=name or here.name)
                self._by_hand.add(sensor)
        if self.known:
            self._take_wished()

    async def _dress(self, exercise: Exercise) -> None:
        """Make the simulated person; the first time its libraries take a moment to load."""
        try:
            self._wear = await asyncio.to_thread(_worn, exercise, *self._simulated)
            self._notes.pop("simulated", None)
        except ValueError as error:
            self._wear, self._notes["simulated"] = None, f"No simulated sensors: {error}"
            return
        self._replace("simulated:", self._wear.findings())

    def _let_go_of_simulated(self) -> None:
        for sensor in [s for s in self.found if s.startswith("simulated:")]:
            self.let_go(sensor)
            del self.found[sensor]

    # connecting -----------------------------------------------------------------------------------------------------

    def expected(self) -> set[str]:
        """Return the sensors that are on their way."""
        return set(self._connecting)

    def use(self, sensor: str, profile: str) -> None:
        """Connect a sensor; one that is connected already is only said to be there again.

        Raises
        ------
        DeviceError
            If it is unknown what or where it is.
        """
        here = self.found.get(sensor) or finding.by_hand(sensor)
        if here is None and self._simulated_later(sensor):
            self._wished[sensor] = ""
            return
        if here is None:
            nobody = self._notes.get("simulated", "") if sensor.startswith("simulated:") else ""
            raise DeviceError(nobody or f"{sensor}: there is no such sensor here; scan again.")
        self._refused.discard(sensor)
        one = self.connected.get(sensor)
        if one is not None and one.state != "failed":
            self._on_open(sensor)
            return
        if sensor in self._connecting:
            return
        if not (self.known or here.link == "simulated" or here.describes_itself):  # the profiles are still being read
            self._wished[sensor] = profile
            self.found.setdefault(sensor, here)
            self._by_hand.add(sensor)
            return
        candidates = self._candidates(here, profile)
        if sensor not in self.found:
            self.found[sensor] = here
            self._by_hand.add(sensor)
        task = asyncio.create_task(self._connect(here, candidates), name=f"connect {sensor}")
        self._connecting[sensor] = task
        task.add_done_callback(lambda _: self._connecting.pop(sensor, None))

    def _simulated_later(self, sensor: str) -> bool:
        return sensor.startswith("simulated:") and "simulated" in self._looking

    def _candidates(self, here: Finding, profile: str) -> list[str]:
        if here.link == "simulated" or here.describes_itself:
            return [""]
        if profile and profile not in self.known:
            raise DeviceError(f"{profile}: there is no such profile.")
        candidates = [profile] if profile else list(here.profiles)
        if not candidates:
            raise DeviceError(f"{here.name}: say first what kind of sensor it is.")
        return candidates

    async def _connect(self, here: Finding, candidates: list[str]) -> None:
        """Try one profile after the other until one fits what the sensor sends."""
        if (old := self.connected.pop(here.id, None)) is not None:
            await old.close()
        for profile in candidates:
            try:
                one = Connected(self._device(here, profile))
            except DeviceError as error:
                self._notes[here.id] = str(error)
                continue
            self._notes.pop(here.id, None)
            self.connected[here.id] = one
            self.profiles[here.id] = profile
            if await one.opened():
                break
            if profile != candidates[-1]:
                await one.close()
        self._connecting.pop(here.id, None)
        if here.id in self.connected and self.connected[here.id].state != "failed":
            self._on_open(here.id)

    def _device(self, here: Finding, profile: str) -> Device:
        if here.link == "simulated":
            if self._wear is None:
                raise DeviceError("Choose an exercise first.")
            return self._wear.device(here.id)
        if here.describes_itself:
            return registry.find_device("", here.id, here.address)
        name = f"{self.known[profile].id}-{here.address.rpartition('/')[2]}".replace("/", "-")
        return registry.make_device(self.known[profile], here.address, name)

    def names(self) -> dict[str, str]:
        """Return what each sensor is called."""
        return {sensor: one.name for sensor, one in self.found.items()}

    def let_go(self, sensor: str) -> None:
        """Disconnect a sensor, or stop trying."""
        self._refused.add(sensor)
        if (task := self._connecting.pop(sensor, None)) is not None:
            task.cancel()
        if (one := self.connected.pop(sensor, None)) is not None:
            leaving = asyncio.create_task(one.close(), name=f"close {sensor}")
            self._leaving.add(leaving)
            leaving.add_done_callback(self._leaving.discard)

    def blink(self, sensor: str) -> None:
        """Let a sensor show itself by its light, or by vibrating; "" = each that can, one after the other.

        Raises
        ------
        DeviceError
            If it cannot.
        """
        able = [one for one, connected in self.connected.items() if connected.blinks and sensor in ("", one)]
        if not able:
            raise DeviceError("It has no light that can blink: shake it, or tense the muscle, and see which one moves.")
        self._look_once("blink", self._blink(able))

    async def _blink(self, sensors: list[str]) -> None:
        self._notes.pop("blink", None)
        for number, sensor in enumerate(sensors):
            if number:
                await asyncio.sleep(_BETWEEN_BLINKS_S)
            try:
                if (one := self.connected.get(sensor)) is not None:
                    await one.blink()
            except DeviceError as error:
                self._notes["blink"] = str(error)

    # lending --------------------------------------------------------------------------------------------------------

    def lend(self, seats: Mapping[str, Seat]) -> dict[str, Lent]:
        """Return a session's device for each sensor that sits somewhere, by the sensor's id."""
        lent: dict[str, Lent] = {}
        for sensor in dict.fromkeys(seat.sensor for seat in seats.values()):
            if (one := self.connected.get(sensor)) is not None and one.watches:
                sits = {(s.stream, s.column): place for place, s in seats.items() if s.sensor == sensor}
                lent[sensor] = Lent(one, sits)
        return lent

    def companion(self, seats: Mapping[str, Seat]) -> Companion | None:
        """Return the simulated person, if one of the sensors is theirs."""
        worn = any(seat.sensor.startswith("simulated:") for seat in seats.values())
        return self._wear.person if worn and self._wear is not None else None


def _worn(exercise: Exercise, condition: str, seed: int, faults: tuple[str, ...]) -> Wear:
    from biofeedback.session.room.wear import Wear

    return Wear(exercise, condition, seed, faults)
