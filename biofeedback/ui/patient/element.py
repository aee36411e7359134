"""A part of the picture that is painted on its own, when it changed and nowhere else."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Protocol

from PySide6.QtCore import QRectF

from biofeedback.ui.patient.draw import Draw
from biofeedback.ui.patient.pacing import Picture


@dataclass(frozen=True)
class Element:
    """One part. Two of equal ``key`` look the same; nothing of it is outside ``box``."""

    key: Hashable
    box: QRectF
    paint: Callable[[Draw], None]

    def changed(self, before: Element) -> Sequence[QRectF]:
        """Return the boxes to paint again where ``before`` was shown."""
        return () if self.key == before.key else (before.box, self.box)


class Scene(Protocol):
    """The picture of one view: a background that stands still, and parts by name, painted in their order."""

    def paint_background(self, draw: Draw) -> None:
        """Draw what stands still."""
        ...

    def elements(self, picture: Picture) -> dict[str, Element]:
        """Return the parts of ``picture``."""
        ...


def changed_boxes(before: dict[str, Element], now: dict[str, Element]) -> list[QRectF]:
    """Return the boxes in which the two differ."""
    boxes: list[QRectF] = []
    for name in before.keys() | now.keys():
        old, new = before.get(name), now.get(name)
        if old is not None and new is not None and type(old) is type(new):
            boxes.extend(new.changed(old))
        else:
            boxes.extend(part.box for part in (old, new) if part is not None)
    return boxes
