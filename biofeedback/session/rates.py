"""A sensor that sends at another rate than its profile says: every time and angle from it would be wrong."""

from __future__ import annotations


def rate_words(ratio: float, nominal_hz: float) -> str:
    """Say what a sensor sends, what its profile says, and what to do."""
    said = f"Sends {ratio * nominal_hz:.0f} a second, its profile says {nominal_hz:.0f}:"
    return f"{said} {'change profile or rate.' if ratio > 1 else 'move it closer, or change the rate.'}"
