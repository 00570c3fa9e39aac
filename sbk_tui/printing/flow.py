"""Break a document into pages of marks to draw, in millimetres from the page's upper left.

Knows no PDF library: text is measured by a function, so the same flow can feed another printer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import assert_never

from sbk_tui.printing.document import Document, Entry, Grid, Paragraph, Signatures, Table
from sbk_tui.printing.layouts import PAPERS, Paper
from sbk_tui.printing.text import head
from sbk_tui.printing.wrapping import wrapped
from sbk_tui.texts import word

Measure = Callable[[str, float], float]
"""Width in millimetres of a text at a size in points."""

_MM = 25.4 / 72  # one point
_PAD = 1.2  # between a box and its text
_LEADING = 1.35
_PORTRAIT = (26.0, 32.0)  # 358 x 441 pixels at 350 dpi
_BAR = (46.0, 8.0)
_QR = 30.0
_FOOT = 5.0


@dataclass(frozen=True, slots=True)
class TextMark:
    """A line of text whose baseline begins at (x, y)."""

    x: float
    y: float
    size: float
    """Points."""
    text: str
    strong: bool = False


@dataclass(frozen=True, slots=True)
class BoxMark:
    """A ruled rectangle, its upper left at (x, y)."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class LineMark:
    """A line to sign on, from (x, y) to the right."""

    x: float
    y: float
    width: float


@dataclass(frozen=True, slots=True)
class PictureMark:
    """A JPEG in a rectangle."""

    x: float
    y: float
    width: float
    height: float
    data: bytes


@dataclass(frozen=True, slots=True)
class BarMark:
    """A Code 128 bar code in a rectangle."""

    x: float
    y: float
    width: float
    height: float
    text: str


@dataclass(frozen=True, slots=True)
class QrMark:
    """A QR code in a square, its quiet zone included."""

    x: float
    y: float
    side: float
    data: bytes


@dataclass(frozen=True, slots=True)
class AcrossMark:
    """Pale words across the whole page."""

    text: str


Mark = TextMark | BoxMark | LineMark | PictureMark | BarMark | QrMark | AcrossMark


def pages_of(document: Document, measure: Measure) -> list[list[Mark]]:
    """Return the marks of each page; the last line of each tells its number and the total."""
    flow = _Flow(document, PAPERS[document.paper], measure)
    flow.fill()
    paper, pages = flow.paper, flow.pages
    for number, page in enumerate(pages, start=1):
        said = word("print.page", page=number, pages=len(pages))
        line = f"{document.title} · {document.serial} · {said}"
        if document.training:
            line = f"{word('print.training_head')} · {line}"
        x = (paper.width - measure(line, 8)) / 2
        page.append(TextMark(x, paper.height - paper.top + 3, 8, line))
    return pages


