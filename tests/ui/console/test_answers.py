"""The feedback card's vibration line, and the menus of sounds and of what is felt where."""

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction

from biofeedback.session import commands as ask


def feel(session, **changes):
    felt = {"vibration": False, "motors": ("Thigh", "Shank"), "motor_below": "Thigh", "motor_above": "Shank"}
    session.change(feedback=replace(session.page.feedback, **felt | changes))


def item(menu, text) -> QAction:
    return next(action for action in menu.actions() if action.text() == text)


def test_v_turns_vibration_on_where_a_sensor_can(console, qtbot, pass_time):
    window, session = console()
    card = window.page.feedback
    qtbot.keyClick(window, Qt.Key.Key_V)
    assert card._vibration_words.text == "no device"
    assert session.sent == []
    feel(session)
    pass_time(window, session)
    assert card._vibration_words.text == "move away"
    assert card._vibration.toolTip() == "Thigh, Shank: move away from the buzz"
    feel(session, touch_allowed=True)
    pass_time(window, session)
    qtbot.keyClick(window, Qt.Key.Key_V)
    assert session.sent == [ask.SetTouch(True)]


def test_before_the_first_vibration_skin_and_implants_are_asked_about_and_it_is_practised(console, qtbot, pass_time):
    window, session = console()
    feel(session)
    session.change(phase="ready")
    pass_time(window, session)
    qtbot.keyClick(window, Qt.Key.Key_V)
    assert not window.page.feedback._vibration.isChecked()
    check = window.page.feedback._check
    assert check.isVisible()
    assert not check.on.isEnabled()
    assert not check.without.isEnabled()
    assert not check.buzz.isEnabled()
    for switch in check.questions:
        assert session.sent == []
        switch.click()
    assert session.sent == [ask.AllowTouch()]
    for followed in (False, True, True, True):
        assert not check.on.isEnabled()
        check.buzz.click()
        assert not check.buzz.isEnabled()
        (check.followed if followed else check.not_followed).click()
    sides = [command.side for command in session.sent[1:]]
    assert sorted(sides) == ["above", "above", "below", "below"]
    check.on.click()
    assert session.sent[-1] == ask.SetTouch(True)
    qtbot.waitUntil(lambda: window.page.feedback._check is None)


def test_nothing_is_practised_while_a_set_goes_on(console, qtbot, pass_time):
    window, session = console()
    feel(session)
    pass_time(window, session)
    qtbot.keyClick(window, Qt.Key.Key_V)
    check = window.page.feedback._check
    for switch in check.questions:
        switch.click()
    assert not check.buzz.isEnabled()
    assert check.without.isEnabled()


def test_strength_can_be_chosen_where_a_motor_knows_two(console, pass_time):
    window, session = console()
    feel(session, motors=("Shank",), motor_below="Shank", touch_strength="full")
    pass_time(window, session)
    menu = window.page.feedback._touch_menu
    assert not window.page.feedback._places.isHidden()
    assert menu._strengths["full"].isChecked()
    menu._strengths["gentle"].trigger()
    assert session.sent == [ask.SetTouchStrength("gentle")]


@pytest.mark.parametrize(
    ("changes", "words"),
    [({"buzzes": "Shank"}, "Shank buzzes"), ({"buzz_missing": "Shank"}, "Shank: no answer"), ({}, "move away")],
)
def test_a_buzz_is_seen_and_so_is_a_motor_that_does_not_answer(console, pass_time, changes, words):
    window, session = console()
    feel(session, vibration=True, **changes)
    pass_time(window, session)
    assert window.page.feedback._vibration_words.text == words


def test_the_side_is_chosen_in_a_menu(console, pass_time):
    window, session = console()
    card = window.page.feedback
    assert card._places.isHidden()
    feel(session)
    pass_time(window, session)
    assert not card._places.isHidden()
    low = card._touch_menu._low
    assert item(low, "Thigh").isChecked()
    item(low, "Shank").trigger()
    assert session.sent == [ask.SetTouchPlace("below", "Shank")]


def test_sounds_are_set_one_by_one(console, pass_time):
    window, session = console()
    menu = window.page.feedback._sound_menu
    families = {"own movement": 3.0, "guide": 0.0, "signals": 0.0, "metronome": None, "speech": None}
    session.change(
        feedback=replace(session.page.feedback, families=families, voice=True, headphones=True), phase="ready"
    )
    pass_time(window, session)
    assert menu._headphones.isChecked()
    assert menu._gains["own movement"][3.0].isChecked()
    assert menu._gains["metronome"][None].isChecked()
    assert session.sent == []
    menu._gains["metronome"][-6.0].trigger()
    menu._gains["speech"][3.0].trigger()
    menu._sample.trigger()
    menu._headphones.trigger()
    assert session.sent == [
        ask.SetFamily("metronome", -6.0), ask.SetFamily("speech", 3.0), ask.PlaySample(), ask.SetHeadphones(False),
    ]  # fmt: skip


def test_what_is_heard_while_moving_is_chosen_from_what_the_exercise_has(console, pass_time):
    window, session = console()
    menu = window.page.feedback._sound_menu
    modes = ("follow", "steps", "guide", "quiet", "off")
    changed = replace(session.page.feedback, sound_modes=modes, sound_mode="steps", sound_range="narrow")
    session.change(feedback=changed, phase="ready")
    pass_time(window, session)
    assert [mode for mode, action in menu._modes.items() if action.isVisible()] == list(modes)
    assert [mode for mode, action in menu._modes.items() if action.isChecked()] == ["steps"]
    assert menu._ranges["narrow"].isChecked()
    menu._modes["guide"].trigger()
    menu._ranges["wide"].trigger()
    menu._delay.trigger()
    assert session.sent == [ask.SetSound(True, "guide"), ask.SetSoundRange("wide"), ask.MeasureSound()]


def test_nothing_is_tried_out_while_a_set_goes_on(console):
    window, _ = console()
    menu = window.page.feedback._sound_menu
    assert not menu._sample.isEnabled()
    assert not menu._delay.isEnabled()


def test_a_system_without_a_voice_says_so(console):
    window, _ = console()
    menu = window.page.feedback._sound_menu
    assert not menu._speech.isEnabled()
    assert "no voice" in menu._speech.text()
