"""Commands that measure: latency, paint, throughput. Each prints one table with its load and limits, or JSON."""

from __future__ import annotations

import argparse
import os
import platform
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from biofeedback.cli import arguments, folders
from biofeedback.cli.errors import UserError
from biofeedback.cli.output import print_json, print_table
from biofeedback.cli.plan import EnginePlan, Simulated, new_recording_path

if TYPE_CHECKING:
    from biofeedback.cli.bench_start import Opening
    from biofeedback.devices.drivers.speech import Piece

_SPEED = "× real time"
_EVERY_SENSOR = 12  # signals: eight muscles, two joints, two segments
_VIEW_SHARE = 10.0
_LOAD = "8 EMG × 2 kHz + 6 IMU × 100 Hz, recording, sound, both windows painting 67 and 33 times a second"


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure against what it should hold; without a limit it stands there for comparison."""

    name: str
    measured: float | None
    limit: float | None
    unit: str
    at_least: bool = False
    note: str = ""

    @property
    def held(self) -> bool | None:
        """Whether the limit is held; None if nothing was measured, or there is none."""
        if self.measured is None or self.limit is None:
            return None
        return self.measured >= self.limit if self.at_least else self.measured <= self.limit


def add_commands(commands: Any) -> None:
    """Add the commands of this group to the parser."""
    bench = commands.add_parser("bench", help="measure this machine with this program")
    kinds = bench.add_subparsers(dest="bench", metavar="WHAT", required=True)
    for name, text, seconds, run in (
        ("latency", "sample to cue, to picture, to sound, at the reference load", 40.0, run_latency),
        ("paint", "both windows: frames and cost", 40.0, run_paint),
        ("sound", "how late the loudspeaker is, heard through the microphone or the sound server", 10.0, run_sound),
        ("start", "from the start of the program to a window that can be used", 10.0, run_start),
        ("throughput", "how much faster than real time decoding and scoring are", 60.0, run_throughput),
    ):
        parser = kinds.add_parser(name, help=text)
        parser.add_argument(
            "--seconds", type=arguments.seconds, default=seconds, help="length of the run or of the signal"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON document")
        parser.set_defaults(run=run)


def _show(title: str, load: str, figures: list[Figure], as_json: bool) -> int:
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    if as_json:
        rows = [asdict(figure) | {"held": figure.held} for figure in figures]
        print_json({"bench": title, "load": load, "machine": machine, "figures": rows})
        return 0
    print(f"{title}: {load}\n{machine}")
    rows = [
        (
            figure.name,
            "–" if figure.measured is None else f"{figure.measured:.1f}",
            "" if figure.limit is None else f"{'≥' if figure.at_least else '≤'} {figure.limit:g}",
            figure.unit,
            _verdict(figure),
            figure.note,
        )
        for figure in figures
    ]
    print_table(("figure", "measured", "limit", "unit", "", ""), rows)
    return 0


def _verdict(figure: Figure) -> str:
    if figure.held is not None:
        return "held" if figure.held else "NOT held"
    if figure.limit is not None:
        return "not measured"
    return "not installed" if figure.measured is None else "to compare"


# live ---------------------------------------------------------------------------------------------------------------


def _live(seconds: float) -> tuple[dict[str, Any], dict[str, Any]]:
    """Run the demonstration at the reference load; return the session document and the windows' paint figures."""
    from biofeedback.cli.live import has_display
    from biofeedback.cli.sources import open_file
    from biofeedback.cli.windows import show

    recording = str(new_recording_path("bench"))
    plan = EnginePlan(
        exercise="knee-extension-seated",
        source=Simulated(load=True),
        person="Bench",
        seconds=seconds,
        auto=True,
        recording=recording,
    )
    paint: dict[str, Any] = {}
    show(plan, until_over=True, offscreen=not has_display(), paint=paint)
    return open_file(Path(recording)).summary, paint


