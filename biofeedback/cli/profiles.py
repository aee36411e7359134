"""Commands on firmware profiles: which are known, what each says and how sure that is, and is one sound."""

from __future__ import annotations

import argparse
from typing import Any

from biofeedback.cli.output import print_json, print_table
from biofeedback.devices import registry
from biofeedback.devices.profiles import Profile


def run_profiles(options: argparse.Namespace) -> int:
    """List the profiles; one that cannot be used is listed with its error."""
    shipped, own = registry.profile_folders()
    files = registry.profile_files()
    in_use = {file.profile.id: file.path for file in files if file.profile is not None}
    known = [
        _described(file.profile) | {"file": str(file.path), "yours": file.path.parent != shipped}
        for file in files
        if file.profile is not None and in_use[file.profile.id] == file.path
    ]
    unusable = [file.error for file in files if file.profile is None]
    if options.json:
        print_json({"profiles": known, "unusable": unusable, "your_folder": str(own)})
        return 0
    rows = [
        (d["id"], d["name"], s["id"], f"{s['rate_hz']:g} Hz", _channels(s["channels"]))
        for d in known
        for s in d["streams"]
    ]
    print_table(("profile", "firmware", "stream", "rate", "channels"), rows)
    for error in unusable:
        print(f"cannot be used: {error}")
    print(f"Your own profiles go into {own}; devices check PROFILE shows the settings, and how sure each fact is")
    return 0


def run_check(options: argparse.Namespace) -> int:
    """Check one profile; what is wrong comes as an error."""
    described = _described(registry.load_profile(options.profile))
    if options.json:
        print_json({"sound": True} | described)
        return 0
    print(f"{described['id']}: the profile is sound ({described['name']})")
    for stream in described["streams"]:
        print(f"  {stream['id']}: {stream['rate_hz']:g} Hz, {_channels(stream['channels'])}")
    for setting in described["settings"]:
        print(f"  setting {setting['id']} = {' | '.join(setting['values'])} ({setting['default']}): {setting['name']}")
    for source in described["sources"]:
        print(f"  {source['confidence']}: {source['facts']}")
    return 0


def _described(profile: Profile) -> dict[str, Any]:
    """Return what a profile says of its device, as plain values; rates and scales are those of the default settings."""
    ready = profile.configured()
    asked = {query.stream for query in ready.tcp.rates} if ready.tcp else set()
    streams = [
        {
            "id": stream.id,
            "rate_hz": info.sampling_rate_hz,
            "rate_is_asked": stream.id in asked,
            "note": stream.note,
            "channels": [
                {"name": c.name, "quantity": c.quantity, "unit": c.unit, "scale": c.scale} for c in info.channels
            ],
        }
        for stream, info in zip(ready.streams, ready.stream_infos(ready.id), strict=True)
    ]
    settings = [
        {"id": s.id, "name": s.name, "default": s.default, "values": [option.value for option in s.options]}
        for s in profile.settings
    ]
    return {
        "id": profile.id,
        "version": profile.version,
        "name": profile.name,
        "note": profile.note,
        "links": [kind for kind in ("serial", "ble", "tcp") if getattr(profile, kind) is not None],
        "settings": settings,
        "streams": streams,
        "sources": [{"facts": s.facts, "confidence": s.confidence, "reference": s.reference} for s in profile.sources],
    }


def _channels(channels: list[dict[str, str]]) -> str:
    kinds: dict[str, int] = {}
    for channel in channels:
        kind = f"{channel['quantity'].replace('_', ' ')} ({channel['unit']})"
        kinds[kind] = kinds.get(kind, 0) + 1
    return ", ".join(f"{number} × {kind}" for kind, number in kinds.items())
