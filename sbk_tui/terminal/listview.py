"""`PagedList`: rows from a source that is asked only for what is seen and a page around it.

Give it `Column`s and a `RowSource` (`FixedRows`, `KeysetRows`, or your own); it posts
`Highlighted`, `Chosen` and `Marked`. Text of rows is data: no markup, no control characters.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from sbk_tui.terminal.cells import fit
from sbk_tui.terminal.rows import TONES, Column, FixedRows, KeysetRows, Row, RowSource

__all__ = ["Column", "FixedRows", "KeysetRows", "PagedList", "Row", "RowSource"]
_GUTTER = 2  # cells before the first column: the cursor's mark and the mark of choice
_LEAP = 200  # rows that End goes on when nobody knows where the rows end


class PagedList(Widget, can_focus=True):
    """A list with columns, one row high each; the cursor is a mark and one attribute."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "paged-list--head",
        "paged-list--cursor",
        "paged-list--empty",
        *(f"paged-list--{tone}" for tone in TONES),
    }
    DEFAULT_CSS = """
    PagedList { height: 1fr; }
    PagedList > .paged-list--head { text-style: underline; }
    PagedList > .paged-list--cursor { text-style: reverse; }
    PagedList > .paged-list--empty, PagedList > .paged-list--dim { text-style: dim; }
    PagedList > .paged-list--ok { color: $success; }
    PagedList > .paged-list--warn { color: $warning; }
    PagedList > .paged-list--bad { color: $error; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", show=False),
        Binding("down", "move(1)", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("pagedown", "page(1)", show=False),
        Binding("home", "first", show=False),
        Binding("end", "last", show=False),
        Binding("enter", "choose", show=False),
        Binding("space", "mark", show=False),
    ]

    @dataclass
    class Highlighted(Message):
        """The cursor came to another row; `row` is None when the list became empty."""

        paged_list: PagedList
        row: Row | None

        @property
        def control(self) -> PagedList:
            """The list it came from, for `@on(PagedList.Highlighted, "#people")`."""
            return self.paged_list

    @dataclass
    class Chosen(Message):
        """Enter was pressed on a row."""

        paged_list: PagedList
        row: Row

        @property
        def control(self) -> PagedList:
            """The list it came from."""
            return self.paged_list

    @dataclass
    class Marked(Message):
        """Space marked or unmarked a row; `keys` are all keys marked."""

        paged_list: PagedList
        keys: frozenset[str]

        @property
        def control(self) -> PagedList:
            """The list it came from."""
            return self.paged_list

    def __init__(
        self,
        columns: Sequence[Column],
        *,
        empty: str = "",
        multiple: bool = False,
        head: bool = True,
        ellipsis: str = "…",
        name: str | None = None,
        id: str | None = None,  # Textual's own name for it
        classes: str | None = None,
        disabled: bool = False,
    ) -> None:
        """Build an empty list.

        Args:
            columns: from left to right, one cell apart.
            empty: what to say when there is no row.
            multiple: whether Space marks rows.
            head: whether the titles take a line.
            ellipsis: what ends a cut text; `~` for terminals that draw `…` two cells wide.
        """
        super().__init__(name=name, id=id, classes=classes, disabled=disabled)
        self._columns = tuple(columns)
        self._empty = empty
        self._multiple = multiple
        self._head = int(head)
        self._ellipsis = ellipsis
        self._source: RowSource = FixedRows(())
        self._block: Sequence[Row] = ()
        self._block_start = 0
        self._top = 0
        self._cursor = 0
        self._marked: frozenset[str] = frozenset()

    # ------------------------------------------------------------------ what others see

    @property
    def highlighted(self) -> Row | None:
        """The row under the cursor."""
        return self._row(self._cursor)

    @property
    def cursor(self) -> int:
        """The index of the row under the cursor, 0 when there is none."""
        return self._cursor

    @property
    def marked(self) -> frozenset[str]:
        """The keys marked with Space."""
        return self._marked

    @property
    def row_count(self) -> int | None:
        """How many rows there are, None when the source does not know yet."""
        return self._source.count()

    def show(self, source: RowSource | Sequence[Row]) -> None:
        """Show other rows, cursor on the first, nothing marked."""
        self._source = FixedRows(source) if isinstance(source, Sequence) else source
        self._block = ()
        self._block_start = self._top = self._cursor = 0
        self._marked = frozenset()
        self.refresh()
        self.post_message(self.Highlighted(self, self.highlighted))

    def say_empty(self, text: str) -> None:
        """Say `text` where there is no row."""
        self._empty = text
        self.refresh()

    def update_rows(self, source: RowSource | Sequence[Row] | None = None) -> None:
        """Read the rows again, from `source` if given; only lines that changed are drawn.

        The cursor stays with its row while that is in sight, else on its line.
        """
        before = self._lines()
        held = self.highlighted
        if source is not None:
            self._source = FixedRows(source) if isinstance(source, Sequence) else source
        self._block = ()
        self._follow(held)
        self._draw_changes(before)
        if self.highlighted != held:
            self.post_message(self.Highlighted(self, self.highlighted))

    def mark_only(self, keys: Iterable[str]) -> None:
        """Mark the rows of `keys`, in sight or not, and no others."""
        before = self._lines()
        self._marked = frozenset(keys)
        self._draw_changes(before)

    def unmark_all(self) -> None:
        """Take every mark away."""
        self.mark_only(())

    def go_to(self, index: int) -> None:
        """Put the cursor on a row, the last one when there are fewer."""
        before, held = self._lines(), self._cursor
        self._place(index)
        self._draw_changes(before)
        if self._cursor != held:
            self.post_message(self.Highlighted(self, self.highlighted))

    # ------------------------------------------------------------------ keys

    def action_move(self, rows: int) -> None:
        """Move the cursor by rows."""
        self.go_to(self._cursor + rows)

    def action_page(self, pages: int) -> None:
        """Move the cursor by whole pages."""
        self.go_to(self._cursor + pages * self._height)

    def action_first(self) -> None:
        """Go to the first row."""
        self.go_to(0)

    def action_last(self) -> None:
        """Go to the last row; where the end is not known, at most `_LEAP` rows further."""
        count = self._source.count()
        self.go_to(self._cursor + _LEAP if count is None else count - 1)

    def action_choose(self) -> None:
        """Say that the row under the cursor is meant."""
        if (row := self.highlighted) is not None:
            self.post_message(self.Chosen(self, row))

    def action_mark(self) -> None:
        """Mark or unmark the row under the cursor and go on to the next."""
        row = self.highlighted
        if row is None:
            return
        self._marked ^= {row.key}
        self._draw_line(self._cursor)
        self.post_message(self.Marked(self, self._marked))
        self.go_to(self._cursor + 1)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave Space to others when rows are not marked here."""
        if action == "mark":
            return self._multiple
        return super().check_action(action, parameters)

    # ------------------------------------------------------------------ rows

    @property
    def _height(self) -> int:
        """How many rows fit."""
        return max(1, self.size.height - self._head)

    def _row(self, index: int) -> Row | None:
        if not self._block_start <= index < self._block_start + len(self._block):
            self._read_around(index)
        place = index - self._block_start
        return self._block[place] if 0 <= place < len(self._block) else None

    def _read_around(self, index: int) -> None:
        count = self._source.count()
        if index < 0 or (count is not None and index >= count):
            return
        start = max(0, index - self._height)
        self._block = self._source.fetch(start, 3 * self._height)
        self._block_start = start

    def _place(self, index: int) -> None:
        """Set the cursor as far as there are rows, and the window so that it is seen."""
        count = self._source.count()
        if count is None:
            ahead = max(0, index - self._cursor)
            count = self._cursor + len(self._source.fetch(self._cursor, ahead + 1))
        self._cursor = max(0, min(index, count - 1))
        self._top = max(self._top, self._cursor - self._height + 1)
        self._top = min(self._top, self._cursor)

    def _follow(self, row: Row | None) -> None:
        """After reading again, find the row the cursor was on among those in sight."""
        if row is not None:
            for index in range(self._top, self._top + self._height):
                found = self._row(index)
                if found is not None and found.key == row.key:
                    self._cursor = index
                    return
        self._place(self._cursor)

    # ------------------------------------------------------------------ drawing

    def render_line(self, y: int) -> Strip:
        """Return one line: the titles, a row, or what to say when there is none."""
        width = self.size.width
        base = self.rich_style
        if y < self._head:
            style = base + self._style("head")
            titles = tuple(column.title for column in self._columns)
            return Strip([Segment(self._text("  ", titles, width), style)], width)
        index = self._top + y - self._head
        row = self._row(index)
        if row is None:
            text, style = "", base
            if y == self._head and self._top == 0:
                text, style = self._empty, base + self._style("empty")
            return Strip([Segment(fit(text, width, self._ellipsis), style)], width)
        if row.tone in TONES:
            base += self._style(row.tone)
        here = index == self._cursor
        if here and self.has_focus:
            base += self._style("cursor")
        marks = (">" if here else " ") + ("*" if row.key in self._marked else " ")
        return Strip([Segment(self._text(marks, row.cells, width), base)], width)

    def _style(self, part: str) -> Style:
        return self.get_component_rich_style(f"paged-list--{part}", partial=True)

    def _text(self, marks: str, texts: Sequence[str], width: int) -> str:
        parts = [marks]
        room = width - _GUTTER
        taken = sum(column.width for column in self._columns) + len(self._columns) - 1
        for column, text in zip(self._columns, texts, strict=False):
            wide = min(column.width or max(0, width - _GUTTER - taken), room)
            if wide <= 0:
                break
            cut = fit(text, wide, self._ellipsis)
            parts.append(_aligned(cut, column.right))
            room -= wide + 1
            if room > 0:
                parts.append(" ")
        return fit("".join(parts), width, self._ellipsis)

    def _lines(self) -> list[tuple[Row | None, bool, bool]]:
        """Return what each line in sight shows, to see afterwards which ones changed."""
        lines = []
        for index in range(self._top, self._top + self._height):
            row = self._row(index)
            marked = row is not None and row.key in self._marked
            lines.append((row, index == self._cursor, marked))
        return lines

    def _draw_changes(self, before: list[tuple[Row | None, bool, bool]]) -> None:
        for line, (old, new) in enumerate(zip(before, self._lines(), strict=True)):
            if old != new:
                self.refresh(Region(0, line + self._head, self.size.width, 1))

    def _draw_line(self, index: int) -> None:
        self.refresh(Region(0, index - self._top + self._head, self.size.width, 1))

    def on_resize(self, _event: events.Resize) -> None:
        """Keep the cursor in sight."""
        self._block = ()
        self._place(self._cursor)
        self.refresh()

    def on_focus(self) -> None:
        """Show the cursor's attribute."""
        self._draw_line(self._cursor)

    def on_blur(self) -> None:
        """Leave only the cursor's mark."""
        self._draw_line(self._cursor)


def _aligned(text: str, right: bool) -> str:
    """Return a fitted text as it is, or with its padding in front."""
    if not right:
        return text
    bare = text.rstrip(" ")
    return " " * (len(text) - len(bare)) + bare
