"""What a tiring muscle does to its spectrum, in contractions that are held or alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student

Array = NDArray[np.float64]
Meaning = Literal["fatigue", "force up", "force down", "recovery", "no change"]

LEAST_EPOCHS = 8
LEAST_S = 20.0


def mean_frequency(frequencies_hz: Array, power: Array) -> float:
    """Return the power-weighted mean frequency; both have the shape (n,); NaN where there is no power."""
    whole = float(np.sum(power))
    return float(np.sum(frequencies_hz * power)) / whole if whole > 0.0 else float("nan")


def spectral_moments_ratio(frequencies_hz: Array, power: Array) -> float:
    """Return Dimitrov's FInsm5: moment −1 over moment 5 (Dimitrov 2006), Hz⁻⁶; only ratios of it mean anything.

    Both have the shape (n,), frequencies above 0; sensitive to motion, so the band should begin at 20 Hz.
    """
    upper = float(np.sum(frequencies_hz**5 * power))
    return float(np.sum(power / frequencies_hz)) / upper if upper > 0.0 else float("nan")


@dataclass(frozen=True, slots=True)
class Trend:
    """A straight line through values over time: per second, at the start, and the 95 % interval of the slope."""

    slope: float
    intercept: float
    low: float
    high: float

    @property
    def percent_per_min(self) -> float:
        """The slope in % of the value at the start, a minute."""
        return 100.0 * 60.0 * self.slope / self.intercept

    @property
    def changes(self) -> bool:
        """Whether the interval leaves 0 out."""
        return self.low > 0.0 or self.high < 0.0


def trend(times_s: Array, values: Array) -> Trend:
    """Fit a line by least squares; both have the shape (n,), n of 3 or more.

    Raises
    ------
    ValueError
        If there are fewer than 3 values.
    """
    n = len(values)
    if n < 3:
        raise ValueError("a trend needs three values")
    middle = times_s - times_s.mean()
    slope = float(np.sum(middle * values) / np.sum(middle**2))
    intercept = float(values.mean() - slope * times_s.mean())
    error = np.sqrt(np.sum((values - intercept - slope * times_s) ** 2) / (n - 2) / np.sum(middle**2))
    width = float(student.ppf(0.975, n - 2) * error)
    return Trend(slope, intercept, slope - width, slope + width)


def meaning(frequency: Trend, amplitude: Trend) -> Meaning:
    """Say what changes of median frequency and RMS mean together (JASA: Luttmann et al. 2000).

    Fatigue only if the frequency falls for certain and the amplitude does not.
    """
    if not frequency.changes:
        return "no change"
    louder = not amplitude.changes or amplitude.slope > 0.0
    if frequency.slope < 0.0:
        return "fatigue" if louder else "force down"
    return "force up" if louder else "recovery"
