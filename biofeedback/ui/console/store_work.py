"""What the desks do with the store, as plain functions that run, and are imported, off the GUI thread."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from biofeedback.session.salvage import Rescued, rescue
from biofeedback.storage.errors import RecordingError
from biofeedback.storage.keys import StoreKey
from biofeedback.storage.recording import RecordingReader, unclosed
from biofeedback.storage.records import people, sessions
from biofeedback.storage.records.store import Records
from biofeedback.storage.records.values import Overview
from biofeedback.ui.console import home_words
from biofeedback.ui.console.home import LeftOpen
from biofeedback.ui.console.session_facts import SummaryState

__all__ = ["Loaded", "Opened", "load", "open_store", "people", "recover_all", "sessions", "summary_of"]

_WELCOMED = "welcomed"
_MOST_EARLIER = 24


@dataclass(frozen=True, slots=True)
class Opened:
    """The open store: its records, the key they and the recordings share, and where the recordings lie."""

    records: Records
    key: StoreKey
    recordings: Path


@dataclass(frozen=True, slots=True)
class Loaded:
    """What Home shows. ``first`` tells that nobody has begun to use the program yet."""

    people: tuple[Overview, ...]
    left_open: tuple[LeftOpen, ...]
    first: bool


def open_store(folder: Path) -> Opened:
    """Open the store in the user's folder.

    Raises
    ------
    StorageError
        If its key or its records cannot be used.
    """
    key = StoreKey.load_or_create(folder)
    return Opened(Records.open(folder, key), key, folder / "recordings")


def load(store: Opened) -> Loaded:
    """Read everybody, and what was left open."""
    found = people.listed(store.records)
    left = unclosed(store.recordings) if store.recordings.is_dir() else []
    first = not found and store.records.remembered(_WELCOMED) is None
    return Loaded(found, tuple(_left_open(path, store.key) for path in left), first)


def remember_welcome(store: Opened) -> None:
    """Keep that the first page was read."""
    store.records.remember(_WELCOMED, f"{datetime.now().astimezone():%Y-%m-%d}")


def _left_open(path: Path, key: StoreKey) -> LeftOpen:
    who = when = ""
    with contextlib.suppress(RecordingError), RecordingReader(path, key) as reader:
        who = str(reader.about.get("person", ""))
        started = reader.started.astimezone()
        when = f"{home_words.ago(started, datetime.now().astimezone())} {started:%H:%M}"
    return LeftOpen(name=path.name, who=who, when=when)


def recover_all(store: Opened) -> list[Rescued]:
    """Keep and close each recording that was left open; return what came of each."""
    return rescue(store.recordings.parent, store.key)


def summary_of(store: Opened, recording: str) -> SummaryState | None:
    """Return the session a recording belongs to, with the person and the sessions before; None if it was not kept."""
    session = sessions.of_recording(store.records, recording)
    if session is None:
        return None
    person = None if session.person_id is None else people.get(store.records, session.person_id)
    all_of_them = () if person is None else sessions.of_person(store.records, person.id, _MOST_EARLIER)
    earlier = tuple(one for one in all_of_them if one.started < session.started)
    return SummaryState(session=session, person=person, earlier=earlier)
