"""What a killed process left open is offered at the next start, and closed when asked."""

import asyncio
import subprocess
import sys

from biofeedback.session.notices import Notices
from biofeedback.session.salvage import Salvage
from biofeedback.storage.keys import StoreKey
from biofeedback.storage.recording import RecordingReader

_KILLED = """
import os, pathlib, sys, time
import numpy as np
from biofeedback.storage.keys import StoreKey
from biofeedback.storage.recording import RecordingWriter
from biofeedback.stream import Channel, StreamInfo
folder = pathlib.Path(sys.argv[1])
info = StreamInfo("arm/emg", "arm", (Channel("emg", "emg", 1e-6),), 1000.0, integer_counts=True)
writer = RecordingWriter(folder / "left.recording", (info,), {}, StoreKey.load_or_create(folder))
for i in range(20):
    writer.chunk(info.chunk(np.ones((50, 1)), (50 * i + np.arange(50)) / 1000, 50 * i))
    time.sleep(0.02)
time.sleep(0.5)
os.kill(os.getpid(), 9)
"""


def test_it_is_offered_and_then_closed(tmp_path):
    subprocess.run([sys.executable, "-c", _KILLED, str(tmp_path)], check=False, timeout=60)
    key, notices = StoreKey.load_or_create(tmp_path), Notices()
    salvage = Salvage(tmp_path, key)
    salvage.offer(notices)
    banner = notices.banner()
    assert banner.kind == "warn"
    assert [action.command for action in banner.actions] == ["RecoverRecordings", "DismissBanner"]
    asyncio.run(salvage.run(notices))
    assert notices.banner().title == "Recordings recovered: 1."
    with RecordingReader(tmp_path / "left.recording", key) as reader:
        assert reader.closed
        assert reader.recovered
        assert len(reader.data("arm/emg").counts) == 1000


def test_nothing_is_said_where_nothing_was_left(tmp_path):
    notices = Notices()
    Salvage(tmp_path, StoreKey.load_or_create(tmp_path)).offer(notices)
    assert notices.banner() is None
