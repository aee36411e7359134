"""How few common drives explain many muscles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import msgspec
import numpy as np
from numpy.typing import NDArray

from biofeedback.measures.catalogue import (
    Definition,
    Findings,
    Output,
    Role,
    Sensor,
    Signal,
    StreamingMeasure,
    named,
)
from biofeedback.measures.coordination import accounted_for, factorise, one_synergy
from biofeedback.measures.envelopes import Envelopes
from biofeedback.measures.value import Measure

Array = NDArray[np.float64]

_FEWEST, _FEWEST_FOR_NUMBER = 4, 5
_THINNED = 5  # 100 Hz to 20 Hz: the envelope holds no more


class SynergySettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When synergies are enough.

    Attributes
    ----------
    whole, every
        Variance they must account for, of all muscles together and of every muscle.
    """

    whole: Annotated[float, msgspec.Meta(gt=0.0, lt=1.0)] = 0.90
    every: Annotated[float, msgspec.Meta(gt=0.0, lt=1.0)] = 0.75


@named
class Synergies(StreamingMeasure):
    """Non-negative factors of the envelopes."""

    definition = Definition(
        name="synergies",
        title="Muscle synergies",
        domain="emg",
        definition="Envelopes (RMS 100 ms), each as a share of its own highest half second, split by non-negative "
        "matrix factorisation; variance accounted for is uncentred. The number is the smallest that accounts for 90 % "
        "of all and 75 % of every muscle; it is not told for fewer than 5 muscles. Known when the recording is over.",
        source="Lee & Seung 1999, Nature 401:788; Steele et al. 2015, Dev Med Child Neurol 57:1176",
        roles=(Role("muscle", "emg", several=True),),
        outputs=(
            Output("vaf_1", "%", "variance one synergy accounts for; higher is simpler control"),
            Output("number", "1", "how many synergies are needed"),
            Output("vaf", "%", "variance they account for"),
        ),
        group_delay_s=0.051,
        warm_up_s=0.15,
    )
    Settings = SynergySettings

    def __init__(self, sensors: Sequence[Sensor], settings: SynergySettings) -> None:
        super().__init__(sensors, settings)
        self._envelopes = Envelopes(sensors)

    def process(self, sensor: int, samples: Array, times_s: Array, first_sample: int) -> list[Signal]:
        """Take raw EMG in V, shape (n_samples, 1)."""
        self._envelopes.process(sensor, samples, times_s, first_sample)
        return []

    def finish(self) -> Findings:
        """Return how many synergies there are."""
        gathered = self._envelopes.gathered()
        if gathered is None:
            return Findings(self._missing("no samples", 3))
        active = np.isfinite(gathered.references)
        shares = gathered.shares[:, active]
        values = np.ascontiguousarray(shares[np.isfinite(shares).all(axis=1)][::_THINNED].T)
        n = int(active.sum())
        if n < _FEWEST or values.shape[1] < 2 * n:
            return Findings(self._missing(f"{n} active muscles; four or more are needed", 3))
        first = Measure("vaf_1", 100.0 * one_synergy(values), "%", n)
        if n < _FEWEST_FOR_NUMBER:
            return Findings((first, *self._missing(f"{n} active muscles; five or more are needed", 2)))
        number, whole = self._needed(values)
        return Findings((first, Measure("number", float(number), "1", n), Measure("vaf", 100.0 * whole, "%", n)))

    def _needed(self, values: Array) -> tuple[int, float]:
        """Return the smallest number of synergies that is enough, and what they account for."""
        for number in range(1, len(values)):
            weights, drives = factorise(values, number)
            fit = weights @ drives
            whole = accounted_for(values, fit)
            every = min(accounted_for(row, of) for row, of in zip(values, fit, strict=True))
            if whole >= self.settings.whole and every >= self.settings.every:
                return number, whole
        return len(values), 1.0

    def _missing(self, reason: str, n: int) -> tuple[Measure, ...]:
        return tuple(Measure.missing(o.name, o.unit, reason) for o in self.definition.outputs[-n:])
