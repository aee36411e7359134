from __future__ import annotations

import numpy as np
import pytest

from biofeedback.devices.drivers.checksums import Check
from biofeedback.devices.drivers.fields import IntegerFields, NumberFields
from biofeedback.devices.frame_layout import Checksum, Field

ONES = 0xFFFFFFFF


def frames(*rows: str) -> np.ndarray:
    return np.array([list(bytes.fromhex(row)) for row in rows], np.uint8)


def crc(text: bytes, **description: object) -> int:
    check = Checksum(kind="crc", first=0, last=len(text) - 1, at=len(text), **description)  # pyright: ignore
    return Check(check).value(text + bytes(4))


@pytest.mark.parametrize(
    ("description", "value"),
    [
        ({"type": "u8", "polynomial": 0x07}, 0xF4),  # CRC-8/SMBUS
        ({"type": "u16le", "polynomial": 0x1021}, 0x31C3),  # CRC-16/XMODEM
        ({"type": "u16be", "polynomial": 0x1021, "initial": 0xFFFF}, 0x29B1),  # CRC-16/CCITT-FALSE
        ({"type": "u16le", "polynomial": 0x8005, "initial": 0xFFFF, "reflected": True}, 0x4B37),  # CRC-16/MODBUS
        (
            {"type": "u32le", "polynomial": 0x04C11DB7, "initial": ONES, "final_xor": ONES, "reflected": True},
            0xCBF43926,  # CRC-32
        ),
    ],
)  # fmt: skip
def test_crc_of_the_usual_check_string(description, value):
    # "123456789" in the catalogue of parametrised CRC algorithms, https://reveng.sourceforge.io/crc-catalogue/
    assert crc(b"123456789", **description) == value


def test_crc_of_a_captured_shimmer_packet():
    # Packet of the vendor's simulator; odd lengths are padded with one zero before the CRC. Low byte sent: 7A.
    packet = bytes.fromhex("00 EF BE 1B E7 09 3C 08 3F 09")
    assert crc(packet, type="u16le", polynomial=0x1021, initial=0xB0CA) == 0x657A


def test_sum_and_xor():
    first = bytes.fromhex("55 51 88 FF 59 01 DB 07 AE 0A 21")
    second = bytes.fromhex("55 52 A4 00 B8 FE 00 00 C4 09 CE")
    short = Check(Checksum(kind="sum", at=10, first=0, last=9))
    assert [short.value(first), short.value(second)] == [0x21, 0xCE]
    assert short.holds(first)
    assert not short.holds(first[:10] + b"\x22")
    wide = Check(Checksum(kind="sum", at=9, type="u16le", first=0, last=8))
    assert wide.value(first) == sum(first[:9])
    narrow = Check(Checksum(kind="xor", at=10, first=0, last=2))
    assert narrow.value(second) == 0x55 ^ 0x52 ^ 0xA4


@pytest.mark.parametrize(
    ("kind", "stored", "number"),
    [
        ("i24be", "00 06 90", 1680), ("i24be", "02 C0 01", 180225), ("i24be", "FF FF FF", -1),
        ("i24be", "81 A1 01", -8281855), ("i24le", "01 A1 81", -8281855), ("u24le", "FF FF FF", 16777215),
        ("i16be", "81 00", -32512), ("i16le", "B8 FE", -328), ("u8", "FF", 255), ("i8", "FF", -1),
        ("u32be", "00 01 E2 40", 123456), ("i32le", "FF FF FF FF", -1), ("u64le", "40 42 0F 00 00 00 00 00", 1_000_000),
        ("f32le", "00 00 80 3F", 1.0), ("f32be", "3F 80 00 00", 1.0), ("f64be", "BF F0 00 00 00 00 00 00", -1.0),
    ],
)  # fmt: skip
def test_numbers_as_they_are_stored(kind, stored, number):
    data = frames("EE " + stored)
    fields = NumberFields([Field(at=1, type=kind)])
    assert fields.read(data).tolist() == [[number]]
    written = frames("EE " + "00 " * len(bytes.fromhex(stored)))
    fields.write(written, np.array([[number]]))
    np.testing.assert_array_equal(written, data)


def test_numbers_that_share_bytes():
    # BITalino, simulated mode, frames 0 and 1 (packing of the firmware's live.c): sequence, six channels.
    data = frames("DF F7 DF 7F B5 E1 06 06", "E1 E8 67 A7 D1 E3 16 1E")
    places = [(7, "u8", (4, 4)), (5, "u16le", (2, 10)), (4, "u16le", (0, 10)), (2, "u16le", (6, 10)),
              (1, "u16le", (4, 10)), (0, "u16le", (6, 6)), (0, "u8", (0, 6))]  # fmt: skip
    fields = IntegerFields([Field(at=at, type=kind, bits=bits) for at, kind, bits in places])
    assert fields.read(data).tolist() == [[0, 440, 437, 511, 511, 31, 31], [1, 440, 977, 669, 638, 35, 33]]
    written = np.zeros_like(data)
    fields.write(written, fields.read(data))
    np.testing.assert_array_equal(fields.read(written), fields.read(data))


def test_signed_bits():
    field = Field(at=0, type="i16le", bits=(4, 12))
    assert IntegerFields([field]).read(frames("F0 FF", "F0 7F")).tolist() == [[-1], [2047]]
    assert field.limits == (-2048, 2047)