def run_latency(options: argparse.Namespace) -> int:
    """Measure the whole chain at the reference load."""
    document, _ = _live(options.seconds)
    latency = document["latency_ms"]
    lost = sum(s["lost"] for s in document["samples"].values())
    figures = [
        Figure("sample in the program → cue decided, p50", latency["cue_p50"], 10, "ms"),
        Figure("sample in the program → cue decided, p99", latency["cue_p99"], 10, "ms"),
        Figure("sample in the program → painted, p50", latency["painted_p50"], 35, "ms"),
        Figure("sample in the program → painted, p95", latency["painted_p95"], 35, "ms"),
        Figure("cue decided → first sound sample handed over, p95", latency["sound_p95"], 20, "ms"),
        Figure("samples lost", float(lost), 0, ""),
    ]
    return _show("latency", _LOAD, figures, options.json)


def run_paint(options: argparse.Namespace) -> int:
    """Measure the painting of both windows at the reference load."""
    from biofeedback.cli.bench_views import measure
    from biofeedback.cli.live import has_display

    views = measure(options.seconds / _VIEW_SHARE, offscreen=not has_display())
    _, paint = _live(options.seconds)
    figures = [
        Figure("patient display, 1920 × 1080, frame interval p95", paint.get("patient_frame_p95"), 16.7, "ms"),
        Figure("patient display, cost of a frame p95", paint.get("patient_paint_p95"), 16.7, "ms"),
        Figure("console, 1440 × 900, frame interval p95", paint.get("console_frame_p95"), 33.4, "ms"),
        Figure("console, cost of a frame p95", paint.get("console_paint_p95"), 16.7, "ms"),
        Figure("patient display, frames a second", paint.get("patient_fps"), 60, "1/s", at_least=True),
    ]
    for painted in views:
        figures.append(Figure(f"{painted.view}, cost of a frame p95", painted.cost_p95_ms, 16.7, "ms"))
        if painted.frame_p95_ms is not None:
            figures.append(Figure(f"{painted.view}, frame interval p95", painted.frame_p95_ms, 16.7, "ms"))
    return _show("paint", _LOAD, figures, options.json)


def run_start(options: argparse.Namespace) -> int:
    """Measure how long the program takes to open, its files being in the system's cache."""
    from biofeedback.cli.bench_start import measure
    from biofeedback.cli.live import has_display

    openings = measure(options.seconds, offscreen=not has_display())
    figures = [
        Figure("start → first page painted, p50", float(np.median([one.painted_ms for one in openings])), 2000, "ms"),
        Figure("start → people listed and typing answered, p50", _usable(openings, 50), 2000, "ms"),
        Figure("start → people listed and typing answered, slowest", _usable(openings, 100), None, "ms"),
    ]
    return _show(
        "start", f"{len(openings)} starts, one after the other, the engine starting beside", figures, options.json
    )


def _usable(openings: Sequence[Opening], percent: float) -> float:
    return float(np.percentile([one.usable_ms for one in openings], percent))


def run_sound(options: argparse.Namespace) -> int:
    """Measure the sound device: hand-over, what the library tells, and what the default input hears."""
    from biofeedback.outputs.loopback import measure
    from biofeedback.outputs.players import NoSoundError
    from biofeedback.outputs.sound import LATE_MS, Sound

    note, heard = "", list[float]()
    with Sound() as sound:
        sound.synth.volume = 10
        device, told_ms = sound.device, sound.delay_ms
        if sound.state != "on":
            raise UserError(f"No sound can be played here ({sound.state}): connect a loudspeaker and try again.")
        try:
            heard = measure(sound, options.seconds)
            note = "" if heard else "nothing heard: put the microphone to the loudspeaker and turn the volume up"
        except NoSoundError as error:
            note = f"no input to listen with: {error}"
        handed = sound.latency()
    p50 = float(np.median(heard)) if heard else None
    if p50 is not None:
        folders.keep_sound_delay(device, p50)
        late = p50 > LATE_MS
        note = "too late to follow: own movement and guide stay off, chimes stay; use a wired one" if late else "kept"
    figures = [
        Figure("cue decided → first sample handed over, p95", None if handed is None else handed.p95_ms, 20, "ms"),
        Figure("what the device adds, as the library tells", told_ms, None, "ms"),
        Figure("cue decided → heard by the input, p50", p50, LATE_MS, "ms", note=note),
        Figure("chimes heard", float(len(heard)), None, ""),
    ]
    return _show("sound", device, figures, options.json)


