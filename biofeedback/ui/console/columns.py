"""The columns of the repetition table: how each value of a repetition is written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from biofeedback.exercises.model import COMPENSATIONS
from biofeedback.exercises.model import DOMAINS as PARTS
from biofeedback.session.view import RepetitionView
from biofeedback.ui.console.words import DASH, THIN, figure, result_word, sentence, with_unit
from biofeedback.ui.language import tr

Kind = Literal["number", "score", "why", "part", "measure", "feedback"]
LOW_PART = 70.0


@dataclass(frozen=True, slots=True)
class Column:
    """One column: what it is, its title, its width in the 100 % design (0 = what is left), and how it is written."""

    kind: Kind
    title: str
    width: int
    write: Callable[[RepetitionView], str]
    name: str = ""

    @property
    def right(self) -> bool:
        """Whether its values stand at the right."""
        return self.kind in ("number", "part", "measure")


def weakest_part(repetition: RepetitionView) -> str | None:
    """Return the lowest part if it is under 70."""
    points = {part: value for part in PARTS if (value := repetition.parts.get(part)) is not None}
    lowest = min(points, key=lambda part: points[part], default=None)
    return lowest if lowest is not None and points[lowest] < LOW_PART else None


def _part(part: str) -> Callable[[RepetitionView], str]:
    def write(repetition: RepetitionView) -> str:
        if repetition.result == "now":
            return "…"
        points = repetition.parts.get(part)
        return DASH if points is None else figure(points)

    return write


def _score(repetition: RepetitionView) -> str:
    if repetition.result == "now":
        return tr("Moving")
    return tr("No score") if repetition.score is None else figure(repetition.score)


def _why(repetition: RepetitionView) -> str:
    words = sentence(repetition.reason)
    return tr("Undone: {reason}").format(reason=words) if repetition.undone else words


def _feedback(repetition: RepetitionView) -> str:
    if repetition.probe:
        return tr("On their own")
    return tr("On") if repetition.feedback else tr("Off")


_TELLING = ("shortfall", *COMPENSATIONS, "hold_missing", "time_above", "activity_short")


def chosen_measures(repetitions: Sequence[RepetitionView]) -> tuple[str, ...]:
    """Return the four measures of these repetitions that tell a therapist most."""
    names = dict.fromkeys(name for repetition in repetitions for name in repetition.measures)
    order = {name: place for place, name in enumerate(_TELLING)}
    telling = sorted(names, key=lambda name: order.get(name.partition(":")[0], len(order)))
    return tuple(telling[:4])


def measure_title(name: str) -> str:
    """Return the title of a measure's column."""
    titles = {
        "shortfall": tr("Short by"),
        "hold_missing": tr("Hold missing"),
        "tempo_error": tr("Tempo off"),
        "smoothness": tr("Smoothness"),
        "steadiness": tr("Steadiness"),
        "difference_from_own": tr("Off own"),
        "lean": tr("Leans more"),
        "pelvic_obliquity": tr("Pelvis off"),
        "trunk_rotation": tr("Turns more"),
        "knee_valgus": tr("Knee inwards"),
        "shoulder_shrug": tr("Shoulder up"),
        "time_above": tr("Too high for"),
        "activity_short": tr("Too low by"),
        "tracking_error": tr("Off the path"),
        "time_off_path": tr("Out of the band"),
    }
    return titles[name.partition(":")[0]]


def _measure(name: str) -> Column:
    def write(repetition: RepetitionView) -> str:
        if repetition.result == "now":
            return "…"
        value, unit = repetition.measures.get(name, (None, ""))
        return DASH if value is None else with_unit(value, unit, 1 if unit in ("s", "") else 0)

    return Column("measure", measure_title(name), 96, write, name)


def columns(measures: Sequence[str] = ()) -> list[Column]:
    """Return the columns; ``measures`` are added where there is room for them."""
    titles = {
        "range": tr("Range"),
        "control": tr("Control"),
        "timing": tr("Timing"),
        "symmetry": tr("Even"),
        "muscle": tr("Muscle"),
    }
    return [
        Column("number", tr("Rep"), 56, lambda repetition: str(repetition.number)),
        Column("score", tr("Score"), 144, _score),
        Column("why", tr("Why"), 0, _why),
        *(Column("part", titles[part], 64, _part(part), part) for part in PARTS),
        *(_measure(name) for name in measures),
        Column("feedback", tr("Feedback"), 112, _feedback),
    ]


def spoken(repetition: RepetitionView) -> str:
    """Return a repetition as one sentence for tooltips and screen readers."""
    words = [tr("Repetition {number}").format(number=repetition.number), _score(repetition)]
    if repetition.score is not None and repetition.score_error is not None:
        words[-1] += f"{THIN}±{THIN}{figure(repetition.score_error)}"
    words += [result_word(repetition), _why(repetition)]
    return ", ".join(word for word in words if word)
