"""From oscillating muscle signal to how strong it is."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from biofeedback.dsp.filters import low_pass

Array = NDArray[np.float64]


class MovingRms:
    """Root mean square over the last ``window_s``, channel by channel.

    The window is summed from two halves: what is left of the block before, and the block begun. So no rounding error
    builds up and the chunks do not matter. Group delay half the window; warm-up the window.
    """

    def __init__(self, sampling_rate_hz: float, window_s: float = 0.1) -> None:
        self._size = max(round(window_s * sampling_rate_hz), 1)
        self.group_delay_s = (self._size - 1) / 2.0 / sampling_rate_hz
        self.warm_up_s = self._size / sampling_rate_hz
        self.restart()

    def restart(self) -> None:
        """Forget everything: the next sample is the first."""
        self._older: Array | None = None  # sums from each row of the last block to its end, then zero
        self._block: Array | None = None  # squares of the block begun
        self._sum: Array | None = None  # their sum

    def process(self, samples: Array) -> Array:
        """Return the RMS at each of the next samples, shape (n_samples, n_channels)."""
        squares = samples**2
        out = np.empty_like(squares)
        done = 0
        while done < len(squares):
            filled = 0 if self._block is None else len(self._block)
            whole = 0 if filled or self._older is None else (len(squares) - done) // self._size
            end = done + (whole * self._size if whole else self._size - filled)
            part = squares[done:end]
            out[done:end] = self._whole_windows(part) if whole else self._window(part, filled)
            done = min(end, len(squares))
        return np.sqrt(out)

    def _window(self, squares: Array, filled: int) -> Array:
        """Return the mean of the window at rows that lie within one block."""
        start = np.zeros((1, squares.shape[1])) if self._sum is None else self._sum
        sums = np.cumsum(np.concatenate([start, squares]), axis=0)[1:]
        block = squares if self._block is None else np.concatenate([self._block, squares])
        rows = np.arange(filled + 1, filled + 1 + len(squares))
        mean = sums / rows[:, None] if self._older is None else (self._older[rows] + sums) / self._size
        if len(block) == self._size:
            self._older = _tails(block[None])[0]
            self._block = self._sum = None
        else:
            self._block, self._sum = block, sums[-1:]
        return mean

    def _whole_windows(self, squares: Array) -> Array:
        """Return the same at the rows of several blocks, all of them whole."""
        assert self._older is not None
        blocks = squares.reshape(-1, self._size, squares.shape[1])
        tails = _tails(blocks)
        older = np.concatenate([self._older[None], tails[:-1]])
        self._older = tails[-1]
        return ((older[:, 1:] + np.cumsum(blocks, axis=1)) / self._size).reshape(squares.shape)


def _tails(blocks: Array) -> Array:
    """Return the sums from each row of a block to its end, and zero behind it, shape (n_blocks, size + 1, …)."""
    tails = np.zeros((len(blocks), blocks.shape[1] + 1, blocks.shape[2]))
    tails[:, :-1] = np.cumsum(blocks[:, ::-1], axis=1)[:, ::-1]
    return tails


class RectifiedLowPass:
    """The linear envelope: rectified, then a causal low-pass of 2 poles, 6 Hz if not said otherwise.

    Smoother than `MovingRms` and slower: half of a step after 38 ms at 6 Hz.
    """

    def __init__(self, sampling_rate_hz: float, edge_hz: float = 6.0) -> None:
        self._filter = low_pass(edge_hz, sampling_rate_hz)
        self.group_delay_s = self._filter.group_delay_s
        self.warm_up_s = self._filter.warm_up_s

    def process(self, samples: Array) -> Array:
        """Return the envelope at each of the next samples, shape (n_samples, n_channels)."""
        return self._filter.process(np.abs(samples))

    def restart(self) -> None:
        """Forget everything: the next sample is the first."""
        self._filter.restart()
