"""Repetitions of any sensor, without an exercise: how many, and how far they go."""

from __future__ import annotations

import math

import numpy as np

from biofeedback.measures.catalogue import Findings, Occurrence, Output, named
from biofeedback.measures.counted import CountedBlock
from biofeedback.measures.named.counted_measure import (
    NOT_FOUND,
    CountedMeasure,
    counted_definition,
    each_repetition,
    middle,
)
from biofeedback.measures.repetitions import Repetition
from biofeedback.measures.unseen import Holes, usual_interval
from biofeedback.measures.value import Measure


@named
class Repetitions(CountedMeasure):
    """How many repetitions, and of what size."""

    definition = counted_definition(
        name="repetitions",
        title="Repetitions",
        definition="Ways out and back that each cover 0.4 of the person's usual range, counted online on the turn of "
        "a sensor about the movement's own axis or, where it goes farther than 1 m for a radian of turn, on its "
        "travel (0.2 Hz high-pass: movements of up to some 6 s); on an angle, on the envelope of a muscle in percent "
        "of the highest so far, or on any signal. What a loss of up to 4 s must have hidden is told from the rhythm "
        "and marked.",
        source="Schmitt trigger with levels that follow the person; Morris et al. 2014, Soro et al. 2019 for accuracy",
        outputs=(
            Output("count", "1", "repetitions"),
            Output("unseen", "1", "of these, told from the rhythm because the signal was lost"),
            Output("partial", "1", "excursions too small to count"),
            Output("usual_range", "unit of the signal", "median range of the repetitions"),
            Output("interval", "s", "median time between peaks"),
        ),
        occurrences=(
            each_repetition(
                Output("peak_time_s", "s", "when it was at its peak"),
                Output("complete", "1", "1, or 0 where the recording begins or ends in it"),
                Output("seen", "1", "1, or 0 where it was told from the rhythm in a loss"),
                Output(
                    "range_deg, range_m or range_percent",
                    "of the counted signal",
                    "how far it went; range for a column of another unit",
                ),
                of="the counted sensor",
            ),
        ),
        reliability="published counters of this kind: within ± 1 in 91–93 % of sets",
    )

    def finish(self) -> Findings:
        """Return the count and each repetition."""
        found = self.found()
        seen = [(rep, cut) for rep, cut in found if rep.seen]
        unseen, partial = len(found) - len(seen), len(self.counter.partials)
        count = Measure("count", float(len(found)), "1", len(found))
        others = Measure("unseen", float(unseen), "1", len(found)), Measure("partial", float(partial), "1", partial)
        if not any(np.isfinite(block.values).any() for block in self._blocks):
            count, *others = (
                Measure.missing(name, "1", "nothing was measured") for name in ("count", "unseen", "partial")
            )
        elif self._calibrating:
            count = Measure.missing("count", "1", "the recording ended before the calibration did")
        interval_s = usual_interval([rep.peak_s for rep, _ in seen], Holes())
        values = (
            count,
            *others,
            middle("usual_range", self.unit, [_range(cut) for _, cut in seen], NOT_FOUND),
            Measure.missing("interval", "s", "no rhythm: three regular intervals are needed")
            if interval_s is None
            else Measure("interval", interval_s, "s", len(seen)),
        )
        return Findings(values, tuple(self._occurrence(rep, cut) for rep, cut in found))

    def _occurrence(self, rep: Repetition, cut: CountedBlock) -> Occurrence:
        values = {"peak_time_s": rep.peak_s, "complete": float(rep.complete), "seen": float(rep.seen)}
        values[f"range{self.unit_name}"] = _range(cut) if rep.seen else math.nan
        return Occurrence("repetition", rep.start_s, self.sensors[0].name, rep.end_s, values)


def _range(cut: CountedBlock) -> float:
    known = cut.values[np.isfinite(cut.values)]
    return float(np.ptp(known)) if len(known) else math.nan
