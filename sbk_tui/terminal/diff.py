"""The shortest bytes that turn what a terminal shows into what is wanted.

`Terminal.show(canvas, caret)` returns the text to write; `forget()` when the screen may differ.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache

from sbk_tui.terminal.cells import ATTRIBUTES, BLANK, PLAIN, Canvas, Cell, Pen

ERASE_LINE = "\x1b[K"
CLEAR = "\x1b[m\x1b[H\x1b[2J"
_GAP = 8  # cells: a longer way is never cheaper to print again than to jump


class Terminal:
    """One terminal: the cells it shows, where its cursor stands, the pen it holds.

    The pen is plain between frames, so that whoever writes next (a traceback, the shell)
    writes plainly.
    """

    def __init__(self) -> None:
        self._shown: list[list[Cell]] | None = None
        self._width = 0
        self._out: list[str] = []
        self._x: int | None = 0  # None: the terminal may see it elsewhere than we do
        self._y = 0
        self._pen = PLAIN

    def forget(self) -> None:
        """Believe nothing any more: the next frame clears the screen and draws everything."""
        self._shown = None

    def show(self, wanted: Canvas, caret: tuple[int, int]) -> str:
        """Return what to write so that the terminal shows `wanted`, cursor at `caret` (x, y)."""
        self._out = []
        shown = self._shown
        if shown is None or len(shown) != wanted.height or self._width != wanted.width:
            shown = self._clear(wanted)
        for y, (old, new) in enumerate(zip(shown, wanted.rows, strict=True)):
            if old != new:
                self._row(y, old, new)
                shown[y] = new.copy()
        self._take(PLAIN)
        self._out.append(move(self._x, self._y, *caret))
        self._x, self._y = caret
        return "".join(self._out)

    def _clear(self, wanted: Canvas) -> list[list[Cell]]:
        self._out.append(CLEAR)
        self._x, self._y, self._pen = 0, 0, PLAIN
        self._width = wanted.width
        self._shown = [[BLANK] * wanted.width for _ in range(wanted.height)]
        return self._shown

    def _row(self, y: int, old: Sequence[Cell], new: Sequence[Cell]) -> None:
        tail = _tail(new)
        for start, end in _runs(old, new):
            if start < tail:
                self._print(start, y, new, min(end, tail))
            if end <= tail:
                continue
            first = max(start, tail)
            last = max(x for x in range(first, len(new)) if old[x] != new[x]) + 1
            if last - first > len(ERASE_LINE):
                self._go(first, y, PLAIN, new)
                self._take(PLAIN)
                self._out.append(ERASE_LINE)
                return
            self._print(first, y, new, end)

    def _print(self, start: int, y: int, cells: Sequence[Cell], end: int) -> None:
        self._go(start, y, cells[start][1], cells)
        for text, pen in cells[start:end]:
            if text:
                self._take(pen)
                self._out.append(text)
        self._stand(end, y, cells, start)

    def _go(self, x: int, y: int, pen: Pen, cells: Sequence[Cell]) -> None:
        """Go to `x, y` to write with `pen`; cells between may be printed again if that is less."""
        jump = move(self._x, self._y, x, y)
        here = self._x if y == self._y else None
        if here is not None and 0 < x - here <= _GAP and cells[here][0]:  # not in half a letter
            again, held = self._reprint(cells[here:x])
            if len(again.encode()) + len(sgr(held, pen)) <= len(jump) + len(sgr(self._pen, pen)):
                self._out.append(again)
                self._pen = held
                self._stand(x, y, cells, here)
                return
        self._out.append(jump)
        self._x, self._y = x, y

    def _stand(self, x: int, y: int, cells: Sequence[Cell], since: int) -> None:
        """Note where the cursor is after printing the cells from `since` up to `x`."""
        at_edge = x == len(cells)  # terminals differ: on the last column or behind it
        known = self._x is not None and not at_edge
        sure = known and all(_width_is_sure(text) for text, _ in cells[since:x])
        self._x, self._y = x if sure else None, y

    def _reprint(self, cells: Sequence[Cell]) -> tuple[str, Pen]:
        held = self._pen
        parts = []
        for text, pen in cells:
            if text:
                parts.append(sgr(held, pen) + text)
                held = pen
        return "".join(parts), held

    def _take(self, pen: Pen) -> None:
        if pen is not self._pen and pen != self._pen:
            self._out.append(sgr(self._pen, pen))
            self._pen = pen


def _tail(cells: Sequence[Cell]) -> int:
    """Return where the plain blanks at the end of a row begin."""
    x = len(cells)
    while x and cells[x - 1] == BLANK:
        x -= 1
    return x


def _runs(old: Sequence[Cell], new: Sequence[Cell]) -> Iterator[tuple[int, int]]:
    """Yield the runs of changed cells, never beginning or ending inside a wide character."""
    x, width = 0, len(new)
    while x < width:
        if old[x] == new[x]:
            x += 1
            continue
        start = x if new[x][0] else x - 1
        x += 1
        while x < width and (old[x] != new[x] or not new[x][0]):
            x += 1
        yield start, x


@lru_cache(4096)
def _width_is_sure(text: str) -> bool:
    """Tell whether every terminal agrees on the width; `…`, `─`, `①` are one cell or two."""
    return text.isascii() or (len(text) == 1 and unicodedata.east_asian_width(text) != "A")


@lru_cache(8192)
def move(from_x: int | None, from_y: int, x: int, y: int) -> str:
    """Return the shortest way of the cursor; `from_x` None when only the row is certain."""
    if y == from_y:
        return _along(from_x, x)
    up_or_down = _step(y - from_y, "B", "A")
    ways = [_absolute(x, y), up_or_down + _along(from_x, x)]
    if y > from_y:
        # A line feed goes down; the tty may add a carriage return, so the row begins at 0.
        ways.append("\r" + "\n" * (y - from_y) + _along(0, x))
    return min(ways, key=_on_the_wire)


def _along(from_x: int | None, x: int) -> str:
    if from_x == x:
        return ""
    ways = ["\r" + _step(x, "C", "D"), f"\x1b[{x + 1}G"]
    if from_x is not None:
        ways.append(_step(x - from_x, "C", "D"))
        if x < from_x:
            ways.append("\b" * (from_x - x))
    return min(ways, key=len)


def _absolute(x: int, y: int) -> str:
    if x:
        return f"\x1b[{y + 1};{x + 1}H"
    return f"\x1b[{y + 1}H" if y else "\x1b[H"


def _step(count: int, forward: str, back: str) -> str:
    if not count:
        return ""
    letter = forward if count > 0 else back
    return f"\x1b[{abs(count)}{letter}" if abs(count) > 1 else f"\x1b[{letter}"


def _on_the_wire(way: str) -> int:
    """Return the bytes on the line, where the tty makes CR LF of a line feed."""
    return len(way) + way.count("\n")


@lru_cache(4096)
def sgr(held: Pen, pen: Pen) -> str:
    """Return the shortest sequence that turns one pen into another."""
    if held == pen:
        return ""
    whole = ";".join(["0", *_on(pen.attributes), *filter(None, (pen.fore, pen.back))])
    lost, kept = held.attributes & ~pen.attributes, held.attributes & pen.attributes
    off = {code for bit, (_, _, code) in enumerate(ATTRIBUTES) if lost >> bit & 1}
    again = sum(  # bold and dim, say, are switched off by one code: the other comes back
        1 << bit for bit, (_, _, code) in enumerate(ATTRIBUTES) if kept >> bit & 1 and code in off
    )
    steps = [*sorted(off), *_on(pen.attributes & ~held.attributes | again)]
    if pen.fore != held.fore:
        steps.append(pen.fore or "39")
    if pen.back != held.back:
        steps.append(pen.back or "49")
    change = ";".join(steps)
    if pen == PLAIN:
        whole = ""
    return f"\x1b[{min(whole, change, key=len)}m"


def _on(attributes: int) -> list[str]:
    return [code for bit, (_, code, _) in enumerate(ATTRIBUTES) if attributes >> bit & 1]
