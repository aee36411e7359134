"""Every profile with a line or a network over its real transport: known numbers are spoken, and understood."""

from __future__ import annotations

import asyncio
import contextlib
import sys

import pytest

from biofeedback.devices.registry import load_profile, make_device, profile_folders, profiles
from biofeedback.devices.virtual import VirtualDevice
from biofeedback.devices.virtual_tcp import VirtualTcpDevice

SECONDS = 0.3
SHIPPED = profiles((profile_folders()[0],))
ON_LINES = [name for name, one in SHIPPED.items() if one.serial] if sys.platform != "win32" else []
ON_NETWORKS = [name for name, one in SHIPPED.items() if one.tcp]
LINKS = [*((name, VirtualDevice) for name in ON_LINES), *((name, VirtualTcpDevice) for name in ON_NETWORKS)]
IDS = [f"{name}-{'tcp' if kind is VirtualTcpDevice else 'line'}" for name, kind in LINKS]


@pytest.fixture(scope="module")
def heard(known, hurried, listen):
    """Let all devices speak for a while, at the same time."""
    spoken = [hurried(load_profile(name)) for name, _ in LINKS]
    truths = [known(profile.configured()) for profile in spoken]
    with contextlib.ExitStack() as stack:
        ports = [
            stack.enter_context(kind(profile, truth.source)).port
            for (_, kind), profile, truth in zip(LINKS, spoken, truths, strict=True)
        ]
        devices = [make_device(profile, port, "limb") for profile, port in zip(spoken, ports, strict=True)]
        sinks = asyncio.run(listen(devices, SECONDS))
    return {which: pair for which, *pair in zip(IDS, truths, sinks, strict=True)}


@pytest.mark.parametrize("which", IDS)
def test_what_is_said_is_understood(heard, assert_understood, which):
    assert_understood(*heard[which], SECONDS)
