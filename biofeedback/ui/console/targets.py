"""The bands as a hand moves them: how far they may go, and what holds until the session has followed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from biofeedback.session.view import LaneView
from biofeedback.ui.console.words import with_unit
from biofeedback.ui.language import tr

Edge = Literal["low", "high"]
Band = tuple[float | None, float | None]
Stop = Literal["", "narrowest", "scale"]
_HOLD_S = 1.0  # how long a moved edge waits for the session to follow


@dataclass(frozen=True, slots=True)
class Move:
    """Where an edge may go: the value it gets, and why it did not get where it was asked to."""

    value: float
    stopped: Stop = ""


def move_edge(lane: LaneView, band: Band, edge: Edge, wanted: float) -> Move:
    """Keep an edge on the lane's scale, on its step, and the band no narrower than it may be."""
    wanted = round(wanted / lane.step) * lane.step
    low, high = band
    bottom, top = lane.display
    stop: Stop = "scale"
    if edge == "low" and high is not None and high - lane.narrowest < top:
        top, stop = high - lane.narrowest, "narrowest"
    if edge == "high" and low is not None and low + lane.narrowest > bottom:
        bottom, stop = low + lane.narrowest, "narrowest"
    if bottom <= wanted <= top:
        return Move(wanted)
    limited = min(max(wanted, bottom), top)
    inner = (edge == "low") == (wanted > top)
    return Move(limited, stop if inner else "scale")


def move_both(lane: LaneView, band: tuple[float, float], shift: float) -> tuple[dict[Edge, float], Stop]:
    """Shift both edges together, as far as the lane's scale goes."""
    low, high = band
    possible = min(max(shift, lane.display[0] - low), lane.display[1] - high)
    return {"low": low + possible, "high": high + possible}, "" if possible == shift else "scale"


def stopped_words(lane: LaneView, stop: Stop) -> str:
    """Say why an edge did not go further."""
    if stop == "narrowest":
        width = with_unit(lane.narrowest, lane.unit)
        return tr("{name}: the band is {value} wide. Narrower could be chance.").format(name=lane.name, value=width)
    return tr("{name}: the scale ends here.").format(name=lane.name)


class HeldBands:
    """Bands just asked for. They hold until the session shows them, or a second has passed."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._held: dict[str, tuple[Band, float]] = {}

    def hold(self, lane_id: str, band: Band) -> None:
        """Hold a band that has been asked for."""
        self._held[lane_id] = (band, self._clock() + _HOLD_S)

    def band_of(self, page: LaneView) -> Band:
        """Return the session's band, or the one just asked for while the session has not answered yet."""
        band, until_s = self._held.get(page.id, (page.band, 0.0))
        if band == page.band or self._clock() > until_s:
            self._held.pop(page.id, None)
            return page.band
        return band
