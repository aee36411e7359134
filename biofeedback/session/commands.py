"""What a window can ask of a session. Each command is one small value; it becomes an event of the recording."""

from __future__ import annotations

from typing import Literal, Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from biofeedback.exercises.model import Schedule, View
from biofeedback.exercises.sounds import SoundMode
from biofeedback.session.view import Family, SessionView, SoundRange, TouchStrength


class Start(msgspec.Struct, frozen=True, tag=True):
    """Start the set that is ready, or go on after a pause: 3-2-1 at the patient, then live."""


class Pause(msgspec.Struct, frozen=True, tag=True):
    """Outputs off at once; the recording goes on; active minutes stop."""


class StopSet(msgspec.Struct, frozen=True, tag=True):
    """End the set now and keep everything."""


class ReopenSet(msgspec.Struct, frozen=True, tag=True):
    """Take back `StopSet`: go on with the set."""


class NextSet(msgspec.Struct, frozen=True, tag=True):
    """End the set, or its rest, and make the next one ready."""


class LongerRest(msgspec.Struct, frozen=True, tag=True):
    """Let the rest that is going on last longer."""

    seconds: float


class Mark(msgspec.Struct, frozen=True, tag=True):
    """Put a mark with a note into the recording."""

    note: str = ""


class UndoRepetition(msgspec.Struct, frozen=True, tag=True):
    """Strike the last repetition out of counts and means; it stays in the record."""


class RedoRepetition(msgspec.Struct, frozen=True, tag=True):
    """Take back the last `UndoRepetition`."""


class MoveTarget(msgspec.Struct, frozen=True, tag=True):
    """Set an edge of a lane's band, in the lane's unit."""

    lane: str
    edge: Literal["low", "high"]
    value: float


class SetCues(msgspec.Struct, frozen=True, tag=True):
    """Cues on or off."""

    on: bool


class SetSound(msgspec.Struct, frozen=True, tag=True):
    """Sound on or off, or another mode."""

    on: bool
    mode: SoundMode | None = None


class SetVolume(msgspec.Struct, frozen=True, tag=True):
    """The person's volume, 0 to 10; 3 dB a step."""

    volume: int


class SetSoundRange(msgspec.Struct, frozen=True, tag=True):
    """How far the pitch of the person's own movement rises."""

    range: SoundRange


class SetHeadphones(msgspec.Struct, frozen=True, tag=True):
    """Whether the person listens with headphones: softer, and not above 8."""

    worn: bool


class SetFamily(msgspec.Struct, frozen=True, tag=True):
    """A family of sounds louder or softer by up to 6 dB; None: off."""

    family: Family
    gain_db: float | None = 0.0


class SetLanguage(msgspec.Struct, frozen=True, tag=True):
    """The language of the windows: what is spoken is spoken in it. One that is not known changes nothing."""

    code: str


class PlaySample(msgspec.Struct, frozen=True, tag=True):
    """Play a chime, to hear whether it is loud enough."""


class MeasureSound(msgspec.Struct, frozen=True, tag=True):
    """Play chimes and listen to them, to know how late the sound is heard; passed over while a set goes on."""


class SetTouch(msgspec.Struct, frozen=True, tag=True):
    """Vibration on or off."""

    on: bool


class AllowTouch(msgspec.Struct, frozen=True, tag=True):
    """The person's skin, implants and electrodes were looked at: vibration may be used in this session."""


class SetTouchStrength(msgspec.Struct, frozen=True, tag=True):
    """How strong the vibration is, where a sensor knows more than one strength."""

    strength: TouchStrength


class PracticeBuzz(msgspec.Struct, frozen=True, tag=True):
    """One buzz on a side, so that the person learns what it asks for; passed over while a set goes on."""

    side: Literal["below", "above"]


class SetTouchPlace(msgspec.Struct, frozen=True, tag=True):
    """Which sensor vibrates when the person has left the band on a side; empty: chosen by where the sensors sit."""

    side: Literal["below", "above"]
    sensor: str


class SetSchedule(msgspec.Struct, frozen=True, tag=True):
    """On which repetitions feedback is shown."""

    schedule: Schedule


