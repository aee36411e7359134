"""What the commands take from the command line, checked as it is read."""

from __future__ import annotations

import argparse
import math


def seconds(text: str) -> float:
    """Read a length of time: a number above 0 that has an end."""
    return _number(text, lowest=0.0, expected="a number of seconds above 0")


def speed(text: str) -> float:
    """Read a speed: 0 or a number above it."""
    return _number(text, lowest=-math.ulp(0.0), expected="0 (as fast as it goes) or a number above it")


def _number(text: str, lowest: float, expected: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not lowest < value < math.inf:
        raise argparse.ArgumentTypeError(f"expected {expected}, found {text!r}")
    return value
