"""The cards of one unit or village, page by page: here (2.2.1, B10), or owed a receipt (2.3.1).

Which people belong to a number is found by its index; their cards are few thousand at most and
are put in order as they are read (ADR 0011), by name or by house. A page begins behind the last
row of the page before.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Literal, NamedTuple

import msgspec
from peewee import SqliteDatabase

from sbk_tui.data.stock import Shelved
from sbk_tui.data.store import Store
from sbk_tui.domain.card import Card
from sbk_tui.domain.operations.receipt import OWED
from sbk_tui.domain.operations.returned import SIGNED
from sbk_tui.domain.people import Person
from sbk_tui.domain.stock import house_key

UnitOrder = Literal["house", "name"]
Which = Literal["here", "owed"]
"""Cards that lie at this counter, or those that their unit has and no receipt tells of."""
_ORDERED: dict[UnitOrder, str] = {"house": "house_order(p.body)", "name": "p.name"}
_TABLES = "person p CROSS JOIN card c ON c.person = p.id"
# The plus keeps the planner at the index of people: one person's cards are few, a counter's many.
_HERE = "+c.custody = ? AND +c.state = '0'"
_OWED = f"+c.receipt = '{OWED}' AND +c.state <> '9'"


class Waiting(NamedTuple):
    """A unit or village that has cards at this counter."""

    code: str
    name: str
    is_village: bool
    cards: int


class Receipts(NamedTuple):
    """What became of the cards of a unit or village; `due` is the sum of all others."""

    due: int
    """应发: all cards of its people that are out or lie here."""
    here: int
    """Never given to it: they lie at the counter."""
    owed: int
    """Given to it, and nobody has said yet whether they arrived."""
    issued: int
    """In their holders' hands: signed for, or fetched in person."""
    returned: dict[str, int]
    """Came back and lie here, by 回执原因."""


class _Address(msgspec.Struct):
    """All that the order of houses reads of a person's record."""

    address: str = ""


