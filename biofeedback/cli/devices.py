"""Commands on devices: what is known, what is there, is a profile sound, and a simulated one on a virtual port."""

from __future__ import annotations

import argparse
import asyncio
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from biofeedback.cli import arguments, profiles
from biofeedback.cli.errors import UserError
from biofeedback.cli.output import print_json, print_table
from biofeedback.devices import registry
from biofeedback.devices.base import DeviceError
from biofeedback.devices.profiles import Profile

if TYPE_CHECKING:
    from biofeedback.cli.simulate import Speaker
    from biofeedback.devices.nearby import NearbySensor
    from biofeedback.devices.transports.lsl_streams import LslStream
    from biofeedback.devices.virtual import VirtualDevice
    from biofeedback.devices.virtual_lsl import VirtualLslDevice

_ON_NET_S = 2.0  # streams answer at once; those that do not within this time are not there


def add_commands(commands: Any) -> None:
    """Add the commands of this group to the parser."""
    devices = commands.add_parser("devices", help="what is known, what is connected, is a profile sound")
    kinds = devices.add_subparsers(dest="devices", metavar="WHAT", required=True)
    for name, text, run in (
        ("list", "the serial ports, and what may be on them", run_list),
        ("scan", "Bluetooth sensors that are near, and streams on the network", run_scan),
        ("profiles", "the firmwares that are known", profiles.run_profiles),
        ("check", "say what is wrong in a profile", profiles.run_check),
    ):
        parser = kinds.add_parser(name, help=text)
        if name == "check":
            parser.add_argument("profile", help="its id, or a .toml file")
        if name == "scan":
            parser.add_argument("--seconds", type=arguments.seconds, default=5.0, help="how long to listen (5)")
        parser.add_argument("--json", action="store_true", help="print one JSON document")
        parser.set_defaults(run=run)

    simulate = commands.add_parser("simulate", help="a simulated device of a firmware")
    simulate.add_argument("profile", help="its id, or a .toml file; ID,SETTING=VALUE makes a setting")
    where = simulate.add_mutually_exclusive_group(required=True)
    where.add_argument("--pty", action="store_true", help="on a virtual serial port")
    where.add_argument("--tcp", type=int, metavar="PORT", help="as a server on this computer; 0 takes any free port")
    where.add_argument(
        "--lsl",
        nargs="?",
        const="",
        metavar="NAME",
        help="as Lab Streaming Layer streams of that name, or the profile's",
    )
    simulate.add_argument("--link", type=Path, help="another name for the port, such as /tmp/cyton")
    simulate.add_argument("--exercise", default="knee-extension-seated", help="what the simulated person does")
    simulate.add_argument("--person", default="healthy", help="the person's condition")
    simulate.add_argument("--placement", action="append", default=[], help="sensor to speak for; may be repeated")
    simulate.add_argument("--seed", type=int, default=1, help="another seed is another person")
    simulate.add_argument("--seconds", type=arguments.seconds, help="how long; until Ctrl C if left out")
    simulate.add_argument("--sent", type=Path, help="an .npz file for the counts that were sent")
    simulate.add_argument("--json", action="store_true", help="print the port as JSON")
    simulate.set_defaults(run=run_simulate)


def run_list(options: argparse.Namespace) -> int:
    """List the serial ports."""
    ports = registry.serial_ports()
    if options.json:
        print_json({"ports": [{"name": p.name, "description": p.description, "profiles": p.profiles} for p in ports]})
    elif not ports:
        print("No serial port was found. Connect a sensor, or try one without hardware: biofeedback demo")
    else:
        print_table(("port", "description", "may be"), [(p.name, p.description, ", ".join(p.profiles)) for p in ports])
    return 0


def run_scan(options: argparse.Namespace) -> int:
    """Listen for Bluetooth sensors, and for streams on the network."""
    if not 0 < options.seconds <= 600:
        raise UserError("--seconds must be above 0, and 600 at most")
    heard = asyncio.run(_heard(options.seconds))
    if options.json:
        sensors = [
            {"name": s.name, "address": s.address, "rssi_dbm": s.rssi_dbm, "profiles": s.profiles}
            for s in heard.sensors
        ]
        streams = [
            {"name": s.name, "type": s.type, "port": s.port, "host": s.host, "channels": s.n_channels}
            | {"rate_hz": s.rate_hz or None}
            for s in heard.streams
        ]
        print_json({"sensors": sensors, "streams": streams, "problems": heard.problems})
        return 0
    if heard.sensors:
        table = [(s.name or "(no name)", s.address, f"{s.rssi_dbm} dBm", ", ".join(s.profiles)) for s in heard.sensors]
        print_table(("name", "address", "signal", "may be"), table)
    if heard.streams:
        from biofeedback.devices.nearby import shown

        rows = [
            (
                shown(s.port),
                shown(s.type),
                shown(s.host),
                f"{s.n_channels} channels",
                f"{s.rate_hz:g} Hz" if s.rate_hz else "irregular",
            )
            for s in heard.streams
        ]
        print_table(("stream on the network", "type", "computer", "", "rate"), rows)
    for problem in heard.problems:
        print(problem)
    if not (heard.sensors or heard.streams or heard.problems):
        print("No Bluetooth sensor was heard. Switch it on, and disconnect it from phones and other programs.")
    return 0


