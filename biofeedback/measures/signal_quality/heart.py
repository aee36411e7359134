"""Whether the heart is heard in a muscle at rest."""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

from biofeedback.dsp.heart import HeartWatch
from biofeedback.measures.signal_quality.seconds import HOP_S
from biofeedback.measures.signal_quality.verdict import Quality

Array = NDArray[np.float64]

_HEART_V = 10e-6  # a heart below it is lost in the noise that is allowed
_LISTENED, _LISTEN = 20, 20  # half seconds that are listened to for a heart, and how often
_QUIET = 3.0  # times the usual loudness of these: more is work, beneath which no heart is looked for
_SAID_FOR = 6  # looks: a minute


class HeartHeard:
    """Listens for the heart in ten seconds of rest; what it said last stands for a minute in which nothing is heard."""

    def __init__(self, sampling_rate_hz: float, volts: bool) -> None:
        self._watch = HeartWatch(sampling_rate_hz)
        self._hop = round(HOP_S * sampling_rate_hz)
        self._least = _HEART_V if volts else 0.0
        self._said = Quality("ok", "", "heart", 0.0)
        self._unheard = 0
        self.restart()

    def restart(self) -> None:
        """Begin anew after a gap."""
        self._rows: deque[Array] = deque(maxlen=_LISTENED)
        self._loudness: deque[float] = deque(maxlen=_LISTENED)
        self._n = 0

    def judge(self, row: Array, loudness: float) -> Quality:
        """Take the next second, half of which is new; the value of the verdict is beats a minute."""
        self._rows.append(row[len(row) - self._hop :])
        self._loudness.append(loudness)
        self._n += 1
        if self._n >= _LISTENED and self._n % _LISTEN == 0:
            self._listen()
        return self._said

    def _listen(self) -> None:
        self._unheard += 1
        if max(self._loudness) < _QUIET * sorted(self._loudness)[_LISTENED // 2]:
            self._watch.restart()
            self._watch.process(np.concatenate(self._rows))
            heart = self._watch.heart if self._watch.heard_now else None
            if heart is not None and float(np.abs(heart.shape).max()) > self._least:
                action = "The heart is heard: let the exercise take it out."
                self._said, self._unheard = Quality("weak", action, "heart", 60.0 / heart.rr_s), 0
        if self._unheard > _SAID_FOR:
            self._said = Quality("ok", "", "heart", 0.0)
