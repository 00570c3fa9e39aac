"""Cards that lie at a counter and wait, oldest first or village by village (滞留, 2.3.3).

A card is as old as its list's arrival. Pages begin behind the last row of the page before; the
order is found in the indexes alone, only the cards of a page are read whole.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import msgspec

from sbk_tui.data.store import Store
from sbk_tui.domain.card import Card
from sbk_tui.domain.people import Person

WaitingOrder = Literal["age", "village"]
_ORDERED: dict[WaitingOrder, str] = {
    "age": "c.known, c.number",
    "village": "p.village_code, c.known, c.number",
}
_LAST = "\U0010ffff"
_HERE = "c.custody = ? AND c.state = '0' AND c.known <= ?"
_HERE_BY_PERSON = "+c.custody = ? AND +c.state = '0' AND +c.known <= ?"
"""As `_HERE`, but not by its index (the plus): one person's cards are few, a counter's many."""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What is looked for; empty fields ask for nothing in particular, of several the first counts.

    Attributes:
        known_until_ms: only cards whose list had come by then.
    """

    known_until_ms: int
    codes: tuple[str, ...] = ()
    """Numbers of units or villages."""
    region: str = ""
    """Beginning of a village's number."""
    name: str = ""
    """Beginning of a name."""
    initials: str = ""
    """Beginning of a name's pinyin initials, lower case."""


class Waited(NamedTuple):
    """A card that waits, whose it is, and since when."""

    person: Person
    card: Card
    known_ms: int


class Uncollected:
    """The cards that wait at one counter."""

    def __init__(self, store: Store, counter: str) -> None:
        self._store = store
        self._counter = counter

    def page(
        self, asked: Asked, order: WaitingOrder, after: Waited | None = None, limit: int = 50
    ) -> tuple[Waited, ...]:
        """Return up to `limit` cards behind `after`."""
        tables, condition, values = self._question(asked, order)
        by = _ORDERED[order]
        if after is not None:
            key = [after.known_ms, after.card.number]
            if order == "village":
                key = [after.person.village_code, *key]
            # The first column alone, too: only that lets the index begin behind the page before.
            condition += (
                f" AND {by.partition(',')[0]} >= ? AND ({by}) > ({', '.join('?' * len(key))})"
            )
            values = [*values, key[0], *key]
        sql = (
            "SELECT p.body, c.body, c.known FROM (SELECT c.number AS number"  # noqa: S608 -- our own constants
            f" FROM {tables} WHERE {condition} ORDER BY {by} LIMIT ?) f"
            " CROSS JOIN card c ON c.number = f.number CROSS JOIN person p ON p.id = c.person"
            f" ORDER BY {by}"
        )
        with self._store.session() as db:
            rows: Any = db.execute_sql(sql, (*values, limit)).fetchall()
        return tuple(_waited(*row) for row in rows)

    def count(self, asked: Asked) -> int:
        """Return how many cards a question finds."""
        tables, condition, values = self._question(asked, "age")
        sql = f"SELECT count(*) FROM {tables} WHERE {condition}"  # noqa: S608 -- our constants
        with self._store.session() as db:
            return int(db.execute_sql(sql, tuple(values)).fetchone()[0])

    def _question(self, asked: Asked, order: WaitingOrder) -> tuple[str, str, list[Any]]:
        """Return tables, condition and values; where the search begins is fixed by hand."""
        here: list[Any] = [self._counter, asked.known_until_ms]
        people, values = self._people(asked)
        if people:
            tables = f"({people}) m CROSS JOIN card c ON c.person = m.id"
            if order == "village":
                tables += " CROSS JOIN person p ON p.id = m.id"
            return tables, _HERE_BY_PERSON, [*values, *here]
        if order == "village":
            return "person p CROSS JOIN card c ON c.person = p.id", _HERE_BY_PERSON, here
        return "card c", _HERE, here

    def _people(self, asked: Asked) -> tuple[str, list[str]]:
        if asked.codes:
            marks = ", ".join("?" * len(asked.codes))
            sql = (
                f"SELECT id FROM person WHERE village_code IN ({marks})"  # noqa: S608 -- question marks
                f" UNION SELECT id FROM person WHERE unit_code IN ({marks})"
            )
            return sql, [*asked.codes, *asked.codes]
        for column, start in (("village_code", asked.region), ("name", asked.name)):
            if start:
                sql = f"SELECT id FROM person WHERE {column} >= ? AND {column} < ?"  # noqa: S608 -- ours
                return sql, [start, start + _LAST]
        if asked.initials:
            sql = (
                "SELECT DISTINCT person AS id FROM person_initials"
                " WHERE initials >= ? AND initials < ?"
            )
            return sql, [asked.initials, asked.initials + _LAST]
        return "", []


def _waited(person: bytes, card: bytes, known: int) -> Waited:
    return Waited(
        msgspec.msgpack.decode(person, type=Person),
        msgspec.msgpack.decode(card, type=Card),
        known,
    )
