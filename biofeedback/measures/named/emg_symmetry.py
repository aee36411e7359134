"""How alike the same muscle works on both sides."""

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
from biofeedback.measures.coordination import symmetry
from biofeedback.measures.envelopes import Envelopes
from biofeedback.measures.value import Measure

Array = NDArray[np.float64]


class SymmetrySettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the sides are compared against.

    Attributes
    ----------
    reference_right, reference_left
        The maximal contraction of each side in V; without them the sides are compared in V, electrodes included.
    mdc
        Smallest change that can be told, in the compared unit; nothing is said where both sides sum to less than twice.
    """

    reference_right: Annotated[float, msgspec.Meta(gt=0.0)] = 1.0
    reference_left: Annotated[float, msgspec.Meta(gt=0.0)] = 1.0
    mdc: Annotated[float, msgspec.Meta(ge=0.0)] = 0.0


@named
class EmgSymmetry(StreamingMeasure):
    """Right against left by the highest half second."""

    definition = Definition(
        name="emg_symmetry",
        title="Symmetry of a muscle between the sides",
        domain="emg",
        definition="The highest half second of the envelope (RMS 100 ms) right and left, over its reference if given, "
        "by five indices; positive is more on the right. The angle needs no reference side and suits trends.",
        source="Robinson et al. 1987, J Manipulative Physiol Ther 10:172; Zifchock et al. 2008, Gait Posture 27:622",
        roles=(Role("right", "emg"), Role("left", "emg")),
        outputs=(
            Output("symmetry_index", "%", "difference over the mean of both (Robinson)"),
            Output("limb_index", "%", "left over right"),
            Output("symmetry_angle", "%", "angle of left over right, ± 50 at most for one side alone (Zifchock)"),
            Output("log_ratio", "%", "100 times the logarithm of right over left"),
            Output("of_larger", "%", "difference over the larger one"),
        ),
        group_delay_s=0.051,
        warm_up_s=0.65,
    )
    Settings = SymmetrySettings

    def __init__(self, sensors: Sequence[Sensor], settings: SymmetrySettings) -> None:
        super().__init__(sensors, settings)
        self._envelopes = Envelopes(sensors)

    def process(self, sensor: int, samples: Array, times_s: Array, first_sample: int) -> list[Signal]:
        """Take raw EMG in V, shape (n_samples, 1)."""
        self._envelopes.process(sensor, samples, times_s, first_sample)
        return []

    def finish(self) -> Findings:
        """Return the five indices."""
        gathered = self._envelopes.gathered()
        reason = "no samples"
        if gathered is not None:
            references = (self.settings.reference_right, self.settings.reference_left)
            right, left = (v / r for v, r in zip(gathered.references.tolist(), references, strict=True))
            silent = [s.name for s, value in zip(self.sensors, (right, left), strict=True) if np.isnan(value)]
            found = symmetry(right, left, 2.0 * self.settings.mdc)
            values = (found.index, found.limb_index, found.angle, found.log_ratio, found.of_larger)
            reason = f"no activity of {' and '.join(silent)}" if silent else "both sides are too weak to be compared"
            if not np.isnan(values).any():
                pairs = zip(self.definition.outputs, values, strict=True)
                return Findings(tuple(Measure(o.name, value, o.unit, 2) for o, value in pairs))
        return Findings(tuple(Measure.missing(o.name, o.unit, reason) for o in self.definition.outputs))
