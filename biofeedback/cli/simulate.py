"""A simulated person speaks a firmware: which placement feeds which channel of which stream."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from biofeedback.cli.errors import UserError
from biofeedback.devices.frame_layout import factor
from biofeedback.devices.profiles import ChannelField, Profile, Stream
from biofeedback.devices.simulated import SimulatedPerson

Array = NDArray[np.float64]
_FULL_V = 1.65e-3  # a board whose gain nobody knows shows this much muscle as half its range
_TEN_BITS = (0.0, 1023.0)
_ANGLES = ("yaw", "pitch", "roll")  # about z, then the new y, then the new x


class Speaker:
    """The samples of a profile's streams, as the person would give them: the source of a virtual device.

    EMG placements fill the EMG channels in order, IMU placements the accelerations and angular velocities, three axes
    each; the first one feeds orientation and its angles too. Channels that nothing of the person belongs to stay at 0,
    EMG inputs without electrodes at their noise.
    """

    def __init__(self, person: SimulatedPerson, profile: Profile, placements: Sequence[str] = ()) -> None:
        known = {placement.id: placement.kind for placement in person.exercise.placements}
        for name in placements:
            if name not in known:
                raise UserError(f"{name}: no such placement; {person.exercise.id} has {', '.join(known)}")
        chosen = {name: known[name] for name in placements or known}
        self._person, self._profile = person, profile
        self._muscles = [name for name, kind in chosen.items() if kind == "emg"]
        self._segments = [name for name, kind in chosen.items() if kind == "imu"]
        self._rate_hz = max(stream.rate_hz * stream.every for stream in profile.streams)

    def __call__(self, from_s: float, n_ticks: int) -> Mapping[str, Array]:
        """Return SI samples of every stream at every tick, shape (n_ticks, n_channels)."""
        return {stream.id: self._stream(stream, from_s, n_ticks) for stream in self._profile.streams}

    def _stream(self, stream: Stream, from_s: float, n_ticks: int) -> Array:
        samples = np.zeros((n_ticks, len(stream.channels)))
        quantities = [channel.quantity for channel in stream.channels]
        muscles = [i for i, quantity in enumerate(quantities) if quantity in ("emg", "emg_counts")]
        if muscles:
            worn = [*self._muscles, *[None] * len(muscles)][: len(muscles)]
            volts = self._person.channels(worn, from_s, n_ticks, self._rate_hz)
            samples[:, muscles] = volts * [_per_volt(stream.channels[i]) for i in muscles]
        if self._segments:
            self._move(samples, quantities, [channel.name for channel in stream.channels], from_s, n_ticks)
        return samples

    def _move(
        self, samples: Array, quantities: Sequence[str], names: Sequence[str], from_s: float, n_ticks: int
    ) -> None:
        columns = [[i for i, q in enumerate(quantities) if q == one] for one in ("acceleration", "angular_velocity")]
        n_sensors = max(-(-len(those) // 3) for those in columns)
        for number, segment in enumerate(self._segments[:n_sensors]):
            felt = self._person.samples(segment, from_s, n_ticks, self._rate_hz)
            for place, those in enumerate(columns):
                for axis, column in enumerate(those[3 * number : 3 * number + 3]):
                    samples[:, column] = felt[:, 3 * place + axis]
        if "angle" in quantities:
            times_s = from_s + np.arange(n_ticks) / self._rate_hz
            turned = self._person.orientation_at(self._segments[0], times_s).as_euler("ZYX")
            for column, name in enumerate(names):
                if name in _ANGLES:
                    samples[:, column] = turned[:, _ANGLES.index(name)]
        if "orientation" in quantities:
            times_s = from_s + np.arange(n_ticks) / self._rate_hz
            quaternions = np.roll(self._person.orientation_at(self._segments[0], times_s).as_quat(), 1, axis=1)
            for part, column in enumerate(i for i, q in enumerate(quantities) if q == "orientation"):
                samples[:, column] = quaternions[:, part]


def _per_volt(channel: ChannelField) -> float:
    """Return what a volt at the skin is in the channel's unit: 1, or counts behind an amplifier of a usual gain."""
    if channel.quantity != "emg_counts":
        return 1.0
    low, high = channel.rails or _TEN_BITS
    return (high - low) / 2 * abs(factor(channel.scale)) / _FULL_V
