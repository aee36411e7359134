"""What the therapist chooses acts at once, everywhere, and is there again at the next start."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel

from biofeedback.appearance import language
from biofeedback.ui.console.home import Home
from biofeedback.ui.console.page_protocol import Page
from biofeedback.ui.console.settings_dialog import SettingsDialog
from biofeedback.ui.console.shell import Shell
from biofeedback.ui.console.welcome import Welcome
from biofeedback.ui.settings import Settings, keep, load, speak


@pytest.fixture(autouse=True)
def _english_again(qapp):
    yield
    speak(language.ENGLISH)


@pytest.fixture
def shell(qtbot):
    window = Shell(settings=Settings(language="en", theme="light"))
    qtbot.addWidget(window)
    window.add("welcome", Welcome)
    window.go("welcome")
    window.show()
    return window


def _choose(qtbot, shell: Shell, part: str, value: str) -> None:
    if shell.findChild(SettingsDialog) is None:
        shell.show_settings()
    dialog = shell._settings_dialog
    assert dialog is not None
    segment = dialog.parts[part].segment(value)
    qtbot.mouseClick(segment, Qt.MouseButton.LeftButton)


def test_another_language_is_spoken_at_once_and_told(qtbot, shell):
    heard: list[Settings] = []
    shell.settings_changed.connect(heard.append)
    _choose(qtbot, shell, "language", "de")
    assert shell.page.title == "Willkommen"
    assert shell.windowTitle().startswith("Willkommen")
    assert heard[-1].language == "de"
    dialog = shell._settings_dialog
    assert dialog is not None
    assert dialog.isVisible()
    assert dialog.windowTitle() == "Einstellungen"
    assert dialog.focusWidget() is dialog.parts["language"].segment("de")


def test_colours_size_and_keys_act_at_once(qtbot, shell):
    _choose(qtbot, shell, "theme", "patient_contrast")
    assert shell.look.theme == "patient_contrast"
    assert shell.grab().toImage().pixelColor(5, 300).name() == "#000000"
    _choose(qtbot, shell, "text_scale", "1.5")
    assert shell.page.look.scale == 1.5
    qtbot.mouseClick(shell._settings_dialog.parts["keys_shown"], Qt.MouseButton.LeftButton)
    assert shell.look.keys is False
    narrower = shell._foot.primary.sizeHint().width()
    qtbot.mouseClick(shell._settings_dialog.parts["keys_shown"], Qt.MouseButton.LeftButton)
    assert shell._foot.primary.sizeHint().width() > narrower


def test_from_right_to_left_and_back(qtbot, shell):
    speak(language.PSEUDO)
    assert QGuiApplication.layoutDirection() == Qt.LayoutDirection.RightToLeft
    speak("de")
    assert QGuiApplication.layoutDirection() == Qt.LayoutDirection.LeftToRight


def test_the_settings_open_from_every_kind_of_page(qtbot, shell):
    shell.add("home", Home)
    shell.go("home")
    qtbot.keyClick(shell, Qt.Key.Key_Comma, Qt.KeyboardModifier.ControlModifier)
    assert shell._settings_dialog is not None


@pytest.mark.parametrize(
    "name", ["home", "exercises", "sensors", "check", "calibration", "set-summary", "session-summary"]
)
def test_help_says_three_things_and_the_keys(qtbot, shell, name):
    shell.add(name, Page)
    shell.go(name)
    shell.show_keys()
    words = [label.text() for label in shell._help.findChildren(QLabel)]
    assert words[0] == "Help"
    assert words[4] == "Keys"
    assert all(len(sentence) > 20 for sentence in words[1:4])


def test_what_was_chosen_is_there_at_the_next_start(tmp_path):
    chosen = Settings(language="de", theme="patient_contrast", text_scale=1.75, keys_shown=False, screen="HDMI-1")
    keep(tmp_path, chosen)
    assert load(tmp_path) == chosen
    assert [path.name for path in tmp_path.iterdir()] == ["settings.json"]
    assert load(tmp_path / "not there") == Settings()


@given(
    st.one_of(
        st.binary(max_size=60),
        st.dictionaries(
            st.sampled_from(["language", "theme", "text_scale", "keys_shown"]),
            st.one_of(st.none(), st.integers(), st.text(max_size=5), st.floats()),
        ).map(lambda d: json.dumps(d).encode()),
    )
)
def test_a_spoilt_file_counts_as_nothing_chosen(tmp_path_factory, spoilt):
    folder = tmp_path_factory.mktemp("home")
    (folder / "settings.json").write_bytes(spoilt)
    settings = load(folder)
    assert 1.0 <= settings.text_scale <= 2.0
    assert settings.theme in ("", "light", "dark", "patient_contrast")
    assert settings.spoken() in language.languages()
