"""The report as it will be printed, small: for the person, or for the chart."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QLineEdit, QSizePolicy, QWidget

from biofeedback.ui.console.choices import Segmented
from biofeedback.ui.console.controls import Button
from biofeedback.ui.console.labels import Text, card_header, column, row, rule
from biofeedback.ui.console.look import Look
from biofeedback.ui.language import tr

_A4 = 297 / 210


class _PagePicture(QWidget):
    """The page, as large as it fits; while there is none, one sentence."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._image: QImage | None = None
        self._fitted: QImage | None = None
        self._words = ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(look.px(200), look.px(240))
        self.setAccessibleName(tr("Preview of the report"))

    def sizeHint(self) -> QSize:
        """Return the size of the design."""
        return QSize(self._look.px(390), self._look.px(360))

    def show_image(self, image: QImage | None, words: str) -> None:
        """Show a page, or say why there is none."""
        self._image, self._fitted, self._words = image, None, words
        self.setAccessibleDescription(words)
        self.update()

    def _fitting(self, page: QImage, size: QSize) -> QImage:
        """Return the page in the size it is shown in; every pixel of it counts, or small text has holes."""
        if self._fitted is None or self._fitted.size() != size:
            ways = Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
            self._fitted = page.scaled(size, *ways)
        return self._fitted

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the page with its edge."""
        look = self._look
        with QPainter(self) as painter:
            painter.fillRect(self.rect(), look.colour("window"))
            if self._image is None:
                painter.setPen(look.colour("ink_soft"))
                painter.setFont(look.font("body"))
                box = self.rect().adjusted(look.px(16), 0, -look.px(16), 0)
                painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap), self._words)
                return
            pad = look.px(16)
            height = min(self.height() - 2 * pad, (self.width() - 2 * pad) * _A4)
            width = height / _A4
            box = QRectF((self.width() - width) / 2, (self.height() - height) / 2, width, height)
            painter.drawImage(box, self._fitting(self._image, (box.size() * self.devicePixelRatioF()).toSize()))
            painter.setPen(QPen(look.colour("line_strong"), 1))
            painter.drawRect(box)


class ReportPreview(QFrame):
    """The card. ``wanted`` asks for a page, ``pdf_wanted`` for its file; both carry for whom."""

    wanted = Signal(str)
    pdf_wanted = Signal(str)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.setObjectName("card")
        self.kinds = Segmented(
            look, tr("For whom the report is"), {"person": tr("For the person"), "chart": tr("For the chart")}
        )
        self.kinds.show_choice("person")
        self.kinds.chosen.connect(lambda _: self.ask())
        self._picture = _PagePicture(look)
        self.save_button = Button(look, tr("Save PDF"), key=tr("Ctrl S"))
        self.save_button.clicked.connect(self.save)
        self._note = Text(look, "caption", "", soft=True)
        self.next_time = QLineEdit()
        self.next_time.setFont(look.font("body"))
        self.next_time.setFixedHeight(look.px(40))
        self.next_time.setMaxLength(300)
        self.next_time.setPlaceholderText(tr("For next time: what the person reads"))
        self.next_time.setAccessibleName(tr("For next time, on the person’s page"))
        self.next_time.editingFinished.connect(self._written)
        self._asked = ""
        pad = look.px(16)
        foot = row(self.save_button, -1, self._note, spacing=look.px(8), margins=(pad, look.px(8), pad, look.px(8)))
        head = card_header(look, tr("Report"), self.kinds, height=48)
        words = row(self.next_time, margins=(pad, look.px(12), pad, 0))
        layout = column(head, rule(), self._picture, rule(), words, foot, margins=(1, 1, 1, 1))
        layout.setStretch(2, 1)
        self.setLayout(layout)
        self.setMinimumWidth(look.px(300))

    def ask(self) -> None:
        """Ask for the page that is chosen."""
        self._asked = self.next_time.text()
        self.next_time.setVisible(self.kinds.choice == "person")
        self._picture.show_image(None, tr("Making the page…"))
        self.wanted.emit(self.kinds.choice)

    def _written(self) -> None:
        if self.next_time.text() != self._asked:
            self.ask()

    def save(self) -> None:
        """Ask for the file."""
        self.pdf_wanted.emit(self.kinds.choice)

    def show_page(self, kind: str, image: QImage) -> None:
        """Show a page if it is still the one that is chosen."""
        if kind == self.kinds.choice:
            self._picture.show_image(image, "")
            self._note.say(tr("Page 1 of 1"))

    def show_failure(self, kind: str, why: str) -> None:
        """Say why there is no page."""
        if kind == self.kinds.choice:
            self._picture.show_image(None, why)
            self._note.say("")
