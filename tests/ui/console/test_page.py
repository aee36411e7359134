"""What the page shows, in every state and form."""

import re
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QAbstractButton, QAbstractSlider, QComboBox, QLabel, QLineEdit, QWidget

from biofeedback.appearance import theme
from biofeedback.appearance.language import ENGLISH, languages
from biofeedback.exercises import model
from biofeedback.feedback.rating import RepetitionRater
from biofeedback.session import commands as ask
from biofeedback.session.view import Reason
from biofeedback.ui.console.choices import Segmented
from biofeedback.ui.console.controls import Button
from biofeedback.ui.console.labels import ElidedText
from biofeedback.ui.console.lanes import lane_heights, natural_height
from biofeedback.ui.console.look import TEXT_PAIRS, Look, style_sheet
from biofeedback.ui.console.pages import FullPage, PageKind, TabPage, share_height
from biofeedback.ui.console.table import table_height
from biofeedback.ui.console.window import ConsoleWindow
from biofeedback.ui.settings import speak
from biofeedback.ui.showcase.session import repetitions

SIZES = [(1280, 720), (1440, 900), (2560, 1440)]


def texts(window):
    shown = [label.text() for label in window.findChildren(QLabel) if label.isVisible()]
    return shown + [line.text for line in window.findChildren(ElidedText) if line.isVisible()]


def cell(window, row, title):
    model = window.page.table.model
    column = [column.title for column in model.columns].index(title)
    return model.data(model.index(row, column))


@pytest.mark.parametrize(
    ("state", "words", "button"),
    [
        ("ready", ["Set 2 of 3", "Ready", "No repetition yet"], "Start set 2"),
        ("countdown", ["Starts in 3"], "Pause"),
        ("live", ["Hold", "72", "Hamstring above 20\u2009% for 1.1 s", "active minutes of 15"], "Pause"),
        ("paused", ["Paused", "active minutes, stopped"], "Go on"),
        ("lost", ["Biceps femoris: no signal for 0.9 s. Press the electrode.", "Loss, biceps 100\u2009%"], "Pause"),
        ("recovered", ["This window closed and came back after 3 s. Nothing was lost."], "Pause"),
        ("rest", ["Rest 0:42", "11:42"], "Start next set"),
        ("finished", ["Sets done", "Set 3 of 3"], "End session"),
        ("empty", ["Not recording", "Not saved yet"], "Start set 2"),
    ],
)
def test_each_state_says_what_is(console, state, words, button):
    window, _ = console(state)
    shown = texts(window)
    assert [word for word in words if word not in shown] == []
    assert window.page.transport.primary_button.text() == button


def test_the_table_is_newest_first_with_its_reasons(console):
    window, _ = console()
    assert [cell(window, row, "Rep") for row in range(7)] == ["7", "6", "5", "4", "3", "2", "1"]
    assert cell(window, 0, "Score") == "Moving"
    assert cell(window, 0, "Range") == "…"
    assert cell(window, 1, "Why") == "Hamstring above 20\u2009% for 1.1 s"
    assert cell(window, 1, "Muscle") == "47"
    assert cell(window, 3, "Score") == "No score"
    assert cell(window, 3, "Timing") == "–"
    assert cell(window, 1, "Feedback") == "Off"


def test_the_weakest_part_is_marked_only_under_seventy(scripted):
    from biofeedback.ui.console.columns import weakest_part

    rows = scripted.repetitions()
    assert [weakest_part(row) for row in rows] == [None, "range", "timing", None, None, "muscle", None]


def test_an_undone_repetition_stays_and_counts_no_more(console, pass_time):
    window, session = console()
    rows = list(session.page.repetitions)
    rows[5] = replace(rows[5], undone=True)
    session.change(repetitions=tuple(rows))
    pass_time(window, session)
    assert cell(window, 1, "Why").startswith("Undone: ")
    assert window.page.transport.undo_button.text() == "Undo repetition 5"
    assert "In target, held 1.2 s" in texts(window)


