"""What each sound is made of: laws from a signal to pitch and level, and the waveforms of the single sounds.

Levels are peak dBFS before the person's volume. Frequencies lie between 262 and 785 Hz with partials to 3.1 kHz:
small loudspeakers still carry them, and age has not yet taken them. The reasons stand in ``docs/sound.md``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

Cue = Literal[
    "tick",
    "phase_up",
    "phase_hold",
    "phase_down",
    "count_in",
    "go",
    "chime",
    "counted",
    "set_done",
    "limit",
    "rest_over",
    "probe_end",
]
CUES: tuple[Cue, ...] = get_args(Cue)

FloatArray = NDArray[np.float64]

LOWEST_HZ = 262.0
FOLLOW_SEMITONES, NARROW_SEMITONES = 19.0, 12.0
PENTATONIC_SEMITONES = (0, 2, 4, 7, 9, 12, 14, 16, 19)
NARROWEST_BAND_SEMITONES = 2.0
FOLLOW_DBFS, FIFTH_DBFS = -18.0, -30.0
SOFTEST_DBFS, LOUDEST_DBFS = -30.0, -18.0
QUIET_HZ, LEFT_HZ, RIGHT_HZ = 330.0, 330.0, 494.0
GLIDE_S, GLIDE_LOW_HZ, GLIDE_HIGH_HZ = 0.180, 330.0, 440.0
FASTEST_GLIDES_HZ = 2.5

# Partials 1 to 4: with the first one lost in a small loudspeaker the pitch is still heard.
_PARTIALS_DB = np.array([0.0, -6.0, -12.0, -18.0])
# The fifth above the highest note would reach 4.7 kHz with four partials; two keep it below 2.4 kHz.
_FIFTH_PARTIALS_DB = _PARTIALS_DB[:2]

# Half of what ISO 226:2003 asks for at 60 phon against 500 Hz: it holds for pure tones, ours have partials.
_LOUDNESS_HZ = np.array([262.0, 330.0, 392.0, 440.0, 500.0, 523.0, 660.0, 784.0])
_LOUDNESS_DB = np.array([2.5, 1.5, 0.8, 0.4, 0.0, -0.1, -0.7, -1.1])

_RELEASE_S = 0.010


def amplitude(level_db: float) -> float:
    """Peak amplitude (full scale = 1) of a level in dBFS."""
    return 10.0 ** (level_db / 20.0)


def follow_hz(x: float, semitones: float = FOLLOW_SEMITONES) -> float:
    """Pitch in Hz of the mode *follow*; `x` is the signal, 0 at rest, 1 at the top of the display, clipped.

    `semitones` is how far the top lies above rest.
    """
    return LOWEST_HZ * 2.0 ** (semitones * min(max(x, 0.0), 1.0) / 12.0)


def place_on_scale(x: float, semitones: float = FOLLOW_SEMITONES) -> float:
    """Return where `x` lies on the pentatonic scale of the mode *steps*: 0 is the lowest note, 1 the next one."""
    return float(np.interp(semitones * x, PENTATONIC_SEMITONES, range(len(PENTATONIC_SEMITONES))))


def zoomed(x: float, band: tuple[float, float] | None, semitones: float = FOLLOW_SEMITONES) -> float:
    """Stretch a band (lowest and highest `x`) narrower than two semitones until it spans two.

    Rest and top keep their pitch; `x` and the result lie within 0…1.
    """
    x = min(max(x, 0.0), 1.0)
    width = NARROWEST_BAND_SEMITONES / semitones
    if band is None or not 0.0 < band[1] - band[0] < width:
        return x
    low = min(max((band[0] + band[1] - width) / 2.0, 0.0), 1.0 - width)
    return float(np.interp(x, (0.0, max(band[0], 0.0), min(band[1], 1.0), 1.0), (0.0, low, low + width, 1.0)))


def outside_dbfs(e: float) -> float:
    """Level in dBFS of the modes *guide* and *side*; `e` is the distance from the band's centre in half widths."""
    return min(SOFTEST_DBFS + 6.0 * max(abs(e) - 1.0, 0.0), LOUDEST_DBFS)


def glides_hz(e: float) -> float:
    """How many glides a second the mode *guide* gives at `e` half widths from the band's centre."""
    return min(1.0 + 0.5 * max(abs(e) - 1.0, 0.0), FASTEST_GLIDES_HZ)


def quiet_dbfs(x: float) -> float:
    """Level in dBFS of the mode *quiet* for the signal `x`, 0…1."""
    return SOFTEST_DBFS + 12.0 * min(max(x, 0.0), 1.0)


def pan_gains(e: float) -> tuple[float, float]:
    """Gains left and right (constant power) of the mode *side*; negative `e` is left."""
    angle = (1.0 + min(max(e / 3.0, -0.9), 0.9)) * math.pi / 4.0
    return math.cos(angle), math.sin(angle)


_LOUDNESS_GAIN = 10.0 ** (_LOUDNESS_DB / 20.0)


def loudness_gain(frequency_hz: FloatArray) -> FloatArray:
    """Gain that makes tones of these frequencies (Hz) about as loud as one of 500 Hz."""
    return np.interp(frequency_hz, _LOUDNESS_HZ, _LOUDNESS_GAIN)


def _weights(levels_db: FloatArray) -> FloatArray:
    """Amplitudes of the partials such that their sum in sine phase peaks at 1."""
    gains = 10.0 ** (levels_db / 20.0)
    phase = np.linspace(0.0, 2.0 * np.pi, 4096)
    orders = np.arange(1, len(gains) + 1)
    return gains / np.abs(np.sin(np.outer(phase, orders)) @ gains).max()


