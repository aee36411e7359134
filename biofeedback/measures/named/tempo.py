"""How long the ways of each repetition take, and how long it is held."""

from __future__ import annotations

import math

from biofeedback.measures.catalogue import Findings, Occurrence, Output, named
from biofeedback.measures.counted import GRID_HZ
from biofeedback.measures.named.counted_measure import (
    NOT_FOUND,
    CountedMeasure,
    counted_definition,
    each_repetition,
    middle,
)
from biofeedback.measures.timing import tempo
from biofeedback.measures.value import Measure


@named
class Tempo(CountedMeasure):
    """How long the ways and the hold take."""

    definition = counted_definition(
        name="tempo",
        title="Tempo and time under tension",
        definition="Of each repetition the seconds out, held and back: out and back is speed above 5 per second and "
        "5 % of its peak, held is slower in the upper half of the range; time under tension is their sum.",
        source="Wilk et al. 2021, Sports Med 51:1629 (time under tension)",
        outputs=(
            Output("out", "s", "median time on the way out"),
            Output("hold", "s", "median time held"),
            Output("back", "s", "median time on the way back"),
            Output("time_under_tension", "s", "sum over all repetitions that could be measured"),
        ),
        occurrences=(
            each_repetition(
                Output("out_s", "s", "on the way out"),
                Output("hold_s", "s", "held"),
                Output("back_s", "s", "on the way back"),
                of="the counted sensor",
            ),
        ),
    )

    def finish(self) -> Findings:
        """Return the medians and each repetition."""
        cuts = self.found()  # only then it is settled which signal is counted
        sign = -1.0 if self.settings.peak_at == "low" else 1.0
        slowest = 5.0 if self.unit in ("°", "%") else 0.05 * self.counter.usual_range
        found = [(rep, tempo(sign * cut.values, GRID_HZ, slowest)) for rep, cut in cuts]
        reason = "no repetition without losses was found" if found else NOT_FOUND
        values = [
            middle(name, "s", [getattr(parts, f"{name}_s") for _, parts in found], reason)
            for name in ("out", "hold", "back")
        ]
        known = [sum(parts) for _, parts in found if not math.isnan(sum(parts))]
        total = Measure("time_under_tension", sum(known), "s", len(known)) if known else None
        values.append(total or Measure.missing("time_under_tension", "s", reason))
        reps = [
            Occurrence("repetition", rep.start_s, self.sensors[0].name, rep.end_s, dict(parts._asdict()))
            for rep, parts in found
        ]
        return Findings(tuple(values), tuple(reps))