def test_a_probe_is_named(console, pass_time):
    window, session = console()
    rows = list(session.page.repetitions)
    rows[5] = replace(rows[5], probe=True, feedback=False)
    session.change(repetitions=tuple(rows))
    pass_time(window, session)
    assert cell(window, 1, "Feedback") == "On their own"


def test_more_columns_and_the_events_come_from_1600(console):
    narrow, _ = console(size=(1440, 900))
    wide, _ = console(size=(1920, 1080))
    assert len(narrow.page.table.model.columns) == 9
    assert [c.title for c in wide.page.table.model.columns][8:12] == [
        "Short by", "Hold missing", "Too high for", "Smoothness",
    ]  # fmt: skip
    assert narrow.page.events is None
    assert "Mark: grimace, asked, no pain" in texts(wide)


def test_the_events_listed_are_the_newest(console, pass_time, scripted):
    window, session = console(size=(2560, 1440))
    new = scripted.EventView(clock="14:23:00", text="Mark: yawned")
    session.change(events=(new, *session.page.events))
    pass_time(window, session)
    shown = texts(window)
    assert shown.index("Mark: yawned") < shown.index("Repetition 6 counted, 72")


@pytest.mark.parametrize("size", SIZES)
def test_a_banner_moves_nothing_but_the_table(console, scripted, pass_time, size):
    window, session = console(size=size)
    page = window.page

    def places():
        fixed = [page.charts, page.transport, page.feedback, page.preview, page.status]
        return [widget.geometry() for widget in fixed] + [page.charts.lane_plot(x.id) for x in session.page.lanes]

    before, table = places(), page.table.height()
    session.change(banner=scripted.LOST)
    pass_time(window, session, 0.01)
    assert page.banner.isVisible()
    assert places() == before
    assert table - page.table.height() == 48 + 12
    assert page.table.view.height() >= 28 + 32
    session.change(banner=None)
    pass_time(window, session, 0.01)
    assert (places(), page.table.height()) == (before, table)


def test_a_changing_banner_keeps_its_buttons(console, scripted, pass_time):
    window, session = console("lost")
    button = window.page.banner.button("Go on without it")
    session.change(banner=replace(scripted.LOST, title="Biceps femoris: no signal for 1.9 s. Press the electrode."))
    pass_time(window, session)
    assert window.page.banner.button("Go on without it") is button


def test_other_messages_are_counted(console, scripted, pass_time):
    window, session = console()
    session.change(banner=replace(scripted.LOST, others=2))
    pass_time(window, session)
    assert any(text.endswith("2 more messages after this.") for text in texts(window))


def test_a_banner_button_with_an_unknown_command_says_so(console, scripted, pass_time, qtbot):
    window, session = console()
    action = scripted.BannerAction(command="Blink", label="Blink the sensor", key="I")
    session.change(banner=replace(scripted.LOST, actions=(action,)))
    pass_time(window, session)
    qtbot.keyClick(window, Qt.Key.Key_I)
    assert session.sent == []
    assert window.page.status.message


def test_a_pause_without_a_banner_of_its_own_gets_one(console, pass_time):
    window, session = console("paused")
    session.change(banner=None)
    pass_time(window, session, 8.0)
    assert "Paused. Cues and sound are off." in texts(window)
    assert any(re.search("Paused for 0:0[78]", text) for text in texts(window))


def test_a_silent_engine_is_told(console, pass_time):
    window, session = console()
    session.lives = False
    pass_time(window, session)
    assert any(text.startswith("The session does not answer.") for text in texts(window))
    session.lives = True
    pass_time(window, session)
    assert window.page.banner.isHidden()


def test_a_window_that_came_back_says_so(console, qtbot):
    window, session = console(came_back=True)
    assert "This window closed and came back. Nothing was lost." in texts(window)
    qtbot.mouseClick(window.page.banner.button("Close"), Qt.MouseButton.LeftButton)
    assert session.sent == []