_TONE = _weights(_PARTIALS_DB)
_FIFTH = _weights(_FIFTH_PARTIALS_DB)


def _summed(phase: FloatArray, weights: FloatArray) -> FloatArray:
    """Sum of harmonic sines as a polynomial: sin kφ = sin φ · U(cos φ), so two sines do for any number of partials."""
    cosine = np.cos(phase)
    before, now = np.zeros_like(phase), np.ones_like(phase)
    total = np.zeros_like(phase)
    for weight in weights:
        total += weight * now
        before, now = now, 2.0 * cosine * now - before
    return np.sin(phase) * total


def tone(phase: FloatArray) -> FloatArray:
    """Sound the instrument: partials 1 to 4 at 0, −6, −12, −18 dB, peak 1; `phase` of the first one in rad."""
    return _summed(phase, _TONE)


def fifth(phase: FloatArray) -> FloatArray:
    """Sound the softer voice that joins in the band: two partials, peak 1; `phase` of its own first partial in rad."""
    return _summed(phase, _FIFTH)


@dataclass(frozen=True, slots=True)
class _Note:
    """One note: exponential decay, or flat where `decay_s` is None."""

    frequency_hz: float
    starts_s: float
    rise_s: float
    decay_s: float | None


@dataclass(frozen=True, slots=True)
class _Recipe:
    length_s: float
    level_dbfs: float
    notes: tuple[_Note, ...]


def _one(frequency_hz: float, rise_ms: float, decay_ms: float, length_ms: float, level_dbfs: float) -> _Recipe:
    note = _Note(frequency_hz, 0.0, rise_ms / 1000.0, decay_ms / 1000.0)
    return _Recipe(length_ms / 1000.0, level_dbfs, (note,))


_RECIPES: dict[Cue, _Recipe] = {
    "tick": _one(660, 5, 40, 120, -18),
    "probe_end": _one(660, 5, 40, 120, -18),
    "rest_over": _one(440, 5, 40, 120, -18),
    "phase_up": _one(392, 8, 120, 350, -15),
    "phase_hold": _one(523, 8, 120, 350, -15),
    "phase_down": _one(330, 8, 120, 350, -15),
    "count_in": _one(440, 8, 40, 120, -15),
    "go": _one(660, 8, 120, 300, -15),
    "chime": _Recipe(0.590, -12, (_Note(523, 0.0, 0.008, 0.180), _Note(784, 0.090, 0.008, 0.180))),
    "counted": _one(392, 8, 180, 450, -15),
    "set_done": _Recipe(1.200, -12, (_Note(392, 0.0, 0.008, 0.400), _Note(523, 0.250, 0.008, 0.400))),
    "limit": _Recipe(0.300, -14, (_Note(440, 0.0, 0.010, None), _Note(330, 0.150, 0.010, None))),
}
LENGTH_S: dict[Cue, float] = {cue: recipe.length_s for cue, recipe in _RECIPES.items()}
LEVEL_DBFS: dict[Cue, float] = {cue: recipe.level_dbfs for cue, recipe in _RECIPES.items()}


def raised_cosine(position: FloatArray) -> FloatArray:
    """Step smoothly from 0 to 1 while `position` goes from 0 to 1; constant outside."""
    return 0.5 - 0.5 * np.cos(np.pi * np.clip(position, 0.0, 1.0))


def _envelope(times_s: FloatArray, note: _Note, ends_s: float) -> FloatArray:
    since_s = times_s - note.starts_s
    shape = raised_cosine(since_s / note.rise_s) * raised_cosine((ends_s - times_s) / max(note.rise_s, _RELEASE_S))
    if note.decay_s is not None:
        shape *= np.exp(-np.maximum(since_s - note.rise_s, 0.0) / note.decay_s)
    return shape


def single_sound(cue: Cue, sampling_rate_hz: int) -> FloatArray:
    """Make the waveform of a cue, shape (n_samples,), at its own peak level; it starts and ends in silence."""
    recipe = _RECIPES[cue]
    times_s = np.arange(round(recipe.length_s * sampling_rate_hz)) / sampling_rate_hz
    last_s = times_s[-1]
    wave = np.zeros_like(times_s)
    for index, note in enumerate(recipe.notes):
        flat = note.decay_s is None and index + 1 < len(recipe.notes)
        ends_s = recipe.notes[index + 1].starts_s if flat else last_s
        wave += _envelope(times_s, note, ends_s) * tone(2.0 * np.pi * note.frequency_hz * (times_s - note.starts_s))
    return wave * (amplitude(recipe.level_dbfs) / np.abs(wave).max())


def glide(rising: bool, sampling_rate_hz: int) -> FloatArray:
    """Make one glide of the mode *guide*, shape (n_samples,), peak 1: 330→440 Hz in 180 ms, or back."""
    n_samples = round(GLIDE_S * sampling_rate_hz)
    position = np.arange(n_samples) / (n_samples - 1)
    if not rising:
        position = position[::-1]
    pitch_hz = GLIDE_LOW_HZ * (GLIDE_HIGH_HZ / GLIDE_LOW_HZ) ** position
    phase = 2.0 * np.pi * np.cumsum(pitch_hz) / sampling_rate_hz
    times_s = np.arange(n_samples) / sampling_rate_hz
    shape = raised_cosine(times_s / 0.020) * raised_cosine((times_s[-1] - times_s) / 0.040)
    wave = shape * tone(phase)
    return wave / np.abs(wave).max()
