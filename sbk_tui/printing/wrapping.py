"""Break Chinese and Latin text into lines, whatever a width is measured in."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator

_TOKENS = re.compile(r"[!-~]+|.", re.DOTALL)  # a run of ASCII is one word, a Han letter is too
_NOT_FIRST = set("，。、；：？！）》」』】”’%‰")
_NOT_LAST = set("（《「『【“‘")


def cells(text: str) -> int:
    """Return the width of `text` in terminal cells: a Chinese character takes two."""
    return sum(_cell(character) for character in text)


def _cell(character: str) -> int:
    if unicodedata.category(character) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1


def padded(text: str, width: int) -> str:
    """Return `text` filled with spaces to `width` cells; longer text stays as it is."""
    return text + " " * max(width - cells(text), 0)


def wrapped(text: str, width: float, measure: Callable[[str], float]) -> list[str]:
    """Return `text` in lines of at most `width`; never none, never a line begun by a comma.

    A single character wider than `width` gets a line of its own.
    """
    lines: list[str] = []
    for paragraph in text.split("\n"):
        lines += _filled(paragraph, width, measure)
    return lines


def _filled(text: str, width: float, measure: Callable[[str], float]) -> Iterator[str]:
    line: list[str] = []
    for piece in _pieces(text, width, measure):
        if line and measure("".join(line) + piece) > width:
            kept = _kept(line, piece)
            if measure("".join(line[kept:]) + piece) > width:
                kept = len(line)
            yield "".join(line[:kept]).rstrip()
            line = line[kept:]
            if piece == " " and not line:
                continue
        line.append(piece)
    yield "".join(line).rstrip()


def _kept(line: list[str], following: str) -> int:
    """Return how many pieces of a full line stay: a comma takes its word along, a bracket goes."""
    kept = len(line)
    if following in _NOT_FIRST:
        kept -= 1
    if kept and line[kept - 1] in _NOT_LAST:
        kept -= 1
    return kept or len(line)


def _pieces(text: str, width: float, measure: Callable[[str], float]) -> Iterator[str]:
    for piece in _TOKENS.findall(text):
        if measure(piece) <= width:
            yield piece
        else:
            yield from piece  # a number longer than a line is broken anywhere
