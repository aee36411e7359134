"""What the console says: figures with their units, and the word of each state."""

from __future__ import annotations

from biofeedback.session.room.view import PlaceView
from biofeedback.session.view import LaneView, Reason, RepetitionView
from biofeedback.ui.language import filled, numerals, tr

THIN = "\u2009"
MINUS = "\u2212"
DASH = "\u2013"

STATE_GLYPHS = {"idle": "rest", "below": "below", "in": "good", "above": "above", "hold": "hold"}
RESULT_GLYPHS = {"now": "now", "in": "good", "below": "below", "above": "above", "no_score": "lost"}


def state_word(state: str) -> str:
    """Return the word beside a state's sign."""
    words = {
        "idle": tr("Rest"),
        "below": tr("More"),
        "in": tr("Good"),
        "above": tr("Less"),
        "hold": tr("Hold"),
        "lost": tr("Check sensor"),
        "paused": tr("Paused"),
        "off": tr("Not used"),
    }
    return words[state]


def light_word(light: str) -> str:
    """Return the word of a sensor's light."""
    return {"good": tr("good"), "weak": tr("weak"), "lost": tr("no signal"), "off": tr("not used")}[light]


def check_word(place: PlaceView) -> str:
    """Return the word beside the light of a place: what its sensor is like while it is listened to."""
    if not place.sensor:
        return tr("No sensor")
    if place.light == "off":
        return tr("Listening")
    causes = {"mains": tr("Hum"), "lift-off": tr("Loose"), "baseline noise": tr("Noisy"), "heart": tr("Heart")}
    words = {"good": tr("Good"), "weak": tr("Weak"), "lost": tr("Check sensor"), "off": tr("Not used")}
    if place.light == "lost" and place.cause == "rate":
        return tr("Wrong rate")
    return causes.get(place.cause, words[place.light]) if place.light == "weak" else words[place.light]


def result_word(repetition: RepetitionView) -> str:
    """Return how a repetition ended: at the target, or on which side of it."""
    words = {
        "now": tr("going on"),
        "in": tr("in target"),
        "below": tr("short of the target"),
        "above": tr("above the target"),
        "no_score": tr("no score"),
    }
    return words["in" if repetition.reached else repetition.result]


def figure(value: float, decimals: int = 0) -> str:
    """Write a number with a true minus sign, and never a minus before zero."""
    text = f"{value:.{decimals}f}"
    if not float(text):
        text = text.lstrip("-")
    return numerals(text.replace("-", MINUS))


def with_unit(value: float, unit: str, decimals: int = 0) -> str:
    """Write a number with its unit: degrees close up, per cent after a thin space, others after a space."""
    gap = "" if unit == "°" else THIN if unit == "%" else " "
    return f"{figure(value, decimals)}{gap if unit else ''}{unit}"


def clock(seconds: float) -> str:
    """Write a duration as ``11:42``, and ``1:05:09`` from one hour on."""
    whole = max(0, int(seconds))
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours}:{minutes:02d}:{whole % 60:02d}" if hours else f"{minutes}:{whole % 60:02d}"


def sentence(reason: Reason) -> str:
    """Return a reason in the program's language, with its figures; a thin space before per cent."""
    return filled(reason.text, reason.values).replace(" %", f"{THIN}%")


def unit_words(lane: LaneView) -> str:
    """Return what stands after a lane's big figure, apart from the degree sign."""
    if lane.unit == "°":
        return lane.word
    return " ".join(part for part in (lane.unit, lane.word or (tr("of ref.") if lane.unit == "%" else "")) if part)


def edges(lane: LaneView) -> tuple[float | None, float | None]:
    """Return the edges of a lane's band a person may move: an edge at the end of the scale is no edge."""
    low, high = lane.band
    bottom, top = lane.display
    return (
        None if low is None or low <= bottom else low,
        None if high is None or high >= top else high,
    )


def target_words(lane: LaneView) -> str:
    """Say a lane's target: ``0 to 12°``, ``under 20 %``, ``over 40 %``."""
    low, high = edges(lane)
    if low is not None and high is not None:
        return tr("{low} to {high}").format(low=figure(low), high=with_unit(high, lane.unit))
    if high is not None:
        return tr("under {high}").format(high=with_unit(high, lane.unit))
    if low is not None:
        return tr("over {low}").format(low=with_unit(low, lane.unit))
    return ""
