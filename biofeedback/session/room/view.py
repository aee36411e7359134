"""What a window may know of the sensor room: what was found, where it sits, how well it is heard."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from biofeedback.session.room.today import Prepare

Kind = Literal["imu", "emg"]
Side = Literal["left", "right"]
LinkKind = Literal["usb", "bluetooth", "network", "simulated"]
FoundState = Literal["found", "unknown", "connecting", "streaming", "lost", "failed"]
Light = Literal["good", "weak", "lost", "off"]
SessionState = Literal["none", "opening", "running"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelView:
    """What a sensor can give to one placement; ``stream`` and ``column`` name it. ``moving``: it moves or works now."""

    stream: str
    column: int
    name: str
    kind: Kind
    moving: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundView:
    """One sensor in the list.

    Attributes
    ----------
    state
        ``unknown``: no profile fits; ``failed``: it could not be used, ``detail`` says why.
    detail, why
        One plain sentence on its state; what can be done about it, at more length, empty if all is well.
    profile, profiles
        Id of the profile in use or chosen, "" before; (id, name) of those that may fit.
    rate_hz, nominal_rate_hz, loss_percent
        Of its fastest stream; None before it streams.
    blinks
        Whether it can show itself by a light or by vibrating.
    """

    id: str
    name: str
    link: LinkKind
    state: FoundState
    detail: str = ""
    why: str = ""
    profile: str = ""
    profiles: tuple[tuple[str, str], ...] = ()
    kinds: tuple[Kind, ...] = ()
    rssi_dbm: int | None = None
    battery_percent: float | None = None
    rate_hz: float | None = None
    nominal_rate_hz: float | None = None
    loss_percent: float | None = None
    blinks: bool = False
    channels: tuple[ChannelView, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceView:
    """One placement of the exercise, what sits there, and how well it is heard.

    Attributes
    ----------
    place, side
        The segment or muscle it sits on, and on which side; the exercise's own unless it was moved.
    sensor, stream, column
        The sensor and channel on it; "" if there is none.
    needed
        Whether there is no session without it: repetitions or the goal are counted from it.
    light, cause
        As of the last second, off before it; the cause (an index of `measures.signal_quality`) only after it lasted
        two seconds.
    action
        One plain sentence on what to do, "" if nothing.
    figures
        Small print: ``rest_uv``, ``mains_percent``, ``tensed_db``, ``noise_ms2``, ``loss_percent``.
    low, high
        The extremes of the last four seconds in ``TRACE_BINS`` bins, oldest first; µV, or m/s² without gravity; 0
        where nothing is known yet.
    """

    id: str
    number: int
    kind: Kind
    name: str
    place: str
    side: Side | None
    hint: str = ""
    sensor: str = ""
    stream: str = ""
    column: int = 0
    needed: bool = False
    light: Light = "off"
    cause: str = ""
    action: str = ""
    figures: dict[str, float] = field(default_factory=dict[str, float])
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishedView:
    """The session that ended last. ``failure`` is one sentence, "" if it ended in order.

    ``recording_path`` is "" if it has none, or never began.
    """

    number: int
    exercise_id: str
    exercise_name: str
    recording_path: str = ""
    failure: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomView:
    """Everything of the room; ``version`` grows with each change.

    ``profiles`` are all there are: id, name, and what they are connected by. ``notes`` are plain sentences on what
    could not be looked at, such as Bluetooth being switched off; ``problem`` is why what was asked last did not go, ""
    if it did. ``as_last_time``: the places are those of the last session. ``prepared`` is what was asked for, with what
    is still to come today: a window that is opened anew goes on from it.
    """

    version: int
    person: str = ""
    person_note: str = ""
    exercise_id: str = ""
    exercise_name: str = ""
    exercise_number: int = 1
    exercise_count: int = 1
    setup: str = ""
    scanning: bool = False
    notes: tuple[str, ...] = ()
    problem: str = ""
    found: tuple[FoundView, ...] = ()
    profiles: tuple[tuple[str, str, LinkKind], ...] = ()
    places: tuple[PlaceView, ...] = ()
    as_last_time: bool = False
    session: SessionState = "none"
    finished: FinishedView | None = None
    prepared: Prepare | None = None
