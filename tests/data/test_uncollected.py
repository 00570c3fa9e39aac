"""滞留清单 (2.3.3): pages, counts and plain SQL agree, found by the indexes alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from sbk_tui.data.audit import verify
from sbk_tui.data.stats import Stats
from sbk_tui.data.uncollected import Asked, Uncollected, WaitingOrder
from sbk_tui.domain.operations.batch import Line, TakeIn
from sbk_tui.domain.operations.issue import IssueToPerson
from tests.data.conftest import Office, letters, make_office
from tests.data.days import SELF, number

COUNTER = "410782105-a1"
EAST, WEST, WORKS = "410782105201", "410782105202", "41078200123"
DAY_MS = 86_400_000


def line(n: int) -> Line:
    village, name = ((EAST, "东村"), (WEST, "西村"), ("", ""))[n % 3]
    return Line(
        person=f"{n:032x}", number=number(n), name=f"人{'甲乙丙丁'[n % 4]}", card=f"C{n:07d}0",
        village_code=village, village_name=name, unit_code="" if village else WORKS,
    )  # fmt: skip


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """Give 120 cards that came in four lots over 300 days; every fifth was fetched."""
    office = make_office(tmp_path_factory.mktemp("waiting") / "counter", key=None)
    for lot in range(4):
        office.do(TakeIn(batch=f"b{lot}", lines=tuple(line(lot * 30 + n) for n in range(30))))
        office.clock[0] += 100 * DAY_MS
    for n in range(0, 120, 5):
        office.do(IssueToPerson(card=line(n).card, receiver=SELF))
    yield office
    office.opened.store.close()


def rows(office: Office, sql: str, *values: object) -> list[Any]:
    with office.opened.store.session() as db:
        return list(db.execute_sql(sql, values).fetchall())


@pytest.mark.clause("2.3.3")
@pytest.mark.parametrize("order", ["age", "village"])
@pytest.mark.parametrize("days", [0, 150, 350, 500])
@pytest.mark.parametrize(("fields", "condition"), [
    ({}, "1"),
    ({"codes": (EAST,)}, f"p.village_code = '{EAST}'"),
    ({"codes": (WORKS, WEST)}, f"p.unit_code = '{WORKS}' OR p.village_code = '{WEST}'"),
    ({"region": "41078210520"}, "p.village_code LIKE '41078210520%'"),
    ({"name": "人甲"}, "p.name LIKE '人甲%'"),
])  # fmt: skip
def test_the_list_is_what_the_tables_say(
    office: Office, order: WaitingOrder, days: int, fields: dict[str, Any], condition: str
) -> None:
    waiting = Uncollected(office.opened.store, COUNTER)
    asked = Asked(known_until_ms=office.clock[0] - days * DAY_MS, **fields)
    found, after = [], None
    while page := waiting.page(asked, order, after, 7):
        found += page
        after = page[-1]
    first = "" if order == "age" else "p.village_code, "
    plain = rows(
        office,
        "SELECT c.number FROM card c JOIN person p ON p.id = c.person WHERE c.custody = ?"  # noqa: S608 -- ours
        f" AND c.state = '0' AND ({condition}) AND (SELECT min(o.hlc) >> 16 FROM about a"
        " JOIN operation o ON o.op = a.op WHERE a.subject = 'card/' || c.number) <= ?"
        f" ORDER BY {first}c.batch, c.number",
        COUNTER,
        asked.known_until_ms,
    )
    assert [each.card.number for each in found] == [row[0] for row in plain]
    assert waiting.count(asked) == len(plain)
    assert bool(plain) == (days < 500)


@pytest.mark.clause("2.3.3", "B23")
def test_the_statistics_count_the_same_cards(office: Office) -> None:
    store, now = office.opened.store, office.clock[0]
    limits = (150, 350)
    villages = Stats(store, COUNTER).waiting(now, limits)
    by_age = [sum(village.ages[at] for village in villages) for at in range(3)]
    waiting = Uncollected(store, COUNTER)
    counts = [waiting.count(Asked(known_until_ms=now - d * DAY_MS)) for d in (0, *limits)]
    assert counts == [sum(by_age), sum(by_age[1:]), by_age[2]] == [96, 72, 24]


@pytest.mark.clause("P3")
@pytest.mark.parametrize(("fields", "order", "index"), [
    ({}, "age", "card_custody_state_known_number"),
    ({}, "village", "card_person_asked"),
    ({"codes": (EAST,)}, "age", "card_person_asked"),
    ({"region": "4107"}, "village", "card_person_asked"),
    ({"name": "人"}, "age", "card_person_asked"),
    ({"initials": "r"}, "village", "card_person_asked"),
])  # fmt: skip
def test_no_row_is_read_to_find_the_order(
    office: Office, fields: dict[str, Any], order: WaitingOrder, index: str
) -> None:
    waiting = Uncollected(office.opened.store, COUNTER)
    tables, condition, values = waiting._question(Asked(known_until_ms=1, **fields), order)
    by = {"age": "c.known", "village": "p.village_code, c.known"}[order]
    sql = f"SELECT c.number FROM {tables} WHERE {condition} ORDER BY {by}, c.number"  # noqa: S608 -- ours
    steps = [row[-1] for row in rows(office, f"EXPLAIN QUERY PLAN {sql}", *values)]
    assert any(index in step and "SEARCH c" in step for step in steps), steps
    assert not any("SCAN c" in step for step in steps), steps


@pytest.mark.clause("P6")
def test_the_log_folds_to_the_same_ages(office: Office) -> None:
    assert verify(office.opened.store, key=None, initials=letters).sound
