"""The session's page in the language of the program: names and sentences of the engine, translated at the door."""

from __future__ import annotations

from dataclasses import replace

from biofeedback.session.view import Banner, LaneView, SessionView
from biofeedback.ui.language import tr


def spoken(view: SessionView) -> SessionView:
    """Return the page with every text in the program's language; what a person typed stays as it is."""
    return replace(
        view,
        exercise_name=tr(view.exercise_name),
        lanes=tuple(_lane(lane) for lane in view.lanes),
        sensors=tuple(replace(one, name=tr(one.name), detail=tr(one.detail)) for one in view.sensors),
        events=tuple(replace(one, text=tr(one.text)) for one in view.events),
        banner=None if view.banner is None else spoken_banner(view.banner),
        feedback=replace(view.feedback, difficulty_note=tr(view.feedback.difficulty_note)),
        loss_name=tr(view.loss_name),
    )


def spoken_banner(banner: Banner) -> Banner:
    """Return a banner in the program's language."""
    actions = tuple(replace(action, label=tr(action.label)) for action in banner.actions)
    return replace(banner, title=tr(banner.title), detail=tr(banner.detail), actions=actions)


def _lane(lane: LaneView) -> LaneView:
    return replace(lane, name=tr(lane.name), note=_note(lane.note), word=tr(lane.word), advice=tr(lane.advice))


def _note(note: str) -> str:
    """Translate a note such as ``right, 0° is straight``: the side may stand before the exercise's own words."""
    whole = tr(note)
    side, comma, rest = note.partition(", ")
    return whole if whole != note or not comma else f"{tr(side)}, {tr(rest)}"
