"""The key of a user's store, and how it wraps the keys of single recordings.

The store key is 32 random bytes in the user's data folder. Each recording has a random key of its own, which lies
beside it wrapped by the store key (AES-256-GCM): whoever deletes the small key file has deleted the recording.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import logging
import os
import secrets
import stat
import sys
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from biofeedback.storage.errors import RecordingError, StoreKeyError

KEY_BYTES = 32
_NONCE_BYTES = 12  # the length AES-GCM is specified for
_FILE_NAME = "store.key"
_PURPOSE = b"biofeedback recording key 1"  # authenticated: a wrapped key serves no other purpose
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_log = logging.getLogger(__name__)


class StoreKey:
    """The key that opens all recordings of one user on one computer. Its representation never shows it."""

    __slots__ = ("_key",)

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise ValueError(f"a store key has {KEY_BYTES} bytes, not {len(key)}")
        self._key = key

    def __repr__(self) -> str:
        return f"StoreKey({self.fingerprint})"

    @classmethod
    def load_or_create(cls, folder: Path) -> StoreKey:
        """Read the store's key from the folder, or make one on the first start.

        Raises
        ------
        StoreKeyError
            If the key is damaged, missing beside its records, or somebody else's, or cannot be read or written.
        """
        path = folder / _FILE_NAME
        try:
            if not path.exists():
                if (folder / "records.db").exists():  # another key would lock everything that is there away
                    raise StoreKeyError(f"{path}: the store's key is missing; bring it back from a backup")
                folder.mkdir(parents=True, exist_ok=True, mode=0o700)
                _create_secret(path, secrets.token_bytes(KEY_BYTES).hex().encode())
            _keep_private(path)
            text = path.read_bytes()
        except OSError as error:
            raise StoreKeyError(
                f"{path}: the store's key cannot be used ({error.strerror}); check the folder"
            ) from error
        return cls(_parse(path, text))

    @property
    def fingerprint(self) -> str:
        """Sixteen hex digits that tell store keys apart and say nothing about the key."""
        return hashlib.sha256(b"biofeedback store key fingerprint" + self._key).hexdigest()[:16]

    def derived(self, purpose: str) -> bytes:
        """Return the 32-byte key for one purpose: of something that lies in the store itself (HKDF, RFC 5869)."""
        return HKDF(SHA256(), KEY_BYTES, salt=None, info=b"biofeedback " + purpose.encode()).derive(self._key)

    def wrap(self, key: bytes) -> bytes:
        """Encrypt a recording's key; the result is a small JSON document."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        wrapped = AESGCM(self._key).encrypt(nonce, key, _PURPOSE)
        document = {
            "format": "biofeedback recording key",
            "version": 1,
            "store": self.fingerprint,
            "nonce": base64.b64encode(nonce).decode(),
            "wrapped": base64.b64encode(wrapped).decode(),
        }
        return json.dumps(document, indent=1).encode() + b"\n"

    def unwrap(self, document: bytes) -> bytes:
        """Decrypt what `wrap` made: 32 bytes.

        Raises
        ------
        RecordingError
            If it was wrapped by another store, or is damaged; without the name of the file, which the caller knows.
        """
        try:
            parts = json.loads(document)
            store, nonce = parts["store"], base64.b64decode(parts["nonce"], validate=True)
            wrapped = base64.b64decode(parts["wrapped"], validate=True)
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise RecordingError("the key file is damaged: bring it back from a backup") from error
        if store != self.fingerprint:
            raise RecordingError("made by another user or computer: open it there, or with that store's key")
        try:
            key = AESGCM(self._key).decrypt(nonce, wrapped, _PURPOSE)
        except (InvalidTag, ValueError) as error:
            raise RecordingError("the key file is damaged: bring it back from a backup") from error
        return key


def _create_secret(path: Path, content: bytes) -> None:
    """Write a file only its owner can read, whole or not at all; keep the one that is there if somebody was faster."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}.new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            _publish(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def _publish(draft: Path, path: Path) -> None:
    """Give the draft its name unless that is taken (FileExistsError)."""
    if sys.platform == "win32":
        draft.rename(path)
    else:
        path.hardlink_to(draft)  # rename would replace what is there


def _keep_private(path: Path) -> None:
    """Take the file away from other users. On Windows the user's data folder is private already."""
    if sys.platform == "win32":
        return
    state = path.stat()
    if state.st_uid != os.geteuid():
        raise StoreKeyError(
            f"{path}: the store's key belongs to another user; give it back to you (chown) or remove it"
        )
    if stat.S_IMODE(state.st_mode) & _OTHERS:
        path.chmod(0o600)
        _log.warning("%s: other users could read the store's key; now only you can", path)


def _parse(path: Path, text: bytes) -> bytes:
    try:
        key = bytes.fromhex(text.decode("ascii"))
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise StoreKeyError(f"{path}: the store's key is damaged; bring it back from a backup, recordings need it")
    return key
