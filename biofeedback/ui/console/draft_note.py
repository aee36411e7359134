"""The draft of a session's note: what was said and what was measured. Assessment and plan are the therapist's."""

from __future__ import annotations

from biofeedback.storage.records.values import Note, Person, RatingKind, Session
from biofeedback.ui.console.home_words import done_words, mean, minutes
from biofeedback.ui.console.words import DASH
from biofeedback.ui.language import tr


def draft(session: Session, previous: Session | None, person: Person | None) -> Note:
    """Return the note with S and O filled in from facts; A and P stay empty."""
    return Note(subjective=_said(session), objective=_measured(session, previous, person))


def _said(session: Session) -> str:
    parts: list[str] = []
    before, after = _rating(session, "pain", "before"), _rating(session, "pain", "after")
    if before is not None and after is not None:
        parts.append(tr("Pain {before} of 10 before, {after} of 10 after.").format(before=before, after=after))
    elif after is not None:
        parts.append(tr("Pain {after} of 10 after.").format(after=after))
    elif before is not None:
        parts.append(tr("Pain {before} of 10 before.").format(before=before))
    effort = _rating(session, "effort", "after")
    if effort is not None:
        parts.append(tr("Effort {effort} of 10.").format(effort=effort))
    return " ".join(parts)


def _rating(session: Session, kind: RatingKind, moment: str) -> int | None:
    return next((value for key, value in session.ratings.items() if key == (kind, moment)), None)


def _measured(session: Session, previous: Session | None, person: Person | None) -> str:
    parts: list[str] = []
    if person is not None and person.about:
        parts.append(f"{person.about.rstrip('.')}.")
    parts.append(
        tr("Neuromuscular re-education with sensor feedback, {active} active.").format(active=minutes(session.active_s))
    )
    earlier = {} if previous is None else {bout.exercise: bout for bout in previous.bouts}
    for bout in session.bouts:
        words = tr("{name} {done}, {reached} of {count} in target").format(
            name=tr(bout.exercise_name), done=done_words(bout), reached=bout.reached, count=bout.done
        )
        practice, own = mean(bout, probe=False), mean(bout, probe=True)
        if practice != DASH:
            words += tr(", score with feedback {score}").format(score=practice)
        if own != DASH:
            words += tr(", on their own {score}").format(score=own)
        before = earlier.get(bout.exercise)
        if before is not None and mean(before, probe=True) != DASH and own != DASH:
            words += tr(" (last visit {score})").format(score=mean(before, probe=True))
        elif before is not None and mean(before, probe=False) != DASH and practice != DASH:
            words += tr(" (last visit with feedback {score})").format(score=mean(before, probe=False))
        if bout.done > bout.scored:
            words += tr(", {count} without a score").format(count=bout.done - bout.scored)
        parts.append(f"{words}.")
    return " ".join(parts)


def whole(note: Note) -> str:
    """Return the note as text, for the clipboard."""
    parts = (("S", note.subjective), ("O", note.objective), ("A", note.assessment), ("P", note.plan))
    return "\n".join(f"{letter}: {text}".rstrip() for letter, text in parts)
