"""How a person's script goes on: with the host clock, faster, or as fast as everybody deals with it."""

from __future__ import annotations

import asyncio
import math

from biofeedback.devices.simulated.person import SimulatedPerson
from biofeedback.stream import host_time_s

_TICK_S = 0.010
_LOCKSTEP_S = 0.050  # of the script, as often as an engine looks at the time
_LONGEST_STEP_S = 2.0  # of the script between two ticks


class ScriptClock:
    """Where the person's script stands, shared by all sensors of one person.

    Without a speed the script goes on 50 ms whenever everybody has dealt with those before: as fast as the machine
    is, and the same each time. At speed 1 session time is host time. At speed n the script runs n
    times faster than the host clock, and every time in the stream (``times_s``, ``arrived_s``, the truth, and the
    times cues are given with) is session time: host time of the start plus seconds of the script. Differences of
    times are then those a real session would have. Such a script goes on from tick to tick, by what the host clock
    has gone on meanwhile, and waits for a machine that is too slow for the speed: nothing is lost by it.

    Raises
    ------
    ValueError
        If the speed is not above 0.
    """

    def __init__(self, person: SimulatedPerson, speed: float | None = 1.0) -> None:
        if speed is not None and not (speed > 0 and math.isfinite(speed)):
            raise ValueError(f"the speed must be above 0, not {speed:g}")
        self.speed = speed
        self._script_s = 0.0
        self._person = person
        self._began_s: float | None = None
        self._waiting: list[asyncio.Future[None]] = []

    def begin(self) -> None:
        """Start the script; once it runs, this does nothing."""
        if self._began_s is None:
            self._began_s, self._script_s = host_time_s(), 0.0
            self._person.begin(self._began_s)

    async def tick(self) -> None:
        """Wait for the next tick; one timer wakes all sensors, as one radio hears them all."""
        loop = asyncio.get_running_loop()
        future = loop.create_future()
        self._waiting.append(future)
        if len(self._waiting) == 1:
            wait_s = (
                0.0 if self.speed is None else _TICK_S / min(self.speed, 1.0)
            )  # more often costs more than it gives
            loop.call_later(wait_s, self._release)
        await future

    async def sleep(self, seconds: float) -> None:
        """Sleep for seconds of the script."""
        until_s = self.script_s() + seconds
        while self.script_s() < until_s:
            await self.tick()
        await asyncio.sleep(0)  # the sensors, which wake at the same tick, go first

    def _release(self) -> None:
        due_s = _LOCKSTEP_S if self.speed is None else self._due_s() - self._script_s
        self._script_s += min(due_s, _LONGEST_STEP_S)
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if not future.done():
                future.set_result(None)

    def script_s(self) -> float:
        """Return the seconds of the script that have passed; 0 before it began."""
        if self._began_s is None:
            return 0.0
        return self._due_s() if self.speed == 1.0 else self._script_s

    def _due_s(self) -> float:
        """Return where the script should stand by the host clock."""
        return (host_time_s() - (self._began_s or 0.0)) * (self.speed or 1.0)

    def age_s(self, session_s: float) -> float:
        """Return how long ago, by the host clock, a session time should have been; 0 without a speed."""
        if self.speed is None or self._began_s is None:
            return 0.0
        return (self._due_s() - (session_s - self._began_s)) / self.speed

    def session_s(self) -> float:
        """Return session time; before the script began, host time."""
        return host_time_s() if self._began_s is None else self._began_s + self.script_s()
