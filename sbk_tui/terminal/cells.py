"""What a terminal can show, as values: pens, cells, and a canvas of cells.

A cell is `(text, pen)`. A wide character takes two cells: the character, then `("", pen)`.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import NamedTuple

from rich.cells import cell_len
from rich.color import Color, ColorSystem
from rich.style import Style

ATTRIBUTES = (  # Rich's name, code that switches it on, code that switches it off (ECMA-48 8.3.117)
    ("bold", "1", "22"),
    ("dim", "2", "22"),
    ("italic", "3", "23"),
    ("underline", "4", "24"),
    ("blink", "5", "25"),
    ("blink2", "6", "25"),
    ("reverse", "7", "27"),
    ("conceal", "8", "28"),
    ("strike", "9", "29"),
    ("underline2", "21", "24"),
    ("frame", "51", "54"),
    ("encircle", "52", "54"),
    ("overline", "53", "55"),
)
_SEEN_ON_BLANK = sum(
    1 << bit
    for bit, (name, _, _) in enumerate(ATTRIBUTES)
    if name in {"underline", "reverse", "strike", "underline2", "frame", "encircle", "overline"}
)
_ZERO_WIDTH_JOINER = "\u200d"
_JOINERS = (_ZERO_WIDTH_JOINER, "\ufe0f")  # they change the width of what stands before them


class Pen(NamedTuple):
    """How a cell is drawn: attribute bits as in `ATTRIBUTES`, SGR colour parameters or ""."""

    attributes: int
    fore: str
    back: str


Cell = tuple[str, Pen]
PLAIN = Pen(0, "", "")
BLANK: Cell = (" ", PLAIN)


@lru_cache(4096)
def pen_of(style: Style | None, system: ColorSystem) -> Pen:
    """Return the pen of a style on a terminal of that colour system; links and meta are dropped."""
    if style is None:
        return PLAIN
    bits = sum(1 << bit for bit, (name, _, _) in enumerate(ATTRIBUTES) if getattr(style, name))
    return Pen(bits, _colour(style.color, system, True), _colour(style.bgcolor, system, False))


def _colour(colour: Color | None, system: ColorSystem, foreground: bool) -> str:
    if colour is None or colour.is_default:
        return ""
    return ";".join(colour.downgrade(system).get_ansi_codes(foreground))


@lru_cache(8192)
def blank(pen: Pen) -> Cell:
    """Return an empty cell of that pen; what nobody can see on it is taken away."""
    if pen.attributes & _SEEN_ON_BLANK:
        return _cell(" ", pen)
    return _cell(" ", Pen(0, "", pen.back))


@lru_cache(8192)
def _cell(text: str, pen: Pen) -> Cell:
    """Return the one cell object of its value, so that comparing rows compares addresses."""
    return (text, pen)


@lru_cache(1024)
def cells_of(text: str, pen: Pen) -> tuple[Cell, ...]:
    """Return the cells of a text; control characters give none, as they measure nothing."""
    if text.isascii() and text.isprintable():
        return tuple(blank(pen) if char == " " else _cell(char, pen) for char in text)
    cells: list[Cell] = []
    for cluster in _clusters(text.encode("utf-8", "replace").decode()):  # no half surrogates
        width = cell_len(cluster)
        cells.append(blank(pen) if cluster == " " else _cell(cluster, pen))
        if width > 1:
            cells.append(_cell("", pen))
    return tuple(cells)


def _clusters(text: str) -> list[str]:
    """Split into what takes a place of its own, with the marks that sit on it."""
    clusters: list[str] = []
    joined = False
    for char in text:
        if unicodedata.category(char) == "Cc":
            continue
        if joined or char in _JOINERS or not cell_len(char):
            joined = char == _ZERO_WIDTH_JOINER
            if clusters:
                clusters[-1] += char
        else:
            clusters.append(char)
    return clusters


def harmless(text: str) -> str:
    """Return the text with what could speak to a screen replaced by `?`: data is only shown.

    That is control characters, marks that turn the direction of writing, halves of a surrogate.

    >>> harmless("a\\x1b[2J")
    'a?[2J'
    """
    if text.isprintable():
        return text
    return "".join("?" if _speaks(char) else char for char in text)


def _speaks(char: str) -> bool:
    category = unicodedata.category(char)
    return category in {"Cc", "Cf", "Cs", "Zl", "Zp"} and char != _ZERO_WIDTH_JOINER


@lru_cache(4096)
def fit(text: str, width: int, ellipsis: str = "…") -> str:
    """Return the text in exactly `width` cells: padded, or cut with an ellipsis.

    >>> fit("张三丰", 5)
    '张三…'
    """
    text = harmless(text)
    length = cell_len(text)
    if length <= width:
        return text + " " * (width - length)
    room = width - cell_len(ellipsis)
    if room < 0:
        return " " * width
    kept = ""
    for cluster in _clusters(text):
        if cell_len(kept + cluster) > room:
            break
        kept += cluster
    return kept + ellipsis + " " * (room - cell_len(kept))


class Canvas:
    """A screen of cells as it is wanted."""

    def __init__(self, width: int, height: int) -> None:
        self.width = width
        self.height = height
        self.rows: list[list[Cell]] = [[BLANK] * width for _ in range(height)]

    def put(self, x: int, y: int, cells: tuple[Cell, ...]) -> None:
        """Lay cells on row `y` from column `x`; half a wide character left over becomes blank."""
        if not 0 <= y < self.height or x >= self.width or not cells:
            return
        row = self.rows[y]
        end = x + len(cells)
        if end > self.width:
            end = self.width
            kept = cells[: end - x]
            cut_in_half = not cells[end - x][0]
            cells = (*kept[:-1], blank(kept[-1][1])) if cut_in_half else kept
        if x and not row[x][0]:
            row[x - 1] = blank(row[x - 1][1])
        if end < self.width and not row[end][0]:
            row[end] = blank(row[end][1])
        row[x:end] = cells
