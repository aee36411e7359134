"""Commands that run a session: the window, demo, replay, and the hidden engine process."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any

from biofeedback.cli import arguments
from biofeedback.cli.errors import UserError
from biofeedback.cli.output import print_json
from biofeedback.cli.plan import EnginePlan, Ports, Replayed, RoomPlan, Simulated, new_recording_path

_HEADLESS_S = 80.0
_FIRST_EXERCISE = "knee-extension-seated"
_FAULT_HELP = (
    "kind[:placement][@start][+seconds][=value], such as dropout:shank@40+1.5; kinds: dropout, late, duplicate, skew, "
    "rate, hum, lift, saturation, drift, disconnect; may be repeated"
)


def add_commands(commands: Any) -> None:
    """Add the commands of this group to the parser."""
    demo = commands.add_parser("demo", help="a whole live session with the simulated person")
    demo.add_argument("--headless", action="store_true", help="no window; by itself where there is no display")
    demo.add_argument("--exercise", default="knee-extension-seated", help="its id, or a .toml file")
    demo.add_argument("--person", default="weak-quadriceps", help="condition: healthy, weak-quadriceps, stroke-synergy")
    demo.add_argument(
        "--seconds",
        type=arguments.seconds,
        help=f"end after so long, calibration included; headless {_HEADLESS_S:.0f} if left out",
    )
    demo.add_argument("--seed", type=int, default=1, help="another seed is another person")
    demo.add_argument("--fault", action="append", default=[], help=_FAULT_HELP)
    demo.add_argument("--out", type=Path, default=Path("demo"), help="folder for the files it writes")
    demo.add_argument("--json", action="store_true", help="print session.json instead of a table")
    demo.set_defaults(run=run_demo)

    replay = commands.add_parser("replay", help="a recording, or a CSV file, as a live source")
    replay.add_argument("file", type=Path)
    replay.add_argument("--exercise", required=True, help="its id, or a .toml file")
    replay.add_argument("--speed", type=arguments.speed, default=1.0, help="1 is as it was; 0 is as fast as it goes")
    replay.add_argument("--map", dest="mapping", help="a TOML file that names the columns of a CSV file")
    replay.add_argument("--headless", action="store_true", help="no window")
    replay.add_argument("--json", action="store_true", help="print the session's repetitions and scores as JSON")
    replay.set_defaults(run=run_replay)

    engine = commands.add_parser("engine")
    what = engine.add_mutually_exclusive_group(required=True)
    what.add_argument("--plan", help="one session")
    what.add_argument("--room", help="sessions as they are asked for")
    engine.set_defaults(run=run_engine)


def add_window_options(parser: argparse.ArgumentParser) -> None:
    """Without a command the program opens its window."""
    parser.add_argument("--exercise", help="open the live console at once, on this exercise (an id, or a .toml file)")
    parser.add_argument(
        "--sensor",
        action="append",
        default=[],
        metavar="PROFILE@PORT[=PLACEMENT]",
        help="a real sensor for it, such as witmotion-wt901@/dev/ttyUSB0=thigh or lsl:NAME=thigh; may be repeated; "
        "PROFILE,SETTING=VALUE makes a setting; none: the simulated person",
    )
    parser.set_defaults(run=run_window)


def parse_sensor(text: str) -> tuple[str, str, str]:
    """Read ``PROFILE@PORT[=PLACEMENT]`` or ``lsl:NAME[=PLACEMENT]``; without a placement the profile names the device.

    Raises
    ------
    UserError
        If it has another form.
    """
    if text.startswith("lsl:"):
        port, _, placement = text.partition("=")
        return "", port, placement or port.removeprefix("lsl:")
    profile, at, rest = text.partition("@")
    port, _, placement = rest.partition("=")
    if not (profile and at and port):
        raise UserError(f"--sensor {text}: expected PROFILE@PORT or PROFILE@PORT=PLACEMENT")
    return profile, port, placement or profile.partition(",")[0]


def has_display() -> bool:
    """Whether windows can be shown."""
    if sys.platform != "linux":
        return True
    platform = os.environ.get("QT_QPA_PLATFORM", "")
    if platform.startswith(("offscreen", "minimal")):
        return False
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def run_engine(options: argparse.Namespace) -> int:
    """Run a session, or a sensor room and its sessions, for windows in other processes."""
    from biofeedback.cli import engine_process

    return engine_process.run(options.plan, options.room)


# the window ---------------------------------------------------------------------------------------------------------


def run_window(options: argparse.Namespace) -> int:
    """Open the program; with an exercise or sensors named, open the live console on a session of those."""
    if not has_display() and not os.environ.get("QT_QPA_PLATFORM"):
        raise UserError("there is no display for the window; biofeedback demo runs a session without one")
    if options.exercise is None and not options.sensor:
        from biofeedback.cli.program import open_program

        return open_program(RoomPlan(), options.language)
    from biofeedback.cli.windows import show

    exercise = options.exercise or _FIRST_EXERCISE
    sensors = tuple(parse_sensor(text) for text in options.sensor)
    plan = EnginePlan(
        exercise=exercise,
        source=Ports(sensors) if sensors else Simulated(),
        person="" if sensors else "Demo",
        person_note="" if sensors else "Simulated person",
        recording=str(new_recording_path(Path(exercise).stem)),
    )
    return show(plan, language=options.language)


# demo ---------------------------------------------------------------------------------------------------------------


def run_demo(options: argparse.Namespace) -> int:
    """Run a whole session with the simulated person, and write its files."""
    from biofeedback.cli.demo import Demo

    headless = options.headless or not has_display()
    plan = EnginePlan(
        exercise=options.exercise,
        source=Simulated(condition=options.person, seed=options.seed, faults=tuple(options.fault)),
        person="Demo",
        person_note=f"Simulated, {options.person}",
        seconds=options.seconds if options.seconds is not None else _HEADLESS_S if headless else None,
        auto=True,
        recording=str(new_recording_path(Path(options.exercise).stem)),
    )
    demo = Demo(plan, options.out, headless, options.language)
    document = demo.run()
    if options.json:
        print_json(document)
    else:
        demo.print_summary(document)
    return 0


# replay -------------------------------------------------------------------------------------------------------------


def run_replay(options: argparse.Namespace) -> int:
    """Play a file as a live source."""
    source = Replayed(str(options.file), options.speed or None, options.mapping)
    plan = EnginePlan(exercise=options.exercise, source=source, auto=True, person="Replay", sound=False)
    if not options.headless and has_display() and not options.json:
        from biofeedback.cli.windows import show

        return show(plan, language=options.language)
    from biofeedback.cli.engine_process import run_headless

    document = run_headless(plan)
    if options.json:
        print_json({"file": str(options.file)} | document)
    else:
        from biofeedback.cli.recordings import print_repetitions

        print_repetitions(document)
    return 0
