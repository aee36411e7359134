"""Devices that tell their layout and calibration: a Shimmer3's own figures, and a virtual one on a virtual port."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from biofeedback.devices.base import DeviceError
from biofeedback.devices.drivers.layouts import shimmer3, spoken
from biofeedback.devices.drivers.profiled import ProfiledDecoder
from biofeedback.devices.inquired import InquiredDevice
from biofeedback.devices.profile_file import ProfileError, load
from biofeedback.devices.registry import load_profile, make_device, profile_folders
from biofeedback.devices.virtual import VirtualDevice

PROFILE = load_profile("shimmer3").configured()
INQUIRY, CALIBRATION = (question.answer for question in PROFILE.layout.questions)
# a sample of the unit whose calibration the profile has as an example, as its card kept it, and its check
SAMPLE = (
    "00 58 49 8F A1 07 85 07 70 07 80 00 80 00 1F 80 28 FF 0C 03 DC F9 A1 01 5F 01 7F FE 80 00 10 41 FF EF BF B6 AD"
)


def inquiry(*channels: int, ticks: int = 64, ranges: bytes = b"\x01\xff\x01\x08") -> bytes:
    return b"\xff\x02" + ticks.to_bytes(2, "little") + ranges + bytes([len(channels), 1, *channels])


def decoded(profile, data: bytes) -> dict[str, np.ndarray]:
    (batch,) = ProfiledDecoder(profile).feed(data, 0.0)
    infos = {info.id.split("/")[1]: info for info in profile.stream_infos("x")}
    return {name: infos[name].to_si(rows.counts) for name, rows in batch.streams.items()}


def check_of(packet: bytes) -> bytes:
    """CRC-16 as the firmware's self-test has it: polynomial 1021 from B0CA, an odd message padded."""
    register = 0xB0CA
    for byte in packet + bytes(len(packet) % 2):
        register ^= byte << 8
        for _ in range(8):
            register = ((register << 1) ^ 0x1021 if register & 0x8000 else register << 1) & 0xFFFF
    return register.to_bytes(2, "little")


def test_the_makers_export_of_a_calibrated_unit():
    """Sample, blocks and results: test data of ShimmerEngineering/Shimmer-Java-Android-API."""
    found = decoded(shimmer3.arranged(PROFILE, [INQUIRY, CALIBRATION]), bytes.fromhex(SAMPLE))
    np.testing.assert_allclose(found["imu"][0, :3], [-1.789626, -1.108434, 1.529509], rtol=1e-6)
    np.testing.assert_allclose(np.degrees(found["imu"][0, 3:]), [-565.305, -575.978, -1.25549], rtol=1e-5)
    np.testing.assert_allclose(found["acc_wide"][0], [-1.863784, -0.562349, 3.237551], rtol=1e-6)
    np.testing.assert_allclose(found["mag"][0], [0.526237, -0.625187, 0.577211], rtol=2e-6)
    np.testing.assert_allclose(found["emg"][0], [0.100033e-3, -0.100033e-3], rtol=1e-5)


def test_the_makers_simulator_of_a_unit_with_one_accelerometer():
    """A second unit: inquiry, packet, offset, sensitivity and alignment of the maker's simulator of a real one."""
    (imu,) = [stream for stream in PROFILE.streams if stream.id == "imu"]
    alone = replace(imu, channels=imu.channels[:3], calibration=imu.calibration[:1])
    block = np.array([2108, 2079, 2085, 83, 83, 84], ">i2").tobytes()
    block += np.array([1, -100, 0, -100, 1, 0, -2, -1, -100], "i1").tobytes()
    told = bytes.fromhex("FF 02 80 02 01 FF 01 08 03 01 00 01 02 0F")
    assert shimmer3.is_whole(0, told)
    profile = shimmer3.arranged(replace(PROFILE, streams=(alone,)), [told, b"\xff\x2d" + block + b"\xff" * 63])
    assert profile.streams[0].rate_hz == 51.2
    found = decoded(profile, bytes.fromhex("00 EF BE 1B E7 09 3C 08 3F 09 7A 65"))
    np.testing.assert_allclose(found["imu"][0], [-0.40088, -5.14859, -3.29764], atol=5e-6)


def test_channels_come_in_the_order_of_the_inquiry_and_others_are_stepped_over():
    """EMG in front, a battery, and the older magnetometer: its axes are x, z, y, and its numbers big-endian."""
    order = (0x1D, 0x1E, 0x1F, 0x03, 0x07, 0x09, 0x08)
    profile = shimmer3.arranged(PROFILE, [inquiry(*order), b"\xff\x2d" + b"\xff" * 84])
    assert [stream.id for stream in profile.streams] == ["emg", "mag"]
    packet = bytes.fromhex("00 01 02 03 80 00 00 01 FF FF FF 55 0A 00 64 00 32 FF 9C")
    found = decoded(profile, packet + check_of(packet))
    np.testing.assert_allclose(found["emg"][0] * 12 * 8388607 / 2.42, [1, -1])
    np.testing.assert_allclose(found["mag"][0], [-100 / 1100, -100 / 1100, -50 / 980])  # the maker's usual figures


