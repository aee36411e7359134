"""What Home says about a person: how long ago, how it went, who is next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from biofeedback.exercises.model import library
from biofeedback.storage.records.values import Bout, Overview, Session
from biofeedback.ui.console.words import DASH, figure
from biofeedback.ui.language import tr

MOST_TILES = 3
_GOOD_SHARE = 0.7
_WEEK_DAYS = 7
_MINUTE_S = 59.5


@dataclass(frozen=True, slots=True)
class Next:
    """Somebody who may come next, and why they stand there: a time, or how long ago they were here."""

    overview: Overview
    caption: str


def free_code(taken: Sequence[str]) -> str:
    """Propose the next code of the form ``P-014``."""
    numbers = [0]
    for code in taken:
        digits = code.removeprefix("P-")
        if digits.isascii() and digits.isdecimal():
            numbers.append(int(digits))
    return f"P-{max(numbers) + 1:03d}"


def days_ago(moment: datetime, now: datetime) -> int:
    """Return how many nights lie between; negative for days to come."""
    return (now.astimezone().date() - moment.astimezone().date()).days


def ago(moment: datetime | None, now: datetime) -> str:
    """Say when something was: today, yesterday, 3 days ago."""
    if moment is None:
        return tr("never")
    days = days_ago(moment, now)
    if days <= 0:
        return tr("today")
    return tr("yesterday") if days == 1 else tr("{days} days ago").format(days=days)


def minutes(seconds: float) -> str:
    """Say a length in whole minutes, or in seconds where it is none."""
    if 0 < seconds < _MINUTE_S:
        return tr("{seconds} s").format(seconds=max(1, round(seconds)))
    return tr("{minutes} min").format(minutes=round(seconds / 60))


def is_today(overview: Overview, now: datetime) -> bool:
    """Whether the person is expected today."""
    visit = overview.person.next_visit
    return visit is not None and days_ago(visit, now) == 0


def is_this_week(overview: Overview, now: datetime) -> bool:
    """Whether the person was here within seven days, or is expected within seven."""
    moments = [overview.person.next_visit, None if overview.last is None else overview.last.started]
    return any(moment is not None and abs(days_ago(moment, now)) < _WEEK_DAYS for moment in moments)


def in_order(people: Sequence[Overview], now: datetime) -> list[Overview]:
    """Return those of today by their time, then the others, last seen first."""
    today = [one for one in people if is_today(one, now)]
    today.sort(key=lambda one: (one.person.next_visit or now, one.person.code))
    others = [one for one in people if one not in today]
    others.sort(key=lambda one: (-(0 if one.last is None else one.last.started.timestamp()), one.person.code))
    return today + others


def who_is_next(people: Sequence[Overview], now: datetime) -> list[Next]:
    """Return who gets a tile: those of today, or else those who were here last."""
    chosen = in_order(people, now)[:MOST_TILES]
    return [Next(one, _why_next(one, now)) for one in chosen]


def _why_next(one: Overview, now: datetime) -> str:
    if is_today(one, now) and one.person.next_visit is not None:
        return f"{one.person.next_visit.astimezone():%H:%M}"
    return tr("new") if one.last is None else ago(one.last.started, now)


def tile_words(one: Overview) -> str:
    """Say what repeating the last session, or the plan, would bring."""
    if one.last is not None:
        return f"{exercises(len(one.last.bouts))}, {minutes(one.last.lasted_s)}"
    return exercises(len(one.person.plan)) if one.person.plan else tr("No session yet")


def exercises(count: int) -> str:
    """Say a number of exercises."""
    return tr("1 exercise") if count == 1 else tr("{count} exercises").format(count=count)


def plan_words(one: Overview) -> str:
    """Say what the plan is: its name, else its first exercise."""
    if one.person.plan_name:
        return one.person.plan_name
    if not one.person.plan:
        return tr("No plan yet")
    first = exercise_name(one.person.plan[0].exercise)
    return first if len(one.person.plan) == 1 else tr("{first} and {more} more").format(
        first=first, more=len(one.person.plan) - 1)  # fmt: skip


def exercise_name(exercise: str) -> str:
    """Return the name of an exercise; its id where the library does not have it any more."""
    known = library().get(exercise)
    return exercise if known is None else tr(known.name)


def result(session: Session | None) -> tuple[str, str]:
    """Return sign and words of how the last exercise of a session went."""
    if session is None or not session.bouts:
        return "off", tr("Nothing recorded")
    bout = session.bouts[-1]
    if not bout.done:
        return "off", tr("No repetition")
    words = tr("{reached} of {done} in target").format(reached=bout.reached, done=bout.done)
    if bout.scored == 0:
        return "lost", words
    if bout.reached >= _GOOD_SHARE * bout.done:
        return "good", words
    below, above = (sum(getattr(one, name) for one in bout.sets) for name in ("below", "above"))
    return ("above" if above > below else "below"), words


def done_words(bout: Bout) -> str:
    """Write sets by repetitions, ``3 × 10``; sets of unequal length as ``10 + 8``."""
    counts = [one.done for one in bout.sets]
    if not counts:
        return DASH
    if len(set(counts)) == 1:
        return f"{len(counts)} × {counts[0]}"
    return " + ".join(str(count) for count in counts)


def mean(bout: Bout, probe: bool) -> str:
    """Write the mean score of all repetitions, with feedback or on their own; a dash where there is none."""
    pairs = [(one.probe_score, one.probes_scored) if probe else (one.score, one.scored) for one in bout.sets]
    known = [(score, scored) for score, scored in pairs if score is not None and scored]
    return figure(sum(score * scored for score, scored in known) / sum(n for _, n in known)) if known else DASH


def last_words(one: Overview, now: datetime) -> str:
    """Say when the last session was and how long it took."""
    if one.last is None:
        return tr("No session yet")
    return tr("Last session {ago}, {lasted}, {active} active").format(
        ago=ago(one.last.started, now), lasted=minutes(one.last.lasted_s), active=minutes(one.last.active_s)
    )


def matches(one: Overview, typed: str) -> bool:
    """Whether all words typed stand in a person's code, description or plan."""
    text = f"{one.person.code} {one.person.about} {plan_words(one)}".casefold()
    return all(word in text for word in typed.casefold().split())
