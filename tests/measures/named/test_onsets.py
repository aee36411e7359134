"""Onsets against onsets that are known."""

from __future__ import annotations

import numpy as np
import pytest

from biofeedback.dsp.onset import false_alarm_of, threshold
from biofeedback.dsp.onset_level import teager_kaiser
from biofeedback.dsp.onset_place import OnsetPlace
from biofeedback.dsp.resting_hum import RestingHum
from biofeedback.measures import catalogue
from tests.measures.muscle import NOISE_V, in_band, interference, motor_units, trial
from tests.measures.named.chunked import assert_the_same, run_in_pieces, with_losses

KINDS = {
    "steady noise, 1000 Hz": {"rate": 1000},
    "steady noise, 2000 Hz": {"rate": 2000},
    "resting biceps, 1259 Hz": {"rate": 1259, "noise": "biceps"},
    "motor units, 1926 Hz": {"rate": 1926, "source": motor_units},
    "drift, 1500 Hz": {"rate": 1500, "drift": 5.0},
    "hum of twice the noise, 1000 Hz": {"rate": 1000, "hum": 2.0},
}

TIMES = np.arange(5500) / 1000.0


def onsets(samples, rate, **settings):
    found = catalogue.run("onsets", {"biceps": samples}, rate, **settings)
    return np.array([one.time_s for one in found.occurrences if one.kind == "onset"])


@pytest.mark.parametrize("kind", KINDS)
def test_onsets_are_where_they_are(kind):
    errors, missed, early, n = [], 0, 0, 0
    for snr_db in (6.0, 9.0, 12.0, 18.0, 24.0):
        for seed in range(8):
            samples, truth = trial(100 * seed + int(snr_db), snr_db, **KINDS[kind])
            found, onset = onsets(samples, KINDS[kind]["rate"]), truth[0][0]
            near = found[np.abs(found - onset) < 0.3]
            n, missed, early = n + 1, missed + (len(near) == 0), early + bool((found < onset - 0.1).any())
            errors += [abs(near[0] - onset)] if len(near) else []
    print(f"{kind}: {1e3 * np.mean(errors):.1f} ms, missed {missed}/{n}, early {early}/{n}")
    assert np.mean(errors) <= 0.012
    assert missed <= 1
    assert early <= 1


def test_a_muscle_that_is_recruited_gradually_is_not_found_late():
    errors = []
    for seed in range(5):
        for snr_db in (9.0, 15.0, 21.0):
            samples, truth = trial(seed, snr_db, 1000, ramp_s=0.05)
            errors.append(np.min(np.abs(onsets(samples, 1000.0) - truth[0][0])))
    print(f"{1e3 * np.mean(errors):.1f} ms")
    assert np.mean(errors) <= 0.012


def test_short_faint_bursts_do_not_hide_each_other():
    """A burst that begins in a block of rest must not make rest look unsteady."""
    found = 0
    for seed in range(6):
        rng = np.random.default_rng(seed)
        begins = np.cumsum(rng.uniform(0.9, 1.6, 3))
        inside = np.any(np.abs(TIMES - begins[:, None] - 0.045) < 0.045, axis=0)
        noise = rng.normal(size=len(TIMES))
        samples = noise / in_band(noise, 1000) + 2.5 * inside * interference(rng, len(TIMES), 1000)
        at = onsets(samples * NOISE_V, 1000.0)
        assert all(np.min(np.abs(begins - one)) < 0.1 for one in at)
        found += sum(bool(np.any(np.abs(at - begin) < 0.1)) for begin in begins)
    assert found >= 17  # 16 if it does


def test_the_place_of_a_change_of_variance():
    rng, place = np.random.default_rng(3), OnsetPlace(500.0)
    sudden, gradual = [], []
    for _ in range(40):
        rest, strength = rng.chisquare(2, 80), np.clip(np.arange(80.0) - 39.5, 0.0, None)
        sudden.append(place(rest * np.where(strength > 0.0, 9.0, 1.0)) - 40)
        gradual.append(place(rest * (1.0 + 8.0 * np.minimum(strength / 25.0, 1.0) ** 2)) - 40)
    assert np.mean(np.abs(sudden)) < 3.5
    assert np.mean(np.abs(gradual)) < 9.0


def test_many_bursts_and_their_ends():
    samples, truth = trial(3, 15.0, 2000, bursts=6)
    found = catalogue.run("onsets", {"biceps": samples}, 2000.0)
    assert found.values["bursts_biceps"].value == len(found.occurrences) == 6
    for one, (on, off) in zip(found.occurrences, truth, strict=True):
        assert one.time_s == pytest.approx(on, abs=0.03)
        assert one.end_s == pytest.approx(off, abs=0.05)
    active = found.signals["active_biceps"]
    assert len(active.times_s) == len(samples)
    inside = np.any([(active.times_s > on) & (active.times_s < off) for on, off in truth], axis=0)
    assert np.mean((active.values > 0) == inside) > 0.98
    wanted = np.median([off - on for on, off in truth])
    assert found.values["burst_duration_biceps"].value == pytest.approx(wanted, abs=0.03)


