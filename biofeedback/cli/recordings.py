"""Commands on files: record, recover, score, report."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path
from typing import Any

from biofeedback import __version__
from biofeedback.cli import arguments, folders
from biofeedback.cli.errors import UserError
from biofeedback.cli.output import print_json, print_table
from biofeedback.cli.sources import open_file
from biofeedback.exercises import model

_JSON = {"action": "store_true", "help": "print one JSON document"}


def add_commands(commands: Any) -> None:
    """Add the commands of this group to the parser."""
    record = commands.add_parser("record", help="record from a device")
    record.add_argument(
        "--profile",
        help="firmware profile: its id, or a .toml file; ID,SETTING=VALUE makes a setting; lsl: ports need none",
    )
    record.add_argument("--port", required=True, help="such as /dev/ttyUSB0, COM5, a Bluetooth address, lsl:NAME")
    record.add_argument("--seconds", type=arguments.seconds, help="how long; until Ctrl C if left out")
    record.add_argument("--out", type=Path, required=True, help="the recording to make")
    record.add_argument("--json", **_JSON)
    record.set_defaults(run=run_record)

    recover = commands.add_parser(
        "recover", help="keep and close the recordings of a killed process, say what is missing"
    )
    recover.add_argument("--json", **_JSON)
    recover.set_defaults(run=run_recover)

    score = commands.add_parser(
        "score", help="repetitions, measures and scores of a recording, CSV, EDF, BDF or XDF file"
    )
    score.add_argument("file", type=Path)
    score.add_argument("--exercise", required=True, help="its id, or a .toml file")
    score.add_argument("--map", dest="mapping", help="a TOML file that names the columns")
    score.add_argument("--rate", type=arguments.rate_hz, metavar="HZ", help=arguments.RATE)
    score.add_argument("--plot", type=Path, metavar="OUT.png", help="draw signals, repetitions, bands and reasons")
    score.add_argument("--json", **_JSON)
    score.set_defaults(run=run_score)

    report = commands.add_parser("report", help="one PDF page of a recorded session")
    report.add_argument("file", type=Path)
    report.add_argument("--exercise", help="its id, or a .toml file; as recorded if left out")
    report.add_argument("--out", type=Path, help="the PDF to write; beside the file if left out")
    report.add_argument("--json", **_JSON)
    report.set_defaults(run=run_report)


# record -------------------------------------------------------------------------------------------------------------


def run_record(options: argparse.Namespace) -> int:
    """Record from one device."""
    return asyncio.run(_record(options))


async def _record(options: argparse.Namespace) -> int:
    from biofeedback.devices.registry import find_device
    from biofeedback.session.tape import Tape
    from biofeedback.storage.keys import StoreKey
    from biofeedback.storage.recording import RecordingWriter

    if options.profile is None and not options.port.startswith("lsl:"):
        raise UserError("--profile is missing: it says what the device on this port sends; devices profiles lists them")
    device = find_device(options.profile or "", options.port)
    about = {"profile": options.profile, "port": options.port, "program": f"biofeedback {__version__}"}
    try:
        await device.open()
        writer = RecordingWriter(options.out, device.streams, about, StoreKey.load_or_create(folders.home()))
        tape = Tape(writer)
        try:
            await tape.run(device, options.seconds)
        finally:
            document = tape.summary()
            writer.close(document)
    finally:
        await device.close()
    if options.json:
        print_json(document | {"path": str(options.out)})
    else:
        rows = [(name, n["received"], n["lost"], n["rate_hz"] or 0.0) for name, n in document["streams"].items()]
        print_table(("stream", "samples", "lost", "Hz"), rows)
        print(f"recorded to {options.out}")
        if gone_s := document["gone_at_end_s"]:
            print(f"The device was gone for the last {gone_s:.1f} s, and had not come back.")
    if writer.failure is not None:
        raise UserError(writer.failure)
    return 0


# recover ------------------------------------------------------------------------------------------------------------


def run_recover(options: argparse.Namespace) -> int:
    """Keep and close what a killed process left open."""
    from biofeedback.session.link import clear_away
    from biofeedback.session.salvage import rescue
    from biofeedback.storage.keys import StoreKey

    clear_away(folders.home())
    rescued = rescue(folders.home(), StoreKey.load_or_create(folders.home()))
    failed = [one.failure for one in rescued if one.failure]
    documents = [
        {
            "path": str(r.path),
            "started": r.started.isoformat(),
            "duration_s": round(r.duration_s, 3),
            "missing_s": round(r.missing_s, 3),
            "samples_saved": r.samples_saved,
            "samples_missing": r.samples_missing,
            "events_missing": r.events_missing,
            "intact": r.intact,
            "counted": r.counted,
            "kept": one.kept,
        }
        for one in rescued
        if (r := one.recovery) is not None
    ]
    if options.json:
        print_json({"recovered": documents, "failed": failed})
    elif not rescued:
        print("Every recording was closed; there is nothing to recover.")
    else:
        rows = [
            (d["path"], f"{d['duration_s']:.1f} s", f"{d['missing_s']:.2f} s", "yes" if d["kept"] else "no")
            for d in documents
        ]
        print_table(("recording", "saved", "missing", "in the records"), rows)
        for line in failed:
            print(line)
    return 2 if failed else 0


# score ----------------------------------------------------------------------------------------------------------------


def run_score(options: argparse.Namespace) -> int:
    """Score a file."""
    from biofeedback.cli.scored import page_of, scored

    exercise = model.find(options.exercise)
    opened = open_file(options.file, options.mapping, options.rate)
    result = scored(opened, exercise)
    document = {"file": str(options.file)} | result.document
    if options.plot is not None:
        from biofeedback.reports import picture

        picture.write(page_of(result, opened, exercise, options.file.name, lead_s=None), options.plot)
    if options.json:
        print_json(document)
        return 0
    for sensor in result.document["sensors"]:
        print(f"{sensor['placement']}: {sensor['stream']}, {sensor['rate_hz']:g} Hz")
    print_repetitions(document)
    return 0


def print_repetitions(document: dict[str, Any]) -> None:
    """Print the repetitions of a session document as a table, and the total under it."""
    rows = [
        (
            f"{r['set']}·{r['number']}",
            f"{r['start_s']:.1f}",
            f"{r['range']:.0f}",
            "no score" if r["score"] is None else f"{r['score']:.0f} ± {r['error']:.0f}",
            "own" if r["probe"] else "on" if r["feedback"] else "off",
            r["reason"] + (" (struck out)" if r["undone"] else ""),
        )
        for r in document["repetitions"]
    ]
    print_table(("rep", "at s", "range", "score", "cues", "why"), rows)
    total = "–" if document["score"] is None else f"{document['score']:.0f}"
    print(f"{document['count']} repetitions, {document['reached']} in target, mean score {total}")


# report -------------------------------------------------------------------------------------------------------------


def run_report(options: argparse.Namespace) -> int:
    """Write the page of a recorded session."""
    from biofeedback.cli.scored import write_report

    opened = open_file(options.file)
    name = options.exercise or opened.about.get("exercise")
    if not name:
        raise UserError(f"{options.file.name}: says nothing of an exercise; name one with --exercise")
    out = options.out or options.file.with_suffix(".pdf")
    write_report(opened, model.find(name), out)
    if options.json:
        print_json({"report": str(out)})
    else:
        print(f"report written to {out}")
    return 0
