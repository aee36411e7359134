"""What is felt: the session's cues as pulses of the sensors that can vibrate (`outputs.vibration` has the law)."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Callable, Mapping, Sequence

from biofeedback.devices.base import Actuator, Device, DeviceError, DeviceStatus
from biofeedback.feedback.cues import Cue
from biofeedback.outputs.vibration import AFTERMATH_S, PRACTICE_S, STEP_S, STRENGTHS, Pulse, Side, TouchLaw
from biofeedback.session.notices import Notices
from biofeedback.session.pipeline import Pipeline
from biofeedback.stream import Event

_ANSWER_S = 1.0
_SHOWN_S, _TOLD_S = 0.6, 5.0  # a pulse is shorter than a glance
_LEAST_BATTERY_PERCENT = 10.0  # a motor takes more than all the rest: the sensor itself comes first
_log = logging.getLogger(__name__)


class Touching:
    """Lets the sensors of a session vibrate. Each pulse ends by itself, so a link that breaks leaves no motor on.

    A pulse becomes an event ``buzz`` of the recording, with the ``device`` and ``lasts_s``, from the asking to where
    the motor has run out.
    """

    def __init__(
        self,
        devices: Sequence[Device],
        statuses: Mapping[str, DeviceStatus],
        pipeline: Pipeline,
        notices: Notices,
        happen: Callable[[Event], None],
        clock: Callable[[], float],
    ) -> None:
        able = [d for d in devices if isinstance(d, Actuator) and "vibrate" in d.abilities]
        # A motor near electrodes is seen in their signal: sensors without any come first.
        self._motors: dict[str, Device] = {device.name: device for device in sorted(able, key=_has_electrodes)}
        self._statuses, self._pipeline, self._notices = statuses, pipeline, notices
        self._happen, self._clock = happen, clock
        self._law = TouchLaw()
        self._pulses: dict[str, asyncio.Task[None]] = {}
        self._was_in = False
        self._newest = self._silent = ("", -math.inf)  # which buzzed last, which did not answer, and when
        self._stepping = pipeline.exercise.feedback.view == "gait"

    @property
    def softens(self) -> bool:
        """Whether a sensor that can vibrate now knows more than one strength."""
        return any(isinstance(m := self._motors[name], Actuator) and "soften" in m.abilities for name in self.motors)

    @property
    def motors(self) -> tuple[str, ...]:
        """The sensors that can vibrate now."""
        return tuple(name for name in self._motors if self._reachable(name))

    @property
    def buzzes(self) -> str:
        """The sensor that buzzes, a moment longer than it does; empty if none."""
        return self._newest[0] if self._clock() - self._newest[1] < _SHOWN_S else ""

    @property
    def silent(self) -> str:
        """The sensor that was asked and did not answer, for some seconds; empty if none."""
        return self._silent[0] if self._clock() - self._silent[1] < _TOLD_S else ""

    def at(self, side: Side) -> str:
        """Return the sensor that is felt when the person has gone to that side; empty if there is none."""
        settings, motors = self._pipeline.settings, self.motors
        wish = settings.touch_above if side == "above" else settings.touch_below
        if wish in motors:
            return wish
        return next((name for name in motors if self._sits_on(name) == self._lean(side)), next(iter(motors), ""))

    def cue(self, cue: Cue, shown: bool) -> None:
        """Answer one tick of the goal signal."""
        wanted = shown and self._on and not self._stepping and not self._notices.goal_lost
        error = self._mistake(cue) if wanted else math.nan
        if (pulse := self._law.decide(cue.time_s, error)) is not None:
            self._buzz(pulse, cue.time_s)

    def counted(self, shown: bool, reached: bool) -> None:
        """Answer a counted step outside the band with one pulse at its moment; other movements have had theirs."""
        if self._stepping and shown and not reached and self._on and not self._notices.goal_lost:
            self._buzz(Pulse("below", STEP_S), None)

    def practise(self, side: Side) -> None:
        """Buzz once between sets, for the person to learn what it asks for."""
        if self._pipeline.settings.touch_allowed and not self._pipeline.live:
            self._buzz(Pulse(side, PRACTICE_S), None)

    @property
    def _on(self) -> bool:
        return self._pipeline.settings.touch and self._pipeline.settings.touch_allowed

    async def close(self) -> None:
        """Forget the pulses that wait for a sensor's answer."""
        for task in self._pulses.values():
            task.cancel()
        await asyncio.gather(*self._pulses.values(), return_exceptions=True)

    def _mistake(self, cue: Cue) -> float:
        """Return the error; 0 where being below the band is no mistake: on the way to it, and back from it."""
        timed = self._pipeline.exercise.repetition.every_s is not None
        if self._pipeline.movement in ("rest", "back"):
            self._was_in = False
        self._was_in = self._was_in or cue.state in ("in", "hold")
        on_the_way = not (self._was_in and not self._pipeline.goal_reached)
        return 0.0 if cue.error < 0 and on_the_way and not timed else cue.error

    def _buzz(self, pulse: Pulse, law_s: float | None) -> None:
        name = self.at(pulse.side)
        if name and name not in self._pulses:
            self._pulses[name] = asyncio.create_task(self._vibrate(name, pulse.seconds, law_s), name=f"buzz {name}")

    async def _vibrate(self, name: str, seconds: float, law_s: float | None) -> None:
        motor, asked_s = self._motors[name], self._clock()
        assert isinstance(motor, Actuator)
        try:
            strength = STRENGTHS[self._pipeline.settings.touch_strength]
            lasts_s = await asyncio.wait_for(motor.vibrate(seconds, strength), _ANSWER_S)
        except (DeviceError, TimeoutError) as error:
            _log.warning("%s did not vibrate: %s", name, error or "no answer")
            self._silent = name, self._clock()
            return
        finally:
            del self._pulses[name]
        self._newest, self._silent = (name, self._clock()), ("", -math.inf)
        if law_s is not None:
            self._law.felt(law_s, lasts_s)
        until_s = self._clock() + lasts_s + AFTERMATH_S
        self._happen(Event(asked_s, "buzz", {"device": name, "lasts_s": round(until_s - asked_s, 3)}))

    def _reachable(self, name: str) -> bool:
        status = self._statuses.get(name)
        if status is None:
            return True
        low = status.battery_percent is not None and status.battery_percent < _LEAST_BATTERY_PERCENT
        return status.state == "streaming" and not low

    def _lean(self, side: Side) -> str:
        """Return which side of the body the person has gone to; empty where the goal signal knows none."""
        if self._pipeline.exercise.goal_signal.direction != "right":
            return ""
        return "right" if side == "above" else "left"

    def _sits_on(self, name: str) -> str:
        places = (p for p in self._pipeline.exercise.placements if self._pipeline.sources[p.id].stream.device == name)
        return next((p.side or "" for p in places), "")


def _has_electrodes(device: Device) -> bool:
    return any(c.quantity.startswith("emg") for stream in device.streams for c in stream.channels)
