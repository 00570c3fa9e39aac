"""A simulated pad on a card reader: it reads PC/SC part 10's structures by offsets of its own.

Part of the product, as the other twins. What a hand presses at it never leaves it but in the
command to the card.
"""

from __future__ import annotations

import struct
from collections import deque
from collections.abc import Callable

from sbk_tui.hardware.chip.reader_pad import FEATURE_REQUEST, MODIFY_DIRECT, VERIFY_DIRECT

CANCEL = "cancel"
_VERIFY, _MODIFY = 0x42330006, 0x42330007
_VERIFY_HEAD, _MODIFY_HEAD = struct.Struct("<5BHBBHB3sI"), struct.Struct("<7BH3BH3B3sI")
_SILENT, _CANCELLED, _NOT_EQUAL, _LENGTH = b"\x64\x00", b"\x64\x01", b"\x64\x02", b"\x64\x03"
_WRONG = b"\x6b\x80"
_BCD_FROM_THE_FIRST_BYTE = 0x81


class ReaderPadTwin:
    """A pad and a hand: each entry is what is pressed at the next question."""

    def __init__(self) -> None:
        self._entries: deque[str] = deque()
        self.languages: list[int] = []
        """In which language each question was shown."""

    def will_press(self, *entries: str) -> None:
        """Press `entries` at the next questions, one each; `CANCEL` is that key."""
        self._entries.extend(entries)

    def control(self, code: int, data: bytes, send: Callable[[bytes], bytes]) -> bytes:
        """Do what the reader is told; `send` sends a command to the card in it."""
        match code:
            case 0x42000D48:
                assert code == FEATURE_REQUEST  # noqa: S101 -- the standard's number, both times
                return b"".join(
                    bytes((tag, 4)) + value.to_bytes(4, "big")
                    for tag, value in ((VERIFY_DIRECT, _VERIFY), (MODIFY_DIRECT, _MODIFY))
                )
            case 0x42330006:
                return self._verify(data, send)
            case 0x42330007:
                return self._modify(data, send)
        return b""

    def _verify(self, data: bytes, send: Callable[[bytes], bytes]) -> bytes:
        if len(data) < _VERIFY_HEAD.size:
            return _WRONG
        (_first, _next, form, block, length_form, digits, end, count, language, _index, _,
         size) = _VERIFY_HEAD.unpack_from(data)  # fmt: skip
        command = bytearray(data[_VERIFY_HEAD.size :])
        known = (form, length_form, end) == (_BCD_FROM_THE_FIRST_BYTE, 0, 2)
        if not known or len(command) != size or count != 1:
            return _WRONG
        typed = self._asked(digits, language)
        if isinstance(typed, bytes):
            return typed
        return send(_with(command, 0, block, typed))

    def _modify(self, data: bytes, send: Callable[[bytes], bytes]) -> bytes:
        if len(data) < _MODIFY_HEAD.size:
            return _WRONG
        (_first, _next, form, block, length_form, old_at, new_at, digits, confirm, end, count,
         language, *_indexes, _, size) = _MODIFY_HEAD.unpack_from(data)  # fmt: skip
        command = bytearray(data[_MODIFY_HEAD.size :])
        known = (form, length_form, end) == (_BCD_FROM_THE_FIRST_BYTE, 0, 2)
        if not known or len(command) != size or confirm != 3 or count != 3:
            return _WRONG
        entries = []
        for _ in range(count):
            typed = self._asked(digits, language)
            if isinstance(typed, bytes):
                return typed
            entries.append(typed)
        old, new, again = entries
        if new != again:
            return _NOT_EQUAL
        return send(_with(_with(command, old_at, block, old), new_at, block, new))

    def _asked(self, digits: int, language: int) -> str | bytes:
        """Return what is pressed at a question, or the status word that ends the entry."""
        self.languages.append(language)
        if not self._entries:
            return _SILENT
        typed = self._entries.popleft()
        if typed == CANCEL:
            return _CANCELLED
        return typed if digits >> 8 <= len(typed) <= digits & 0xFF else _LENGTH


def _with(command: bytes | bytearray, at: int, block: int, digits: str) -> bytes:
    """Return the command with the digits, two a byte, in its data behind Lc."""
    start = 5 + at
    return bytes(command[:start] + bytes.fromhex(digits) + command[start + block :])
