"""How well a signal follows its target: error, time on target, lag and gain."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_LONGEST_LAG_S = 0.5


@dataclass(frozen=True, slots=True)
class Tracking:
    """In the signal's unit, s and %; ``residual`` is the RMS error that is left once the lag is taken off."""

    rmse: float
    bias: float
    on_target: float
    lag_s: float
    gain: float
    residual: float


def tracking(target: Array, actual: Array, sampling_rate_hz: float, band: float) -> Tracking:
    """Compare a signal with its target, both of shape (n_samples,) without NaN.

    ``band`` is the largest error that counts as on target. The lag is that of the highest correlation within ±0.5 s,
    refined by a parabola; NaN, as the gain, where target or signal stands still or both are shorter than 2 s. A target
    of one sine can be predicted: use several.

    Raises
    ------
    ValueError
        If there are no samples or the lengths differ.
    """
    if not len(target) or len(target) != len(actual):
        raise ValueError("target and signal must be of one length and not empty")
    error = target - actual
    plain = (
        float(np.sqrt(np.mean(error**2))),
        float(np.mean(error)),
        100.0 * float(np.mean(np.abs(error) <= band)),
    )
    most = round(_LONGEST_LAG_S * sampling_rate_hz)
    if len(target) < 4 * most or np.ptp(target) == 0.0 or np.ptp(actual) == 0.0:
        return Tracking(*plain, float("nan"), float("nan"), float("nan"))
    lags = np.arange(-most, most + 1)
    matches = np.array([_correlation(*_shifted(target, actual, int(lag))) for lag in lags])
    best = int(np.argmax(matches))
    wanted, done = _shifted(target, actual, int(lags[best]))
    centred = wanted - wanted.mean()
    gain = float(np.sum(centred * (done - done.mean())) / np.sum(centred**2))
    residual = float(np.sqrt(np.mean((wanted - done) ** 2)))
    lag = float(lags[best]) + _vertex(matches, best)
    return Tracking(*plain, lag / sampling_rate_hz, gain, residual)


def _shifted(target: Array, actual: Array, lag: int) -> tuple[Array, Array]:
    """Return both where they overlap once the signal is moved ``lag`` samples earlier."""
    return (target[: len(target) - lag], actual[lag:]) if lag >= 0 else (target[-lag:], actual[:lag])


def _correlation(one: Array, other: Array) -> float:
    a, b = one - one.mean(), other - other.mean()
    size = float(np.sqrt(np.sum(a**2) * np.sum(b**2)))
    return float(np.sum(a * b)) / size if size > 0.0 else -1.0


def _vertex(values: Array, at: int) -> float:
    """Return how far beside a sample the parabola through it and its neighbours has its top."""
    if not 0 < at < len(values) - 1:
        return 0.0
    before, here, after = values[at - 1 : at + 2]
    bend = before - 2.0 * here + after
    return float(0.5 * (before - after) / bend) if bend < 0.0 else 0.0
