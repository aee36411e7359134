"""Feet that walk: pitch of each stride from push-off to flat foot, an impact at each landing, any mounting."""

import numpy as np
from scipy.spatial.transform import Rotation

GRAVITY = 9.80665


def foot(landings_s, duration_s, rate_hz, rng, *, push_deg=60.0, slap_deg=22.0, closing=1.0, creep_deg=0.0, noise=True):
    """Return acceleration and angular velocity of one foot, shape (n_samples, 6), and when the pushes are fastest.

    The last step is only a share ``closing`` of the others; after each landing the foot goes on for ``creep_deg``.
    """
    times_s = np.arange(0.0, duration_s, 1.0 / rate_hz)
    pitch_rate = np.zeros_like(times_s)
    impact = np.zeros_like(times_s)
    terminals = []
    stride_s = np.diff(landings_s, prepend=landings_s[0] - (landings_s[1] - landings_s[0]))
    sizes = np.ones(len(landings_s))
    sizes[-1] = closing
    for landing, stride, size in zip(landings_s, stride_s, sizes, strict=True):
        swing_s = 0.38 * stride
        lift = landing - swing_s
        terminals.append(lift - 0.04 * stride)  # the fastest pitch of the push-off
        pitch_rate -= bump(times_s, lift - 0.20 * stride, lift, size * push_deg, peak=0.8)
        pitch_rate += bump(times_s, lift, landing, size * (push_deg + slap_deg))
        pitch_rate -= bump(times_s, landing, landing + 0.10 * stride, size * slap_deg)
        pitch_rate += bump(times_s, landing - 0.05, landing + 0.4, creep_deg)
        since = np.clip(times_s - landing, 0.0, 1.0)
        ringing = np.exp(-since / 0.02) * np.cos(2.0 * np.pi * 25.0 * since)
        impact += np.where(times_s >= landing, 40.0 * ringing, 0.0)
    pitch = np.cumsum(pitch_rate) / rate_hz
    gyr = np.column_stack([np.zeros_like(pitch), np.radians(pitch_rate), np.zeros_like(pitch)])
    angle = np.radians(pitch)
    acc = GRAVITY * np.column_stack([-np.sin(angle), np.zeros_like(pitch), np.cos(angle)])
    acc[:, 2] += impact
    mounting = Rotation.random(random_state=rng)
    samples = np.hstack([mounting.apply(acc), mounting.apply(gyr)])
    if noise:
        samples += rng.normal(0.0, [0.1] * 3 + [0.02] * 3, samples.shape)
    return times_s, samples, np.array(terminals)


def bump(times_s, start_s, end_s, angle_deg, peak=0.5):
    """Return a rate that turns by the angle between two moments, fastest at ``peak`` of the way."""
    share = np.clip((times_s - start_s) / (end_s - start_s), 0.0, 1.0)
    a = 2.0 * peak / (1.0 - peak) if peak > 0.5 else 2.0
    shape = share**a * (1.0 - share) ** 2.0
    grid = np.linspace(0.0, 1.0, 1001)
    whole = np.trapezoid(grid**a * (1.0 - grid) ** 2.0, grid)
    return angle_deg * shape / (whole * (end_s - start_s))
