"""Sensor rooms in their states, as plain values: what the pages of sensors and signal check are shown with."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from biofeedback.session.room.view import ChannelView, FoundView, Kind, Light, LinkKind, PlaceView, RoomView

_BINS = 200
_PROFILES: tuple[tuple[str, str, LinkKind], ...] = (
    ("witmotion-ble", "WitMotion BLE 5.0 (WT901BLE67, BWT901BLE)", "bluetooth"),
    ("openbci-cyton", "OpenBCI Cyton", "usb"),
    ("witmotion-wt901", "WitMotion WT901", "usb"),
    ("delsys-trigno", "Delsys Trigno", "network"),
)
_LONG = "Kinematic and electromyographic sensor of the department of neuromuscular re-education, drawer 3"


def _trace(kind: Kind, shape: str) -> tuple[tuple[float, ...], tuple[float, ...]]:
    noise = np.random.default_rng(5)
    at = np.linspace(0, 4, _BINS)
    if shape == "hum":
        middle, half = 30 * np.sin(2 * np.pi * 13 * at), np.full(_BINS, 12.0)
    elif shape == "off":
        middle, half = np.where(at < 1.6, 0.0, 400.0), np.where(at < 1.6, 8.0, 0.0)
    elif kind == "emg":
        middle, half = noise.normal(0, 1.5, _BINS), 6 + 70 * np.exp(-((at - 2.6) ** 2) / 0.12)
    else:
        middle, half = 0.25 * np.sin(1.3 * at) - 0.2, np.full(_BINS, 0.04)
    return tuple(np.round(middle - half, 2).tolist()), tuple(np.round(middle + half, 2).tolist())


def _place(number: int, place: str, kind: Kind, name: str, hint: str, sensor: str, **state: object) -> PlaceView:
    figures = {"noise_ms2": 0.02, "loss_percent": 0.0}
    if kind == "emg":
        figures = {"rest_uv": 4.0, "mains_percent": 1.0, "tensed_db": 26.0, "loss_percent": 0.1}
    low, high = _trace(kind, "rest")
    whole = PlaceView(
        id=place, number=number, kind=kind, name=name, place=place, side="right", hint=hint, sensor=sensor,
        stream=f"{sensor}/{kind}", needed=kind == "imu", light="good", figures=figures, low=low, high=high,
    )  # fmt: skip
    return replace(whole, **state)  # pyright: ignore[reportArgumentType]


def places() -> tuple[PlaceView, ...]:
    """Return four placements that are heard well."""
    return (
        _place(1, "thigh", "imu", "Thigh", "Outer side, a hand above the knee, arrow up.", "bluetooth:71C4"),
        _place(2, "shank", "imu", "Shank", "Inner face, a hand below the knee, arrow up.", "bluetooth:0B19"),
        _place(
            3, "vastus_medialis", "emg", "Vastus medialis",
            "On the bulge above and inside the kneecap, 55° to the thigh.", "bluetooth:3F2A",
        ),
        _place(
            4, "biceps_femoris", "emg", "Biceps femoris",
            "Back of the thigh, half way between seat bone and outer knee.", "bluetooth:5D80",
        ),
    )  # fmt: skip


def _sensor(name: str, kind: Kind, rssi: int, battery: float, rate: float, loss: float, **state: object) -> FoundView:
    sensor = f"bluetooth:{name.rpartition(' ')[2]}"
    whole = FoundView(
        id=sensor, name=name, link="bluetooth", state="streaming", profile="witmotion-ble",
        profiles=(_PROFILES[0][:2],), kinds=(kind,), rssi_dbm=rssi, battery_percent=battery, rate_hz=rate,
        nominal_rate_hz=100.0 if kind == "imu" else 1000.0, loss_percent=loss, blinks=True,
        channels=(ChannelView(stream=f"{sensor}/{kind}", column=0, name="", kind=kind),),
    )  # fmt: skip
    return replace(whole, **state)  # pyright: ignore[reportArgumentType]


def found() -> tuple[FoundView, ...]:
    """Return four sensors in use, one that is not, and one nobody knows."""
    not_known = (
        "No profile fits the name and the services it announces. It may be another kind of device, such as a phone."
    )
    return (
        _sensor("Motion 71C4", "imu", -52, 81, 100.0, 0.0),
        _sensor("Motion 0B19", "imu", -55, 77, 99.9, 0.1),
        _sensor("EMG 3F2A", "emg", -61, 82, 999.0, 0.1),
        _sensor("EMG 5D80", "emg", -78, 64, 961.0, 3.9, detail="Weak. Move it closer."),
        FoundView(
            id="bluetooth:44E0", name="Motion 44E0", link="bluetooth", state="found", rssi_dbm=-88,
            profiles=(_PROFILES[0][:2],), kinds=("imu",),
        ),
        FoundView(id="bluetooth:9A7C", name="Unknown device 9A:7C", link="bluetooth", state="unknown", why=not_known),
    )  # fmt: skip


def room(**changes: object) -> RoomView:
    """Return a room in which everything sits as last time, with whatever is to be different."""
    whole = RoomView(
        version=1, person="P-014", person_note="Right knee, week 6", exercise_id="knee-extension-seated",
        exercise_name="Knee extension, seated", found=found(), profiles=_PROFILES, places=places(), as_last_time=True,
    )  # fmt: skip
    return replace(whole, **changes)  # pyright: ignore[reportArgumentType]


def _with(number: int, **changes: object) -> tuple[PlaceView, ...]:
    return tuple(
        replace(one, **changes) if one.number == number else one  # pyright: ignore[reportArgumentType]
        for one in places()
    )


def _bad(number: int, light: Light, cause: str, action: str, shape: str) -> tuple[PlaceView, ...]:
    low, high = _trace("emg", shape)
    figures = {"rest_uv": 19.0, "mains_percent": 14.0, "tensed_db": 9.0}
    return _with(number, light=light, cause=cause, action=action, low=low, high=high, figures=figures)


def _many() -> RoomView:
    """Return sixteen placements and as many sensors, with long names."""
    body = ("thigh", "shank", "foot", "upper_arm", "forearm", "sternum", "pelvis", "head")
    muscles = ("vastus_medialis", "vastus_lateralis", "rectus_femoris", "biceps_femoris", "semitendinosus",
               "gastrocnemius", "tibialis_anterior", "gluteus_medius")  # fmt: skip
    sits: list[PlaceView] = []
    sensors: list[FoundView] = []
    for number, place in enumerate((*body, *muscles), 1):
        kind: Kind = "imu" if place in body else "emg"
        sensor = _sensor(f"{_LONG} {number}", kind, -50 - 2 * number, 100 - 6 * number, 99.0, 0.2 * number)
        sensors.append(sensor)
        sits.append(
            _place(number, place, kind, f"{place.replace('_', ' ').capitalize()} of the {_LONG}", _LONG, sensor.id)
        )
    return room(places=tuple(sits), found=tuple(sensors), exercise_name=_LONG, person_note=_LONG)


_EMPTY = tuple(replace(one, sensor="", light="off", low=(), high=()) for one in places())
_OFF = "Bluetooth is switched off. Switch it on in the system’s settings."


def _changed(name: str, **changes: object) -> tuple[FoundView, ...]:
    return tuple(
        replace(one, **changes) if one.name == name else one  # pyright: ignore[reportArgumentType]
        for one in found()
    )


def _working(name: str) -> tuple[FoundView, ...]:
    one = next(one for one in found() if one.name == name)
    return _changed(name, channels=tuple(replace(channel, moving=True) for channel in one.channels))


ROOMS: dict[str, RoomView] = {
    "placed": room(),
    "weak": room(places=_bad(4, "weak", "mains", "Move away from the charger.", "hum")),
    "lost": room(
        places=_bad(4, "lost", "lift-off", "Press the electrode.", "off"), found=_changed("EMG 5D80", state="lost")
    ),
    "missing": room(places=_with(3, sensor="", light="off", low=(), high=()), as_last_time=False),
    "needed-missing": room(places=_with(2, sensor="", light="off", low=(), high=()), as_last_time=False),
    "listening": room(places=_with(1, light="off", low=(), high=())),
    "failed": room(
        found=_changed(
            "Motion 44E0", state="failed", detail="Motion 44E0 is not heard. Switch it on and bring it near."
        )
    ),
    "none-found": room(found=(), places=_EMPTY, as_last_time=False, notes=(_OFF,)),
    "problem": room(problem="A session is going on: sensors stay where they are until it has ended."),
    "running": room(
        session="running", places=tuple(replace(one, low=(), high=(), figures={}) for one in places())
    ),  # the session has the samples
    "moving": room(found=_working("Motion 0B19")),
    "many-long": _many(),
}
