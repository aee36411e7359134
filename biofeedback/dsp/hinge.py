"""Finds the hinge between two segments from movement alone, however the sensors sit.

If two segments share a hinge, its axis is the same line in the world for both, and across it they turn alike. Both
facts, for the samples of a movement, fix the axis in either sensor and the heading between them (after Olsson et al.
2020, Sensors 20:3534, and Laidig et al. 2017; here on orientations, so that the heading is solved along with the axes).

A shank or forearm also turns about its own length, and that turn must not be taken for a tilted axis: what can be such
a turn hardly counts where the movement fits clearly better so (a second axis as in Müller et al. 2017, IEEE RO-MAN).
Along the length is the vertical of the pose
if the segment stands or hangs there, or what is across the vertical and the hinge if it lies.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from biofeedback.dsp import quaternion

Array = NDArray[np.float64]

_AXIS_NOISE = 0.1  # rad: what soft tissue and a joint that is no perfect hinge make of the axis
_RATE_NOISE = 0.1  # rad/s, and the same share of the speed
_NO_BETTER = 0.005  # loose skin alone makes this misfit: less of it says little
_TURN_KEEPS, _TURN_RATE_KEEPS = 0.05, 0.03  # the weight of residuals that can be a turn about the segment's length
_FITS = 0.03  # with less misfit than this the joint is a hinge and nothing else
_TURNS, _LIES = 1.5, 4.5  # times as well must it fit so: a segment that stands or hangs; that lies
_IMPOSSIBLE = 2.0  # times as well must angles fit that no body can do
_CLEARLY_LESS = 1.3  # a joint that bends by less than this, the other way round, is likely paired wrongly
_POSSIBLE_RAD = np.radians((-25.0, 165.0))  # no knee or elbow goes beyond
_ROUNDS = 8
_LEAST_ACROSS = 0.03


class Hinge(NamedTuple):
    """The hinge axis in proximal and distal sensor coordinates, shape (3,) each, and the distal heading's correction.

    ``misfit`` is the mean square of the residuals in units of the expected noise.
    """

    proximal: Array
    distal: Array
    heading_rad: float
    misfit: float


class Pose(NamedTuple):
    """Both orientations, shape (4,) each, in a pose in which the joint is at ``angle_rad``."""

    proximal: Array
    distal: Array
    angle_rad: float


class Motion(NamedTuple):
    """Samples of both segments while they move: quaternions (n, 4) and angular velocities (n, 3) in rad/s."""

    proximal: Array
    proximal_rate: Array
    distal: Array
    distal_rate: Array


def find_hinge(motion: Motion, pose: Pose, before: Hinge | None = None) -> Hinge:
    """Return the hinge that explains the samples best, going on from the one known before, if any.

    The samples of a movement in one plane hardly tell which way round the axes go together: of two ways that fit
    about alike it is the one in which the joint stays within what a body can do and bends more.
    """
    starts = _paired(_starts(motion)) if before is None else _paired([before])
    plain = _Problem(motion)
    found = [_refined(plain, start) for start in starts]
    best = found[int(np.argmin(_unlikely(found, motion, pose)))]
    if best.misfit < _FITS:
        return best
    upright = quaternion.rotate(quaternion.conjugate(pose.distal), quaternion.UP)
    across = quaternion.cross(upright, best.distal)
    chosen, gain = best, 1.0
    for along, needed in ((upright, _TURNS), (across, _LIES)):
        if quaternion.dot(along, along) < _LEAST_ACROSS:
            continue
        length = quaternion.normalised(along)
        problem = _Problem(motion, length)
        fresh = [*found, *_paired(_starts(motion, length))] if before is None else [before, best]
        others = [_refined(problem, start) for start in fresh]
        others.append(problem.judged(best))
        *unlikely, as_it_was = _unlikely(others, motion, pose)
        better = as_it_was / (min(unlikely) * needed)
        if better > gain:
            chosen, gain = others[int(np.argmin(unlikely))], better
    return chosen


def _paired(starts: list[Hinge]) -> list[Hinge]:
    """Return each start, and the same with the distal axis the other way round."""
    return starts + [one._replace(distal=-one.distal, heading_rad=one.heading_rad + np.pi) for one in starts]


def _unlikely(found: list[Hinge], motion: Motion, pose: Pose) -> list[float]:
    bent = [bent_from(motion, pose, hinge) for hinge in found]
    most = max(float(np.ptp(angles)) for angles in bent)
    return [(h.misfit + _NO_BETTER) * _doubt(angles, pose, most) for h, angles in zip(found, bent, strict=True)]


def _doubt(bent: Array, pose: Pose, most: float) -> float:
    """Return how many times less likely a way is than one that a body can go and that bends most."""
    low, high = _POSSIBLE_RAD - pose.angle_rad
    possible = any(low <= np.min(way) and np.max(way) <= high for way in (bent, -bent))
    less = most / max(float(np.ptp(bent)), 1e-6)
    return (1.0 if possible else _IMPOSSIBLE) * (less**2 if less > _CLEARLY_LESS else 1.0)


def bent_from(motion: Motion, pose: Pose, hinge: Hinge) -> Array:
    """Return how far the joint is from the pose in rad, the pose itself first, shape (1 + n_samples,)."""
    proximal = np.concatenate([pose.proximal[None], motion.proximal])
    distal = turned(np.concatenate([pose.distal[None], motion.distal]), hinge.heading_rad)
    angles = np.unwrap(hinge_angle(proximal, distal, hinge))
    return angles - angles[0]


def hinge_angle(proximal: Array, distal: Array, hinge: Hinge) -> Array:
    """Return the twist of the joint about the hinge, within ±π, from quaternions (n, 4) with the same heading."""
    return quaternion.twist(_joint(proximal, distal, hinge), hinge.proximal)


def hinge_swing(proximal: Array, distal: Array, hinge: Hinge) -> Array:
    """Return what of the joint's rotation is not flexion, in rad: large if it is no hinge or a sensor slips."""
    return quaternion.swing(_joint(proximal, distal, hinge), hinge.proximal)


