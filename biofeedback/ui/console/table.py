"""The table of repetitions, newest first. Rows are never sorted another way."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QRectF, Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QVBoxLayout,
)

from biofeedback.session.view import RepetitionView
from biofeedback.ui.console.columns import Column, chosen_measures, columns, spoken, weakest_part
from biofeedback.ui.console.glyphs import draw_glyph
from biofeedback.ui.console.look import Look
from biofeedback.ui.console.words import RESULT_GLYPHS
from biofeedback.ui.language import tr

HEAD, ROW = 28, 32
_BORDER = 3
_Index = QModelIndex | QPersistentModelIndex
_NONE = QModelIndex()


class RepetitionModel(QAbstractTableModel):
    """The repetitions of the set as Qt reads them."""

    def __init__(self) -> None:
        super().__init__()
        self.columns: list[Column] = columns()
        self.rows: list[RepetitionView] = []

    def rowCount(self, parent: _Index = _NONE) -> int:
        """Return the number of repetitions."""
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: _Index = _NONE) -> int:
        """Return the number of columns."""
        return 0 if parent.isValid() else len(self.columns)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return a cell's text, or the whole repetition as a sentence."""
        repetition, column = self.rows[index.row()], self.columns[index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return column.write(repetition)
        if role == Qt.ItemDataRole.ToolTipRole:
            return spoken(repetition)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{column.title}: {column.write(repetition)}"
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return a column's title."""
        if orientation == Qt.Orientation.Horizontal:
            column = self.columns[section]
            if role == Qt.ItemDataRole.DisplayRole:
                return column.title
            if role == Qt.ItemDataRole.TextAlignmentRole:
                side = Qt.AlignmentFlag.AlignRight if column.right else Qt.AlignmentFlag.AlignLeft
                return int(side | Qt.AlignmentFlag.AlignVCenter)
        return None

    def show_repetitions(self, repetitions: tuple[RepetitionView, ...]) -> None:
        """Follow the session; only what changed is announced."""
        rows = sorted(repetitions, key=lambda r: r.start_s, reverse=True)
        if rows == self.rows:
            return
        if len(rows) == len(self.rows):
            self.rows = rows
            self.dataChanged.emit(self.index(0, 0), self.index(len(rows) - 1, len(self.columns) - 1))
        elif len(rows) == len(self.rows) + 1 and self.rows:
            self.beginInsertRows(QModelIndex(), 0, 0)
            self.rows = rows
            self.endInsertRows()
            self.dataChanged.emit(self.index(0, 0), self.index(len(rows) - 1, len(self.columns) - 1))
        else:
            self.beginResetModel()
            self.rows = rows
            self.endResetModel()

    def show_columns(self, measures: tuple[str, ...]) -> bool:
        """Show these measures beside the parts; return whether that changed anything."""
        if [c.name for c in self.columns if c.kind == "measure"] == list(measures):
            return False
        self.beginResetModel()
        self.columns = columns(measures)
        self.endResetModel()
        return True


class RepetitionDelegate(QStyledItemDelegate):
    """Draws the cells: score with its bar, reason with its sign, the weakest part in orange and bold."""

    def __init__(self, look: Look, model: RepetitionModel) -> None:
        super().__init__()
        self._look, self._model = look, model
        self.paused = False

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """Draw one cell."""
        repetition, column = self._model.rows[index.row()], self._model.columns[index.column()]
        look, box = self._look, QRectF(option.rect)  # type: ignore[attr-defined]
        selected = bool(option.state & QStyle.StateFlag.State_Selected)  # type: ignore[attr-defined]
        ground = "accent_soft" if selected else "surface"
        painter.save()
        if selected:
            painter.fillRect(box, look.colour(ground))
        if index.row() < len(self._model.rows) - 1:
            painter.fillRect(QRectF(box.x(), box.bottom() - 1, box.width(), 1), look.colour("line"))
        first, last = index.column() == 0, index.column() == len(self._model.columns) - 1
        inner = box.adjusted(look.px(16 if first else 8), 0, -look.px(16 if last else 8), -1)
        self._paint_cell(painter, inner, repetition, column, ground)
        painter.restore()

    def _paint_cell(
        self, painter: QPainter, box: QRectF, repetition: RepetitionView, column: Column, ground: str
    ) -> None:
        text = column.write(repetition)
        if column.kind == "score":
            self._paint_score(painter, box, repetition, text, ground)
        elif column.kind == "why":
            self._paint_why(painter, box, repetition, text, ground)
        elif column.kind == "feedback":
            self._paint_feedback(painter, box, repetition, text, ground)
        else:
            weak = column.kind == "part" and weakest_part(repetition) == column.name and ground == "surface"
            role = "out_of_target" if weak else "ink"
            if text in ("…", "–"):
                role = "ink_soft"
            self._text(painter, box, text, repetition, role, bold=weak or column.kind == "number", right=True)

    def _text(
        self, painter: QPainter, box: QRectF, text: str, repetition: RepetitionView, role: str = "ink",
        *, bold: bool = False, right: bool = False,
    ) -> float:  # fmt: skip
        font = QFont(self._look.font("body", bold=bold))
        font.setStrikeOut(repetition.undone)
        metrics = QFontMetrics(font)
        shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, int(box.width()) + 1)
        side = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
        painter.setFont(font)
        painter.setPen(self._look.colour("ink_soft" if repetition.undone else role))
        painter.drawText(box, int(side | Qt.AlignmentFlag.AlignVCenter), shown)
        return metrics.horizontalAdvance(shown)

    def _sign(self, painter: QPainter, box: QRectF, glyph: str, size: int, ground: str, soft: bool = False) -> QRectF:
        side = self._look.px(size)
        place = QRectF(box.x(), box.y() + (box.height() - side) / 2, side, side)
        draw_glyph(painter, glyph, place, self._look, self._look.colour("ink_soft") if soft else None, ground)
        return box.adjusted(side + self._look.px(6), 0, 0, 0)

    def _paint_score(self, painter: QPainter, box: QRectF, repetition: RepetitionView, text: str, ground: str) -> None:
        look = self._look
        if repetition.score is None:
            going = repetition.result == "now"
            glyph = "rest" if going and self.paused else RESULT_GLYPHS[repetition.result]
            words = tr("Paused") if going and self.paused else text
            rest = self._sign(painter, box, glyph, 16, ground, soft=repetition.undone)
            if rest.width() > look.px(40):
                self._text(painter, rest, words, repetition)
            return
        width = QFontMetrics(look.font("strong")).horizontalAdvance("100")
        self._text(painter, QRectF(box.x(), box.y(), width + 2, box.height()), text, repetition, bold=True)
        left = box.x() + width + look.px(8)
        if box.right() - left < look.px(40):
            return
        bar = QRectF(left, box.y() + (box.height() - look.px(8)) / 2, min(look.px(64), box.right() - left), look.px(8))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(look.colour("line"))
        painter.drawRoundedRect(bar, look.px(4), look.px(4))
        bar.setWidth(max(look.px(8), bar.width() * min(max(repetition.score, 0), 100) / 100))
        colour = look.colour("quiet" if repetition.undone else "in_target")
        if repetition.probe:
            painter.setPen(QPen(colour, 1.4))
            painter.setBrush(look.colour(ground))
            bar.adjust(0.7, 0.7, -0.7, -0.7)
        else:
            painter.setBrush(colour)
        painter.drawRoundedRect(bar, look.px(4), look.px(4))

    def _paint_why(self, painter: QPainter, box: QRectF, repetition: RepetitionView, text: str, ground: str) -> None:
        if repetition.result == "now":
            self._text(painter, box, text, repetition, "ink_soft")
            return
        rest = self._sign(painter, box, RESULT_GLYPHS[repetition.result], 14, ground, soft=repetition.undone)
        self._text(painter, rest, text, repetition)

    def _paint_feedback(
        self, painter: QPainter, box: QRectF, repetition: RepetitionView, text: str, ground: str
    ) -> None:
        now = repetition.result == "now"
        glyph = "probe" if repetition.probe else "off" if not repetition.feedback else "now" if now else "good"
        rest = self._sign(painter, box, glyph, 14, ground, soft=not now and glyph != "off")
        self._text(painter, rest, text, repetition, "ink" if now else "ink_soft")


