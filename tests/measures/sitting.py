"""A person who stands up and sits down: hip over a fixed knee, trunk leaning forward before the seat is left."""

import numpy as np
from scipy.spatial.transform import Rotation

THIGH_M, SEAT_RAD = 0.42, np.radians(5.0)
GRAVITY = 9.80665


def smoothstep(share):
    share = np.clip(share, 0.0, 1.0)
    return 10 * share**3 - 15 * share**4 + 6 * share**5


def sitter(seat_offs_s, duration_s, rate_hz, rng, *, rise_s=1.3, stood_s=1.0, lean_deg=35.0, place="trunk"):
    """Return times and samples of one sensor, shape (n_samples, 6), at any mounting."""
    fine_hz = 1000.0
    t = np.arange(0.0, duration_s, 1.0 / fine_hz)
    thigh, lean = np.full_like(t, SEAT_RAD), np.zeros_like(t)
    for off in seat_offs_s:
        down = off + rise_s + stood_s
        thigh += (np.pi / 2 - SEAT_RAD) * (smoothstep((t - off) / rise_s) - smoothstep((t - down) / rise_s))
        for peak in (off + 0.106 * rise_s + 0.15, down + 0.7 * rise_s):  # flexion ends after the seat is left
            lean += np.radians(lean_deg) * (smoothstep((t - peak + 0.7) / 0.7) - smoothstep((t - peak) / rise_s))
    hip = THIGH_M * np.column_stack([-np.cos(thigh), np.zeros_like(t), np.sin(thigh)])
    if place == "thigh":
        pitch, position = thigh, 0.5 * hip
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
