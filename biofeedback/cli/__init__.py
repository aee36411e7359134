"""The commands. Each composes the objects it needs; nothing else in the program knows everything.

Exit codes: 0, 2 for a mistake of the user (one line on standard error), 1 for a fault of the program.
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from importlib import import_module

from biofeedback import __version__

_ABOUT = (
    "Sensor-based biofeedback for neuromuscular re-education: a research and education toolkit, not a medical device."
)


# Which module knows which commands: all of them together take a third of a second to load.
_GROUPS = {
    "live": {"demo", "replay", "engine"},
    "devices": {"devices", "simulate"},
    "recordings": {"record", "recover", "score", "report"},
    "measures": {"measures"},
    "bench": {"bench"},
    "screenshots": {"screenshots"},
}
_WITH_VALUE = {"--language", "--exercise", "--sensor"}


def _groups(arguments: Sequence[str]) -> list[str]:
    """Return the groups whose commands these arguments may mean; all of them for help, or where there is a mistake."""
    words = [word for before, word in zip(["", *arguments], arguments, strict=False) if before not in _WITH_VALUE]
    first = next((word for word in words if not word.startswith("-")), None)
    before_it = words if first is None else words[: words.index(first)]
    if {"-h", "--help"} & set(before_it):
        return list(_GROUPS)
    if first is None:
        return ["live"]
    return [group for group, commands in _GROUPS.items() if first in commands] or list(_GROUPS)


def parser_of(arguments: Sequence[str]) -> argparse.ArgumentParser:
    """Return what reads these arguments."""
    from biofeedback.cli import live

    parser = argparse.ArgumentParser(prog="biofeedback", description=_ABOUT)
    parser.add_argument("--version", action="version", version=__version__)
    parser.add_argument("--verbose", action="store_true", help="write what happens to standard error")
    parser.add_argument(
        "--language", default="", help="of the windows: en or de; without it the chosen or the system's"
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    for group in _groups(arguments):
        import_module(f"biofeedback.cli.{group}").add_commands(commands)
    live.add_window_options(parser)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit code."""
    from biofeedback.cli.errors import user_errors

    arguments = sys.argv[1:] if arguments is None else arguments
    options = parser_of(arguments).parse_args(arguments)
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
