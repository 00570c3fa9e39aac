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
# The people of a number and their cards, from the indexes alone; the plus keeps the planner at
# the index of people: one person's cards are few, a counter's many.
_TABLES = "({people}) m CROSS JOIN card c ON c.person = m.id"
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
        tables, condition, values = self._question(codes, which, since)
        by = _ORDERED[order]
        if after is not None:
            condition += f" AND ({by}, c.number) > (?, ?)"
            first = after.person.name if order == "name" else house_key(after.person.address)
            values = [*values, first, after.card.number]
        # The cards are put in order first: only those of the page are read whole.
        sql = (
            f"SELECT p.body, c.body FROM (SELECT c.number AS number, p.id AS id, {by} AS place"  # noqa: S608 -- our constants
            f" FROM {tables} CROSS JOIN person p ON p.id = c.person WHERE {condition}"
            " ORDER BY place, number LIMIT ?) f CROSS JOIN person p ON p.id = f.id"
            " CROSS JOIN card c ON c.number = f.number ORDER BY f.place, f.number"
        )
        with self._session() as db:
            rows: Any = db.execute_sql(sql, (*values, limit)).fetchall()
        return tuple(_shelved(*row) for row in rows)

    def numbers(
        self, codes: Sequence[str], order: UnitOrder, limit: int, *, which: Which = "here"
    ) -> tuple[str, ...]:
        """Return the numbers of up to `limit` cards, in order."""
        tables, condition, values = self._question(codes, which)
        sql = (
            f"SELECT c.number FROM {tables} CROSS JOIN person p ON p.id = c.person"  # noqa: S608 -- our own constants
            f" WHERE {condition} ORDER BY {_ORDERED[order]}, c.number LIMIT ?"
        )
        with self._session() as db:
            return tuple(row[0] for row in db.execute_sql(sql, (*values, limit)).fetchall())

    def count(self, codes: Sequence[str], *, which: Which = "here", since: str = "") -> int:
        """Return how many cards `page` would give in all."""
        tables, condition, values = self._question(codes, which, since)
        sql = f"SELECT count(*) FROM {tables} WHERE {condition}"  # noqa: S608 -- our constants
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
        """Return the units and villages with most cards, the village of who has both.

        Walks the people of all villages: a tenth of a second at a township.
        """
        cards, values = (_OWED, []) if which == "owed" else (_HERE, [self._counter])
        found = []
        with self._store.session() as db:
            for column, people in (
                ("village_code", "p.village_code <> ''"),
                ("unit_code", "p.village_code = '' AND p.unit_code <> ''"),
            ):
                sql = (
                    f"SELECT p.{column}, max(p.id), count(*) FROM person p"  # noqa: S608 -- ours
                    " CROSS JOIN card c ON c.person = p.id"
                    f" WHERE {people} AND {cards} GROUP BY 1"
                )
                for code, holder, count in db.execute_sql(sql, tuple(values)).fetchall():
                    row: Any = db.execute_sql(
                        "SELECT body FROM person WHERE id = ?", (holder,)
                    ).fetchone()
                    person = msgspec.msgpack.decode(row[0], type=Person)
                    is_village = column == "village_code"
                    name = person.village_name if is_village else person.unit_name
                    found.append(Waiting(code, name, is_village, count))
        return tuple(sorted(found, key=lambda each: (-each.cards, each.code))[:limit])

    def receipts(self, codes: Sequence[str]) -> Receipts:
        """Return what became of all cards of a unit or village, cancelled ones aside."""
        # A card lies at a counter or is out: that it was handed out need not be looked up.
        tables, _, values = self._question(codes, "owed")
        sql = (
            f"SELECT c.custody = '', c.receipt, count(*) FROM {tables}"  # noqa: S608 -- our constants
            " WHERE +c.state <> '9' AND +c.custody IN ('', ?) GROUP BY 1, 2"
        )
        here = owed = issued = 0
        returned: dict[str, int] = {}
        with self._store.session() as db:
            for out, receipt, count in db.execute_sql(sql, (*values, self._counter)):
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

    def _question(
        self, codes: Sequence[str], which: Which, since: str = ""
    ) -> tuple[str, str, list[str]]:
        """Return tables, condition and values."""
        marks = _marks(codes)
        people = (
            f"SELECT id FROM person WHERE village_code IN ({marks})"  # noqa: S608 -- question marks
            f" UNION SELECT id FROM person WHERE unit_code IN ({marks})"
        )
        tables, values = _TABLES.format(people=people), [*codes, *codes]
        if which == "owed":
            return tables, _OWED, values
        here, values = _HERE, [*values, self._counter]
        if since:
            here = f"(({_HERE}) OR +c.collected >= ?)"
            values.append(since)
        return tables, here, values

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
