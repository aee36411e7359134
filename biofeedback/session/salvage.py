"""Recordings that a killed process left open: offered at the next start, kept and closed when asked, never silently."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from biofeedback.session.notices import Notices
from biofeedback.session.view import BannerAction
from biofeedback.storage.errors import RecordingError, StorageError
from biofeedback.storage.keys import StoreKey
from biofeedback.storage.recording import RecordingReader, Recovery, recover, unclosed

if TYPE_CHECKING:
    from biofeedback.session.unfinished import Unfinished

_NAME = "unclosed"


@dataclass(frozen=True, slots=True)
class Rescued:
    """A recording that was left open, and what came of it.

    Attributes
    ----------
    recovery
        What it holds; None while it is still open.
    kept
        Whether it is in the records as a session now.
    failure
        Why it was not closed or not kept, in one sentence; "" if all went well.
    unfinished
        What it leaves to do, where it was kept and tells.
    """

    path: Path
    recovery: Recovery | None
    kept: bool
    failure: str = ""
    unfinished: Unfinished | None = None


def rescue(home: Path, store_key: StoreKey) -> list[Rescued]:
    """Keep what was left open in the user's folder in the records, then close it.

    In this order: what cannot be kept now is offered again.
    """
    return [_rescue(path, home, store_key) for path in unclosed(home / "recordings")]


def _rescue(path: Path, home: Path, store_key: StoreKey) -> Rescued:
    kept, unreadable, left = False, "", None
    try:
        kept, left = _read_and_keep(path, home, store_key)
    except RecordingError as error:  # as a session it cannot be read; its samples are closed all the same
        unreadable = str(error)
    except StorageError as error:
        return Rescued(path, None, False, str(error))
    try:
        return Rescued(path, recover(path, store_key), kept, unreadable, left)
    except RecordingError as error:
        return Rescued(path, None, kept, str(error), left)


def _read_and_keep(path: Path, home: Path, store_key: StoreKey) -> tuple[bool, Unfinished | None]:
    from biofeedback.session.keepsake import read_back  # the whole signal path: Home does not wait for it
    from biofeedback.session.unfinished import unfinished

    with RecordingReader(path, store_key) as reader:
        about = reader.about
        if not about.get("exercise") or not reader.streams:
            return False, None  # made without an exercise, or killed before anything came: there is no session in it
    document, started = read_back(path, store_key)
    keep(home, store_key, document, started, path.name, recovered=True)
    ended = started + timedelta(seconds=document["duration_s"])
    return True, unfinished(about, document, ended, datetime.now(UTC))


def keep(
    home: Path,
    store_key: StoreKey,
    document: Mapping[str, Any],
    started: datetime,
    recording: str,
    *,
    recovered: bool = False,
) -> None:
    """Put a session into the records of the user's folder; the same recording again changes nothing.

    Raises
    ------
    RecordsError
        If that does not work now.
    """
    from biofeedback.storage.records import keeping
    from biofeedback.storage.records.store import Records

    with Records.open(home, store_key) as records:
        visit = _visit(document)
        keeping.keep(records, document, started=started, recording=recording, visit=visit, recovered=recovered)


def _visit(document: Mapping[str, Any]) -> uuid.UUID | None:
    try:
        return uuid.UUID(str(document.get("visit")))
    except ValueError:
        return None


class Salvage:
    """Offers in a session to keep and close what was left open before it."""

    def __init__(self, home: Path, store_key: StoreKey) -> None:
        self._home, self._key = home, store_key

    def offer(self, notices: Notices) -> None:
        """Put a notice if there is something to close."""
        left = unclosed(self._home / "recordings")
        if left:
            what = "A recording was" if len(left) == 1 else f"{len(left)} recordings were"
            notices.put(
                _NAME,
                "warn",
                f"{what} not closed: the program ended unexpectedly.",
                f"What was recorded is there, at most the last second is missing. {left[-1].name}",
                (
                    BannerAction(command="RecoverRecordings", label="Recover", key="R"),
                    BannerAction(command="DismissBanner", label="Later", key="L"),
                ),
            )

    async def run(self, notices: Notices) -> None:
        """Keep and close everything that was left open, off the loop, and say what came of it."""
        notices.clear(_NAME)
        notices.put(_NAME, "info", "Closing what was left open…", "The session goes on meanwhile.")
        rescued = await asyncio.to_thread(rescue, self._home, self._key)
        failed = [one.failure for one in rescued if one.failure]
        if failed:
            notices.put(_NAME, "fault", f"{len(failed)} could not be recovered.", failed[0])
        else:
            missing_s = max((one.recovery.missing_s for one in rescued if one.recovery is not None), default=0.0)
            detail = f"At most {missing_s:.1f} s are missing." if rescued else "There was nothing left to do."
            dismiss = BannerAction(command="DismissBanner", label="Close", key="Enter")
            notices.put(_NAME, "info", f"Recordings recovered: {len(rescued)}.", detail, (dismiss,))
