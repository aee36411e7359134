import math

import numpy as np
import pytest
from scipy import signal

from biofeedback.devices.simulated import (
    FAULTS,
    Fault,
    SimulatedDevice,
    SimulatedPerson,
    parse_fault,
    simulated_devices,
)
from biofeedback.devices.simulated.sampling import SampleClock
from biofeedback.exercises.model import Exercise
from biofeedback.stream import Chunk


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("dropout:shank@20+1.5", Fault("dropout", "shank", 20.0, 1.5, 1.0)),
        ("dropout:shank@20+1.5=0.3", Fault("dropout", "shank", 20.0, 1.5, 0.3)),
        ("hum:vastus_medialis", Fault("hum", "vastus_medialis", 0.0, math.inf, 200.0)),
        ("skew=-50", Fault("skew", "*", 0.0, math.inf, -50.0)),
        ("late:*@3", Fault("late", "*", 3.0, math.inf, 0.3)),
        (" disconnect@10+3 ", Fault("disconnect", "*", 10.0, 3.0, 0.0)),
    ],
)
def test_short_form_is_read(text: str, fault: Fault) -> None:
    assert parse_fault(text) == fault


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "expected KIND:PLACEMENT"),
        ("dropout shank", "expected KIND:PLACEMENT"),
        ("dropout:shank@", "expected KIND:PLACEMENT"),
        ("dropot:shank@2", "no such kind; known are dropout, late"),
        ("dropout:shank@1.2.3", "'1.2.3' is not a number"),
        ("dropout:shank@2+0", "longer than 0 s"),
        ("dropout:shank@2+1=1.5", "share of packets that never arrive must be 0 to 1"),
        ("rate:shank=0", "factor on the sampling rate must be 0.2 to 10"),
        ("disconnect:shank@4", "say for how long"),
    ],
)
def test_mistakes_get_one_clear_line(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says) as caught:
        parse_fault(text)
    assert "\n" not in str(caught.value)


def test_every_kind_parses_at_its_own_value() -> None:
    for kind, entry in FAULTS.items():
        assert parse_fault(f"{kind}:thigh@1+2") == Fault(kind, "thigh", 1.0, 2.0, entry.value)


