"""The drawers (2.3.3, B13): pages, searches and maps say what the tables say."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sbk_tui.data.audit import verify
from sbk_tui.data.migrations import m0001_first, m0003_stock
from sbk_tui.data.stock import Order, Sought, Stock
from sbk_tui.data.store import open_store
from sbk_tui.domain.operations.batch import Line, TakeIn
from sbk_tui.domain.operations.issue import IssueToPerson
from sbk_tui.domain.operations.store import Slot, StoreCards
from sbk_tui.domain.stock import Place, shelf_key
from sbk_tui.pinyin import initials
from tests.data.conftest import Office, letters, make_office
from tests.data.days import SELF, number

COUNTER = "410782105-a1"
NAMES = ("刘洋", "李晓梅", "王福田", "刘一鸣", "欧阳修")


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """Give 60 cards: 40 with a position in two boxes, 10 in a box without, 5 handed out."""
    office = make_office(tmp_path_factory.mktemp("stock") / "counter", key=None)
    lines = tuple(
        Line(person=f"{n:032x}", number=number(n), name=NAMES[n % 5], card=f"C{n:07d}0")
        for n in range(60)
    )
    office.do(TakeIn(batch="b", lines=lines))
    slots = [Slot(card=lines[n].card, place=f"1-1-{1 + n % 2}-{1 + n // 2}") for n in range(40)]
    slots += [Slot(card=lines[n].card, place="1-1-2") for n in range(40, 50)]
    office.do(StoreCards(slots=tuple(slots)))
    for n in range(55, 60):
        office.do(IssueToPerson(card=lines[n].card, receiver=SELF))
    yield office
    office.opened.store.close()


@pytest.fixture
def drawers(room: Office) -> Stock:
    """Give the drawers."""
    return Stock(room.opened.store, COUNTER)


def everything(drawers: Stock, sought: Sought, order: Order) -> list[tuple[str, str, str]]:
    found, after = [], None
    while page := drawers.page(sought, order, after, 7):
        found += [(each.card.place, each.person.name, each.card.number) for each in page]
        after = page[-1]
    return found


CASES = [
    (Sought(), 55),
    (Sought(name="刘"), 22),
    (Sought(name="欧阳修"), 11),
    (Sought(tail=number(7)[-4:]), 1),
    (Sought(tail=number(57)[-4:]), 0),
    (Sought(card="C00000"), 55),
    (Sought(card="C00000210"), 1),
    (Sought(place="1-1"), 50),
    (Sought(place="1-1-2"), 30),
    (Sought(place="1-1-1-1"), 1),
    (Sought(place="1-1-20"), 0),
]


@pytest.mark.clause("2.3.3", "B13")
@pytest.mark.parametrize("order", ["place", "name"])
@pytest.mark.parametrize(("sought", "count"), CASES)
def test_pages_counts_and_numbers_agree(
    drawers: Stock, sought: Sought, count: int, order: Order
) -> None:
    found = everything(drawers, sought, order)
    assert len(found) == len(set(found)) == drawers.count(sought) == count
    key = (lambda row: (shelf_key(row[0]), row[2])) if order == "place" else (lambda row: row[1:])
    assert found == sorted(found, key=key)
    assert drawers.numbers(sought, order, 100) == tuple(row[2] for row in found)


@pytest.mark.clause("B13")
def test_initials_and_last_four_are_one_card(tmp_path: Path) -> None:
    office = make_office(tmp_path / "counter", key=None)
    try:
        office.do(
            TakeIn(
                batch="b",
                lines=(Line(person="a" * 32, number=number(1), name="重阳", card="C00000014"),),
            )
        )
        with office.opened.store.write() as db:  # both readings of 重
            db.execute_sql("DELETE FROM person_initials")
            for reading in initials("重阳"):
                db.execute_sql("INSERT INTO person_initials VALUES (?, ?)", (reading, "a" * 32))
        drawers = Stock(office.opened.store, COUNTER)
        for reading in initials("重阳"):
            assert drawers.count(Sought(initials=reading, tail=number(1)[-4:])) == 1
            assert drawers.count(Sought(initials=reading, tail="0014")) == 1
            assert drawers.count(Sought(initials=reading[0])) == 1
        assert drawers.count(Sought(initials="zy", tail="9999")) == 0
    finally:
        office.opened.store.close()


@pytest.mark.clause("B13")
def test_the_map_of_a_box_and_its_free_positions(drawers: Stock) -> None:
    box = drawers.box(Place("1-1-2"))
    assert list(box.slots) == list(range(1, 21))
    assert box.loose == 10
    assert drawers.taken(Place("1-1-2")) == frozenset(range(1, 21))
    assert 2 not in drawers.taken(Place("1-1-1"), {"C00000020"})
    assert drawers.last_box() == "1-1-2"


@pytest.mark.clause("2.3.3")
@pytest.mark.parametrize(("sought", "order", "index"), [
    (Sought(), "place", "card_custody_state_shelf_number"),
    (Sought(), "name", "card_person_asked"),
    (Sought(place="1-1"), "place", "card_custody_state_shelf_number"),
    (Sought(card="C00"), "place", "sqlite_autoindex_card_1"),
    (Sought(name="刘"), "name", "card_person_asked"),
    (Sought(tail="21"), "place", "card_person_asked"),
    (Sought(initials="l"), "place", "card_person_asked"),
    (Sought(initials="l", tail="21"), "name", "card_person_asked"),
])  # fmt: skip
def test_every_question_finds_its_cards_by_an_index(
    room: Office, drawers: Stock, sought: Sought, order: Order, index: str
) -> None:
    tables, condition, values = drawers._question(sought, order)
    by = {"place": "c.shelf", "name": "p.name"}[order]
    sql = f"SELECT c.number FROM {tables} WHERE {condition} ORDER BY {by}, c.number"  # noqa: S608 -- our constants
    with room.opened.store.session() as db:
        plan: Any = db.execute_sql(f"EXPLAIN QUERY PLAN {sql}", tuple(values)).fetchall()
    steps = [row[-1] for row in plan]
    assert any(index in step for step in steps if "SEARCH c" in step), steps
    assert not any(step.startswith("SCAN c") for step in steps), steps


def test_what_is_on_the_shelf_is_the_log_folded(room: Office) -> None:
    assert verify(room.opened.store, key=None, initials=letters).sound


@pytest.mark.clause("P8")
def test_a_database_of_the_version_before_gets_its_shelves(tmp_path: Path) -> None:
    places = ["", "1-2-3-17", "01-2-3", "7", "1--2", "-1", "123456-1", "上层", "A-1", "1-2-"]
    tmp_path.chmod(0o700)
    store = open_store(tmp_path / "old.db", None)
    try:
        with store.write() as db:
            for statement in m0001_first.statements():
                db.execute_sql(statement)
            for n, place in enumerate(places):
                db.execute_sql(
                    "INSERT INTO card VALUES (?, 'p', '0', 'c', 'b', ?, '', '', NULL, x'')",
                    (f"C{n}", place),
                )
            for step in m0003_stock.statements():
                step(db) if callable(step) else store.alter(db, step)
        with store.session() as db:
            rows: Any = db.execute_sql("SELECT place, shelf FROM card ORDER BY rowid").fetchall()
        assert [tuple(row) for row in rows] == [(place, shelf_key(place)) for place in places]
    finally:
        store.close()
