"""Sensor-based biofeedback for neuromuscular re-education: a research and education toolkit, not a medical device."""

__version__ = "0.1.0"
