"""Measures on several muscles, against drives that are known."""

from __future__ import annotations

import numpy as np
import pytest

from biofeedback.devices.simulated.muscle import power_density
from biofeedback.measures import catalogue
from tests.dsp import heart
from tests.measures.muscle import interference, trial
from tests.measures.named.chunked import assert_the_same, run_in_pieces, with_losses

RATE = 1000.0


def muscle(drive, seed, strength=100e-6):
    rng = np.random.default_rng(seed)
    return (interference(rng, len(drive), 1000) * drive * strength + rng.normal(size=len(drive)) * 2e-6)[:, None]


def pulses(seconds, every_s, lasts_s, late_s=0.0):
    times = np.arange(seconds * 1000) / 1000 - 1.0 - late_s
    return np.where((times >= 0) & (times % every_s < lasts_s), 1.0, 0.0)


def test_co_contraction_of_the_same_and_of_turns():
    one = pulses(12, 2.0, 1.0)
    together = catalogue.run("co_contraction", {"agonist": muscle(one, 0), "antagonist": muscle(one, 1, 30e-6)}, RATE)
    apart = {"agonist": muscle(one, 0), "antagonist": muscle(pulses(12, 2.0, 0.8, late_s=1.1), 2)}
    turns = catalogue.run("co_contraction", apart, RATE)
    assert together.values["falconer_winter"].value > 85
    assert turns.values["falconer_winter"].value < 20
    assert together.values["rudolph"].value > 0.6 > 0.15 > turns.values["rudolph"].value
    silent = catalogue.run("co_contraction", {"agonist": muscle(one, 0), "antagonist": muscle(one * 0, 1)}, RATE)
    assert silent.values["rudolph"].reason == "no activity of antagonist"


def test_symmetry_of_sides():
    one = pulses(12, 2.0, 1.0)
    sides = {"right": muscle(one, 0, 120e-6), "left": muscle(one, 1, 100e-6)}
    found = catalogue.run("emg_symmetry", sides, RATE).values
    assert found["symmetry_angle"].value == pytest.approx(5.77, abs=2.5)
    assert found["limb_index"].value == pytest.approx(83.3, abs=7.0)
    scaled = catalogue.run("emg_symmetry", sides, RATE, reference_right=120e-6, reference_left=100e-6).values
    assert scaled["symmetry_angle"].value == pytest.approx(0.0, abs=2.5)
    assert "too weak" in catalogue.run("emg_symmetry", sides, RATE, mdc=1.0).values["log_ratio"].reason


@pytest.mark.parametrize("late_s", [-0.05, 0.05, 0.12])
def test_order_and_delay(late_s):
    first, second = pulses(20, 2.0, 1.0), pulses(20, 2.0, 1.0, late_s=late_s)
    samples = {"first": muscle(first, 3), "second": muscle(second, 4)}
    found = catalogue.run("emg_order", samples, RATE, roles={"first": "first", "others": "second"}).values
    assert found["delay_second"].value == pytest.approx(late_s, abs=0.015)
    assert found["delay_second"].n >= 8
    assert found["first_share_second"].value == pytest.approx(100.0 if late_s > 0 else 0.0, abs=15)
    assert found["overlap_second"].value == pytest.approx(100.0 * (1.0 - abs(late_s)), abs=4)
    assert found["order_agreement"].value == (1.0 if late_s > 0 else -1.0)
    doubtful = catalogue.run(
        "emg_order", samples, RATE, roles={"first": "first", "others": "second"}, sync_error_s=0.2
    ).values
    assert "clocks" in doubtful["delay_second"].reason


def tiring(seconds, at_the_end, louder, seed=0):
    """A held contraction whose spectrum moves down and whose amplitude grows."""
    rng, parts = np.random.default_rng(seed), []
    f = np.fft.rfftfreq(1000, 1e-3)
    for second in range(seconds):
        gain = np.sqrt(power_density(f, at_the_end * second / seconds))
        part = np.fft.irfft(np.fft.rfft(rng.normal(size=1000)) * gain, 1000)
        parts.append(part / part.std() * (1 + louder * second / seconds))
    return np.concatenate(parts)[:, None] * 100e-6


def test_fatigue_and_what_is_not():
    tired = catalogue.run("emg_fatigue", {"m": tiring(60, 1.0, 0.5)}, RATE)
    assert tired.values["fatigue_m"].value == 1.0
    assert tired.values["slope_m"].value == pytest.approx(-28.0 / 60.0, rel=0.35)  # 80 Hz falls by 0.35
    assert tired.values["moments_ratio_m"].value > 1.5
    assert tired.occurrences[0].values["slope_high_hz_per_s"] < 0.0
    assert len(tired.signals["median_frequency_m"].values) >= 58
    fresh = catalogue.run("emg_fatigue", {"m": tiring(60, 0.0, 0.5)}, RATE)
    assert fresh.values["fatigue_m"].value == 0.0
    weaker = catalogue.run("emg_fatigue", {"m": tiring(60, 1.0, -0.5)}, RATE)
    assert weaker.values["fatigue_m"].value == 0.0
    assert weaker.occurrences[0].kind == "force_down"
    short = catalogue.run("emg_fatigue", {"m": tiring(12, 1.0, 0.5)}, RATE)
    assert "20 s are needed" in short.values["slope_m"].reason


