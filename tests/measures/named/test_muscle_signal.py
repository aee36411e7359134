"""The reference contraction, the quality of a lead and force, against signals whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import signal

from biofeedback.measures import catalogue
from biofeedback.measures.emg_noise import motion_ratio_db, snr_db, spectral_drop_db
from biofeedback.measures.force import agreement, trials
from tests.dsp import heart
from tests.measures.muscle import interference
from tests.measures.named.chunked import assert_the_same, run_in_pieces, with_losses


def muscle(drive, seed, rate, strength=100e-6, noise=3e-6):
    rng = np.random.default_rng(seed)
    return interference(rng, len(drive), rate) * drive * strength + rng.normal(size=len(drive)) * noise


def holds(sizes, *, hold_s=4.0, rest_s=32.0, rate=1000):
    """Return a drive of holds with ramps of half a second, and rest before, between and behind."""
    t = np.arange(round((len(sizes) * (hold_s + rest_s) + rest_s) * rate)) / rate
    drive = np.zeros(len(t))
    for number, size in enumerate(sizes):
        begin = rest_s + number * (hold_s + rest_s)
        drive += size * np.clip(np.minimum(t - begin, begin + hold_s - t) / 0.5, 0.0, 1.0)
    return drive


def grip(seed, rate, seconds=36.0, late_s=0.08):
    """Return EMG and the force it makes: efforts of several sizes, the force a slow twitch behind the drive."""
    rng = np.random.default_rng(seed)
    t = np.arange(round(seconds * rate)) / rate
    efforts = [(3.0 + 8.0 * k, rng.uniform(2.0, 4.0), rng.uniform(0.3, 1.0)) for k in range(4)]
    drive = np.sum(
        [size * np.clip(np.minimum(t - a, a + long - t) / 0.6, 0.0, 1.0) for a, long, size in efforts], axis=0
    )
    twitch = np.exp(-np.arange(round(0.4 * rate)) / (0.06 * rate))
    force = 300.0 * np.convolve(drive, twitch / twitch.sum())[: len(t)]
    force = np.concatenate([np.zeros(round(late_s * rate)), force])[: len(t)]
    return muscle(drive, seed, rate), force + rng.normal(size=len(t))


def run_mvc(drive, seed=0, **settings):
    return catalogue.run("mvc", {"vastus": muscle(drive, seed, 1000)}, 1000.0, **settings)


def test_three_good_contractions_are_a_reference():
    found = run_mvc(holds([0.95, 1.0, 0.97]))
    value = found.values["mvc_vastus"]
    assert value.value == pytest.approx(95e-6, rel=0.12)  # of 100 µV some is outside 20–450 Hz
    assert (value.quality, value.reason) == ("ok", "")
    assert found.values["agreement_vastus"].value > 90.0
    assert found.values["attempts_vastus"].value == 3
    starts = [one.time_s for one in found.occurrences]
    assert starts == pytest.approx([32.0 + 36.0 * k + 0.3 for k in range(3)], abs=0.2)
    assert all(3.0 < one.values["held_s"] < 4.2 for one in found.occurrences)


@pytest.mark.parametrize(
    ("drive", "attempts", "advice"),
    [
        (holds([1.0, 0.7]), 2, "Do one more."),
        (holds([1.0]), 1, "Do one more."),
        (holds([1.0, 0.98, 1.0], rest_s=10.0), 3, "Rest for 30 s"),
        (holds([1.0, 0.98], hold_s=1.6), 2, "Hold each contraction for three seconds."),
        (holds([0.65, 1.0, 0.7, 0.75, 0.6]), 5, "the trials differ"),
        (holds([1.0, 0.3, 0.99]), 2, ""),
    ],
)
def test_what_is_no_reference_says_what_to_do(drive, attempts, advice):
    values = run_mvc(drive).values
    assert values["attempts_vastus"].value == attempts
    assert advice in values["mvc_vastus"].reason
    assert (values["mvc_vastus"].quality == "ok") == (advice == "")


def test_rest_alone_is_no_reference():
    assert run_mvc(np.zeros(20_000)).values["mvc_vastus"].reason == "no contraction stands out from rest"


def quality(samples, rate=2000.0, **kwargs):
    found = catalogue.run("emg_quality", {"vastus": samples}, rate, **kwargs)
    return {name.removesuffix("_vastus"): value for name, value in found.values.items()}, found.occurrences


T = np.arange(24_000) / 2000.0
WORK = np.where(T % 4 > 2, 1.0, 0.0)
CLEAN = muscle(WORK, 1, 2000)


def test_a_good_lead_is_good_in_every_index():
    values, faults = quality(CLEAN)
    assert faults == ()
    assert values["usable"].value == 100.0
    assert values["snr"].value == pytest.approx(35.0, abs=1.5)  # 100 µV, its loudest second a little more, over 2 µV
    assert values["baseline_noise"].value == pytest.approx(2.0e-6, rel=0.2)  # 3 µV of 1000 Hz within 20–450 Hz
    assert values.pop("heart").reason == "no heart stands out in ten seconds of rest"
    assert {name for name, value in values.items() if value.quality != "ok" or value.reason} == set()


def test_a_heart_is_found_and_has_an_action():
    rest = np.random.default_rng(4).normal(size=24_000) * 2e-6 + 2e-4 * heart.ecg(12.0, 2000.0, 66.0, seed=4)[0]
    value = quality(rest)[0]["heart"]
    assert value.value == pytest.approx(66.0, rel=0.05)
    assert (value.quality, value.reason) == ("weak", "The heart is heard: let the exercise take it out.")


@pytest.mark.parametrize(
    ("samples", "index", "state"),
    [
        (np.clip(CLEAN, -120e-6, 120e-6), "saturation", "bad"),
        (np.where((T > 5) & (T < 5.7), 1e-6, CLEAN), "flatline", "bad"),
        (CLEAN + 8e-6 * np.sin(2 * np.pi * 50 * T), "mains", "bad"),
        (CLEAN + 25e-6 * np.random.default_rng(0).normal(size=len(T)), "baseline_noise", "weak"),
        (0.04 * CLEAN + 3e-6 * np.random.default_rng(1).normal(size=len(T)), "snr", "weak"),
        (CLEAN + 80e-6 * np.sin(2 * np.pi * 7 * T), "motion_ratio", "bad"),
        (CLEAN + 150e-6 * WORK * np.random.default_rng(2).normal(size=len(T)), "spectral_drop", "bad"),
        (CLEAN + 1e-3 * np.sin(2 * np.pi * 50 * T), "lift_off", "bad"),
        (np.where(T % 1 < 0.3, np.nan, CLEAN), "loss", "bad"),
    ],
)
def test_each_fault_is_found_and_has_an_action(samples, index, state):
    values, _ = quality(samples)
    assert values[index].quality == state
    assert values[index].reason.endswith(".")


def test_published_ratios():
    """Metrics sheet, E2: SNR of 0.25 over 0.005 is 33.9794 dB."""
    assert snr_db(0.25, 0.005) == pytest.approx(33.9794, abs=1e-4)
    assert np.isnan(snr_db(0.0, 1.0))
    frequencies = np.arange(1001.0)
    power = np.where((frequencies >= 20) & (frequencies <= 450), 2.0, 0.0)
    power[1:20] = 431 / 19 * 2.0 / 100  # a hundredth of the band's power
    assert motion_ratio_db(frequencies, power, 2000.0) == pytest.approx(20.0, abs=1e-6)
    assert spectral_drop_db(frequencies, np.where(frequencies < 300, 1000.0, 1.0)) == pytest.approx(30.0, abs=1e-6)
    assert np.isnan(spectral_drop_db(frequencies[:450], power[:450]))


@pytest.mark.parametrize("rate", [1000, 2048])
@pytest.mark.parametrize("seed", range(3))
def test_envelope_follows_force(rate, seed):
    emg, force = grip(seed, rate)
    force = signal.resample_poly(force, 100, rate) if rate == 1000 else force  # a dynamometer of its own rate
    rates = {"flexor": float(rate), "force": 100.0 if rate == 1000 else float(rate)}
    found = catalogue.run("emg_force", {"force": -force if seed == 1 else force, "flexor": emg}, rates)
    value = found.values["correlation_flexor"]
    print(rate, seed, value.value, found.values["lag_flexor"].value)
    assert value.value > 0.93
    assert value.n == 4
    assert found.values["lag_flexor"].value == pytest.approx(0.14, abs=0.05)  # 80 ms and a twitch of 60 ms


def test_a_muscle_that_has_nothing_to_do_with_the_force_is_told():
    _, force = grip(0, 1000)
    found = catalogue.run("emg_force", {"force": force, "flexor": muscle(np.ones(len(force)), 5, 1000)}, 1000.0)
    assert found.values["correlation_flexor"].quality == "weak"
    assert "electrode" in found.values["correlation_flexor"].reason
    still = catalogue.run("emg_force", {"force": 0 * force, "flexor": muscle(np.ones(len(force)), 5, 1000)}, 1000.0)
    assert still.values["lag_flexor"].reason == "the force shows no contraction"


def test_lag_and_trials_of_known_lines():
    t = np.arange(1000) / 100
    bump = np.exp(-((t - 5.0) ** 2))
    found = agreement(bump, np.exp(-((t - 5.2) ** 2)), 100.0)
    assert found.lag_s == pytest.approx(0.2)
    assert found.correlation == pytest.approx(1.0, abs=1e-6)
    assert np.isnan(agreement(np.zeros(1000), bump, 100.0).correlation)
    assert trials(np.where((t > 3) & (t < 5), 1.0, 0.0), 100.0) == [(101, 700)]
    assert trials(np.full(100, np.nan), 100.0) == []


def test_any_pieces_give_the_same():
    rng = np.random.default_rng(6)
    emg, force = grip(2, 1000)
    samples = {"force": force[:, None], "flexor": with_losses(emg[:, None], 1000, rng, bursts=1)}
    rates = {"force": 1000.0, "flexor": 1000.0}
    for name, taken in (
        ("emg_force", samples),
        ("emg_quality", {"flexor": samples["flexor"]}),
        ("mvc", {"flexor": samples["flexor"]}),
    ):
        whole = catalogue.run(name, taken, rates)
        assert_the_same(whole, run_in_pieces(name, taken, rates, 300, 1))
