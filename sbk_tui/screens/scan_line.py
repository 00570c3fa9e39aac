"""A line for a barcode scanner: it types a code and Enter, and each code counts, however fast.

The line empties itself as it takes Enter, before the next letter comes: the codes of a burst
never run together.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from textual.message import Message

from sbk_tui.screens.text_line import TextLine


def _anything(_text: str) -> bool:
    return True


class ScanLine(TextLine):
    """A line that hands on whole codes; what is no code is submitted as in any other line."""

    @dataclass
    class Scanned(Message):
        """A whole code came, with Enter behind it."""

        line: ScanLine
        code: str

        @property
        def control(self) -> ScanLine:
            """The line it came from."""
            return self.line

    def __init__(
        self,
        *,
        placeholder: str = "",
        is_code: Callable[[str], bool] = _anything,
        leaves: frozenset[str] = frozenset(),
        id: str | None = None,  # Textual's own name for it
    ) -> None:
        """Build an empty line.

        Args:
            is_code: tells a code from anything else that is typed.
            leaves: characters that are no part of a code and mean something to the screen.
        """
        super().__init__(placeholder=placeholder, id=id)
        self._is_code = is_code
        self._leaves = leaves

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Leave some characters to the screen's own bindings."""
        return character not in self._leaves and super().check_consume_key(key, character)

    async def action_submit(self) -> None:
        """Enter: hand on a code and be empty at once, else submit."""
        text = self.value.strip()
        if text and self._is_code(text):
            self.value = ""
            self.post_message(self.Scanned(self, text))
        else:
            await super().action_submit()


class NumberLine(TextLine):
    """A line for a number: Space means something to the screen, no number has one."""

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Leave Space to the screen's own binding."""
        return character != " " and super().check_consume_key(key, character)
