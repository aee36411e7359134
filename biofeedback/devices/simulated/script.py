"""What the person does and when: start-up, then repetitions without end, each planned when its time comes.

Events are worked off in order of time up to a frontier; what lies before the frontier never changes again. An event
changes EMG from its own time on and movement ``LAG_S`` later, so that a muscle always fires before the limb moves.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from biofeedback.devices.simulated.conditions import Condition
from biofeedback.devices.simulated.noise import named_generator
from biofeedback.devices.simulated.strokes import Strokes

Felt = Literal["below", "in", "above", "hold", "idle"]

LAG_S = 0.12
SHORTEST_REACTION_S = 0.15

_LOOK_AFTER_TOP_S = 0.05
_CORRECTION_S = 0.45
_BETWEEN_CORRECTIONS_S = 0.75
_AFTER_CORRECTION_S = 0.6
_LONGEST_EXTRA_HOLD_S = 1.2
_PAUSE_S = 1.4
_BETWEEN_REFERENCES_S = 2.0
_RAMP_S = 0.4
_STROKE_S, _BETWEEN_STROKES_S = 0.4, 0.28
_TRACKING_SHARE = 0.3
_ASKED_REFERENCE_S = 2.0


@dataclass(frozen=True, slots=True)
class Tempo:
    """Seconds of going out, holding and coming back, as the person was told them."""

    out_s: float = 1.4
    hold_s: float = 1.0
    back_s: float = 1.6


@dataclass(frozen=True, slots=True, kw_only=True)
class StartUp:
    """What comes before the first repetition: lying still, one contraction of each muscle, a pause; in seconds."""

    rest_s: float = 5.0
    reference_s: float = 3.0
    pause_s: float = 3.0


@dataclass(frozen=True, slots=True)
class Reference:
    """One reference contraction, ramps included; person's time."""

    muscle: str
    start_s: float
    end_s: float


@dataclass(slots=True)
class PlannedRepetition:
    """One repetition as it was meant, in the person's time; ``end_s`` is inf until the way back is planned."""

    number: int
    aim: float
    start_s: float
    top_s: float
    back_s: float
    end_s: float = math.inf
    corrections: list[float] = field(default_factory=list[float])
    onsets_s: dict[str, float] = field(default_factory=dict[str, float])


@dataclass(frozen=True, slots=True)
class _Stimulus:
    """Something felt; ``time_s`` is when the reaction begins."""

    time_s: float
    what: Felt | Literal["stop", "go", "contract", "told_below", "told_above"]
    strength: float
    muscle: str = ""


@dataclass(frozen=True, slots=True)
class Course:
    """A path on the screen: the excursion it asks for at a time since it began, and how long it takes once round."""

    wanted: Callable[[float], float]
    period_s: float


