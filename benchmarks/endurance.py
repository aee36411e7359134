"""Run a long session and see whether memory and lag stay as they were; print one verdict, and fail if they do not.

The engine is a process of its own with the simulated person, recording as ever; with ``--windows`` both windows are
open in this process, off the screen where there is none. Memory is read from ``/proc``, so this runs on Linux::

    python benchmarks/endurance.py --seconds 600 --windows
    python benchmarks/endurance.py --seconds 3600 --speed 60

Lag is counted by the host clock, from when a packet was due in the program until its cue was decided. If the machine
cannot keep the speed, the person's script waits for it: nothing is lost, and the lag grows. At speed 1 nobody waits:
what a simulated radio could not hand over within two seconds is lost, and told apart from what a fault lost. Sound goes
in real time only: at another speed the session is silent.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from biofeedback.cli import folders
from biofeedback.cli.arguments import speed
from biofeedback.cli.live import has_display
from biofeedback.cli.plan import EnginePlan, Simulated, new_recording_path
from biofeedback.cli.sources import open_file
from biofeedback.session.link import Launch, attach

_EXERCISE = "knee-extension-seated"
_SETTLED = 0.1  # of the run: what is loaded on the way is loaded by then
_FILLED_S = 180.0  # of the session: the longest of what is kept of the signals is full by then
_FLAT = 0.05  # of the memory, over the run
_LAG_MS = 2.0  # more than this, and a quarter more than it was, is another lag
_LOOK_S = 1.0
_NAMES = ("engine_mb", "window_mb", "cue_p50_ms", "cue_p99_ms", "painted_p95_ms")


@dataclass(slots=True)
class Watch:
    """What was seen, a row a second: seconds, engine and window in MB, cue p50 and p99 and painted p95 in ms."""

    folder: Path
    timed: bool
    rows: list[tuple[float, ...]] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Look at the session once a second until it is over."""
        client, began_s = None, time.monotonic()
        while not self.over.wait(_LOOK_S):
            client = client or attach(self.folder)
            view = None if client is None else client.view()
            if client is None or view is None or not client.alive():
                continue
            late = view.latency
            figures = (late.cue_p50, late.cue_p99, late.painted_p95) if self.timed else (None, None, None)
            row = (memory_mb(_engine(self.folder)), memory_mb(os.getpid()), *map(_ms, figures))
            self.rows.append((time.monotonic() - began_s, *row))
        if client is not None:
            client.close()


def _engine(folder: Path) -> int:
    """Return the number of the engine's process; 0, which no process has, once it has gone."""
    try:
        return json.loads((folder / "engine.json").read_text(encoding="utf-8"))["pid"]
    except FileNotFoundError:
        return 0


