"""The ring of the limb's picture stands for the band: the end is within the ring when its angle is within the band."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from biofeedback.ui.patient import limb as limb_view
from biofeedback.ui.patient import render
from biofeedback.ui.patient.figure import FIGURES
from biofeedback.ui.patient.frame import make_frame
from biofeedback.ui.patient.limb import _MARKER, _OUTLINE, _RIM, _ring

MARGIN_DEG = 2.5


def _off(point, way):
    """Return how far a point is from the nearest of a way's points, which stand close together."""
    return min(math.dist(point, one) for one in way)


@given(
    st.sampled_from(["leg", "arm", "trunk"]),
    st.floats(0.0, 1.0),
    st.floats(6.0, 80.0),
    st.floats(0.0, 1.0),
    st.floats(0.6, 1.3),
)
def test_the_end_of_the_limb_is_within_the_ring_when_its_angle_is_within_the_band(limb, place, width, share, scale):
    figure = FIGURES[limb]
    low, high = figure.limits
    near = low + place * (high - low - width)
    far, value = near + width, low + share * (high - low)
    aim, goal = _ring(figure, near, far, scale)
    pose = figure.pose(value)
    thick = max(_MARKER / scale, *(p.radius + _OUTLINE / scale if p.points[-1] == pose.end else 0 for p in pose.parts))
    within = _off(pose.end, goal.points) <= goal.radius - thick + 8.0  # the points of a way are up to 16 apart
    beyond = max(near - value, value - far)
    if beyond < -MARGIN_DEG:
        assert within
    elif beyond > MARGIN_DEG:
        assert not within
    assert near <= aim <= far
    assert goal.radius <= max(figure.ring, _RIM * thick)


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize(("limb", "band", "angle"), [
    ("leg", (4.0, 14.0), 80.0), ("leg", (20.0, 30.0), -5.0), ("arm", (80.0, 100.0), 10.0),
    ("arm", (80.0, 100.0), 150.0), ("trunk", (25.0, 40.0), 0.0), ("trunk", (25.0, 40.0), 80.0),
])  # fmt: skip
def test_the_marker_points_to_the_ring(page, tick, monkeypatch, limb, band, angle, mirrored):
    """On a bow: it points within a right angle of the straight line."""
    pointed = []
    monkeypatch.setattr(limb_view, "marker", lambda draw, shown, at, radius, way: pointed.append((shown, at, way)))
    view = page(view="limb", limb=limb, band=band, mirror=mirrored)
    render(view, tick("below" if angle < band[0] else "above", 0.5, angle), (1280, 720))
    (shown, at, way), = pointed  # fmt: skip
    assert shown in ("below", "above")
    frame = make_frame(1280, 720, goal=view.goal)
    placing = limb_view.Placing.in_stage(frame.stage, FIGURES[limb], _far(FIGURES[limb], band), mirrored=mirrored)
    ring = placing.point(FIGURES[limb].pose(sum(band) / 2).end) - at
    assert ring.x() * math.cos(math.radians(way)) + ring.y() * math.sin(math.radians(way)) > 0


def _far(figure, band):
    return max(band, key=lambda edge: abs(edge - figure.rest))