class Script:
    """The person's movement and muscle activation over time, with a will that reacts to cues and learns from them.

    With a ``course`` the person does not make repetitions but follows it with their eyes, in small strokes three to
    four times a second, as people track (Craik 1947; Miall, Weir & Stein 1993, J Mot Behav 25:53).
    """

    def __init__(
        self,
        condition: Condition,
        aim: float,
        tempo: Tempo,
        leads_s: dict[str, float],
        start_up: StartUp,
        seed: int,
        going: bool = True,
        course: Course | None = None,
    ) -> None:
        self._course = course
        self._origin_s = 0.0
        self._active = False
        self.excursion = Strokes()
        self.fatigue = Strokes()
        self.activation = {muscle: Strokes() for muscle in leads_s}
        self.contraction = {muscle: Strokes() for muscle in leads_s}
        self.references: list[Reference] = []
        self.repetitions: list[PlannedRepetition] = []
        self._condition, self._tempo, self._leads_s = condition, tempo, leads_s
        self._habit = min(aim * condition.aim, condition.reach)
        self._aim = self._habit
        self._plan = named_generator(seed, "plan")
        self._reaction = named_generator(seed, "reaction")
        self._frontier_s = -math.inf
        self._stimuli: deque[_Stimulus] = deque()
        self._felt: tuple[Felt, float] = ("idle", 0.0)
        self._look_again_s = math.inf
        self._phase: Literal["waiting", "up", "back"] = "waiting"
        self._going = going
        ready_s = self._plan_start_up(start_up)
        self._boundary_s = ready_s if going else math.inf
        self._ready_s = ready_s
        self._told_from: float | None = None
        self._rounds = -1

    @property
    def frontier_s(self) -> float:
        """Up to here everything is decided."""
        return self._frontier_s

    @property
    def aim(self) -> float:
        """The excursion the person means to reach next."""
        return self._aim

    def advance(self, until_s: float) -> None:
        """Decide everything up to a time."""
        while True:
            stimulus_s = self._stimuli[0].time_s if self._stimuli else math.inf
            next_s = min(self._boundary_s, self._look_again_s, stimulus_s)
            if next_s > until_s:
                break
            self._frontier_s = max(self._frontier_s, next_s)
            if stimulus_s == next_s:
                self._react(self._stimuli.popleft())
            elif self._look_again_s == next_s:
                self._look_again_s = math.inf
                self._consider(next_s)
            else:
                self._next_phase(next_s)
        self._frontier_s = max(self._frontier_s, until_s)

    def feel(self, what: Felt, strength: float, time_s: float) -> None:
        """Feel a cue that answers what is being done now; reacted to after the reaction time."""
        self._queue(what, strength, time_s)

    def be_told(self, what: Felt, strength: float, time_s: float) -> None:
        """Hear how the last repetition was: used for the next one, not for the present one."""
        if what in ("below", "above"):
            self._queue("told_below" if what == "below" else "told_above", strength, time_s)

    def stop(self, time_s: float) -> None:
        """Stop after the repetition that is going on."""
        self._queue("stop", 0.0, time_s)

    def go(self, time_s: float) -> None:
        """Go on with repetitions; a course begins now."""
        self._origin_s = time_s
        self._queue("go", 0.0, time_s)

    def contract(self, muscle: str, time_s: float) -> None:
        """Tense a muscle once."""
        if muscle in self.contraction:
            self._queue("contract", 0.0, time_s, muscle)

    def _queue(
        self,
        what: Felt | Literal["stop", "go", "contract", "told_below", "told_above"],
        strength: float,
        at_s: float,
        muscle: str = "",
    ) -> None:
        person = self._condition
        reaction_s = max(SHORTEST_REACTION_S, self._reaction.normal(person.reaction_s, person.reaction_sd_s))
        earliest_s = self._stimuli[-1].time_s if self._stimuli else self._frontier_s
        self._stimuli.append(_Stimulus(max(at_s + reaction_s, earliest_s), what, strength, muscle))

    def _plan_start_up(self, start_up: StartUp) -> float:
        at_s = start_up.rest_s
        if start_up.reference_s > 0:
            at_s = self._plan_references(at_s, start_up.reference_s)
        return at_s + start_up.pause_s - LAG_S

    def _plan_references(self, at_s: float, plateau_s: float) -> float:
        """Plan a full contraction of each muscle, one after the other; return when the last one ends."""
        for muscle in self.contraction:
            at_s = self._plan_reference(muscle, at_s, plateau_s) + _BETWEEN_REFERENCES_S
        return at_s - _BETWEEN_REFERENCES_S if self.contraction else at_s

    def _plan_reference(self, muscle: str, at_s: float, plateau_s: float) -> float:
        end_s = at_s + plateau_s + 2 * _RAMP_S
        self.contraction[muscle].add(at_s, _RAMP_S, 1.0)
        self.contraction[muscle].add(end_s - _RAMP_S, _RAMP_S, -1.0)
        self.references.append(Reference(muscle, at_s, end_s))
        return end_s

    def _varied(self, duration_s: float) -> float:
        return duration_s * math.exp(self._plan.normal(0.0, self._condition.duration_cv))

    def _next_phase(self, now_s: float) -> None:
        if self._course is not None:
            self._follow(now_s, self._course)
        elif self._phase == "up":
            self._come_back(now_s)
        elif self._going:
            self._go_out(now_s)
        else:
            self._phase, self._boundary_s = "waiting", math.inf

    def _go_out(self, now_s: float) -> None:
        person = self._condition
        if self.repetitions:
            self._learn(self.repetitions[-1])
        start_s = now_s + LAG_S
        duration_s = min(self._varied(self._tempo.out_s * person.slowness), 9.0)
        hold_s = self._varied(self._tempo.hold_s + 0.05)
        top = person.reach - abs(person.reach - self._plan.normal(self._aim, person.amplitude_sd))
        self._train(start_s, duration_s, top - self.excursion.final())
        repetition = PlannedRepetition(
            len(self.repetitions) + 1, self._aim, start_s, start_s + duration_s, start_s + duration_s + hold_s
        )
        self.repetitions.append(repetition)
        for muscle, lead_s in self._leads_s.items():
            onset_s = start_s - min(max(self._plan.normal(lead_s, 0.008), 0.0), LAG_S)
            repetition.onsets_s[muscle] = onset_s
            self.activation[muscle].add(onset_s, 0.08, 1.0)
        self._phase, self._boundary_s = "up", repetition.back_s - LAG_S
        self._look_again_s = repetition.top_s + _LOOK_AFTER_TOP_S

    def _follow(self, now_s: float, course: Course) -> None:
        """Make the next small stroke towards where the course will be, or let go."""
        person, start_s = self._condition, now_s + LAG_S
        self._activate(now_s)
        seen_s = start_s + _STROKE_S - self._origin_s - 0.3 * (person.slowness - 1.0)
        wanted = course.wanted(seen_s) if self._going else 0.0
        if self._going and self._felt[0] in ("below", "above"):
            wanted += _TRACKING_SHARE * self._correction(*self._felt)
        step = min(wanted, person.reach) - self.excursion.final()
        if abs(step) > 1e-3:
            self.excursion.add(start_s, _STROKE_S, step * self._plan.normal(1.0, person.duration_cv))
        begun = math.floor((now_s - self._origin_s) / course.period_s)
        first = self._told_from is None or self._told_from != self._origin_s
        if self._going and begun >= 0 and (first or begun > self._rounds):
            self._told_from, self._rounds = self._origin_s, begun
            at_s = self._origin_s + begun * course.period_s
            thirds = (at_s + 0.34 * course.period_s, at_s + 0.6 * course.period_s, at_s + course.period_s)
            self.repetitions.append(PlannedRepetition(len(self.repetitions) + 1, wanted, at_s, *thirds))
        resting = not self._going and abs(self.excursion.final()) < 1e-3
        self._phase, self._boundary_s = "waiting", math.inf if resting else now_s + _BETWEEN_STROKES_S

    def _activate(self, now_s: float) -> None:
        """Switch the muscles on with the first stroke, and off when told to stop."""
        if self._active != self._going:
            self._active = self._going
            for activation in self.activation.values():
                activation.add(now_s, 0.08 if self._going else 0.3, 1.0 if self._going else -1.0)

    def _train(self, start_s: float, duration_s: float, amplitude: float) -> None:
        """Cover a distance in one stroke or in several that overlap."""
        n_strokes = int(self._plan.integers(*self._condition.sub_movements, endpoint=True))
        if n_strokes == 1:
            self.excursion.add(start_s, duration_s, amplitude)
            return
        each_s = 1.35 * duration_s / n_strokes
        starts_s = start_s + np.linspace(0, duration_s - each_s, n_strokes)
        for at_s, share in zip(starts_s, self._plan.dirichlet(np.full(n_strokes, 8.0)), strict=True):
            self.excursion.add(float(at_s), each_s, amplitude * float(share))

    def _come_back(self, now_s: float) -> None:
        person, repetition = self._condition, self.repetitions[-1]
        start_s = now_s + LAG_S
        duration_s = min(self._varied(self._tempo.back_s * person.slowness), 9.0)
        level = self.excursion.final()
        self._train(start_s, duration_s, self._plan.normal(0.0, 0.008) - level)
        repetition.back_s, repetition.end_s = start_s, start_s + duration_s
        for activation in self.activation.values():
            activation.add(repetition.end_s - 0.25, 0.3, -1.0)
        self.fatigue.add(start_s, duration_s, (1 - self.fatigue.final()) * person.fatigue)
        self._phase, self._look_again_s = "back", math.inf
        self._boundary_s = repetition.end_s + self._varied(_PAUSE_S) - LAG_S

    def _learn(self, repetition: PlannedRepetition) -> None:
        person = self._condition
        self._aim += person.forgetting * (self._habit - self._aim) + person.learning * sum(repetition.corrections)
        self._aim = min(self._aim, person.reach)

    def _react(self, stimulus: _Stimulus) -> None:
        what = stimulus.what
        if what == "stop":
            self._going = False
        elif what == "go":
            self._going = True
            if self._phase == "waiting" and math.isinf(self._boundary_s):
                self._boundary_s = max(stimulus.time_s, self._ready_s)
        elif what == "contract":
            self._plan_reference(stimulus.muscle, stimulus.time_s, _ASKED_REFERENCE_S)
        elif what == "told_below" or what == "told_above":
            step = self._correction("below" if what == "told_below" else "above", stimulus.strength)
            self._aim = min(self._aim + min(1.0, 2 * self._condition.learning) * step, self._condition.reach)
        else:
            self._felt = (what, stimulus.strength)
            if self._phase == "up" and math.isinf(self._look_again_s):
                self._consider(stimulus.time_s)

    def _correction(self, what: Felt, strength: float) -> float:
        size = self._condition.step * (0.3 + 0.7 * min(max(strength, 0.0), 1.0))
        return size if what == "below" else -size

    def _consider(self, now_s: float) -> None:
        """Near the top: go on a bit, back off a bit, or stay, as the cue felt last says."""
        what, strength = self._felt
        repetition = self.repetitions[-1]
        if what not in ("below", "above"):
            return
        start_s = now_s + LAG_S
        if start_s + 0.1 > repetition.top_s + self._tempo.hold_s + _LONGEST_EXTRA_HOLD_S:
            return
        wanted = self._correction(what, strength) * self._plan.normal(1.0, 0.15)
        step = min(wanted, self._condition.reach - self.excursion.final())
        if abs(step) > 1e-3:
            self.excursion.add(start_s, self._varied(_CORRECTION_S), step)
            repetition.corrections.append(step)
            repetition.back_s = max(repetition.back_s, start_s + _CORRECTION_S + _AFTER_CORRECTION_S)
            self._boundary_s = repetition.back_s - LAG_S
        self._look_again_s = now_s + _BETWEEN_CORRECTIONS_S
