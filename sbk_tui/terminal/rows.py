"""What a list shows and where it comes from: columns, rows, sources of rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

TONES = ("ok", "warn", "bad", "dim")


@dataclass(frozen=True, slots=True)
class Column:
    """A column; `width` in cells, 0 takes what the others leave (one such column at most)."""

    title: str
    width: int
    right: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A row: `key` names it for good, `cells` are its texts, `tone` one of `TONES` or ""."""

    key: str
    cells: tuple[str, ...]
    tone: str = ""


class RowSource(Protocol):
    """Where rows come from. Called on the screen's thread: answer within a millisecond or two."""

    def fetch(self, start: int, count: int) -> Sequence[Row]:
        """Return rows `start` to `start + count`; fewer only where the rows end."""
        ...

    def count(self) -> int | None:
        """Return how many rows there are, None when that is not known yet."""
        ...


class FixedRows:
    """A source of rows that are already there."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self._rows = rows

    def fetch(self, start: int, count: int) -> Sequence[Row]:
        """Return a slice."""
        return self._rows[start : start + count]

    def count(self) -> int:
        """Return how many rows there are."""
        return len(self._rows)


class KeysetRows:
    """A source read page by page after the last row it has: no OFFSET, no counting."""

    def __init__(self, after: Callable[[Row | None, int], Sequence[Row]], page: int = 50) -> None:
        """Read with `after(row, limit)`: the rows behind `row`, from the first when None."""
        self._after = after
        self._page = page
        self._rows: list[Row] = []
        self._ended = False

    def fetch(self, start: int, count: int) -> Sequence[Row]:
        """Return rows, reading on page by page as far as needed."""
        wanted = start + count
        while len(self._rows) < wanted and not self._ended:
            more = self._after(self._rows[-1] if self._rows else None, self._page)
            self._ended = len(more) < self._page
            self._rows.extend(more)
        return self._rows[start : start + count]

    def count(self) -> int | None:
        """Return how many rows there are once the end was reached."""
        return len(self._rows) if self._ended else None
