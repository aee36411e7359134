"""Made-up EMG with onsets that are known: filtered noise or trains of motor units over noise of several kinds."""

from __future__ import annotations

import gzip
from functools import cache

import numpy as np
from scipy import signal

from tests.dsp.recordings import recording

NOISE_V = 10e-6


def in_band(samples, rate):
    sections = signal.butter(2, (20.0, 450.0), "bandpass", fs=rate, output="sos")
    return float(signal.sosfiltfilt(sections, samples).std())


def interference(rng, n, rate):
    """The two-corner spectrum of Shwedyk 1977, with corners that differ from muscle to muscle."""
    low, high = rng.uniform(35.0, 70.0), rng.uniform(80.0, 140.0)
    f = np.fft.rfftfreq(n + 1000, 1.0 / rate)
    gain = high**2 * f / np.sqrt(f**2 + low**2) / (f**2 + high**2)
    samples = np.fft.irfft(np.fft.rfft(rng.normal(size=n + 1000)) * gain, n + 1000)[500 : 500 + n]
    return samples / samples.std()


def motor_units(rng, n, rate):
    samples = np.zeros(n + rate)
    for _ in range(rng.integers(8, 25)):
        u = np.linspace(-2.5, 2.5, int(rng.uniform(0.006, 0.012) * rate))
        shape = -u * np.exp(-(u**2) / 2) if rng.random() < 0.6 else (1 - u**2) * np.exp(-(u**2) / 2)
        size, firing = rng.lognormal(0.0, 0.6) * rng.choice([-1, 1]), rng.uniform(8.0, 25.0)
        at = rng.exponential(1.0 / firing)
        while at * rate < n:
            samples[int(at * rate) : int(at * rate) + len(u)] += size * shape
            at += max(rng.normal(1.0 / firing, 0.2 / firing), 0.3 / firing)
    return samples[:n] / samples[:n].std()


@cache
def biceps():
    """Return raw EMG of nine contractions, 1000 Hz, in mV, shape (n_samples,)."""
    with gzip.open(recording("emg_biceps_bursts.csv.gz"), "rt") as file:
        return np.genfromtxt(file, delimiter=",", skip_header=1)[:, 1]


def resting_biceps(rng, n, rate):
    """Pieces of the quietest parts of a real recording, one after the other."""
    raw = biceps()
    loud = np.sqrt(np.convolve(signal.sosfiltfilt(signal.butter(2, 20, "highpass", fs=1000, output="sos"), raw) ** 2,
                               np.ones(250) / 250, mode="same"))  # fmt: skip
    still = np.concatenate([[0], loud < np.percentile(loud, 25), [0]])
    runs = [(a, b) for a, b in np.flatnonzero(np.diff(still)).reshape(-1, 2) if b - a > 300]
    parts, length = [], 0
    while length < n * 1000 / rate + 10:
        a, b = runs[rng.integers(len(runs))]
        part = raw[a:b] - np.linspace(raw[a : a + 20].mean(), raw[b - 20 : b].mean(), b - a)
        parts.append(part / in_band(part, 1000))
        length += len(part)
    joined = np.concatenate(parts)
    return signal.resample(joined, int(len(joined) * rate / 1000))[:n] if rate != 1000 else joined[:n]


def trial(seed, snr_db, rate, *, noise="white", source=interference, hum=0.0, drift=0.0, bursts=1, ramp_s=0.0):
    """Return raw EMG in V, shape (n_samples,), and (onset, offset) in s of each burst; SNR within 20–450 Hz."""
    rng = np.random.default_rng(seed)
    truth, at = [], rng.uniform(0.6, 1.6)
    for _ in range(bursts):
        length = rng.uniform(0.4, 1.6)
        truth.append((at, at + length))
        at += length + rng.uniform(0.5, 1.5)
    n = int((truth[-1][1] + rng.uniform(0.4, 1.0)) * rate)
    times = np.arange(n) / rate
    rest = resting_biceps(rng, n, rate) if noise == "biceps" else rng.normal(size=n)
    strength = np.zeros(n)
    for on, off in truth:
        slope = np.clip(np.minimum(times - on, off - times) / max(ramp_s, 1e-9), 0.0, 1.0)
        strength += np.where((times >= on) & (times < off), slope, 0.0)
    samples = rest / in_band(rest, rate) + source(rng, n, rate) * strength * 10 ** (snr_db / 20)
    for harmonic, share in ((1, 1.0), (3, 0.3), (5, 0.15)):
        samples += hum * np.sqrt(2) * share * np.sin(2 * np.pi * 50.03 * harmonic * times + rng.uniform(0, 6))
    samples += drift * np.cumsum(rng.normal(size=n)) / np.sqrt(rate)
    return samples * NOISE_V, truth