def memory_mb(pid: int) -> float:
    """Return what a process has in memory that is its own; NaN once it has gone."""
    try:
        kept = re.search(r"RssAnon:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    except OSError:
        kept = None
    return float("nan") if kept is None else int(kept[1]) / 1024


def _ms(value: float | None) -> float:
    return float("nan") if value is None else value


def long_exercise(folder: Path, seconds: float) -> Path:
    """Write the knee extension with sets that fill the time; the first is over, its page made, once all has settled."""
    text = (resources.files("biofeedback.exercises") / "library" / f"{_EXERCISE}.toml").read_text(encoding="utf-8")
    for name, most in (("sets", 20), ("repetitions", min(100, max(10, round(seconds / 30))))):
        text, found = re.subn(rf"^{name} = \d+", f"{name} = {most}", text, count=1, flags=re.MULTILINE)
        assert found == 1, name
    path = folder / "long.toml"
    path.write_text(text, encoding="utf-8")
    return path


def run(seconds: float, speed: float | None, windows: bool) -> dict[str, object]:
    """Run a session of so many seconds, as fast as the machine is without a speed; return how memory and lag did."""
    home = folders.home()
    recording = new_recording_path("endurance")
    source = Simulated(speed=speed)
    exercise = str(long_exercise(home, seconds))
    plan = EnginePlan(
        exercise=exercise,
        source=source,
        seconds=seconds,
        auto=True,
        recording=str(recording),
        sound=speed == 1.0,  # sound goes in real time only
    )
    watch = Watch(home, timed=speed is not None)
    thread = threading.Thread(target=watch.run, name="watch")
    thread.start()
    began_s = time.monotonic()
    try:
        if windows:
            from biofeedback.cli.windows import show

            show(plan, until_over=True, offscreen=not has_display())
        else:
            client = Launch(home, ["--plan", msgspec.json.encode(plan).decode()]).connect(60.0)
            while not client.wait_for_end(3600.0):
                pass
            client.close()
    finally:
        watch.over.set()
        thread.join()
    took_s = time.monotonic() - began_s
    document = open_file(recording).summary
    passed_over = sum(document["truth"]["passed_over"].values())
    lost = sum(stream["lost"] for stream in document["samples"].values())
    rows = np.array(watch.rows)
    part = max(1, round(_SETTLED * len(rows)))
    settled = rows[max(part, round(min(0.5, _FILLED_S / seconds) * len(rows))) :]
    first, last = _middle(settled[:part]), _middle(settled[-part:])
    figures = {name: _compared(name, before, after) for name, before, after in zip(_NAMES, first, last, strict=True)}
    for name, at in (("engine_mb", 1), ("window_mb", 2)):
        figures[name]["mb_an_hour_of_session"] = _slope(settled[:, 0], settled[:, at]) * took_s / document["duration_s"]
    return {
        "verdict": _verdict(figures, windows),
        "session_s": round(float(document["duration_s"]), 1),
        "took_s": round(took_s, 1),
        "speed": {"asked": speed, "reached": round(float(document["duration_s"]) / took_s, 1)},
        "repetitions": len(document["repetitions"]),
        "lost_samples": lost - passed_over,
        "passed_over_samples": passed_over,
        "recording_mb": round(recording.stat().st_size / 1e6, 1),
        "load": os.getloadavg()[0],
        "figures": figures,
    }


def _compared(name: str, before: float | None, after: float | None) -> dict[str, Any]:
    """Return a figure after the beginning and at the end, and whether it stayed; None where nobody measured it."""
    stayed = None
    if before is not None and after is not None:
        grown = after - before
        stayed = grown <= (_FLAT * before if name.endswith("_mb") else max(_LAG_MS, 0.25 * before))
    return {"once_settled": before, "at_the_end": after, "stayed": stayed}


def _slope(passed_s: NDArray[np.float64], values: NDArray[np.float64]) -> float:
    """Return how much a figure grew in an hour, as the median of the slopes between its two halves."""
    known = np.isfinite(values)
    passed_s, values = passed_s[known], values[known]
    half = len(values) // 2
    if half == 0:
        return float("nan")
    slopes = (values[-half:] - values[:half]) / (passed_s[-half:] - passed_s[:half])
    return round(3600 * float(np.median(slopes)), 2)


def _verdict(figures: dict[str, dict[str, Any]], windows: bool) -> str:
    """Return one line: what stayed as it was, and what did not; this process's memory counts if it has the windows."""
    judged = {name: one for name, one in figures.items() if windows or name != "window_mb"}
    grown = [
        f"{name} went from {one['once_settled']:g} to {one['at_the_end']:g}"
        for name, one in judged.items()
        if one["stayed"] is False
    ]
    return (
        f"NOT held: {'; '.join(grown)}"
        if grown
        else "held: " + ", ".join(n for n, one in judged.items() if one["stayed"])
    )


def _middle(rows: NDArray[np.float64]) -> list[float | None]:
    """Return the median of each figure; None where there was none."""
    known = [column[np.isfinite(column)] for column in rows[:, 1:].T]
    return [round(float(np.median(column)), 2) if len(column) else None for column in known]


def main() -> int:
    """Run, print one JSON document, and end with 1 if something did not stay as it was."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=600.0, help="of the session")
    parser.add_argument("--speed", type=speed, default=1.0, help="1 is real time; 0 is as fast as the machine is")
    parser.add_argument("--windows", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        os.environ["BIOFEEDBACK_HOME"] = home
        report = run(options.seconds, options.speed or None, options.windows)
    print(json.dumps(report, indent=1))
    print(report["verdict"], file=sys.stderr)
    return 0 if str(report["verdict"]).startswith("held") else 1


if __name__ == "__main__":
    sys.exit(main())
