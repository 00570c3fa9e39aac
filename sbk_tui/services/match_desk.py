"""POS 对账 (B6, C23): the terminal's own list of a day against what was recorded here.

A difference is recorded as a fact and becomes a case of the finance people; nothing is repaired by
itself, for nobody here can see what the bank did.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import NamedTuple

from sbk_tui.data.ledger import Done
from sbk_tui.data.pos_book import Booked, Matched, PosBook
from sbk_tui.domain.operations.refund import MOST_DIFFERENCES, MatchPosList, PosLine
from sbk_tui.errors import Refusal
from sbk_tui.services.pos_list import read_list
from sbk_tui.services.sheets import Sheet
from sbk_tui.services.till import Till

__all__ = ["Booked", "Match", "MatchDesk", "Matched", "PosLine"]
_SUFFIXES = frozenset({".csv", ".txt", ".xls", ".xlsx"})


class Match(NamedTuple):
    """A list beside the records, before it is recorded."""

    day: date
    sales: int
    total_fen: int
    extra: tuple[PosLine, ...]
    """On the list alone."""
    missing: tuple[Booked, ...]
    """In the records alone."""

    @property
    def fits(self) -> bool:
        """Whether nothing differs."""
        return not (self.extra or self.missing)


class MatchDesk:
    """The terminal's lists, for the clerk who is signed in."""

    def __init__(self, till: Till, book: PosBook, folder: Path) -> None:
        """Take the folder into which the terminal's lists are saved."""
        self._till = till
        self._book = book
        self._folder = folder

    def today(self) -> date:
        """Return the day that is matched when nobody says another."""
        return self._till.today()

    def compare(self, day: date, files: Iterable[Path] = ()) -> Match:
        """Return the lists of a day beside the records; nothing is recorded.

        Args:
            files: the lists; none: all that lie in the folder.

        Raises:
            Refusal: `pos_list.absent`, `pos_list.row`; BadUsage: as `Sheet` and `read_list`.
        """
        lines = self._lines(day, tuple(files) or self._files())
        if lines is None:
            raise Refusal(
                "pos_list.absent", clause="B6", day=day.isoformat(), folder=str(self._folder)
            )
        return _beside(day, lines, self._book.of_day(day))

    def record(self, match: Match, *, op: str) -> Done:
        """Record what was found; a difference becomes a case, here and at the city.

        Raises:
            Refusal: as `MatchPosList`.
        """
        operation = MatchPosList(
            day=match.day,
            sales=match.sales,
            total_fen=match.total_fen,
            extra=match.extra[:MOST_DIFFERENCES],
            missing=tuple(dict.fromkeys(each.payment for each in match.missing))[:MOST_DIFFERENCES],
        )
        return self._till.perform(operation, op=op)

    def _files(self) -> tuple[Path, ...]:
        if not self._folder.is_dir():
            return ()
        return tuple(p for p in sorted(self._folder.iterdir()) if p.suffix.lower() in _SUFFIXES)

    def _lines(self, day: date, files: tuple[Path, ...]) -> list[PosLine] | None:
        """Return the lines of a day, each once however often it was exported; None: no list."""
        found: dict[PosLine, None] = {}
        is_there = False
        for path in files:
            with Sheet(path) as sheet:
                listed = read_list(sheet.rows())
            of_day = [each.line for each in listed if each.day == day]
            is_there = is_there or bool(of_day) or day.strftime("%Y%m%d") in path.name
            found |= dict.fromkeys(of_day)
        return list(found) if is_there else None


def _beside(day: date, lines: list[PosLine], booked: tuple[Booked, ...]) -> Match:
    left, missing = list(lines), []
    for each in booked:
        at = next((at for at, line in enumerate(left) if _same(line, each)), None)
        if at is None:
            missing.append(each)
        else:
            del left[at]
    total = sum(line.amount_fen for line in lines)
    return Match(day, len(lines), total, tuple(left), tuple(missing))


def _same(line: PosLine, booked: Booked) -> bool:
    return line.amount_fen == booked.amount_fen and line.reference in booked.references
