"""The lasting sound as it is heard: every law measured from rendered samples."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from biofeedback.outputs.synth import SAMPLING_RATE_HZ as RATE_HZ
from biofeedback.outputs.synth import Synth

Law = list[tuple[float, float]]


def held(ear: Any, seconds: float, **steering: Any) -> Any:
    """What is heard, after it settled, while one value is renewed; shape (n_frames, 2)."""
    synth = ear.full_volume()
    sound = ear.rendered(synth, seconds + 0.3, lambda _: synth.sustain(**steering))
    return sound[round(0.3 * RATE_HZ) :]


@pytest.mark.parametrize(("x", "expected_hz"), [(0.04, 273.7), (0.25, 345), (0.5, 454), (0.75, 597), (1, 785)])
def test_follow_sounds_at_its_pitch(ear: Any, x: float, expected_hz: float) -> None:
    assert ear.pitch_hz(held(ear, 0.5, mode="follow", x=x, e=3)[:, 0]) == pytest.approx(expected_hz, rel=0.005)


def test_follow_begins_at_262_hz(ear: Any) -> None:
    synth = ear.full_volume()
    ear.rendered(synth, 0.2, lambda _: synth.sustain("follow", 0.04, 3.0))
    fading = ear.rendered(synth, 0.14, lambda _: synth.sustain("follow", 0.0, 3.0))
    assert ear.pitch_hz(fading[-3800:, 0]) == pytest.approx(262, rel=0.005)


def test_follow_rises_without_a_step_back(ear: Any) -> None:
    synth = ear.full_volume()
    sound = ear.rendered(synth, 4.0, lambda at_s: synth.sustain("follow", 0.05 + 0.95 * at_s / 4.0, 3.0))
    pitches = [ear.pitch_hz(part) for part in np.split(sound[: 30 * 6400, 0], 30)]
    assert (np.diff(pitches) > 0).all()


@pytest.mark.parametrize(("x", "loudness_db"), [(0.05, 2.1), (0.5, 0.3), (1.0, -1.1)])
def test_follow_level(ear: Any, x: float, loudness_db: float) -> None:
    assert ear.peak_db(held(ear, 0.5, mode="follow", x=x, e=3)) == pytest.approx(-18 + loudness_db, abs=0.4)


@pytest.mark.parametrize("x", [0.3, 1.0])
def test_the_band_is_heard_as_a_fifth(ear: Any, x: float) -> None:
    outside, inside = (held(ear, 0.5, mode="follow", x=x, e=e)[:, 0] for e in (1.1, 0.9))
    first_hz = ear.pitch_hz(outside)
    assert ear.level_at_db(outside, 1.5 * first_hz) < -50
    assert ear.level_at_db(inside, 1.5 * first_hz) == pytest.approx(-12, abs=2.0)


def test_the_fifth_joins_in_80_ms(ear: Any) -> None:
    synth = ear.full_volume()
    ear.rendered(synth, 0.5, lambda _: synth.sustain("follow", 0.5, 2.0))
    joining = ear.rendered(synth, 0.3, lambda _: synth.sustain("follow", 0.5, 0.0))[:, 0]
    early, late = (ear.level_at_db(joining[part], 681) for part in (slice(0, 1440), slice(-1440, None)))
    assert early < late - 3
    assert ear.level_at_db(joining[3840:5280], 681) == pytest.approx(late, abs=1.0)


def test_the_screens_state_decides_not_a_second_one(ear: Any) -> None:
    assert ear.peak_db(held(ear, 0.5, mode="quiet", x=0.5, e=3.0, inside=True)) < -90
    assert ear.peak_db(held(ear, 0.5, mode="quiet", x=0.5, e=0.0, inside=False)) > -30


def test_a_narrow_band_is_heard_over_two_semitones(ear: Any) -> None:
    band = (0.50, 0.55)
    low, high = (ear.pitch_hz(held(ear, 0.5, mode="follow", x=x, e=3.0, band=band)[:, 0]) for x in band)
    assert 12 * np.log2(high / low) == pytest.approx(2.0, abs=0.05)


def test_follow_falls_silent_at_rest_within_150_ms(ear: Any) -> None:
    synth = ear.full_volume()
    ear.rendered(synth, 0.5, lambda _: synth.sustain("follow", 0.5, 3.0))
    fading = ear.rendered(synth, 0.32, lambda _: synth.sustain("follow", 0.02, 3.0))
    assert ear.peak_db(fading[round(0.05 * RATE_HZ) : round(0.07 * RATE_HZ)]) > -28
    assert ear.peak_db(fading[round(0.16 * RATE_HZ) :]) < -90


@pytest.mark.parametrize(("x", "level_db"), [(0.0, -28.5), (0.5, -22.5), (1.0, -16.5)])
def test_quiet_follows_the_signal_in_level(ear: Any, x: float, level_db: float) -> None:
    sound = held(ear, 0.5, mode="quiet", x=x, e=2.0)
    assert ear.peak_db(sound) == pytest.approx(level_db, abs=0.2)  # −30 + 12 x, and 1.5 dB for the ear at 330 Hz
    assert ear.pitch_hz(sound[:, 0]) == pytest.approx(330, rel=0.005)


@pytest.mark.parametrize("mode", ["guide", "quiet", "side"])
def test_three_modes_are_silent_in_the_band(ear: Any, mode: Any) -> None:
    assert ear.peak_db(held(ear, 1.0, mode=mode, x=0.5, e=0.9)) < -90


@pytest.mark.parametrize(("e", "pitch_hz", "louder"), [(-3.0, 330, 0), (3.0, 494, 1)])
def test_side_is_told_by_pitch_and_place(ear: Any, e: float, pitch_hz: float, louder: int) -> None:
    sound = held(ear, 0.5, mode="side", e=e)
    near, far = sound[:, louder], sound[:, 1 - louder]
    assert ear.pitch_hz(near) == pytest.approx(pitch_hz, rel=0.005)
    assert ear.peak_db(near) - ear.peak_db(far) == pytest.approx(22.1, abs=0.2)


def glide_times_s(sound: Any) -> Any:
    """Onset and length in s of what is above −60 dBFS, gaps below 10 ms bridged."""
    loud = np.pad(np.convolve(np.abs(sound[:, 0]) > 0.001, np.ones(480)) > 0, 1)
    edges = np.flatnonzero(np.diff(loud.astype(int)))
    return edges[: len(edges) // 2 * 2].reshape(-1, 2) / RATE_HZ


@pytest.mark.parametrize(("e", "rate_hz"), [(1.01, 1.005), (-2.0, 1.5), (4.0, 2.5), (40.0, 2.5)])
def test_guide_gets_faster_with_the_error(ear: Any, e: float, rate_hz: float) -> None:
    synth = ear.full_volume()
    glides = glide_times_s(ear.rendered(synth, 4.0, lambda _: synth.sustain("guide", 0.5, e)))
    assert np.diff(glides[:, 0]) == pytest.approx(1.0 / rate_hz, abs=0.006)
    duty = np.diff(glides, axis=1).mean() * rate_hz
    assert 0.15 * rate_hz < duty <= 0.5


@pytest.mark.parametrize(("e", "rises"), [(-2.0, True), (2.0, False)])
def test_guide_leads_back_to_the_band(ear: Any, e: float, rises: bool) -> None:
    synth = ear.full_volume()
    sound = ear.rendered(synth, 0.18, lambda _: synth.sustain("guide", 0.5, e))[:, 0]
    assert (ear.pitch_hz(sound[4320:8000]) > ear.pitch_hz(sound[480:4320])) is rises


def test_guide_gets_louder_with_the_error(ear: Any) -> None:
    levels = []
    for e in (1.0001, 2.0, 3.0, 20.0):
        synth = ear.full_volume()
        levels.append(ear.peak_db(ear.rendered(synth, 0.5, lambda _, e=e, synth=synth: synth.sustain("guide", 0, e))))
    assert levels == pytest.approx([-30, -24, -18, -18], abs=0.1)


def test_crossing_the_edge_again_and_again_makes_no_roll(ear: Any) -> None:
    synth = ear.full_volume()
    sound = ear.rendered(synth, 4.0, lambda at_s: synth.sustain("guide", 0.5, 3.0 if int(at_s * 20) % 2 else 0.5))
    assert np.diff(glide_times_s(sound)[:, 0]).min() >= 0.39


def test_no_value_makes_a_click(ear: Any) -> None:
    """A jump in amplitude or phase would stand out as energy where no partial is."""
    generator = np.random.default_rng(5)
    synth = ear.full_volume()

    def jump(at_s: float) -> None:
        if generator.random() < 0.1:
            mode = generator.choice(["follow", "steps", "quiet", "side", "guide"])
            synth.sustain(mode, generator.random(), generator.uniform(-4, 4))

    sound = ear.rendered(synth, 6.0, jump)
    # Two samples of the highest partial of the loudest sound allowed differ by 0.05; a click by more.
    assert np.abs(np.diff(sound, axis=0)).max() < 0.05
    assert np.abs(np.diff(sound, n=2, axis=0)).max() < 0.01


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_is_no_number_is_silent(ear: Any, value: float) -> None:
    assert ear.peak_db(held(ear, 0.5, mode="follow", x=value, e=0.0)) < -90
    assert ear.peak_db(held(ear, 0.5, mode="side", x=0.5, e=value)) < -90


def test_a_value_nobody_renews_fades(ear: Any) -> None:
    synth = ear.full_volume()
    synth.sustain("follow", 0.5, 0.0)
    sound = ear.rendered(synth, 2.0)
    assert ear.peak_db(sound[round(1.2 * RATE_HZ) : round(1.4 * RATE_HZ)]) > -20
    assert ear.peak_db(sound[round(1.7 * RATE_HZ) :]) < -90


def test_any_block_length_gives_the_same_sound() -> None:
    whole, split = Synth(), Synth()
    for synth in (whole, split):
        synth.sustain("follow", 0.7, 0.3)
        synth.play("chime")
    expected = whole.render(9000)
    parts = [split.render(n_frames) for n_frames in (1, 255, 17, 480, 4000, 4247)]
    assert np.concatenate(parts) == pytest.approx(expected, abs=1e-6)


def test_pitch_glides_with_a_time_constant_of_20_ms(ear: Any) -> None:
    synth = ear.full_volume()
    ear.rendered(synth, 0.3, lambda _: synth.sustain("follow", 0.2, 3.0))
    sound = ear.rendered(synth, 0.2, lambda _: synth.sustain("follow", 1.0, 3.0))[:, 0]
    rises_s = np.flatnonzero((sound[:-1] < 0) & (sound[1:] >= 0)) / RATE_HZ
    octaves = np.log2(1.0 / np.diff(rises_s))
    middle_s = rises_s[:-1] + np.diff(rises_s) / 2
    left = (octaves[-1] - octaves) / (19 * 0.8 / 12)  # share of the way still to go
    assert np.interp(0.020, middle_s, left) == pytest.approx(np.exp(-1), abs=0.05)
    assert np.interp(0.060, middle_s, left) == pytest.approx(np.exp(-3), abs=0.03)


@pytest.mark.parametrize(("semitones", "top_hz"), [(19.0, 785), (12.0, 524)])
def test_the_top_of_the_range_is_the_persons_own(ear: Any, semitones: float, top_hz: float) -> None:
    sound = held(ear, 0.5, mode="follow", x=1.0, e=3, semitones=semitones)
    assert ear.pitch_hz(sound[:, 0]) == pytest.approx(top_hz, rel=0.005)


def test_steps_climb_a_pentatonic_scale(ear: Any) -> None:
    synth, heard = ear.full_volume(), []
    sound = ear.rendered(synth, 6.0, lambda at_s: synth.sustain("steps", 0.05 + at_s / 6.0, 3.0))
    for part in np.split(sound[: 60 * 4800, 0], 60):
        heard.append(12 * np.log2(ear.pitch_hz(part) / 262))
    on_a_note = [round(one) for one, after in itertools.pairwise(heard) if abs(one - after) < 0.05]
    assert sorted(set(on_a_note)) == [0, 2, 4, 7, 9, 12, 14, 16, 19]
    assert on_a_note == sorted(on_a_note)


def test_a_signal_between_two_steps_does_not_trill(ear: Any) -> None:
    """Between 7 and 9 semitones: it must go a quarter of a step beyond the middle to be the next note."""
    synth, middle = ear.full_volume(), 8.0 / 19.0
    ear.rendered(synth, 0.3, lambda _: synth.sustain("steps", 7.0 / 19.0, 3.0))
    sway = 0.4 / 19.0  # 0.2 of a step
    sound = ear.rendered(synth, 2.0, lambda at_s: synth.sustain("steps", middle + sway * (-1) ** int(at_s * 10), 3.0))
    assert {round(12 * np.log2(ear.pitch_hz(part) / 262), 1) for part in np.split(sound[:, 0], 10)} == {7.0}
    higher = ear.rendered(synth, 0.5, lambda _: synth.sustain("steps", 8.6 / 19.0, 3.0))[:, 0]
    assert 12 * np.log2(ear.pitch_hz(higher[9600:]) / 262) == pytest.approx(9.0, abs=0.05)


def test_a_signal_resting_at_the_edge_of_silence_does_not_flutter(ear: Any) -> None:
    synth = ear.full_volume()
    sound = ear.rendered(synth, 2.0, lambda at_s: synth.sustain("follow", 0.03 + 0.008 * (-1) ** int(at_s * 10), 3.0))
    assert ear.peak_db(sound) < -90
    ear.rendered(synth, 0.3, lambda _: synth.sustain("follow", 0.2, 3.0))
    sound = ear.rendered(synth, 2.0, lambda at_s: synth.sustain("follow", 0.03 + 0.008 * (-1) ** int(at_s * 10), 3.0))
    assert ear.peak_db(sound[RATE_HZ:]) < -90
