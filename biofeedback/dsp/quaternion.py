"""Unit quaternions, wxyz, Hamilton: ``v_earth = q ⊗ v_sensor ⊗ q*``. The one place that knows about xyzw.

All functions take and return arrays of shape (n, 4) or (n, 3), or a single (4,) or (3,) that is broadcast. Sums are
written out element by element, so a result never depends on how many rows are computed together.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
IDENTITY: Array = np.array([1.0, 0.0, 0.0, 0.0])
UP: Array = np.array([0.0, 0.0, 1.0])


def multiply(p: Array, q: Array) -> Array:
    """Return the Hamilton product ``p ⊗ q``."""
    pw, px, py, pz = p[..., 0], p[..., 1], p[..., 2], p[..., 3]
    qw, qx, qy, qz = q[..., 0], q[..., 1], q[..., 2], q[..., 3]
    w = pw * qw - px * qx - py * qy - pz * qz
    out = np.empty((*w.shape, 4))
    out[..., 0] = w
    out[..., 1] = pw * qx + px * qw + py * qz - pz * qy
    out[..., 2] = pw * qy - px * qz + py * qw + pz * qx
    out[..., 3] = pw * qz + px * qy - py * qx + pz * qw
    return out


def conjugate(q: Array) -> Array:
    """Return the inverse rotation."""
    return q * np.array([1.0, -1.0, -1.0, -1.0])


def rotate(q: Array, v: Array) -> Array:
    """Rotate the vectors: sensor coordinates to earth coordinates if ``q`` is earth from sensor."""
    twice = 2.0 * cross(q[..., 1:], v)
    return v + q[..., :1] * twice + cross(q[..., 1:], twice)


def matrices(q: Array) -> Array:
    """Return the same rotations as matrices, shape (n, 3, 3), from quaternions of shape (n, 4)."""
    w, x, y, z = q[:, 0], q[:, 1], q[:, 2], q[:, 3]
    out = np.empty((len(q), 3, 3))
    out[:, 0, 0], out[:, 0, 1], out[:, 0, 2] = 1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)
    out[:, 1, 0], out[:, 1, 1], out[:, 1, 2] = 2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)
    out[:, 2, 0], out[:, 2, 1], out[:, 2, 2] = 2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)
    return out


def cross(a: Array, b: Array) -> Array:
    """Return the cross product of three-vectors."""
    ax, ay, az = a[..., 0], a[..., 1], a[..., 2]
    bx, by, bz = b[..., 0], b[..., 1], b[..., 2]
    x = ay * bz - az * by
    out = np.empty((*x.shape, 3))
    out[..., 0], out[..., 1], out[..., 2] = x, az * bx - ax * bz, ax * by - ay * bx
    return out


def dot(a: Array, b: Array) -> Array:
    """Return the scalar product of three-vectors, summed in a fixed order."""
    return a[..., 0] * b[..., 0] + a[..., 1] * b[..., 1] + a[..., 2] * b[..., 2]


def normalised(v: Array) -> Array:
    """Return the vectors (of 3 or 4 elements) at unit length; a zero vector gives NaN."""
    squares = v[..., 0] ** 2
    for column in range(1, v.shape[-1]):
        squares = squares + v[..., column] ** 2
    with np.errstate(invalid="ignore", divide="ignore"):
        return v / np.sqrt(squares)[..., None]


def about(axis: Array, angle_rad: Array | float) -> Array:
    """Return the rotation by ``angle_rad`` about the unit vector ``axis``."""
    half = np.asarray(angle_rad, dtype=np.float64)[..., None] / 2.0
    return np.concatenate([np.cos(half), np.sin(half) * axis], axis=-1)


def twist(q: Array, axis: Array) -> Array:
    """Return the angle in rad, within ±π, that ``q`` turns about the unit vector ``axis`` (swing-twist split)."""
    angle = 2.0 * np.arctan2(dot(q[..., 1:], axis), q[..., 0])
    return (angle + np.pi) % (2.0 * np.pi) - np.pi


def swing(q: Array, axis: Array) -> Array:
    """Return the angle in rad of what remains of ``q`` when the turn about ``axis`` is taken out."""
    along = np.hypot(q[..., 0], dot(q[..., 1:], axis))
    return 2.0 * np.arccos(np.clip(along, 0.0, 1.0))


def shortest(start: Array, end: Array) -> Array:
    """Return the smallest rotation that turns the unit vector ``start`` into ``end``."""
    sum_ = normalised(start + end)
    if np.any(np.isnan(sum_)):
        helper = np.eye(3)[int(np.argmin(np.abs(start)))]
        return np.concatenate([[0.0], normalised(cross(start, helper))])
    return np.concatenate([dot(start, sum_)[..., None], cross(start, sum_)], axis=-1)


def continuous(q: Array, before: Array | None = None) -> Array:
    """Choose the sign of each row so that it is nearest to the one before it (``before`` for the first)."""
    earlier = np.empty_like(q)
    earlier[:1] = q[:1] if before is None else before
    earlier[1:] = q[:-1]
    products = earlier * q
    against = products[:, 0] + products[:, 1] + products[:, 2] + products[:, 3] < 0.0
    return q * np.cumprod(np.where(against, -1.0, 1.0))[:, None] if against.any() else q


def from_xyzw(q: Array) -> Array:
    """Turn scipy's element order into ours."""
    return np.roll(q, 1, axis=-1)


def to_xyzw(q: Array) -> Array:
    """Turn our element order into scipy's."""
    return np.roll(q, -1, axis=-1)
