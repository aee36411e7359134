"""Pages and ticks as an engine would give them."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtGui import QImage

from biofeedback.session.view import STATES, TICK, PatientView

LIVE = PatientView(
    screen="live",
    view="column",
    limb="leg",
    mirror=False,
    side="right",
    goal="Bring the bar into the band",
    praise="The bar stayed in the band",
    low=0.56,
    high=0.74,
    band=(4.0, 14.0),
    done=3,
    of=8,
    results=(True, False, True),
    levels=(0.6, 0.5, 0.66),
    countdown_end_s=2.0,
    rest_end_s=45.0,
    rest_total_s=60.0,
    set_number=1,
    set_count=3,
    probe_done=1,
    probe_of=3,
)


@pytest.fixture
def page(qapp):
    """Return a maker of pages: ``page(screen="rest")``."""
    return lambda **changes: replace(LIVE, **changes)


@pytest.fixture
def tick():
    """Return a maker of ticks: ``tick("below", 0.3)``."""

    def make(state="idle", level=0.1, value=80.0, *, hold_left_s=0.0, cue=True, time_s=0.0, arrived_s=0.0):
        row = np.zeros(1, TICK)
        row["state"], row["level"], row["goal_value"] = STATES.index(state), level, value
        row["hold_left_s"], row["cue"], row["time_s"], row["arrived_s"] = hold_left_s, cue, time_s, arrived_s
        return row[0]

    return make


@pytest.fixture
def pixels():
    """Return a reader of pictures: an array of shape (height, width, 3), red first."""

    def read(image: QImage):
        image = image.convertToFormat(QImage.Format.Format_RGB888)
        rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
        return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()

    return read
