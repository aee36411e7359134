"""Writes XDF files as LabRecorder does, for the tests of the reader."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

CODES = {"float32": "<f4", "double64": "<f8", "int16": "<i2", "int32": "<i4"}


def _length(number: int) -> bytes:
    return b"\x01" + struct.pack("<B", number) if number < 256 else b"\x04" + struct.pack("<I", number)


class XdfFile:
    def __init__(self) -> None:
        self.body = b"XDF:"
        self._formats: dict[int, str] = {}
        self._chunk(1, b"<?xml version='1.0'?><info><version>1.0</version></info>")

    def _chunk(self, tag: int, content: bytes) -> None:
        self.body += _length(2 + len(content)) + struct.pack("<H", tag) + content

    def stream(
        self,
        number: int,
        name: str,
        kind: str,
        rate_hz: float,
        channels: Sequence[tuple[str, str]],
        form: str = "float32",
    ) -> None:
        self._formats[number] = form
        described = "".join(f"<channel><label>{a}</label><unit>{b}</unit></channel>" for a, b in channels)
        xml = (
            f"<info><name>{name}</name><type>{kind}</type><channel_count>{len(channels)}</channel_count>"
            f"<nominal_srate>{rate_hz}</nominal_srate><channel_format>{form}</channel_format>"
            f"<desc><channels>{described}</channels></desc></info>"
        )
        self._chunk(2, struct.pack("<I", number) + xml.encode())

    def samples(self, number: int, stamps: Sequence[float | None], rows: Any) -> None:
        form = self._formats[number]
        content = struct.pack("<I", number) + b"\x04" + struct.pack("<I", len(stamps))
        for stamp, row in zip(stamps, rows, strict=True):
            content += b"\x00" if stamp is None else b"\x08" + struct.pack("<d", stamp)
            if form == "string":
                content += b"".join(_length(len(text.encode())) + text.encode() for text in row)
            else:
                content += np.asarray(row, CODES[form]).tobytes()
        self._chunk(3, content)

    def offset(self, number: int, clock_s: float, offset_s: float) -> None:
        self._chunk(4, struct.pack("<Idd", number, clock_s, offset_s))

    def footer(self, number: int) -> None:
        self._chunk(6, struct.pack("<I", number) + b"<info><first_timestamp>0</first_timestamp></info>")

    def write(self, path: Path) -> Path:
        path.write_bytes(self.body)
        return path
