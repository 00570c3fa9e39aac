"""头像 (A7): choose a picture, see what the rules say, move the two guide lines, repair, accept."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import ClassVar

from msgspec.structs import replace
from rich.color import Color
from rich.style import Style
from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import Screen
from textual.widgets import Input, Static

from sbk_tui.errors import SbkError
from sbk_tui.screens.ask import Ask
from sbk_tui.screens.bars import KeyBar, MessageLine, TitleBar
from sbk_tui.screens.keys import bindings, legend
from sbk_tui.screens.text_line import TextLine
from sbk_tui.screens.work import Background
from sbk_tui.services.desks import Desks
from sbk_tui.services.portrait_desk import Grade, Judged
from sbk_tui.terminal.listview import Column, PagedList, Row
from sbk_tui.texts import word

_STEP = 0.005
"""How far an arrow key moves a guide line, as a share of the picture's height."""
_COLUMNS, _ROWS = 26, 16


class PortraitScreen(Background, Screen[bytes | None]):
    """Dismisses with the JPEG that was accepted, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("find", "confirm", "portrait", "back"),
        Binding("up", "nudge(-1)", show=False),
        Binding("down", "nudge(1)", show=False),
        Binding("pageup", "nudge(-6)", show=False),
        Binding("pagedown", "nudge(6)", show=False),
        Binding("tab", "other_line", show=False, priority=True),
    ]

    def __init__(self, desks: Desks) -> None:
        super().__init__()
        self._desks = desks
        self._judged: Judged | None = None
        self._on_chin = False
        self._by_hand = False

    def compose(self) -> ComposeResult:
        """Draw the list of files, and behind it the picture with its verdict."""
        yield TitleBar(word("portrait.title"), self._desks.seat)
        with Vertical(id="choose"):
            with Horizontal(classes="line"):
                yield Static(word("portrait.file"), markup=False)
                yield TextLine(placeholder=word("portrait.path"))
            columns = (Column(word("portrait.name"), 0), Column(word("portrait.size"), 10, True))
            yield PagedList(columns, empty=word("portrait.no_files"))
        with Horizontal(id="look"):
            yield Static("", id="picture", markup=False)
            yield Static("", id="verdict", markup=False)
        yield MessageLine()
        yield KeyBar()

    def on_mount(self) -> None:
        """List the folder."""
        self.query_one(KeyBar).text = legend(("confirm", "back"), {"confirm": word("ask.go_on")})
        files = self._desks.portraits.pictures()
        rows = [Row(str(p), (p.name, f"{p.stat().st_size // 1024} KB")) for p in files]
        self.query_one(PagedList).show(rows)
        self.query_one(PagedList if rows else Input).focus()

    # ------------------------------------------------------------------ choosing

    @on(PagedList.Chosen)
    def _chosen(self, event: PagedList.Chosen) -> None:
        self._open(Path(event.row.key))

    @on(Input.Submitted)
    def _typed(self, event: Input.Submitted) -> None:
        if event.value.strip():
            self._open_chosen()

    def _open_chosen(self) -> None:
        typed, row = self.query_one(Input).value.strip(), self.query_one(PagedList).highlighted
        if typed:
            self._open(Path(typed).expanduser())
        elif row is not None:
            self._open(Path(row.key))

    def _open(self, path: Path) -> None:
        self._by_hand = False
        self.in_background(partial(self._desks.portraits.open, path), self._show)

    def _show(self, judged: Judged) -> None:
        self._judged = judged
        self.set_class(True, "-open")
        self.set_focus(None)
        names = {"find": word("portrait.repair"), "confirm": word("portrait.accept")}
        self.query_one(
            KeyBar
        ).text = f"{word('portrait.keys')}  {legend(('find', 'confirm', 'back'), names)}"
        self._draw()

    # ------------------------------------------------------------------ looking

    def _draw(self) -> None:
        if self._judged is None:
            return
        picture = Text(no_wrap=True)
        for row in self._desks.portraits.preview(self._judged, _COLUMNS, _ROWS):
            for character, over, under in row:
                style = Style(color=Color.from_ansi(over), bgcolor=Color.from_ansi(under))
                picture.append(character, style)
            picture.append("\n")
        line = word("portrait.chin" if self._on_chin else "portrait.hair")
        picture.append(word("portrait.moving", line=line))
        self.query_one("#picture", Static).update(picture)
        text = Text()
        for each in self._desks.portraits.lines(self._judged.verdict):
            mark = {Grade.REFUSE: "×", Grade.WARN: "!", Grade.OK: "√"}[each.grade]
            text.append(f"{mark} {each.text}\n", self._style(each.grade))
        self.query_one("#verdict", Static).update(text)

    def _style(self, grade: Grade) -> str:
        return {Grade.REFUSE: "red", Grade.WARN: "yellow", Grade.OK: "dim"}[grade]

    def action_nudge(self, steps: int) -> None:
        """Arrow keys: move the active guide line."""
        judged = self._judged
        if judged is None or judged.marks is None or self.busy:
            return
        by = steps * judged.height * _STEP
        marks = judged.marks
        moved = (
            replace(marks, chin=marks.chin + by)
            if self._on_chin
            else replace(marks, hair_top=marks.hair_top + by)
        )
        self._by_hand = True
        self._judged = self._desks.portraits.judge(judged.name, judged.content, moved)
        self._draw()

    def action_other_line(self) -> None:
        """Tab: the other guide line; among the files: the other widget."""
        if self._judged is None:
            self.focus_next()
            return
        self._on_chin = not self._on_chin
        self._draw()

    def action_find(self) -> None:
        """F5: repair by the guide lines."""
        if self._judged is not None:
            repair = partial(self._desks.portraits.repair, self._judged, by_hand=self._by_hand)
            self.in_background(repair, self._repaired)

    def _repaired(self, outcome: tuple[Judged, tuple[str, ...]]) -> None:
        self._judged, notes = outcome
        self._by_hand = False
        self._draw()
        self.query_one(MessageLine).say(word("portrait.repaired", notes="、".join(notes)), "ok")

    def action_confirm(self) -> None:
        """F10: open the file that is typed or pointed at; then accept the picture.

        Only one that no rule refuses, with the content list read and ticked.
        """
        if self.busy:
            return
        if self._judged is None:
            self._open_chosen()
            return
        if self._judged.verdict.refused():
            self.query_one(MessageLine).say(word("portrait.not_yet"), "bad")
            return
        items = self._desks.portraits.checklist(self._judged.verdict)
        listed = "\n".join(f" {'√' if ok else '□'} {words}" for _, words, ok in items)
        question = f"{word('portrait.content')}\n{listed}"
        self.app.push_screen(Ask(question, [("yes", word("portrait.all_true"))]), self._accepted)

    def _accepted(self, answer: str | None) -> None:
        if answer == "yes" and self._judged is not None:
            self.dismiss(self._judged.content)

    def action_portrait(self) -> None:
        """F7 again: back to the list of files."""
        self.action_back()

    def action_back(self) -> None:
        """Esc: back to the files, then away."""
        if self.busy:
            return
        if self._judged is None:
            self.dismiss(None)
            return
        self._judged = None
        self.set_class(False, "-open")
        self.query_one(MessageLine).say("")
        self.query_one(KeyBar).text = legend(("confirm", "back"), {"confirm": word("ask.go_on")})
        self.query_one(PagedList if self._desks.portraits.pictures() else Input).focus()

    def failed(self, error: SbkError) -> None:
        """Say why a picture cannot be opened or repaired."""
        self.query_one(MessageLine).explain(error)
