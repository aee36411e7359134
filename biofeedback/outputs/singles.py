"""The single sounds: what the arbiter lets through becomes a voice, and every request an event with its delay."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from biofeedback.outputs import tones
from biofeedback.outputs.arbiter import KINDS, Arbiter, Decision, Fate, Request, Silence
from biofeedback.outputs.sustained import Ramp
from biofeedback.outputs.tones import CUES, Cue, FloatArray

SILENCE_FADE_S, WITHDRAW_FADE_S = 0.200, 0.010
SPEECH_TICK_DB = -6.0

_CUTS_SOUNDS: frozenset[Silence] = frozenset({"paused", "estimate", "sensor", "closed"})
_N_DELAYS = 8192
_MOST_EVENTS = 20_000


class Latency(NamedTuple):
    """From a decision to the first of its samples handed to the device, in ms: median and 95th percentile."""

    p50_ms: float
    p95_ms: float


@dataclass(frozen=True, slots=True)
class SoundEvent:
    """What became of a requested cue.

    Attributes
    ----------
    cue, fate, reason
        What was asked for, whether it sounded, and if not, why.
    at_s
        Seconds of sound rendered before it.
    decided_s, handed_over_s
        Host times of the decision and of the first sample handed to the device; None where unknown.
    """

    cue: Cue
    fate: Fate
    at_s: float
    decided_s: float | None = None
    handed_over_s: float | None = None
    reason: str = ""


class Delays:
    """The newest delays between decision and sound, in a ring that is never copied while it is written."""

    def __init__(self) -> None:
        self._delays_ms = np.zeros(_N_DELAYS)
        self._count = 0

    def note(self, delay_s: float) -> None:
        """Keep one delay."""
        self._delays_ms[self._count % _N_DELAYS] = delay_s * 1000.0
        self._count += 1

    def percentiles(self) -> Latency | None:
        """Summarise what is kept; None while nothing is."""
        if not self._count:
            return None
        p50_ms, p95_ms = np.percentile(self._delays_ms[: min(self._count, _N_DELAYS)], (50, 95))
        return Latency(float(p50_ms), float(p95_ms))


class _Voice:
    """One single sound on its way."""

    def __init__(self, number: int, cue: Cue, wave: FloatArray, sampling_rate_hz: int) -> None:
        self.number = number
        self.cue: Cue = cue
        self._wave, self._position = wave, 0
        self._fade = Ramp(sampling_rate_hz, 1.0)

    def fade(self, seconds: float) -> None:
        """Fade out."""
        self._fade.toward(0.0, seconds)

    def add_to(self, block: FloatArray, offset: int) -> None:
        part = self._wave[self._position : self._position + len(block) - offset]
        if not (self._fade.steady and self._fade.value):
            part = part * tones.raised_cosine(self._fade.take(len(part)))
        block[offset : offset + len(part)] += part[:, None]
        self._position += len(part)

    @property
    def over(self) -> bool:
        return self._position >= len(self._wave) or self._fade.closed


class Singles:
    """Sound the cues that the arbiter lets through."""

    def __init__(self, sampling_rate_hz: int) -> None:
        self.arbiter = Arbiter()
        self.delays = Delays()
        self.events: deque[SoundEvent] = deque(maxlen=_MOST_EVENTS)
        self.counts: Counter[Cue] = Counter()
        self._gains: dict[Cue, float] = {}
        self._rate_hz = sampling_rate_hz
        self._waves: dict[Cue, FloatArray] = {cue: tones.single_sound(cue, sampling_rate_hz) for cue in CUES}
        self._voices: list[_Voice] = []
        self._beats: deque[tuple[int, Cue]] = deque()  # frames

    def beat(self, beats: Sequence[tuple[float, Cue]], from_frame: int) -> None:
        """Take what is to sound so many seconds after a frame, in their order; what was to come before is dropped."""
        self._beats = deque((from_frame + round(in_s * self._rate_hz), cue) for in_s, cue in beats)

    def enter(self, state: Silence | None) -> None:
        """Enter a silent state, or leave it with None; some states also fade what still sounds."""
        self.arbiter.state = state
        if state in _CUTS_SOUNDS:
            for voice in self._voices:
                voice.fade(SILENCE_FADE_S)

    def set_gains(self, gains: dict[Cue, float]) -> None:
        """Set the gain of each cue; 0 switches it off."""
        self._gains = gains
        self.arbiter.off = frozenset(cue for cue, gain in gains.items() if gain == 0.0)

    @property
    def duck(self) -> bool:
        """Whether something sounds for which the lasting sound steps back."""
        return any(KINDS[voice.cue] in ("outcome", "limit") for voice in self._voices)

    def add_to(self, block: FloatArray, first_frame: int, now_s: float | None) -> None:
        """Add the voices to `block`, shape (n_frames, 2), which is handed over at host time `now_s`."""
        from_s, to_s = first_frame / self._rate_hz, (first_frame + len(block)) / self._rate_hz
        begun: dict[int, int] = {}
        while self._beats and self._beats[0][0] < first_frame + len(block):
            frame, cue = self._beats.popleft()
            self.arbiter.offer(Request(cue, at_s=frame / self._rate_hz))
        for decision in self.arbiter.decide(from_s, to_s):
            offset = min(max(round(decision.at_s * self._rate_hz) - first_frame, 0), len(block) - 1)
            begun[decision.request.number] = offset
            self._carry_out(decision, None if now_s is None else now_s + offset / self._rate_hz)
        for voice in self._voices:
            voice.add_to(block, begun.get(voice.number, 0))
        self._voices = [voice for voice in self._voices if not voice.over]

    def _carry_out(self, decision: Decision, heard_s: float | None) -> None:
        request = decision.request
        if decision.fate == "sounded":
            self._begin(request, heard_s)
        else:
            heard_s = None
        if decision.fate == "withdrawn":
            self.counts[request.cue] -= 1
            for voice in self._voices:
                if voice.number == request.number:
                    voice.fade(WITHDRAW_FADE_S)
        self.events.append(
            SoundEvent(request.cue, decision.fate, decision.at_s, request.decided_s, heard_s, decision.reason)
        )

    def _begin(self, request: Request, heard_s: float | None) -> None:
        gain = self._gains.get(request.cue, 1.0) or 1.0  # a safety limit sounds in any case
        if self.arbiter.speaking and KINDS[request.cue] == "tick":
            gain *= tones.amplitude(SPEECH_TICK_DB)
        self._voices.append(_Voice(request.number, request.cue, self._waves[request.cue] * gain, self._rate_hz))
        self.counts[request.cue] += 1
        # A wait that the rules ask for says nothing about the path's speed; the event still shows it.
        if heard_s is not None and request.decided_s is not None and not request.waited:
            self.delays.note(heard_s - request.decided_s)
