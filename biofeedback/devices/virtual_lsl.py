"""A device made of software whose streams stand on the network as Lab Streaming Layer outlets."""

from __future__ import annotations

import threading
from typing import Any

from biofeedback.devices.drivers.encoder import ProfiledEncoder
from biofeedback.devices.profiles import Profile
from biofeedback.devices.transports.lsl_streams import library
from biofeedback.devices.virtual import Sent, Source
from biofeedback.stream import Quantity, StreamInfo

_WAKE_S = 0.004
# how senders usually name type and unit, and what one of that unit is in ours
_SPELLED: dict[Quantity, tuple[str, str, float]] = {
    "emg": ("EMG", "microvolts", 1e-6),
    "acceleration": ("Accelerometer", "g", 9.80665),
    "angular_velocity": ("Gyroscope", "deg/s", 3.141592653589793 / 180),
    "magnetic_field": ("Magnetometer", "uT", 1.0),
    "angle": ("Angle", "deg", 3.141592653589793 / 180),
    "orientation": ("Orientation", "", 1.0),
    "emg_envelope": ("EMG envelope", "", 1.0),
    "emg_counts": ("EMG", "", 1.0),
    "force": ("Force", "N", 1.0),
    "other": ("Misc", "", 1.0),
}


class VirtualLslDevice:
    """Serves the streams of a profile as outlets, one each, all of one name.

    Parameters
    ----------
    name
        Of the outlets; the profile's id if not given.
    remember
        Whether to keep all that was sent in ``sent``, for comparison.
    """

    def __init__(self, profile: Profile, source: Source, name: str = "", *, remember: bool = False) -> None:
        self._profile = profile.configured()
        self._encoder = ProfiledEncoder(self._profile)
        self._infos = {one.id.rpartition("/")[2]: one for one in self._profile.stream_infos("virtual")}
        self._source = source
        self._name = name or profile.id
        self._remember = remember
        self._pylsl = library()
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()
        self.sent = Sent()
        self.began_s = 0.0

    @property
    def port(self) -> str:
        """What to connect to: ``lsl:thigh``."""
        return f"lsl:{self._name}"

    def __enter__(self) -> VirtualLslDevice:
        self.plug()
        return self

    def __exit__(self, *_: object) -> None:
        self.unplug()

    def plug(self) -> None:
        """Appear on the network, and stream."""
        if self._thread is not None:
            return
        types: list[str] = []
        outlets = {}
        for stream, info in self._infos.items():
            types.append(_type_of(info, types))
            outlets[stream] = self._outlet(stream, info, types[-1])
        self._stopping.clear()
        self._thread = threading.Thread(target=self._serve, args=(outlets,), name="virtual lsl", daemon=True)
        self._thread.start()

    def unplug(self) -> None:
        """Disappear, as when the sending program ends."""
        if self._thread is not None:
            self._stopping.set()
            self._thread.join()
            self._thread = None

    def _outlet(self, stream: str, info: StreamInfo, stream_type: str) -> Any:
        source_id = f"simulated {self._name} {stream}"
        made = self._pylsl.StreamInfo(
            self._name, stream_type, len(info.channels), info.sampling_rate_hz, "double64", source_id
        )
        channels = made.desc().append_child("channels")
        for channel in info.channels:
            kind, unit, _ = _SPELLED[channel.quantity]
            described = channels.append_child("channel")
            described.append_child_value("label", channel.name)
            described.append_child_value("type", kind)
            described.append_child_value("unit", unit)
        acquisition = made.desc().append_child("acquisition")
        acquisition.append_child_value("manufacturer", "simulated")
        acquisition.append_child_value("model", self._profile.name)
        return self._pylsl.StreamOutlet(made)

    def _serve(self, outlets: dict[str, Any]) -> None:
        clock = self._pylsl.local_clock
        self.began_s, next_tick = clock(), 0
        while not self._stopping.wait(_WAKE_S):
            n_ticks = int((clock() - self.began_s) * self._encoder.rate_hz) - next_tick
            if n_ticks > 0:
                self._send(outlets, next_tick, n_ticks)
                next_tick += n_ticks

    def _send(self, outlets: dict[str, Any], first: int, n_ticks: int) -> None:
        samples = self._source(first / self._encoder.rate_hz, n_ticks)
        for stream in self._profile.streams:
            due = self._encoder.due(stream, first, n_ticks)
            counts = self._encoder.counts(stream, samples[stream.id][due - first])
            if self._remember:
                self.sent.counts.setdefault(stream.id, {}).update(zip(due.tolist(), counts, strict=True))
            info = self._infos[stream.id]
            values = info.to_si(counts) / [_SPELLED[channel.quantity][2] for channel in info.channels]
            for tick, value in zip(due.tolist(), values.tolist(), strict=True):
                outlets[stream.id].push_sample(value, self.began_s + tick / self._encoder.rate_hz)


def _type_of(info: StreamInfo, taken: list[str]) -> str:
    """Return a type that no other stream of the device has."""
    kinds = list(dict.fromkeys(_SPELLED[channel.quantity][0] for channel in info.channels))
    word = kinds[0] if len(kinds) == 1 else "IMU" if "Accelerometer" in kinds else "Misc"
    if word not in taken:
        return word
    return next(f"{word} {number}" for number in range(2, len(taken) + 3) if f"{word} {number}" not in taken)
