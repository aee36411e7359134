import numpy as np
import pytest
from scipy import signal

from biofeedback.devices.simulated import Errors, SimulatedPerson
from biofeedback.devices.simulated.muscle import FULL_DRIVE_RMS_V, power_density
from biofeedback.exercises.model import Exercise

_RATE_HZ = 2000.0


def _median_frequency_hz(emg: np.ndarray) -> float:
    frequencies_hz, power = signal.welch(emg, _RATE_HZ, nperseg=2000)
    share = np.cumsum(power) / power.sum()
    return float(np.interp(0.5, share, frequencies_hz))


def _reference(person: SimulatedPerson, muscle: str) -> np.ndarray:
    """EMG of the plateau of a muscle's reference contraction."""
    item = next(entry for entry in person.truth()["reference"] if entry["placement"] == muscle)
    return _emg(person, muscle, item["start_s"] + 0.5, item["end_s"] - 0.5)


def _emg(person: SimulatedPerson, muscle: str, start_s: float, end_s: float) -> np.ndarray:
    return person.samples(muscle, start_s, int((end_s - start_s) * _RATE_HZ), _RATE_HZ)[:, 0]


def test_spectrum_is_that_of_surface_emg(biceps: Exercise) -> None:
    person = SimulatedPerson(biceps, reference_s=20.0, errors=Errors.none())
    plateau = _reference(person, "biceps_brachii")
    assert 70 < _median_frequency_hz(plateau) < 90
    frequencies_hz, power = signal.welch(plateau, _RATE_HZ, nperseg=2000)
    band = (frequencies_hz >= 20) & (frequencies_hz <= 150)
    assert power[band].sum() / power.sum() > 0.7
    assert power[frequencies_hz < 8].sum() / power.sum() < 0.03
    assert np.abs(plateau).max() == pytest.approx(1e-3, rel=0.6)


def test_median_frequency_falls_as_the_muscle_tires(biceps: Exercise) -> None:
    frequencies_hz = np.arange(1.0, 1000.0)
    medians = []
    for fatigue in (0.0, 0.5, 1.0):
        share = np.cumsum(power_density(frequencies_hz, fatigue))
        medians.append(np.interp(0.5 * share[-1], share, frequencies_hz))
    assert medians[0] > medians[1] > medians[2]
    assert medians[2] == pytest.approx(0.65 * medians[0], rel=0.05)
    person = SimulatedPerson(biceps, "stroke-synergy", errors=Errors.none())
    early, late = _emg(person, "biceps_brachii", 15, 45), _emg(person, "biceps_brachii", 300, 330)
    assert _median_frequency_hz(late) < _median_frequency_hz(early) - 4


def test_amplitude_is_in_proportion_to_drive(biceps: Exercise) -> None:
    person = SimulatedPerson(biceps, seed=2, errors=Errors.none())
    emg = _emg(person, "biceps_brachii", 0.0, 120.0)
    times_s = np.arange(len(emg)) / _RATE_HZ
    drive = person.drive_at("biceps_brachii", times_s)
    expected = drive * person._electrodes["biceps_brachii"].full_rms_v
    for low, high in ((0.05, 0.3), (0.3, 0.7), (0.9, 1.1)):
        where = (drive > low) & (drive <= high)
        assert np.count_nonzero(where) > 1000
        assert np.sqrt(np.mean((emg[where] / expected[where]) ** 2)) == pytest.approx(1.0, abs=0.06)
    assert np.all(emg[:9000] == 0)


def test_emg_leads_the_movement(knee: Exercise) -> None:
    person = SimulatedPerson(knee, reference_s=0.0)
    person.samples("shank", 0.0, 6000, 100.0)
    repetitions = person.truth()["repetitions"]
    assert len(repetitions) >= 8
    for repetition in repetitions:
        lead_s = repetition["start_s"] - repetition["emg_onsets_s"]["vastus_medialis"]
        assert 0.05 <= lead_s <= 0.11
        around_s = repetition["start_s"] - lead_s + np.array([-0.02, 0.09])
        drive = person.drive_at("vastus_medialis", around_s)
        assert drive[0] == 0
        assert drive[1] > 0.08


