"""The command that renders every view and page in its states, with contact sheets: to look at, and to show."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from PySide6.QtGui import QImage

_SHEET_COLUMNS, _SHEET_WIDTH, _GAP = 5, 480, 8
Taken = tuple[str, "Callable[[], QImage]"]


def add_commands(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("screenshots", help="render every view and page in its states, with contact sheets")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for the pictures")
    parser.add_argument("--only", default="", metavar="TEXT", help="only pictures whose name contains TEXT")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Write the pictures and one contact sheet for each window."""
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from biofeedback.cli.qt_application import application

    qt = application(offscreen=True)
    assert qt is not None
    from biofeedback.cli.speaking import speaking

    speaking(options.language or "en")
    out: Path = options.out
    out.mkdir(parents=True, exist_ok=True)
    count = 0
    for window, pictures in (("patient", _patient()), ("therapist", _therapist())):
        taken: list[Path] = []
        for name, take in pictures:
            if options.only in f"{window}-{name}":
                path = out / f"{window}-{name}.png"
                if not take().save(str(path)):
                    raise OSError(f"{path} cannot be written")
                taken.append(path)
        if taken:
            _sheet(taken).save(str(out / f"{window}-contact-sheet.png"))
        count += len(taken)
    print(f"{count} pictures in {out}")
    return 0 if count else 2


def _patient() -> Iterator[Taken]:
    """Yield every view in its states; then other themes, windows, text scales and directions."""
    from biofeedback.ui.showcase import patient

    samples = list(patient.samples())
    for sample in samples:
        yield sample.name, lambda sample=sample: patient.picture(sample)
    for sample in samples:
        yield f"{sample.name}-dark", lambda sample=sample: patient.picture(sample, theme="dark")
        yield f"{sample.name}-contrast", lambda sample=sample: patient.picture(sample, theme="patient_contrast")
        yield f"{sample.name}-portrait", lambda sample=sample: patient.picture(sample, (1080, 1920))
        yield f"{sample.name}-200", lambda sample=sample: patient.picture(sample, (1280, 720), text_scale=2.0)
        yield f"{sample.name}-4x3", lambda sample=sample: patient.picture(sample, (1024, 768))
        yield f"{sample.name}-right-to-left", lambda sample=sample: patient.picture(sample, mirrored=True)


def _therapist() -> Iterator[Taken]:
    """Yield every page in its states; then every page in the other languages."""
    from biofeedback.appearance.language import language, languages
    from biofeedback.ui.settings import speak
    from biofeedback.ui.showcase import therapist

    def abroad(shot: therapist.Shot, code: str) -> QImage:
        speak(code)
        taken = therapist.picture(shot)
        speak(spoken)
        return taken

    spoken = language().code
    for name, shot, theme, scale, size in therapist.states():
        yield name, lambda shot=shot, theme=theme, scale=scale, size=size: therapist.picture(shot, size, theme, scale)
    for code in (code for code in languages() if code != spoken):
        for shot in therapist.SHOTS:
            yield f"{shot.name}-{code}", lambda shot=shot, code=code: abroad(shot, code)


def _sheet(paths: list[Path]) -> QImage:
    """Return one picture of all of them, small."""
    from PySide6.QtCore import Qt
    from PySide6.QtGui import QColor, QImage, QPainter

    small = [
        QImage(str(path)).scaledToWidth(_SHEET_WIDTH, Qt.TransformationMode.SmoothTransformation) for path in paths
    ]
    rows = [small[i : i + _SHEET_COLUMNS] for i in range(0, len(small), _SHEET_COLUMNS)]
    heights = [max(image.height() for image in row) + _GAP for row in rows]
    columns = min(_SHEET_COLUMNS, len(small))
    sheet = QImage(columns * (_SHEET_WIDTH + _GAP) + _GAP, sum(heights) + _GAP, QImage.Format.Format_RGB32)
    sheet.fill(QColor("#98A2AC"))
    painter = QPainter(sheet)
    y = _GAP
    for row, height in zip(rows, heights, strict=True):
        for place, image in enumerate(row):
            painter.drawImage(_GAP + place * (_SHEET_WIDTH + _GAP), y, image)
        y += height
    painter.end()
    return sheet
