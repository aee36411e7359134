"""The states are told apart by an eye of any kind, and in grey."""

import itertools

import numpy as np
import pytest

from biofeedback.appearance import theme as tokens
from biofeedback.ui.patient import render
from biofeedback.ui.patient.frame import around, make_frame
from biofeedback.ui.patient.panel import places

THEMES = ("light", "dark", "patient_contrast")

# Machado, Oliveira & Fernandes 2009, severity 1.0, for linear sRGB: https://doi.org/10.1109/TVCG.2009.113
EYES = {
    "normal": np.eye(3),
    "protan": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deutan": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritan": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
    "grey": np.array([[0.2126, 0.7152, 0.0722]] * 3),
}
_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)


def linear(rgb):
    share = np.asarray(rgb) / 255
    return np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)


def lab(rgb, eye):
    seen = np.clip(linear(rgb) @ EYES[eye].T, 0, 1)
    xyz = seen @ _XYZ.T / [0.95047, 1, 1.08883]
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.stack([116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], axis=-1)


def ciede2000(one, two):
    """Colour difference: https://doi.org/10.1002/col.20070."""
    (l1, a1, b1), (l2, a2, b2) = np.moveaxis(one, -1, 0), np.moveaxis(two, -1, 0)
    chroma = (np.hypot(a1, b1) + np.hypot(a2, b2)) / 2
    g = 0.5 * (1 - np.sqrt(chroma**7 / (chroma**7 + 25.0**7)))
    a1, a2 = a1 * (1 + g), a2 * (1 + g)
    c1, c2 = np.hypot(a1, b1), np.hypot(a2, b2)
    h1, h2 = np.degrees(np.arctan2(b1, a1)) % 360, np.degrees(np.arctan2(b2, a2)) % 360
    coloured = c1 * c2 > 0
    turn = np.where(coloured, (h2 - h1 + 180) % 360 - 180, 0)
    dh = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn / 2))
    lm, cm, hm = (l1 + l2) / 2, (c1 + c2) / 2, np.where(coloured, (h1 + turn / 2) % 360, h1 + h2)
    t = 1 - 0.17 * _cos(hm - 30) + 0.24 * _cos(2 * hm) + 0.32 * _cos(3 * hm + 6) - 0.2 * _cos(4 * hm - 63)
    sl = 1 + 0.015 * (lm - 50) ** 2 / np.sqrt(20 + (lm - 50) ** 2)
    sc, sh = 1 + 0.045 * cm, 1 + 0.015 * cm * t
    rt = -2 * np.sqrt(cm**7 / (cm**7 + 25.0**7)) * np.sin(np.radians(60 * np.exp(-(((hm - 275) / 25) ** 2))))
    dl, dc, dh = (l2 - l1) / sl, (c2 - c1) / sc, dh / sh
    return np.sqrt(np.maximum(0, dl**2 + dc**2 + dh**2 + rt * dc * dh))


def _cos(degrees):
    return np.cos(np.radians(degrees))


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
        view = page(low=0.56, high=0.8)
        image = pixels(render(view, tick(state, levels.get(state, 0.65), hold_left_s=2), (960, 540), theme))
        if part == "symbol":
            return image[symbol.top() : symbol.bottom(), symbol.left() : symbol.right()]
        x, y = stage.center().x() * frame.scale, (stage.bottom() - 60) * frame.scale
        return image[int(y - 120) : int(y), int(x - 50) : int(x + 50)]

    return cut


def difference(one, two, eye):
    return float(np.mean(ciede2000(lab(one, eye), lab(two, eye))))


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
    colours = [tokens(theme)[role] for role in roles]
    light, dark = sorted(
        (float(linear([int(c[i : i + 2], 16) for i in (1, 3, 5)]) @ [0.2126, 0.7152, 0.0722]) for c in colours),
        reverse=True,
    )
    assert (light + 0.05) / (dark + 0.05) >= least
