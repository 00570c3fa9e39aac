"""Two judges of what bytes do to a terminal: a strict one of our own, and pyte.

`Strict` knows only what the diff may write and refuses the rest; it sees every attribute and can
play the terminals that differ (line feed, last column). pyte is somebody else's reading.
"""

from __future__ import annotations

import re

import pyte
from rich.cells import cell_len

from sbk_tui.terminal.cells import ATTRIBUTES, BLANK, PLAIN, Cell, Pen, blank

PIECE = re.compile(r"\x1b\[([0-9;]*)([A-Za-z])|([\r\n\b])|([^\x00-\x1f\x7f-\x9f]+)|(.)", re.DOTALL)


class Strict:
    """A terminal without automatic wrap that knows CSI A B C D G H J K m, CR, LF and BS."""

    def __init__(self, width: int, height: int, *, lf_returns: bool, stays_on_edge: bool) -> None:
        self.width, self.height = width, height
        self.lf_returns, self.stays_on_edge = lf_returns, stays_on_edge
        self.rows: list[list[Cell]] = [[("#", PLAIN)] * width for _ in range(height)]
        self.x = self.y = self.last = 0
        self.attributes: frozenset[str] = frozenset()
        self.fore = self.back = ""

    @property
    def pen(self) -> Pen:
        bits = sum(1 << bit for bit, row in enumerate(ATTRIBUTES) if row[0] in self.attributes)
        return Pen(bits, self.fore, self.back)

    def feed(self, data: str) -> None:
        for numbers, final, control, text, other in PIECE.findall(data):
            assert not other, f"unexpected {other!r}"
            if final:
                self._sequence(final, [int(n or 0) for n in numbers.split(";")])
            elif control:
                self._control(control)
            for char in text:
                self._draw(char)

    def _sequence(self, final: str, numbers: list[int]) -> None:
        count = max(1, numbers[0])
        match final:
            case "A" | "B":
                self.y = self._row(self.y + (count if final == "B" else -count))
            case "C" | "D":
                assert self.x < self.width, "a relative move from the edge"
                self.x = max(0, min(self.width - 1, self.x + (count if final == "C" else -count)))
            case "G":
                self.x = count - 1
            case "H":
                self.y = self._row(count - 1)
                self.x = max(1, numbers[1] if len(numbers) > 1 else 1) - 1
            case "J":
                assert (numbers, self.pen) == ([2], PLAIN)
                self.rows = [[BLANK] * self.width for _ in range(self.height)]
            case "K":
                assert (numbers, self.pen) == ([0], PLAIN)
                self._orphan(self.x)
                self.rows[self.y][self.x :] = [BLANK] * (self.width - self.x)
            case "m":
                self._sgr([str(number) for number in numbers])
            case _:
                raise AssertionError(final)

    def _row(self, y: int) -> int:
        assert 0 <= y < self.height
        return y

    def _control(self, control: str) -> None:
        if control == "\r" or (self.lf_returns and control == "\n"):
            self.x = 0
        if control == "\n":
            assert self.y < self.height - 1, "the screen would scroll"
            self.y += 1
        if control == "\b":
            assert 0 < self.x < self.width, "a backspace at the edge"
            self.x -= 1

    def _sgr(self, codes: list[str]) -> None:
        while codes:
            code = codes.pop(0)
            if code == "0":
                self.attributes, self.fore, self.back = frozenset(), "", ""
            elif code in {"38", "48"}:
                rest = [codes.pop(0) for _ in range(2 if codes[0] == "5" else 4)]
                colour = ";".join([code, *rest])
                self.fore, self.back = (colour, self.back) if code == "38" else (self.fore, colour)
            elif code in {"39", "49"} or (len(code) > 1 and code[0] in "349") or len(code) == 3:
                is_back = code[0] == "4" or len(code) == 3
                colour = "" if code in {"39", "49"} else code
                self.fore, self.back = (self.fore, colour) if is_back else (colour, self.back)
            else:
                self.attributes |= {name for name, on, _ in ATTRIBUTES if on == code}
                self.attributes -= {name for name, _, off in ATTRIBUTES if off == code}

    def _draw(self, char: str) -> None:
        width = cell_len(char)
        if not width:
            text, pen = self.rows[self.y][self.last]
            self.rows[self.y][self.last] = (text + char, pen)
            return
        assert self.x + width <= self.width, "text over the edge"
        self._orphan(self.x)
        self._orphan(self.x + width)
        row = self.rows[self.y]
        row[self.x] = (char, self.pen)
        self.last = self.x
        if width == 2:
            row[self.x + 1] = ("", self.pen)
        self.x += width
        if self.stays_on_edge:
            self.x = min(self.x, self.width - 1)

    def _orphan(self, x: int) -> None:
        """Blank both halves of a wide character that is cut at column `x`."""
        row = self.rows[self.y]
        if 0 < x < self.width and not row[x][0]:
            row[x - 1] = row[x] = blank(row[x][1])


class Pyte(pyte.Screen):
    """pyte, with the halves of an overwritten wide character blanked as terminals do."""

    def __init__(self, width: int, height: int) -> None:
        super().__init__(width, height)
        self.stream = pyte.Stream(self)
        self.stream.feed("\x1b[?7l")

    def feed(self, data: str) -> None:
        self.stream.feed(data)

    def draw(self, data: str) -> None:
        for char in data:
            line = self.buffer[self.cursor.y]
            for x in (self.cursor.x, self.cursor.x + cell_len(char)):
                if 0 < x < self.columns and line[x].data == "":
                    line[x - 1] = line[x - 1]._replace(data=" ")
                    line[x] = line[x]._replace(data=" ")
            super().draw(char)

    def picture(self) -> list[list[tuple[object, ...]]]:
        """Return text, colours and attributes of each cell, without what a blank hides."""
        return [[_seen(self.buffer[y][x]) for x in range(self.columns)] for y in range(self.lines)]

    def text(self) -> str:
        return "\n".join("".join(str(cell[0]) for cell in row) for row in self.picture())

    def caret(self) -> tuple[int, int]:
        return min(self.cursor.x, self.columns - 1), self.cursor.y


def _seen(char: pyte.screens.Char) -> tuple[object, ...]:
    shows_on_blank = char.reverse or char.underscore or char.strikethrough
    if char.data == " " and not shows_on_blank:
        return (" ", char.bg)
    return tuple(char)