class _Flow:
    """A pen that goes down the page and takes a new one when a block does not fit."""

    def __init__(self, document: Document, paper: Paper, measure: Measure) -> None:
        self.paper = paper
        self.pages: list[list[Mark]] = []
        self._document = document
        self._measure = measure
        self._y = 0.0
        self._width = paper.width - 2 * paper.side
        self._line = paper.text_size * _MM * _LEADING
        self._turn()

    def fill(self) -> None:
        """Put the whole document down."""
        self._head()
        for block in self._document.blocks:
            self._y += 1.5
            match block:
                case Grid():
                    self._grid(block)
                case Table():
                    self._table(block)
                case Paragraph():
                    self._paragraph(block)
                case Signatures():
                    self._signatures(block)
                case _:
                    assert_never(block)
        if self._document.qr:
            self._room(_QR)
            x = self.paper.width - self.paper.side - _QR
            self._put(QrMark(x, self._y, _QR, self._document.qr))

    def _put(self, mark: Mark) -> None:
        self.pages[-1].append(mark)

    def _turn(self) -> None:
        self.pages.append([])
        self._y = self.paper.top
        if self._document.training:
            self._put(AcrossMark(word("print.training")))

    def _room(self, height: float) -> None:
        """Turn the page when `height` is not left on it."""
        if self._y + height > self.paper.height - self.paper.top - _FOOT:
            self._turn()

    def _head(self) -> None:
        document, paper = self._document, self.paper
        if document.training:
            self._centred(word("print.training_head"), paper.text_size + 2)
        self._centred(document.title, 16)
        top = self._y
        bar_x = paper.width - paper.side - _BAR[0]
        self._put(BarMark(bar_x, top, *_BAR, document.serial))
        for entry in head(document):
            text = f"{entry.label}：{entry.value}"
            for line in self._wrapped(text, self._width - _BAR[0] - 4, 9):
                self._y += 9 * _MM * _LEADING
                self._put(TextMark(paper.side, self._y - 1, 9, line))
        self._y = max(self._y, top + _BAR[1]) + 1

    def _centred(self, text: str, size: float) -> None:
        for line in self._wrapped(text, self._width, size):
            self._y += size * _MM * _LEADING
            x = (self.paper.width - self._measure(line, size)) / 2
            self._put(TextMark(x, self._y - 1, size, line, strong=True))
        self._y += 2

    def _wrapped(self, text: str, width: float, size: float) -> list[str]:
        return wrapped(text, width, lambda part: self._measure(part, size))

    def _grid(self, grid: Grid) -> None:
        side = self.paper.side
        portrait_x = side + self._width - _PORTRAIT[0] - 2
        picture_end = 0.0
        if grid.has_picture:
            self._room(_PORTRAIT[1] + 4)
            self._portrait(grid.picture, portrait_x + 1, self._y + 2)
            picture_end = self._y + _PORTRAIT[1] + 4
            page = len(self.pages)
        for row in _rows(grid):
            beside = grid.has_picture and page == len(self.pages) and self._y < picture_end
            width = portrait_x - side - 1 if beside else self._width
            self._grid_row(row, width, grid.columns)
        if grid.has_picture and page == len(self.pages):
            self._y = max(self._y, picture_end)

    def _portrait(self, data: bytes, x: float, y: float) -> None:
        if data:
            self._put(PictureMark(x, y, *_PORTRAIT, data))
        else:
            size = self.paper.text_size
            text = word("print.picture")
            middle = x + (_PORTRAIT[0] - self._measure(text, size)) / 2
            self._put(TextMark(middle, y + _PORTRAIT[1] / 2, size, text))
        self._put(BoxMark(x, y, *_PORTRAIT))

    def _grid_row(self, row: list[Entry], width: float, columns: int) -> None:
        unit = width / columns
        label_width = min(self.paper.text_size * 7.2 * _MM + 2 * _PAD, 0.45 * unit)
        boxes: list[tuple[float, str]] = []
        for entry in row:
            boxes.append((label_width, entry.label))
            boxes.append((entry.span * unit - label_width, entry.value))
        self._boxes(boxes)

    def _boxes(self, boxes: list[tuple[float, str]]) -> None:
        """Put down one row of ruled boxes, as high as its fullest one."""
        size = self.paper.text_size
        filled = [(width, self._wrapped(text, width - 2 * _PAD, size)) for width, text in boxes]
        height = max(len(lines) for _, lines in filled) * self._line + 2 * _PAD
        self._room(height)
        x = self.paper.side
        for width, lines in filled:
            self._put(BoxMark(x, self._y, width, height))
            for number, line in enumerate(lines, start=1):
                baseline = self._y + _PAD + number * self._line - 0.3 * size * _MM
                self._put(TextMark(x + _PAD, baseline, size, line))
            x += width
        self._y += height

    def _table(self, table: Table) -> None:
        total = sum(table.shares)
        widths = [self._width * share / total for share in table.shares]
        for row in (table.headings, *table.rows):
            page = len(self.pages)
            boxes = list(zip(widths, row, strict=True))
            self._room(self._line + 2 * _PAD)
            if len(self.pages) > page and row is not table.headings:
                self._boxes(list(zip(widths, table.headings, strict=True)))
            self._boxes(boxes)

    def _paragraph(self, paragraph: Paragraph) -> None:
        size = self.paper.text_size
        for line in self._wrapped(paragraph.text, self._width, size):
            self._room(self._line)
            self._y += self._line
            self._put(TextMark(self.paper.side, self._y - 1, size, line, paragraph.strong))

    def _signatures(self, signatures: Signatures) -> None:
        size, step = self.paper.text_size, self._width / 2
        for number, label in enumerate(signatures.labels):
            if number % 2 == 0:
                self._room(12)
                self._y += 12
            x = self.paper.side + step * (number % 2)
            text = f"{label}："
            self._put(TextMark(x, self._y - 1.5, size, text))
            label_width = self._measure(text, size)
            self._put(LineMark(x + label_width, self._y - 1, step - label_width - 4))


def _rows(grid: Grid) -> list[list[Entry]]:
    """Return the entries in rows of `grid.columns`; the last of a row takes what is left."""
    rows: list[list[Entry]] = []
    free = 0
    for entry in grid.entries:
        span = min(entry.span, grid.columns)
        if span > free:
            _widen(rows, free)
            rows.append([])
            free = grid.columns
        rows[-1].append(Entry(entry.label, entry.value, span))
        free -= span
    _widen(rows, free)
    return rows


def _widen(rows: list[list[Entry]], free: int) -> None:
    if rows and free:
        last = rows[-1][-1]
        rows[-1][-1] = Entry(last.label, last.value, last.span + free)
