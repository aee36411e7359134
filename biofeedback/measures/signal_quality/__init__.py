"""Whether a sensor can be trusted now, and the one thing to do if not: a bad sensor gives no score."""

from biofeedback.measures.signal_quality.emg import EmgQuality, Lead
from biofeedback.measures.signal_quality.hum import HumLeft
from biofeedback.measures.signal_quality.imu import ImuQuality
from biofeedback.measures.signal_quality.verdict import Quality, Second

__all__ = ["EmgQuality", "HumLeft", "ImuQuality", "Lead", "Quality", "Second"]
