"""A sensor that sends at another rate than its profile says: every time and angle from it would be wrong."""

from __future__ import annotations


def rate_words(ratio: float, nominal_hz: float) -> str:
    """Say what a sensor sends, what its profile says, and what to do."""
    said = f"It sends {ratio * nominal_hz:.0f} a second, its profile says {nominal_hz:.0f}."
    if ratio > 1:
        return f"{said} Choose another profile, or set the sensor to that rate."
    return f"{said} Move it closer, choose another profile, or set the sensor to that rate."
