"""The states are told apart by an eye of any kind, and in grey."""

import itertools

import numpy as np
import pytest

from biofeedback.appearance import theme as tokens
from biofeedback.ui.patient import render
from biofeedback.ui.patient.frame import around, make_frame
from biofeedback.ui.patient.panel import places
from tests.ui.patient.colour import EYES, ciede2000, contrast, differences

_SEEN = {}  # pictures by state and theme, painted once
THEMES = ("light", "dark", "patient_contrast")


def test_the_colour_difference_is_the_published_one():
    # pairs 1, 7, 17 and 25 of the supplement to the paper above
    pairs = [
        ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
        ((50, 0, 0), (50, -1, 2), 2.3669),
        ((50, 2.5, 0), (73, 25, -18), 27.1492),
        ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
    ]
    for one, two, expected in pairs:
        assert ciede2000(np.array(one, float), np.array(two, float)) == pytest.approx(expected, abs=1e-4)


@pytest.fixture
def box_of(page, tick, pixels):
    """Return the pixels of a state: of its symbol, or of the column's fill below the band."""
    frame = make_frame(960, 540, goal=page().goal)
    symbol = frame.pixels(around(places(frame, 8).symbol, 110))
    stage = frame.stage
    levels = {"below": 0.5, "in": 0.65, "above": 0.9}

    def cut(state, theme, part):
        if (state, theme) not in _SEEN:
            row = tick(state, levels.get(state, 0.65), hold_left_s=2)
            _SEEN[state, theme] = pixels(render(page(low=0.56, high=0.8), row, (960, 540), theme))
        image = _SEEN[state, theme]
        if part == "symbol":
            return image[symbol.top() : symbol.bottom(), symbol.left() : symbol.right()]
        x, y = stage.center().x() * frame.scale, (stage.bottom() - 60) * frame.scale
        return image[int(y - 120) : int(y), int(x - 50) : int(x + 50)]

    return cut


def difference(one, two, eye):
    values, pixels_with_it = differences(one, two, eye)
    return float(np.average(values, weights=pixels_with_it))


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("eye", EYES)
def test_symbols_differ_for_every_eye(box_of, theme, eye):
    boxes = {state: box_of(state, theme, "symbol") for state in ("below", "in", "above", "hold")}
    for one, two in (("below", "in"), ("in", "above")):
        assert difference(boxes[one], boxes[two], eye) >= (15 if eye == "grey" else 25), (one, two)
    assert difference(boxes["below"], boxes["above"], eye) >= 12
    assert difference(boxes["in"], boxes["hold"], eye) >= 8


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("eye", EYES)
def test_fills_differ_for_every_eye(box_of, theme, eye):
    boxes = {state: box_of(state, theme, "fill") for state in ("below", "in", "above")}
    for one, two in itertools.combinations(boxes, 2):
        assert difference(boxes[one], boxes[two], eye) >= 8, (one, two)


TEXT = [
    ("ink", "window"),
    ("ink", "surface"),
    ("ink_soft", "window"),
    ("in_target", "window"),
    ("out_of_target", "window"),
]
SHAPE = [
    ("in_target", "surface"),
    ("in_target", "track"),
    ("in_target", "window"),
    ("out_of_target", "surface"),
    ("out_of_target", "target_band"),
    ("band_edge", "surface"),
    ("band_edge", "target_band"),
    ("ink", "target_band"),
    ("ink", "track"),
    ("ink_soft", "surface"),
    ("quiet", "surface"),
    ("quiet", "window"),
    ("body", "surface"),
]


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("roles", "least"), [(pair, 4.5) for pair in TEXT] + [(pair, 3.0) for pair in SHAPE], ids=str)
def test_contrast_of_text_and_shapes(theme, roles, least):
    assert contrast(*(tokens(theme)[role] for role in roles)) >= least
