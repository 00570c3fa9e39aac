"""The cards of a unit or village (2.2.1, B10): pages, counts and numbers agree, by an index."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sbk_tui.data.audit import verify
from sbk_tui.data.unit_cards import Receipts, UnitCards, UnitOrder, Waiting, Which
from sbk_tui.domain.operations.batch import Line, TakeIn
from sbk_tui.domain.operations.issue import Enable
from sbk_tui.domain.operations.issue_unit import IssueToUnit
from sbk_tui.domain.operations.receipt import RecordReceipts
from sbk_tui.domain.stock import house_key
from tests.data.conftest import Office, letters, make_office
from tests.data.days import DAY, VILLAGE, number

COUNTER = "410782105-a1"
EAST, WEST, WORKS = "410782105201", "410782105202", "41078200123"
LINES = tuple(
    Line(
        person=f"{n:032x}", number=number(n), name=f"人{'甲乙丙丁'[n % 4]}", card=f"C{n:07d}0",
        village_code=(EAST, WEST, "")[n % 3], village_name=("东村", "西村", "")[n % 3],
        unit_code=WORKS if n % 3 == 2 else "", unit_name="示例厂" if n % 3 == 2 else "",
        address=f"百泉镇东村{97 - n}号",
    )
    for n in range(90)
)  # fmt: skip


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """Give thirty cards of each of two villages and a works; five of the first handed out."""
    office = make_office(tmp_path_factory.mktemp("units") / "counter", key=None)
    office.do(TakeIn(batch="b", lines=LINES))
    cards = tuple(line.card for line in LINES if line.village_code == EAST)[:5]
    office.do(IssueToUnit(codes=(EAST,), cards=cards, receiver=VILLAGE))
    yield office
    office.opened.store.close()


@pytest.fixture
def cards(office: Office) -> UnitCards:
    return UnitCards(office.opened.store, COUNTER)


@pytest.mark.clause("2.2.1", "B10")
@pytest.mark.parametrize("order", ["house", "name"])
@pytest.mark.parametrize(("code", "count"), [(EAST, 25), (WEST, 30), (WORKS, 30), ("4", 0)])
def test_pages_counts_and_numbers_agree(
    cards: UnitCards, code: str, count: int, order: UnitOrder
) -> None:
    found, after = [], None
    while page := cards.page((code,), order, after, 7):
        found += page
        after = page[-1]
    assert len(found) == cards.count((code,)) == count
    numbers = tuple(each.card.number for each in found)
    assert numbers == cards.numbers((code,), order, 100)
    keys = [
        (each.person.name if order == "name" else house_key(each.person.address), each.card.number)
        for each in found
    ]
    assert keys == sorted(set(keys))


@pytest.mark.clause("2.2.1")
def test_who_has_cards_waiting_is_listed_with_the_count(cards: UnitCards) -> None:
    assert [(w.code, w.name, w.is_village, w.cards) for w in cards.waiting(10)] == [
        (WORKS, "示例厂", False, 30), (WEST, "西村", True, 30), (EAST, "东村", True, 25),
    ]  # fmt: skip


@pytest.mark.clause("P3")
@pytest.mark.parametrize("which", ["here", "owed"])
def test_the_people_are_found_by_their_indexes(
    office: Office, cards: UnitCards, which: Which
) -> None:
    tables, condition, values = cards._question((EAST,), which)
    sql = f"EXPLAIN QUERY PLAN SELECT 1 FROM {tables} WHERE {condition}"  # noqa: S608 -- ours
    with office.opened.store.session() as db:
        plan: Any = db.execute_sql(sql, tuple(values)).fetchall()
    steps = [row[-1] for row in plan]
    assert any("INDEX card_person_asked" in step for step in steps), steps
    assert not any(step.startswith(("SCAN c", "SCAN p")) for step in steps), steps


@pytest.mark.clause("2.3.1")
def test_the_receipts_of_a_village_add_up_to_its_cards(tmp_path: Path) -> None:
    office = make_office(tmp_path / "counter", key=None)
    office.do(TakeIn(batch="b", lines=LINES))
    east = [line.card for line in LINES if line.village_code == EAST]
    cards = UnitCards(office.opened.store, COUNTER)
    assert cards.receipts((EAST,)) == Receipts(30, 30, 0, 0, {})
    office.do(IssueToUnit(codes=(EAST,), cards=tuple(east[:20]), receiver=VILLAGE))
    assert cards.waiting(10, which="owed") == (Waiting(EAST, "东村", is_village=True, cards=20),)
    for reason, some in (("01", east[:10]), ("03", east[10:13]), ("05", east[13:14])):
        told = RecordReceipts(codes=(EAST,), cards=tuple(some), reason=reason, on=DAY)
        office.do(told)
    office.do(Enable(card=east[19]))
    assert cards.receipts((EAST,)) == Receipts(30, 10, 6, 10, {"03": 3, "05": 1})
    assert cards.count((EAST,), which="owed") == 6
    assert cards.numbers((EAST,), "name", 3, which="owed") == tuple(
        each.card.number for each in cards.page((EAST,), "name", None, 3, which="owed")
    )
    assert cards.count((EAST,)) == 14  # 10 never given out and 4 that came back
    assert verify(office.opened.store, key=None, initials=letters).sound
    office.opened.store.close()


@pytest.mark.clause("2.2.1")
def test_the_log_folds_to_the_same_cards(office: Office) -> None:
    assert verify(office.opened.store, key=None, initials=letters).sound
