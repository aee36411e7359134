"""How like the good ones a repetition is: distances between time-normalised curves of many channels.

Dynamic time warping in a band (Sakoe & Chiba 1978) with squared local cost; each group of channels (a sensor's tilt,
its angular velocity, an angle) is measured against how much the good repetitions move and differ in it, so that neither
units nor a restless sensor decide.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from biofeedback.measures.kinematics import POINTS

Array = NDArray[np.float64]

BAND = 0.1
_LEAST_SPREAD = 0.1  # of the movement itself: good repetitions are never counted as more alike than this
_DURATION = 0.2  # a repetition a fifth longer or shorter counts as much as the usual difference
_HALF_AT = 3.0  # times the usual difference between good repetitions: 50 points
FEWEST_GOOD = 2


@dataclass(frozen=True, slots=True)
class Likeness:
    """Of each repetition, shape (n_repetitions,): times the usual difference, and that as 0–100 points."""

    difference: Array
    score: Array


def warped_distance(curves: Array, template: Array, band: float = BAND) -> Array:
    """Return the distance by dynamic time warping of each curve to a template.

    Parameters
    ----------
    curves
        Shape (n_curves, n_points, n_channels).
    template
        Shape (n_points, n_channels).
    band
        How far time may be moved, as a share of the points; at least one point.

    Returns
    -------
    Array
        Shape (n_curves,): the square root of the summed squared differences along the best path.
    """
    n_curves, n_points, _ = curves.shape
    width = max(round(band * n_points), 1)
    cost = np.full((n_curves, n_points + 1, n_points + 1), np.inf)
    cost[:, 0, 0] = 0.0
    for i in range(n_points):
        first, last = max(i - width, 0), min(i + width + 1, n_points)
        local = np.sum((curves[:, i, None, :] - template[None, first:last, :]) ** 2, axis=2)
        for j in range(first, last):
            before = np.minimum(np.minimum(cost[:, i, j], cost[:, i, j + 1]), cost[:, i + 1, j])
            cost[:, i + 1, j + 1] = local[:, j - first] + before
    return np.sqrt(cost[:, n_points, n_points])


def likeness(groups: Sequence[Array], durations_s: Array, good: NDArray[np.bool_]) -> Likeness:
    """Compare repetitions with the good ones among them; a good one is compared with the other good ones.

    Parameters
    ----------
    groups
        For each group of channels that belong together (one unit), shape (n_repetitions, n_points, n_channels).
    durations_s
        Shape (n_repetitions,).
    good
        Shape (n_repetitions,): which are known to be good.

    Raises
    ------
    ValueError
        If fewer than two are good, or nothing moves in them.
    """
    if np.sum(good) < FEWEST_GOOD:
        raise ValueError("fewer than two good repetitions to compare with")
    ratios = [ratio for group in groups if (ratio := _ratio(group, good)) is not None]
    if not ratios:
        raise ValueError("nothing moves in the good repetitions")
    logs = np.log(durations_s)
    ratios.append(np.abs(logs - logs[good].mean()) / _DURATION)
    difference = np.sqrt(np.mean(np.square(ratios), axis=0))
    return Likeness(difference, 100.0 / (1.0 + (difference / _HALF_AT) ** 2))


def _ratio(group: Array, good: NDArray[np.bool_]) -> Array | None:
    """Return each repetition's distance in times of the usual one; None where the good ones do not move."""
    movement = group[good] - group[good].mean(axis=1, keepdims=True)
    size = float(np.sqrt(np.mean(np.sum(movement**2, axis=2))))
    if not size > 0.0:
        return None
    places = np.flatnonzero(good)
    distances = np.stack([warped_distance(group / size, group[place] / size) for place in places], axis=1)
    distances /= np.sqrt(group.shape[1])
    others = len(places) - np.isin(np.arange(len(group)), places)
    mean = distances.sum(axis=1) / others  # a distance to itself is 0 and does not count
    usual = float(np.median(mean[good]))
    return mean / np.hypot(usual, _LEAST_SPREAD)


def normalised_curves(times_s: Array, rows: Array, start_s: float, end_s: float) -> Array | None:
    """Return rows, shape (n_samples, n_channels), between two times, stretched to 101 points; None with holes.

    Holes of up to a tenth of the repetition are bridged by straight lines.
    """
    inside = (times_s >= start_s) & (times_s <= end_s)
    times, rows = times_s[inside], rows[inside]
    known = np.isfinite(rows).all(axis=1)
    times, rows = times[known], rows[known]
    if len(times) < 2 or np.max(np.diff([start_s, *times, end_s])) > 0.1 * (end_s - start_s):
        return None
    at = np.linspace(start_s, end_s, POINTS)
    return np.stack([np.interp(at, times, column) for column in rows.T], axis=1)
