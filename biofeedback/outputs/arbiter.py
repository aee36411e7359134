"""Which single sound may be heard, and when: priorities, coincidences, rates, and the states that are silent.

No sound is made here. Time is counted in seconds of rendered sound, so a script of requests has one outcome.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from biofeedback.outputs.tones import LENGTH_S, Cue

Silence = Literal["rest", "paused", "estimate", "sensor", "summary", "closed", "probe", "faded"]
Fate = Literal["sounded", "dropped", "withdrawn"]
Kind = Literal["limit", "count", "phase", "tick", "outcome"]

COINCIDENCE_S = 0.060
DEFERRED_S = 0.200
PATIENCE_S = 0.600
SET_DONE_PATIENCE_S = 1.500  # it follows the last repetition's chime, which a phase tone may have put off
SAME_AGAIN_S = 0.250
WINDOW_S, MOST_IN_WINDOW = 2.0, 5  # 2.5 events a second
LIMITS_APART_S, LIMITS_WINDOW_S, MOST_LIMITS = 1.5, 10.0, 3

KINDS: dict[Cue, Kind] = {
    "limit": "limit",
    "count_in": "count",
    "go": "count",
    "rest_over": "count",
    "probe_end": "count",
    "phase_up": "phase",
    "phase_hold": "phase",
    "phase_down": "phase",
    "tick": "tick",
    "chime": "outcome",
    "counted": "outcome",
    "set_done": "outcome",
}
_RANK: dict[Kind, int] = {"limit": 0, "count": 1, "phase": 2, "outcome": 3, "tick": 4}

_PERMITTED: dict[Silence, frozenset[Cue]] = {
    "rest": frozenset({"rest_over", "count_in", "go"}),
    "paused": frozenset(),
    "estimate": frozenset(),
    "sensor": frozenset(),
    "summary": frozenset(),
    "closed": frozenset(),
    "probe": frozenset({"count_in", "go", "probe_end"}),
    "faded": frozenset({"count_in", "go", "probe_end", "counted"}),
}
# The last repetition's chime and the end of the set were earned before the rest began: they are let out.
_LETS_OUTCOMES_FINISH: frozenset[Silence] = frozenset({"rest", "summary"})
_SAFETY_SOUNDS: frozenset[Silence] = frozenset({"probe", "faded"})


@dataclass(frozen=True, slots=True)
class Request:
    """A wish to sound a cue, decided at host time `decided_s`; `safety` marks a limit set for safety.

    `at_s` is when it is to sound, in seconds of rendered sound; None: with the next block. `by_hand` is a sample that
    somebody asked for, whatever the session is doing. The arbiter adds the silence that held when the wish was made,
    its number, and whether it had to wait.
    """

    cue: Cue
    decided_s: float | None = None
    safety: bool = False
    at_s: float | None = None
    by_hand: bool = False
    state: Silence | None = None
    number: int = 0
    waited: bool = False

    @property
    def kind(self) -> Kind:
        """The family of rules the cue obeys."""
        return KINDS[self.cue]


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of a request at `at_s`, seconds of rendered sound, and why."""

    fate: Fate
    request: Request
    at_s: float
    reason: str = ""


@dataclass(frozen=True, slots=True)
class _Waiting:
    request: Request
    due_s: float
    latest_s: float


def _later(first: Kind, second: Kind) -> tuple[Kind, Literal["dropped", "deferred"]] | None:
    """Name the loser of two kinds within 60 ms and what becomes of it; None where both may sound."""
    if first == second:
        return None if first == "outcome" else (second, "dropped")
    winner, loser = (first, second) if _RANK[first] < _RANK[second] else (second, first)
    return loser, "deferred" if loser == "outcome" and winner != "limit" else "dropped"


