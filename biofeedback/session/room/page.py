"""Build the page a window sees of the room. Reads everything, changes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from biofeedback.devices.profiles import Profile
from biofeedback.exercises.model import Placement
from biofeedback.exercises.sites import site
from biofeedback.session.rates import rate_words
from biofeedback.session.room.connected import Connected
from biofeedback.session.room.finding import Finding
from biofeedback.session.room.fitting import needed
from biofeedback.session.room.places import Places
from biofeedback.session.room.view import ChannelView, FoundView, Kind, Light, PlaceView, RoomView
from biofeedback.session.room.watching import ChannelWatch, Verdict

_LOSS_WORTH_A_WORD = 2.0
_KINDS: dict[str, Kind] = {"emg": "emg", "emg_counts": "emg", "emg_envelope": "emg", "angular_velocity": "imu"}


def found_view(finding: Finding, connected: Connected | None, known: Mapping[str, Profile], profile: str) -> FoundView:
    """Return one sensor of the list."""
    candidates = tuple((one, known[one].name) for one in finding.profiles if one in known)
    if finding.link == "simulated" or finding.describes_itself:
        candidates = (("", "Simulated person" if finding.link == "simulated" else "Lab Streaming Layer"),)
    view = FoundView(
        id=finding.id,
        name=finding.name,
        link=finding.link,
        state="found" if candidates or connected is not None else "unknown",
        why=finding.why,
        profile=profile,
        profiles=candidates,
        kinds=_kinds_of(known.get(profile or (candidates[0][0] if len(candidates) == 1 else ""))),
        rssi_dbm=finding.rssi_dbm,
    )
    if connected is None:
        return view
    return _connected_view(view, connected)


def _kinds_of(profile: Profile | None) -> tuple[Kind, ...]:
    if profile is None:
        return ()
    quantities = {channel.quantity for stream in profile.streams for channel in stream.channels}
    return tuple(sorted({_KINDS[quantity] for quantity in quantities if quantity in _KINDS}))


def _connected_view(view: FoundView, connected: Connected) -> FoundView:
    streams = connected.device.streams
    status = connected.last
    return replace(
        view,
        state=connected.state,
        detail=_detail(connected),
        kinds=tuple(sorted({watch.kind for watch in connected.watches.values()})) or view.kinds,
        battery_percent=None if status is None else status.battery_percent,
        rate_hz=None if status is None else status.rate_hz,
        nominal_rate_hz=max(stream.sampling_rate_hz for stream in streams) if connected.watches else None,
        loss_percent=connected.loss_percent,
        blinks=connected.blinks,
        channels=_channels(connected),
    )


def _detail(connected: Connected) -> str:
    loss = connected.loss_percent
    if wrong := _wrong_rate(connected):
        return wrong
    if connected.state == "streaming" and not connected.watches:
        return "It measures neither movement nor muscles."
    if connected.state == "streaming" and loss is not None and loss > _LOSS_WORTH_A_WORD:
        return "Weak. Move it closer."
    return connected.detail


def _wrong_rate(connected: Connected, stream: str = "") -> str:
    """Say that it sends at another rate than its profile says; "" where it does not. Of a stream, or the fastest."""
    status = connected.last
    if connected.state != "streaming" or status is None or status.rate_ratio is None:
        return ""
    rates = [one.sampling_rate_hz for one in connected.device.streams if stream in ("", one.id)]
    return rate_words(status.rate_ratio, max(rates))


def _channels(connected: Connected) -> tuple[ChannelView, ...]:
    counts: dict[Kind, int] = {}
    made: list[ChannelView] = []
    of_kind = [watch.kind for watch in connected.watches.values()]
    for (stream, column), watch in connected.watches.items():
        counts[watch.kind] = number = counts.get(watch.kind, 0) + 1
        name = f"ch {number}" if of_kind.count(watch.kind) > 1 else ""
        made.append(ChannelView(stream=stream, column=column, name=name, kind=watch.kind, moving=watch.moving))
    return tuple(made)


def place_views(
    places: Places, connected: Mapping[str, Connected], lights: Mapping[str, tuple[Light, str]] | None
) -> tuple[PlaceView, ...]:
    """Return one line a placement of the exercise.

    ``lights`` has light and action of each placement while a session has the sensors, and listens itself.
    """
    must = needed(places.exercise)
    return tuple(
        _place_view(number, placement, places, connected, placement.id in must, lights)
        for number, placement in enumerate(places.exercise.placements, 1)
    )


def _place_view(
    number: int,
    placement: Placement,
    places: Places,
    connected: Mapping[str, Connected],
    must: bool,
    lights: Mapping[str, tuple[Light, str]] | None,
) -> PlaceView:
    spot, seat = places.spots[placement.id], places.seats.get(placement.id)
    there = site(spot.place, placement.kind)
    own = spot.place == placement.place
    view = PlaceView(
        id=placement.id,
        number=number,
        kind=placement.kind,
        name=_name(placement) if own else there.name,
        place=spot.place,
        side=spot.side,
        hint=(placement.hint if own else "") or there.how,
        needed=must,
    )
    if seat is None:
        return view
    view = replace(view, sensor=seat.sensor, stream=seat.stream, column=seat.column)
    sensor = connected.get(seat.sensor)
    watch = None if sensor is None else sensor.watches.get((seat.stream, seat.column))
    if sensor is None or watch is None or sensor.state != "streaming":
        action = sensor.detail if sensor is not None and sensor.detail else "Connecting."
        return replace(view, light="lost", action=action)
    if lights is not None:
        light, action = lights.get(placement.id, ("off", ""))
        return replace(view, light=light, action=action)
    return _heard(view, sensor, watch)


def _name(placement: Placement) -> str:
    """Return the full name of a muscle where the exercise has a short one."""
    there = site(placement.place, placement.kind).name
    return there if placement.name.lower() in there.lower() else placement.name


def _heard(view: PlaceView, sensor: Connected, watch: ChannelWatch) -> PlaceView:
    verdict, (low, high) = watch.verdict(), watch.trace()
    if wrong := _wrong_rate(sensor, view.stream):
        verdict = Verdict("lost", "rate", wrong)
    figures = watch.figures()
    if sensor.loss_percent is not None:
        figures["loss_percent"] = sensor.loss_percent
    return replace(
        view, light=verdict.light, cause=verdict.cause, action=verdict.action, figures=figures, low=low, high=high
    )


class RoomPageMaker:
    """Gives the page a new version only when something changed."""

    def __init__(self) -> None:
        self._last = RoomView(version=0)

    def made(self, view: RoomView) -> RoomView:
        """Return the page; the same object as before if nothing changed."""
        if replace(view, version=self._last.version) != self._last:
            self._last = replace(view, version=self._last.version + 1)
        return self._last
