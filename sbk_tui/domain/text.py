"""The one gate for text from outside: readers, files, the hub and the clerk's keys all pass it.

`clean` refuses what a terminal or a reader's eye could be fooled by; `PersonName`, `Address` and
`UnitName` add what a name may hold and how many bytes the province keeps. `escaped` shows
refused text as evidence.
"""

from __future__ import annotations

import unicodedata
from typing import ClassVar, Self

from sbk_tui.errors import Refusal

# By block, not by the interpreter's Unicode version: counter and hub must judge a name alike,
# and Python 3.11 still calls the newest extensions unassigned.
_HAN = (
    (0x3007, 0x3007),  # 〇
    (0x3400, 0x4DBF),  # extension A
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAD9),  # compatibility; twelve of them survive NFC
    (0x20000, 0x2A6DF),  # extension B
    (0x2A700, 0x2EE5D),  # extensions C to F and I
    (0x30000, 0x323AF),  # extensions G and H
)
_LATIN = (
    (0x41, 0x5A),
    (0x61, 0x7A),
    (0xC0, 0xD6),  # without ×
    (0xD8, 0xF6),  # without ÷
    (0xF8, 0x24F),
    (0x1E00, 0x1EFF),
)
# Ignorable on the screen although their category is a letter or a mark.
_INVISIBLE = frozenset({0x34F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFFA0}).union(
    range(0x180B, 0x1810), range(0xFE00, 0xFE10), range(0xE0000, 0xE1000)
)
DOT = "·"
"""间隔号, U+00B7, as a name is stored."""
_DOTS = dict.fromkeys(map(ord, "•‧․∙⋅・･●．."), DOT)
_WIDE_TO_NARROW = {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
_ESCAPED_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def clean(text: str) -> str:
    """Return `text` in NFC when every character may be shown and stored.

    Raises:
        Refusal: `text.control` (also line breaks), `text.hidden` (direction marks, zero-width,
            tags), `text.private` (a character of one's own making), `text.broken` (half a
            character, or one that does not exist), with `char` as "U+202E" and `place` from 1.
    """
    composed = unicodedata.normalize("NFC", text)
    for place, char in enumerate(composed, 1):
        _admit(char, place)
    return composed


def _admit(char: str, place: int) -> None:
    number = ord(char)
    if 0x20 <= number < 0x7F or is_han(char):
        return
    category, named = unicodedata.category(char), f"U+{number:04X}"
    if category in {"Cc", "Zl", "Zp"}:
        raise Refusal("text.control", char=named, place=place)
    if category == "Cf" or number in _INVISIBLE:
        raise Refusal("text.hidden", char=named, place=place)
    if category == "Co":
        raise Refusal("text.private", char=named, place=place)
    if category in {"Cs", "Cn"}:
        raise Refusal("text.broken", char=named, place=place)


def escaped(text: str) -> str:
    r"""Return `text` safe for a log or an evidence file: hidden characters as `\x1b`, `\u202e`.

    Two different texts never look alike: a backslash is doubled.
    """
    return "".join(_escaped(char) for char in text)


def _escaped(char: str) -> str:
    if char == "\\":
        return "\\\\"
    number, category = ord(char), unicodedata.category(char)
    if is_han(char) or (category not in _ESCAPED_CATEGORIES and number not in _INVISIBLE):
        return char
    if number < 0x100:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def narrow(text: str) -> str:
    """Return `text` with full-width ASCII and the wide space as their half-width twins."""
    return text.translate(_WIDE_TO_NARROW)


def is_han(char: str) -> bool:
    """Return whether `char` is a Chinese character, extensions included."""
    return any(first <= ord(char) <= last for first, last in _HAN)


def wire_length(text: str) -> int:
    """Return the bytes `text` takes in GB18030; where GBK knows the character, that is the same."""
    return len(text.encode("gb18030"))


def bounded(text: str, most: int) -> str:
    """Return `text` cleaned, half-width spaces only, when it fits into `most` bytes.

    Raises:
        Refusal: `text.too_long` with `over` and `most` in bytes; or as `clean`.
    """
    one_line = " ".join(clean(text).split())
    over = wire_length(one_line) - most
    if over > 0:
        raise Refusal("text.too_long", over=over, most=most)
    return one_line


def plain(value: object) -> str:
    """Return a parsed number or name as a bare `str`: the `enc_hook` of every encoder.

    msgspec encodes `str` itself and asks about its subclasses.

    Raises:
        NotImplementedError: for anything that is not text, as msgspec expects it.
    """
    if isinstance(value, str):
        return str(value)
    raise NotImplementedError(type(value).__name__)


class PersonName(str):
    """姓名: Han, Latin letters, spaces and the 间隔号 ·; at most 50 bytes on the wire ([1] K2)."""

    __slots__ = ()
    most: ClassVar[int] = 50

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the name as it is stored: one kind of dot, no space between Han.

        Raises:
            Refusal: `name.empty`, `name.character` (with `char`, `place`), `name.dot`,
                `name.too_long` (with `over`, `most` in bytes), or as `clean`.
        """
        name = _joined(clean(narrow(text)).translate(_DOTS))
        if not name:
            raise Refusal("name.empty")
        for place, char in enumerate(name, 1):
            if not (char in " ·" or is_han(char) or _is_latin(char)):
                raise Refusal("name.character", char=escaped(char), place=place)
        if any(not part.strip() for part in name.split(DOT)):
            raise Refusal("name.dot")
        over = wire_length(name) - cls.most
        if over > 0:
            raise Refusal("name.too_long", over=over, most=cls.most)
        return cls(name)


class Address(str):
    """户口地址 or 通讯地址: one line, at most 100 bytes; a longer one is cut by the province."""

    __slots__ = ()
    most: ClassVar[int] = 100

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the address in one line.

        Raises:
            Refusal: `text.too_long`, or as `clean`.
        """
        return cls(bounded(text, cls.most))


class UnitName(Address):
    """单位名称 (also 学校, 社区, 村): one line, at most 100 bytes ([1] K2)."""

    __slots__ = ()


def _joined(text: str) -> str:
    """Drop the blanks with which a two-character name is set wide, and around the 间隔号."""
    words = text.split()
    joined = words[0] if words else ""
    for word in words[1:]:
        touching = joined[-1] + word[0]
        tight = DOT in touching or all(map(is_han, touching))
        joined += word if tight else f" {word}"
    return joined


def _is_latin(char: str) -> bool:
    return any(first <= ord(char) <= last for first, last in _LATIN)