# throughput ---------------------------------------------------------------------------------------------------------


def _timed(work: Callable[[], Any], signal_s: float) -> float:
    """Return how many times faster than real time the best of three runs was, on processor time."""
    best = float("inf")
    for _ in range(3):
        started = time.process_time()
        work()
        best = min(best, time.process_time() - started)
    return signal_s / max(best, 1e-9)


def run_throughput(options: argparse.Namespace) -> int:
    """Measure decoding of each profile, and scoring at the reference load, on one core."""
    from biofeedback.cli.comparison import programs

    os.environ.setdefault("OMP_NUM_THREADS", "1")
    figures = [_decoding(name, options.seconds) for name in _profiles()]
    figures.append(Figure("score offline, all default measures", _scoring(options.seconds), 100, _SPEED, True))
    figures += [
        Figure(
            f"8 EMG × 2 kHz: band, mains, envelope: {name}", work and _comparing(work, options.seconds), None, _SPEED
        )
        for name, work in programs().items()
    ]
    load = f"{options.seconds:g} s of signal a run, one core, best of three; scoring: 8 EMG × 2 kHz + 6 IMU × 100 Hz"
    return _show("throughput", load, figures, options.json)


def _profiles() -> list[str]:
    from biofeedback.devices import registry

    return list(registry.profiles())


def _decoding(name: str, seconds: float) -> Figure:
    """Decode as it comes: notification by notification, or what a stream brings in 20 ms."""
    from biofeedback.devices import registry
    from biofeedback.devices.drivers.profiled import ProfiledDecoder
    from biofeedback.devices.drivers.speech import Speech

    profile = registry.load_profile(name).configured()
    speech = Speech(profile)
    ticks = round(seconds * speech.encoder.rate_hz)
    random = np.random.default_rng(1)
    counts = {}
    for stream in profile.streams:
        scale = np.array([channel.channel().scale for channel in stream.channels])
        samples = random.normal(0, 1000, (len(speech.encoder.due(stream, 0, ticks)), len(stream.channels))) * scale
        counts[stream.id] = speech.encoder.counts(stream, samples)
    said = [*speech.greeting(), *speech.pieces(counts, 0, ticks)]
    pieces = [(piece.origin, piece.data) for piece in said] if profile.ble else _reads(said, seconds)

    def decode() -> None:
        decoder = ProfiledDecoder(profile)
        for number, (origin, data) in enumerate(pieces):
            decoder.feed(data, number / len(pieces) * seconds, origin)
        if decoder.health.frames < ticks / 2:
            raise RuntimeError(f"{name}: only {decoder.health.frames} frames of {ticks} instants were found")

    faster = _timed(decode, seconds)
    note = f"{seconds / faster / len(pieces) * 1e6:.0f} µs for each of {len(pieces) / seconds:.0f} packets a second"
    return Figure(f"decode {name}", faster, 50, "× real time", at_least=True, note=note)


def _reads(said: list[Piece], seconds: float) -> list[tuple[str, bytes]]:
    """Return what each connection brings in 20 ms, connection by connection; frames are cut as they come."""
    reads: list[tuple[str, bytes]] = []
    for origin in dict.fromkeys(piece.origin for piece in said):
        line = b"".join(piece.data for piece in said if piece.origin == origin)
        length = max(1, round(len(line) / seconds / 50))
        reads += [(origin, line[at : at + length]) for at in range(0, len(line), length)]
    return reads


def _comparing(work: Callable[[NDArray[np.float64]], Any], seconds: float) -> float:
    from biofeedback.cli.comparison import signal

    samples = signal(seconds)
    return _timed(lambda: work(samples), seconds)


def _scoring(seconds: float) -> float:
    from biofeedback.cli.reference_load import chunks, exercise
    from biofeedback.session import summary
    from biofeedback.session.pipeline import Pipeline
    from biofeedback.session.placing import place

    loaded = exercise(_EVERY_SENSOR)
    streams, items = chunks(seconds)

    def score() -> None:
        summary.run(Pipeline(loaded, place(loaded, streams), answering=False), items, bare=True)

    return _timed(score, seconds)
