"""What the commands take from the command line, checked as it is read."""

from __future__ import annotations

import argparse
import math
import sys

RATE = "rows a second of a table that has no time column, or a useless one"


def seconds(text: str) -> float:
    """Read a length of time: a number above 0 that has an end."""
    return _number(text, lowest=0.0, expected="a number of seconds above 0")


def speed(text: str) -> float:
    """Read a speed: 0 or a number above it."""
    return _number(text, lowest=-math.ulp(0.0), expected="0 (as fast as it goes) or a number above it")


def rate_hz(text: str) -> float:
    """Read a sampling rate: a number above 0, a million at most."""
    expected = "a number of samples a second above 0, a million at most"
    return _number(text, lowest=0.0, expected=expected, highest=1e6)


def _number(text: str, lowest: float, expected: str, highest: float = sys.float_info.max) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not lowest < value <= highest:
        raise argparse.ArgumentTypeError(f"expected {expected}, found {text!r}")
    return value
