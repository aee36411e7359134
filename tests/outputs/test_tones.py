from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from biofeedback.outputs import tones
from biofeedback.outputs.synth import SAMPLING_RATE_HZ as RATE_HZ

WAVES = {cue: tones.single_sound(cue, RATE_HZ) for cue in tones.CUES}
LONGEST_S = {"chime": 0.590, "counted": 0.450, "set_done": 1.2, "limit": 0.3, "go": 0.3, "count_in": 0.12, "tick": 0.12}
PITCHES_HZ = {
    "tick": 660,
    "phase_up": 392,
    "phase_hold": 523,
    "phase_down": 330,
    "count_in": 440,
    "go": 660,
    "counted": 392,
    "rest_over": 440,
    "probe_end": 660,
}
PEAKS_DB = {"tick": -18, "rest_over": -18, "probe_end": -18, "chime": -12, "set_done": -12, "limit": -14}


@pytest.mark.parametrize(("x", "expected_hz"), [(0, 262), (0.25, 345), (0.5, 454), (0.75, 597), (1, 785)])
def test_follow_law(x: float, expected_hz: float) -> None:
    assert tones.follow_hz(x) == pytest.approx(expected_hz, rel=0.005)


def test_follow_is_clipped_and_monotonic() -> None:
    pitches = [tones.follow_hz(x) for x in np.linspace(-0.5, 1.5, 401)]
    assert pitches[0] == tones.LOWEST_HZ
    assert pitches[-1] == tones.follow_hz(1.0)
    assert (np.diff(pitches) >= 0).all()
    assert (np.diff(pitches[101:300]) > 0).all()


@pytest.mark.parametrize("band", [(0.5, 0.55), (0.0, 0.04), (0.97, 1.0), (0.02, 0.05), (-0.1, -0.02), (0.99, 1.06)])
def test_a_narrow_band_spans_two_semitones(band: tuple[float, float]) -> None:
    positions = [tones.zoomed(x, band) for x in np.linspace(0.0, 1.0, 201)]
    assert (np.diff(positions) >= 0).all()
    assert 0.0 <= positions[0] <= positions[-1] <= 1.0
    if band[0] > 0.0 and band[1] < 1.0:
        low_hz, high_hz = (tones.follow_hz(tones.zoomed(edge, band)) for edge in band)
        assert 12.0 * np.log2(high_hz / low_hz) == pytest.approx(2.0)
        assert positions[0] == 0.0
        assert positions[-1] == 1.0


def test_a_wide_band_is_not_zoomed() -> None:
    assert tones.zoomed(0.37, (0.4, 0.6)) == 0.37
    assert tones.zoomed(0.37, None) == 0.37
    assert tones.zoomed(0.37, (0.5, 0.4)) == 0.37


def test_guide_and_quiet_laws() -> None:
    assert tones.outside_dbfs(0.5) == tones.outside_dbfs(-1.0) == -30.0
    assert tones.outside_dbfs(-2.0) == pytest.approx(-24.0)
    assert tones.outside_dbfs(9.0) == -18.0
    assert tones.glides_hz(1.0) == 1.0
    assert tones.glides_hz(-2.0) == pytest.approx(1.5)
    assert tones.glides_hz(9.0) == 2.5
    assert (tones.quiet_dbfs(-1), tones.quiet_dbfs(0.5), tones.quiet_dbfs(2)) == (-30.0, -24.0, -18.0)


@pytest.mark.parametrize(("p", "difference_db"), [(0.5, 7.7), (0.8, 16.0), (0.9, 22.1)])
def test_pan_is_constant_power(p: float, difference_db: float) -> None:
    left, right = tones.pan_gains(3.0 * p)
    assert left**2 + right**2 == pytest.approx(1.0)
    assert 20.0 * np.log10(right / left) == pytest.approx(difference_db, abs=0.1)
    assert tones.pan_gains(-3.0 * p) == pytest.approx((right, left))
    assert tones.pan_gains(30.0) == tones.pan_gains(2.7)


def test_equal_loudness_table() -> None:
    gains_db = 20.0 * np.log10(tones.loudness_gain(np.array([262.0, 440.0, 500.0, 784.0])))
    assert gains_db == pytest.approx([2.5, 0.4, 0.0, -1.1])


