"""A person who stands up and sits down: trunk leaning forward before the seat is left, hip rising and going forward.

As force plates under seats show, the trunk leans and goes forward fastest about when the seat is left.
"""

import numpy as np
from scipy.spatial.transform import Rotation

THIGH_M, TRAVEL_M, SEAT_RAD = 0.42, 0.30, np.radians(5.0)
GRAVITY = 9.80665


def smoothstep(share):
    share = np.clip(share, 0.0, 1.0)
    return 10 * share**3 - 15 * share**4 + 6 * share**5


def peaked(since_s, rise_s):
    """Return a way from 0 to 1 that is fastest at 0 s: it takes 0.4 s before and half of the rise after that."""
    before, after = 0.4, 0.5 * rise_s
    share = before / (before + after)
    first = share * (1.0 - smooth_quarter(-since_s / before))
    return np.where(since_s < 0.0, first, share + (1.0 - share) * smooth_quarter(since_s / after))


def smooth_quarter(share):
    """Return a way from 0 to 1 that begins at full speed and ends at rest."""
    return np.sin(np.clip(share, 0.0, 1.0) * np.pi / 2.0)


def sitter(seat_offs_s, duration_s, rate_hz, rng, *, rise_s=1.3, stood_s=1.0, lean_deg=35.0, place="trunk"):
    """Return times and samples of one sensor, shape (n_samples, 6), at any mounting."""
    fine_hz = 1000.0
    t = np.arange(0.0, duration_s, 1.0 / fine_hz)
    thigh, lean = np.full_like(t, SEAT_RAD), np.zeros_like(t)
    for off in seat_offs_s:
        down = off + rise_s + stood_s
        thigh += (np.pi / 2 - SEAT_RAD) * (smoothstep((t - off) / rise_s) - smoothstep((t - down) / rise_s))
        for peak in (off + 0.106 * rise_s + 0.2, down + 0.7 * rise_s):  # flexion ends after the seat is left
            lean += np.radians(lean_deg) * (smoothstep((t - peak + 0.5) / 0.5) - smoothstep((t - peak) / rise_s))
    ahead = np.zeros_like(t)
    for off in seat_offs_s:
        down = off + 2 * rise_s + stood_s
        ahead += TRAVEL_M * (peaked(t - off - 0.106 * rise_s, rise_s) - peaked(down - 0.106 * rise_s - t, rise_s) + 1.0)
    hip = np.column_stack([ahead, np.zeros_like(t), THIGH_M * np.sin(thigh)])
    if place in ("thigh", "knee"):
        pitch, position = thigh, (0.5 if place == "thigh" else 0.1) * hip
    else:
        height = {"trunk": 0.40, "pelvis": 0.10}[place]
        pitch = lean
        position = hip + height * np.column_stack([np.sin(lean), np.zeros_like(t), np.cos(lean)])
    acc = np.gradient(np.gradient(position, t, axis=0), t, axis=0) + np.array([0.0, 0.0, GRAVITY])
    turned = Rotation.from_rotvec(np.column_stack([np.zeros_like(t), pitch, np.zeros_like(t)]))
    gyr = np.column_stack([np.zeros_like(t), np.gradient(pitch, t), np.zeros_like(t)])
    mounting = Rotation.random(random_state=rng)
    rows = np.round(np.arange(0.0, duration_s - 0.002, 1.0 / rate_hz) * fine_hz).astype(int)
    samples = np.hstack([mounting.apply(turned.inv().apply(acc)), mounting.apply(gyr)])[rows]
    samples += rng.normal(0.0, [0.05] * 3 + [0.01] * 3, samples.shape) + np.repeat(rng.normal(0, [0.1, 0.01]), 3)
    return t[rows], samples