@pytest.mark.parametrize(("state", "sent"), [("live", [ask.Pause()]), ("countdown", [ask.Pause()]), ("rest", [])])
def test_closing_in_a_set_pauses_it(console, state, sent):
    window, session = console(state)
    window.close()
    assert session.sent == sent


def test_figures_change_at_most_five_times_a_second(console):
    window, session = console()
    seen = []
    for _ in range(30):
        session.now_s += 1 / 30
        session.change(active_s=session.page.active_s + 60)
        window.pull()
        seen.append(window.page._strip._active.text())
    assert 3 <= len(set(seen)) <= 6


def test_a_new_phase_shows_at_once(console, scripted):
    window, session = console()
    session.page = scripted.page_of("paused")
    session.now_s += 0.001
    window.pull()
    assert window.page.transport.primary_button.text() == "Go on"


def test_a_switch_does_not_jump_back_on_an_older_page(console, qtbot, pass_time):
    window, session = console()
    qtbot.keyClick(window, Qt.Key.Key_C)
    session.change(loss_percent=0.3)
    pass_time(window, session)
    assert not window.page.feedback._cues.isChecked()


def test_controls_follow_the_session_without_asking(console, pass_time):
    window, session = console()
    feedback = replace(session.page.feedback, cues=False, volume=8, schedule="none", difficulty="fixed")
    session.change(feedback=feedback)
    pass_time(window, session)
    card = window.page.feedback
    assert (card._cues.isChecked(), card._volume.value()) == (False, 8)
    assert (card._schedule.choice, card._difficulty.choice) == ("none", "fixed")
    assert session.sent == []


@pytest.mark.parametrize(
    ("act", "command"),
    [
        (lambda page: page.feedback._schedule.segment("third").click(), ask.SetSchedule("third")),
        (lambda page: page.feedback._difficulty.segment("fixed").click(), ask.SetDifficulty("fixed")),
        (lambda page: page.feedback._volume.setValue(7), ask.SetVolume(7)),
        (lambda page: page.feedback.easier.click(), ask.Easier()),
        (lambda page: page.preview._views.activated.emit(1), ask.SetView("limb", False)),
        (lambda page: page.preview.blank_button.click(), ask.Blank(True)),
        (lambda page: page.transport.next_button.click(), ask.NextSet()),
        (lambda page: page.transport.undo_button.click(), ask.UndoRepetition()),
    ],
)
def test_each_control_sends_its_command(console, act, command):
    window, session = console()
    act(window.page)
    assert session.sent == [command]


def test_a_view_that_is_not_offered_is_named_all_the_same(console, pass_time):
    window, session = console()
    patient, views = session.page.patient, window.page.preview._views
    session.change(patient=replace(patient, view="kite", views=("column", "limb")))
    pass_time(window, session)
    assert (views.currentIndex(), views.placeholderText()) == (-1, "Game: kite")
    session.change(patient=replace(patient, view="limb", mirror=True, views=("column", "limb")))
    pass_time(window, session)
    assert views.currentText() == "Moving limb, as in a mirror"
    session.change(patient=replace(patient, view="kite", views=("column", "limb")))
    pass_time(window, session)
    window.page.preview.next_view()
    assert session.sent == [ask.SetView("column", None)]


def test_on_a_machine_with_hardly_a_turn_a_second_the_preview_goes_on(console):
    window, session = console()
    seen = []
    window._page.advance_preview = lambda tick, now_s: seen.append(now_s)
    for _ in range(16):
        session.now_s += 0.4  # everything is due at each turn
        session.change(repetitions=session.page.repetitions)
        window._turn()
    assert len(seen) >= 2


def test_no_sound_device_is_said(console, pass_time):
    window, session = console()
    session.change(feedback=replace(session.page.feedback, sound_device=""))
    pass_time(window, session)
    assert "Sound off: no device" in texts(window)
    assert "no sound device" in texts(window)
    assert not window.page.feedback._sound.isEnabled()


