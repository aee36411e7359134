"""Whatever a file or a sender writes as a unit is understood, or is none."""

from __future__ import annotations

import math
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from biofeedback.stream import UNITS, Quantity
from biofeedback.units import quantity_of, unit_factor, usual_units, volts_from_power

G, DEGREE = 9.80665, math.pi / 180
QUANTITIES: tuple[Quantity, ...] = get_args(Quantity)


@pytest.mark.parametrize(
    ("texts", "quantity", "factor"),
    [
        (("microvolts", "microvolt", "uV", "µV", "μV", "MicroVolts", " uv "), "emg", 1e-6),
        (("millivolts", "mV", "mv", "milli volts"), "emg", 1e-3),
        (("V", "volts", "Volt"), "emg", 1.0),
        (("nV", "nanovolts"), "emg", 1e-9),
        (("1", "V"), "emg_envelope", 1.0),
        (("g", "G", "g-force", "gn", "gs", "g0"), "acceleration", G),
        (("mg", "milli-g"), "acceleration", G / 1000),
        (("m/s2", "m/s²", "m/s^2", "m/s**2", "m s-2", "ms-2", "m·s⁻²", "m.s-2", "meters per second squared", "m/s/s",
          "m/sec2", "mps2"), "acceleration", 1.0),
        (("deg/s", "°/s", "dps", "deg/sec", "degrees/s", "degrees per second", "degrees/second", "deg s-1", "deg.s-1",
          "º/s"), "angular_velocity", DEGREE),
        (("rad/s", "radians/second", "rads/s", "rad s-1", "rad·s⁻¹", "r/s", "radps"), "angular_velocity", 1.0),
        (("mdps",), "angular_velocity", DEGREE / 1000),
        (("uT", "µT", "microtesla", "microteslas"), "magnetic_field", 1.0),
        (("nT",), "magnetic_field", 1e-3),
        (("gauss", "G", "Ga"), "magnetic_field", 100.0),
        (("mG", "milligauss"), "magnetic_field", 0.1),
        (("deg", "°", "degrees"), "angle", DEGREE),
        (("N", "newtons"), "force", 1.0),
        (("kN", "kilonewton"), "force", 1000.0),
        (("furlong", "", "counts", "a.u.", "raw", "1", "0", "-6", "-13", "µ", "m", "mm", "none"), "emg", None),
        (("mV", "rad/s", "deg", "kg", "kilogram"), "acceleration", None),
        (("kg",), "force", None),
    ],
)  # fmt: skip
def test_spellings_of_units(texts, quantity, factor):
    for text in texts:
        assert unit_factor(quantity, text) == (factor if factor is None else pytest.approx(factor)), text


@pytest.mark.parametrize("quantity", QUANTITIES)
def test_usual_units_are_understood_and_the_programs_own_is_one(quantity):
    assert all(unit_factor(quantity, unit) for unit in usual_units(quantity))
    assert unit_factor(quantity, UNITS[quantity]) == 1.0


def test_a_power_of_ten_alone_is_volts():
    assert [volts_from_power(text) for text in ("0", "-3", " -6", "−9", "-13", "1", "uV")] == [
        "V", "mV", "uV", "nV", "-13", "1", "uV",
    ]  # fmt: skip


@given(st.text(max_size=60))
def test_any_text_is_a_unit_or_none(text):
    quantity = quantity_of(text)
    assert quantity is None or unit_factor(quantity, text) is not None
    for one in QUANTITIES:
        factor = unit_factor(one, text)
        assert factor is None or 0 < factor < math.inf
