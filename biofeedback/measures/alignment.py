"""How a sensor sits on its segment, and the joint angles clinicians read, once that is known.

Segment axes as the ISB has them: X ahead, Y up along the segment, Z to the right (Wu et al. 2002, 2005, J Biomech).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from biofeedback.dsp import quaternion

Array = NDArray[np.float64]


def functional_axis(moment: Array) -> tuple[Array, float]:
    """Return the main axis of a movement, shape (3,), and the share of it that is about this axis, 0…1.

    Parameters
    ----------
    moment
        Shape (3, 3), the sum of the outer products of the angular velocity; the sign of the axis is free.
    """
    values, vectors = np.linalg.eigh(moment)
    return vectors[:, -1], float(values[-1] / values.sum())


def segment_axes(up: Array, across: Array) -> Array:
    """Return the segment's axes in sensor coordinates as rows X, Y, Z, shape (3, 3).

    Parameters
    ----------
    up
        Shape (3,), what points up along the segment in the pose: this direction is kept.
    across
        Shape (3,), the joint's axis, to the right: only its part across ``up`` counts.
    """
    y = quaternion.normalised(up)
    x = quaternion.normalised(quaternion.cross(y, across))
    return np.stack([x, y, quaternion.cross(x, y)])


def plane_elevation_rotation(relative: Array) -> Array:
    """Return the intrinsic Y-X-Y angles in rad, shape (n, 3), of quaternions (n, 4); the second is 0…π.

    For a left upper arm seen from the thorax (Wu et al. 2005, J Biomech 38:981) the plane of elevation, elevation and
    axial rotation, the first and the last with the sign changed. These two add up to what is within ± π; each alone
    means little near an elevation of 0 and π.
    """
    w, x, y, z = (relative[:, i] for i in range(4))
    elevation = 2.0 * np.arctan2(np.hypot(x, z), np.hypot(w, y))
    half_sum, half_difference = np.arctan2(y, w), np.arctan2(-z, x)
    plane = _wrapped(half_sum + half_difference)
    return np.stack([plane, elevation, _wrapped(2.0 * half_sum) - plane], axis=1)


def _wrapped(angle_rad: Array) -> Array:
    return (angle_rad + np.pi) % (2.0 * np.pi) - np.pi


def grood_suntay(relative: Array) -> Array:
    """Return the angles Z, X, Y in rad, shape (n, 3), of distal from proximal quaternions (n, 4).

    Intrinsic Z (flexion), floating X (ad/abduction), Y (axial rotation): Grood & Suntay 1983, J Biomech Eng 105:136.
    """
    w, x, y, z = (relative[:, i] for i in range(4))
    about_z = np.arctan2(2.0 * (w * z - x * y), w * w - x * x + y * y - z * z)
    about_x = np.arcsin(np.clip(2.0 * (w * x + y * z), -1.0, 1.0))
    about_y = np.arctan2(2.0 * (w * y - x * z), w * w - x * x - y * y + z * z)
    return np.stack([about_z, about_x, about_y], axis=1)
