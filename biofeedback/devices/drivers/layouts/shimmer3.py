"""Shimmer3, LogAndStream: channels in the order of the inquiry, axes with the unit's own calibration.

Layout and calibration: ShimmerResearch/log-and-stream-common Comms/shimmer_bt_uart.c; ShimmerEngineering/
Shimmer-Java-Android-API ShimmerObject.java, UtilCalibration.java and its sensor classes; seemoo-lab/pyshimmer.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from biofeedback.devices.base import DeviceError
from biofeedback.devices.frame_layout import FieldType, Mark, factor
from biofeedback.devices.links import Step
from biofeedback.devices.profiles import Calibration, Profile, Stream

_ACKNOWLEDGED = 0xFF
_INQUIRY, _CALIBRATION = 0x02, 0x2D
_HEAD_BYTES = 9  # FF 02, ticks u16, four bytes of settings, number of channels
_BLOCK_BYTES = 21
_FIRST_CHANNEL_AT = 4  # behind 00 and the time stamp
_CHECK_BYTES = 2
_TICKS_PER_S = 32768
_FRESH = 0x80
_RAIL_MARGIN = 0.97  # the other axes move a rail by a few percent
_TYPES: dict[int, FieldType] = {
    **dict[int, FieldType].fromkeys((*range(0x00, 0x04), *range(0x04, 0x07)), "i16le"),  # accelerations, battery
    **dict[int, FieldType].fromkeys(range(0x07, 0x0A), "i16le"),  # magnetometer; big-endian on the older chip
    **dict[int, FieldType].fromkeys(range(0x0A, 0x0D), "i16be"),  # angular velocity
    **dict[int, FieldType].fromkeys((*range(0x0D, 0x14), 0x1C, 0x27, 0x28), "u16le"),  # analog inputs
    **{0x1A: "u16be", 0x1B: "u24be", 0x1D: "u8", 0x20: "u8"},  # temperature, pressure, state of each ExG chip
    **dict[int, FieldType].fromkeys((0x1E, 0x1F, 0x21, 0x22), "i24be"),
    **dict[int, FieldType].fromkeys(range(0x23, 0x27), "i16be"),
}
_AXES = {"acc": (0x00, 0x01, 0x02), "wide": (0x04, 0x05, 0x06), "mag": (0x07, 0x08, 0x09), "gyr": (0x0A, 0x0B, 0x0C)}
_BLOCKS = ("acc", "gyr", "mag", "wide")  # in the answer about the calibration
_RAILS = ((-32768, 32767), (0, 4095))  # the low-noise acceleration comes through a converter of 12 bits
_LEAST_DETERMINANT = 0.1
# of units that were never calibrated; by the code of the range
_GYRO_LSB = (131.0, 65.5, 32.8, 16.4)  # 250, 500, 1000, 2000 degrees a second
_WIDE_LSB = (1671.0, 209.0, 836.0, 418.0)  # 2, 16, 4, 8 g
_WIDE_LSB_OLD = (1631.0, 815.0, 408.0, 135.0)  # 2, 4, 8, 16 g
_ON_BOARD = ((0, -1, 0), (-1, 0, 0), (0, 0, -1))
_OLD_CHIP = ((-1, 0, 0), (0, 1, 0), (0, 0, -1))
_EXG = {"emg1": 0x1E, "emg2": 0x1F}
_EXG_STATUS = 0x1D


@dataclass(frozen=True, slots=True)
class _Inquiry:
    """The answer to the inquiry: rate, and the channels of a packet in their order."""

    rate_hz: float
    channels: tuple[int, ...]
    raw: bytes

    @classmethod
    def read(cls, answer: bytes) -> _Inquiry:
        raw = _behind(answer, _INQUIRY)
        ticks, n_channels = struct.unpack_from("<H", raw, 2)[0], raw[8]
        channels = tuple(raw[10 : 10 + n_channels])
        if not ticks:
            raise DeviceError("The Shimmer tells no sampling rate: switch it off and on, and try again.")
        for channel in channels:
            if channel not in _TYPES:
                raise DeviceError(f"The Shimmer sends a channel of an unknown kind ({channel:02X}): a newer model?")
        return cls(_TICKS_PER_S / ticks, channels, raw)

    def places(self) -> dict[int, int]:
        """Return where each channel begins in a packet."""
        places, at = {}, _FIRST_CHANNEL_AT
        for channel in self.channels:
            places[channel] = at
            at += _width(channel)
        return places

    @property
    def packet_bytes(self) -> int:
        return _FIRST_CHANNEL_AT + sum(map(_width, self.channels)) + _CHECK_BYTES


def is_whole(question: int, answer: bytes) -> bool:
    """Tell whether an answer has come to its end."""
    if question == 0:
        raw = _found(answer, _INQUIRY)
        return len(raw) > _HEAD_BYTES and len(raw) >= 10 + raw[8]
    return len(_found(answer, _CALIBRATION)) >= 2 + _BLOCK_BYTES * len(_BLOCKS)


def arranged(profile: Profile, answers: Sequence[bytes]) -> Profile:
    """Return the profile with the packet, the rate and the calibration that the unit tells.

    Raises
    ------
    DeviceError
        If the unit sends channels nobody knows, or none that this profile reads.
    """
    inquiry = _Inquiry.read(answers[0])
    blocks = _behind(answers[1], _CALIBRATION)[2:]
    found = (_stream(stream, inquiry, blocks) for stream in profile.streams)
    streams = tuple(stream for stream in found if stream is not None)
    if not streams:
        raise DeviceError("The Shimmer sends none of the channels that this profile reads.")
    (message,) = profile.messages
    length = inquiry.packet_bytes
    assert message.checksum is not None
    check = replace(message.checksum, at=length - _CHECK_BYTES, last=length - _CHECK_BYTES - 1)
    message = replace(message, length=length, checksum=check)
    # behind a break the unit must still have the same layout, or its packets would be misread
    same = Step(send_hex="01", expect=inquiry.raw[8 : 10 + len(inquiry.channels)].decode("latin-1"))
    dialogue = replace(profile.dialogue, open=(*profile.dialogue.open, same))
    return replace(profile, messages=(message,), streams=streams, dialogue=dialogue, layout=None)


def _stream(stream: Stream, inquiry: _Inquiry, blocks: bytes) -> Stream | None:
    """Return a stream with its channels where they are now; None if the unit does not send all of them."""
    wanted = [_channel_id(channel.name) for channel in stream.channels]
    places = inquiry.places()
    if any(one not in places for one in wanted):
        return None
    old_chip = _has_old_magnetometer(inquiry)
    channels = tuple(
        replace(channel, at=places[one], type="i16be" if one in _AXES["mag"] and old_chip else channel.type)
        for channel, one in zip(stream.channels, wanted, strict=True)
    )
    when = (Mark(at=places[_EXG_STATUS], mask=_FRESH, values=(_FRESH,)),) if stream.when else ()
    stream = replace(stream, channels=channels, when=when, rate_hz=inquiry.rate_hz)
    for number in range(len(stream.calibration)):
        stream = _calibrated(stream, number, inquiry, blocks)
    return stream


def _calibrated(stream: Stream, number: int, inquiry: _Inquiry, blocks: bytes) -> Stream:
    """Put the unit's own calibration in the place of the profile's; without one, what is usual at its range."""
    columns = stream.calibration[number].columns
    kind = stream.channels[columns[0]].name.rpartition("_")[0]
    at = _BLOCKS.index(kind) * _BLOCK_BYTES
    own = _own(blocks[at : at + _BLOCK_BYTES], 100.0 if kind == "gyr" else 1.0) or _usual(kind, inquiry)
    bias, matrix = own
    # from the sensor's units (m/s2, degrees a second) to the counts that the profile's scale is for
    scales = [factor(stream.channels[column].scale) for column in columns]
    matrix = matrix * (math.radians(1) if kind == "gyr" else 1.0) / np.array(scales)[:, None]
    calibrations = list(stream.calibration)
    calibrations[number] = Calibration(
        columns=columns, matrix=tuple(matrix.ravel().tolist()), bias=(float(bias[0]), float(bias[1]), float(bias[2]))
    )
    channels = list(stream.channels)
    for row, column in enumerate(columns):
        channels[column] = replace(channels[column], rails=_rails(matrix[row], bias, *_RAILS[kind == "acc"]))
    return replace(stream, channels=tuple(channels), calibration=tuple(calibrations))


def _rails(row: NDArray[np.float64], bias: NDArray[np.float64], low: int, high: int) -> tuple[float, float]:
    """Return about where an axis stops: at the ends of the raw axis that makes most of it."""
    main = int(np.argmax(np.abs(row)))
    ends = sorted(float(row[main] * (end - bias[main])) for end in (low, high))
    return ends[0] * _RAIL_MARGIN, ends[1] * _RAIL_MARGIN


def _own(block: bytes, sensitivity_unit: float) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """Return offset, and alignment and sensitivity undone, of a stored block; None if it holds nothing usable."""
    values = np.array(struct.unpack(">6h9b", block), np.float64)
    offset, sensitivity, alignment = values[:3], values[3:6] / sensitivity_unit, values[6:].reshape(3, 3) / 100
    if set(block) == {0xFF} or (sensitivity <= 0).any() or abs(np.linalg.det(alignment)) < _LEAST_DETERMINANT:
        return None
    return offset, np.linalg.inv(alignment) / sensitivity


def _usual(kind: str, inquiry: _Inquiry) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return what the maker's program takes for a unit that was never calibrated."""
    old = _has_old_magnetometer(inquiry)
    if kind == "acc":
        offset, sensitivity, alignment = 2047.0, (83.0,) * 3, _ON_BOARD
    elif kind == "gyr":
        offset, sensitivity, alignment = 0.0, (_GYRO_LSB[inquiry.raw[6] & 3],) * 3, _ON_BOARD
    elif kind == "wide":
        lsb = (_WIDE_LSB_OLD if old else _WIDE_LSB)[inquiry.raw[4] >> 2 & 3]
        offset, sensitivity, alignment = 0.0, (lsb,) * 3, _OLD_CHIP if old else _ON_BOARD
    else:
        sensitivity = (1100.0, 1100.0, 980.0) if old else (667.0,) * 3
        offset, alignment = 0.0, _OLD_CHIP if old else _ON_BOARD
    return np.full(3, offset), np.linalg.inv(np.array(alignment)) / np.array(sensitivity)


def _has_old_magnetometer(inquiry: _Inquiry) -> bool:
    """Tell the older chip (LSM303DLHC) by the order of its axes, x z y; its numbers are big-endian."""
    mine = [one for one in inquiry.channels if one in _AXES["mag"]]
    return mine == [0x07, 0x09, 0x08]


def _channel_id(name: str) -> int:
    if name in _EXG:
        return _EXG[name]
    kind, _, axis = name.rpartition("_")
    return _AXES[kind]["xyz".index(axis)]


def _width(channel: int) -> int:
    return int(_TYPES[channel].strip("iubel")) // 8


def _found(answer: bytes, code: int) -> bytes:
    """Return an answer from its acknowledgement and code on; nothing if they have not come."""
    at = answer.find(bytes([_ACKNOWLEDGED, code]))
    return answer[at:] if at >= 0 else b""


def _behind(answer: bytes, code: int) -> bytes:
    raw = _found(answer, code)
    if not raw:
        raise DeviceError("The Shimmer gave no answer that can be read: switch it off and on, and try again.")
    return raw
