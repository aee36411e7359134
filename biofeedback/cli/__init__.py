"""The commands. Each composes the objects it needs; nothing else in the program knows everything.

Exit codes: 0, 2 for a mistake of the user (one line on standard error), 1 for a fault of the program.
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence

from biofeedback import __version__

_ABOUT = (
    "Sensor-based biofeedback for neuromuscular re-education: a research and education toolkit, not a medical device."
)


def _parser() -> argparse.ArgumentParser:
    from biofeedback.cli import bench, devices, live, measures, recordings, screenshots

    parser = argparse.ArgumentParser(prog="biofeedback", description=_ABOUT)
    parser.add_argument("--version", action="version", version=__version__)
    parser.add_argument("--verbose", action="store_true", help="write what happens to standard error")
    parser.add_argument(
        "--language", default="", help="of the windows: en or de; without it the chosen or the system's"
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    for group in (live, devices, recordings, measures, bench, screenshots):
        group.add_commands(commands)
    live.add_window_options(parser)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit code."""
    from biofeedback.cli.errors import user_errors

    options = _parser().parse_args(arguments)
    logging.basicConfig(
        level=logging.DEBUG if options.verbose else logging.WARNING, format="%(levelname)s %(name)s: %(message)s"
    )
    try:
        return options.run(options) or 0
    except user_errors() as error:
        print(f"biofeedback: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        return 1
