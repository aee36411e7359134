"""What can go wrong with stored things. Every message is one line that names the file and what to do."""

from __future__ import annotations


class StorageError(Exception):
    """Something stored cannot be read, written or understood."""

    def __init__(self, message: str) -> None:
        super().__init__("".join(c if c.isprintable() else " " for c in message))  # what it quotes may be any bytes


class RecordingError(StorageError):
    """A recording cannot be written, opened or recovered."""


class StoreKeyError(RecordingError):
    """The key of this user's store cannot be used."""


class FileError(StorageError):
    """A file from elsewhere is not what it should be; the message says where and what is expected."""
