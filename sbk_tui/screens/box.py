"""The map of a box (B13): which position holds whose card, and which are free."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from sbk_tui.screens.keys import bindings, legend
from sbk_tui.services.stock_desk import Box, Shelved
from sbk_tui.terminal.cells import fit
from sbk_tui.texts import word

_COLUMNS = 5
_WIDTH = 15
"""Cells of a position: its number, three Chinese characters, the last four of the number."""


class BoxScreen(ModalScreen[None]):
    """One box, five positions a line, the sought card reversed."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("back")

    def __init__(self, box: Box, card: str, slots: int) -> None:
        """Show `box` with `slots` positions and the card that was looked for."""
        super().__init__()
        self._box = box
        self._card = card
        self._slots = max(slots, *box.slots, 1) if box.slots else slots

    def compose(self) -> ComposeResult:
        """Draw the map in a scrolling box."""
        with VerticalScroll(classes="page"):
            yield Static(self._text(), markup=False)

    def _text(self) -> Text:
        box = self._box
        held = sum(map(len, box.slots.values())) + box.loose
        free = self._slots - len(box.slots)
        text = Text(no_wrap=True)
        title = word("stock.box_title", place=str(box.place), count=held, free=free)
        if box.loose:
            title = f"{title}  {word('stock.box_loose', count=box.loose)}"
        text.append(f"{title}   {legend(('back',))}\n", "bold")
        lines = -(-self._slots // _COLUMNS)
        for line in range(lines):
            for column in range(_COLUMNS):
                position = column * lines + line + 1
                if position <= self._slots:
                    self._append(text, position)
            text.append("\n")
        return text

    def _append(self, text: Text, position: int) -> None:
        here = box_text(position, self._box.slots.get(position, ()))
        cards = {each.card.number for each in self._box.slots.get(position, ())}
        style = "reverse" if self._card in cards else "" if cards else "dim"
        text.append(fit(here, _WIDTH, "…"), style)
        text.append(" ")

    def action_back(self) -> None:
        """Esc closes it."""
        self.dismiss(None)


def box_text(position: int, held: tuple[Shelved, ...]) -> str:
    """Return a position in a few cells: number, name and last four; `+2` where more lie there."""
    if not held:
        return f"{position:>3} ·"
    first = held[0]
    more = f"+{len(held) - 1}" if len(held) > 1 else first.person.number[-4:]
    return f"{position:>3} {first.person.name}{more}"