def test_timbre_keeps_the_pitch_without_its_first_partial(ear: Any) -> None:
    phase = 2.0 * np.pi * 300.0 * np.arange(RATE_HZ) / RATE_HZ
    wave = tones.tone(phase)
    assert np.abs(wave).max() == pytest.approx(1.0, abs=0.001)
    for order, level_db in enumerate((0.0, -6.0, -12.0, -18.0), start=1):
        assert ear.level_at_db(wave, 300.0 * order) == pytest.approx(level_db, abs=0.1)
    assert ear.level_at_db(wave, 1500.0) < -60.0


@pytest.mark.parametrize("cue", tones.CUES)
def test_every_sound_starts_and_ends_in_silence(ear: Any, cue: tones.Cue) -> None:
    edges = np.concatenate([WAVES[cue][:2], WAVES[cue][-2:]])
    assert ear.peak_db(edges) < -60.0


@pytest.mark.parametrize("cue", tones.CUES)
def test_no_sound_startles(cue: tones.Cue) -> None:
    # The envelope itself, from the maxima of a waveform so high that they lie 0.1 ms apart.
    recipe = tones._RECIPES[cue]
    times_s = np.arange(round(recipe.length_s * RATE_HZ)) / RATE_HZ
    for note in recipe.notes:
        shape = tones._envelope(times_s, note, times_s[-1])
        top = int(np.argmax(shape))
        rise_s = (np.sum(shape[:top] < 0.9 * shape[top]) - np.sum(shape[:top] < 0.1 * shape[top])) / RATE_HZ
        assert rise_s >= 0.0025


@pytest.mark.parametrize("cue", ["tick", "phase_down", "count_in", "go", "counted", "limit"])
def test_the_sound_itself_rises_slowly(ear: Any, cue: tones.Cue) -> None:
    heard = ear.envelope(WAVES[cue], 1.0 / 330.0)[: round(0.05 * RATE_HZ)]
    rise_s = (np.argmax(heard >= 0.9 * heard.max()) - np.argmax(heard >= 0.1 * heard.max())) / RATE_HZ
    assert rise_s >= 0.0015  # the window that hears the envelope is itself up to half a period early


@pytest.mark.parametrize("cue", tones.CUES)
def test_levels_and_lengths(ear: Any, cue: tones.Cue) -> None:
    assert ear.peak_db(WAVES[cue]) == pytest.approx(PEAKS_DB.get(cue, -15), abs=0.01)
    assert len(WAVES[cue]) == round(tones.LENGTH_S[cue] * RATE_HZ)
    if cue in LONGEST_S:
        assert tones.LENGTH_S[cue] == LONGEST_S[cue]


@pytest.mark.parametrize(("cue", "expected_hz"), PITCHES_HZ.items())
def test_pitches(ear: Any, cue: tones.Cue, expected_hz: float) -> None:
    assert ear.pitch_hz(WAVES[cue]) == pytest.approx(expected_hz, rel=0.01)


@pytest.mark.parametrize(
    ("cue", "first_hz", "second_hz", "second_s"),
    [("chime", 523, 784, 0.09), ("set_done", 392, 523, 0.25), ("limit", 440, 330, 0.15)],
)
def test_two_notes(ear: Any, cue: tones.Cue, first_hz: float, second_hz: float, second_s: float) -> None:
    wave, at = WAVES[cue], round(second_s * RATE_HZ)
    assert ear.pitch_hz(wave[:at]) == pytest.approx(first_hz, rel=0.02)
    assert ear.level_at_db(wave[at:], second_hz) > -1.0
    assert ear.level_at_db(wave[:at], second_hz) < -20.0


def test_only_the_limit_tone_is_flat(ear: Any) -> None:
    for cue in tones.CUES:
        early, late = (ear.peak_db(WAVES[cue][part]) for part in (slice(480, 2880), slice(-2880, -960)))
        assert (early - late < 1.0) == (cue == "limit"), cue


@pytest.mark.parametrize("rising", [True, False])
def test_glides(ear: Any, rising: bool) -> None:
    wave = tones.glide(rising, RATE_HZ)
    assert len(wave) == round(0.180 * RATE_HZ)
    first_hz, last_hz = ear.pitch_hz(wave[960:2880]), ear.pitch_hz(wave[-2880:-960])
    assert (last_hz > first_hz) is rising
    assert sorted((first_hz, last_hz)) == pytest.approx([346, 420], rel=0.04)
    assert ear.peak_db(np.concatenate([wave[:2], wave[-2:]])) < -60.0
