"""A heart as an electrode on the trunk hears it: P, Q, R, S and T waves, beats that vary with the breath."""

from __future__ import annotations

import numpy as np

# seconds after the R wave, width in s, height
_LEADS = (
    ((-0.17, 0.025, 0.12), (-0.03, 0.009, -0.12), (0.0, 0.0105, 1.0), (0.03, 0.01, -0.28), (0.24, 0.045, 0.28)),
    ((-0.15, 0.02, 0.1), (-0.02, 0.012, 0.35), (0.008, 0.013, -0.8), (0.05, 0.015, 0.2), (0.22, 0.04, -0.2)),
)


def ecg(seconds, rate, bpm=70.0, *, lead=0, seed=0, spread=0.05):
    """Return the heart with R waves of 1, shape (n,), and the times of the R waves; intervals vary by ``spread``."""
    rng = np.random.default_rng(seed)
    times = np.arange(round(seconds * rate)) / rate
    out, beats, at_s = np.zeros(len(times)), [], 0.4
    while at_s < seconds:
        breath = np.sin(2 * np.pi * 0.25 * at_s)
        for after_s, width_s, height in _LEADS[lead]:
            near = slice(*np.searchsorted(times, at_s + after_s + 6 * width_s * np.array([-1, 1])))
            out[near] += (1 + 0.12 * breath) * height * np.exp(-0.5 * ((times[near] - at_s - after_s) / width_s) ** 2)
        beats.append(at_s)
        at_s += 60 / bpm * (1 + spread * (0.6 * rng.normal() + breath))
    return out, np.array(beats)
