"""How muscles work together: co-contraction, order, symmetry, synergies; envelopes are shares of a reference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import kendalltau

Array = NDArray[np.float64]

_INACTIVE = 0.01
_ITERATIONS, _TOLERANCE = 500, 1e-6


def falconer_winter(one: Array, other: Array) -> float:
    """Return the shape-like co-contraction index, 0–100 %, of two envelopes, shape (n_samples,).

    Twice the common area over both (Falconer & Winter 1985). NaN if neither muscle is ever above 1 % of its reference.
    """
    if not _active(one, other):
        return float("nan")
    return float(200.0 * np.sum(np.minimum(one, other)) / np.sum(one + other))


def rudolph(one: Array, other: Array) -> float:
    """Return the amplitude-driven co-contraction index, 0–2: mean of lesser / more · (lesser + more) (Rudolph 2000).

    NaN if neither muscle is ever above 1 % of its reference.
    """
    if not _active(one, other):
        return float("nan")
    less, more = np.minimum(one, other), np.maximum(one, other)
    ratio = np.divide(less, more, out=np.zeros_like(less), where=more > 0.0)
    return float(np.mean(ratio * (less + more)))


def _active(one: Array, other: Array) -> bool:
    return len(one) > 0 and bool(max(np.max(one), np.max(other)) >= _INACTIVE)


@dataclass(frozen=True, slots=True)
class Symmetry:
    """Five ways to compare right with left, in %; positive is more on the right, ``limb_index`` is left over right."""

    index: float
    limb_index: float
    angle: float
    log_ratio: float
    of_larger: float


def symmetry(right: float, left: float, smallest: float = 0.0) -> Symmetry:
    """Compare two values of 0 or more; all NaN if they sum to less than ``smallest`` (twice the MDC) or to nothing.

    Robinson 1987; limb symmetry index; symmetry angle, Zifchock 2008; log ratio; share of the larger one.
    """
    total = right + left
    if not (right >= 0.0 and left >= 0.0 and total > 0.0 and total >= smallest):
        return Symmetry(*[float("nan")] * 5)
    angle = (45.0 - np.degrees(np.arctan2(left, right))) / 90.0 * 100.0
    return Symmetry(
        index=100.0 * (right - left) / (0.5 * total),
        limb_index=100.0 * left / right if right > 0.0 else float("nan"),
        angle=float(angle),
        log_ratio=100.0 * float(np.log(right / left)) if right > 0.0 and left > 0.0 else float("nan"),
        of_larger=100.0 * (right - left) / max(right, left),
    )


def onset_differences(first: Array, second: Array, longest_s: float = 1.0) -> Array:
    """Return second − first in s for each onset of the first muscle and the nearest one of the second.

    Both have the shape (n_onsets,). Onsets without a partner within ``longest_s`` are left out.
    """
    if not len(second):
        return np.zeros(0)
    nearest = second[np.argmin(np.abs(second[None, :] - first[:, None]), axis=1)]
    difference = nearest - first
    return difference[np.abs(difference) <= longest_s]


def order_agreement(onsets_s: Sequence[float]) -> float:
    """Return Kendall's τ between the wanted order of muscles and their onsets in this order; NaN for fewer than 2."""
    known = np.flatnonzero(np.isfinite(onsets_s))
    return float(np.asarray(kendalltau(known, np.asarray(onsets_s)[known]))[0]) if len(known) > 1 else float("nan")


def overlap(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    """Return how much of the shorter activity both are on, in %; shape (n_samples,); NaN if one is never on."""
    shorter = min(int(one.sum()), int(other.sum()))
    return 100.0 * float(np.sum(one & other)) / shorter if shorter else float("nan")


def accounted_for(values: Array, fit: Array) -> float:
    """Return the variance accounted for, uncentred, 0–1: 1 − ‖V − F‖² / ‖V‖²; NaN for nothing."""
    whole = float(np.sum(values**2))
    return 1.0 - float(np.sum((values - fit) ** 2)) / whole if whole > 0.0 else float("nan")


def one_synergy(values: Array) -> float:
    """Return the variance that one synergy accounts for, 0–1, of envelopes, shape (n_muscles, n_samples).

    For values of 0 or more the best rank one is itself of 0 or more, so it is the first singular value's share.
    """
    squares = np.linalg.svd(values, compute_uv=False) ** 2
    return float(squares[0] / np.sum(squares)) if np.sum(squares) > 0.0 else float("nan")


def factorise(values: Array, n_synergies: int, restarts: int = 20, seed: int = 0) -> tuple[Array, Array]:
    """Split envelopes into synergies by multiplicative updates (Lee & Seung 1999), the best of some random starts.

    Parameters
    ----------
    values
        Shape (n_muscles, n_samples), 0 or more.

    Returns
    -------
    tuple of Array
        Weights (n_muscles, n_synergies), columns of unit norm, and activations (n_synergies, n_samples).
    """
    rng, tiny = np.random.default_rng(seed), np.finfo(float).tiny
    best: tuple[float, Array, Array] | None = None
    for _ in range(restarts):
        weights = rng.uniform(0.1, 1.0, (len(values), n_synergies))
        drives = rng.uniform(0.1, 1.0, (n_synergies, values.shape[1])) * values.mean()
        before = -np.inf
        for step in range(_ITERATIONS):
            drives *= (weights.T @ values) / np.maximum(weights.T @ weights @ drives, tiny)
            weights *= (values @ drives.T) / np.maximum(weights @ (drives @ drives.T), tiny)
            if step % 10 == 9:
                now = accounted_for(values, weights @ drives)
                if now - before < _TOLERANCE:
                    break
                before = now
        fit = accounted_for(values, weights @ drives)
        if best is None or fit > best[0]:
            best = fit, weights, drives
    assert best is not None
    _, weights, drives = best
    norms = np.maximum(np.linalg.norm(weights, axis=0), tiny)
    return weights / norms, drives * norms[:, None]
