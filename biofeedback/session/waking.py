"""Notice that the computer slept, or that the program was held up so long that the person went without feedback."""

from __future__ import annotations

import time
from collections.abc import Callable

from biofeedback.session.notices import Notices
from biofeedback.session.view import BannerAction

NOTICED_S = 5.0
_SHOWN_S = 120.0


def counting_sleep_s() -> float:
    """Seconds on a clock that goes on while the computer sleeps; the host clock of Linux and macOS stands still."""
    if hasattr(time, "CLOCK_BOOTTIME"):  # Linux
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    if hasattr(time, "CLOCK_MONOTONIC"):  # macOS
        return time.clock_gettime(time.CLOCK_MONOTONIC)
    return time.monotonic()


class Waking:
    """Watches for spells without a beat."""

    def __init__(self, clock: Callable[[], float] = counting_sleep_s) -> None:
        self._clock = clock
        self._last_s: float | None = None

    def stood_still_s(self) -> float:
        """Return how long nothing happened, if that is worth telling, else 0; call several times a second."""
        now_s = self._clock()
        gap_s = 0.0 if self._last_s is None else now_s - self._last_s
        self._last_s = now_s
        return gap_s if gap_s > NOTICED_S else 0.0


def tell(notices: Notices, seconds: float, paused: bool, now_s: float) -> None:
    """Say that the computer slept, and what became of the set."""
    title = f"The computer slept or stood still for {seconds:.0f} s."
    detail = "Nothing was recorded meanwhile; what was recorded before is kept."
    if paused:
        detail = "The set is paused; what was recorded before is kept. Go on when the person is ready."
    action = BannerAction(command="DismissBanner", label="Close", key="Enter")
    notices.put("slept", "warn", title, detail, (action,), until_s=now_s + _SHOWN_S)
