"""Commands on single measures: what there is, and any of them on any file."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from biofeedback.cli import arguments
from biofeedback.cli.errors import UserError
from biofeedback.cli.output import print_json, print_table
from biofeedback.measures import catalogue
from biofeedback.measures.described import described

_LARGE = 1000.0  # times of a file may be seconds since 1970


def add_commands(commands: Any) -> None:
    """Add the commands of this group to the parser."""
    measures = commands.add_parser("measures", help="what can be measured, and any measure on any file")
    kinds = measures.add_subparsers(dest="measures", metavar="WHAT", required=True)

    listed = kinds.add_parser("list", help="every measure: what it is, what it needs, how late it is")
    listed.add_argument("name", nargs="?", help="all about this one: its values, settings and what they may be")
    listed.add_argument("--json", action="store_true", help="print one JSON document")
    listed.set_defaults(run=run_list)

    run = kinds.add_parser("run", help="one measure on one file, streamed as a live session would")
    run.add_argument("name", help="its name in `measures list`")
    run.add_argument("file", type=Path, help="a recording, CSV (.gz too), EDF, BDF or XDF")
    run.add_argument("--map", dest="mapping", help="a TOML file that says what the columns are")
    run.add_argument("--rate", type=arguments.rate_hz, metavar="HZ", help=arguments.RATE)
    run.add_argument(
        "--set",
        dest="given",
        metavar="KEY=VALUE",
        nargs="+",
        action="extend",
        default=[],
        help="a setting of the measure, or which sensor plays a role",
    )
    run.add_argument("--chunk", type=_chunk, metavar="N", help="samples at a time, or `random`; the result is the same")
    run.add_argument("--signals", type=Path, metavar="OUT.csv", help="write the derived signals to this table")
    run.add_argument(
        "--at-samples", action="store_true", help="that table has a row for each sample of the file, at its time"
    )
    run.add_argument("--json", action="store_true", help="print one JSON document")
    run.set_defaults(run=run_measure)


def _chunk(text: str) -> int:
    if text == "random":
        return 0
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a number of samples or `random`, found {text!r}")
    return int(text)


def run_list(options: argparse.Namespace) -> int:
    """List the measures, or all about one."""
    if options.name is not None:
        return _list_one(options)
    documents = [described(measure) for measure in catalogue.catalogue().values()]
    if options.json:
        print_json({"schema": "biofeedback.measures-list", "version": 1, "measures": documents})
        return 0
    rows = [(d["domain"], d["name"], _needs(d), _words(d["definition"])) for d in documents]
    print_table(("domain", "measure", "needs", "is"), rows)
    return 0


def _list_one(options: argparse.Namespace) -> int:
    try:
        document = described(catalogue.find(options.name))
    except ValueError as error:
        raise UserError(str(error)) from error
    if options.json:
        print_json({"schema": "biofeedback.measures-list", "version": 1, "measures": [document]})
        return 0
    print(f"{document['title']}: {document['definition']}\nNeeds {_needs(document)}. Source: {document['source']}.\n")
    print_table(("value", "unit", "is"), [(v["name"], v["unit"], v["definition"]) for v in document["gives"]])
    if document["occurrences"]:
        print()
        rows = [
            (o["kind"], o["of"], o["definition"], ", ".join(v["name"] for v in o["values"]))
            for o in document["occurrences"]
        ]
        print_table(("occurrence", "of", "is", "values"), rows)
    if document["signals"]:
        print()
        print_table(("signal", "unit", "is"), [(s["name"], s["unit"], s["definition"]) for s in document["signals"]])
    if document["settings"]:
        print()
        rows = [(s["name"], _set(s["default"]), s["values"], s["definition"]) for s in document["settings"]]
        print_table(("setting", "default", "may be", "is"), rows)
    return 0


def _set(default: Any) -> str:
    if isinstance(default, bool):
        return str(default).lower()
    return "none" if default is None else str(default) or "empty"


def _needs(document: dict[str, Any]) -> str:
    parts = [
        f"{n['role']}{'…' if n['several'] else ''} ({n['kind']}{', optional' if n['optional'] else ''})"
        for n in document["needs"]
    ]
    return ", ".join(parts)


def _words(text: str, most: int = 90) -> str:
    return text if len(text) <= most else text[: most - 1].rsplit(" ", 1)[0] + " …"


def run_measure(options: argparse.Namespace) -> int:
    """Run one measure on one file."""
    from biofeedback.cli.measuring import measured, write_signals
    from biofeedback.cli.sources import open_file

    try:
        catalogue.find(options.name)
        opened = open_file(options.file, options.mapping, options.rate)
        found = measured(opened, options.name, _pairs(options.given), options.chunk)
    except ValueError as error:
        raise UserError(str(error)) from error
    document = {"file": str(options.file)} | found.document
    if options.signals is not None:
        write_signals(found.at_samples() if options.at_samples else found.signals, options.signals)
    elif options.at_samples:
        raise UserError("--at-samples is about the table of --signals OUT.csv; name one")
    if options.json:
        print_json(document)
    else:
        _print(document)
    return 0


def _pairs(given: list[str]) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for text in given:
        key, sign, value = text.partition("=")
        if not sign or not key.strip():
            raise UserError(f"--set: expected KEY=VALUE, found {text!r}")
        pairs[key.strip()] = value.strip()
    return pairs


def _print(document: dict[str, Any]) -> None:
    for sensor in document["sensors"]:
        print(f"{sensor['role']}: {sensor['name']}, {sensor['rate_hz']:g} Hz")
    rows = [
        (
            v["name"],
            "–" if v["reason"] and v["value"] != v["value"] else _number(v["value"]),
            v["unit"],
            v["n"],
            v["reason"],
        )
        for v in document["values"]
    ]
    print_table(("value", "is", "unit", "n", "why"), rows)
    if document["occurrences"]:
        print()
        rows = [
            (
                o["kind"],
                o["of"],
                f"{o['time_s']:.3f}",
                "" if o["end_s"] is None else f"{o['end_s']:.3f}",
                ", ".join(f"{name} {_number(value)}" for name, value in o["values"].items()),
            )
            for o in document["occurrences"]
        ]
        print_table(("what", "of", "at s", "to s", "values"), rows)


def _number(value: float) -> str:
    return f"{value:.3f}" if abs(value) >= _LARGE else f"{value:.4g}"
