"""A process that records the reference load in real time until it is killed, or until its disk limit is reached."""

from __future__ import annotations

import importlib.util
import json
import sys
import time
from pathlib import Path

from biofeedback.storage.keys import StoreKey
from biofeedback.storage.recording import RecordingWriter
from biofeedback.stream import Event, host_time_s

HERE = Path(__file__).parent
if sys.platform != "win32":
    import resource

spec = importlib.util.spec_from_file_location("loads", HERE / "loads.py")
assert spec is not None
assert spec.loader is not None
loads = importlib.util.module_from_spec(spec)
spec.loader.exec_module(loads)


def tell(values: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(values) + "\n")
    sys.stdout.flush()


def main(recording: Path, store: Path, seconds: float, speed: float, limit: int, limit_at_close: int) -> None:
    writer = RecordingWriter(recording, (*loads.EMG, *loads.IMU), {"goal": "any"}, StoreKey.load_or_create(store))
    if limit:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    chunks = list(loads.reference_load(round(seconds / loads.STEP_S)))
    a_step = len(loads.EMG) + len(loads.IMU)
    tell({"ready": True})
    start_s = host_time_s()
    for step in range(len(chunks) // a_step):
        for chunk in chunks[step * a_step : (step + 1) * a_step]:
            writer.chunk(chunk)
        writer.event(Event(step * loads.STEP_S, "step", {"step": step}))
        time.sleep(max(0.0, start_s + (step + 1) * loads.STEP_S / speed - host_time_s()))
        if step % 5 == 0:
            tell({"received": writer.received, "warning": writer.warning})
        if writer.failure:
            break
    received, saved, failure = writer.received, writer.saved, writer.failure
    if failure is not None:
        writer.chunk(chunks[0])
        writer.event(Event(0.0, "ignored"))
    ignored = writer.received == received
    if limit_at_close:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit_at_close, limit))
    writer.close({"ended": True})
    tell({"failure": failure, "received": received, "saved": saved, "ignored": ignored})


if __name__ == "__main__":
    main(
        Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4]), int(sys.argv[5]), int(sys.argv[6])
    )