def test_the_whole_course_of_the_drive_leads_the_effort(biceps: Exercise) -> None:
    person = SimulatedPerson(biceps, reference_s=0.0)
    person.samples("biceps_brachii", 0.0, 30000, 500.0)
    leads_s = np.arange(0.0, 0.2, 0.01)
    likeness = np.zeros(len(leads_s))
    for repetition in person.truth()["repetitions"]:
        times_s = np.arange(repetition["start_s"], repetition["start_s"] + 0.6, 0.01)
        drive = person.drive_at("biceps_brachii", times_s)
        for place, lead_s in enumerate(leads_s):
            likeness[place] += np.corrcoef(drive, person._motion(times_s + lead_s).value)[0, 1]
    assert 0.05 <= leads_s[np.argmax(likeness)] <= 0.11


def test_vastus_rises_to_extension_and_eases_in_lowering(knee: Exercise) -> None:
    person = SimulatedPerson(knee, reference_s=0.0)
    person.samples("shank", 0.0, 3000, 100.0)
    for repetition in person.truth()["repetitions"]:
        up_s = np.linspace(repetition["start_s"], repetition["peak_s"], 200)
        down_s = np.linspace(repetition["back_s"], repetition["end_s"], 200)
        middle = np.deg2rad(45)
        up_s = up_s[np.argmax(person.angle_at(up_s) < middle)]
        down_s = down_s[np.argmax(person.angle_at(down_s) > middle)]
        hold, up, down = (
            float(person.drive_at("vastus_medialis", np.array([at_s]))[0])
            for at_s in (repetition["peak_s"], up_s, down_s)
        )
        assert hold > up > down > 0.1
        assert 0.4 < hold < 0.8


def test_conditions_show_in_the_muscles(knee: Exercise) -> None:
    shares, strengths, order = {}, {}, {}
    for condition in ("healthy", "weak-quadriceps", "stroke-synergy"):
        person = SimulatedPerson(knee, condition, 4)
        person.samples("shank", 0.0, 6000, 100.0)
        repetitions = person.truth()["repetitions"]
        tops_s = np.array([repetition["back_s"] - 0.2 for repetition in repetitions])
        shares[condition] = np.mean([person.drive_at("biceps_femoris", tops_s[i : i + 1]) for i in range(len(tops_s))])
        strengths[condition] = np.std(_reference(person, "vastus_medialis"))
        onsets = [repetition["emg_onsets_s"] for repetition in repetitions]
        order[condition] = np.mean([onset["vastus_medialis"] - onset["biceps_femoris"] for onset in onsets])
    assert shares["healthy"] < 0.12 < 0.2 < shares["weak-quadriceps"]
    assert strengths["weak-quadriceps"] == pytest.approx(0.6 * strengths["healthy"], rel=0.1)
    assert order["healthy"] < 0
    assert 0.05 < order["stroke-synergy"] < 0.11


def test_cross_talk_is_a_small_copy_of_the_neighbour(knee: Exercise) -> None:
    person, alone = (SimulatedPerson(knee, errors=errors) for errors in (Errors(), Errors.none()))
    assert np.std(_reference(alone, "vastus_medialis")) > 1e-4
    item = person.truth()["reference"][0]
    quiet = _emg(person, "biceps_femoris", item["start_s"] + 0.5, item["end_s"] - 0.5)
    own = _reference(alone, "vastus_medialis")
    gain = quiet @ own / (own @ own)
    assert gain == pytest.approx(0.03, abs=0.004)
    assert np.all(_emg(alone, "biceps_femoris", item["start_s"], item["end_s"]) == 0)


def test_baseline_noise_is_a_few_microvolts(knee: Exercise) -> None:
    rest = _emg(SimulatedPerson(knee), "vastus_medialis", 0.0, 4.5)
    band = signal.butter(2, [20, 450], "bandpass", fs=_RATE_HZ, output="sos")
    assert 2e-6 < np.std(signal.sosfilt(band, rest)) < 5e-6
    assert FULL_DRIVE_RMS_V > 50 * 5e-6
