"""A table of raw EMG, in any unit and without a calibration: its contractions count and are of one size."""

import json

import numpy as np
import pytest
from scipy import signal

from biofeedback.cli import main

RATE_HZ, N = 1000, 5


def contractions():
    times_s = np.arange(32 * RATE_HZ) / RATE_HZ
    strength = sum(np.clip(2.5 - np.abs(2 * (times_s - middle_s)), 0.0, 1.0) for middle_s in 4.0 + 6.0 * np.arange(N))
    noise = np.random.default_rng(9).normal(size=len(times_s))
    muscle = signal.sosfilt(signal.butter(2, [30, 300], "bandpass", fs=RATE_HZ, output="sos"), noise)
    return times_s, muscle / muscle.std() * (3e-6 + 150e-6 * strength)


@pytest.mark.parametrize(("unit", "per_volt"), [("V", 1.0), ("uV", 1e6)])
def test_contractions_count_in_any_unit(unit, per_volt, tmp_path, capsys):
    times_s, volts = contractions()
    path = tmp_path / "muscle.csv"
    rows = np.column_stack([times_s, volts * per_volt])
    np.savetxt(path, rows, "%.10g", ",", header=f"time [s],biceps [{unit}]", comments="")
    assert main(["score", str(path), "--exercise", "biceps-contraction", "--json"]) == 0
    repetitions = json.loads(capsys.readouterr().out)["repetitions"]
    assert len(repetitions) == N
    assert [repetition["peak_s"] for repetition in repetitions] == pytest.approx(4.0 + 6.0 * np.arange(N), abs=1.3)
    ranges = [repetition["range"] for repetition in repetitions]
    assert max(ranges) < 1.4 * min(ranges)
