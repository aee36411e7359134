"""What can go wrong on the way from the skin to the program, on request and at a set time."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

import numpy as np

from biofeedback.devices.simulated.noise import WhiteNoise, named_generator
from biofeedback.devices.simulated.sampling import SampleClock
from biofeedback.devices.simulated.strokes import Array

EVERYWHERE = "*"

_FORM = "KIND:PLACEMENT@START+SECONDS=VALUE, for example dropout:shank@20+1.5"
_TEXT = re.compile(
    r"(?P<kind>[a-z]+)(:(?P<placement>[a-z0-9_*-]+))?(@(?P<start>[0-9.]+))?(\+(?P<length>[0-9.]+))?(=(?P<value>-?[0-9.]+))?"
)
_BLOCK_SAMPLES = 256
_HARMONICS = ((1, 1.0), (2, 0.2), (3, 0.45), (5, 0.25))


@dataclass(frozen=True, slots=True)
class FaultKind:
    """A kind of fault: what its value means and is unless told, and the values it may have."""

    meaning: str
    value: float
    lowest: float
    highest: float
    emg_only: bool = False


FAULTS: dict[str, FaultKind] = {
    "dropout": FaultKind("share of packets that never arrive", 1.0, 0.0, 1.0),
    "late": FaultKind("seconds for which packets are held back, then all at once", 0.3, 0.01, 30.0),
    "duplicate": FaultKind("share of packets that arrive twice", 1.0, 0.0, 1.0),
    "skew": FaultKind("parts per million by which the sensor's clock is fast", 100.0, -1e4, 1e4),
    "rate": FaultKind("factor on the sampling rate", 0.97, 0.2, 10.0),
    "hum": FaultKind("root mean square of the mains hum, µV", 200.0, 0.0, 1e5, emg_only=True),
    "lift": FaultKind("root mean square of the hum of a lifted electrode, µV", 1000.0, 0.0, 1e5, emg_only=True),
    "saturation": FaultKind("factor by which the amplifier is set too high", 40.0, 1.0, 1e6),
    "drift": FaultKind("baseline drift a second: mV of EMG, °/s of a gyroscope", 0.2, -1e3, 1e3),
    "disconnect": FaultKind("unused", 0.0, 0.0, 0.0),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: on a placement or everywhere, from a time of the script on, for a while; `FAULTS` has the values."""

    kind: str
    placement: str = EVERYWHERE
    start_s: float = 0.0
    length_s: float = math.inf
    value: float = 0.0

    @property
    def end_s(self) -> float:
        """When it is over."""
        return self.start_s + self.length_s

    def on(self, placement: str) -> bool:
        """Whether it is on that placement."""
        return self.placement in (EVERYWHERE, placement)

    def at(self, time_s: float) -> bool:
        """Whether it is there at a time of the script."""
        return self.start_s <= time_s < self.end_s


def parse_fault(text: str) -> Fault:
    """Read a fault in its short form: ``kind[:placement][@start][+seconds][=value]``.

    Without placement it is on every sensor, without start it is there from the beginning, without length to the end.

    Raises
    ------
    ValueError
        One line that says what is wrong and what is expected.
    """
    found = _TEXT.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"fault {text!r}: expected {_FORM}")
    kind = FAULTS.get(found["kind"])
    if kind is None:
        raise ValueError(f"fault {text!r}: no such kind; known are {', '.join(FAULTS)}")
    start_s = _number(text, found["start"], 0.0)
    length_s = _number(text, found["length"], math.inf)
    value = _number(text, found["value"], kind.value)
    if length_s <= 0:
        raise ValueError(f"fault {text!r}: it must last longer than 0 s")
    if not kind.lowest <= value <= kind.highest:
        raise ValueError(f"fault {text!r}: the {kind.meaning} must be {kind.lowest:g} to {kind.highest:g}")
    if found["kind"] == "disconnect" and math.isinf(length_s):
        raise ValueError(f"fault {text!r}: say for how long, as in disconnect:shank@20+3")
    return Fault(found["kind"], found["placement"] or EVERYWHERE, start_s, length_s, value)


def _number(text: str, digits: str | None, otherwise: float) -> float:
    if digits is None:
        return otherwise
    try:
        return float(digits)
    except ValueError:
        raise ValueError(f"fault {text!r}: {digits!r} is not a number") from None


def faulty_clock(clock: SampleClock, faults: list[Fault]) -> SampleClock:
    """Return the clock with its rate and skew faults; a later one takes the place of an earlier one."""
    for fault in sorted(faults, key=lambda fault: fault.start_s):
        factor = {"skew": 1 + fault.value * 1e-6, "rate": fault.value}.get(fault.kind)
        if factor is None:
            continue
        clock = clock.changed(fault.start_s, factor)
        if math.isfinite(fault.end_s):
            clock = clock.changed(fault.end_s, 1.0)
    return clock