def test_a_low_battery_asks_for_charge(console, pass_time):
    window, session = console()
    session.change(sensors=(replace(session.page.sensors[0], battery_percent=18.0), *session.page.sensors[1:]))
    pass_time(window, session)
    chip = window.page.status._chips[0]
    assert chip.accessibleName() == "Thigh: good, battery 18\u2009%, charge"


def test_a_long_name_is_cut_in_its_middle_and_kept_whole_elsewhere(console, pass_time):
    window, session = console(size=(1280, 720))
    name = "Knee extension in sitting with a very long description of what it is for, right"
    session.change(exercise_name=name)
    pass_time(window, session)
    line = window.page._strip._exercise
    assert line.cut
    assert (line.toolTip(), line.accessibleName()) == (name, name)


@pytest.mark.parametrize(
    ("size", "scale", "form"),
    [
        ((1280, 720), 1.0, "full"), ((1440, 900), 1.0, "full"), ((1440, 900), 1.5, "tabs"), ((1440, 900), 2.0, "tabs"),
        ((1920, 1080), 1.5, "full"), ((1920, 1080), 2.0, "tabs"), ((2560, 1440), 2.0, "full"),
        ((899, 1200), 1.0, "tabs"),
    ],
)  # fmt: skip
def test_the_form_of_the_page_suits_the_window(console, size, scale, form):
    window, _ = console(size=size, text_scale=scale)
    assert PageKind.of(window.size(), scale).form == form
    assert type(window.page) is {"full": FullPage, "tabs": TabPage}[form]


@pytest.mark.parametrize(
    ("state", "size", "scale"),
    [
        ("lost", (1440, 900), 2.0),
        ("rest", (1440, 900), 2.0),
        ("rest", (1920, 1080), 1.5),
        ("lost", (1280, 720), 1.0),
        ("rest", (1280, 720), 1.0),
    ],
)
def test_no_word_of_a_button_or_label_is_cut(console, state, size, scale):
    window, _ = console(state, size=size, text_scale=scale)
    tight = []
    for button in window.findChildren(Button):
        if button.isVisible() and button.width() < button._content_width():
            tight.append(button.text())
    for label in window.findChildren(QLabel):
        if label.isVisible() and not label.wordWrap():
            metrics = QFontMetrics(label.font())
            if label.width() < metrics.horizontalAdvance(label.text()) or label.height() < metrics.ascent():
                tight.append(label.text())
    assert tight == []
    bottom = window.page.status.geometry().bottom()
    assert bottom <= window.page.height()
    reason = [line for line in window.findChildren(ElidedText) if "Hamstring" in line.text and line.isVisible()]
    assert [line.text for line in reason if line.cut] == []


def test_a_change_of_form_keeps_the_note_and_the_picture(console, qtbot, pass_time):
    window, session = console()
    window.page.transport.note.setText("stiff")
    window.set_text_scale(2.0)
    window.set_theme("dark")
    pass_time(window, session)
    assert window.page.transport.note.text() == "stiff"
    assert window.page.charts.lane("knee_angle").ring is not None


@pytest.mark.parametrize(("state", "scale"), [("lost", 1.0), ("empty", 1.0), ("live", 2.0)])
def test_everything_one_can_use_has_a_name(console, state, scale):
    window, _ = console(state, text_scale=scale)
    kinds = (QAbstractButton, QAbstractSlider, QComboBox, QLineEdit)
    unnamed = [
        widget
        for widget in window.findChildren(QWidget)
        if isinstance(widget, kinds)
        and widget.isVisible()
        and not widget.accessibleName()
        and not widget.objectName().startswith("qt_")
        and type(widget).__module__.startswith("biofeedback")
    ]
    assert unnamed == []
    for widget in (window.page.charts, window.page.table.view, window.page.preview.display):
        assert widget.accessibleName()


