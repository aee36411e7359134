"""Lab Streaming Layer: the library, and which streams are on the network.

`pylsl` is loaded with the first use; it and liblsl are an extra.
"""

from __future__ import annotations

import contextlib
import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from biofeedback.devices.base import DeviceError

_FOUND_WITHIN_S = 4.0
_MORE_WITHIN_S = 0.5  # streams of one sender answer one after the other
_LOOK_EVERY_S = 0.05
_FORMATS = {1: "float32", 2: "double64", 4: "int32", 5: "int16", 6: "int8", 7: "int64"}  # lsl_channel_format_t
_SETTINGS = ("lsl_api.cfg", "~/lsl_api/lsl_api.cfg", "/etc/lsl_api/lsl_api.cfg")


@dataclass(frozen=True, slots=True)
class LslStream:
    """A stream that somebody on the network offers; ``rate_hz`` is 0 where its samples come irregularly.

    ``format`` is the sender's type of number, "" where the stream has text. ``xml`` is the description, which is told
    only to those who connect.
    """

    name: str
    type: str
    source_id: str
    host: str
    n_channels: int
    rate_hz: float
    format: str
    xml: str = ""
    handle: Any = field(default=None, compare=False, repr=False)

    @property
    def port(self) -> str:
        """What a person names to have it."""
        return f"lsl:{self.name}"


def library() -> ModuleType:
    """Load `pylsl`.

    Raises
    ------
    DeviceError
        If it, or liblsl underneath, is not there.
    """
    try:
        import pylsl
    except ModuleNotFoundError as error:
        raise DeviceError(
            "Lab Streaming Layer needs one package more: install it with pip install pylsl, and try again."
        ) from error
    except (RuntimeError, OSError) as error:
        raise DeviceError(
            "Lab Streaming Layer needs liblsl, which no package brings for this system: install it from its project's "
            "releases (sccn/liblsl), and set PYLSL_LIB to the file."
        ) from error
    _keep_quiet(pylsl)
    return pylsl


def _keep_quiet(pylsl: ModuleType) -> None:
    """Keep liblsl's log off the terminal, unless the person has settings of their own: it takes one or the other."""
    if "LSLAPICFG" not in os.environ and not any(Path(name).expanduser().exists() for name in _SETTINGS):
        with contextlib.suppress(NotImplementedError):  # liblsl of the system, older than 1.17.7
            pylsl.set_config_content("[log]\nlevel = -3\n")


def found_within(seconds: float) -> list[LslStream]:
    """Listen for that long and return every stream that answers, by name and type. Blocks.

    Raises
    ------
    DeviceError
        If the library is missing.
    """
    streams = (offered(info) for info in library().resolve_streams(seconds))
    return sorted(streams, key=lambda one: (one.name, one.type, one.source_id))


def offered(info: Any, xml: str = "") -> LslStream:
    """Return a stream as the library has it."""
    rate_hz = info.nominal_srate()
    return LslStream(
        name=info.name(),
        type=info.type(),
        source_id=info.source_id(),
        host=info.hostname(),
        n_channels=info.channel_count(),
        rate_hz=rate_hz if 0 < rate_hz < 1e6 else 0.0,
        format=_FORMATS.get(info.channel_format(), ""),
        xml=xml,
        handle=info,
    )


def resolved(pylsl: ModuleType, wanted: str) -> list[LslStream]:
    """Return the streams of that name, or else the one of that source id, sorted by type."""
    resolver = pylsl.ContinuousResolver()
    until_s = time.monotonic() + _FOUND_WITHIN_S
    matching: list[LslStream] = []
    while time.monotonic() < until_s:
        time.sleep(_LOOK_EVERY_S)
        streams = [offered(info) for info in resolver.results()]
        named = [one for one in streams if one.name == wanted]
        now = named or [one for one in streams if one.source_id == wanted][:1]
        if len(now) > len(matching):  # wait a little whether more of them answer
            until_s = min(until_s, time.monotonic() + _MORE_WITHIN_S)
        matching = now
    return sorted(matching, key=lambda one: one.type)