def hinge_share(motion: Motion, hinge: Hinge) -> float:
    """Return the share of the joint's turning that is about the hinge, 0…1; NaN where it does not turn."""
    axis = quaternion.rotate(motion.proximal, hinge.proximal)
    distal = quaternion.rotate(turned(motion.distal, hinge.heading_rad), motion.distal_rate)
    between = distal - quaternion.rotate(motion.proximal, motion.proximal_rate)
    whole = float(np.sum(between**2))
    return float(np.sum(quaternion.dot(between, axis) ** 2)) / whole if whole > 0.0 else float("nan")


def turned(quats: Array, heading_rad: Array | float) -> Array:
    """Turn orientations about the vertical."""
    return quaternion.multiply(quaternion.about(quaternion.UP, heading_rad), quats)


def _joint(proximal: Array, distal: Array, hinge: Hinge) -> Array:
    aligned = quaternion.shortest(hinge.proximal, hinge.distal)
    relative = quaternion.multiply(quaternion.conjugate(proximal), distal)
    return quaternion.multiply(relative, aligned)


def _main_direction(vectors: Array) -> Array:
    return np.linalg.eigh(vectors.T @ vectors)[1][:, -1]


def _is_free(motion: Motion) -> bool:
    """Tell whether both segments turn enough for the pairing of the axes to matter."""
    energy = [float(np.mean(quaternion.dot(rate, rate))) for rate in (motion.proximal_rate, motion.distal_rate)]
    return min(energy) > 0.04 * max(energy)


def _starts(motion: Motion, along: Array | None = None) -> list[Hinge]:
    """Return where to search from: the main direction of the segment that moves most, and what it says of the other."""
    bending = motion.distal_rate
    if along is not None:
        bending = bending - quaternion.dot(bending, along)[:, None] * along
    proximal, distal = _main_direction(motion.proximal_rate), _main_direction(bending)
    if not _is_free(motion):
        heading = 0.0
        if np.mean(motion.proximal_rate**2) > np.mean(motion.distal_rate**2):
            world = quaternion.rotate(motion.proximal, proximal)
            distal = quaternion.rotate(quaternion.conjugate(motion.distal), world).mean(axis=0)
        else:
            world = quaternion.rotate(motion.distal, distal)
            proximal = quaternion.rotate(quaternion.conjugate(motion.proximal), world).mean(axis=0)
        return [Hinge(quaternion.normalised(proximal), quaternion.normalised(distal), heading, np.inf)]
    return [Hinge(proximal, distal, _heading(motion, proximal, distal), np.inf)]


def _heading(motion: Motion, proximal: Array, distal: Array) -> float:
    """Return the mean heading that brings the distal axis over the proximal one."""
    a, b = quaternion.rotate(motion.proximal, proximal), quaternion.rotate(motion.distal, distal)
    return float(np.angle(np.sum((a[:, 0] + 1j * a[:, 1]) * (b[:, 0] - 1j * b[:, 1]))))


def _refined(problem: _Problem, hinge: Hinge) -> Hinge:
    """Improve axes and heading by Gauss-Newton with a little damping, as long as it helps."""
    residuals, slopes = problem.at(hinge)
    misfit = float(np.mean(residuals**2))
    for _ in range(_ROUNDS):
        normal = slopes @ slopes.T
        step = np.linalg.solve(normal + 1e-3 * np.trace(normal) / 5.0 * np.eye(5), -slopes @ residuals)
        better = _moved(hinge, np.clip(step, -0.5, 0.5))
        residuals, slopes = problem.at(better)
        now = float(np.mean(residuals**2))
        if now >= misfit * (1.0 - 1e-4):
            return (hinge if now > misfit else better)._replace(misfit=min(now, misfit))
        hinge, misfit = better, now
    return hinge._replace(misfit=misfit)


