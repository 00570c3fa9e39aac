"""Pinyin initials of names and places: what a clerk types to find 刘洋 by "ly".

Two tables, both read late: one letter a character (`assets/pinyin.txt`), and the characters
that are read in two ways (`assets/surnames.txt` at the head of a name, `assets/polyphones.txt`
anywhere).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from itertools import islice, product

from sbk_tui.resources import ASSETS

MOST_READINGS = 8
"""Readings of one name at most; a place of thirty characters would otherwise have thousands."""
_LONGEST_SURNAME = 2


def initials(name: str) -> tuple[str, ...]:
    """Return the initials of `name` in lower case, all readings, the main one first.

    Latin words count with their first letter, digits as they are; dots, blanks and characters
    without a known reading count nothing.
    """
    combined = ("".join(letters) for letters in product(*_readings(name)))
    return tuple(islice(dict.fromkeys(combined), MOST_READINGS))


def matches(typed: str, name: str) -> bool:
    """Return whether the initials of `name`, in any reading, begin with `typed`."""
    readings = _readings(name)
    wanted = typed.lower()
    return len(wanted) <= len(readings) and all(
        letter in possible for letter, possible in zip(wanted, readings, strict=False)
    )


def _readings(name: str) -> list[str]:
    """Return the possible letters of each sounding character, the main one first."""
    surname, rest = _surname(name)
    return [*surname, *_each(rest)]


def _surname(name: str) -> tuple[list[str], str]:
    for length in range(_LONGEST_SURNAME, 0, -1):
        known = _listed("surnames.txt").get(name[:length])
        if known is None or len(name) < length:
            continue
        if length > 1:
            return list(known), name[length:]
        return [_with_plain(known, name[0])], name[1:]
    return [], name


def _with_plain(known: str, char: str) -> str:
    plain = _plain().get(char, "")
    return known if plain in known else known + plain


def _each(text: str) -> Iterator[str]:
    before = " "
    for char in text:
        if char.isascii():
            if char.isdigit() or (char.isalpha() and not before.isalnum()):
                yield char.lower()
        elif letters := _listed("polyphones.txt").get(char) or _plain().get(char):
            yield letters
        before = char if char.isascii() else " "


@cache
def _plain() -> Mapping[str, str]:
    table: dict[str, str] = {}
    for line in (ASSETS / "pinyin.txt").read_text("ascii").splitlines():
        start, letters = line.split()
        for code, letter in enumerate(letters, int(start, 16)):
            if letter != "-":
                table[chr(code)] = letter
    return table


@cache
def _listed(file: str) -> Mapping[str, str]:
    """Return a hand-made list as text → letters, blanks between alternatives dropped."""
    lines = (ASSETS / file).read_text("utf-8").splitlines()
    pairs = (line.split(maxsplit=1) for line in lines if line and line[0] != "#")
    return {word: letters.replace(" ", "") for word, letters in pairs}
