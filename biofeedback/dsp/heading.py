"""The heading between two inertial sensors on a hinge joint: it drifts, and the hinge itself holds it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from biofeedback.dsp import quaternion
from biofeedback.dsp.hinge import Hinge, turned

Array = NDArray[np.float64]

_HEADING_S = 5.0
_HEADING_WORTH_S = 0.3  # of looking at the hinge anew is what was known of the heading before a hole


class HeadingHold:
    """Brings the distal heading over the proximal one: the hinge must point the same way for both."""

    def __init__(self, sampling_rate_hz: float) -> None:
        self._keep = float(np.exp(-1.0 / (_HEADING_S * sampling_rate_hz)))
        self._state: NDArray[np.complex128] | None = None

    @property
    def heading_rad(self) -> float:
        """What the distal heading is turned by now."""
        return 0.0 if self._state is None else float(np.angle(self._state[0]))

    def turn(self, heading_rad: float) -> None:
        """Add to the heading known so far."""
        before = np.ones(1, dtype=np.complex128) if self._state is None else self._state
        self._state = self._keep * np.exp(1j * heading_rad) * before

    def loosen(self) -> None:
        """Hardly trust the heading any more: either sensor turned unseen."""
        if self._state is not None:
            size = np.maximum(np.abs(self._state), 1e-9)
            self._state = self._state / size * np.minimum(size, _HEADING_WORTH_S / _HEADING_S)

    def process(self, proximal: Array, distal: Array, hinge: Hinge) -> Array:
        """Return the next distal quaternions, shape (n, 4), under the proximal heading."""
        a = quaternion.rotate(proximal, hinge.proximal)
        b = quaternion.rotate(distal, hinge.distal)
        offset = (a[:, 0] + 1j * a[:, 1]) * (b[:, 0] - 1j * b[:, 1])
        before = np.zeros(1, dtype=np.complex128) if self._state is None else self._state
        slow, self._state = signal.lfilter([1.0 - self._keep], [1.0, -self._keep], offset, zi=before)
        return turned(distal, np.angle(slow))
