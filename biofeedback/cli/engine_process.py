"""The process of an engine: sessions for windows in other processes, and a session run to its end."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Callable
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from biofeedback.cli import folders
from biofeedback.cli.errors import user_errors
from biofeedback.cli.plan import EnginePlan, RoomPlan
from biofeedback.session.promptness import go_first, settle

if TYPE_CHECKING:
    from biofeedback.cli.compose import Composed
    from biofeedback.storage.recording import RecordingWriter


def run(plan: str | None, room: str | None) -> int:
    """Run one session, or a sensor room and its sessions: an `EnginePlan` or a `RoomPlan` as JSON."""
    go_first()
    log = RotatingFileHandler(folders.home() / "engine.log", maxBytes=1 << 20, backupCount=2, encoding="utf-8")
    log.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.getLogger().addHandler(log)  # its window may be gone when it has something to say
    try:
        if room is not None:
            from biofeedback.cli.room import serve

            return asyncio.run(serve(msgspec.json.decode(room, type=RoomPlan)))
        return asyncio.run(_serve(msgspec.json.decode(plan or "", type=EnginePlan)))
    except user_errors():
        raise
    except Exception:
        logging.getLogger(__name__).exception("the engine failed")
        raise


async def _serve(plan: EnginePlan) -> int:
    from biofeedback.cli.compose import compose
    from biofeedback.session.link import EngineSide

    composed: Composed | None = None

    def ready() -> None:
        settle()
        side.announce()

    def command(value: Any) -> None:
        if composed is not None:
            composed.engine.command(value)

    side = EngineSide(folders.home(), command)
    try:
        composed = compose(plan, side, ready)
        end_on_signals(composed.engine.stop)
        await run_session(composed)
        await asyncio.sleep(0.3)  # let the windows see the last page
        return 1 if composed.engine.failure else 0
    finally:
        side.close()


def end_on_signals(stop: Callable[[], None]) -> None:
    """Let the signals that end a program call ``stop`` on the running loop."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        try:
            loop.add_signal_handler(number, stop)
        except NotImplementedError:  # Windows
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop))


async def run_session(composed: Composed, keep: Callable[[dict[str, Any], Path], None] | None = None) -> dict[str, Any]:
    """Run an engine to its end, keep what it was and close its recording; return the session document.

    ``keep`` is given the document and the recording's path. If it raises, the recording stays open, so that it is
    offered to be kept later.

    Raises
    ------
    StorageError
        As ``keep`` does.
    """
    document: dict[str, Any] = {}
    try:
        await composed.engine.run()
    finally:
        if hasattr(composed.engine, "pipeline"):
            document = composed.engine.document()
            if composed.truth is not None:
                document["truth"] = truth = composed.truth()
                document["true_repetitions"] = composed.engine.during_sets(truth["repetitions"])
        if composed.recorder is not None:
            await asyncio.to_thread(_put_away, composed.recorder, document, keep)
    return document


def _put_away(
    recorder: RecordingWriter, document: dict[str, Any], keep: Callable[[dict[str, Any], Path], None] | None
) -> None:
    kept = False
    try:
        if keep is not None and document:
            keep(document, recorder.path)
        kept = True
    finally:
        recorder.close(document, mark=kept)


def run_headless(plan: EnginePlan) -> dict[str, Any]:
    """Run one session in this process, without windows; return the session document."""
    from biofeedback.cli.compose import compose

    async def whole() -> dict[str, Any]:
        return await run_session(compose(plan))

    return asyncio.run(whole())
