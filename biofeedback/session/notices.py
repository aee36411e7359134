"""What the therapist must know now: one banner at a time, the worst first, the others counted."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from biofeedback.session.view import Banner, BannerAction

_ORDER = {"fault": 0, "warn": 1, "info": 2}
_INFO_S = 5.0


@dataclass(frozen=True, slots=True)
class _Notice:
    banner: Banner
    until_s: float | None


class Notices:
    """The notices that stand, by name."""

    def __init__(self) -> None:
        self._standing: dict[str, _Notice] = {}
        self.goal_lost = False

    def put(
        self,
        name: str,
        kind: Literal["info", "warn", "fault"],
        title: str,
        detail: str,
        actions: tuple[BannerAction, ...] = (),
        until_s: float | None = None,
    ) -> None:
        """Show a notice, or change it."""
        self._standing[name] = _Notice(Banner(kind=kind, title=title, detail=detail, actions=actions), until_s)

    def back(self, name: str, title: str, detail: str, now_s: float) -> None:
        """Turn a notice into good news that leaves by itself after five seconds."""
        if name in self._standing:
            self.put(name, "info", title, detail, until_s=now_s + _INFO_S)

    def stands(self, name: str) -> bool:
        """Whether a notice is there, on top or not."""
        return name in self._standing

    def clear(self, name: str) -> None:
        """Take a notice away."""
        self._standing.pop(name, None)

    def dismiss(self) -> None:
        """Take away the notice that is shown, unless it is a fault that still stands."""
        shown = self._worst()
        if shown is not None and self._standing[shown].banner.kind != "fault":
            self.clear(shown)

    def expire(self, now_s: float) -> None:
        """Take away what has been shown long enough."""
        for name in [
            n for n, notice in self._standing.items() if notice.until_s is not None and notice.until_s < now_s
        ]:
            self.clear(name)

    def _worst(self) -> str | None:
        return min(self._standing, key=lambda name: _ORDER[self._standing[name].banner.kind], default=None)

    def banner(self) -> Banner | None:
        """Return the worst notice, with the number of the others."""
        worst = self._worst()
        return None if worst is None else replace(self._standing[worst].banner, others=len(self._standing) - 1)
