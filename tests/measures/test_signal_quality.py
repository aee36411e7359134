import numpy as np
import pytest

from biofeedback.measures.signal_quality import EmgQuality, HumLeft, ImuQuality, Lead
from tests.dsp import heart

RATE = 1000.0
T = np.arange(6000) / RATE
NOISE = np.random.default_rng(0).normal(size=6000) * 4e-6


def emg_verdict(samples, chunk=100, **rails):
    return emg_verdicts(samples, chunk, **rails)[-1]


def emg_verdicts(samples, chunk=100, **lead):
    watch = EmgQuality(RATE, [Lead(**lead)])
    return [v for a in range(0, len(samples), chunk) for v in watch.process(samples[a : a + chunk, None], a)[0]]


def test_a_good_lead_is_good_at_rest_and_at_work():
    assert emg_verdict(NOISE).state == "ok"
    assert emg_verdict(NOISE * np.where(T % 2 > 1, 50.0, 1.0)).state == "ok"
    assert emg_verdict(NOISE).action == ""


@pytest.mark.parametrize(
    ("samples", "rails", "state", "index"),
    [
        (np.clip(NOISE * 1000, -5e-3, 5e-3), {"lowest": -5e-3, "highest": 5e-3}, "bad", "saturation"),
        (np.full(6000, 1e-5), {}, "bad", "flatline"),
        (np.repeat(NOISE[::2] * 0 + np.arange(3000) % 2 * 1e-6, 2), {"lsb": 2e-6}, "bad", "flatline"),
        (NOISE + 3e-6 * np.sin(2 * np.pi * 50 * T), {}, "weak", "mains"),
        (NOISE + 6e-6 * np.sin(2 * np.pi * 60 * T), {}, "bad", "mains"),
        (NOISE + 1e-3 * np.sin(2 * np.pi * 50 * T), {}, "bad", "lift-off"),
        (NOISE * 5, {}, "weak", "baseline noise"),
        (NOISE * 10, {}, "bad", "baseline noise"),
        (np.where(np.arange(6000) % 10 == 0, np.nan, NOISE), {}, "weak", "loss"),
        (np.where(np.arange(6000) % 10 < 6, np.nan, NOISE), {}, "bad", "loss"),
    ],
)
def test_each_fault_has_its_name_and_one_action(samples, rails, state, index):
    verdict = emg_verdict(samples, **rails)
    assert (verdict.state, verdict.index) == (state, index)
    assert verdict.action.endswith(".")


def test_a_lead_that_comes_off_in_the_middle():
    samples = np.tile(NOISE, 3)
    samples[12000:] *= 100.0
    samples[12000:] = np.cumsum(samples[12000:])
    assert emg_verdict(samples).index == "lift-off"


@pytest.mark.parametrize(("rough", "found"), [(False, set()), (True, {"lift-off"})])
def test_a_muscle_that_sets_out_from_rest_may_shake_its_cable(rough, found):
    """A smooth bump below the band is the cable; what wanders like a loose electrode drowns the muscle too."""
    rng = np.random.default_rng(7)
    muscle = np.diff(np.convolve(rng.normal(size=1009), np.hanning(9), "valid")) * 40e-6
    bump = np.zeros(1000)
    bump[300:500] = 300e-6 * np.hanning(200)
    loose = np.cumsum(rng.normal(size=1000)) * 60e-6
    second = muscle[:1000] + (loose if rough else bump)
    power = np.abs(np.fft.rfft((second - second.mean()) * np.hanning(1000))) ** 2
    assert np.argmax(np.cumsum(power) > power.sum() / 2) < 20  # most of it is below the band, either way
    verdicts = emg_verdicts(np.concatenate([np.tile(NOISE, 2), second]), 13000)
    assert {v.index for v in verdicts if v.state == "bad" and v.end_sample == 13000} == found


def test_unknown_units_are_not_judged_by_volts():
    assert emg_verdict(NOISE * 1e6, volts=False).state == "ok"


def test_verdicts_come_every_half_second_for_any_chunks():
    found = [emg_verdicts(NOISE, chunk) for chunk in (1, 77, 6000)]
    assert [verdict.end_sample for verdict in found[0]] == list(range(1000, 6001, 500))
    assert found[0] == found[1] == found[2]


