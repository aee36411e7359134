"""What a window may know of a running session.

Two things cross to the windows, and both are pulled: a row of numbers for each tick of the session's 100 Hz grid
(`TICK`), and the page of everything that changes slowly (`SessionView`). Nothing here knows Qt.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, get_args

import numpy as np

from biofeedback.exercises.model import PathShape, Schedule, View
from biofeedback.exercises.sounds import SoundMode
from biofeedback.feedback.cues import STATES, State
from biofeedback.feedback.results import Reason
from biofeedback.session.calibration_view import CalibrationView

__all__ = ["STATES", "TICK", "Reason", "SessionView", "State"]

GRID_HZ = 100.0
MAX_LANES = 8

TICK = np.dtype(
    [
        ("time_s", "f8"),  # host clock: when the sample was taken
        ("arrived_s", "f8"),  # when its bytes were in the program
        ("decided_s", "f8"),  # when the cue was decided
        ("value", "f4", (MAX_LANES,)),  # each lane's signal in the lane's unit; NaN: no signal
        ("raw_low", "f4", (MAX_LANES,)),  # extremes of the unsmoothed rectified signal within the tick; NaN: none
        ("raw_high", "f4", (MAX_LANES,)),
        ("lane_state", "i1", (MAX_LANES,)),  # index into STATES, -1: no signal
        ("level", "f4"),  # the goal signal as the patient's display draws it: 0 at rest, 1 at the top; NaN: no signal
        ("goal_value", "f4"),  # the goal signal in its own unit, for the limb figure
        ("state", "i1"),  # index into STATES: the patient's state, with its hysteresis
        ("hold_left_s", "f4"),  # seconds of holding left; 0 when not holding
        ("cue", "?"),  # whether feedback is shown at this moment
        ("rise", "f4"),  # how far a path's band stands above its first place, on the display's scale
        ("left_s", "f4"),  # seconds left of a repetition that the clock counts; 0 where it does not
        ("other_level", "f4", (2,)),  # the exercise's other signals as they are drawn, each on its own; NaN: no signal
        ("other_value", "f4", (2,)),  # the same in their own units
        ("other_state", "i1", (2,)),  # index into STATES, with hysteresis
        ("pace", "f4", (2,)),  # ball and person on the tempo's cycle, 0 to 1
        ("agreement", "i1"),  # index into feedback.pace.AGREEMENTS
        ("gained", "f4"),  # the game's share of this set: 1 when enough time was spent in the band
    ]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneView:
    """One signal of the console. ``band`` is its target in the lane's unit; None = open on that side."""

    id: str
    name: str
    note: str
    unit: str
    word: str
    display: tuple[float, float]
    inverted: bool
    ticks: tuple[float, ...]
    band: tuple[float | None, float | None]
    step: float
    narrowest: float
    raw: bool
    goal: bool
    light: Literal["good", "weak", "lost", "off"] = "good"
    advice: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RepetitionView:
    """One repetition, counted or still going on (``end_s`` None). Times are host clock seconds.

    ``measures`` has (value, unit) of each measure. ``result`` is the sign of the reason; a repetition that ``reached``
    the target may have one all the same, where a muscle beside it was too active.
    """

    number: int
    start_s: float
    end_s: float | None
    result: Literal["now", "in", "below", "above", "no_score"]
    score: float | None
    score_error: float | None
    reason: Reason
    parts: dict[str, float | None]
    measures: dict[str, tuple[float | None, str]]
    feedback: bool
    probe: bool
    undone: bool = False
    reached: bool = False
    level: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorView:
    """One placement and the device under it."""

    id: str
    name: str
    kind: Literal["imu", "emg"]
    light: Literal["good", "weak", "lost", "off"]
    detail: str
    battery_percent: float | None
    loss_percent: float
    rate_hz: float | None
    nominal_rate_hz: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BannerAction:
    """A button of a banner: the name of the command it sends."""

    command: str
    label: str
    key: str = ""
    argument: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Banner:
    """The one thing the therapist must read now."""

    kind: Literal["info", "warn", "fault"]
    title: str
    detail: str
    actions: tuple[BannerAction, ...] = ()
    others: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class EventView:
    """A line of the event list; ``clock`` is local time, ``14:22:41``."""

    clock: str
    text: str


