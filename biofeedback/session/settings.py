"""What the therapist can change while it runs, as events of the recording, so that a replay changes it too."""

from __future__ import annotations

from typing import Any

from biofeedback.exercises.model import Exercise, Schedule, View
from biofeedback.exercises.sounds import SoundMode
from biofeedback.session import commands as ask
from biofeedback.session.view import FAMILIES, Family, SoundRange, TouchStrength
from biofeedback.stream import Event

VOLUME_AT_FIRST = 4  # of a person nobody has heard of yet
MOST_GAIN_DB = 6.0


class Settings:
    """How the person is answered, as it stands now."""

    def __init__(self, exercise: Exercise) -> None:
        feedback = exercise.feedback
        self.cues = True
        self.sound = feedback.sound != "off"
        self.sound_mode: SoundMode = feedback.sound
        self.sound_range: SoundRange = "wide"
        self.volume = VOLUME_AT_FIRST
        self.headphones = False
        beat = 0.0 if feedback.view == "tempo" else None
        self.families: dict[Family, float | None] = {family: 0.0 for family in FAMILIES}
        self.families["metronome"], self.families["speech"] = beat, None
        self.touch = False
        self.touch_allowed = False  # not before skin and implants were asked about, in each session
        self.touch_strength: TouchStrength = "full"
        self.touch_below = self.touch_above = ""  # sensors; empty: as they sit
        self.schedule: Schedule = feedback.schedule
        self.bandwidth_percent = feedback.bandwidth_percent
        self.difficulty: str = "fixed"
        self.view: View = feedback.view
        self.mirror = feedback.mirror
        self.blank = False
        self.without: set[str] = set()

    def apply(self, event: Event) -> None:
        """Take a ``setting`` event; others are passed over."""
        if event.kind == "setting":
            name, value = event.values["name"], event.values["value"]
            if name == "without":
                self.without.add(str(value))
            elif name == "families":
                self.families = self.families | value
            elif name in _KNOWN:
                setattr(self, name, value)
        elif event.kind == "countdown":
            self.blank = False
        elif event.kind == "set_ended":
            self.without.clear()


_KNOWN = (
    *("cues", "sound", "sound_mode", "volume", "schedule", "difficulty", "view", "mirror", "blank"),
    *("sound_range", "headphones", "touch", "touch_allowed", "touch_strength", "touch_below", "touch_above"),
)


def _setting(time_s: float, name: str, value: Any) -> Event:
    return Event(time_s, "setting", {"name": name, "value": value})


def events_of(command: ask.Command, time_s: float) -> list[Event]:
    """Return the settings a command changes; an empty list for commands of another sort."""
    match command:
        case ask.SetCues(on=on):
            return [_setting(time_s, "cues", on)]
        case ask.SetSchedule(schedule=schedule):
            return [_setting(time_s, "schedule", schedule)]
        case ask.SetDifficulty(mode=mode):
            return [_setting(time_s, "difficulty", mode)]
        case ask.SetView(view=view, mirror=mirror):
            changed = [] if mirror is None else [_setting(time_s, "mirror", mirror)]
            return [_setting(time_s, "view", view), *changed]
        case ask.Blank(on=on):
            return [_setting(time_s, "blank", on)]
        case ask.GoOnWithout(placement=placement):
            return [_setting(time_s, "without", placement)]
        case _:
            return _off_screen(command, time_s)


def _off_screen(command: ask.Command, time_s: float) -> list[Event]:
    """Return what changes in sound and touch."""
    match command:
        case ask.SetSound(on=on, mode=mode):
            changed = [] if mode is None else [_setting(time_s, "sound_mode", mode)]
            return [_setting(time_s, "sound", on), *changed]
        case ask.SetVolume(volume=volume):
            return [_setting(time_s, "volume", min(max(volume, 0), 10))]
        case ask.SetSoundRange(range=sound_range):
            return [_setting(time_s, "sound_range", sound_range)]
        case ask.SetHeadphones(worn=worn):
            return [_setting(time_s, "headphones", worn)]
        case ask.SetFamily(family=family, gain_db=gain_db):
            gain_db = None if gain_db is None else min(max(gain_db, -MOST_GAIN_DB), MOST_GAIN_DB)
            return [_setting(time_s, "families", {family: gain_db})]
        case ask.SetTouch(on=on):
            return [_setting(time_s, "touch", on)]
        case ask.AllowTouch():
            return [_setting(time_s, "touch_allowed", True)]
        case ask.SetTouchStrength(strength=strength):
            return [_setting(time_s, "touch_strength", strength)]
        case ask.SetTouchPlace(side=side, sensor=sensor):
            return [_setting(time_s, f"touch_{side}", sensor[:100])]
        case _:
            return []