class UnitCards:
    """The cards of units and villages at one counter."""

    def __init__(self, store: Store, counter: str) -> None:
        self._store = store
        self._counter = counter

    def page(
        self,
        codes: Sequence[str],
        order: UnitOrder,
        after: Shelved | None = None,
        limit: int = 50,
        *,
        which: Which = "here",
        since: str = "",
    ) -> tuple[Shelved, ...]:
        """Return up to `limit` cards of the people of `codes`, behind `after`.

        Args:
            since: ISO time: cards handed out from then on are listed too; empty: none of them.
        """
        condition, values = self._condition(codes, which, since)
        by = _ORDERED[order]
        if after is not None:
            condition += f" AND ({by}, c.number) > (?, ?)"
            first = after.person.name if order == "name" else house_key(after.person.address)
            values = [*values, first, after.card.number]
        sql = (
            f"SELECT p.body, c.body FROM {_TABLES} WHERE {condition}"  # noqa: S608 -- our constants
            f" ORDER BY {by}, c.number LIMIT ?"
        )
        with self._session() as db:
            rows: Any = db.execute_sql(sql, (*values, limit)).fetchall()
        return tuple(_shelved(*row) for row in rows)

    def numbers(
        self, codes: Sequence[str], order: UnitOrder, limit: int, *, which: Which = "here"
    ) -> tuple[str, ...]:
        """Return the numbers of up to `limit` cards, in order."""
        condition, values = self._condition(codes, which)
        sql = (
            f"SELECT c.number FROM {_TABLES} WHERE {condition}"  # noqa: S608 -- our own constants
            f" ORDER BY {_ORDERED[order]}, c.number LIMIT ?"
        )
        with self._session() as db:
            return tuple(row[0] for row in db.execute_sql(sql, (*values, limit)).fetchall())

    def count(self, codes: Sequence[str], *, which: Which = "here", since: str = "") -> int:
        """Return how many cards `page` would give in all."""
        condition, values = self._condition(codes, which, since)
        sql = f"SELECT count(*) FROM {_TABLES} WHERE {condition}"  # noqa: S608 -- our constants
        with self._store.session() as db:
            return int(db.execute_sql(sql, tuple(values)).fetchone()[0])

    def each(self, numbers: Sequence[str]) -> Iterator[Shelved]:
        """Yield the cards of `numbers`, whose they are beside them, in that order."""
        sql = (
            "SELECT p.body, c.body FROM card c JOIN person p ON p.id = c.person WHERE c.number = ?"
        )
        with self._store.session() as db:
            for number in numbers:
                row: Any = db.execute_sql(sql, (number,)).fetchone()
                if row is not None:
                    yield _shelved(*row)

    def waiting(self, limit: int, *, which: Which = "here") -> tuple[Waiting, ...]:
        """Return the units and villages with most cards, the village of who has both."""
        cards, values = "c.custody = ? AND c.state = '0'", [self._counter]
        if which == "owed":
            cards, values = f"c.receipt = '{OWED}' AND c.state <> '9'", []
        sql = (
            "SELECT CASE WHEN p.village_code <> '' THEN p.village_code ELSE p.unit_code END code,"  # noqa: S608 -- our own constants
            " max(p.body), p.village_code <> '', count(*)"
            " FROM card c CROSS JOIN person p ON p.id = c.person"
            f" WHERE {cards} AND (p.village_code <> '' OR p.unit_code <> '')"
            " GROUP BY code ORDER BY count(*) DESC, code LIMIT ?"
        )
        with self._store.session() as db:
            rows: Any = db.execute_sql(sql, (*values, limit)).fetchall()
        found = []
        for code, body, is_village, cards in rows:
            person = msgspec.msgpack.decode(body, type=Person)
            name = person.village_name if is_village else person.unit_name
            found.append(Waiting(code, name, bool(is_village), cards))
        return tuple(found)

    def receipts(self, codes: Sequence[str]) -> Receipts:
        """Return what became of all cards of a unit or village, cancelled ones aside."""
        marks = _marks(codes)
        sql = (
            f"SELECT c.collected IS NOT NULL, c.receipt, count(*) FROM {_TABLES}"  # noqa: S608 -- question marks
            f" WHERE (p.unit_code IN ({marks}) OR p.village_code IN ({marks}))"
            " AND +c.state <> '9' AND (c.collected IS NOT NULL OR +c.custody = ?) GROUP BY 1, 2"
        )
        here = owed = issued = 0
        returned: dict[str, int] = {}
        with self._store.session() as db:
            for out, receipt, count in db.execute_sql(sql, (*codes, *codes, self._counter)):
                if receipt == OWED:
                    owed += count
                elif out:
                    issued += count
                elif receipt in ("", SIGNED):
                    here += count
                else:
                    returned[receipt] = count
        due = here + owed + issued + sum(returned.values())
        return Receipts(due, here, owed, issued, dict(sorted(returned.items())))

    def of_unit(self, codes: Sequence[str]) -> str | None:
        """Return the name of the unit that somebody here works for, None when nobody does."""
        sql = f"SELECT p.body FROM person p WHERE p.unit_code IN ({_marks(codes)}) LIMIT 1"  # noqa: S608 -- question marks
        with self._store.session() as db:
            row: Any = db.execute_sql(sql, tuple(codes)).fetchone()
        return msgspec.msgpack.decode(row[0], type=Person).unit_name if row else None

    def of_village(self, codes: Sequence[str]) -> str | None:
        """Return the name of the village that somebody here lives in, None when nobody does."""
        sql = f"SELECT p.body FROM person p WHERE p.village_code IN ({_marks(codes)}) LIMIT 1"  # noqa: S608 -- question marks
        with self._store.session() as db:
            row: Any = db.execute_sql(sql, tuple(codes)).fetchone()
        return msgspec.msgpack.decode(row[0], type=Person).village_name if row else None

    def _condition(
        self, codes: Sequence[str], which: Which, since: str = ""
    ) -> tuple[str, list[str]]:
        marks = _marks(codes)
        people = f"(p.unit_code IN ({marks}) OR p.village_code IN ({marks}))"
        if which == "owed":
            return f"{people} AND {_OWED}", [*codes, *codes]
        here, values = _HERE, [*codes, *codes, self._counter]
        if since:
            here = f"(({_HERE}) OR +c.collected >= ?)"
            values.append(since)
        return f"{people} AND {here}", values

    @contextmanager
    def _session(self) -> Iterator[SqliteDatabase]:
        with self._store.session() as db:
            db.connection().create_function("house_order", 1, _house, deterministic=True)
            yield db


def _house(body: bytes) -> str:
    return house_key(msgspec.msgpack.decode(body, type=_Address).address)


def _marks(codes: Sequence[str]) -> str:
    return ", ".join("?" * len(codes))


def _shelved(person: bytes, card: bytes) -> Shelved:
    return Shelved(
        person=msgspec.msgpack.decode(person, type=Person),
        card=msgspec.msgpack.decode(card, type=Card),
    )
