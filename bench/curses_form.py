"""Baseline "curses": two input lines and a scrolling table of 1,000 Chinese rows."""

from __future__ import annotations

import curses
import locale
import unicodedata

import people

WIDTHS = (20, 10, 8, 8, 13, 8)
LABELS = ("姓名: ", "社会保障号: ")
LIST = 2  # the focus: two fields, then the list


def cells(text: str) -> int:
    """Return the width of a text in cells."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def line(texts: tuple[str, ...]) -> str:
    """Return one line of the table."""
    return "".join(t + " " * max(0, w - cells(t)) for t, w in zip(texts, WIDTHS, strict=True))


class Form:
    """What is on the screen."""

    def __init__(self, screen: curses.window) -> None:
        self.screen = screen
        self.rows = [line(people.row(i)) for i in range(1000)]
        self.head = line(people.HEAD)
        self.focus = self.top = self.cursor = 0
        self.values = ["", ""]

    @property
    def page(self) -> int:
        """How many rows fit."""
        return self.screen.getmaxyx()[0] - 5

    def draw(self) -> None:
        """Draw everything; curses finds out what changed."""
        put = self.screen.addstr
        self.screen.erase()
        put(0, 0, "社会保障卡 个人查询", curses.A_BOLD)
        for y, (label, value) in enumerate(zip(LABELS, self.values, strict=True), 1):
            put(y, 0, label + value)
        put(3, 0, self.head, curses.A_UNDERLINE)
        for y, text in enumerate(self.rows[self.top : self.top + self.page]):
            here = self.focus == LIST and self.top + y == self.cursor
            put(4 + y, 0, text, curses.A_REVERSE if here else 0)
        put(self.page + 4, 0, "F1 帮助  F10 退出")
        if self.focus < LIST:
            label, value = LABELS[self.focus], self.values[self.focus]
            self.screen.move(1 + self.focus, cells(label + value))
        self.screen.refresh()

    def obey(self, key: str | int) -> bool:
        """Do what a key says; return False to leave."""
        if key == "\x11":
            return False
        if key == "\t":
            self.focus = (self.focus + 1) % 3
        elif self.focus == LIST:
            steps = {curses.KEY_DOWN: 1, curses.KEY_UP: -1}
            pages = {curses.KEY_NPAGE: self.page, curses.KEY_PPAGE: -self.page}
            moved = self.cursor + {**steps, **pages}.get(key, 0)
            self.cursor = max(0, min(len(self.rows) - 1, moved))
            self.top = min(self.cursor, max(self.top, self.cursor - self.page + 1))
        elif isinstance(key, str) and key.isprintable():
            self.values[self.focus] += key
        elif key in (curses.KEY_BACKSPACE, "\x7f"):
            self.values[self.focus] = self.values[self.focus][:-1]
        return True


def main(screen: curses.window) -> None:
    """Run until Ctrl+Q."""
    curses.set_escdelay(25)
    form = Form(screen)
    form.draw()
    while form.obey(screen.get_wch()):
        form.draw()


if __name__ == "__main__":
    locale.setlocale(locale.LC_ALL, "")
    curses.wrapper(main)
