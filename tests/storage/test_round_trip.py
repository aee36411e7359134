from __future__ import annotations

import tempfile
import threading
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from biofeedback.storage.coding import Coder, Placed
from biofeedback.storage.keys import StoreKey
from biofeedback.storage.recording import RecordingReader, RecordingWriter
from biofeedback.stream import Channel, Chunk, Event, StreamInfo

COUNTED = StreamInfo("arm/emg", "a", (Channel("a", "emg", 1e-7, 0.5), Channel("b", "emg", 3e-9)), 1000.0, True)
FLOATED = StreamInfo("arm/imu", "b", (Channel("x", "acceleration", 9.80665),), 100.0)
KEY = StoreKey(b"0123456789abcdef0123456789abcdef")
any_float = st.floats(allow_nan=True, allow_infinity=True, width=64)
plain_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
events = st.builds(Event, any_float.filter(lambda x: x == x), st.text(), st.dictionaries(st.text(), plain_json))


@st.composite
def chunks(draw: Any) -> Chunk:
    info = draw(st.sampled_from([COUNTED, FLOATED]))
    samples = draw(st.integers(0, 40))
    size = (samples, len(info.channels))
    if info.integer_counts:
        counts = draw(npst.arrays(np.int32, size))
    elif draw(st.booleans()):
        counts = draw(npst.arrays(np.float32, size)).astype(np.float64)
    else:
        counts = draw(npst.arrays(np.float64, size, elements=any_float))
    times = draw(npst.arrays(np.float64, samples, elements=any_float))
    whole = st.integers(0, 2**40)
    with np.errstate(all="ignore"):
        chunk = info.chunk(counts, times, draw(whole), draw(whole), draw(any_float))
    missing = draw(npst.arrays(np.bool_, size))
    return Chunk(chunk.stream, chunk.counts, np.where(missing, np.nan, chunk.data), times, *_rest(chunk))


def _rest(chunk: Chunk) -> tuple[int, int, float]:
    return chunk.first_sample, chunk.lost_before, chunk.arrived_s


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(items=st.lists(chunks() | events, max_size=12))
def test_everything_comes_back_bit_by_bit_and_in_order(loads: ModuleType, items: list[Chunk | Event]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.recording"
        with RecordingWriter(path, [COUNTED, FLOATED], {}, KEY) as writer:
            for item in items:
                (writer.event if isinstance(item, Event) else writer.chunk)(item)
        assert writer.failure is None
        with RecordingReader(path, KEY) as reader:
            assert list(map(loads.identity, reader.items())) == list(map(loads.identity, items))


@settings(max_examples=60, deadline=None)
@given(placed=st.lists(chunks(), min_size=1, max_size=6))
def test_a_batch_is_lossless(loads: ModuleType, placed: list[Chunk]) -> None:
    infos = {0: COUNTED, 3: FLOATED}
    numbers = {COUNTED.id: 0, FLOATED.id: 3}
    sorted_in: dict[int, list[Placed]] = {}
    for sequence, chunk in enumerate(placed):
        sorted_in.setdefault(numbers[chunk.stream], []).append(Placed(7 * sequence, chunk))
    coder = Coder()
    back = coder.unpack(infos, coder.pack(infos, sorted_in))
    assert [loads.identity(one.chunk) for one in back] == [loads.identity(one) for one in placed]
    assert [one.sequence for one in back] == [7 * sequence for sequence in range(len(placed))]


@given(body=st.binary(max_size=200))
def test_bytes_that_are_no_batch_are_refused(body: bytes) -> None:
    with pytest.raises(ValueError):
        Coder().unpack({0: COUNTED}, body)


def test_counts_of_the_whole_range_and_their_missing_values(tmp_path: Path, loads: ModuleType) -> None:
    counts = np.array([[-(2**31), 2**31 - 1], [0, -1], [1, -8388608]], np.int32)
    chunk = COUNTED.chunk(counts, np.array([0.1, 0.1 + 1e-16, 0.30000000000000004]), 5, 2, 0.4)
    data = chunk.data.copy()
    data[1, 0] = np.nan
    chunk = Chunk(chunk.stream, chunk.counts, data, chunk.times_s, 5, 2, 0.4)
    with RecordingWriter(tmp_path / "a.recording", [COUNTED], {}, KEY) as writer:
        writer.chunk(chunk)
    with RecordingReader(tmp_path / "a.recording", KEY) as reader:
        (back,) = reader.items()
    assert loads.identity(back) == loads.identity(chunk)
    assert np.isnan(back.data[1, 0])


def test_order_over_many_commits_and_a_stream_that_joins_late(
    tmp_path: Path, store_key: StoreKey, loads: ModuleType
) -> None:
    written: list[Chunk | Event] = []
    writer = RecordingWriter(tmp_path / "a.recording", loads.EMG, {}, store_key)
    pause = threading.Event()
    for number, chunk in enumerate(loads.reference_load(60)):
        if number == 400:
            for info in loads.IMU:
                writer.add_stream(info)
                writer.add_stream(info)
        if chunk.stream.endswith("imu") and number < 400:
            continue
        written += [chunk, Event(float(number), "mark", {"number": number})]
        writer.chunk(chunk)
        writer.event(written[-1])
        if number % 200 == 0:
            pause.wait(0.3)
    writer.close({})
    with RecordingReader(tmp_path / "a.recording", store_key) as reader:
        assert reader.streams == (*loads.EMG, *loads.IMU)
        assert list(map(loads.identity, reader.items())) == list(map(loads.identity, written))
        first_imu = next(chunk for chunk in written if isinstance(chunk, Chunk) and chunk.stream.endswith("imu"))
        whole = reader.data(first_imu.stream)
    own = [chunk for chunk in written if isinstance(chunk, Chunk) and chunk.stream == first_imu.stream]
    for name in ("counts", "data", "times_s"):
        assert loads.bits(getattr(whole, name)) == loads.bits(np.concatenate([getattr(one, name) for one in own]))
    assert whole.samples[0] == first_imu.first_sample
    assert whole.counts.dtype == np.float64


def test_a_stream_without_samples_is_empty(tmp_path: Path, store_key: StoreKey) -> None:
    with RecordingWriter(tmp_path / "a.recording", [COUNTED], {}, store_key):
        pass
    with RecordingReader(tmp_path / "a.recording", store_key) as reader:
        whole = reader.data(COUNTED.id)
    assert whole.data.shape == (0, 2)
    assert whole.counts.dtype == np.int32
