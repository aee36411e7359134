from __future__ import annotations

import json
import logging
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from biofeedback.storage.errors import RecordingError, StoreKeyError
from biofeedback.storage.keys import StoreKey

needs_posix = pytest.mark.skipif(sys.platform == "win32", reason="rights of files are POSIX")


def test_the_same_folder_gives_the_same_key(tmp_path: Path) -> None:
    first, second = StoreKey.load_or_create(tmp_path), StoreKey.load_or_create(tmp_path)
    assert second.unwrap(first.wrap(b"k" * 32)) == b"k" * 32
    assert [file.name for file in tmp_path.iterdir()] == ["store.key"]


def test_processes_that_start_together_agree_on_one_key(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from biofeedback.storage.keys import StoreKey;"
        "print(StoreKey.load_or_create(Path(sys.argv[1])).fingerprint)"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "store")]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(6)]
    answers = {process.communicate(timeout=30)[0] for process in processes}
    assert len(answers) == 1
    assert len(answers.pop().strip()) == 16


@needs_posix
def test_only_the_owner_can_read_it(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        StoreKey.load_or_create(tmp_path / "store")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "store" / "store.key").stat().st_mode) == 0o600


@needs_posix
def test_looser_rights_are_repaired_and_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    StoreKey.load_or_create(tmp_path)
    file = tmp_path / "store.key"
    file.chmod(0o644)
    with caplog.at_level(logging.WARNING):
        StoreKey.load_or_create(tmp_path)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [record.getMessage().count("\n") for record in caplog.records] == [0]
    assert str(file) in caplog.text


@needs_posix
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give files away")
def test_a_key_of_another_user_is_refused(tmp_path: Path) -> None:
    StoreKey.load_or_create(tmp_path)
    os.chown(tmp_path / "store.key", 12345, 12345)
    with pytest.raises(StoreKeyError, match="belongs to another user"):
        StoreKey.load_or_create(tmp_path)


@pytest.mark.parametrize("content", [b"", b"ab" * 31, b"zz" * 32, b"\xff" * 64])
def test_a_damaged_key_is_refused_and_kept(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "store.key"
    file.write_bytes(content)
    file.chmod(0o600)
    with pytest.raises(StoreKeyError, match=r"store\.key: the store's key is damaged"):
        StoreKey.load_or_create(tmp_path)
    assert file.read_bytes() == content


def test_no_other_key_is_made_beside_records_that_need_theirs(tmp_path: Path) -> None:
    (tmp_path / "records.db").write_bytes(b"encrypted")
    with pytest.raises(StoreKeyError, match=r"store\.key: the store's key is missing; bring it back"):
        StoreKey.load_or_create(tmp_path)
    assert not (tmp_path / "store.key").exists()


def test_the_key_is_never_shown(tmp_path: Path) -> None:
    key = StoreKey(bytes(range(32)))
    shown = f"{key!r} {key} {key.wrap(b'w' * 32)!r}"
    assert bytes(range(32)).hex() not in shown
    assert key.fingerprint in repr(key)


def test_every_wrapping_is_different() -> None:
    key = StoreKey(b"s" * 32)
    assert key.wrap(b"w" * 32) != key.wrap(b"w" * 32)


def test_another_store_is_told_apart_from_damage() -> None:
    wrapped = StoreKey(b"a" * 32).wrap(b"w" * 32)
    with pytest.raises(RecordingError, match="another user or computer"):
        StoreKey(b"b" * 32).unwrap(wrapped)
    document = json.loads(wrapped)
    document["wrapped"] = document["wrapped"][:-8] + "AAAAAAA="
    with pytest.raises(RecordingError, match="damaged"):
        StoreKey(b"a" * 32).unwrap(json.dumps(document).encode())


@pytest.mark.parametrize("document", [b"", b"{}", b"[1]", b"\xff\xfe", b'{"store": 1, "nonce": 2, "wrapped": 3}'])
def test_a_key_file_that_is_none_is_damaged(document: bytes) -> None:
    with pytest.raises(RecordingError, match="damaged"):
        StoreKey(b"a" * 32).unwrap(document)


def test_a_store_key_has_its_length() -> None:
    with pytest.raises(ValueError, match="32 bytes, not 5"):
        StoreKey(b"short")
