"""Mistakes of the person at the keyboard: one line, exit code 2."""

from __future__ import annotations


class UserError(Exception):
    """Something the user can put right; the message is one line that says how."""


def user_errors() -> tuple[type[Exception], ...]:
    """Return every exception that means a mistake of the user and carries one plain line."""
    from biofeedback.devices.base import DeviceError
    from biofeedback.devices.profile_file import ProfileError
    from biofeedback.exercises.model import ExerciseError
    from biofeedback.reports.content import ReportError
    from biofeedback.session.link import LinkError
    from biofeedback.session.placing import PlacementError
    from biofeedback.storage.errors import StorageError

    return (
        UserError,
        DeviceError,
        ProfileError,
        ExerciseError,
        StorageError,
        LinkError,
        PlacementError,
        ReportError,
    )
