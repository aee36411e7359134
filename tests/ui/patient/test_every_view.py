"""Every view in every state: texts large, whole and apart; states told apart by any eye; shapes that can be seen."""

import itertools
import math

import numpy as np
import pytest
from PySide6.QtCore import QRectF

from biofeedback.appearance import language
from biofeedback.ui.patient.draw import Draw
from biofeedback.ui.patient.estimate import choice_at, tiles
from biofeedback.ui.patient.frame import make_frame
from biofeedback.ui.patient.panel import places
from biofeedback.ui.patient.text import SMALLEST, elided, fitted_size, text_width
from biofeedback.ui.showcase import patient as showcase
from tests.ui.patient.colour import EYES, contrast, differences

SAMPLES = {sample.name: sample for sample in showcase.samples()}
WINDOWS = (((1280, 720), 1.0), ((720, 1280), 1.0), ((1024, 768), 2.0), ((900, 600), 1.5), ((1680, 720), 2.0))


class Longer(dict):
    """A language whose words are 40 % longer than English."""

    def get(self, text, default=None):
        words = (w if "{" in w else w + "enuaneru"[: math.ceil(0.4 * len(w))] for w in text.split())
        return " ".join(words)


@pytest.fixture
def longer(qapp, monkeypatch, request):
    known = language.catalogue(request.param) if request.param == "de" else language.Catalogue("longer", words=Longer())
    language.use("en")  # forgets what was found before
    monkeypatch.setattr(language, "_now", known)
    assert language.tr("Bring the bar into the band") != "Bring the bar into the band"
    yield
    monkeypatch.undo()
    language.use("en")


@pytest.fixture
def written(monkeypatch):
    """Return the texts as they are drawn: what was asked for, what is seen, its size, and its box."""
    texts = []
    draw_text = Draw.text

    def spy(self, at, text, size, *, weight=400, ink="ink", align="left", width=0.0, smallest=SMALLEST):
        seen = text
        if width:
            size = fitted_size(text, size, weight, width, smallest)
            seen = elided(text, size, weight, width)
        wide = text_width(seen, size, weight)
        left = at.x() - {"left": 0, "centre": wide / 2, "right": wide}[align]
        texts.append((seen, size, QRectF(left, at.y() - 0.72 * size, wide, 0.74 * size)))
        draw_text(self, at, seen, size, weight=weight, ink=ink, align=align)

    monkeypatch.setattr(Draw, "text", spy)
    return texts


def _check(written, window, where):
    for text, size, box in written:
        assert size >= SMALLEST - 0.01, (where, text, size)
        assert window.adjusted(8, 8, -8, -8).contains(box), (where, text, box)
    for (one, _, a), (two, _, b) in itertools.combinations(written, 2):
        assert not a.intersects(b), (where, one, two, a, b)


def _draw(sample, size, text_scale, mirrored=False):
    """Draw a sample from its last tick alone: texts do not depend on the ticks before."""
    still = showcase.Sample(sample.name, sample.page, showcase.steady(sample.ticks(sample.at_s)))
    return showcase.picture(still, size, text_scale=text_scale, mirrored=mirrored, frames=1)


@pytest.mark.parametrize(("size", "text_scale"), WINDOWS, ids=str)
def test_texts_of_every_view_are_large_inside_and_apart(qapp, written, size, text_scale):
    for sample in SAMPLES.values():
        written.clear()
        _draw(sample, size, text_scale)
        _check(written, make_frame(*size).whole, (sample.name, size))


@pytest.mark.parametrize(
    ("longer", "mirrored"), [("longer", False), ("longer", True), ("de", False)], indirect=["longer"]
)
@pytest.mark.parametrize("size", [(1280, 720), (720, 1280)], ids=str)
def test_words_of_another_language_fit_whole(longer, written, size, mirrored):
    for sample in SAMPLES.values():
        written.clear()
        _draw(sample, size, 1.0, mirrored)
        _check(written, make_frame(*size).whole, (sample.name, size))
        for text, _, _ in written:
            assert "…" not in text, (sample.name, text)


