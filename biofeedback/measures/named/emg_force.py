"""How well muscle activity follows the force it makes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from biofeedback.dsp.conditioning import EmgConditioning
from biofeedback.dsp.gaps import GapFiller
from biofeedback.dsp.resample import GridRun, UniformGrid, longest_gap_s
from biofeedback.measures.catalogue import (
    Definition,
    Findings,
    Happening,
    Occurrence,
    Output,
    Role,
    Sensor,
    Signal,
    StreamingMeasure,
    named,
)
from biofeedback.measures.force import Agreement, agreement, trials, upright
from biofeedback.measures.value import Measure

Array = NDArray[np.float64]
GRID_HZ = 100.0

_POOR = 0.6


class EmgForceSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the envelope is made.

    Attributes
    ----------
    window_s
        Of the moving RMS; 0.4 s is as slow as muscle makes force.
    """

    window_s: Annotated[float, msgspec.Meta(ge=0.02, le=2.0)] = 0.4


class _Trial(NamedTuple):
    start_s: float
    end_s: float
    found: Agreement


@named
class EmgForce(StreamingMeasure):
    """Envelope against force, trial by trial."""

    definition = Definition(
        name="emg_force",
        title="Muscle activity against force",
        domain="emg",
        definition="Correlation of the envelope (moving RMS of 400 ms, its delay taken off) with the force on a 100 Hz "
        "grid, at the lag within ±0.5 s at which it is highest. A trial is a contraction above a fifth of the force's "
        "range, at least 1 s long, with up to 2 s of rest on either side; the median over trials counts.",
        source="Besomi et al. 2020, J Electromyogr Kinesiol 53:102438; delay: Cavanagh & Komi 1979, "
        "Eur J Appl Physiol 42:159",
        roles=(Role("force", "force"), Role("muscle", "emg", several=True)),
        outputs=(
            Output("correlation", "1", "median over trials of the correlation at the best lag, of each muscle"),
            Output("worst", "1", "smallest correlation of a trial, of each muscle"),
            Output("lag", "s", "median of how far the force is behind the muscle, of each muscle"),
        ),
        occurrences=(
            Happening(
                "trial",
                "a contraction of the force with the rest on either side",
                "muscle",
                (
                    Output("correlation", "1", "at the best lag"),
                    Output("lag_s", "s", "how far the force is behind the muscle"),
                ),
            ),
        ),
        signals=(Output("envelope_<muscle>", "V", "delay taken off"),),
        group_delay_s=0.201,
        warm_up_s=0.45,
    )
    Settings = EmgForceSettings

    def __init__(self, sensors: Sequence[Sensor], settings: EmgForceSettings) -> None:
        super().__init__(sensors, settings)
        rates = [sensor.sampling_rate_hz for sensor in sensors]
        self._gaps = GapFiller(1, rates[0]) if sensors else None
        self._muscles = [EmgConditioning(rate, 1, settings.window_s) for rate in rates[1:]]
        self._grids = [UniformGrid(GRID_HZ, longest_gap_s=longest_gap_s(rate)) for rate in rates]
        self._blocks: list[list[GridRun]] = [[] for _ in sensors]

    def process(self, sensor: int, samples: Array, times_s: Array, first_sample: int) -> list[Signal]:
        """Take a column, shape (n_samples, 1): force in any unit, or raw EMG in V."""
        source = self._gaps if sensor == 0 else self._muscles[sensor - 1]
        assert source is not None
        delay_s = 0.0 if sensor == 0 else self._muscles[sensor - 1].group_delay_s
        signals: list[Signal] = []
        for run in source.process(samples, times_s, first_sample):
            for block in self._grids[sensor].process(run._replace(times_s=run.times_s - delay_s)):
                self._blocks[sensor].append(block)
                if sensor:
                    times = (block.first_tick + np.arange(len(block.values))) / GRID_HZ
                    name = f"envelope_{self.sensors[sensor].name}"
                    signals.append(Signal(name, "V", times, np.ascontiguousarray(block.values[:, 0])))
        return signals

    def finish(self) -> Findings:
        """Return how alike they are."""
        lines, first = _side_by_side(self._blocks)
        force = upright(lines[0]) if self.sensors else np.zeros(0)
        spans = trials(force, GRID_HZ)
        values: list[Measure] = []
        occurrences: list[Occurrence] = []
        for place, muscle in enumerate(self.sensors[1:], 1):
            done = [
                _Trial((first + a) / GRID_HZ, (first + b) / GRID_HZ, agreement(lines[place][a:b], force[a:b], GRID_HZ))
                for a, b in spans
            ]
            known = [trial for trial in done if trial.found.correlation == trial.found.correlation]
            values += _values(muscle.name, known, found=len(spans), measured=bool(np.isfinite(force).any()))
            occurrences += [
                Occurrence(
                    "trial",
                    t.start_s,
                    muscle.name,
                    t.end_s,
                    {"correlation": t.found.correlation, "lag_s": t.found.lag_s},
                )
                for t in known
            ]
        return Findings(tuple(values), tuple(sorted(occurrences, key=lambda one: one.time_s)))


def _side_by_side(sources: list[list[GridRun]]) -> tuple[Array, int]:
    """Return all on one grid, shape (n_sources, n_ticks), NaN where nothing is known, and the first tick."""
    blocks = [block for source in sources for block in source]
    if not blocks:
        return np.zeros((len(sources), 0)), 0
    first = min(block.first_tick for block in blocks)
    lines = np.full((len(sources), max(b.first_tick + len(b.values) for b in blocks) - first), np.nan)
    for line, source in zip(lines, sources, strict=True):
        for block in source:
            line[block.first_tick - first : block.first_tick - first + len(block.values)] = block.values[:, 0]
    return lines, first


def _values(muscle: str, known: list[_Trial], *, found: int, measured: bool) -> list[Measure]:
    names = [(f"{output.name}_{muscle}", output.unit) for output in EmgForce.definition.outputs]
    if not known:
        silent = "the muscle was not measured during the contractions" if found else "the force shows no contraction"
        why = silent if measured else "no force was measured"
        return [Measure.missing(name, unit, why) for name, unit in names]
    correlations = [trial.found.correlation for trial in known]
    figures = (
        float(np.median(correlations)),
        min(correlations),
        float(np.median([trial.found.lag_s for trial in known])),
    )
    poor = figures[0] < _POOR
    advice = "the muscle hardly follows the force: move the electrode onto the muscle that makes it" if poor else ""
    pairs = zip(names, figures, strict=True)
    return [Measure(name, v, unit, len(known), "weak" if poor else "ok", advice) for (name, unit), v in pairs]