@dataclass(frozen=True, slots=True)
class _Heard:
    sensors: list[NearbySensor]
    streams: list[LslStream]
    problems: list[str]


async def _heard(seconds: float) -> _Heard:
    """Listen on the radio and on the network at once; a computer without Bluetooth may still have streams.

    Raises
    ------
    DeviceError
        If Bluetooth cannot be used and there are no streams either.
    """
    from biofeedback.devices.nearby import sensors_nearby
    from biofeedback.devices.transports.lsl_streams import found_within

    on_air, on_net = await asyncio.gather(
        sensors_nearby(seconds), asyncio.to_thread(found_within, min(seconds, _ON_NET_S)), return_exceptions=True
    )
    for result in (on_air, on_net):
        if isinstance(result, BaseException) and not isinstance(result, DeviceError):
            raise result
    sensors = [] if isinstance(on_air, BaseException) else on_air
    streams = [] if isinstance(on_net, BaseException) else on_net
    if isinstance(on_air, DeviceError) and not streams:
        raise on_air
    return _Heard(sensors, streams, [str(on_air)] if isinstance(on_air, DeviceError) else [])


def run_simulate(options: argparse.Namespace) -> int:
    """Serve a simulated device until the time is over."""
    from biofeedback.cli.simulate import Speaker
    from biofeedback.devices.simulated import SimulatedPerson
    from biofeedback.exercises import model

    known, settings = registry.chosen(options.profile)
    try:
        profile = known.configured(settings)
    except ValueError as error:
        raise UserError(str(error)) from error
    if profile.ble is not None and options.lsl is None:
        raise UserError(
            f"{profile.id} speaks over Bluetooth, which needs a radio: use --lsl for its samples on the network"
        )
    try:
        person = SimulatedPerson(model.find(options.exercise), options.person, options.seed)
    except model.ExerciseError:
        raise
    except ValueError as error:
        raise UserError(str(error)) from error
    speaker = Speaker(person, profile, options.placement)
    with _virtual(profile, speaker, options) as device:
        if options.json:
            print_json({"profile": profile.id, "port": device.port})
        else:
            print(f"{profile.name} on {device.port}; Ctrl C ends it", flush=True)
        _wait(options.seconds)
    if options.sent is not None:
        _keep(device, options.sent)
    return 0


def _virtual(profile: Profile, speaker: Speaker, options: argparse.Namespace) -> VirtualDevice | VirtualLslDevice:
    """Make the virtual device on the link that is asked for."""
    remember = options.sent is not None
    if options.lsl is not None:
        from biofeedback.devices.virtual_lsl import VirtualLslDevice

        return VirtualLslDevice(profile, speaker, options.lsl, remember=remember)
    if options.tcp is not None:
        from biofeedback.devices.virtual_tcp import VirtualTcpDevice

        return VirtualTcpDevice(profile, speaker, options.tcp, remember=remember)
    if profile.serial is None:
        raise UserError(f"{profile.id} is a server on the network: use --tcp PORT")
    from biofeedback.devices.virtual import VirtualDevice

    return VirtualDevice(profile, speaker, link=options.link, remember=remember)


def _wait(seconds: float | None) -> None:
    until_s = None if seconds is None else time.monotonic() + seconds
    try:
        while until_s is None or time.monotonic() < until_s:
            time.sleep(0.1)
    except KeyboardInterrupt:
        return


def _keep(device: Any, path: Path) -> None:
    import numpy as np

    arrays: dict[str, Any] = {}
    for stream, counts in device.sent.counts.items():
        arrays[f"{stream}_ticks"] = np.array(list(counts))
        arrays[f"{stream}_counts"] = np.array(list(counts.values()))
    try:
        np.savez_compressed(path, **arrays)
    except OSError as error:
        raise UserError(f"{path}: cannot be written ({error.strerror})") from error
