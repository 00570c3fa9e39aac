"""The ledger of temporary cards, read page by page: those out by the day they are due, the stock.

Rows come behind a key, never by OFFSET; what is filtered is a prefix of a number or of a name.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from sbk_tui.data.store import Store
from sbk_tui.domain.people import Person
from sbk_tui.domain.temp_card import TempCard

_LAST = "\U0010ffff"
_card = msgspec.msgpack.Decoder(TempCard).decode
_person = msgspec.msgpack.Decoder(Person).decode


class Out(NamedTuple):
    """A temporary card that somebody has."""

    card: TempCard
    person: Person | None

    @property
    def key(self) -> tuple[str, str]:
        """Its place in the list: due day, then number."""
        return (self.card.valid_to.isoformat() if self.card.valid_to else "", self.card.number)


class Counts(NamedTuple):
    """How many there are."""

    out: int
    overdue: int
    blanks: int


_OUT = (
    "SELECT t.body, p.body FROM temp_card t LEFT JOIN person p ON p.id = t.person"
    " WHERE t.state = '01' AND (t.valid_to, t.number) > (?, ?)"
    " AND (t.number >= ? AND t.number < ? OR p.name >= ? AND p.name < ?)"
    " ORDER BY t.valid_to, t.number LIMIT ?"
)
_BLANKS = (
    "SELECT body FROM temp_card WHERE custody = ? AND state IN ('00', '04')"
    " AND (box, number) > (?, ?) AND (number >= ? AND number < ? OR box >= ? AND box < ?)"
    " ORDER BY box, number LIMIT ?"
)
_COUNTS = (
    "SELECT (SELECT count(*) FROM temp_card WHERE state = '01'),"
    " (SELECT count(*) FROM temp_card WHERE state = '01' AND valid_to < ?),"
    " (SELECT count(*) FROM temp_card WHERE custody = ? AND state IN ('00', '04'))"
)


class TempCards:
    """The reading side of one counter's temporary cards."""

    def __init__(self, store: Store, counter: str) -> None:
        self._store = store
        self._counter = counter

    def one(self, number: str) -> TempCard | None:
        """Return a temporary card by its number."""
        with self._store.session() as db:
            row = db.execute_sql(
                "SELECT body FROM temp_card WHERE number = ?", (number,)
            ).fetchone()
        return _card(row[0]) if row else None

    def out_after(self, key: tuple[str, str] | None, text: str, limit: int) -> list[Out]:
        """Return up to `limit` cards that are out, behind `key`; the first due first.

        Args:
            text: the beginning of a card's number or of a holder's name; empty: all.
        """
        upper, name = text.upper(), text
        values = (*(key or ("", "")), upper, upper + _LAST, name, name + _LAST, limit)
        with self._store.session() as db:
            rows = db.execute_sql(_OUT, values).fetchall()
        return [Out(_card(card), _person(person) if person else None) for card, person in rows]

    def blanks_after(self, key: tuple[str, str] | None, text: str, limit: int) -> list[TempCard]:
        """Return up to `limit` blanks of this counter behind `key` (box, number), by box.

        Args:
            text: the beginning of a number or of a box; empty: all.
        """
        upper = text.upper()
        values = (
            self._counter, *(key or ("", "")), upper, upper + _LAST, text, text + _LAST, limit
        )  # fmt: skip
        with self._store.session() as db:
            return [_card(row[0]) for row in db.execute_sql(_BLANKS, values).fetchall()]

    def counts(self, today: str) -> Counts:
        """Return how many are out, of these overdue on `today` (2026-11-24), and how many blank."""
        with self._store.session() as db:
            return Counts(*db.execute_sql(_COUNTS, (today, self._counter)).fetchone())