class _View(QTableView):
    """The view itself; where there is nothing yet, it says so."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the rows, or the sentence of an empty list."""
        super().paintEvent(event)
        if not self.model().rowCount():
            with QPainter(self.viewport()) as painter:
                painter.setPen(self._look.colour("ink_soft"))
                painter.setFont(self._look.font("body"))
                box = self.viewport().rect().adjusted(self._look.px(16), 0, -self._look.px(16), 0)
                painter.drawText(
                    box.adjusted(0, 0, 0, self._look.px(ROW) - box.height()),
                    int(Qt.AlignmentFlag.AlignVCenter),
                    tr("Each repetition appears here as soon as it is counted."),
                )


class RepetitionTable(QFrame):
    """The table in its card. Only whole rows are shown. ``said`` carries a repetition in words when Enter asks."""

    said = Signal(str)

    def __init__(self, look: Look, wide: bool = False, small: bool = False) -> None:
        super().__init__()
        self._look, self._wide, self._small = look, wide, small
        self.setObjectName("card")
        self.model = RepetitionModel()
        self.view = _View(look)
        self._delegate = RepetitionDelegate(look, self.model)
        self._set_up()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(1, 1, 1, 2)
        layout.addWidget(self.view, 0, Qt.AlignmentFlag.AlignTop)

    def _set_up(self) -> None:
        look, view = self._look, self.view
        view.setModel(self.model)
        view.setItemDelegate(self._delegate)
        view.setAccessibleName(tr("Repetitions of this set"))
        view.setFont(look.font("body"))
        view.setShowGrid(False)
        view.setFrameShape(QFrame.Shape.NoFrame)
        view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerItem)
        view.setTabKeyNavigation(False)
        view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        view.activated.connect(lambda index: self.said.emit(spoken(self.model.rows[index.row()])))
        view.verticalHeader().hide()
        view.verticalHeader().setMinimumSectionSize(1)
        view.verticalHeader().setDefaultSectionSize(look.px(ROW))
        head = view.horizontalHeader()
        head.setFont(look.font("caption"))
        head.setFixedHeight(look.px(HEAD))
        head.setMinimumSectionSize(1)
        head.setHighlightSections(False)
        head.setSectionsClickable(False)
        self._size_columns()

    def _size_columns(self) -> None:
        head, _look = self.view.horizontalHeader(), self._look
        for place, column in enumerate(self.model.columns):
            stretch = column.kind == "why"
            mode = QHeaderView.ResizeMode.Stretch if stretch else QHeaderView.ResizeMode.Fixed
            head.setSectionResizeMode(place, mode)
            if not stretch:
                head.resizeSection(place, self._column_width(column))

    def _column_width(self, column: Column) -> int:
        look = self._look
        title = QFontMetrics(look.font("caption")).horizontalAdvance(column.title) + look.px(18)
        if self._small and column.kind in ("score", "feedback", "part"):
            return max(title, look.px(76 if column.kind == "score" else 52))
        if column.kind == "feedback":
            words = QFontMetrics(look.font("body")).horizontalAdvance(tr("On their own"))
            return max(title, words + look.px(8 + 14 + 6 + 16))
        return max(title, look.px(column.width))

    def show_repetitions(self, repetitions: tuple[RepetitionView, ...], paused: bool) -> None:
        """Take the repetitions of a newer page."""
        if self._wide:
            names = chosen_measures(repetitions)
            if self.model.show_columns(names):
                self._size_columns()
        if paused != self._delegate.paused:
            self._delegate.paused = paused
            self.view.viewport().update()
        self.model.show_repetitions(repetitions)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep to whole rows."""
        room = max(0, self.height() - _BORDER - self._look.px(HEAD))
        rows = max(1, room // self._look.px(ROW))
        self.view.setFixedHeight(min(max(0, self.height() - _BORDER), self._look.px(HEAD) + rows * self._look.px(ROW)))


def table_height(rows: int, look: Look) -> int:
    """Return the height of a table with ``rows`` rows."""
    return _BORDER + look.px(HEAD) + rows * look.px(ROW)
