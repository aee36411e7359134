"""What crosses to the windows: whole rows, whole pages, no waiting."""

import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from biofeedback.session.ring import ROWS, RingReader, RingWriter
from biofeedback.session.view import TICK


@pytest.fixture
def pair(tmp_path):
    writer = RingWriter(tmp_path / "ring")
    reader = RingReader(tmp_path / "ring")
    yield writer, reader
    reader.close()
    writer.close()
    assert not (tmp_path / "ring").exists()


def row(value):
    tick = np.zeros((), TICK)
    tick["time_s"], tick["level"] = value, value % 7
    return tick


def test_rows_arrive_in_order_and_once(pair):
    writer, reader = pair
    seen, head = [], 0
    for i in range(1000):
        writer.tick(row(i))
        if i % 7 == 0:
            rows, head = reader.ticks(head)
            seen += list(rows["time_s"])
    rows, head = reader.ticks(head)
    assert seen + list(rows["time_s"]) == list(range(1000))


def test_a_reader_that_slept_gets_the_newest_rows_only(pair):
    writer, reader = pair
    for i in range(3 * ROWS):
        writer.tick(row(i))
    rows, head = reader.ticks(0)
    assert head == 3 * ROWS
    assert rows["time_s"][-1] == 3 * ROWS - 1
    assert np.all(np.diff(rows["time_s"]) == 1)


def test_a_page_is_read_whole_while_it_is_written(pair, make_view):
    writer, reader = pair
    stop = threading.Event()

    def write():
        version = 0
        while not stop.is_set():
            version += 1
            writer.page(make_view(version))

    thread = threading.Thread(target=write)
    thread.start()
    versions = []
    for _ in range(300):
        view = reader.view()
        time.sleep(0.0005)
        if view is not None:
            assert view.person == "P" * (view.version % 50)  # written from the version: whole or broken
            versions.append(view.version)
    stop.set()
    thread.join()
    assert versions == sorted(versions)
    assert len(set(versions)) > 5


_BUSY_ENGINE = """
import numpy, pathlib, sys, time
from biofeedback.session.ring import RingWriter
from biofeedback.session.view import TICK
writer, row = RingWriter(pathlib.Path(sys.argv[1])), numpy.zeros((), TICK)
print(flush=True)
end = time.monotonic() + 1.0
while time.monotonic() < end:
    writer.tick(row), writer.beat()
"""


def test_another_process_never_sees_half_a_counter(tmp_path):
    engine = subprocess.Popen([sys.executable, "-c", _BUSY_ENGINE, tmp_path / "ring"], stdout=subprocess.PIPE)
    assert engine.stdout is not None
    engine.stdout.readline()
    reader = RingReader(tmp_path / "ring")
    heads, ages = [], []
    while engine.poll() is None:
        heads.append(reader.ticks(1 << 62)[1])
        ages.append(reader.age_s())
    engine.communicate()
    assert heads[-1] > 1000
    assert heads == sorted(heads)
    assert max(ages) < 60.0  # a beat read as 0 is as old as the machine's start
    reader.close()


def test_the_same_page_is_the_same_object(pair, make_view):
    writer, reader = pair
    assert reader.view() is None
    writer.page(make_view(3))
    assert reader.view() is reader.view()


def test_a_file_of_another_kind_is_refused(tmp_path):
    path = tmp_path / "ring"
    path.write_bytes(b"x" * 8_000_000)
    with pytest.raises(ValueError, match="not a session page"):
        RingReader(path)
