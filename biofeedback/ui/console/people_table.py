"""Everybody in a table: who, what for, when last, how it went, and one button a row."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QPoint, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
)

from biofeedback.storage.records.values import Overview
from biofeedback.ui.console import home_words
from biofeedback.ui.console.glyphs import draw_glyph
from biofeedback.ui.console.look import Look
from biofeedback.ui.console.words import DASH
from biofeedback.ui.language import tr

ROW, HEAD = 45, 32
CODE, ABOUT, PLAN, LAST, VISITS, RESULT, ACT = range(7)
_WIDTHS = {CODE: 80, PLAN: 136, LAST: 104, VISITS: 64, RESULT: 168, ACT: 112}
_WIDEST_CODE = 200
_LEAVE_FIRST = (PLAN, VISITS, LAST, RESULT)  # where there is little room, in this order
_LEAST_ABOUT = 140
_Index = QModelIndex | QPersistentModelIndex
_NONE = QModelIndex()


class PeopleModel(QAbstractTableModel):
    """The people shown, as Qt reads them."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[Overview] = []
        self.now = datetime.now().astimezone()

    def show_people(self, rows: Sequence[Overview], now: datetime) -> None:
        """Show these people in this order."""
        self.beginResetModel()
        self.rows, self.now = list(rows), now
        self.endResetModel()

    def rowCount(self, parent: _Index = _NONE) -> int:
        """Return the number of people shown."""
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: _Index = _NONE) -> int:
        """Return the number of columns."""
        return 0 if parent.isValid() else ACT + 1

    def text(self, row: int, column: int) -> str:
        """Return what stands in a cell."""
        one = self.rows[row]
        match column:
            case 0:
                return one.person.code
            case 1:
                return one.person.about
            case 2:
                return home_words.plan_words(one)
            case 3:
                return home_words.ago(None if one.last is None else one.last.started, self.now)
            case 4:
                return str(one.visits) if one.visits else DASH
            case 5:
                return home_words.result(one.last)[1]
            case _:
                return tr("Start") if one.last is None else tr("Repeat")

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return a cell's text; for screen readers with the column's title."""
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return self.text(index.row(), index.column())
        if role == Qt.ItemDataRole.AccessibleTextRole:
            title, text = _titles()[index.column()], self.text(index.row(), index.column())
            return f"{title}: {text}" if title else text
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return a column's title."""
        if orientation == Qt.Orientation.Horizontal:
            if role == Qt.ItemDataRole.DisplayRole:
                return _titles()[section]
            if role == Qt.ItemDataRole.TextAlignmentRole:
                side = Qt.AlignmentFlag.AlignRight if section == VISITS else Qt.AlignmentFlag.AlignLeft
                return int(side | Qt.AlignmentFlag.AlignVCenter)
        return None


def _titles() -> tuple[str, ...]:
    return tr("Code"), tr("About"), tr("Plan"), tr("Last session"), tr("Visits"), tr("Last result"), ""


class _Delegate(QStyledItemDelegate):
    """Draws a cell; the last column is a button."""

    def __init__(self, look: Look, model: PeopleModel) -> None:
        super().__init__()
        self._look, self._model = look, model
        self.over_row = -1

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """Draw one cell."""
        look, box = self._look, QRectF(option.rect)  # type: ignore[attr-defined]
        selected = bool(option.state & QStyle.StateFlag.State_Selected)  # type: ignore[attr-defined]
        mirrored = option.direction == Qt.LayoutDirection.RightToLeft  # type: ignore[attr-defined]
        painter.save()
        if selected:
            painter.fillRect(box, look.colour("accent_soft"))
        painter.fillRect(QRectF(box.x(), box.bottom() - 1, box.width(), 1), look.colour("line"))
        text, column = self._model.text(index.row(), index.column()), index.column()
        inner = box.adjusted(look.px(8), 0, -look.px(8), -1)
        if column == CODE:
            inner.adjust(0 if mirrored else look.px(8), 0, -look.px(8) if mirrored else 0, 0)
        if column == ACT:
            self._paint_button(painter, QRectF(button_rect(option.rect, look)), text, index.row())  # type: ignore[attr-defined]
        else:
            if column == RESULT:
                inner = self._paint_sign(painter, inner, index.row(), selected, mirrored)
            soft = column in (PLAN, LAST)
            right = (column == VISITS) != mirrored
            self._paint_text(painter, inner, text, soft=soft, bold=column == CODE, right=right)
        painter.restore()

    def _paint_sign(self, painter: QPainter, box: QRectF, row: int, selected: bool, mirrored: bool) -> QRectF:
        look, side = self._look, self._look.px(14)
        left = box.right() - side if mirrored else box.x()
        sign = home_words.result(self._model.rows[row].last)[0]
        place = QRectF(left, box.y() + (box.height() - side) / 2, side, side)
        draw_glyph(painter, sign, place, look, None, "accent_soft" if selected else "surface")
        gap = side + look.px(8)
        return box.adjusted(0 if mirrored else gap, 0, -gap if mirrored else 0, 0)

    def _paint_text(self, painter: QPainter, box: QRectF, text: str, *, soft: bool, bold: bool, right: bool) -> None:
        font = self._look.font("body", bold=bold)
        painter.setFont(font)
        painter.setPen(self._look.colour("ink_soft" if soft else "ink"))
        shown = QFontMetrics(font).elidedText(text, Qt.TextElideMode.ElideMiddle, int(box.width()) + 1)
        side = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
        painter.drawText(box, int(side | Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignAbsolute), shown)

    def _paint_button(self, painter: QPainter, box: QRectF, text: str, row: int) -> None:
        look = self._look
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(look.colour("line_strong"), 1))
        painter.setBrush(look.colour("accent_soft" if row == self.over_row else "surface"))
        painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), look.px(8), look.px(8))
        painter.setPen(look.colour("ink"))
        painter.setFont(look.font("strong"))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)