def test_strong_bursts_do_not_hide_the_rest_between_them():
    for seed in range(3):
        samples, truth = trial(seed, 35.0, 1000, bursts=6)
        found = onsets(samples, 1000.0)
        assert found == pytest.approx([on for on, _ in truth], abs=0.03)


def test_rest_has_no_onset_and_says_so():
    rng = np.random.default_rng(0)
    for _ in range(5):
        found = catalogue.run("onsets", {"biceps": rng.normal(size=10_000) * NOISE_V}, 1000.0)
        assert found.values["bursts_biceps"].value == 0.0
        assert found.values["first_onset_biceps"].reason == "the muscle did not switch on"
        assert not found.signals["active_biceps"].values.any()


def test_a_lone_motor_unit_that_fires_at_rest_is_no_activity():
    rng = np.random.default_rng(1)
    samples = rng.normal(size=10_000)
    samples[20::110] += 8.0
    assert len(onsets(samples * NOISE_V, 1000.0)) == 0


def test_a_recording_that_begins_in_activity():
    samples, truth = trial(5, 18.0, 1000, bursts=3)
    cut = int((truth[0][0] + 0.1) * 1000)
    found = onsets(samples[cut:], 1000.0) + cut / 1000
    assert found == pytest.approx([truth[1][0], truth[2][0]], abs=0.03)


@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e6])
def test_units_do_not_matter(scale):
    samples, _ = trial(7, 12.0, 1000)
    assert onsets(samples * scale, 1000.0) == pytest.approx(onsets(samples, 1000.0), abs=1e-9)


def test_losses_are_no_onsets():
    samples, truth = trial(8, 15.0, 1000, bursts=8)
    lossy = with_losses(samples[:, None], 1000, np.random.default_rng(2))
    lost = np.isnan(lossy[:, 0])
    clear = [on for on, _ in truth if not lost[int((on - 0.4) * 1000) : int((on + 0.4) * 1000)].any()]
    found = onsets(lossy, 1000.0)
    assert len(clear) >= 3
    assert all(np.min(np.abs(found - on)) < 0.03 for on in clear)
    assert all(min(abs(one - on) for on, _ in truth) < 0.1 for one in found)


def test_an_onset_that_a_loss_cuts_short_is_known():
    for seed in range(4):
        samples, truth = trial(seed, 18.0, 1000)
        lost = int((truth[0][0] + 0.06) * 1000)
        samples[lost : lost + 50] = np.nan
        assert onsets(samples, 1000.0) == pytest.approx([truth[0][0]], abs=0.03)


def with_hole(begin_s, end_s, seed=3):
    """Return EMG at 1000 Hz, 18 dB, lost between two times, and when its only burst begins and ends."""
    samples, ((on, off),) = trial(seed, 18.0, 1000)
    samples = np.concatenate([samples, NOISE_V * np.random.default_rng(seed).normal(size=2000)])
    samples[int((on + begin_s) * 1000) : int((on + end_s) * 1000)] = np.nan
    return samples, on, off


def test_what_a_long_loss_hides_is_not_guessed():
    samples, on, _ = with_hole(0.2, 0.5)
    found = catalogue.run("onsets", {"biceps": samples}, 1000.0)
    (burst,) = found.occurrences
    assert burst.end_s == pytest.approx(on + 0.2, abs=0.03)
    assert "onset to offset" in found.values["burst_duration_biceps"].reason
    active = found.signals["active_biceps"]
    assert not np.nansum(active.values[active.times_s > on + 0.3])


@pytest.mark.parametrize("method", ["hodges_bui", "tkeo"])
def test_older_methods_lose_a_burst_too(method):
    samples, on, off = with_hole(0.2, 0.5)
    found = catalogue.run("onsets", {"biceps": samples}, 1000.0, method=method)
    assert found.occurrences[0].end_s == pytest.approx(on + 0.2, abs=0.06)
    active = found.signals["active_biceps"]
    assert not np.nansum(active.values[active.times_s > off + 0.3])


def test_a_burst_goes_on_behind_a_short_loss():
    for seed in range(3):
        samples, on, off = with_hole(0.2, 0.28, seed)
        (burst,) = catalogue.run("onsets", {"biceps": samples}, 1000.0).occurrences
        assert burst.time_s == pytest.approx(on, abs=0.03)
        assert burst.end_s == pytest.approx(off, abs=0.05)


def test_an_onset_in_a_short_loss_is_at_its_end():
    for seed in range(3):
        samples, on, off = with_hole(-0.05, 0.03, seed)
        (burst,) = catalogue.run("onsets", {"biceps": samples}, 1000.0).occurrences
        assert burst.time_s == pytest.approx(on + 0.03, abs=0.03)
        assert burst.end_s == pytest.approx(off, abs=0.05)


