"""Open the database of people and sessions; every read and every change goes through here, and so does every error."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Self

from sqlalchemy import Connection, Engine, create_engine, event, insert, inspect, pool, select
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from biofeedback.storage import container, disk
from biofeedback.storage.errors import StorageError
from biofeedback.storage.keys import StoreKey
from biofeedback.storage.records.tables import SCHEMA, About, Base

if TYPE_CHECKING:
    import sqlite3 as sqlcipher
    from sqlite3 import DatabaseError
else:
    import sqlcipher3.dbapi2 as sqlcipher
    from sqlcipher3.dbapi2 import DatabaseError

FILE_NAME = "records.db"
_PURPOSE = "records 1"
_CACHE_KIB = 32 * 1024  # with the usual 2 MiB each page of a large store is decrypted again and again


class RecordsError(StorageError):
    """The records cannot be opened, read or changed. One line says what to do; nothing was changed."""


class Records:
    """People, plans and sessions of one user. Any thread may use it; window and engine each open their own."""

    def __init__(self, path: Path, engine: Engine) -> None:
        self.path = path
        self._engine = engine
        self._writer = engine.execution_options(begin="BEGIN IMMEDIATE")

    @classmethod
    def open(cls, folder: Path, store_key: StoreKey) -> Self:
        """Open the records in the user's folder, or begin them on the first start.

        Raises
        ------
        RecordsError
            If the key is another one, the file is damaged, of a newer program, on a network share, or not writable.
        """
        path = folder / FILE_NAME
        if disk.on_network(folder):
            raise RecordsError(f"{path}: is on a network share, where it is not safe; choose a local folder")
        records = cls(path, _engine(path, store_key.derived(_PURPOSE)))
        try:
            with explained(path), records._writer.connect() as connection, connection.begin():
                _bring_up(path, connection)
        except BaseException:
            records.close()
            raise
        return records

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._engine.dispose()

    def remember(self, name: str, value: str) -> None:
        """Keep a small fact about the whole store, in place of what it was."""
        with self.writing() as session:
            session.merge(About(name=name, value=value))

    def remembered(self, name: str) -> str | None:
        """Return such a fact; None if there is none."""
        with self.reading() as session:
            return session.scalar(select(About.value).where(About.name == name))

    @contextlib.contextmanager
    def reading(self) -> Iterator[Session]:
        """Read in one short transaction, so that the write-ahead log can shrink."""
        with explained(self.path), Session(self._engine) as session:
            yield session

    @contextlib.contextmanager
    def writing(self) -> Iterator[Session]:
        """Change in one transaction: all of it or nothing. What was changed survives a power cut.

        Raises
        ------
        RecordsError
            If it cannot be stored; nothing is changed then.
        """
        with explained(self.path), Session(self._writer) as session, session.begin():
            yield session


def _engine(path: Path, key: bytes) -> Engine:
    def connect() -> sqlcipher.Connection:
        connection = container.connect(path, key, "rwc", durable=True)
        connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        return connection

    engine = create_engine("sqlite+pysqlite://", module=sqlcipher, creator=connect, poolclass=pool.QueuePool)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:  # pyright: ignore[reportUnusedFunction]
        # The driver begins nothing by itself; real transactions also cover the making of tables.
        connection.exec_driver_sql(connection.get_execution_options().get("begin", "BEGIN"))

    return engine


def _bring_up(path: Path, connection: Connection) -> None:
    """Make the tables, or check that they are of this version."""
    if not inspect(connection).has_table(About.__tablename__):
        Base.metadata.create_all(connection)
        connection.execute(insert(About).values(name="schema", value=str(SCHEMA)))
        return
    found = connection.scalar(select(About.value).where(About.name == "schema"))
    if found != str(SCHEMA):
        raise RecordsError(f"{path}: was made by another version of the program (format {found}); update the program")


@contextlib.contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn what the database says into one line that says what to do."""
    try:
        yield
    except StaleDataError as error:
        raise RecordsError("Somebody else changed this meanwhile. Look at it again, then change it.") from error
    except IntegrityError as error:
        raise RecordsError(f"{path.name}: this contradicts what is stored ({error.orig})") from error
    except (DBAPIError, DatabaseError) as error:
        said = str(error.orig) if isinstance(error, DBAPIError) else str(error)
        raise RecordsError(_why_not(path, said)) from error


def _why_not(path: Path, said: str) -> str:
    if "full" in said:
        return f"{path}: the disk is full, so nothing was changed; make room and do it again"
    if "disk I/O" in said:
        return f"{path}: the disk does not take it, so nothing was changed; is there room, and is the disk in order?"
    if "not a database" in said:
        return f"{path}: does not belong to this store's key, or is damaged; bring back both from the same backup"
    if "locked" in said:
        return f"{path}: is busy; try again in a moment"
    if "unable to open" in said or "readonly" in said:
        return f"{path}: cannot be opened ({said}); check the rights of file and folder"
    return f"{path}: is damaged ({said}); bring it back from a backup"
