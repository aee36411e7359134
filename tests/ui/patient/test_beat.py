"""The beat of frames: even, never two in one period, and none made up for."""

import time

import pytest

from biofeedback.ui.patient.beat import Beat

PERIOD_S = 0.01


@pytest.fixture
def heard(qapp, qtbot):
    """Return a beat, and a function that hears so many of them: seconds from the moment it was set to begin."""
    beat = Beat(qapp, PERIOD_S)

    def listen(count, first_s, then=lambda number: None):
        beats_s = []

        def take():
            beats_s.append(time.perf_counter() - began_s)
            then(len(beats_s))

        beat.due.connect(take)
        began_s = time.perf_counter()
        beat.next_in(first_s)
        qtbot.waitUntil(lambda: len(beats_s) >= count)
        return beats_s

    yield beat, listen
    beat.stop()
    beat.deleteLater()


def test_no_beat_comes_before_its_time(heard):
    _beat, listen = heard
    for number, at_s in enumerate(listen(20, first_s=PERIOD_S), start=1):
        assert at_s >= number * PERIOD_S


def test_beats_that_were_missed_are_left_out(heard):
    _beat, listen = heard
    beats_s = listen(4, first_s=0.0, then=lambda number: time.sleep(5.5 * PERIOD_S) if number == 1 else None)
    assert beats_s[1] >= 5.5 * PERIOD_S
    assert beats_s[2] >= 6 * PERIOD_S
    assert beats_s[3] >= 7 * PERIOD_S


def test_a_beat_can_be_moved_and_stopped_while_it_is_told(heard):
    beat, listen = heard
    beats_s = listen(2, first_s=0.0, then=lambda number: beat.next_in(8 * PERIOD_S) if number == 1 else beat.stop())
    assert beats_s[1] - beats_s[0] >= 8 * PERIOD_S
    assert not beat.isActive()
