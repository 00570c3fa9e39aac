"""待办事项 (B16): the city's word on a conflict is read, answered and closed by keys."""

from __future__ import annotations

import pytest

from sbk_tui import wiring
from sbk_tui.app import SbkApp
from sbk_tui.data.cases import CaseItem, file_case
from tests.screens.conftest import CARDS, kinds, open_job, settled, shown


def file(counter: wiring.Counter, **fields: object) -> None:
    """File a case as it comes with the feed."""
    given: dict[str, object] = {
        "id": "a" * 32, "op": "a" * 32, "counter": counter.seat.counter, "severity": "red",
        "code": "conflict.W2.other", "opened": wiring.now_ms(), "subject": f"card/{CARDS[0]}",
        "facts": {"card": CARDS[0], "office": "峪河镇", "at": "11-24 09:10"}, "duty": True,
    }  # fmt: skip
    with counter.opened.store.write() as db:
        file_case(db, CaseItem(**{**given, **fields}))  # type: ignore[arg-type]


def closed(counter: wiring.Counter) -> list[tuple[object, ...]]:
    with counter.opened.store.session() as db:
        return list(
            db.execute_sql(
                "SELECT id, answer, told, closed_by_op IS NOT NULL FROM case_item"
                " WHERE closed IS NOT NULL ORDER BY id"
            )
        )


@pytest.mark.clause("B16")
@pytest.mark.parametrize("size", [(80, 24), (100, 30)])
async def test_a_clerk_calls_the_holder_and_closes_the_case(
    counter: wiring.Counter, app: SbkApp, size: tuple[int, int]
) -> None:
    file(counter)
    async with app.run_test(size=size) as pilot:
        await open_job(pilot, "06")
        read = shown(app)
        await pilot.press("f6")
        await settled(pilot)
        called = shown(app)
        await pilot.press("f10", "f10")
        asked = shown(app)
        await pilot.press("1")
        await settled(pilot)
        done = shown(app)
        await pilot.press("f10", "enter")
        await settled(pilot)
    assert "马上" in read
    assert "峪河镇" in read
    assert "13800001111" not in read
    assert "13800001111" in called
    assert "告知持卡人了吗？" in asked
    assert "没有待办事项。" in done
    assert closed(counter) == [("a" * 32, "", "told", 1)]
    assert kinds(counter).count("case.settle") == 1
    looks = [seen[3] for seen in counter_looks(counter)]
    assert looks == ["phone"]


def counter_looks(counter: wiring.Counter) -> list[tuple[object, ...]]:
    with counter.opened.store.session() as db:
        return list(db.execute_sql("SELECT at, clerk, person, revealed FROM access_log"))


@pytest.mark.clause("B16")
async def test_a_question_of_the_city_is_answered_by_number_and_esc_changes_nothing(
    counter: wiring.Counter, app: SbkApp
) -> None:
    file(
        counter, code="conflict.F1", severity="yellow", duty=False,
        choices=("here", "given", "absent"), standard="absent", due="2026-01-01",
    )  # fmt: skip
    async with app.run_test(size=(80, 24)) as pilot:
        await open_job(pilot, "06")
        late = shown(app)
        await pilot.press("enter", "escape")
        await settled(pilot)
        assert closed(counter) == []
        await pilot.press("enter")
        asked = shown(app)
        await pilot.press("2")
        await settled(pilot)
    assert "过期" in late
    assert "不在（到期默认）" in asked
    assert closed(counter) == [("a" * 32, "given", "", 1)]


@pytest.mark.clause("B16")
def test_what_a_clerk_has_closed_stays_closed_when_the_city_says_it_again(
    counter: wiring.Counter,
) -> None:
    file(counter)
    desk = counter.desks.cases
    (case,) = desk.waiting()
    desk.settle(case, ("unreachable",), counter.new_id())
    file(counter)
    assert desk.waiting() == ()
    assert closed(counter) == [("a" * 32, "", "unreachable", 1)]
