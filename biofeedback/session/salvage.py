"""Recordings that a killed process left open: offered at the next start, closed when asked, never silently."""

from __future__ import annotations

import asyncio
from pathlib import Path

from biofeedback.session.notices import Notices
from biofeedback.session.view import BannerAction
from biofeedback.storage.errors import RecordingError
from biofeedback.storage.keys import StoreKey
from biofeedback.storage.recording import recover, unclosed

_NAME = "unclosed"


class Salvage:
    """Offers to close what was left open in a folder."""

    def __init__(self, folder: Path, store_key: StoreKey) -> None:
        self._folder, self._key = folder, store_key

    def offer(self, notices: Notices) -> None:
        """Put a notice if there is something to close."""
        left = unclosed(self._folder)
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
        """Close everything that was left open, off the loop, and say what came of it."""
        notices.clear(_NAME)
        notices.put(_NAME, "info", "Closing what was left open…", "The session goes on meanwhile.")
        closed, missing_s, failed = await asyncio.to_thread(self._recover)
        if failed:
            notices.put(_NAME, "fault", f"{len(failed)} could not be recovered.", failed[0])
        else:
            detail = f"At most {missing_s:.1f} s are missing." if closed else "There was nothing left to do."
            dismiss = BannerAction(command="DismissBanner", label="Close", key="Enter")
            notices.put(_NAME, "info", f"Recordings recovered: {closed}.", detail, (dismiss,))

    def _recover(self) -> tuple[int, float, list[str]]:
        closed, missing_s, failed = 0, 0.0, list[str]()
        for path in unclosed(self._folder):
            try:
                missing_s = max(missing_s, recover(path, self._key).missing_s)
                closed += 1
            except RecordingError as error:
                failed.append(str(error))
        return closed, missing_s, failed
