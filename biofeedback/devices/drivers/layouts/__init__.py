"""Code for devices that tell their layout when they are asked; one file a kind of device."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Protocol, cast

from biofeedback.devices.profiles import Profile

LAYOUTS = "biofeedback.devices.drivers.layouts"


class LayoutDriver(Protocol):
    """What the file of a kind of device has."""

    def is_whole(self, question: int, answer: bytes) -> bool:
        """Tell whether the answer to a question, counted from 0, has come to its end."""
        ...

    def arranged(self, profile: Profile, answers: Sequence[bytes]) -> Profile:
        """Return the profile with messages and streams as the device told.

        Raises
        ------
        DeviceError
            If the answers cannot be read, or tell of a device that is not understood.
        """
        ...


def layout_driver(name: str) -> LayoutDriver:
    """Load the driver of that name."""
    return cast(LayoutDriver, import_module(f"{LAYOUTS}.{name.replace('-', '_')}"))


def spoken(profile: Profile) -> Profile:
    """Return the profile as its device would be understood that gives the examples of the questions as answers."""
    if profile.layout is None:
        return profile
    examples = [question.answer for question in profile.layout.questions]
    return layout_driver(profile.layout.driver).arranged(profile, examples)
