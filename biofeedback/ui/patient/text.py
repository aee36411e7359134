"""Text of the patient's display: as large as it fits, never smaller than two metres away allow."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetricsF

from biofeedback.ui.theme import font

SMALLEST = 66.0  # thousandths of the shorter side: 16 minutes of arc on a 24-inch screen at three metres


@dataclass(frozen=True, slots=True)
class TextBlock:
    """Lines of one size and weight."""

    lines: tuple[str, ...]
    size: float
    weight: int

    @property
    def text(self) -> str:
        """The lines as one."""
        return " ".join(self.lines)

    @property
    def height(self) -> float:
        """From the top of the first line to the foot of the last."""
        return self.size * (1.17 * (len(self.lines) - 1) + 1.1)


@lru_cache(maxsize=512)
def text_width(text: str, size: float, weight: int = 400) -> float:
    """Return the advance of ``text``."""
    return QFontMetricsF(font(1000, weight)).horizontalAdvance(text) * size / 1000


def fitted_size(text: str, size: float, weight: int, width: float, smallest: float = SMALLEST) -> float:
    """Return the size, at most ``size`` and at least ``smallest``, at which ``text`` is no wider than ``width``."""
    return max(smallest, min(size, size * width / max(text_width(text, size, weight), 1e-6)))


def elided(text: str, size: float, weight: int, width: float) -> str:
    """Return ``text``, cut with an ellipsis where it is wider than ``width``."""
    if text_width(text, size, weight) <= width + 0.5:
        return text
    metrics = QFontMetricsF(font(1000, weight))
    return metrics.elidedText(text, Qt.TextElideMode.ElideRight, width * 1000 / size)


@lru_cache(maxsize=256)
def set_text(
    text: str,
    size: float,
    width: float,
    *,
    lines: int = 2,
    weight: int = 400,
    smallest: float = SMALLEST,
    keep: float = 0.8,
) -> TextBlock:
    """Set ``text`` in up to three lines of ``width``: in one as long as that keeps ``keep`` of the size asked for."""
    one = _one_size((text,), size, width, weight, smallest)
    if lines < 2 or (one.lines == (text,) and one.size >= keep * size):
        return one
    broken_up = [(text,), *_breaks(text)]
    if lines > 2:
        broken_up += [(first, *rest) for first, second in _breaks(text) for rest in _breaks(second)]
    candidates = {broken: _one_size(broken, size, width, weight, smallest) for broken in broken_up}
    return max(candidates.items(), key=lambda entry: (entry[1].lines == entry[0], entry[1].size, -len(entry[0])))[1]


def _one_size(lines: tuple[str, ...], size: float, width: float, weight: int, smallest: float) -> TextBlock:
    fits = min(fitted_size(line, size, weight, width, smallest) for line in lines)
    return TextBlock(tuple(elided(line, fits, weight, width) for line in lines), fits, weight)


def _breaks(text: str) -> list[tuple[str, ...]]:
    """Return every way to break ``text`` in two, the most even first."""
    words = text.split()
    pairs = [(" ".join(words[:i]), " ".join(words[i:])) for i in range(1, len(words))]
    return sorted(pairs, key=lambda pair: abs(text_width(pair[0], 100) - text_width(pair[1], 100)))
