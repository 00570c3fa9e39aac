"""The cards in a counter's drawers, page by page in the order in which they lie or by name.

A page begins behind the last row of the page before (no OFFSET). A question about people begins
at its index of people, any other at the index of places.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Literal, NamedTuple

import msgspec

from sbk_tui.data.store import Store
from sbk_tui.domain.card import Card
from sbk_tui.domain.people import Person
from sbk_tui.domain.stock import Place, shelf_key

Order = Literal["place", "name"]
_LAST = "\U0010ffff"
_ORDERED: dict[Order, tuple[str, str]] = {
    "place": ("c.shelf", "c.number"),
    "name": ("p.name", "c.number"),
}
_HERE = "c.custody = ? AND c.state = '0'"
_HERE_BY_PERSON = "+c.custody = ? AND +c.state = '0'"
"""As `_HERE`, but not by its index (the plus): one person's cards are few, a drawer's many."""
_CARDS = "card c CROSS JOIN person p ON p.id = c.person"
_PEOPLE = "person p CROSS JOIN card c ON c.person = p.id"


class Sought(msgspec.Struct, frozen=True, kw_only=True):
    """What is looked for in the drawers; empty fields ask for nothing in particular."""

    name: str = ""
    """Beginning of a name."""
    initials: str = ""
    """Beginning of the pinyin initials, lower case."""
    tail: str = ""
    """Last characters of the 社会保障号码; beside initials also of the card number."""
    card: str = ""
    """Beginning of a card number."""
    place: str = ""
    """A place and everything in it: `1-2` is a whole layer."""


class Shelved(msgspec.Struct, frozen=True, kw_only=True):
    """One card in a drawer and whose it is."""

    person: Person
    card: Card


class Box(NamedTuple):
    """The positions of one box."""

    place: Place
    slots: dict[int, tuple[Shelved, ...]]
    """Position → what lies there; several cards may share one."""
    loose: int
    """Cards in the box without a position."""


class Stock:
    """The drawers of one counter."""

    def __init__(self, store: Store, counter: str) -> None:
        self._store = store
        self._counter = counter

    def page(
        self, sought: Sought, order: Order, after: Shelved | None = None, limit: int = 50
    ) -> tuple[Shelved, ...]:
        """Return up to `limit` cards behind `after`."""
        tables, condition, values = self._question(sought, order)
        columns = ", ".join(_ORDERED[order])
        if after is not None:
            # The first column alone, too: only that lets the index begin behind the page before.
            first_column, first = _ORDERED[order][0], after.person.name
            if order == "place":
                first = shelf_key(after.card.place)
            condition += f" AND {first_column} >= ? AND ({columns}) > (?, ?)"
            values = [*values, first, first, after.card.number]
        # The cards are put in order first: only those of the page are read whole.
        sql = (
            "SELECT p.body, c.body FROM (SELECT c.number AS number"  # noqa: S608 -- our own constants
            f" FROM {tables} WHERE {condition} ORDER BY {columns} LIMIT ?) f"
            " CROSS JOIN card c ON c.number = f.number CROSS JOIN person p ON p.id = c.person"
            f" ORDER BY {columns}"
        )
        with self._store.session() as db:
            rows: Any = db.execute_sql(sql, (*values, limit)).fetchall()
        return tuple(_shelved(*row) for row in rows)

    def numbers(self, sought: Sought, order: Order, limit: int) -> tuple[str, ...]:
        """Return the numbers of up to `limit` cards, in order."""
        tables, condition, values = self._question(sought, order)
        sql = (
            f"SELECT c.number FROM {tables} WHERE {condition}"  # noqa: S608 -- our own constants
            f" ORDER BY {', '.join(_ORDERED[order])} LIMIT ?"
        )
        with self._store.session() as db:
            return tuple(row[0] for row in db.execute_sql(sql, (*values, limit)).fetchall())

    def count(self, sought: Sought) -> int:
        """Return how many cards a question finds."""
        tables, condition, values = self._question(sought, "place")
        if tables is _CARDS:
            tables = "card c"
        sql = f"SELECT count(*) FROM {tables} WHERE {condition}"  # noqa: S608 -- our constants
        with self._store.session() as db:
            return int(db.execute_sql(sql, tuple(values)).fetchone()[0])

    def get(self, number: str) -> Shelved | None:
        """Return a card that lies here and is not enabled yet, by its whole number."""
        sql = (
            "SELECT p.body, c.body FROM card c CROSS JOIN person p ON p.id = c.person"
            " WHERE c.number = ? AND c.custody = ? AND c.state = '0'"
        )
        with self._store.session() as db:
            row: Any = db.execute_sql(sql, (number, self._counter)).fetchone()
        return _shelved(*row) if row else None

    def box(self, box: Place) -> Box:
        """Return what lies in a box, position by position."""
        slots: dict[int, list[Shelved]] = {}
        loose = 0
        for shelved in self._in(box):
            place = Place(shelved.card.place)
            if place.is_slot and place.box == box:
                slots.setdefault(place.numbers[-1], []).append(shelved)
            else:
                loose += place == box
        return Box(box, {slot: tuple(held) for slot, held in sorted(slots.items())}, loose)

    def taken(self, box: Place, leaving: Collection[str] = ()) -> frozenset[int]:
        """Return the positions of a box that are taken by cards other than `leaving`."""
        low, high = _within(box)
        sql = (
            "SELECT c.number, c.place FROM card c WHERE c.custody = ? AND c.state = '0'"
            " AND c.shelf >= ? AND c.shelf < ?"
        )
        with self._store.session() as db:
            rows = db.execute_sql(sql, (self._counter, low, high)).fetchall()
        places = (Place(place) for number, place in rows if number not in leaving)
        return frozenset(place.numbers[-1] for place in places if place.is_slot)

    def last_box(self) -> Place | None:
        """Return the box that comes last of those in use, None when no card has a position."""
        sql = (
            "SELECT c.place FROM card c WHERE c.custody = ? AND c.state = '0'"
            " AND c.shelf >= '0' AND c.shelf < ':' ORDER BY c.shelf DESC, c.number DESC"
        )
        with self._store.session() as db:
            for (text,) in db.execute_sql(sql, (self._counter,)):
                place = Place(text)
                if place.is_slot:
                    return place.box
        return None

    def _in(self, box: Place) -> tuple[Shelved, ...]:
        low, high = _within(box)
        sql = (
            "SELECT p.body, c.body FROM card c CROSS JOIN person p ON p.id = c.person"
            " WHERE c.custody = ? AND c.state = '0'"
            " AND (c.shelf = ? OR (c.shelf >= ? AND c.shelf < ?))"
            " ORDER BY c.shelf, c.number"
        )
        with self._store.session() as db:
            rows: Any = db.execute_sql(sql, (self._counter, shelf_key(box), low, high)).fetchall()
        return tuple(_shelved(*row) for row in rows)

    def _question(self, sought: Sought, order: Order) -> tuple[str, str, list[str]]:
        """Return tables, condition and values; where the search begins is fixed by hand."""
        here = [self._counter]
        if sought.initials:
            low = sought.initials
            tables = (
                "(SELECT DISTINCT person FROM person_initials WHERE initials >= ? AND initials < ?)"
                " i CROSS JOIN card c ON c.person = i.person"
            )
            values = [low, low + _LAST, *here]
            if not sought.tail and order == "place":
                return tables, _HERE_BY_PERSON, values
            tables += " CROSS JOIN person p ON p.id = i.person"
            if not sought.tail:
                return tables, _HERE_BY_PERSON, values
            low = sought.tail[::-1]
            condition = "((p.tail >= ? AND p.tail < ?) OR substr(c.number, ?) = ?)"
            values += [low, low + _LAST, str(-len(low)), sought.tail]
            return tables, f"{_HERE_BY_PERSON} AND {condition}", values
        if sought.tail:
            low = sought.tail[::-1]
            condition = f"p.tail >= ? AND p.tail < ? AND {_HERE_BY_PERSON}"
            return _PEOPLE, condition, [low, low + _LAST, *here]
        if sought.name:
            condition = f"p.name >= ? AND p.name < ? AND {_HERE_BY_PERSON}"
            return _PEOPLE, condition, [sought.name, sought.name + _LAST, *here]
        if sought.card:
            condition = "c.number >= ? AND c.number < ? AND +c.custody = ? AND +c.state = '0'"
            return _CARDS, condition, [sought.card, sought.card + _LAST, *here]
        if sought.place:
            low, high = _within(Place(sought.place))
            key = shelf_key(sought.place)  # in itself: the range then begins at it, by the index
            condition = (
                f"{_HERE} AND c.shelf >= ? AND c.shelf < ? AND (c.shelf = ? OR c.shelf >= ?)"
            )
            return _CARDS, condition, [*here, key, high, key, low]
        if order == "name":
            return _PEOPLE, _HERE_BY_PERSON, here
        return _CARDS, _HERE, here


def _within(place: Place) -> tuple[str, str]:
    """Return the range of sort keys below a place: `1-2` holds `1-2-…` and not `1-20`."""
    key = shelf_key(place)
    return key + "-", key + "."  # the character behind "-"


def _shelved(person: bytes, card: bytes) -> Shelved:
    return Shelved(
        person=msgspec.msgpack.decode(person, type=Person),
        card=msgspec.msgpack.decode(card, type=Card),
    )