@pytest.mark.parametrize(
    ("text", "says"), [("dropout:elbow", "no sensor on 'elbow'; there are thigh"), ("hum:shank", "not a muscle sensor")]
)
def test_faults_must_fit_the_sensors(knee: Exercise, text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        simulated_devices(SimulatedPerson(knee), faults=[parse_fault(text)])


def _device(exercise: Exercise, placement: str, *faults: str, packet_samples: int | None = None) -> SimulatedDevice:
    person = SimulatedPerson(exercise, seed=2)
    found = next(entry for entry in exercise.placements if entry.id == placement)
    clock = simulated_devices(person)[0].clock
    parsed = [parse_fault(fault) for fault in faults]
    return SimulatedDevice(person, found, clock, faults=parsed, packet_samples=packet_samples, skew_ppm=0.0)


def _streamed(device: SimulatedDevice, seconds: float) -> list[Chunk]:
    return [chunk for step in range(1, int(seconds * 100) + 1) for chunk in device.chunks_until(step * 0.01)]


def _data(chunks: list[Chunk]) -> np.ndarray:
    return np.concatenate([chunk.data for chunk in chunks])


def _clean_and_faulty(exercise: Exercise, placement: str, fault: str, seconds: float) -> tuple[np.ndarray, np.ndarray]:
    clean = _data(_streamed(_device(exercise, placement), seconds))
    return clean, _data(_streamed(_device(exercise, placement, fault), seconds))


def test_without_faults_nothing_is_missing(knee: Exercise) -> None:
    chunks = _streamed(_device(knee, "shank"), 5)
    assert [chunk.first_sample for chunk in chunks] == list(range(len(chunks)))
    assert sum(chunk.lost_before for chunk in chunks) == 0
    assert len(chunks) >= 499


def test_dropout_loses_samples_and_says_how_many(knee: Exercise) -> None:
    chunks = _streamed(_device(knee, "shank", "dropout:shank@2+1.5"), 5)
    (gap,) = [chunk for chunk in chunks if chunk.lost_before]
    assert gap.lost_before == pytest.approx(150, abs=2)
    assert gap.times_s[0] == pytest.approx(3.5, abs=0.02)
    whole = _data(_streamed(_device(knee, "shank"), 5))
    np.testing.assert_array_equal(gap.data, whole[gap.first_sample : gap.first_sample + 1])


def test_part_of_the_packets_can_be_lost(knee: Exercise) -> None:
    first, again = (_streamed(_device(knee, "shank", "dropout:shank@0+20=0.3"), 20) for _ in range(2))
    assert len(first) == pytest.approx(1400, abs=80)
    assert [chunk.first_sample for chunk in first] == [chunk.first_sample for chunk in again]


def test_late_packets_come_all_at_once_with_their_true_times(knee: Exercise) -> None:
    device = _device(knee, "shank", "late:shank@2+1=0.5")
    bursts = [device.chunks_until(step * 0.01) for step in range(1, 501)]
    assert max(len(burst) for burst in bursts) >= 49
    chunks = [chunk for burst in bursts for chunk in burst]
    delays_s = np.array([chunk.arrived_s - chunk.times_s[-1] for chunk in chunks])
    assert 0.45 < delays_s.max() < 0.53
    assert [chunk.first_sample for chunk in chunks] == list(range(len(chunks)))
    assert np.all(delays_s[:190] < 0.02)


def test_duplicates_are_the_same_chunk_again(knee: Exercise) -> None:
    device = _device(knee, "shank", "duplicate:shank@1+1")
    numbers = [chunk.first_sample for chunk in _streamed(device, 3)]
    counts = np.bincount(numbers)
    assert np.all(counts[105:195] == 2)
    assert np.all(counts[205:290] == 1)
    status = device.status_at(3.0)
    assert status is not None
    assert status.received_samples == len(counts)


def test_a_fast_clock_shows_in_the_spacing_of_samples(knee: Exercise) -> None:
    chunks = _streamed(_device(knee, "shank", "skew:shank=5000"), 20)
    assert len(chunks) == pytest.approx(2010, abs=2)
    assert np.diff([chunk.times_s[0] for chunk in chunks]).mean() == pytest.approx(0.01 / 1.005, rel=1e-6)


def test_rate_is_off_for_a_while_without_a_jump_in_time(knee: Exercise) -> None:
    chunks = _streamed(_device(knee, "shank", "rate:shank@5+5=0.8"), 15)
    times_s = np.concatenate([chunk.times_s for chunk in chunks])
    steps_s = np.diff(times_s)
    middle_s = times_s[1:]
    np.testing.assert_allclose(steps_s[middle_s < 5], 0.01, atol=1e-9)
    np.testing.assert_allclose(steps_s[(middle_s > 5.02) & (middle_s < 10)], 0.0125, atol=1e-9)
    np.testing.assert_allclose(steps_s[middle_s > 10.02], 0.01, atol=1e-9)
    assert SampleClock.uniform(100.0).changed(5.0, 0.8).time_s(600) == pytest.approx(6.25)


def _mains_share(emg: np.ndarray) -> float:
    frequencies_hz, power = signal.welch(emg, 2000.0, nperseg=2000)
    mains = np.zeros(len(frequencies_hz), dtype=bool)
    for order in (1, 2, 3, 5):
        mains |= np.abs(frequencies_hz - 50 * order) <= 2
    band = (frequencies_hz >= 20) & (frequencies_hz <= 450)
    return float(power[mains & band].sum() / power[band].sum())


def test_hum_is_mains_and_its_harmonics(knee: Exercise) -> None:
    clean, hummed = _clean_and_faulty(knee, "vastus_medialis", "hum:vastus_medialis@2+2=200", 6)
    hum = (hummed - clean)[:, 0]
    assert np.std(hum[4000:8000]) == pytest.approx(200e-6, rel=0.01)
    assert np.abs(hum[:4000]).max() == np.abs(hum[8000:]).max() == 0
    assert _mains_share(hum[4000:8000]) > 0.99
    assert _mains_share(clean[4000:8000, 0]) < 0.1  # white noise alone has 0.05


def test_a_lifted_electrode_hums_and_no_longer_feels_the_muscle(knee: Exercise) -> None:
    clean, lifted = _clean_and_faulty(knee, "vastus_medialis", "lift:vastus_medialis@6+2", 9)
    during = slice(12200, 15800)
    assert _mains_share(lifted[during, 0]) > 0.6
    assert np.std(lifted[during]) > 2 * np.std(clean[during])
    np.testing.assert_array_equal(lifted[:12000], clean[:12000])


@pytest.mark.parametrize("placement", ["vastus_medialis", "shank"])
def test_saturation_stands_at_the_rails(knee: Exercise, placement: str) -> None:
    device = _device(knee, placement, f"saturation:{placement}@6+2")
    chunks = _streamed(device, 8)
    (stream,) = device.streams
    counts = np.concatenate([chunk.counts for chunk in chunks])
    rate_hz = int(stream.sampling_rate_hz)
    rails = {stream.channels[0].lowest_count, stream.channels[0].highest_count}
    during = counts[int(6.5 * rate_hz) : 8 * rate_hz]
    assert set(during.max(axis=0)) | set(during.min(axis=0)) >= rails & {counts.max(), counts.min()}
    assert np.isin(during, list(rails)).mean() > 0.01
    assert not np.isin(counts[: 6 * rate_hz], list(rails)).any()


def test_drift_moves_the_baseline(knee: Exercise) -> None:
    clean, drifted = _clean_and_faulty(knee, "vastus_medialis", "drift:vastus_medialis@1=0.5", 4)
    assert (drifted - clean)[7999, 0] == pytest.approx(1.5e-3, rel=0.01)
    clean, drifted = _clean_and_faulty(knee, "shank", "drift:shank@1=0.5", 4)
    np.testing.assert_allclose((drifted - clean)[398, 3:], np.deg2rad(1.49), atol=2e-3)
    np.testing.assert_array_equal(drifted[:, :3], clean[:, :3])


def test_disconnection_is_told_within_a_second_and_leaves_a_gap(knee: Exercise) -> None:
    device = _device(knee, "shank", "disconnect:shank@2+3")
    states, chunks = [], []
    for step in range(1, 801):
        chunks += device.chunks_until(step * 0.01)
        if (status := device.status_at(step * 0.01)) is not None:
            states.append((step * 0.01, status))
    lost_s = next(time_s for time_s, status in states if status.state == "lost")
    back_s, back = next((time_s, status) for time_s, status in states if time_s > 4 and status.state == "streaming")
    assert 2.0 < lost_s < 3.0
    assert 5.0 <= back_s < 5.1
    assert back.reconnects == 1
    assert states[0][1].reconnects == 0
    (gap,) = [chunk for chunk in chunks if chunk.lost_before]
    assert gap.lost_before == pytest.approx(300, abs=2)
    assert states[-1][1].lost_samples == gap.lost_before


@pytest.mark.parametrize("packet_samples", [7, 30, 200, 333])
def test_packet_size_changes_no_sample(knee: Exercise, packet_samples: int) -> None:
    faults = ["hum:vastus_medialis@1+1", "lift:vastus_medialis@3+1", "saturation:vastus_medialis@6+1"]
    wanted = _data(_streamed(_device(knee, "vastus_medialis", *faults), 8))
    got = _data(_streamed(_device(knee, "vastus_medialis", *faults, packet_samples=packet_samples), 8))
    n = min(len(wanted), len(got))
    assert n > 15500
    np.testing.assert_array_equal(got[:n], wanted[:n])
