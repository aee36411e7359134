"""The encrypted file behind a recording: its name, its neighbours, its tables, and how it is opened."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from biofeedback.storage.errors import RecordingError
from biofeedback.storage.keys import StoreKey
from biofeedback.stream import StreamInfo

if TYPE_CHECKING:  # the engine's own module has no types; its interface is the one of sqlite3
    import sqlite3 as sqlcipher
    from sqlite3 import Connection as Database
    from sqlite3 import DatabaseError
else:
    import sqlcipher3.dbapi2 as sqlcipher
    from sqlcipher3.dbapi2 import Connection as Database
    from sqlcipher3.dbapi2 import DatabaseError

SUFFIX = ".recording"
FORMAT = 1

# A batch is what one commit brought, of all streams: one row for each stream would waste half a page each.
_SCHEMA = """
CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE stream (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, info TEXT NOT NULL);
CREATE TABLE batch (number INTEGER PRIMARY KEY, body BLOB NOT NULL);
CREATE TABLE event (sequence INTEGER PRIMARY KEY, body TEXT NOT NULL);
"""

_EACH_CONNECTION = ("foreign_keys=ON", "trusted_schema=OFF", "secure_delete=ON")
# FULL: what was committed survives a power cut. The two fullfsync settings make that true on macOS.
# What is written is not read again: pages kept for that would only let the program grow, by 8 MB in half an hour.
_EACH_WRITER = ("journal_mode=WAL", "synchronous=FULL", "fullfsync=ON", "checkpoint_fullfsync=ON", "cache_size=-500")


def key_path(recording: Path) -> Path:
    """Where the recording's wrapped key lies."""
    return recording.with_name(recording.name + ".key")


def live_path(recording: Path) -> Path:
    """Where the counts of a running recording lie."""
    return recording.with_name(recording.name + ".live")


def reserve_path(recording: Path) -> Path:
    """Where a running recording keeps disk space to close with."""
    return recording.with_name(recording.name + ".reserve")


def side_files(recording: Path) -> tuple[Path, ...]:
    """All that may lie beside a recording, except its key."""
    engine = [recording.with_name(recording.name + ending) for ending in ("-wal", "-shm", ".new")]
    return live_path(recording), reserve_path(recording), *engine


def create(recording: Path, key: bytes, streams: Iterable[StreamInfo], about: dict[str, Any]) -> None:
    """Make a recording without samples; it gets its name only when it is complete."""
    draft = recording.with_name(recording.name + ".new")
    draft.unlink(missing_ok=True)
    database = connect(draft, key, "rwc")
    try:
        database.execute("BEGIN")
        for statement in _SCHEMA.strip().split(";\n"):
            database.execute(statement)
        put(database, {"format": FORMAT, **about})
        for number, info in enumerate(streams):
            put_stream(database, number, info)
        database.execute("COMMIT")
    finally:
        database.close()
    draft.rename(recording)


def connect(recording: Path, key: bytes, mode: Literal["ro", "rw", "rwc"], *, durable: bool = False) -> Database:
    """Open the file with its own key; any thread may use the connection, one at a time.

    What is written through mode ``rw``, or ``durable``, survives a power cut once it is committed.
    """
    database = sqlcipher.connect(
        f"{recording.resolve().as_uri()}?mode={mode}",
        uri=True,
        timeout=5,
        isolation_level=None,
        check_same_thread=False,
    )
    try:
        database.execute("PRAGMA cipher_log_level=NONE")  # else the engine writes to standard error
        database.execute(f"PRAGMA key=\"x'{key.hex()}'\"")  # a raw key: nothing to derive
        database.execute("SELECT count(*) FROM sqlite_master")  # the first read is what checks the key
        for setting in _EACH_CONNECTION + _EACH_WRITER if durable or mode == "rw" else _EACH_CONNECTION:
            database.execute(f"PRAGMA {setting}")
    except BaseException:
        database.close()
        raise
    return database


def open_existing(recording: Path, store_key: StoreKey, mode: Literal["ro", "rw"]) -> Database:
    """Open a recording with the key that lies beside it.

    Raises
    ------
    RecordingError
        If the file or its key is missing, belongs to another store, is damaged or is not a recording.
    """
    if not recording.is_file():
        raise RecordingError(f"{recording}: there is no such recording; check the name")
    key = _read_key(recording, store_key)
    try:
        database = connect(recording, key, mode)
    except DatabaseError as error:
        raise RecordingError(_why_not(recording, error)) from error
    with closing_on_error(database), explained(recording):
        found = get(database, "format")
        if found != FORMAT:
            raise RecordingError(f"{recording}: made by another version of the program (format {found}); update it")
    return database


def compact(database: Database) -> None:
    """Bring everything into the one file. A reader in another process may keep the log alive; nothing is lost then."""
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with contextlib.suppress(DatabaseError):
        database.execute("PRAGMA journal_mode=DELETE")


def put(database: Database, values: dict[str, Any]) -> None:
    """Write values of the `about` table, each any JSON value."""
    rows = [(name, json.dumps(value, default=as_json)) for name, value in values.items()]
    database.executemany("INSERT OR REPLACE INTO about VALUES (?, ?)", rows)


def get(database: Database, name: str) -> Any:
    """Read one value of the `about` table; None if it is not there."""
    row = database.execute("SELECT value FROM about WHERE name = ?", (name,)).fetchone()
    return None if row is None else json.loads(row[0])


def put_stream(database: Database, number: int, info: StreamInfo) -> None:
    """Write what does not change of a stream."""
    database.execute("INSERT INTO stream VALUES (?, ?, ?)", (number, info.id, json.dumps(asdict(info))))


def get_streams(database: Database) -> dict[int, StreamInfo]:
    """Read all streams by their number, in the order in which they were added."""
    rows = database.execute("SELECT number, info FROM stream ORDER BY number")
    return {number: msgspec.convert(json.loads(info), StreamInfo) for number, info in rows}


def as_json(value: Any) -> Any:
    """Give JSON what it does not know: numbers and arrays of numpy as such, everything else as text."""
    return value.tolist() if hasattr(value, "tolist") else str(value)


@contextlib.contextmanager
def explained(recording: Path) -> Iterator[None]:
    """Turn what the engine or a decoder says of damaged bytes into one line."""
    try:
        yield
    except (DatabaseError, ValueError, msgspec.ValidationError) as error:
        raise RecordingError(_why_not(recording, error)) from error


@contextlib.contextmanager
def closing_on_error(database: Database) -> Iterator[None]:
    """Close the database if the block fails."""
    try:
        yield
    except BaseException:
        database.close()
        raise


def _read_key(recording: Path, store_key: StoreKey) -> bytes:
    path = key_path(recording)
    try:
        document = path.read_bytes()
    except FileNotFoundError as error:
        raise RecordingError(f"{recording}: its key file {path.name} is missing; put it back beside it") from error
    except OSError as error:
        raise RecordingError(f"{path}: cannot be read ({error.strerror})") from error
    try:
        return store_key.unwrap(document)
    except RecordingError as error:
        raise RecordingError(f"{recording}: {error}") from error


def _why_not(recording: Path, error: Exception) -> str:
    said = str(error)
    if "no such table" in said:
        return f"{recording}: is not a recording; check the name"
    if "not a database" in said:
        return f"{recording}: is not a recording, or its beginning is damaged; bring it back from a backup"
    if "locked" in said:
        return f"{recording}: is in use by another program; close that first"
    if "unable to open" in said or "readonly" in said:
        return f"{recording}: cannot be opened ({said}); check the rights of file and folder"
    return f"{recording}: is damaged ({said}); bring it back from a backup"
