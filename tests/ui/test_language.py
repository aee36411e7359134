"""Every text of the windows in every language, and how the right one is found."""

from __future__ import annotations

import ast
import re
import string
import tomllib
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import biofeedback
from biofeedback.appearance import language
from biofeedback.devices import registry
from biofeedback.exercises.model import library
from biofeedback.exercises.sites import SITES
from biofeedback.exercises.views import GOALS, PRAISES
from biofeedback.session.room.wear import Wear

_ROOT = Path(biofeedback.__file__).parent
_LANGUAGES = [code for code in language.languages() if code != language.ENGLISH]
# Where sentences are made that a window passes through `tr` as they come.
_ENGINE = (
    "session/sensors.py", "session/salvage.py", "session/happenings.py", "session/page.py", "session/room/page.py",
    "session/room/connected.py", "session/room/finding.py", "session/room/room.py", "session/room/wear.py",
    "session/trust.py", "session/waking.py", "feedback/rating.py", "feedback/results.py",
    "measures/signal_quality/emg.py", "measures/signal_quality/heart.py", "measures/signal_quality/imu.py",
    "measures/signal_quality/verdict.py",
)  # fmt: skip
# Not shown, or only parts of sentences that are tested whole.
_NOT_SHOWN = {
    "Companion | None", "%s failed", "the session failed", "baseline noise", "keep {a}",
    "{a}: score.measure: {b} is not known; known are {c}",
    "Too fast ", "Slow ", "on the way out", "on the way back", ": {seconds:.1f} s",
    " The recording goes on; its part has no score.", " Cues are off; repetitions get no score.",
    "{a} recordings were", "{a} not closed: the program ended unexpectedly.", "Repetition {a} {b}",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _english_again() -> Iterator[None]:
    yield
    language.use(language.ENGLISH)


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def _trees(*names: str) -> Iterator[tuple[Path, ast.Module]]:
    for path in [_ROOT / name for name in names] or sorted(_ROOT.rglob("*.py")):
        yield path, _tree(path)


def _asked() -> dict[tuple[str, str], str]:
    """Return every (text, context) that is written where `tr` is called, and where."""
    found: dict[tuple[str, str], str] = {}
    for path, tree in _trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "tr":
                given = [one.value for one in node.args if isinstance(one, ast.Constant)]
                if given and len(given) == len(node.args):
                    found[str(given[0]), str(given[1]) if given[1:] else ""] = f"{path.name}:{node.lineno}"
    return found


def _exercise_texts() -> set[str]:
    texts = {text for site in SITES.values() for text in (site.name, site.how)}
    for exercise in library().values():
        said = exercise.instructions
        texts |= {exercise.name, exercise.feedback.goal, exercise.feedback.praise, said.setup, said.person, said.watch}
        texts |= {text for one in exercise.placements for text in (one.name, one.hint)}
        texts |= {text for one in exercise.signals for text in (one.name, one.note, one.word)}
        texts |= {tag.replace("-", " ") for tag in exercise.tags}
    return (texts | {*GOALS.values(), *PRAISES}) - {""}


def _prose(tree: ast.Module) -> Iterator[str]:
    """Yield the sentences of a module: constants and f-strings with a space in them, without docstrings."""
    skipped: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and ast.get_docstring(
            node
        ):
            skipped.add(id(node.body[0].value))  # type: ignore[attr-defined]
        elif isinstance(node, ast.JoinedStr):
            skipped |= {id(part) for value in node.values for part in ast.walk(value)}
            slots = iter(string.ascii_lowercase)
            text = "".join(
                str(part.value) if isinstance(part, ast.Constant) else f"{{{next(slots)}}}" for part in node.values
            )
            if re.search(r"[A-Za-z]{3,}.* ", re.sub(r"\{\w\}", "", text) + " ") and " " in text:
                yield text
    for node in ast.walk(tree):
        text = node.value if isinstance(node, ast.Constant) and id(node) not in skipped else None
        if isinstance(text, str) and " " in text.strip() and re.match(r"[A-Za-z{ ]", text):
            yield text


def _slots(text: str) -> list[str]:
    return sorted(f"{name}:{spec}" for _, name, spec, _ in string.Formatter().parse(text) if name is not None)


@pytest.mark.parametrize("code", _LANGUAGES)
def test_every_text_of_the_windows_is_translated(code: str) -> None:
    known = language.catalogue(code)
    missing = {
        f"{text!r} in {place}"
        for (text, context), place in _asked().items()
        if text not in known.contexts.get(context, {}) and text not in known.words
    }
    assert not missing


@pytest.mark.parametrize("code", _LANGUAGES)
def test_every_text_of_the_exercises_is_translated(code: str) -> None:
    assert not _exercise_texts() - set(language.catalogue(code).words)


@pytest.mark.parametrize("code", _LANGUAGES)
@pytest.mark.parametrize("name", _ENGINE)
def test_every_sentence_of_the_engine_is_translated(code: str, name: str) -> None:
    known = language.catalogue(code)
    assert not [text for text in _sentences(name) if text not in known.words and not _recognised(known, text)]


def _sentences(name: str) -> set[str]:
    return {text for _, tree in _trees(name) for text in _prose(tree)} - _NOT_SHOWN


def _recognised(known: language.Catalogue, sentence: str) -> bool:
    filled = re.sub(r"\{\w\}", "7", sentence)
    return any(said.fullmatch(filled) for said, _ in known.said)


@pytest.mark.parametrize("code", _LANGUAGES)
def test_translations_keep_every_figure(code: str) -> None:
    known = language.catalogue(code)
    tables = tomllib.loads((_ROOT / "appearance" / "languages" / f"{code}.toml").read_text("utf-8"))
    pairs = [
        *known.words.items(),
        *tables["said"].items(),
        *(p for words in known.contexts.values() for p in words.items()),
    ]
    assert not [(english, other) for english, other in pairs if _slots(english) != _slots(other) or not other.strip()]


def test_nothing_is_translated_before_the_language_is_chosen() -> None:
    """A text looked up while a module is loaded would stay English for ever."""
    for path, tree in _trees():
        outside = [
            node for node in tree.body if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        ]
        for node in outside:
            calls = [one for one in ast.walk(node) if isinstance(one, ast.Call) and isinstance(one.func, ast.Name)]
            assert not [one.lineno for one in calls if one.func.id == "tr"], path  # type: ignore[attr-defined]


def test_a_day_is_written_in_the_way_of_the_language() -> None:
    noon = datetime(2026, 3, 9, 12).astimezone()
    assert language.day(noon) == "2026-03-09"
    language.use("de")
    try:
        assert language.day(noon) == "09.03.2026"
    finally:
        language.use(language.ENGLISH)


def test_a_simulated_sensor_is_named_after_its_place_in_the_language() -> None:
    names = [one.name for one in Wear(library()["knee-extension-seated"], "healthy", 1).findings()]
    language.use("de")
    try:
        assert [language.tr(name) for name in names][:2] == ["Simuliert: Oberschenkel", "Simuliert: Unterschenkel"]
    finally:
        language.use(language.ENGLISH)


def test_a_word_means_what_its_context_says() -> None:
    language.use("de")
    assert language.tr("Back") == "Zurück"
    assert language.tr("Back", "body") == "Rückseite"
    assert language.tr("Left", "body") == "Links"
    language.use("en")
    assert language.tr("Back", "body") == "Back"


def test_a_sentence_of_the_engine_is_recognised_with_its_figures_and_names() -> None:
    language.use("de")
    said = language.tr("Thigh: no signal for 0.9 s. Check the sensor.")
    assert said == "Oberschenkel: 0,9 s kein Signal. Sensor prüfen."
    assert language.tr("Connecting again. Cues are off; repetitions get no score.").startswith(
        "Wird neu verbunden. Hin"
    )
    assert language.tr("Knee angle: 12° to 14°, by hand") == "Kniewinkel: 12° auf 14°, durch Hand"


def test_a_sentence_with_hardly_a_word_of_its_own_takes_figures_only() -> None:
    language.use("de")
    assert language.tr("3 of 10") == "3 von 10"
    assert language.tr("Bend and hold of two seconds") == "Bend and hold of two seconds"  # an exercise of one's own


@given(st.text(max_size=60))
def test_any_text_comes_back_whole(text: str) -> None:
    """Names and notes that people type pass through; braces in them do no harm."""
    language.use("de")
    assert language.tr(f"Mark: {text}") == (f"Marke: {language.tr(language.numerals(text))}" if text else "Mark: ")
    language.use(language.PSEUDO)
    assert language.tr(text).startswith(text)
    language.use(language.ENGLISH)
    assert language.tr(text) == text


def test_the_language_follows_the_system_where_it_is_known() -> None:
    assert [language.language_for(one) for one in ("de_AT", "de-CH.UTF-8", "en_GB", "xx_XX", "")] == [
        "de",
        "de",
        "en",
        "en",
        "en",
    ]
    with pytest.raises(language.UnknownLanguageError, match="known are en, de"):
        language.use("xx")


# Errors that no window can meet: of commands, and of files that only commands read.
_OF_COMMANDS = (
    "cli/", "devices/virtual", "devices/profile_file.py", "devices/simulated/", "storage/columns.py", "storage/edf.py",
    "storage/headers.py", "storage/tables.py", "storage/xdf", "storage/reader.py", "reports/picture.py",
    "feedback/rating.py",
)  # fmt: skip
_ERRORS = {
    "DeviceError", "ExerciseError", "LinkError", "LinkLostError", "PlacementError", "ProfileError", "RecordingError",
    "RecordsError", "ReportError", "StorageError", "StoreKeyError",
}  # fmt: skip
_ADVICE = {"advice", "_advice", "_why_not", "_plainly"}
_NOT_WHOLE = {"{b} came from {c}. {d}", "No Bluetooth adapters", "Failed to connect to socket"}


def _errors() -> Iterator[str]:
    """Yield what errors say that a window can show, without what stands before it: a file, a port, a sensor."""
    for path, tree in _trees():
        if path.relative_to(_ROOT).as_posix().startswith(_OF_COMMANDS):
            continue
        for node in ast.walk(tree):
            told: list[ast.AST] = []
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and isinstance(node.exc.func, ast.Name):
                told = [node.exc] if node.exc.func.id in _ERRORS else []
            elif isinstance(node, ast.FunctionDef) and node.name in _ADVICE:
                told = [one for one in ast.walk(node) if isinstance(one, ast.Return)]
            elif isinstance(node, ast.Assign) and path.name == "ble_errors.py":
                told = [node]
            for one in told:
                yield from (re.sub(r"^\{\w\}: ", "", text) for text in _prose(ast.Module([ast.Expr(one)], [])))  # type: ignore[list-item]
    for profile in registry.profiles().values():
        yield profile.if_silent


@pytest.mark.parametrize("code", _LANGUAGES)
def test_every_error_a_window_can_show_is_translated(code: str) -> None:
    known = language.catalogue(code)
    told = {text for text in _errors() if len(text.split()) > 2} - _NOT_WHOLE
    assert len(told) > 100
    filled = {text: re.sub(r"\{\w+\}", "7", text) for text in told}
    assert not {text for text, said in filled.items() if language.translated(said, known) == said}


def test_what_an_error_is_about_stays_and_what_it_says_is_translated() -> None:
    language.use("de")
    assert language.tr("/home/a: b/records.db: is busy; try again in a moment") == (
        "/home/a: b/records.db: ist gerade belegt; gleich noch einmal versuchen"
    )
    assert language.tr("C:\\b\\store.key: the store's key is missing; bring it back from a backup") == (
        "C:\\b\\store.key: der Schlüssel der Akten fehlt; aus einer Sicherung zurückholen"
    )
    silent = "cyton: nothing came from /dev/x as Cyton. Charge the board: below 5 % it stops by itself."
    assert language.tr(silent).startswith("cyton: nichts kam von /dev/x als Cyton. Die Platine laden: Unter 5 %")
    assert language.tr("Anna: 12:30: nothing known") == "Anna: 12:30: nothing known"