Family = Literal["own movement", "guide", "signals", "metronome", "speech"]
FAMILIES: tuple[Family, ...] = get_args(Family)
SoundRange = Literal["wide", "narrow"]
TouchStrength = Literal["gentle", "full"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackView:
    """How the person is answered, as it stands. ``sound_device`` is empty where there is none.

    ``families`` has how much louder each family of sounds is, in dB, None where it is off; ``sound_note`` says in
    words what is not heard though it is on; ``voice`` is whether the system can speak; ``sound_modes`` are those the
    exercise can be heard in.
    ``vibration`` is None where no sensor can; ``motors`` are those that can, ``motor_below`` and ``motor_above`` the
    ones that are felt when the person has left the band on that side. ``touch_allowed`` is whether skin and implants
    were asked about in this session, ``touch_strength`` None where no sensor knows more than one; ``buzzes`` is
    the sensor that vibrates now, ``buzz_missing`` the one that was asked to and did not answer.
    """

    cues: bool
    sound: bool
    volume: int
    sound_mode: SoundMode
    sound_device: str
    vibration: bool | None
    schedule: Schedule
    bandwidth_percent: float
    next_shown: tuple[bool, bool] = (True, True)
    difficulty: Literal["rule", "fixed"] = "fixed"
    in_target: tuple[int, int] = (0, 0)
    difficulty_note: str = ""
    headphones: bool = False
    families: dict[Family, float | None] = field(default_factory=dict[Family, float | None])
    sound_note: str = ""
    voice: bool = False
    sound_modes: tuple[SoundMode, ...] = ()
    sound_range: SoundRange = "wide"
    motors: tuple[str, ...] = ()
    motor_below: str = ""
    motor_above: str = ""
    touch_allowed: bool = False
    touch_strength: TouchStrength | None = None
    buzzes: str = ""
    buzz_missing: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LatencyView:
    """Milliseconds, over the last minute; None before the first figure. ``painted`` comes from the windows."""

    cue_p50: float | None = None
    cue_p99: float | None = None
    sound_p95: float | None = None
    painted_p50: float | None = None
    painted_p95: float | None = None


Screen = Literal[
    "idle",
    "calibration",
    "ready",
    "live",
    "rep_done",
    "probe",
    "rest",
    "paused",
    "sensor",
    "estimate",
    "set_done",
    "finished",
    "waiting",
    "blank",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class PathView:
    """The way a target takes, on the display's scale: ``rise`` once in ``period_s``, begun at ``start_s``."""

    shape: PathShape
    period_s: float
    rise: float
    start_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderView:
    """The last repetition's onsets: how long after the first muscle the other came; None where one of them did not."""

    lead_ms: float | None
    lasted_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class StepView:
    """One step and how far it went on the display's scale."""

    side: Literal["left", "right"]
    level: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientView:
    """What the patient's display shows, apart from the numbers that come with each tick.

    ``low`` and ``high`` are the band on the display's scale (0 at rest, 1 at the top), ``band`` the same in the goal
    signal's unit. ``results`` has one entry a repetition done: whether it reached the band. ``levels`` is the height
    each repetition reached, or the share of its time in the band where the clock counts them, None where it is not
    known; ``height_band`` is where they should be, None where that is from ``low`` to ``high``. Ends of countdowns are
    host clock seconds. ``views`` are those the exercise can be shown in. ``others`` are the bands of the exercise's
    other signals, each on its own display; ``radius`` is where balance ends, in the goal signal's unit at the edge of
    the picture. ``tempo`` is seconds of out, hold and back. ``estimate`` is the person's own opinion of the set, 1 much
    too little to 5 much too much; None before it was given. ``sound`` is whether there are sounds to be heard.
    While calibrating ``goal`` is the sentence, ``rest_end_s`` and ``rest_total_s`` are those of its part; 0 without
    an end.
    """

    screen: Screen
    view: View
    limb: Literal["leg", "arm", "trunk"]
    mirror: bool
    side: str
    goal: str
    praise: str
    low: float
    high: float
    band: tuple[float, float]
    done: int
    of: int
    results: tuple[bool, ...] = ()
    levels: tuple[float | None, ...] = ()
    height_band: tuple[float, float] | None = None
    countdown_end_s: float = 0.0
    rest_end_s: float = 0.0
    rest_total_s: float = 0.0
    set_number: int = 1
    set_count: int = 1
    probe_done: int = 0
    probe_of: int = 0
    views: tuple[View, ...] = ("column",)
    others: tuple[tuple[float, float], ...] = ()
    radius: float = 0.0
    path: PathView | None = None
    tempo: tuple[float, float, float] | None = None
    lead_ms: tuple[float, float] = (0.0, 0.0)
    order: OrderView | None = None
    steps: tuple[StepView, ...] = ()
    steps_done: int = 0
    estimate: int | None = None
    sound: bool = True


Phase = Literal["ready", "countdown", "live", "paused", "rest", "finished"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionView:
    """Everything of a session that changes slowly. ``version`` grows with each change; times are host clock seconds."""

    version: int
    person: str
    person_note: str
    exercise_id: str
    exercise_name: str
    exercise_number: int
    exercise_count: int
    phase: Phase
    movement: Literal["rest", "out", "hold", "back", "paused"]
    set_number: int
    set_count: int
    repetition: int
    repetition_count: int
    probes: int
    active_s: float
    active_since_s: float | None
    active_goal_s: float
    recording_since_s: float | None
    saved_s: float | None
    lanes: tuple[LaneView, ...]
    repetitions: tuple[RepetitionView, ...]
    sensors: tuple[SensorView, ...]
    events: tuple[EventView, ...]
    banner: Banner | None
    feedback: FeedbackView
    latency: LatencyView
    loss_percent: float
    loss_name: str
    patient: PatientView
    recording_path: str = ""
    calibration: CalibrationView | None = None
