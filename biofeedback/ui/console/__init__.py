"""The therapist's live console: what the session does now, and everything to steer it."""

from biofeedback.ui.console.stats import PaintStats
from biofeedback.ui.console.window import ConsoleWindow

__all__ = ["ConsoleWindow", "PaintStats"]
