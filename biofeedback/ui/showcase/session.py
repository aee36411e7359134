"""A session that only plays: two minutes of a seated knee extension, in every state the console can show."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from biofeedback.session.commands import Command
from biofeedback.session.view import (
    GRID_HZ,
    TICK,
    Banner,
    BannerAction,
    EventView,
    FeedbackView,
    LaneView,
    LatencyView,
    PatientView,
    Reason,
    RepetitionView,
    SensorView,
    SessionView,
)

STARTS = (78.6, 83.5, 88.3, 93.2, 98.1, 103.0, 107.9)
PEAKS = (4.0, 22.0, 6.0, 9.0, 5.0, 9.0, 4.0)
LASTS = 4.2
NOW = 110.2
STATES = ("ready", "countdown", "live", "paused", "lost", "recovered", "rest", "finished", "empty")


def _ease(share: NDArray[np.float64]) -> NDArray[np.float64]:
    share = np.clip(share, 0, 1)
    return share**3 * (10 - 15 * share + 6 * share**2)


def _smooth(values: NDArray[np.float64], hz: float) -> NDArray[np.float64]:
    gain, made, state = 1 - np.exp(-2 * np.pi * hz / GRID_HZ), np.empty_like(values), [values[0], values[0]]
    for i, value in enumerate(values):
        state[0] += gain * (value - state[0])
        state[1] += gain * (state[0] - state[1])
        made[i] = state[1]
    return made


@cache
def play(seconds: float = 120.0, seed: int = 7, lanes: int = 3) -> NDArray[np.void]:
    """Return the ticks of a set: knee angle, vastus medialis, biceps femoris, and copies for further lanes."""
    rng = np.random.default_rng(seed)
    t = np.arange(int(seconds * GRID_HZ)) / GRID_HZ
    angle, vastus, biceps = np.full(len(t), 88.0), np.full(len(t), 2.5), np.full(len(t), 3.5)
    for number, (start, peak) in enumerate(zip(STARTS, PEAKS, strict=True)):
        there = _ease((t - start) / 1.3) - _ease((t - start - 2.5) / 1.6)
        angle -= (88 - peak) * there
        vastus += 54 * (_ease((t - start + 0.1) / 1.0) - _ease((t - start - 2.5) / 1.7))
        loud = 3.2 if number == 5 else 1.0
        biceps += loud * (6 * _ease((t - start) / 0.5) - 6 * _ease((t - start - 3.4) / 0.6))
    angle += _smooth(rng.normal(0, 1.2, len(t)), 3)
    signals = [angle]
    raws: list[NDArray[np.float64] | None] = [None]
    for drive in (vastus, biceps, *([0.9 * vastus + 2] * (lanes - 3))):
        swing = 1 + 0.35 * _smooth(rng.normal(0, 1, len(t)), 3)
        signals.append(_smooth(np.maximum(drive, 1) * swing, 5))
        raws.append(np.abs(rng.normal(0, 1, len(t))) * np.maximum(drive, 0.8) * swing)
    rows = np.zeros(len(t), dtype=TICK)
    rows["time_s"], rows["arrived_s"], rows["decided_s"] = t, t + 0.012, t + 0.014
    for field in ("value", "raw_low", "raw_high"):
        rows[field] = np.nan
    for lane, (signal, raw) in enumerate(zip(signals, raws, strict=True)):
        rows["value"][:, lane] = signal
        rows["lane_state"][:, lane] = 2
        if raw is not None:
            rows["raw_low"][:, lane], rows["raw_high"][:, lane] = 0.02 * raw, raw
    rows["lane_state"][:, 0] = np.where(angle < 12, 4, np.where(angle > 80, 0, 1))
    rows["level"], rows["goal_value"], rows["cue"] = (88 - angle) / 88, angle, True
    rows["state"] = rows["lane_state"][:, 0]
    rows["hold_left_s"] = np.where(angle < 12, 0.8, 0)
    return rows


def lanes(count: int = 3) -> tuple[LaneView, ...]:
    """Return the lanes: knee angle as the goal, then muscles."""
    knee = LaneView(
        id="knee_angle", name="Knee angle", note="right, 0° is straight", unit="°", word="bent", display=(-8.0, 98.0),
        inverted=True, ticks=(90.0, 45.0), band=(0.0, 12.0), step=1.0, narrowest=5.0, raw=False, goal=True,
    )  # fmt: skip
    muscle = LaneView(
        id="vastus_medialis", name="Vastus medialis", note="right", unit="%", word="", display=(0.0, 100.0),
        inverted=False, ticks=(100.0,), band=(40.0, 65.0), step=1.0, narrowest=10.0, raw=True, goal=False,
    )  # fmt: skip
    biceps = replace(
        muscle, id="biceps_femoris", name="Biceps femoris", display=(0.0, 60.0), ticks=(50.0,), band=(0.0, 20.0)
    )
    names = ("Vastus lateralis", "Rectus femoris", "Gluteus medius", "Tibialis anterior", "Gastrocnemius medialis")
    more = [replace(muscle, id=f"muscle_{n}", name=name) for n, name in enumerate(names[: count - 3])]
    return (knee, muscle, biceps, *more)[:count]


_SHARES = (
    (94, 83, 80, 84, 79), (41, 78, 74, 80, 72), (88, 80, 66, 82, 81), (88, 79, None, 81, None),
    (96, 84, 86, 82, 85), (90, 77, 78, 75, 47),
)  # fmt: skip
_SCORES = (84.0, 67.0, 79.0, None, 86.0, 72.0)
_RESULTS = ("in", "below", "in", "no_score", "in", "above")
_REASONS = (
    Reason("In target, held {held:.1f} s", {"held": 1.1}),
    Reason("{amount:.0f}° short of the target", {"amount": 10.0}),
    Reason("Vastus fired {late:.0f} ms after hamstrings", {"late": 70.0}),
    Reason("Hamstring sensor off for {gone:.1f} s", {"gone": 0.6}),
    Reason("In target, held {held:.1f} s", {"held": 1.2}),
    Reason("Hamstring above {limit:.0f} % for {time:.1f} s", {"limit": 20.0, "time": 1.1}),
)
_PARTS: tuple[str, ...] = ("range", "control", "timing", "symmetry", "muscle")


def repetitions(count: int = 6, going: bool = True) -> tuple[RepetitionView, ...]:
    """Return the counted repetitions, and the one that is going on."""
    made: list[RepetitionView] = []
    for place in range(count):
        shares: dict[str, float | None] = dict(zip(_PARTS, _SHARES[place], strict=True))
        made.append(RepetitionView(
            number=place + 1, start_s=STARTS[place], end_s=STARTS[place] + LASTS, result=_RESULTS[place],
            score=_SCORES[place], score_error=3.0, reason=_REASONS[place], parts=shares,
            measures={"shortfall": (max(PEAKS[place] - 12.0, 0.0), "°"), "hold_missing": (0.0, "s"),
                      "time_above:biceps_femoris": (None if _SCORES[place] is None else 1.1 * (place == 5), "s"),
                      "smoothness": (-4.2, "")},
            feedback=place % 2 == 0, probe=False, reached=_RESULTS[place] == "in", level=0.9,
        ))  # fmt: skip
    if going:
        made.append(RepetitionView(
            number=count + 1, start_s=STARTS[count], end_s=None, result="now", score=None, score_error=None,
            reason=Reason("Holding now"), parts={}, measures={}, feedback=True, probe=False,
        ))  # fmt: skip
    return tuple(made)


def sensors() -> tuple[SensorView, ...]:
    """Return four good sensors."""
    named: tuple[tuple[str, str, Literal["imu", "emg"], float], ...]
    named = (("thigh", "Thigh", "imu", 81.0), ("shank", "Shank", "imu", 77.0),
             ("vastus", "Vastus", "emg", 82.0), ("biceps", "Biceps", "emg", 64.0))  # fmt: skip
    return tuple(
        SensorView(id=i, name=n, kind=k, light="good", detail="", battery_percent=b, loss_percent=0.1,
                   rate_hz=99.8 if k == "imu" else 1998.0, nominal_rate_hz=100.0 if k == "imu" else 2000.0)
        for i, n, k, b in named
    )  # fmt: skip


EVENTS = (
    ("14:22:41", "Repetition 6 counted, 72"), ("14:22:30", "Mark: grimace, asked, no pain"),
    ("14:21:58", "Biceps femoris back, gap of 0.6 s"), ("14:21:52", "Biceps femoris lost"),
    ("14:20:10", "Band 15° to 12°, by rule"), ("14:19:47", "Set 2 started"),
)  # fmt: skip


def page(count: int = 3, **changes: Any) -> SessionView:
    """Return the page of a live set, with whatever is to be different."""
    patient = PatientView(
        screen="live", view="column", limb="leg", mirror=False, side="right", goal="Bring the bar into the band",
        praise="The bar stayed in the band", low=0.86, high=1.0, band=(0.0, 12.0), done=6, of=10,
        results=(True, False, True, False, True, False), levels=(0.95, 0.75, 0.93, 0.9, 0.94, 0.9),
        set_number=2, set_count=3, views=("column", "limb", "tempo", "kite", "sluice"),
    )  # fmt: skip
    feedback = FeedbackView(
        cues=True, sound=True, volume=5, sound_mode="follow", sound_device="Speakers", vibration=None, schedule="half",
        sound_modes=("follow", "steps", "guide", "quiet", "off"),
        bandwidth_percent=12.0, next_shown=(True, False), difficulty="rule", in_target=(3, 5),
        difficulty_note="Rule: 4 of 5 in target makes the band 2° narrower, never below 8°. "
        "Last change: set 1, 15° to 12°.",
    )  # fmt: skip
    whole = SessionView(
        version=1, person="P-014", person_note="Right knee, week 6", exercise_id="knee-extension-seated",
        exercise_name="Knee extension, seated, right", exercise_number=2, exercise_count=3, phase="live",
        movement="hold", set_number=2, set_count=3, repetition=7, repetition_count=10, probes=2,
        active_s=702.0 - 22.0, active_since_s=NOW - 22.0, active_goal_s=900.0, recording_since_s=NOW - 1085.0,
        saved_s=NOW - 0.4, lanes=lanes(count), repetitions=repetitions(), sensors=sensors(),
        events=tuple(EventView(clock=clock, text=text) for clock, text in EVENTS), banner=None, feedback=feedback,
        latency=LatencyView(cue_p50=2.0, cue_p99=6.0, sound_p95=14.0, painted_p50=27.0, painted_p95=33.0),
        loss_percent=0.1, loss_name="", patient=patient,
    )  # fmt: skip
    return replace(whole, **changes)


PAUSED = Banner(
    kind="info", title="Paused. Cues and sound are off.",
    detail="The recording goes on. This time does not count as active.",
    actions=(BannerAction(command="UndoRepetition", label="Discard repetition 7"),),
)  # fmt: skip
LOST = Banner(
    kind="fault", title="Biceps femoris: no signal for 0.9 s. Press the electrode.",
    detail="Reconnecting, try 2. The recording goes on. Knee and vastus still count.",
    actions=(BannerAction(command="GoOnWithout", label="Go on without it", key="W", argument="biceps"),),
)  # fmt: skip
RECOVERED = Banner(
    kind="info", title="This window closed and came back after 3 s. Nothing was lost.",
    detail="The recording never stopped. Repetition 6 was scored meanwhile.",
    actions=(BannerAction(command="DismissBanner", label="Close", key="Enter"),),
)  # fmt: skip


def _patient(view: SessionView, **changes: Any) -> PatientView:
    return replace(view.patient, **changes)


def page_of(state: str, count: int = 3) -> SessionView:
    """Return the page of one of `STATES`."""
    live = page(count)
    before = {"repetitions": (), "repetition": 1, "active_since_s": None, "movement": "rest"}
    none_done = _patient(live, screen="ready", done=0, results=(), levels=())
    if state == "ready":
        return replace(live, phase="ready", patient=none_done, **before)
    if state == "countdown":
        started = replace(none_done, countdown_end_s=NOW + 2.2)
        return replace(live, phase="countdown", patient=started, **before)
    if state == "paused":
        rows = (*live.repetitions[:-1], replace(live.repetitions[-1], reason=Reason("Paused before it was counted")))
        return replace(live, phase="paused", movement="paused", banner=PAUSED, active_since_s=None, active_s=702.0,
                       repetitions=rows, patient=_patient(live, screen="paused"))  # fmt: skip
    if state == "lost":
        reason = Reason("Counts by knee angle, muscle part has no score")
        rows = (*live.repetitions[:-1], replace(live.repetitions[-1], reason=reason))
        lost = (*live.sensors[:3], replace(live.sensors[3], light="lost", detail="no signal"))
        return replace(live, banner=LOST, sensors=lost, loss_percent=100.0, loss_name="biceps", repetitions=rows)
    if state == "recovered":
        return replace(live, banner=RECOVERED)
    if state == "rest":
        resting = _patient(live, screen="rest", done=10, rest_end_s=NOW + 42, rest_total_s=60.0)
        return replace(live, phase="rest", movement="rest", active_since_s=None, active_s=702.0, patient=resting,
                       repetitions=repetitions(6, going=False), repetition=10)  # fmt: skip
    if state == "finished":
        return replace(live, phase="finished", movement="rest", set_number=3, active_since_s=None, active_s=702.0,
                       repetitions=repetitions(6, going=False), repetition=10,
                       patient=_patient(live, screen="finished"))  # fmt: skip
    if state == "empty":
        return replace(live, phase="ready", lanes=(), sensors=(), events=(), saved_s=None, recording_since_s=None,
                       patient=none_done, **before)  # fmt: skip
    return live


class ScriptedSession:
    """A `SessionClient` that plays the ticks against a clock and keeps what it was sent."""

    def __init__(self, state: str = "live", clock: Callable[[], float] | None = None, count: int = 3) -> None:
        self.now_s = NOW
        self._clock = clock
        self.page: SessionView | None = page_of(state, count)
        self.rows = play(lanes=max(3, count)).copy()
        if state == "lost":
            gone = self.rows["time_s"] > NOW - 0.9
            for field in ("value", "raw_low", "raw_high"):
                self.rows[field][gone, 2] = np.nan
            self.rows["lane_state"][gone, 2] = -1
        self.sent: list[Command] = []
        self.lives = True

    def clock(self) -> float:
        """Return the host clock of the play."""
        return self.now_s if self._clock is None else self._clock()

    def view(self) -> SessionView | None:
        """Return the page."""
        return self.page

    def ticks(self, since: int) -> tuple[NDArray[np.void], int]:
        """Return what has arrived by now."""
        if self.page is None or not self.page.lanes:
            return self.rows[:0], since
        end = int(np.searchsorted(self.rows["arrived_s"], self.clock(), "right"))
        return self.rows[since:end], max(since, end)

    def send(self, command: Command) -> None:
        """Keep the command."""
        self.sent.append(command)

    def alive(self) -> bool:
        """Whether the play pretends to have an engine."""
        return self.lives

    def change(self, **changes: Any) -> None:
        """Give the page other values and a higher version."""
        assert self.page is not None
        self.page = replace(self.page, version=self.page.version + 1, **changes)