def test_two_synergies_of_six_muscles():
    one, other = pulses(20, 2.0, 0.8), pulses(20, 2.0, 0.8, late_s=1.0)
    weights = ((1, 0), (0.9, 0.1), (0.8, 0), (0, 1), (0.1, 0.9), (0, 0.8))
    samples = {f"m{i}": muscle(a * one + b * other, i) for i, (a, b) in enumerate(weights)}
    found = catalogue.run("synergies", samples, RATE).values
    assert found["number"].value == 2
    assert 40 < found["vaf_1"].value < 75 < 90 <= found["vaf"].value
    few = {name: samples[name] for name in ("m0", "m1", "m3", "m4")}
    assert "five" in catalogue.run("synergies", few, RATE).values["number"].reason
    assert catalogue.run("synergies", few, RATE).values["vaf_1"].available


def test_tracking_columns_of_two_rates():
    slow, fast = np.arange(0, 20, 0.02), np.arange(0, 20, 0.005)
    path = lambda t: np.sin(1.1 * np.pi * t) + 0.7 * np.sin(0.5 * np.pi * t + 1)  # noqa: E731
    samples, rates = {"target": path(slow), "actual": 0.8 * path(fast - 0.15)}, {"target": 50.0, "actual": 200.0}
    found = catalogue.run("tracking", samples, rates).values
    assert found["lag"].value == pytest.approx(0.15, abs=0.005)
    assert found["gain"].value == pytest.approx(0.8, abs=0.02)
    assert found["rmse"].value > 2 * found["residual"].value
    assert "stands still" in catalogue.run("tracking", {"target": slow * 0, "actual": slow}, 50.0).values["lag"].reason


def test_envelope_follows_force_and_can_be_faster():
    """Twitches of 80 ms make force from the drive: the default envelope is as slow as that."""
    rng = np.random.default_rng(5)
    times = np.arange(40_000) / 1000
    drive = np.interp(times, np.sort(rng.uniform(0, 40, 30)), rng.uniform(0, 0.8, 30))
    twitch = times[:800] / 0.08**2 * np.exp(-times[:800] / 0.08)
    force = np.convolve(drive, twitch / twitch.sum())[:40_000]
    rs = {}
    for window_s in (0.1, 0.4):
        signal = catalogue.run("envelope", {"m": muscle(drive, 6)}, RATE, window_s=window_s).signals["envelope_m"]
        known = np.isfinite(signal.values)
        rs[window_s] = np.corrcoef(signal.values[known], force[-len(signal.values) :][known])[0, 1]
    assert rs[0.4] > 0.95
    assert rs[0.4] > rs[0.1]
    linear = catalogue.run("envelope", {"m": muscle(drive, 6)}, RATE, method="linear").signals["envelope_m"]
    assert 0.7 < np.nanmean(linear.values) / np.nanmean(signal.values) < 0.85  # ARV is √(2/π) of RMS


@pytest.mark.parametrize(("ecg", "left"), [("highpass", 0.4), ("gate", 0.15), ("template", 0.1)])
def test_the_heart_is_taken_out(ecg, left):
    """Of what the heart adds to the envelope at rest so much stays, at most."""
    rest = np.random.default_rng(7).normal(size=40_000) * 2e-6
    both = rest + 300e-6 * heart.ecg(40.0, 1000.0, seed=7)[0]
    envelopes = [
        catalogue.run("envelope", {"m": samples[:, None]}, 1000, ecg=method).signals["envelope_m"].values[30_000:39_000]
        for samples, method in ((rest, "none"), (both, "none"), (both, ecg))
    ]
    muscle_alone, plain, without = (float(np.nanmean(envelope)) for envelope in envelopes)
    assert without - muscle_alone < left * (plain - muscle_alone)


def test_the_reference_is_measured_with_the_same_chain():
    """An attempt among beats gives the value it gives without a heart."""
    rng = np.random.default_rng(8)
    effort = np.where((np.arange(40_000) > 25_000) & (np.arange(40_000) < 29_000), 50e-6, 2e-6)
    muscle_alone = rng.normal(size=40_000) * effort
    both = muscle_alone + 300e-6 * heart.ecg(40.0, 1000.0, seed=8)[0]
    values = [
        catalogue.run("mvc", {"m": samples[:, None]}, 1000, ecg=ecg).values["mvc_m"].value
        for samples, ecg in ((muscle_alone, "none"), (both, "template"))
    ]
    assert values[1] == pytest.approx(values[0], rel=0.03)


@pytest.mark.parametrize("name", ["emg_order", "emg_fatigue", "envelope"])
def test_any_pieces_give_the_same(name):
    rng = np.random.default_rng(8)
    samples = {
        "one": with_losses(trial(3, 15.0, 1000, bursts=3)[0][:, None], 1000, rng, bursts=1),
        "other": trial(4, 15.0, 1500, bursts=2)[0][:, None],
    }
    rates = {"one": 1000.0, "other": 1500.0}
    roles = {"first": "one", "others": "other"} if name == "emg_order" else None
    whole = catalogue.run(name, samples, rates, roles=roles)
    assert_the_same(whole, run_in_pieces(name, samples, rates, 200))
