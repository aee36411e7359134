"""A leg that moves as told, with a sensor anyhow on thigh and shank: what the joint tests measure against."""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation

RATE = 100.0
_THIGH_M = 0.42


def out_and_back(t, period_s):
    phase = np.mod(t, period_s) / period_s
    return (1.0 - np.cos(2.0 * np.pi * phase)) / 2.0


def movement(kind, seconds=25.0, off_plane=1.0):
    """Return times, hip and knee flexion, sway and turn of the leg in rad; still for the first 3 s."""
    t = np.arange(round(seconds * RATE)) / RATE
    u = np.maximum(t - 3.0, 0.0)
    if kind == "walking":
        return t, *walking(u, off_plane)
    knee_from, knee_to, hip_from, hip_to = {
        "knee extension": (90.0, 5.0, 88.0, 90.0),
        "squat": (0.0, 110.0, 0.0, 85.0),
        "sit to stand": (90.0, 5.0, 90.0, 2.0),
    }[kind]
    way = out_and_back(u, 4.0)
    hip, knee = hip_from + (hip_to - hip_from) * way, knee_from + (knee_to - knee_from) * way
    quiet = 0.2 * off_plane if kind == "knee extension" else off_plane
    sway = quiet * 3.0 * np.sin(2.0 * np.pi * 0.4 * u)
    turn = quiet * 4.0 * np.sin(2.0 * np.pi * 0.23 * u)
    return t, *(np.radians(angle) for angle in (hip, knee, sway, turn))


def walking(u, off_plane):
    """Strides of 1.1 s that set in within half a second: the knee bends while the thigh swings both ways."""
    phase = 2.0 * np.pi * 0.9 * u
    begins = np.clip(u / 0.5, 0.0, 1.0)
    hip = (10.0 + 22.0 * np.cos(phase)) * begins
    knee = (28.0 - 28.0 * np.cos(phase - 1.8) + 8.0 * np.sin(2.0 * phase)) * begins
    sway, turn = 4.0 * np.sin(phase) * begins * off_plane, 6.0 * np.sin(phase + 0.5) * begins * off_plane
    return [np.radians(angle) for angle in (hip, knee, sway, turn)]


def sensors(kind, seed, wobble_deg=2.0, off_plane=1.0, twist_deg=0.0):
    """Return times, samples of thigh and shank, shape (n, 6), and the true knee angle in rad.

    The shank turns ``twist_deg`` to and fro about its length, at a rate that has nothing to do with the movement's.
    """
    rng = np.random.default_rng(seed)
    t, hip, knee, sway, turn = movement(kind, off_plane=off_plane)
    thigh = about("z", turn) * about("y", sway) * about("x", hip)
    twist = np.radians(twist_deg) * np.sin(2.0 * np.pi * 0.37 * np.maximum(t - 3.0, 0.0))
    shank = thigh * about("x", -knee) * about("z", twist)
    joint = thigh.apply([0.0, 0.0, -_THIGH_M])
    places = (thigh.apply([0.05, 0.06, -0.2]), joint + shank.apply([0.04, 0.05, -0.15]))
    wobble = np.radians(wobble_deg) * np.column_stack([np.sin(2 * knee), np.sin(knee), np.sin(1.5 * knee)])
    samples = [
        _measured(segment * Rotation.from_rotvec(wobble * rng.choice([-1, 1], 3)), place, rng)
        for segment, place in zip((thigh, shank), places, strict=True)
    ]
    return t, *samples, knee


def strapped_on(samples, rng, seconds=12.0):
    """Return samples of a sensor that is turned in the hands, then put where ``samples`` begin, still for 2 s."""
    t = np.arange(round(seconds * RATE))[:, None] / RATE
    swings = [rng.normal(size=3) * 0.6 * np.sin(2.0 * np.pi * f * t + rng.uniform(0, 6, 3)) for f in (0.15, 0.3, 0.5)]
    turned = Rotation.from_rotvec(sum(swings) * np.clip((t[-1] - t - 2.0) / 2.0, 0.0, 1.0))
    rate = np.zeros((len(t), 3))
    rate[:-1] = (turned[:-1].inv() * turned[1:]).as_rotvec() * RATE
    acc, bias = samples[:200, :3].mean(axis=0), samples[:200, 3:].mean(axis=0)
    before = np.hstack([turned.inv().apply(np.tile(acc, (len(t), 1))), rate + bias])
    return before + rng.normal(size=before.shape) * ([0.05] * 3 + [0.003] * 3)


def about(axis, angle):
    return Rotation.from_rotvec(angle[:, None] * np.eye(3)["xyz".index(axis)])


def _measured(segment, place, rng):
    sensor = segment * Rotation.from_quat(rng.normal(size=4))
    rate = np.zeros((len(place), 3))
    rate[:-1] = (sensor[:-1].inv() * sensor[1:]).as_rotvec() * RATE
    force = np.gradient(np.gradient(place, axis=0), axis=0) * RATE**2 + [0.0, 0.0, 9.81]
    acc = sensor.inv().apply(force) + rng.normal(size=rate.shape) * 0.05
    gyr = rate + rng.normal(size=rate.shape) * 0.003 + np.radians(rng.uniform(-0.5, 0.5, 3))
    return np.hstack([acc, gyr])