def button_rect(cell: QRect, look: Look) -> QRect:
    """Return where the button of a row stands in its cell."""
    height = look.px(32)
    return QRect(cell.x() + look.px(8), cell.y() + (cell.height() - height) // 2, cell.width() - look.px(24), height)


class PeopleTable(QTableView):
    """The table. ``chosen`` carries the person the rows are on, ``acted`` the one whose button or Enter was pressed."""

    chosen = Signal(object)
    acted = Signal(object)
    left = Signal()

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._people = PeopleModel()
        self._empty = ""
        self._delegate = _Delegate(look, self._people)
        self.setModel(self._people)
        self.setItemDelegate(self._delegate)
        self.setObjectName("people")
        self.setAccessibleName(tr("People"))
        self.setShowGrid(False)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setMouseTracking(True)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(look.px(ROW))
        head = self.horizontalHeader()
        head.setFont(look.font("caption"))
        head.setFixedHeight(look.px(HEAD))
        head.setMinimumSectionSize(1)
        head.setHighlightSections(False)
        head.setSectionsClickable(False)
        head.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        head.setSectionResizeMode(ABOUT, QHeaderView.ResizeMode.Stretch)
        self.selectionModel().currentRowChanged.connect(self._moved)

    def show_people(self, rows: Sequence[Overview], now: datetime, empty: str) -> None:
        """Show these people; ``empty`` is what stands there when there is nobody. The chosen one stays chosen."""
        was = self.current
        self._empty = empty
        self._people.show_people(rows, now)
        kept = None if was is None else next((i for i, one in enumerate(rows) if one.person.id == was.person.id), None)
        if rows:
            self._go_to(kept or 0)
        self._size_columns()
        self.viewport().update()

    @property
    def current(self) -> Overview | None:
        """The person the rows are on."""
        row = self.currentIndex().row()
        return self._people.rows[row] if 0 <= row < len(self._people.rows) else None

    @property
    def shown(self) -> list[Overview]:
        """The people shown, from the top."""
        return self._people.rows

    def choose(self, person_id: object) -> None:
        """Put the rows on a person, if they are shown."""
        for row, one in enumerate(self._people.rows):
            if one.person.id == person_id and row != self.currentIndex().row():
                self._go_to(row)

    def _go_to(self, row: int) -> None:
        at, model = self._people.index(row, CODE), self.selectionModel()
        whole = model.SelectionFlag.ClearAndSelect | model.SelectionFlag.Rows
        model.setCurrentIndex(at, whole)

    def enter_list(self) -> None:
        """Take the focus, on the first row."""
        self.setFocus(Qt.FocusReason.TabFocusReason)
        self._go_to(0)

    def _moved(self, index: QModelIndex, before: QModelIndex) -> None:
        self.chosen.emit(self.current)

    def _button_at(self, at: QPoint) -> int:
        index = self.indexAt(at)
        inside = index.column() == ACT and button_rect(self.visualRect(index), self._look).contains(at)
        return index.row() if inside else -1

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Show which button would be pressed."""
        row = self._button_at(event.position().toPoint())
        if row != self._delegate.over_row:
            self._delegate.over_row = row
            self.setCursor(Qt.CursorShape.PointingHandCursor if row >= 0 else Qt.CursorShape.ArrowCursor)
            self.viewport().update()
        super().mouseMoveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Press the button of the row."""
        super().mouseReleaseEvent(event)
        row = self._button_at(event.position().toPoint())
        if row >= 0 and event.button() == Qt.MouseButton.LeftButton:
            self.acted.emit(self._people.rows[row])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter presses the row's button; Up from the first row leaves the list; Space belongs to the window."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if self.current is not None:
                self.acted.emit(self.current)
        elif event.key() == Qt.Key.Key_Up and self.currentIndex().row() <= 0:
            self.left.emit()
        elif event.key() == Qt.Key.Key_Space or event.text().isalpha():
            event.ignore()
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave out columns where there is little room, so that the description keeps some."""
        super().resizeEvent(event)
        self._size_columns()

    def _size_columns(self) -> None:
        look, head = self._look, self.horizontalHeader()
        shown = {column: look.px(width) for column, width in _WIDTHS.items()}
        metrics = QFontMetrics(look.font("strong"))
        widest = max((metrics.horizontalAdvance(one.person.code) for one in self._people.rows), default=0)
        shown[CODE] = min(max(shown[CODE], widest + look.px(26)), look.px(_WIDEST_CODE))
        for column in _LEAVE_FIRST:
            if sum(shown.values()) + look.px(_LEAST_ABOUT) > self.viewport().width():
                shown.pop(column)
        for column in _WIDTHS:
            self.setColumnHidden(column, column not in shown)
            head.resizeSection(column, shown.get(column, 0))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the rows, or the sentence of an empty list."""
        super().paintEvent(event)
        if not self._people.rows:
            with QPainter(self.viewport()) as painter:
                painter.setPen(self._look.colour("ink_soft"))
                painter.setFont(self._look.font("body"))
                box = self.viewport().rect().adjusted(self._look.px(16), self._look.px(16), -self._look.px(16), 0)
                painter.drawText(box, int(Qt.AlignmentFlag.AlignLeading | Qt.TextFlag.TextWordWrap), self._empty)
