"""Every page for someone who sees nothing and has no mouse: each control has a name, and Tab comes to all of them."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QAbstractButton, QApplication, QWidget

from biofeedback.session.room.view import PlaceView
from biofeedback.ui.console.body_picture import BodyPicture
from biofeedback.ui.console.glyphs import Glyph
from biofeedback.ui.console.look import Look
from biofeedback.ui.console.people_table import ACT, PeopleTable
from biofeedback.ui.console.person_form import AddPerson, EditPerson
from biofeedback.ui.console.settings_dialog import SettingsDialog
from biofeedback.ui.console.shell import Shell
from biofeedback.ui.console.touch_check import TouchCheck
from biofeedback.ui.settings import Settings
from biofeedback.ui.showcase import people, therapist

_PAGES = ("welcome", "home-recover", "exercises-chosen", "sensors-why", "check-weak", "live-lost", "set-summary")


def _shots() -> list[therapist.Shot]:
    by_name = {shot.name: shot for shot in therapist.SHOTS}
    calibration = next(name for name in by_name if name.startswith("calibration-"))
    session = next(name for name in by_name if name.startswith("session-"))
    return [by_name[name] for name in (*_PAGES, calibration, session)]


@pytest.fixture(params=_shots(), ids=lambda shot: shot.name)
def shell(request, qtbot):
    window = Shell(theme="light")
    qtbot.addWidget(window)
    window.add(request.param.name, request.param.make)
    page = window.go(request.param.name)
    window.show()
    request.param.after(page)
    QApplication.processEvents()
    yield window
    page.leave()


def _reached_by_tab(widget: QWidget) -> bool:
    shown = widget.isVisible() and widget.isEnabled()
    return shown and bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus) and widget.focusProxy() is None


def _name(widget: QWidget) -> str:
    spoken = widget.accessibleName() or (widget.text() if isinstance(widget, QAbstractButton) else "")
    return spoken.strip()


def test_every_control_has_a_name(shell):
    controls = [one for one in shell.findChildren(QWidget) if _reached_by_tab(one)]
    assert controls
    assert [f"{type(one).__name__} {one.objectName()}" for one in controls if not _name(one)] == []


def test_what_is_read_out_is_whole_and_in_words(shell, qtbot):
    shell.activateWindow()
    qtbot.waitUntil(lambda: QApplication.focusWidget() is not None)
    assert _name(QApplication.focusWidget())  # what is heard when the page comes
    signs = {sign.accessibleName() for sign in shell.findChildren(Glyph)}
    assert signs <= {""}  # their words stand beside them; what the program calls them is nobody's language
    for choice in [one for one in shell.findChildren(QAbstractButton) if one.isVisible() and one.group() is not None]:
        assert QAccessible.queryAccessibleInterface(choice).role() == QAccessible.Role.RadioButton
    names = [one.accessibleName() for one in shell.findChildren(QWidget)]
    for table in shell.findChildren(PeopleTable):
        model = table.model()
        names += [model.index(0, column).data(Qt.ItemDataRole.AccessibleTextRole) for column in range(ACT + 1)]
    assert [name for name in names if name.endswith(", ") or name.startswith((", ", ": "))] == []


def test_a_sensor_that_is_listened_to_is_not_said_to_be_unused(qtbot):
    picture = BodyPicture(Look("light"))
    qtbot.addWidget(picture)
    place = PlaceView(id="thigh", number=1, kind="imu", name="Thigh", place="thigh", side=None, sensor="s1")
    picture.show_places((place,), "thigh")
    assert [one.accessibleName() for one in picture.findChildren(QAbstractButton)] == ["1 Thigh, Listening"]


def _by_arrows(widget: QWidget) -> bool:
    """Whether the arrows lead to it: a choice of several, of which Tab comes to the one that holds."""
    group = widget.group() if isinstance(widget, QAbstractButton) else None
    return group is not None and group.exclusive() and not widget.isChecked() and group.checkedButton() is not None


def test_tab_comes_to_every_control_and_leaves_it(shell, qtbot):
    shell.activateWindow()
    wanted = {one for one in shell.findChildren(QWidget) if _reached_by_tab(one) and not _by_arrows(one)}
    seen: list[QWidget] = []
    for _ in range(3 * len(wanted) + 10):
        qtbot.keyClick(QApplication.focusWidget() or shell, Qt.Key.Key_Tab)
        here = QApplication.focusWidget()
        assert here is not None
        if seen and here is seen[0]:
            break
        assert here not in seen, f"{_name(here)} keeps the focus"
        seen.append(here)
    assert [f"{type(one).__name__}: {_name(one)}" for one in wanted - set(seen)] == []


def _dialogs(parent, look):
    yield SettingsDialog(parent, look, Settings())
    yield TouchCheck(parent, look, lambda command: None)
    yield AddPerson(parent, look, "P-001")
    yield EditPerson(parent, look, people.clinic()[0].person, people.NOW)


def test_every_control_of_every_dialog_has_a_name(qtbot):
    parent, found = QWidget(), 0
    qtbot.addWidget(parent)
    for dialog in _dialogs(parent, Look("light")):
        dialog.show()
        controls = [one for one in dialog.findChildren(QWidget) if _reached_by_tab(one)]
        found += len(controls)
        nameless = [f"{type(dialog).__name__}: {type(one).__name__}" for one in controls if not _name(one)]
        assert nameless == []
        dialog.close()
    assert found > 20
