"""The database itself: encrypted, durable, shared by two processes, and plain in what it says when it cannot."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import select, text, update

from biofeedback.storage.keys import StoreKey
from biofeedback.storage.records import keeping, people
from biofeedback.storage.records.store import FILE_NAME, Records, RecordsError
from biofeedback.storage.records.tables import About, BoutRow, PersonRow

CHILD = Path(__file__).parent / "writing_child.py"


def child(folder: Path, document: dict[str, object], limit: int = 0) -> subprocess.Popen[str]:
    command = [sys.executable, str(CHILD), str(folder), json.dumps(document), str(limit)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def kept(records: Records) -> set[str | None]:
    with records.reading() as session:
        return set(session.scalars(select(BoutRow.recording)))


def sound(records: Records) -> bool:
    with records.reading() as session:
        return session.scalar(text("PRAGMA integrity_check")) == "ok"


def test_nothing_readable_is_on_the_disk(tmp_path, records, document):
    keeping.keep(records, document("KNEE-PERSON-7"), started=moment(), recording="a.recording")
    people.add(records, "KNEE-PERSON-7", "a very private remark")
    # the write-ahead log still has it now; after closing the file itself does
    for closed in (False, True):
        if closed:
            records.close()
        files = [file for file in tmp_path.iterdir() if file.name.startswith(FILE_NAME)]
        assert files
        for file in files:
            content = file.read_bytes()
            for secret in (b"KNEE-PERSON-7", b"private remark", b"knee", b"SQLite format 3", b"CREATE TABLE"):
                assert secret not in content, (file, secret)


def test_the_key_does_not_show_in_the_engine(records, store_key):
    assert store_key.derived("records 1").hex() not in repr(records._engine) + str(records._engine.url)


def test_another_key_is_one_line(tmp_path, records):
    records.close()
    with pytest.raises(RecordsError, match="does not belong to this store's key") as said:
        Records.open(tmp_path, StoreKey(bytes(32)))
    assert "\n" not in str(said.value)


def test_each_purpose_has_its_own_key(store_key):
    assert store_key.derived("a") != store_key.derived("b")
    assert store_key.derived("a") == store_key.derived("a")
    assert len(store_key.derived("a")) == 32


@pytest.mark.parametrize("damage", [b"", b"not a database at all" * 500])
def test_a_damaged_file_is_one_line_and_stays(tmp_path, records, store_key, damage):
    people.add(records, "P-001")
    records.close()
    path = tmp_path / FILE_NAME
    whole = path.read_bytes()
    path.write_bytes(damage + whole[len(damage) : 2000] if damage else whole[:2000])
    left = path.read_bytes()
    with pytest.raises(RecordsError) as said:
        Records.open(tmp_path, store_key)
    assert "\n" not in str(said.value)
    assert path.read_bytes() == left


def test_another_version_is_refused(tmp_path, records, store_key):
    with records.writing() as session:
        session.execute(update(About).values(value="99"))
    records.close()
    with pytest.raises(RecordsError, match="another version of the program"):
        Records.open(tmp_path, store_key)


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path, store_key):
    (tmp_path / "file").write_text("")
    with pytest.raises(RecordsError, match="cannot be opened"):
        Records.open(tmp_path / "file", store_key)


def test_what_fails_half_way_changes_nothing(records):
    def rename_and_fail() -> None:
        with records.writing() as session:
            session.execute(update(PersonRow).values(code="other"))
            raise ZeroDivisionError

    people.add(records, "P-001")
    with pytest.raises(ZeroDivisionError):
        rename_and_fail()
    assert [one.person.code for one in people.listed(records)] == ["P-001"]


def test_times_come_back_in_utc_and_without_a_zone_are_refused(records):
    from dataclasses import replace
    from datetime import datetime, timedelta, timezone

    person = people.add(records, "P-001")
    at = datetime(2026, 11, 22, 9, 30, tzinfo=timezone(timedelta(hours=5)))
    assert people.change(records, replace(person, next_visit=at)).next_visit == at
    stored = people.find(records, "P-001")
    assert stored is not None
    assert stored.next_visit == at
    assert stored.next_visit is not None
    assert stored.next_visit.utcoffset() == timedelta(0)
    with pytest.raises(Exception, match="without a zone"):
        people.change(records, replace(stored, next_visit=at.replace(tzinfo=None)))


def test_all_that_was_kept_survives_a_kill(tmp_path, store_key, document):
    process = child(tmp_path, document())
    assert process.stdout is not None
    told = [process.stdout.readline() for _ in range(5)]
    time.sleep(random.uniform(0, 0.1))
    process.kill()
    rest, _ = process.communicate()
    told += [line for line in rest.splitlines(keepends=True) if line.endswith("\n")]
    with Records.open(tmp_path, store_key) as records:
        assert sound(records)
        there = kept(records)
        assert {f"{line.strip()}.recording" for line in told} <= there
        assert len(there) <= len(told) + 1  # the one that was stored but not told any more


def test_a_full_disk_is_one_line_and_loses_nothing(tmp_path, store_key, document):
    if sys.platform == "win32":
        pytest.skip("limits of a process are POSIX")
    out, error = child(tmp_path, document(), limit=2_000_000).communicate(timeout=60)
    assert error == ""
    *told, last = out.splitlines()
    assert "nothing was changed" in json.loads(last)["error"]
    assert "\n" not in json.loads(last)["error"]
    with Records.open(tmp_path, store_key) as records:
        assert sound(records)
        assert kept(records) == {f"{number}.recording" for number in told}
        assert len(told) > 3
        people.add(records, "P-room-again")


def test_window_and_engine_write_at_once(tmp_path, records, store_key, document):
    process = child(tmp_path, document())
    assert process.stdout is not None
    process.stdout.readline()
    for number in range(20):
        people.add(records, f"P-{number}")
    process.kill()
    process.communicate()
    assert len(people.listed(records)) == 20
    assert len(kept(records)) >= 1
    assert sound(records)


def test_many_threads_share_one_store(records):
    errors: list[Exception] = []

    def work(number: int) -> None:
        try:
            people.add(records, f"P-{number}")
            people.listed(records)
        except RecordsError as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert len(people.listed(records)) == 12


def test_the_models_make_postgresql_tables():
    from sqlalchemy.dialects import postgresql
    from sqlalchemy.schema import CreateTable

    from biofeedback.storage.records.tables import Base

    made = [str(CreateTable(table).compile(dialect=postgresql.dialect())) for table in Base.metadata.sorted_tables]
    assert len(made) == 10
    assert "TIMESTAMP WITH TIME ZONE" in "".join(made)
    assert "UUID" in "".join(made)


def moment():
    from datetime import UTC, datetime

    return datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
