"""The sound that lasts while a person moves: one of four modes, steered by the newest value only.

Every level, pitch and place is reached by a ramp, and the phase never jumps, so no value can make a click.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from biofeedback.outputs import tones
from biofeedback.outputs.tones import FloatArray

Mode = Literal["follow", "steps", "guide", "quiet", "side"]
FOLLOWING: tuple[Mode, ...] = ("follow", "steps")  # these sound in the band as well

# A signal that rests at the edge must not flutter: what is silent begins only clearly above it.
SILENT_BELOW_X, BEGINS_AT_X = 0.03, 0.04
STEP_HYSTERESIS = 0.25
OPENING_S, CLOSING_S, FIFTH_S, LEVEL_S, GLIDE_CLOSING_S = 0.030, 0.150, 0.080, 0.010, 0.030
PITCH_TIME_CONSTANT_S = 0.020
# A value that nobody renewed says nothing about the person any more.
STALE_S = 1.5
_PHASE_PERIOD = 4.0 * math.pi  # of the tone together with its fifth


@dataclass(frozen=True, slots=True)
class Steering:
    """What the lasting sound should say now.

    Attributes
    ----------
    mode
        The law; see ``docs/sound.md``.
    x
        The signal: 0 at rest, 1 at the top of the display.
    e
        Signed distance from the band's centre in half widths; negative is below, or left.
    inside
        The screen's state, which has its own hysteresis. None: take ``|e| <= 1``.
    band
        Lowest and highest `x` of the band, to zoom a narrow one. None: no zoom.
    semitones
        How far the pitch rises from rest to the top.
    decided_s
        Host time of the decision.
    """

    mode: Mode
    x: float = 0.0
    e: float = 0.0
    inside: bool | None = None
    band: tuple[float, float] | None = None
    semitones: float = tones.FOLLOW_SEMITONES
    decided_s: float | None = None

    @property
    def is_inside(self) -> bool:
        """Whether the person is in the band."""
        return abs(self.e) <= 1.0 if self.inside is None else self.inside

    @property
    def known(self) -> bool:
        """Whether the values are numbers; a bad sensor makes no sound."""
        return math.isfinite(self.x) and math.isfinite(self.e)


class Ramp:
    """A value that moves to its target in a straight line."""

    def __init__(self, sampling_rate_hz: int, value: float = 0.0) -> None:
        self.value = value
        self._rate_hz = sampling_rate_hz
        self._target = value
        self._step = 0.0

    def toward(self, target: float, seconds: float) -> None:
        """Set a new target, reached `seconds` from now; the same target again changes nothing."""
        if target != self._target:
            self._target = target
            self._step = (target - self.value) / (seconds * self._rate_hz)

    @property
    def closed(self) -> bool:
        """Whether the value is 0 and stays there."""
        return self.value == 0.0 and self._target == 0.0

    @property
    def steady(self) -> bool:
        """Whether the target is reached."""
        return self.value == self._target

    def take(self, n_frames: int) -> FloatArray:
        """Return the next values, shape (n_frames,)."""
        if self.steady:
            return np.full(n_frames, self.value)
        straight = self.value + self._step * np.arange(1.0, n_frames + 1.0)
        bound = np.minimum if self._step > 0 else np.maximum
        values: FloatArray = bound(straight, self._target)
        self.value = float(values[-1])
        return values


class _Tone:
    """The continuous voice of *follow*, *steps*, *quiet* and *side*: pitch, level, place, and the fifth."""

    def __init__(self, sampling_rate_hz: int) -> None:
        self._rate_hz = sampling_rate_hz
        self._decay = math.exp(-1.0 / (PITCH_TIME_CONSTANT_S * sampling_rate_hz))
        self._octaves = math.log2(tones.LOWEST_HZ)
        self._octaves_target = self._octaves
        self._phase = 0.0
        self._note: int | None = None
        self._opened = False
        self._gate, self._fifth = Ramp(sampling_rate_hz), Ramp(sampling_rate_hz)
        self._left, self._right = Ramp(sampling_rate_hz), Ramp(sampling_rate_hz)

    def follow(self, now: Steering) -> None:
        """Set pitch, level and place from the newest value."""
        inside = now.is_inside
        gains, level_db, opened = (1.0, 1.0), tones.FOLLOW_DBFS, not inside
        if now.mode in FOLLOWING:
            pitch_hz = self._own_pitch_hz(now)
            opened = now.x >= (SILENT_BELOW_X if self._opened else BEGINS_AT_X)
        elif now.mode == "quiet":
            pitch_hz, level_db = tones.QUIET_HZ, tones.quiet_dbfs(now.x)
        else:
            pitch_hz = tones.LEFT_HZ if now.e < 0 else tones.RIGHT_HZ
            gains, level_db = tones.pan_gains(now.e), tones.outside_dbfs(now.e)
        self._octaves_target = math.log2(pitch_hz)
        level_s = LEVEL_S
        if self._gate.closed:  # nothing sounds: begin at the right pitch and level instead of gliding there
            self._octaves, level_s = self._octaves_target, 1.0 / self._rate_hz
        for ramp, gain in zip((self._left, self._right), gains, strict=True):
            ramp.toward(gain * tones.amplitude(level_db), level_s)
        self._fifth.toward(float(now.mode in FOLLOWING and inside), FIFTH_S)
        self._opened = opened
        self._gate.toward(float(opened), OPENING_S if opened else CLOSING_S)

    def _own_pitch_hz(self, now: Steering) -> float:
        x = tones.zoomed(now.x, now.band, now.semitones)
        if now.mode == "follow":
            return tones.follow_hz(x, now.semitones)
        place = tones.place_on_scale(x, now.semitones)
        if self._note is None or self._gate.closed or abs(place - self._note) > 0.5 + STEP_HYSTERESIS:
            self._note = round(place)
        return tones.LOWEST_HZ * 2.0 ** (tones.PENTATONIC_SEMITONES[self._note] / 12.0)

    def close(self, seconds: float) -> None:
        """Fade out."""
        self._opened = False
        self._gate.toward(0.0, seconds)

    def take(self, n_frames: int) -> FloatArray | None:
        """Return the next frames, shape (n_frames, 2); None while nothing sounds."""
        left, right = self._left.take(n_frames), self._right.take(n_frames)
        joined = self._fifth.take(n_frames)
        if self._gate.closed:
            return None
        fading = self._decay ** np.arange(1, n_frames + 1)
        octaves = self._octaves_target + (self._octaves - self._octaves_target) * fading
        pitch_hz = np.exp2(octaves)
        phase = self._phase + np.cumsum(pitch_hz) * (2.0 * math.pi / self._rate_hz)
        self._octaves, self._phase = float(octaves[-1]), float(phase[-1]) % _PHASE_PERIOD
        wave = tones.loudness_gain(pitch_hz) * tones.tone(phase)
        if joined.any():
            softer = tones.amplitude(tones.FIFTH_DBFS - tones.FOLLOW_DBFS) * tones.raised_cosine(joined)
            wave += softer * tones.loudness_gain(1.5 * pitch_hz) * tones.fifth(1.5 * phase)
        wave *= tones.raised_cosine(self._gate.take(n_frames))
        return np.stack((wave * left, wave * right), axis=1)


class _Glides:
    """The mode *guide*: short glides towards the band, faster and louder the further away."""

    def __init__(self, sampling_rate_hz: int) -> None:
        self._rate_hz = sampling_rate_hz
        self._waves = {rising: tones.glide(rising, sampling_rate_hz) for rising in (True, False)}
        self._gate = Ramp(sampling_rate_hz)
        self._wave, self._position = np.zeros(0), 0
        self._since_onset = sampling_rate_hz  # frames
        self._now: Steering | None = None

    def follow(self, now: Steering | None, closing_s: float = GLIDE_CLOSING_S) -> None:
        """Take the newest value; None, or a value in the band, lets the running glide fade."""
        self._now = None if now is None or now.is_inside else now
        opened = self._now is not None
        self._gate.toward(float(opened), 0.005 if opened else closing_s)

    def take(self, n_frames: int) -> FloatArray | None:
        """Return the next frames, shape (n_frames,), the same for both sides; None while nothing sounds."""
        if self._gate.closed:
            self._wave = self._wave[:0]  # a glide that faded is over, even if the person leaves the band again
        gate = self._gate.take(n_frames)
        out = np.zeros(n_frames)
        self._sound(out, 0)
        if self._now is not None:
            due = round(self._rate_hz / tones.glides_hz(self._now.e)) - self._since_onset
            if due < n_frames:
                self._begin(self._now.e, out, max(due, 0))
        self._since_onset += n_frames
        return out * tones.raised_cosine(gate) if gate.any() else None

    def _begin(self, e: float, out: FloatArray, offset: int) -> None:
        self._wave = self._waves[e < 0] * tones.amplitude(tones.outside_dbfs(e))
        self._position, self._since_onset = 0, -offset
        self._sound(out, offset)

    def _sound(self, out: FloatArray, offset: int) -> None:
        part = self._wave[self._position : self._position + len(out) - offset]
        out[offset : offset + len(part)] += part
        self._position += len(part)


class Sustained:
    """The one lasting sound: a tone or glides, never both but while one fades into the other."""

    def __init__(self, sampling_rate_hz: int) -> None:
        self._tone = _Tone(sampling_rate_hz)
        self._glides = _Glides(sampling_rate_hz)

    def steer(self, now: Steering | None, closing_s: float = CLOSING_S) -> None:
        """Take the newest value, once a block; None fades out in `closing_s`."""
        if now is not None and not now.known:
            now = None
        if now is None or now.mode == "guide":
            self._tone.close(closing_s)
        else:
            self._tone.follow(now)
        guided = now if now is not None and now.mode == "guide" else None
        self._glides.follow(guided, GLIDE_CLOSING_S if now is not None else closing_s)

    def add_to(self, block: FloatArray, gain: FloatArray) -> None:
        """Add the next frames to `block`, shape (n_frames, 2), with a gain of shape (n_frames,)."""
        tone = self._tone.take(len(block))
        if tone is not None:
            block += tone * gain[:, None]
        glides = self._glides.take(len(block))
        if glides is not None:
            block += (glides * gain)[:, None]
