"""The synthesiser: takes what the session wants to say, and renders it block by block.

One thread may call `Synth.render`, one other thread everything else. Between them stand a queue of commands and one
newest value, both handed over without a lock, so a slow session never makes a gap and a slow device no delay.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from biofeedback.outputs import tones
from biofeedback.outputs.arbiter import KINDS, Request, Silence
from biofeedback.outputs.singles import SILENCE_FADE_S, Delays, Latency, Singles, SoundEvent
from biofeedback.outputs.sustained import CLOSING_S, FOLLOWING, STALE_S, Mode, Ramp, Steering, Sustained
from biofeedback.outputs.tones import CUES, Cue, FloatArray
from biofeedback.stream import host_time_s

Family = Literal["own movement", "guide", "signals", "metronome"]

SAMPLING_RATE_HZ = 48_000
BLOCK_FRAMES = 256
DEFAULT_VOLUME, FIRST_VISIT_VOLUME, HIGHEST_VOLUME, HIGHEST_IN_HEADPHONES = 6, 4, 10, 8
MUTE_FADE_S = 0.030
DUCK_DB, SPEECH_DUCK_DB = -6.0, -12.0
DUCK_ATTACK_S, DUCK_RELEASE_S = 0.030, 0.250
LIMITER_FROM = tones.amplitude(-3.0)


class Synth:
    """Render everything a session lets be heard.

    Parameters
    ----------
    sampling_rate_hz
        Of the rendered sound.
    """

    def __init__(self, sampling_rate_hz: int = SAMPLING_RATE_HZ) -> None:
        self.sampling_rate_hz = sampling_rate_hz
        self.peak = 0.0  # highest sample before the limiter, full scale = 1
        self._singles = Singles(sampling_rate_hz)
        self._sustained = Sustained(sampling_rate_hz)
        self._commands: deque[Callable[[], object]] = deque()
        self._value_delays = Delays()
        self._steering: Steering | None = None
        self._adopted: Steering | None = None
        self._adopted_frame = self._frame = 0
        self._volume, self._headphones, self._muted = DEFAULT_VOLUME, False, False
        self._family_gains: dict[Family, float] = {}
        self._duck = Ramp(sampling_rate_hz)
        self._gain = Ramp(sampling_rate_hz, self._target_gain())
        self._family = Ramp(sampling_rate_hz, 1.0)

    # What the session calls.

    def sustain(
        self,
        mode: Mode | None,
        x: float = 0.0,
        e: float = 0.0,
        *,
        inside: bool | None = None,
        band: tuple[float, float] | None = None,
        semitones: float = tones.FOLLOW_SEMITONES,
        decided_s: float | None = None,
    ) -> None:
        """Let the lasting sound say the newest value; None fades it out.

        Renew it with every decision: a value older than 1.5 s fades out by itself. See `Steering` for the values;
        `decided_s` is host time and now if left out.
        """
        if mode is None:
            self._steering = None
        else:
            decided_s = host_time_s() if decided_s is None else decided_s
            self._steering = Steering(mode, x, e, inside, band, semitones, decided_s)

    def play(self, cue: Cue, decided_s: float | None = None, *, safety: bool = False, by_hand: bool = False) -> None:
        """Ask for a single sound now; the rules for what may be heard together decide.

        `decided_s` is host time, now if left out. `safety` marks a limit set by the therapist for safety: it sounds
        in a probe too, which then is none. `by_hand` is a sample: no silent state keeps it back.
        """
        decided_s = host_time_s() if decided_s is None else decided_s
        request = Request(cue, decided_s, safety, by_hand=by_hand)
        self._commands.append(partial(self._singles.arbiter.offer, request))

    def beats(self, beats: Sequence[tuple[float, Cue]]) -> None:
        """Let single sounds come so many seconds from now, to the sample; those asked for before do not come any more.

        A beat must not wait for a sensor's packets: the sound's own clock keeps it.
        """
        self._commands.append(lambda: self._singles.beat(beats, self._frame))

    def silent(self, state: Silence | None) -> None:
        """Enter a state in which (nearly) nothing may be heard, or leave it with None; fades in 200 ms."""
        self._commands.append(partial(self._singles.enter, state))

    def next_repetition(self) -> None:
        """Tell that a repetition began, so that the limit tone may be heard again."""
        self._commands.append(self._singles.arbiter.next_repetition)

    def speaking(self, active: bool) -> None:
        """Tell that speech begins or ends: the lasting sound falls by 12 dB, ticks by 6, outcomes wait."""
        self._commands.append(partial(setattr, self._singles.arbiter, "speaking", active))

    @property
    def volume(self) -> int:
        """The person's volume, 0 (nothing) to 10, 3 dB a step; clipped, in headphones at 8."""
        return min(self._volume, HIGHEST_IN_HEADPHONES) if self._headphones else self._volume

    @volume.setter
    def volume(self, volume: int) -> None:
        self._volume = min(max(volume, 0), HIGHEST_VOLUME)

    @property
    def level_db(self) -> float:
        """How loud everything is against full volume; −∞ where nothing may be heard."""
        if self._muted or self.volume == 0:
            return -math.inf
        return 3.0 * (self.volume - HIGHEST_VOLUME) - (6.0 if self._headphones else 0.0)

    @property
    def headphones(self) -> bool:
        """Whether the person listens with headphones: 6 dB less."""
        return self._headphones

    @headphones.setter
    def headphones(self, worn: bool) -> None:
        self._headphones = worn

    @property
    def muted(self) -> bool:
        """Whether sound is switched off; what is rendered then is silence."""
        return self._muted

    @muted.setter
    def muted(self, muted: bool) -> None:
        self._muted = muted

    def family(self, family: Family, on: bool = True, gain_db: float = 0.0) -> None:
        """Switch a family of sounds, or set it softer or louder by up to 6 dB."""
        gain = tones.amplitude(min(max(gain_db, -6.0), 6.0)) if on else 0.0
        self._family_gains = {**self._family_gains, family: gain}
        gains: dict[Cue, float] = {cue: self._family_gain(_family_of(cue)) for cue in CUES}
        self._commands.append(partial(self._singles.set_gains, gains))

    def take_events(self) -> list[SoundEvent]:
        """Return what became of the cues requested since the last call, oldest first."""
        events: list[SoundEvent] = []
        while self._singles.events:
            events.append(self._singles.events.popleft())
        return events

    def counts(self) -> dict[Cue, int]:
        """How often each cue sounded."""
        counts = self._singles.counts
        return {cue: counts[cue] for cue in CUES if counts[cue]}

    def latency(self, of: Literal["cues", "values"] = "cues") -> Latency | None:
        """Decision to sample handed over, of single sounds or of the lasting sound's values; None if none yet."""
        return (self._singles.delays if of == "cues" else self._value_delays).percentiles()

    # What the device calls.

    def render(self, n_frames: int, now_s: float | None = None) -> NDArray[np.float32]:
        """Return the next frames, shape (n_frames, 2), full scale 1.

        `now_s` is the host time at which they are handed to the device; without it no latency is measured.
        """
        out = np.empty((n_frames, 2), dtype=np.float32)
        for start in range(0, n_frames, BLOCK_FRAMES):
            n_block = min(BLOCK_FRAMES, n_frames - start)
            block_s = None if now_s is None else now_s + start / self.sampling_rate_hz
            out[start : start + n_block] = self._block(n_block, block_s)
        return out

    def _block(self, n_frames: int, now_s: float | None) -> FloatArray:
        while self._commands:
            self._commands.popleft()()
        gain = self._target_gain()
        self._singles.arbiter.muted = gain == 0.0
        self._gain.toward(gain, MUTE_FADE_S)
        block = np.zeros((n_frames, 2))
        self._singles.add_to(block, self._frame, now_s)
        self._lasting_sound(block, now_s)
        self._frame += n_frames
        block *= self._gain.take(n_frames)[:, None]
        return self._limited(block)

    def _lasting_sound(self, block: FloatArray, now_s: float | None) -> None:
        newest = self._steering
        if newest is not self._adopted:
            self._adopted, self._adopted_frame = newest, self._frame
            if newest is not None and newest.decided_s is not None and now_s is not None:
                self._value_delays.note(now_s - newest.decided_s)
        stale = self._frame - self._adopted_frame > STALE_S * self.sampling_rate_hz
        silent = self._singles.arbiter.state is not None
        self._sustained.steer(None if stale or silent else newest, SILENCE_FADE_S if silent else CLOSING_S)
        if newest is not None:
            family: Family = "own movement" if newest.mode in FOLLOWING else "guide"
            self._family.toward(self._family_gain(family), MUTE_FADE_S)
        depth_db = self._duck_depth_db()
        self._duck.toward(depth_db, DUCK_ATTACK_S if depth_db < self._duck.value else DUCK_RELEASE_S)
        duck = 10.0 ** (self._duck.take(len(block)) / 20.0)
        self._sustained.add_to(block, duck * self._family.take(len(block)))

    def _duck_depth_db(self) -> float:
        if self._singles.arbiter.speaking:
            return SPEECH_DUCK_DB
        return DUCK_DB if self._singles.duck else 0.0

    def _target_gain(self) -> float:
        return tones.amplitude(self.level_db)

    def _family_gain(self, family: Family) -> float:
        return self._family_gains.get(family, 1.0)

    def _limited(self, block: FloatArray) -> FloatArray:
        """Leave everything below −3 dBFS as it is, and bend what lies above so that it never clips."""
        peak = float(np.abs(block).max())
        self.peak = max(self.peak, peak)
        if peak <= LIMITER_FROM:
            return block
        room = 1.0 - LIMITER_FROM
        over = np.maximum(np.abs(block) - LIMITER_FROM, 0.0)
        return np.sign(block) * (np.minimum(np.abs(block), LIMITER_FROM) + room * np.tanh(over / room))


def _family_of(cue: Cue) -> Family:
    return "metronome" if KINDS[cue] in ("phase", "tick") else "signals"