def still(n=500):
    rng = np.random.default_rng(1)
    return np.array([0, 0, 9.81, 0, 0, 0]) + rng.normal(size=(n, 6)) * 0.01


def imu_verdict(samples, first=0, **limits):
    watch = ImuQuality(100.0, **limits)
    watch.process(samples[:100], first)
    return watch.process(samples[100:], first + 100)[-1]


def imu_fault(kind):
    samples = still()
    if kind == "loss":
        samples[300:, 3] = np.nan
    elif kind == "saturation":
        samples[420::5, 4] = 34.9
    elif kind == "flatline":
        samples[300:] = samples[300]
    elif kind == "gravity":
        samples[:, :3] /= 9.81
    return samples


@pytest.mark.parametrize("kind", ["loss", "saturation", "flatline", "gravity"])
def test_inertial_faults(kind):
    verdict = imu_verdict(imu_fault(kind), gyr_highest=34.9)
    assert verdict.state != "ok"
    assert verdict.index == kind


def test_a_good_sensor_and_samples_never_received():
    verdict = imu_verdict(still())
    assert verdict.state == "ok"
    watch = ImuQuality(100.0)
    watch.process(still(100), 0)
    lost = watch.process(still(60), 140)[-1]
    assert lost.index == "loss"


@pytest.mark.parametrize(("hum_v", "heard"), [(0.0, False), (4e-6, False), (30e-6, True)])
def test_hum_counts_when_it_is_heard_beside_the_muscle(hum_v, heard):
    """A tenth of the loudest second: 4 µV beside 100 µV changes nothing, 30 µV does."""
    at_work = np.random.default_rng(3).normal(size=3000) * 100e-6
    after = np.concatenate([at_work, NOISE]) + hum_v * np.sqrt(2) * np.sin(2 * np.pi * 50 * np.arange(9000) / RATE)
    watch = HumLeft(RATE)
    ends = [end for a in range(0, 9000, 70) for end, hums in watch.process(after[a : a + 70, None], a) if hums[0]]
    assert (8000 in ends) == heard
    assert not [end for end in ends if end <= 3000]
    assert [end for end, hums in HumLeft(RATE).process(after[:, None], 0) if hums[0]] == ends


def test_channels_are_judged_as_if_each_were_alone():
    samples = np.column_stack([NOISE, NOISE * 10, np.where(T % 3 < 0.05, np.nan, NOISE)])
    samples[2000:2900, 2] = np.nan
    watch = EmgQuality(RATE, [Lead(), Lead(), Lead(lsb=1e-6)])
    together = [watch.process(samples[a : a + 700], a) for a in range(0, 6000, 700)]
    for channel, lead in enumerate(({}, {}, {"lsb": 1e-6})):
        assert [v for found in together for v in found[channel]] == emg_verdicts(samples[:, channel], **lead)


@pytest.mark.parametrize(("height_v", "heard"), [(0.0, False), (8e-6, False), (100e-6, True)])
def test_a_heart_is_told_at_rest(height_v, heard):
    rest = np.random.default_rng(2).normal(size=14_000) * 2e-6
    verdict = emg_verdicts(rest + height_v * heart.ecg(14.0, RATE, 75.0, seed=2)[0])[-1]
    assert verdict.state == ("weak" if heard else "ok")
    if heard:
        assert verdict.index == "heart"
        assert verdict.value == pytest.approx(75.0, rel=0.05)
        assert verdict.action == "The heart is heard: let the exercise take it out."


def test_a_heart_is_not_told_where_it_is_taken_out():
    rest = np.random.default_rng(2).normal(size=14_000) * 2e-6
    assert emg_verdicts(rest + 1e-4 * heart.ecg(14.0, RATE, seed=2)[0], heart=False)[-1].state == "ok"


def test_less_than_a_sample_a_second_is_judged_too():
    samples = np.tile([0.0, 0.0, 9.81, 0.0, 0.0, 0.0], (40, 1)) + np.random.default_rng(0).normal(0.0, 0.1, (40, 6))
    verdicts = ImuQuality(0.1).process(samples, 0)
    assert {verdict.state for verdict in verdicts} == {"ok"}
