"""The face of a card drawn in half blocks (5.1.3.2 预览): beside what is compared, or alone."""

from __future__ import annotations

from typing import ClassVar

from rich.color import Color
from rich.style import Style
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from sbk_tui.services.face_preview import preview
from sbk_tui.texts import word

_COLUMNS = 60
"""19 rows high: what 80×24 has room for."""


def drawn(face: bytes, columns: int) -> Text:
    """Return a face (PNG) as text of that width."""
    picture = Text(no_wrap=True)
    for place, row in enumerate(preview(face, columns)):
        picture.append("\n" if place else "")
        for character, over, under in row:
            style = Style(color=Color.from_ansi(over), bgcolor=Color.from_ansi(under))
            picture.append(character, style)
    return picture


class FaceScreen(ModalScreen[None]):
    """The face alone, as large as it fits; any of the two keys leaves."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,ctrl+b,f6,ctrl+y,enter", "leave", show=False)
    ]

    def __init__(self, face: bytes) -> None:
        super().__init__()
        self._face = face

    def compose(self) -> ComposeResult:
        """Draw it, and how to leave."""
        with Vertical(classes="page"):
            yield Static(drawn(self._face, _COLUMNS))
            yield Static(f"Esc {word('keys.back')}", markup=False)

    def action_leave(self) -> None:
        """Go back."""
        self.dismiss(None)