class SpoiledSignal:
    """Lays the faults of one sensor's signal over its samples; any division into packets gives the same samples."""

    def __init__(self, faults: list[Fault], is_emg: bool, mains_hz: float, seed: int, placement: str) -> None:
        self._faults = [fault for fault in faults if fault.kind in ("hum", "lift", "saturation", "drift")]
        self._is_emg, self._mains_hz = is_emg, mains_hz
        self._phases = named_generator(seed, f"hum {placement}").uniform(0, 2 * np.pi, len(_HARMONICS))
        self._noise = WhiteNoise(seed, f"lift {placement}", _BLOCK_SAMPLES)

    def spoiled(self, data: Array, first: int, times_s: Array) -> Array:
        """Return samples, shape (n_samples, n_channels) in SI units, as they come with the faults of their times."""
        for fault in self._faults:
            if times_s[0] >= fault.end_s or times_s[-1] < fault.start_s:
                continue
            hit = ((times_s >= fault.start_s) & (times_s < fault.end_s))[:, None]
            data = np.where(hit, self._with(fault, data, first, times_s), data)
        return data

    def _with(self, fault: Fault, data: Array, first: int, times_s: Array) -> Array:
        since_s = times_s - fault.start_s
        if fault.kind == "saturation":
            return data * fault.value
        if fault.kind == "drift":
            ramp = since_s[:, None] * fault.value
            if self._is_emg:
                return data + ramp * 1e-3
            return data + np.deg2rad(ramp) * np.array([0, 0, 0, 1, 1, 1])
        hum = self._hum(times_s)[:, None] * fault.value * 1e-6
        if fault.kind == "hum":
            return data + hum
        swing = 1.5e-3 * np.sin(2 * np.pi * 0.4 * since_s)[:, None]
        return 0.03 * data + hum + swing + 20e-6 * self._white(first, len(data))

    def _hum(self, times_s: Array) -> Array:
        """Return mains and its harmonics at unit root mean square."""
        size = np.array([share for _, share in _HARMONICS])
        angle = 2 * np.pi * self._mains_hz * times_s[:, None] * np.array([order for order, _ in _HARMONICS])
        return np.sin(angle + self._phases) @ (size * np.sqrt(2 / np.sum(size**2)))

    def _white(self, first: int, n: int) -> Array:
        start, end = first // _BLOCK_SAMPLES, -(-(first + n) // _BLOCK_SAMPLES)
        whole = np.concatenate([self._noise.block(number) for number in range(start, end)])
        return whole[first - start * _BLOCK_SAMPLES :][:n]


class SpoiledDelivery:
    """Decides what becomes of each packet of one sensor."""

    def __init__(self, faults: list[Fault], seed: int, placement: str) -> None:
        self._losing = [fault for fault in faults if fault.kind in ("dropout", "disconnect")]
        self._holding = [fault for fault in faults if fault.kind == "late"]
        self._doubling = [fault for fault in faults if fault.kind == "duplicate"]
        self._away = [fault for fault in faults if fault.kind == "disconnect"]
        self._seed, self._placement = seed, placement
        self.perfect = not (self._losing or self._holding or self._doubling)

    def lost(self, packet: int, time_s: float) -> bool:
        """Whether a packet never arrives."""
        return any(
            fault.at(time_s) and (fault.kind == "disconnect" or self._drawn(fault, packet)) for fault in self._losing
        )

    def arrival_s(self, time_s: float) -> float:
        """Return when a packet that was sent at a time arrives."""
        for fault in self._holding:
            if fault.at(time_s):
                return fault.start_s + math.ceil((time_s - fault.start_s) / fault.value + 1e-9) * fault.value
        return time_s

    def doubled(self, packet: int, time_s: float) -> bool:
        """Whether a packet arrives twice."""
        return any(fault.at(time_s) and self._drawn(fault, packet) for fault in self._doubling)

    def away(self, time_s: float) -> Fault | None:
        """Return the disconnection that is going on."""
        return next((fault for fault in self._away if fault.at(time_s)), None)

    def returns(self, until_s: float) -> int:
        """Return how often the device has come back by a time."""
        return sum(fault.end_s <= until_s for fault in self._away)

    def _drawn(self, fault: Fault, packet: int) -> bool:
        draw = named_generator(self._seed, f"{fault.kind} {self._placement} {fault.start_s} {packet}").uniform()
        return bool(draw < fault.value)
