"""One line to type in: no box, no blinking, and every key in the order it was pressed.

Textual carries out a key binding only after the key has gone all the way up to the application,
a letter at once in the field: in a burst (a scanner, a paste, a slow machine) a backspace or an
Enter would then overtake, or be overtaken by, the letters around it.
"""

from __future__ import annotations

from collections.abc import Callable

from textual import events
from textual.widgets import Input

from sbk_tui.screens.keys import pad_action


class TextLine(Input):
    """An `Input` of one row for this program's forms and searches."""

    def __init__(
        self,
        value: str = "",
        *,
        placeholder: str = "",
        password: bool = False,
        dots: bool = True,
        id: str | None = None,  # Textual's own name for it
    ) -> None:
        """Build a line; `dots`: whether what it holds may have a dot in it (`pad_action`)."""
        super().__init__(
            value,
            placeholder=placeholder,
            password=password,
            id=id,
            compact=True,
            select_on_focus=False,
        )
        self._dots = dots
        self.cursor_blink = False  # a blinking cursor writes for ever

    async def _do_on_screen(self, action: str) -> None:
        """Do what a key of the number pad means on this screen; a question is only left by it."""
        if action == "back" and not hasattr(self.screen, "action_back"):
            action = "leave"
        if hasattr(self.screen, f"action_{action}"):
            await self.app.run_action(action, default_namespace=self.screen)

    async def _on_key(self, event: events.Key) -> None:
        edits: dict[str, Callable[[], None]] = {
            "backspace": self.action_delete_left,
            "delete": self.action_delete_right,
            "left": self.action_cursor_left,
            "right": self.action_cursor_right,
            "home": self.action_home,
            "end": self.action_end,
        }
        action = "" if self.password else pad_action(event.character, self.value, dots=self._dots)
        if action:
            event.stop()
            event.prevent_default()
            await self._do_on_screen(action)
        elif event.key == "enter":
            event.stop()
            event.prevent_default()
            await self.action_submit()
        elif event.key in edits:
            event.stop()
            event.prevent_default()
            edits[event.key]()
        else:
            await super()._on_key(event)
