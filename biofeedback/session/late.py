"""A window's end of a link to an engine that may still be on its way up: the window need not wait for it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from biofeedback.session.link import Launch, LinkError, WindowSide, attach
from biofeedback.session.room.commands import AnyCommand
from biofeedback.session.room.view import RoomView
from biofeedback.session.view import TICK, SessionView


class LateClient:
    """The `RoomClient` of an engine that runs already, or of one that is being launched.

    What is sent before it is up is sent when it is. ``problem`` is why it did not come up, in one sentence.
    """

    def __init__(self, folder: Path, arguments: list[str]) -> None:
        self._folder, self._arguments = folder, arguments
        self._side = attach(folder)
        self.came_back = self._side is not None
        self._launch = None if self._side is not None else Launch(folder, arguments)
        self._waiting: list[AnyCommand] = []
        self._first_tick = 0
        self.problem = ""

    def _attached(self) -> WindowSide | None:
        if self._side is None and self._launch is not None and not self.problem:
            try:
                self._side = self._launch.poll()
            except LinkError as error:
                self.problem = str(error)
            if self._side is not None:
                waiting, self._waiting = self._waiting, []
                for command in waiting:
                    self._side.send(command)
        return self._side

    def view(self) -> SessionView | None:
        """Return the newest page of the session; None before the first."""
        side = self._attached()
        return None if side is None else side.view()

    def room(self) -> RoomView | None:
        """Return the newest page of the sensor room; None before the first."""
        side = self._attached()
        if side is None:
            return None
        view = side.room()
        if view is not None and view.session != "running":
            _, self._first_tick = side.ticks(1 << 62)  # what comes after this belongs to the next session
        return view

    def ticks(self, since: int) -> tuple[NDArray[np.void], int]:
        """Return the rows of this session from index ``since`` on, and the index after the last."""
        side = self._attached()
        if side is None:
            return np.zeros(0, TICK), since
        return side.ticks(max(since, self._first_tick))

    def send(self, command: AnyCommand) -> None:
        """Send a command, as soon as the engine is up."""
        side = self._attached()
        if side is None:
            self._waiting.append(command)
        else:
            side.send(command)

    def alive(self) -> bool:
        """Whether the engine gave a sign of life within the last second, or is on its way up."""
        side = self._attached()
        return not self.problem if side is None else side.alive()

    def ended(self) -> bool:
        """Whether the engine has gone for good."""
        side = self._attached()
        return bool(self.problem) if side is None else side.ended()

    def revive(self) -> bool:
        """Launch another engine in place of one that has gone; return whether it had gone."""
        if self._side is None or not self._side.ended():
            return False
        self._side.close()
        self._side, self._launch, self._first_tick = None, Launch(self._folder, self._arguments), 0
        return True

    def wait_for_end(self, timeout_s: float) -> bool:
        """Wait until the engine has ended; return whether it has."""
        side = self._connected_within(timeout_s)
        return True if side is None else side.wait_for_end(timeout_s)

    def _connected_within(self, timeout_s: float) -> WindowSide | None:
        """Wait for an engine that is still coming up, so that it gets what was sent."""
        if self._side is None and self._launch is not None and not self.problem:
            try:
                self._side = self._launch.connect(timeout_s)
            except LinkError as error:
                self.problem = str(error)
            else:
                for command in self._waiting:
                    self._side.send(command)
        return self._side

    def close(self) -> None:
        """Leave the engine; it goes on. What is asked afterwards brings nothing."""
        if self._side is not None:
            self._side.close()
        self._side = self._launch = None
