"""What a session was: figures for its summary, from the records. Nothing here knows a widget."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from biofeedback.reports.content import PersonPage, Visit
from biofeedback.storage.records.values import Bout, Note, Person, Session
from biofeedback.ui.console.draft_note import draft
from biofeedback.ui.console.home_words import minutes
from biofeedback.ui.console.words import THIN, figure
from biofeedback.ui.language import day, tr

_LITTLE_LOSS = 0.5  # per cent
_FELT_LATE_MS = 100.0  # a later answer to what the hand does is noticed (Miller 1968, AFIPS 33:267)
_MOST_VISITS = 12
_METHODS = {
    "mvc": "maximal contraction, today",
    "submaximal": "reference contraction, today",
    "peak-dynamic": "highest activity, no contraction",
}


@dataclass(frozen=True, slots=True)
class Quality:
    """One line on the data: its sign, what it is about, and what there is to say."""

    sign: str
    name: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryState:
    """What the summary shows. ``earlier`` are the person's sessions before this one, newest first."""

    session: Session
    person: Person | None = None
    earlier: tuple[Session, ...] = ()

    @property
    def number(self) -> int:
        """Which visit of the person this is."""
        return len(self.earlier) + 1

    @property
    def note(self) -> Note:
        """The note as it is kept, or a draft of it."""
        previous = self.earlier[0] if self.earlier else None
        return self.session.note or draft(self.session, previous, self.person)


def quality(session: Session) -> list[Quality]:
    """Return what is to be said of the data of a session: loss by stream, delays, references, what went wrong."""
    lines: list[Quality] = []
    for bout in session.bouts:
        if bout.recovered:
            lines.append(Quality("weak", tr(bout.exercise_name), tr("recovered, the program ended unexpectedly")))
        failure = bout.quality.get("failure")
        if failure:
            lines.append(Quality("lost", tr(bout.exercise_name), str(failure)))
    lines += _losses(session.bouts)
    without = sum(bout.done - bout.scored for bout in session.bouts)
    if without:
        lines.append(Quality("weak", tr("Scores"), tr("{count} repetitions without a score").format(count=without)))
    lines += _delay(session.bouts)
    methods = {str(name) for bout in session.bouts for name in (bout.quality.get("methods") or {}).values()}
    lines += [Quality("good", tr("Reference"), tr(_METHODS.get(name, name))) for name in sorted(methods)]
    return lines


def _losses(bouts: Sequence[Bout]) -> list[Quality]:
    received: dict[str, int] = {}
    lost: dict[str, int] = {}
    for bout in bouts:
        for stream, counts in (bout.quality.get("samples") or {}).items():
            received[stream] = received.get(stream, 0) + int(counts["received"])
            lost[stream] = lost.get(stream, 0) + int(counts["lost"])
    shares = {name: 100 * lost[name] / max(1, count + lost[name]) for name, count in received.items()}
    good = [name for name, share in shares.items() if share < _LITTLE_LOSS]
    lines: list[Quality] = []
    if good:
        worst = max(shares[name] for name in good)
        lines.append(Quality("good", ", ".join(_spoken(name) for name in good), _lost_words(worst)))
    for name in sorted(set(shares) - set(good), key=lambda name: -shares[name]):
        lines.append(Quality("weak", _spoken(name), _lost_words(shares[name])))
    return lines


def _spoken(stream: str) -> str:
    return tr(stream.partition("/")[0].replace("_", " ").capitalize())


def _lost_words(percent: float) -> str:
    text = figure(percent, 1)
    return tr("lost {percent}").format(percent=f"{text}{THIN}%")


def _delay(bouts: Sequence[Bout]) -> list[Quality]:
    figures = [bout.quality.get("latency_ms") or {} for bout in bouts]
    painted = [(one.get("painted_p50"), one.get("painted_p95")) for one in figures]
    worst = max(((p95, p50) for p50, p95 in painted if p50 is not None and p95 is not None), default=None)
    if worst is None:
        return []
    words = tr("{p50} ms, 95 of 100 within {p95} ms").format(p50=figure(worst[1]), p95=figure(worst[0]))
    return [Quality("good" if worst[0] <= _FELT_LATE_MS else "weak", tr("Sensor to screen"), words)]


def pain_words(state: SummaryState) -> tuple[str, str]:
    """Return sign and words on the person's pain limit; the words are empty while nothing was said."""
    said = [value for (kind, _), value in state.session.ratings.items() if kind == "pain"]
    if not said or state.person is None:
        return "off", ""
    limit = state.person.pain_limit
    if max(said) > limit:
        return "weak", tr("Pain {value} of 10 is over the limit of {limit}.").format(value=max(said), limit=limit)
    return "good", tr("Pain stayed within the limit of {limit}.").format(limit=limit)


def totals(session: Session) -> str:
    """Say how much was done."""
    done, scored = (sum(getattr(bout, name) for bout in session.bouts) for name in ("done", "scored"))
    return tr("{done} repetitions, {scored} scored").format(done=done, scored=scored)


def person_page(state: SummaryState, next_time: str) -> PersonPage:
    """Return the page the person takes home: what was done, and what the therapist wrote for them."""
    session = state.session
    done, reached = (sum(getattr(bout, name) for bout in session.bouts) for name in ("done", "reached"))
    names = list(dict.fromkeys(tr(bout.exercise_name) for bout in session.bouts))
    nothing = tr("Nothing was done this time.")
    first = (
        nothing
        if not done
        else tr("You did {count} repetitions in {active}: {names}.").format(
            count=done, active=minutes(session.active_s), names="; ".join(names)
        )
    )
    visits = [*reversed(state.earlier[: _MOST_VISITS - 1]), session]
    trend = tuple(made for one in visits if (made := _visit(one, session)) is not None)
    code = session.label if state.person is None else state.person.code
    who = tr("{code}, visit {number}").format(code=code, number=state.number) if code else ""
    return PersonPage(
        heading=tr("Your session today") if _is_today(session.started) else day(session.started),
        person=who,
        sentences=(first,),
        trend_title=tr("How many of 10 reached the target"),
        trend=trend,
        trend_note=tr("Each dot is one visit with the same exercises. The target may have moved in between."),
        figures=(
            (str(done), tr("repetitions")),
            (tr("{reached} of {done}").format(reached=reached, done=done), tr("in the target")),
            (minutes(session.active_s), tr("active")),
        ),
        next_heading=tr("For next time"),
        next_time=next_time,
        foot=tr(
            "Made with a research and education tool that is not a cleared medical device. "
            "Talk to your therapist about what it means."
        ),
    )


def _visit(one: Session, now: Session) -> Visit | None:
    """Return a visit's share of repetitions in the target, of the exercises of this session only."""
    same = {bout.exercise for bout in now.bouts}
    bouts = [bout for bout in one.bouts if bout.exercise in same]
    done = sum(bout.done for bout in bouts)
    return Visit(when=one.started, share=sum(bout.reached for bout in bouts) / done) if done else None


def _is_today(moment: datetime) -> bool:
    return moment.astimezone().date() == datetime.now().astimezone().date()