def test_the_lanes_are_read_aloud(console, pass_time):
    window, session = console("lost")
    pass_time(window, session)
    spoken = window.page.charts.accessibleDescription()
    assert "Knee angle, 4° bent, Hold, 0 to 12°" in spoken
    assert "Biceps femoris, – % of ref., Check sensor" in spoken


def contrast(one, other):
    def luminance(colour):
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("name", ["light", "dark", "patient_contrast"])
def test_every_text_stands_out_from_its_ground(name):
    colours = theme(name)
    weak = {pair: contrast(colours[pair[0]], colours[pair[1]]) for pair in TEXT_PAIRS}
    assert {pair: ratio for pair, ratio in weak.items() if ratio < 4.5} == {}


# Every pair of a shape that means something and the ground it stands on.
_SHAPES = [
    (shape, ground)
    for shape in ("accent", "in_target", "out_of_target", "warning", "fault", "quiet", "line_strong", "band_edge")
    for ground in ("surface", "window")
] + [("warning", "warning_soft"), ("fault", "fault_soft"), ("accent", "accent_soft"), ("band_edge", "target_band")]


@pytest.mark.parametrize("name", ["light", "dark", "patient_contrast"])
def test_every_shape_stands_out_from_its_ground(name):
    colours = theme(name)
    weak = {pair: contrast(colours[pair[0]], colours[pair[1]]) for pair in _SHAPES}
    signals = {
        (signal, ground): contrast(signal, colours[ground])
        for signal in colours.signals
        for ground in ("surface", "target_band")
    }
    assert {pair: ratio for pair, ratio in (weak | signals).items() if ratio < 3.0} == {}


@pytest.mark.parametrize("name", ["light", "dark", "patient_contrast"])
def test_the_style_sheet_uses_tested_pairs_and_tokens_only(name):
    sheet, colours = style_sheet(Look(name)), theme(name).colours
    roles = {value.lower(): role for role, value in reversed(colours.items())}
    used = {found.lower() for found in re.findall(r"#[0-9A-Fa-f]{6}", sheet)}
    assert used <= set(roles)
    for block in re.findall(r"\{([^}]*)\}", sheet):
        ink = re.search(r"(?<![-\w])color: (#\w+)", block)
        ground = re.search(r"background: (#\w+)", block)
        if ink and ground:
            assert contrast(ink[1], ground[1]) >= 4.5, block


def test_heights_are_shared(scripted):
    look = Look()
    for height in (472, 652, 832, 1192):
        for count in range(1, 9):
            top = share_height(height - 12, count, look)
            assert height - 12 - top >= table_height(3, look) or top == 160
    assert share_height(640, 3, look) >= natural_height(3, look)
    assert sum(lane_heights(3, 370, look)) == 370
    assert lane_heights(3, 370, look) == [178, 96, 96]
    assert len(lane_heights(8, 300, look)) < 8


def test_words():
    from biofeedback.ui.console import words

    assert words.figure(-3.4) == "−3"
    assert words.figure(-0.2) == "0"
    assert words.with_unit(12, "°") == "12°"
    assert words.with_unit(12, "%") == "12\u2009%"
    assert words.clock(3909) == "1:05:09"
    assert words.sentence(Reason("{a:.0f} % too much", {"a": 4.0})) == "4\u2009% too much"


def test_without_a_theme_the_system_is_followed(console, monkeypatch):
    from PySide6.QtGui import QGuiApplication

    from biofeedback.ui.console import window as module

    window, _ = console(theme=None)
    assert window._look.theme == "light"
    monkeypatch.setattr(module, "system_theme", lambda: "dark")
    QGuiApplication.styleHints().colorSchemeChanged.emit(Qt.ColorScheme.Dark)
    assert window._look.theme == "dark"
    assert window.page.charts._look.theme == "dark"