def test_losses_at_rest_are_no_onsets():
    rng, times = np.random.default_rng(6), np.arange(12_000) / 1000.0
    for hum in (0.0, 2.0):
        samples = 1e3 + rng.normal(size=12_000) + hum * np.sqrt(2) * np.sin(2 * np.pi * 50.02 * times)
        for begin in range(400, 11_000, 900):
            samples[begin : begin + rng.integers(22, 100)] = np.nan
        assert len(onsets(samples * NOISE_V, 1000.0)) == 0


def test_hum_is_carried_on_through_a_burst_and_a_loss():
    rate, times = 1000.0, np.arange(8000) / 1000.0
    hum = np.sin(2 * np.pi * 50.04 * times) + 0.5 * np.sin(2 * np.pi * 150.12 * times + 1.0)
    noise = 0.05 * np.random.default_rng(9).normal(size=8000)
    samples = hum + noise * np.where((times > 4.0) & (times < 5.5), 20.0, 1.0)
    taken, left = RestingHum(rate, 250), np.zeros(8000)
    for begin in range(0, 8000, 250):
        if begin == 3000:  # lost
            taken.turn(250)
            continue
        block = samples[begin : begin + 250]
        left[begin : begin + 250] = taken.taken_from(block, 0) if taken.known else block
        taken.learn(left[begin : begin + 250])
    wrong = np.array([np.std((left - samples + hum)[begin : begin + 250]) for begin in (2750, 3250, 5250, 5500, 7500)])
    assert wrong.max() < 0.1 * np.std(hum)
    assert wrong[-1] < 0.6 * 0.05
    assert np.std(RestingHum(rate, 250).taken_from(noise[:250], 0) - noise[:250]) == 0.0


@pytest.mark.parametrize("method", ["double_threshold", "hodges_bui", "tkeo"])
def test_any_pieces_give_the_same(method):
    rng = np.random.default_rng(4)
    samples = {
        "left": with_losses(trial(1, 12.0, 1000, bursts=3)[0][:, None], 1000, rng, bursts=1),
        "right": trial(2, 9.0, 1926, bursts=2, hum=1.0)[0][:, None],
    }
    rates = {"left": 1000.0, "right": 1926.0}
    whole = catalogue.run("onsets", samples, rates, method=method)
    assert len(whole.occurrences) > 1
    for seed, largest in enumerate((30, 500)):
        assert_the_same(whole, run_in_pieces("onsets", samples, rates, largest, seed, method=method))


@pytest.mark.parametrize("method", ["hodges_bui", "tkeo"])
def test_older_methods(method):
    for seed in range(5):
        samples, truth = trial(seed, 24.0, 1000)
        assert onsets(samples, 1000.0, method=method)[0] == pytest.approx(truth[0][0], abs=0.1)


def test_published_thresholds():
    """Bonato 1998: five values, 5 % false alarms; metrics sheet, E4."""
    for hits, single, limit in ((1, 0.010206, 9.16952), (2, 0.07644, 5.14249), (3, 0.189255, 3.32932)):
        assert threshold(0.05, hits) == pytest.approx(limit, rel=1e-5)
        assert false_alarm_of(single, hits) == pytest.approx(0.05, rel=1e-3)


def test_teager_kaiser_energy_of_a_sine():
    """A² sin²Ω, the same everywhere; metrics sheet, E4: A = 2, Ω = 0.1 π."""
    energy = teager_kaiser(2.0 * np.sin(0.1 * np.pi * np.arange(50)))
    np.testing.assert_allclose(energy, 0.38196601, rtol=1e-7)


@pytest.mark.parametrize(
    ("samples", "why"),
    [
        (np.full(3000, 2048.0), "stands still"),
        (np.zeros(3000), "stands still"),
        (np.ones(1), "quarter of a second"),
        (np.full(3000, np.nan), "no samples"),
        (np.full(3000, np.inf), "no samples"),
        (np.zeros(0), "no samples"),
    ],
)
def test_nothing_measured_is_told(samples, why):
    for value in catalogue.run("onsets", {"biceps": samples}, 1000.0).values.values():
        assert np.isnan(value.value)
        assert why in value.reason


def test_slow_sampling_and_counts():
    rng = np.random.default_rng(11)
    samples = np.round(2048 + 20 * rng.normal(size=1600) * np.where(np.arange(1600) < 900, 1.0, 6.0))
    assert onsets(samples, 200.0) == pytest.approx([4.5], abs=0.05)  # five pairs of samples


def test_wrong_settings_are_one_line():
    for wrong in ({"false_alarm": 0.7}, {"hits": 6}, {"method": "guess"}, {"k": -1}, {"shortest_on_s": 3}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            onsets(np.zeros(1000), 1000.0, **wrong)
