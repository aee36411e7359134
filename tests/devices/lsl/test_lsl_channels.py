"""Whatever a sender writes about its channels is understood, or is said not to be."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from biofeedback.devices.drivers.lsl_channels import described

G, DEGREE = 9.80665, math.pi / 180


def xml(*channels: dict[str, str]) -> str:
    rows = ("".join(f"<{tag}>{text}</{tag}>" for tag, text in one.items()) for one in channels)
    listed = "".join(f"<channel>{row}</channel>" for row in rows)
    return f"<?xml version='1.0'?><info><name>x</name><desc><channels>{listed}</channels></desc></info>"


def test_published_forearm_stream():
    """The inlet of the sheet: one channel of EMG in mV."""
    found = described(xml({"label": "Digitorum", "unit": "mV"}), "EMG", 1)
    (channel,) = found.channels
    assert (channel.name, channel.quantity, channel.scale) == ("digitorum", "emg", 1e-3)
    assert found.doubts == ()


@pytest.mark.parametrize(
    ("labels", "kinds", "stream_type"),
    [
        (("accX", "accY", "accZ", "gyroX", "gyroY", "gyroZ"), None, "IMU"),
        (("X", "Y", "Z", "x", "y", "z"), ["Accelerometer"] * 3 + ["Gyroscope"] * 3, "MoCap"),
        (tuple("abcdef"), [f"{kind}{axis}" for kind in ("Acceleration", "AngularVelocity") for axis in "XYZ"], "MoCap"),
        (("Leg Acc X [g]", "Leg Acc Y [g]", "Leg Acc Z [g]", "Leg Gyr X", "Leg Gyr Y", "Leg Gyr Z"), None, ""),
        (("ax", "ay", "az", "gx", "gy", "gz"), None, ""),
        (("one", "two", "three", "four", "five", "six"), ["ACC"] * 3 + ["GYR"] * 3, "Motion"),
    ],
)  # fmt: skip
def test_motion_has_its_axes_at_the_end_of_the_names(labels, kinds, stream_type):
    units = ["g"] * 3 + ["deg/s"] * 3
    channels = [
        {"label": label, "unit": unit} | ({"type": kinds[at]} if kinds else {})
        for at, (label, unit) in enumerate(zip(labels, units, strict=True))
    ]
    found = described(xml(*channels), stream_type, 6).channels
    assert [one.quantity for one in found] == ["acceleration"] * 3 + ["angular_velocity"] * 3
    assert [one.name[-2:] for one in found] == ["_x", "_y", "_z"] * 2
    assert [one.scale for one in found] == pytest.approx([G] * 3 + [DEGREE] * 3)
    assert len({one.name for one in found}) == 6


@pytest.mark.parametrize(
    ("channel", "stream_type", "quantity", "scale"),
    [
        ({"label": "Adductor magnus", "unit": "uV"}, "EMG", "emg", 1e-6),
        ({"label": "RAW", "unit": "mV"}, "00:07:80:4D:2E:76", "emg", 1e-3),  # OpenSignals: its address as the type
        ({"label": "EXG 3", "unit": "microvolts"}, "EEG", "emg", 1e-6),
        ({"label": "Soleus", "unit": "-6"}, "EMG", "emg", 1e-6),
        ({"label": "load", "unit": "kg"}, "Scale", "other", 1.0),
        ({"label": "Cz", "unit": "microvolts", "type": "EEG"}, "EEG", "other", 1.0),
        ({"label": "EMG envelope", "unit": "mV"}, "EMG", "emg_envelope", 1e-3),
        ({"label": "q", "type": "OrientationB", "unit": "quaternion"}, "MoCap", "orientation", 1.0),
        ({"label": "q", "type": "OrientationP", "unit": "degrees"}, "MoCap", "angle", DEGREE),
        ({"label": "thigh", "type": "PositionX", "unit": "meters"}, "MoCap", "other", 1.0),
        ({"label": "handle", "unit": "N"}, "Force", "force", 1.0),
    ],
)  # fmt: skip
def test_what_a_channel_measures(channel, stream_type, quantity, scale):
    found = described(xml(channel), stream_type, 1)
    assert (found.channels[0].quantity, found.channels[0].scale) == (quantity, pytest.approx(scale))
    assert found.doubts == ()


@pytest.mark.parametrize(
    ("unit", "stream_type", "quantity", "doubt"),
    [
        ("", "EMG", "emg_counts", "no unit is given"),
        ("furlong", "EMG", "emg_counts", "the unit 'furlong' is unknown"),
        ("mV", "Accelerometer", "other", "the unit 'mV' is unknown or does not fit"),
        ("\u202eV", "Gyroscope", "other", "'?V'"),
    ],
)
def test_units_that_are_not_known_are_counts_and_it_is_said(unit, stream_type, quantity, doubt):
    found = described(xml({"label": "a", "unit": unit}, {"label": "b", "unit": unit}), stream_type, 2)
    assert {one.quantity for one in found.channels} == {quantity}
    assert all(one.scale == 1.0 for one in found.channels)
    (said,) = found.doubts
    assert doubt in said
    assert "kept as counts" in said


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<info>",
        "no xml",
        "<info><desc/></info>",
        "\x00",
        "<!DOCTYPE a [<!ENTITY b 'c'>]><info>&b;</info>",
        "<a/>" * 3,
    ],
)
def test_without_a_description_the_type_alone_tells(text):
    found = described(text, "EMG", 2)
    assert [one.name for one in found.channels] == ["ch1", "ch2"]
    assert {one.quantity for one in found.channels} == {"emg_counts"}


def test_descriptions_of_other_numbers_of_channels():
    one = xml({"label": "a", "unit": "V"})
    assert [channel.quantity for channel in described(one, "EMG", 3).channels] == ["emg", "emg_counts", "emg_counts"]
    assert len(described(xml(*[{"label": "a", "unit": "V"}] * 5), "EMG", 2).channels) == 2


ANY = st.text(max_size=30) | st.sampled_from(["g", "EMG", "acc", "x", "quat", "°/s", "uV", "acc_x", "acc_x_2", "-6"])


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(ANY, ANY, ANY), max_size=8), ANY, st.integers(1, 10))
def test_any_description_gives_that_many_channels_of_different_names(rows, stream_type, n_channels):
    from xml.sax.saxutils import escape

    text = xml(*({"label": escape(a), "type": escape(b), "unit": escape(c)} for a, b, c in rows))
    found = described(text, stream_type, n_channels)
    assert len(found.channels) == n_channels
    assert len({channel.name for channel in found.channels}) == n_channels
    assert all(channel.scale > 0 and channel.name.isprintable() for channel in found.channels)


@given(st.text(max_size=300))
def test_any_text_instead_of_a_description(text):
    assert len(described(text, text, 3).channels) == 3