def _moved(hinge: Hinge, step: Array) -> Hinge:
    """Move each axis on its sphere by two numbers, the heading by one."""
    return hinge._replace(
        proximal=quaternion.normalised(hinge.proximal + step[:2] @ _across(hinge.proximal)),
        distal=quaternion.normalised(hinge.distal + step[2:4] @ _across(hinge.distal)),
        heading_rad=hinge.heading_rad + float(step[4]),
    )


def _across(axis: Array) -> Array:
    """Return two unit vectors at right angles to ``axis`` and each other, shape (2, 3)."""
    x, y, z = axis.tolist()  # plain numbers: a hinge is looked for in hundreds of steps
    smallest = min(abs(x), abs(y), abs(z))
    a, b, c = (0.0, z, -y) if smallest == abs(x) else (-z, 0.0, x) if smallest == abs(y) else (y, -x, 0.0)
    length = math.sqrt(a * a + b * b + c * c)
    a, b, c = a / length, b / length, c / length
    return np.array([[a, b, c], [y * c - z * b, z * a - x * c, x * b - y * a]])


class _Problem:
    """How far the two axes lie apart in the world, and how differently the segments turn across them.

    If ``along`` is given, the distal segment's length in its sensor, turns about it hardly count.
    """

    def __init__(self, motion: Motion, along: Array | None = None) -> None:
        self._along = None if along is None else quaternion.rotate(motion.distal, along).T
        self._proximal = quaternion.matrices(motion.proximal).reshape(-1, 3)
        self._distal = quaternion.matrices(motion.distal).reshape(-1, 3)
        self._proximal_rate = quaternion.rotate(motion.proximal, motion.proximal_rate).T
        self._distal_rate = quaternion.rotate(motion.distal, motion.distal_rate).T
        speed = np.sqrt(quaternion.dot(motion.proximal_rate, motion.proximal_rate))
        speed = speed + np.sqrt(quaternion.dot(motion.distal_rate, motion.distal_rate))
        self._rate_noise = _RATE_NOISE * (1.0 + speed)

    def at(self, hinge: Hinge) -> tuple[Array, Array]:
        """Return the residuals, shape (n,), and their slopes in the five ways of `_moved`, shape (5, n)."""
        cosine, sine = np.cos(hinge.heading_rad), np.sin(hinge.heading_rad)
        axes = _in_world(self._proximal, hinge.proximal)  # the axis, and the two ways it can move
        others = _about_up(_in_world(self._distal, hinge.distal), cosine, sine)
        rate = _about_up(self._distal_rate, cosine, sine)
        axis, between = axes[:, 0], self._proximal_rate - rate
        along = _dots(between, axis)
        residuals = np.stack([(axis - others[:, 0]) / _AXIS_NOISE, (between - along * axis) / self._rate_noise])
        slopes = np.zeros((5, *residuals.shape))
        for way in (0, 1):
            moves = axes[:, way + 1]
            slopes[way, 0] = moves / _AXIS_NOISE
            slopes[way, 1] = -(_dots(between, moves) * axis + along * moves) / self._rate_noise
            slopes[way + 2, 0] = -others[:, way + 1] / _AXIS_NOISE
        turning = -_quarter_turned(rate)
        slopes[4, 0] = -_quarter_turned(others[:, 0]) / _AXIS_NOISE
        slopes[4, 1] = (turning - _dots(turning, axis) * axis) / self._rate_noise
        if self._along is not None:
            length = _about_up(self._along, cosine, sine)
            turned = _crossed(length, axis)
            turned /= np.sqrt(np.maximum(_dots(turned, turned), 1e-9))
            both = np.concatenate([residuals[None], slopes])
            both[:, 0] -= (1.0 - _TURN_KEEPS) * np.einsum("kin,in->kn", both[:, 0], turned)[:, None] * turned
            both[:, 1] -= (1.0 - _TURN_RATE_KEEPS) * np.einsum("kin,in->kn", both[:, 1], length)[:, None] * length
            residuals, slopes = both[0], both[1:]
        return residuals.ravel(), slopes.reshape(5, -1)

    def judged(self, hinge: Hinge) -> Hinge:
        """Return the hinge with its misfit here."""
        return hinge._replace(misfit=float(np.mean(self.at(hinge)[0] ** 2)))


def _in_world(matrices: Array, axis: Array) -> Array:
    """Return an axis of a sensor and those across it in the world for each orientation, shape (3, 3, n_samples)."""
    return (matrices @ np.vstack([axis, _across(axis)]).T).reshape(-1, 3, 3).transpose(1, 2, 0)


def _dots(a: Array, b: Array) -> Array:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def _crossed(a: Array, b: Array) -> Array:
    return np.stack([a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]])


def _about_up(vectors: Array, cosine: float, sine: float) -> Array:
    """Turn vectors, shape (3, …), about the vertical."""
    x, y, z = vectors
    return np.stack([cosine * x - sine * y, sine * x + cosine * y, z])


def _quarter_turned(vectors: Array) -> Array:
    """Return how vectors, shape (3, …), change as they turn about the vertical."""
    return np.stack([-vectors[1], vectors[0], np.zeros_like(vectors[2])])
