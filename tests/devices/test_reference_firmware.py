"""The reference firmware's own code makes the bytes of its capture."""

from __future__ import annotations

import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SKETCH = ROOT / "docs" / "reference-firmware" / "reference_firmware"
CAPTURE = ROOT / "tests" / "captures" / "reference-imu-emg" / "generated.toml"
COMPILER = shutil.which("c++") or shutil.which("g++")

PROGRAM = """
#include <stdio.h>
#include "frames.h"
int main() {
  const uint16_t emg[4][2] = {{2048, 2048}, {0, 4095}, {2560, 1536}, {2047, 2049}};
  const uint32_t times[4] = {4294966296u, 1000, 3000, 9000};
  const uint8_t counters[4] = {254, 255, 0, 3};
  const int16_t motion[2][6] = {{0, 0, 2049, 0, 0, 0}, {-32768, 32767, -1, 1, -1000, 1000}};
  uint8_t frame[32];
  for (int i = 0; i < 4; i++) {
    makeEmgFrame(frame, counters[i], times[i], emg[i]);
    fwrite(frame, 1, EMG_BYTES, stdout);
    if (i == 0 || i == 3) {
      makeImuFrame(frame, (uint8_t)(9 + i / 3), times[i], motion[i / 3]);
      fwrite(frame, 1, IMU_BYTES, stdout);
    }
  }
}
"""


@pytest.mark.skipif(COMPILER is None, reason="needs a C++ compiler")
def test_capture_is_what_the_firmware_makes(tmp_path):
    (tmp_path / "main.cpp").write_text(PROGRAM)
    program = tmp_path / "frames"
    options = ["-std=c++11", "-Wall", "-Wextra", "-Werror", f"-I{SKETCH}"]
    subprocess.run([str(COMPILER), *options, "-o", str(program), str(tmp_path / "main.cpp")], check=True)
    made = subprocess.run([str(program)], check=True, capture_output=True).stdout
    assert made == bytes.fromhex(tomllib.loads(CAPTURE.read_text("utf-8"))["bytes"])


def test_page_and_sketch_agree_with_the_profile():
    page = (ROOT / "docs" / "reference-firmware" / "README.md").read_text("utf-8")
    sketch = (SKETCH / "reference_firmware.ino").read_text("utf-8")
    assert "REFERENCE 1 emg imu" in page
    assert 'Serial.print(hasMotion ? "REFERENCE 1 emg imu' in sketch
    assert "EMG_EVERY_US = 2000" in sketch  # 500 a second
    assert "IMU_EVERY = 5" in sketch  # 100 a second