class Arbiter:
    """Decide for every request when it sounds, or that it does not.

    Offer requests, then ask once for each block of sound what happens in it.
    """

    def __init__(self) -> None:
        self.state: Silence | None = None
        self.muted = False
        self.speaking = False
        self.off: frozenset[Cue] = frozenset()
        self._n_offered = 0
        self._offered: list[Request] = []
        self._waiting: list[_Waiting] = []
        self._sounded: list[Decision] = []
        self._limits_since_repetition: list[float] = []

    def offer(self, request: Request) -> None:
        """Ask for a cue; it is decided on with the next block, under the state that holds now."""
        self._n_offered += 1
        self._offered.append(replace(request, state=self.state, number=self._n_offered))

    def next_repetition(self) -> None:
        """Tell that a repetition began: the limit tone may sound again."""
        self._limits_since_repetition.clear()

    def decide(self, from_s: float, to_s: float) -> list[Decision]:
        """Everything that happens in the block `from_s` ≤ time < `to_s`, in order."""
        if not self._offered and not self._waiting:
            return []
        fresh = sorted(self._offered, key=lambda request: _RANK[request.kind])
        self._offered.clear()
        self._sounded = [one for one in self._sounded if from_s - one.at_s < LIMITS_WINDOW_S]
        decisions: list[Decision] = []
        for request in fresh:
            patience_s = SET_DONE_PATIENCE_S if request.cue == "set_done" else PATIENCE_S
            at_s = from_s if request.at_s is None else request.at_s
            decisions += self._admit(request, at_s, at_s + patience_s)
        due = [one for one in self._waiting if one.due_s < to_s]
        self._waiting = [one for one in self._waiting if one.due_s >= to_s]
        for one in due:
            decisions += self._admit(one.request, max(one.due_s, from_s), one.latest_s)
        return decisions

    def _admit(self, request: Request, at_s: float, latest_s: float) -> Iterator[Decision]:
        reason = self._refusal(request, at_s) or self._crowded(request, at_s)
        if not reason:
            lost = yield from self._coincide(request, at_s, latest_s)
            if lost is None:
                return
            reason = lost
        if not reason and request.kind == "outcome":
            free_s = self._free_from_s(request, at_s)
            if free_s > at_s:
                if free_s <= latest_s:
                    self._wait(request, free_s, latest_s)
                    return
                reason = "waited too long"
        if reason:
            yield Decision("dropped", request, at_s, reason)
            return
        started = Decision("sounded", request, at_s)
        self._sounded.append(started)
        if request.kind == "limit":
            self._limits_since_repetition.append(at_s)
        yield started

    def _wait(self, request: Request, due_s: float, latest_s: float) -> None:
        self._waiting.append(_Waiting(replace(request, waited=True), due_s, latest_s))

    def _refusal(self, request: Request, at_s: float) -> str:
        """Why a request may not sound whatever else sounds; empty if it may."""
        if not self._permitted(request):
            return f"silent: {self.state or request.state}"
        if self.muted or (request.cue in self.off and not request.safety):
            return "switched off"
        if request.kind == "limit":
            return self._limit_refusal(at_s)
        again = any(one.request.cue == request.cue and at_s - one.at_s < SAME_AGAIN_S for one in self._sounded)
        return "same again" if again or any(one.request.cue == request.cue for one in self._waiting) else ""

    def _permitted(self, request: Request) -> bool:
        def in_state(state: Silence | None) -> bool:
            if request.by_hand:
                return True
            safety = request.safety and request.kind == "limit" and state in _SAFETY_SOUNDS
            return state is None or safety or request.cue in _PERMITTED[state]

        finishing = self.state in _LETS_OUTCOMES_FINISH and request.kind == "outcome"
        return in_state(request.state) and (finishing or in_state(self.state))

    def _limit_refusal(self, at_s: float) -> str:
        limits = self._limits_since_repetition
        if any(one.request.kind == "limit" and at_s - one.at_s < LIMITS_APART_S for one in self._sounded):
            return "same again"
        third_last_s = limits[-MOST_LIMITS] if len(limits) >= MOST_LIMITS else None
        if third_last_s is not None and limits[-1] - third_last_s <= LIMITS_WINDOW_S:
            return "three limits: silent until the next repetition"
        return ""

    def _coincide(self, request: Request, at_s: float, latest_s: float) -> Generator[Decision, None, str | None]:
        """Settle what else began within 60 ms. Returns why `request` lost, "" if it did not, None if it waits."""
        for other in [one for one in self._sounded if at_s - one.at_s <= COINCIDENCE_S]:
            verdict = _later(other.request.kind, request.kind)
            if verdict is None:
                continue
            loser, fate = verdict
            if loser == request.kind:
                if fate == "dropped":
                    return f"{other.request.cue} at the same time"
                due_s = other.at_s + DEFERRED_S
                self._wait(request, due_s, max(latest_s, due_s))
                return None
            self._sounded.remove(other)
            yield Decision("withdrawn", other.request, at_s, f"{request.cue} at the same time")
            if fate == "deferred":
                self._wait(other.request, at_s + DEFERRED_S, at_s + PATIENCE_S)
        return ""

    def _crowded(self, request: Request, at_s: float) -> str:
        """Why a tick or phase may not sound as well; it also leaves a place for an outcome that waits for one.

        Outcomes wait for room elsewhere; count-in and limit always sound.
        """
        if request.kind not in ("tick", "phase"):
            return ""
        waiting = any(one.request.kind == "outcome" for one in self._waiting)
        recent = sum(at_s - one.at_s < WINDOW_S for one in self._sounded)
        return "too many events" if recent + waiting >= MOST_IN_WINDOW else ""

    def _free_from_s(self, request: Request, at_s: float) -> float:
        """When an outcome may begin: after speech, the limit tone, and every outcome asked for earlier."""
        free_s = at_s + 0.010 if self.speaking else at_s
        for one in self._sounded:
            if one.request.kind in ("outcome", "limit"):
                free_s = max(free_s, one.at_s + LENGTH_S[one.request.cue])
        for one in self._waiting:
            if one.request.kind == "outcome" and one.request.number < request.number:
                free_s = max(free_s, one.due_s + LENGTH_S[one.request.cue])
        starts_s = sorted(one.at_s for one in self._sounded if at_s - one.at_s < WINDOW_S)
        if len(starts_s) >= MOST_IN_WINDOW:
            free_s = max(free_s, starts_s[-MOST_IN_WINDOW] + WINDOW_S)
        return free_s
