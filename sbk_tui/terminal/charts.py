"""Charts of plain characters: bars whose labels and lengths are measured in cells."""

from __future__ import annotations

from collections.abc import Sequence

from sbk_tui.terminal.cells import fit

BAR = "="
"""One cell on every terminal; the block characters take two on some."""
_LEAST = 4


def bars(rows: Sequence[tuple[str, int]], width: int, label: int) -> list[str]:
    """Return one line a row: label, count, bar; the greatest count fills the width.

    Args:
        rows: label and count, not negative.
        width: cells of a line.
        label: cells of the label.

    What is more than nothing has a bar of at least one cell.
    """
    digits = max((len(str(count)) for _, count in rows), default=1)
    room = max(_LEAST, width - label - digits - 2)
    most = max((count for _, count in rows), default=0)
    return [
        f"{fit(text, label)} {count:>{digits}} {BAR * _length(count, most, room)}".rstrip()
        for text, count in rows
    ]


def _length(count: int, most: int, room: int) -> int:
    return max(1, count * room // most) if count else 0
