"""A recording: one encrypted file a session, with everything that came in, in the order in which it came."""

from biofeedback.storage.container import SUFFIX, key_path
from biofeedback.storage.errors import RecordingError
from biofeedback.storage.reader import RecordingReader, StreamData
from biofeedback.storage.recovery import Recovery, delete, recover, unclosed
from biofeedback.storage.writer import RecordingWriter

__all__ = [
    "SUFFIX",
    "RecordingError",
    "RecordingReader",
    "RecordingWriter",
    "Recovery",
    "StreamData",
    "delete",
    "key_path",
    "recover",
    "unclosed",
]