def test_before_the_first_page_nothing_can_be_pressed(qtbot, scripted):
    session = scripted.ScriptedSession()
    first, session.page = session.page, None
    window = ConsoleWindow(session, theme="light", clock=session.clock)
    window._timer.stop()
    qtbot.addWidget(window)
    window.show()
    window.pull()
    assert {"Opening", "Not recording"} <= set(texts(window))
    qtbot.keyClick(window, Qt.Key.Key_Space)
    assert not window.page.transport.primary_button.isEnabled()
    session.page = first
    window.pull()
    assert window.page.transport.primary_button.isEnabled()
    assert session.sent == []


def test_every_measure_that_is_scored_has_a_title_in_words():
    from biofeedback.ui.console.columns import measure_title

    measures = RepetitionRater(model.find("knee-extension-seated"))._measures
    titles = {measure_title(f"{name}:signal") for name in measures}
    assert len(titles) == len(measures)
    assert not any("_" in title for title in titles)


def test_a_measure_stands_with_its_own_unit():
    from biofeedback.ui.console.columns import columns

    row = replace(
        repetitions(1, going=False)[0],
        measures={"shortfall:biceps": (12.4, "%"), "tempo_error": (0.26, ""), "hold_missing": (None, "s")},
    )
    written = {column.title: column.write(row) for column in columns(tuple(row.measures))}
    assert written["Short by"] == "12\u2009%"
    assert written["Tempo off"] == "0.3"
    assert written["Hold missing"] == "–"


@pytest.mark.parametrize("code", languages())
def test_the_right_side_is_not_pushed_down_by_long_words(console, code):
    """Words that asked for more width than there is made the patient's picture claim a height of its own."""
    speak(code)
    try:
        window, _ = console(size=(1440, 900))
        page = window.page
        assert page.preview.minimumSizeHint().width() <= page.preview.width()
        assert page.feedback.minimumSizeHint().width() <= page.feedback.width()
        for control in page.feedback.findChildren(Segmented):
            assert control.height() == 32
    finally:
        speak(ENGLISH)


@pytest.mark.parametrize("code", languages())
@pytest.mark.parametrize("width", [1280, 1440])
def test_no_word_of_the_phase_is_cut(console, pass_time, code, width):
    speak(code)
    try:
        window, session = console(size=(width, 800))
        strip = window.page._strip
        beside = strip._last.mapTo(strip, strip._last.rect().topLeft())
        for movement in ("rest", "out", "hold", "back"):
            session.page = replace(session.page, movement=movement, version=session.page.version + 1)
            pass_time(window, session)
            words = strip._phase
            assert words.width() >= words.fontMetrics().horizontalAdvance(words.text())
            assert words.visibleRegion().boundingRect().width() == words.width()
            assert strip._last.mapTo(strip, strip._last.rect().topLeft()) == beside
    finally:
        speak(ENGLISH)


@pytest.mark.parametrize(("step", "signal"), [(1, "left"), (2, "check")])
def test_a_done_step_with_a_way_back_is_gone_to_and_the_set_pauses(console, qtbot, step, signal):
    window, session = console(inside=True)
    steps = window.page.top.steps
    with qtbot.waitSignal(getattr(window, signal)):
        qtbot.mouseClick(steps, Qt.MouseButton.LeftButton, pos=steps.boxes()[step].center().toPoint())
    assert session.sent == [ask.Pause()]


def test_no_step_leads_anywhere_from_a_window_of_its_own_or_without_a_way_back(console, qtbot):
    for options, place in (({"inside": True}, 3), ({}, 1)):  # the calibration; the sensors of another window
        window, session = console(**options)
        steps = window.page.top.steps
        gone = []
        steps.chosen.connect(gone.append)
        qtbot.mouseClick(steps, Qt.MouseButton.LeftButton, pos=steps.boxes()[place].center().toPoint())
        assert (gone, session.sent, steps.state(place)) == ([], [], "good")