class SetDifficulty(msgspec.Struct, frozen=True, tag=True):
    """Whether the rule may move the band between repetitions."""

    mode: Literal["rule", "fixed"]


class Easier(msgspec.Struct, frozen=True, tag=True):
    """Make the band one step wider."""


class Harder(msgspec.Struct, frozen=True, tag=True):
    """Make the band one step narrower."""


class SetView(msgspec.Struct, frozen=True, tag=True):
    """What the patient sees."""

    view: View
    mirror: bool | None = None


class Estimate(msgspec.Struct, frozen=True, tag=True):
    """The person's own opinion of the set just done: 1 much less than wanted, 3 just right, 5 much more."""

    choice: Literal[1, 2, 3, 4, 5]


class Blank(msgspec.Struct, frozen=True, tag=True):
    """Blank the patient's display, or show it again."""

    on: bool


class GoOnWithout(msgspec.Struct, frozen=True, tag=True):
    """Leave a placement out for this set."""

    placement: str


class DismissBanner(msgspec.Struct, frozen=True, tag=True):
    """The banner has been read."""


class RecoverRecordings(msgspec.Struct, frozen=True, tag=True):
    """Close the recordings a killed process left open."""


class Painted(msgspec.Struct, frozen=True, tag=True):
    """A window tells how long samples took to the end of its paint event, in ms, and how long its frames took."""

    p50: float
    p95: float


class RedoStep(msgspec.Struct, frozen=True, tag=True):
    """Do a step of the calibration again; steps are counted from 0."""

    step: int


class RedoTrial(msgspec.Struct, frozen=True, tag=True):
    """Do the trial of the calibration that goes on, or that is just over, again."""


class SkipStep(msgspec.Struct, frozen=True, tag=True):
    """Leave out the rest of the step of the calibration that goes on."""


class SkipCalibration(msgspec.Struct, frozen=True, tag=True):
    """Leave out the rest of the calibration."""


class UseLast(msgspec.Struct, frozen=True, tag=True):
    """Put what is known of the person in place of the steps of the calibration that would measure it again."""


class PauseCalibration(msgspec.Struct, frozen=True, tag=True):
    """Stop the calibration for a while, or go on: the trial begins anew."""

    on: bool


class SetReference(msgspec.Struct, frozen=True, tag=True):
    """Measure muscles against a maximal contraction, or a submaximal one."""

    method: Literal["mvc", "submaximal"]


class GoOn(msgspec.Struct, frozen=True, tag=True):
    """End the pause between two trials of the calibration."""


CalibrationCommand = (
    RedoStep | RedoTrial | SkipStep | SkipCalibration | UseLast | PauseCalibration | SetReference | GoOn
)


class Finish(msgspec.Struct, frozen=True, tag=True):
    """End the session: close the recording; the engine stops."""


Command = (
    Start
    | Pause
    | StopSet
    | ReopenSet
    | NextSet
    | LongerRest
    | Mark
    | UndoRepetition
    | RedoRepetition
    | MoveTarget
    | SetCues
    | SetSound
    | SetVolume
    | SetSoundRange
    | SetHeadphones
    | SetFamily
    | SetLanguage
    | PlaySample
    | MeasureSound
    | SetTouch
    | AllowTouch
    | SetTouchStrength
    | PracticeBuzz
    | SetTouchPlace
    | SetSchedule
    | SetDifficulty
    | Easier
    | Harder
    | SetView
    | Estimate
    | Blank
    | GoOnWithout
    | DismissBanner
    | RecoverRecordings
    | Painted
    | Finish
    | CalibrationCommand
)


class SessionClient(Protocol):
    """What a window holds of a session, in this process or another. Nothing here blocks."""

    def view(self) -> SessionView | None:
        """Return the newest page; the same object while nothing changed; None before the first."""
        ...

    def ticks(self, since: int) -> tuple[NDArray[np.void], int]:
        """Return the rows of dtype `TICK` from index ``since`` on (those still kept), and the index after the last."""
        ...

    def send(self, command: Command) -> None:
        """Ask for something; what came of it shows in the next page."""
        ...

    def alive(self) -> bool:
        """Whether the engine has given a sign of life within the last second."""
        ...