@pytest.mark.parametrize(("code", "lsb"), [(0, 131.0), (1, 65.5), (2, 32.8), (3, 16.4)])
def test_a_unit_that_was_never_calibrated_has_the_usual_scale_of_its_range(code, lsb):
    order = (0x00, 0x01, 0x02, 0x0A, 0x0B, 0x0C)
    told = inquiry(*order, ranges=bytes([1, 0xFF, code, 8]))
    profile = shimmer3.arranged(PROFILE, [told, b"\xff\x2d" + b"\xff" * 84])
    packet = bytes.fromhex("00 01 02 03 FF 07 52 08 FF 07 00 00 01 00 00 00")
    found = decoded(profile, packet + check_of(packet))
    np.testing.assert_allclose(found["imu"][0, :3], [-1, 0, 0], atol=1e-12)
    np.testing.assert_allclose(np.degrees(found["imu"][0, 3:]), [-256 / lsb, 0, 0], atol=1e-12)


@pytest.mark.parametrize(
    ("told", "problem"),
    [
        (inquiry(0x00, 0x7F), r"unknown kind \(7F\)"),
        (inquiry(0x03), "none of the channels"),
        (inquiry(0x00, ticks=0), "no sampling rate"),
        (b"\xff\x8a\x71\x21", "gave no answer"),
    ],
)
def test_answers_that_help_nobody_are_one_line(told, problem):
    with pytest.raises(DeviceError, match=problem):
        shimmer3.arranged(PROFILE, [told, CALIBRATION])


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=40), st.binary(max_size=120))
def test_any_answer_is_understood_or_refused(told, blocks):
    for answer in (told, b"\xff\x02" + told):
        for block in (blocks, b"\xff\x2d" + blocks):
            if shimmer3.is_whole(0, answer) and shimmer3.is_whole(1, block):
                with contextlib.suppress(DeviceError):
                    profile = shimmer3.arranged(PROFILE, [answer, block])
                    ProfiledDecoder(profile).feed(blocks, 0.0)
                    profile.stream_infos("x")


def waves(profile):
    def source(from_s: float, n_ticks: int):
        times_s = from_s + np.arange(n_ticks) / profile.streams[0].rate_hz
        sizes = {"emg": 1e-3, "imu": 5.0, "acc_wide": 9.0, "mag": 1.0}
        return {
            stream.id: sizes[stream.id] * np.sin(6.1 * times_s[:, None] + np.arange(len(stream.channels)))
            + 0.01 * sizes[stream.id] * times_s[:, None]
            for stream in profile.streams
        }

    return source


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminals on Windows")
def test_a_virtual_unit_is_asked_and_what_it_felt_comes_back(sink, tmp_path):
    def quick(steps):
        return tuple(replace(step, wait_s=min(step.wait_s, 0.03)) for step in steps)

    profile = load_profile("shimmer3")
    said = profile.dialogue
    hurried = replace(
        profile, dialogue=replace(said, open=quick(said.open), start=quick(said.start), stop=quick(said.stop))
    )
    link = tmp_path / "shimmer"

    async def until(condition) -> None:
        async with asyncio.timeout(12):
            while not condition():
                await asyncio.sleep(0.01)

    async def check(virtual: VirtualDevice) -> None:
        device = make_device(hurried, virtual.port, "leg", {"rate": "512"})
        assert isinstance(device, InquiredDevice)
        await device.open()
        task = asyncio.create_task(device.run(sink))
        await until(lambda: len(sink.of("leg/imu")) > 40)
        virtual.unplug()
        await until(lambda: sink.statuses[-1][1].state == "lost")
        n_before = len(sink.chunks)
        virtual.plug()
        await until(lambda: len(sink.chunks) > n_before + 40)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await device.close()

    with VirtualDevice(hurried, waves(PROFILE), link=link) as virtual:
        asyncio.run(check(virtual))
    truth = waves(PROFILE)(0.0, 20_000)
    # half a count of the unit is so many counts of the profile: its axes are skewed
    for name, counts_off in (("emg", 1.0), ("imu", 2.0), ("acc_wide", 1.5), ("mag", 2.0)):
        chunks = sink.of(f"leg/{name}")
        scale = np.array([channel.channel().scale for channel in PROFILE.stream(name).channels])
        gap = next(at for at, chunk in enumerate(chunks) if chunk.lost_before)
        for run in (chunks[:gap], chunks[gap:]):
            data = np.vstack([chunk.data for chunk in run])
            begin = int(np.argmin(np.abs(truth[name] - data[0]).max(axis=1)))
            assert (np.abs(data - truth[name][begin : begin + len(data)]) < counts_off * scale).all()
        assert gap > 5


def test_the_virtual_unit_speaks_with_a_calibration_of_its_own():
    """Otherwise the test above could not tell a calibration that is left out."""
    (imu,) = [stream for stream in spoken(PROFILE).streams if stream.id == "imu"]
    assert np.abs(np.array(imu.calibration[1].matrix)).max() > 1.1  # its gyroscope is 15 % away from the data sheet


def test_mistakes_in_a_layout_name_the_line(tmp_path):
    text = (profile_folders()[0] / "shimmer3.toml").read_text()
    for before, after, problem in (
        ('driver = "shimmer3"', 'driver = "none"', "layout.driver: there is no such driver"),
        ("columns = [3, 4, 5]", "columns = [3, 4, 6]", r"calibration\[1\].columns: must be three different places"),
        ("bias = [2047, 2047, 2047]", "bias = [2047]", r"calibration\[0\].bias: expected"),
        (
            "matrix = [0, -1, 0, -1, 0, 0, 0, 0, -1], bias",
            "matrix = [0, 0, 0, -1, 0, 0, 0, 0, -1], bias",
            "cannot be undone",
        ),
    ):
        assert before in text
        (tmp_path / "shimmer3.toml").write_text(text.replace(before, after, 1))
        with pytest.raises(ProfileError, match=problem):
            load(tmp_path / "shimmer3.toml")
