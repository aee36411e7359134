"""What the person sees: one goal, one number, one word."""

from biofeedback.ui.patient.display import PatientDisplay, render
from biofeedback.ui.patient.window import PaintStats, PatientWindow

__all__ = ["PaintStats", "PatientDisplay", "PatientWindow", "render"]