@pytest.mark.parametrize("size", [(1280, 720), (720, 1280)], ids=str)
@pytest.mark.parametrize("name", ["column-below", "kite-waits", "set-done", "rest"])
def test_what_is_read_from_right_to_left_stands_from_right_to_left(qapp, written, pixels, name, size):
    """Number before unit, done before to come, time left from where one begins to read; the stage stays."""
    begins = {}
    for mirrored in (False, True):
        written.clear()
        seen = pixels(_draw(SAMPLES[name], size, 1.0, mirrored))
        texts = {text: box for text, _size, box in written}
        frame = make_frame(*size, goal=SAMPLES[name].page.goal, mirrored=mirrored)
        if name == "rest":
            if size[0] > size[1]:
                assert (texts["Rest"].center().x() > texts["0:43"].center().x()) is mirrored
            row = seen[int((texts["0:43"].bottom() + 0.1 * 1000 + 20) * frame.scale)]
        else:
            number = next(box for text, box in texts.items() if text.isdigit())
            assert (number.center().x() > texts["of 8"].center().x()) is mirrored
            row = seen[int(_dots_y(frame) * frame.scale)] if name == "column-below" else None
        if row is not None:
            blue = np.flatnonzero((row == _IN_TARGET).all(axis=1))
            begins[mirrored] = blue.mean() / frame.scale - _middle(frame, name, size)
    if begins:
        assert begins[False] < -30 < 30 < begins[True]


_IN_TARGET = (0x00, 0x65, 0xA8)


def _dots_y(frame):
    return places(frame, 8).dots_box.center().y()


def _middle(frame, name, size):
    return frame.width / 2 if name == "rest" else places(frame, 8).dots_box.center().x()


PAIRS = [
    ("column-below", "column-in"), ("column-in", "column-above"), ("column-below", "column-above"),
    ("columns-less", "columns-more"), ("columns-more", "columns-in"), ("columns-less", "columns-in"),
    ("plane-less", "plane-more"), ("plane-more", "plane-in"), ("plane-less", "plane-in"),
    ("limb-arm-more", "limb-arm-in"), ("limb-leg-more", "limb-leg-in"), ("limb-trunk-more", "limb-trunk-in"),
    ("balance-away", "balance-back"), ("balance-back", "balance-near"),
    ("tempo-together", "tempo-ahead"), ("tempo-ahead", "tempo-behind"), ("tempo-together", "tempo-behind"),
    ("kite-50%", "kite-waits"), ("sluice-50%", "sluice-waits"), ("kite-0%", "kite-100%"), ("sluice-0%", "sluice-100%"),
    ("order-in", "order-early"), ("order-early", "order-late"), ("order-in", "order-late"),
    ("gait-left-longer", "gait-even"), ("path-ramp", "path-multisine"),
]  # fmt: skip


@pytest.mark.parametrize("theme", ["light", "dark", "patient_contrast"])
def test_the_states_of_every_view_differ_for_every_eye(qapp, pixels, theme):
    """Somewhere on the picture an area as large as the marker or more must look clearly different."""
    size = (384, 216)
    seen = {
        name: pixels(showcase.picture(SAMPLES[name], size, theme, frames=30))
        for name in {name for pair in PAIRS for name in pair}
    }
    marker = np.pi * (0.046 * size[1]) ** 2
    for one, two in PAIRS:
        where = (seen[one] != seen[two]).any(axis=2)
        for eye in EYES:
            difference, pixels_with_it = differences(seen[one][where], seen[two][where], eye)
            assert pixels_with_it[difference >= 15].sum() >= marker, (one, two, eye)


def test_what_carries_success_in_a_game_can_be_seen_on_its_scenery(qapp):
    from biofeedback.appearance import theme as tokens
    from biofeedback.ui.patient.scenes import _COLOURS

    for theme, scenery in _COLOURS.items():
        for figure, ground in (("in_target", "sky"), ("ink", "far"), ("ink", "near"), ("ink", "sky")):
            assert contrast(tokens(theme)[figure], scenery[ground]) >= 3.0, (theme, figure, ground)
        assert contrast(tokens(theme)["surface"], tokens(theme)["in_target"]) >= 3.0  # the boat's rim on its hull


@pytest.mark.parametrize("size", [(1920, 1080), (1080, 1920), (1024, 768), (1680, 720)], ids=str)
def test_the_pictures_of_an_estimate_are_large_and_found_where_they_are(qapp, size):
    frame = make_frame(*size)
    places = tiles(frame)
    for a, b in itertools.combinations(places, 2):
        assert not a.intersects(b)
    for number, tile in enumerate(places, 1):
        assert frame.whole.contains(tile)
        assert min(tile.width(), tile.height()) >= 295
        at = tile.center() * frame.scale
        assert choice_at(frame, at.x(), at.y()) == number
    assert choice_at(frame, 1, 1) is None
