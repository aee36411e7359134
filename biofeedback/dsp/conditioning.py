"""From raw surface EMG to its envelope: gaps, band-pass, mains, moving RMS, in this order."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from biofeedback.dsp.envelope import MovingRms, RectifiedLowPass
from biofeedback.dsp.filters import emg_band_pass, high_pass
from biofeedback.dsp.gaps import GapFiller, Run
from biofeedback.dsp.heart_removal import EcgMethod, HeartRemoval
from biofeedback.dsp.mains import MainsCanceller

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

HEART_HZ = 30.0
_FILLED_S = 0.020


class EmgConditioning:
    """All EMG channels of one stream, from chunks with holes to envelopes in the unit of the samples.

    A channel that fails alone does not disturb the others. Group delay: band-pass and half the RMS window; after the
    start and after every hole of more than 20 ms the envelope is marked missing for ``warm_up_s``.

    Parameters
    ----------
    window_s
        Of the moving RMS.
    edge_hz
        If given, the linear envelope with this low-pass takes the place of the moving RMS.
    ecg
        How the heart is taken out of the EMG of the trunk: ``highpass`` at 30 Hz (Drake & Callaghan 2006), ``gate`` or
        ``template`` beat by beat. Rows come later with these two, by ``later_s``, under their own times.

    ``cleaned`` is what the last call had before the envelope: (index of the first row, samples) of each run.
    """

    def __init__(
        self,
        sampling_rate_hz: float,
        n_channels: int,
        window_s: float = 0.1,
        *,
        edge_hz: float | None = None,
        ecg: EcgMethod = "none",
    ) -> None:
        self._gaps = GapFiller(n_channels, sampling_rate_hz, _FILLED_S, channels_apart=True)
        self._band = emg_band_pass(sampling_rate_hz)
        self._mains = MainsCanceller(sampling_rate_hz, n_channels)
        self._high = high_pass(HEART_HZ, sampling_rate_hz) if ecg == "highpass" else None
        self._heart = HeartRemoval(sampling_rate_hz, n_channels, ecg) if ecg in ("gate", "template") else None
        self.later_s = 0.0 if self._heart is None else self._heart.later_s
        self._level = (
            MovingRms(sampling_rate_hz, window_s) if edge_hz is None else RectifiedLowPass(sampling_rate_hz, edge_hz)
        )
        blocks = [block for block in (self._band, self._high, self._level) if block is not None]
        self.group_delay_s = sum(block.group_delay_s for block in blocks)
        self.warm_up_s = sum(block.warm_up_s for block in blocks)
        self.cleaned: list[tuple[int, Array]] = []
        self._warm_up = round(self.warm_up_s * sampling_rate_hz)
        self._doubt = _Doubt(n_channels, round(_FILLED_S * sampling_rate_hz), self._warm_up)

    @property
    def mains(self) -> MainsCanceller:
        """What is known of the hum."""
        return self._mains

    def process(self, samples: Array, times_s: Array, first_sample: int) -> list[Run]:
        """Take the next samples, shape (n_samples, n_channels), NaN where nothing was received."""
        self.cleaned = []
        runs = [self._clean(run) for run in self._gaps.process(samples, times_s, first_sample)]
        if self._heart is not None:
            runs = [certain for run in runs for certain in self._heart.process(run)]
        return [self._measured(run) for run in runs]

    def _clean(self, run: Run) -> Run:
        if run.after_gap:
            self._band.restart()
            if self._high is not None:
                self._high.restart()
        values = self._band.process(run.values)
        if self._high is not None:
            values = self._high.process(values)
        values = self._mains.process(values)
        self.cleaned.append((run.first_sample, values))
        return run._replace(values=values)

    def _measured(self, run: Run) -> Run:
        if run.after_gap:
            self._level.restart()
            self._doubt.restart()
        return run._replace(values=self._level.process(run.values), missing=self._doubt.process(run.missing))


class _Doubt:
    """Tells from where values were filled in where the envelope is not to be trusted."""

    def __init__(self, n_channels: int, short: int, warm_up: int) -> None:
        self._short, self._warm_up = short, warm_up
        self._n_channels = n_channels
        self.restart()

    def restart(self) -> None:
        self._row = 0
        self._measured = np.full((1, self._n_channels), -1)  # last row that was measured
        self._doubtful = np.full((1, self._n_channels), -1)  # last row within a long hole; -1: the start

    def process(self, missing: Mask) -> Mask:
        """Return True within holes longer than the short ones, and for the warm-up behind them and the start."""
        rows = np.arange(self._row, self._row + len(missing))[:, None]
        self._row += len(missing)
        if len(missing) and not missing.any():  # as nearly always
            self._measured = np.repeat(rows[-1:], self._n_channels, axis=1)
            return rows - self._doubtful <= self._warm_up
        measured = _carried(np.where(missing, -1, rows), self._measured)
        doubtful = _carried(np.where(rows - measured > self._short, rows, -1), self._doubtful)
        self._measured, self._doubtful = measured[-1:], doubtful[-1:]
        return rows - doubtful <= self._warm_up


def _carried(rows: NDArray[np.int64], before: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the running maximum, going on from the row before."""
    return np.maximum.accumulate(np.concatenate([before, rows]), axis=0)[1:]
