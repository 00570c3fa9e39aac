"""未完成事项 (0.12): what was cut off stands in one list until somebody finishes it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from sbk_tui import wiring
from sbk_tui.data import open_fees
from sbk_tui.data.open_fees import Stage
from sbk_tui.domain.operations.fee import Charge, GiveNotice, Pay
from sbk_tui.domain.paper_number import FormKind
from sbk_tui.domain.payment import PaySlip
from sbk_tui.hardware.pos_twin import PosTwin
from sbk_tui.services.open_work import OpenItem
from tests.screens.conftest import PEOPLE, do
from tests.services.counters import (
    HOLDER,
    charge,
    give_note,
    give_notice,
    killed_at,
    make_county,
    new_op,
    open_county,
    payment_of,
)


@pytest.fixture
def twin() -> Iterator[PosTwin]:
    """Give the terminal."""
    with PosTwin(lambda: datetime(2026, 11, 24, 10, 30, 15)) as twin:  # noqa: DTZ001 -- no zone
        yield twin


@pytest.fixture
def home(private_folder: Path, twin: PosTwin) -> Path:
    """Give the folder of a county counter with that terminal."""
    home = private_folder / "county"
    make_county(home, twin.url)
    return home


@pytest.fixture
def county(home: Path) -> Iterator[wiring.Counter]:
    """Give it open."""
    counter = open_county(home)
    yield counter
    counter.close()


def items(counter: wiring.Counter) -> list[OpenItem]:
    found = list(counter.desks.open_work.page(None, 50))
    assert counter.desks.open_work.count() == len(found)
    return found


def only(counter: wiring.Counter) -> OpenItem:
    (item,) = items(counter)
    assert (item.person, item.name, item.clerk) == (HOLDER.id, HOLDER.name, "张敏")
    return item


@pytest.mark.clause("B20", "5.1.1.1.1", "5.1.1.2", "5.1.2.3")
def test_c22_every_step_of_a_fee_stands_in_the_list_until_it_is_done(
    county: wiring.Counter,
) -> None:
    assert items(county) == []
    payment = give_notice(county)
    assert (only(county).said, only(county).clause) == (
        "缴款通知书 A0001 打没打好没看", "5.1.1.1.1"
    )  # fmt: skip
    county.desks.forms.printed(payment, FormKind.NOTICE)
    assert items(county) == []  # the bank has a week
    slip = PaySlip(reference="JH1", paid_on=date(2026, 11, 24), bank="95533")
    do(county, Pay(payment=payment, slip=slip, seen="slip"))
    assert (only(county).said, only(county).clause) == ("已缴 25元，没开财政票据", "5.1.1.2")
    give_note(county)
    assert only(county).said == "财政票据 F0001 打没打好没看"
    county.desks.forms.printed(payment, FormKind.NOTE)
    assert (only(county).said, only(county).clause) == (
        "已缴 25元，票据 F0001，没交费登记", "5.1"
    )  # fmt: skip
    assert county.desks.day.book().money.unregistered == 1


@pytest.mark.clause("B20", "5.1.1.1.2")
@pytest.mark.parametrize("point", ["intent", "asking", "asked"])
def test_c3_a_charge_that_was_cut_off_is_in_the_list(home: Path, point: str) -> None:
    killed_at(home, "charge", point)
    county = open_county(home)
    assert (only(county).said, only(county).clause, only(county).tone) == (
        "刷卡 25元，扣没扣款没定", "5.1.1.1.2", "bad"
    )  # fmt: skip
    assert county.desks.day.book().money.hanging == 1
    county.desks.fees.settle_not_charged(payment_of(county), "slip", op=new_op())
    assert items(county) == []
    county.close()


@pytest.mark.clause("B20", "F10")
def test_a_paper_that_is_void_by_hand_needs_no_look_any_more(county: wiring.Counter) -> None:
    give_notice(county)
    values = {"form_kind": "1", "paper_number": "A0001", "void_reason": "4"}
    county.desks.numbers.void(values, op=new_op())
    assert items(county) == []
    assert county.desks.day.book().money.unseen == 0


@pytest.mark.clause("B20", "5.1.1.1.1")
def test_a_notice_that_nobody_pays_appears_after_its_days(
    home: Path, county: wiring.Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = give_notice(county)
    county.desks.forms.printed(payment, FormKind.NOTICE)
    now = wiring.now_ms()
    for days, said in ((6, []), (8, ["通知书 A0001，25元，8 天没缴"])):
        monkeypatch.setattr(wiring, "now_ms", lambda days=days: now + days * 86_400_000 + 5)
        later = open_county(home)
        assert [item.said for item in items(later)] == said
        later.close()


@pytest.mark.clause("5.1.1.1.2")
def test_what_another_machine_settled_is_settled_here(county: wiring.Counter) -> None:
    """The city's row says paid; the step of this machine's own terminal must not block 登记."""
    charge(county)
    county.desks.fees._till.sagas.again(payment_of(county), "charge", {})
    standing = county.desks.fees.standing(HOLDER.id)
    assert standing.step is None
    assert items(county)[0].said == "已缴 25元，没开财政票据"


@pytest.mark.clause("B20")
def test_a_long_list_is_read_page_by_page_in_one_order(county: wiring.Counter) -> None:
    bill = {"payer": "x", "reason": "51", "amount_fen": 2500}
    people = PEOPLE[1:4]
    for person in people[:2]:
        do(county, Charge(person=person.id, **{**bill, "payer": person.name}))  # type: ignore[arg-type]
    do(county, GiveNotice(person=people[2].id, number="A0001", **{**bill, "payer": people[2].name}))  # type: ignore[arg-type]
    give_notice(county)
    whole = items(county)
    assert len(whole) == 3  # a notice that was never sent and is fresh is no open work
    read: list[OpenItem] = []
    while page := county.desks.open_work.page(read[-1].key if read else None, 1):
        read += page
    assert read == whole
    assert [item.at_ms for item in whole] == sorted(item.at_ms for item in whole)


@pytest.mark.clause("P1")
@pytest.mark.parametrize("stage", list(Stage))
def test_every_list_is_read_by_an_index(county: wiring.Counter, stage: Stage) -> None:
    with county.opened.store.session() as db:
        seen: list[Any] = []
        ask = db.execute_sql

        def explained(sql: str, values: Any = None) -> Any:
            seen.extend(ask(f"EXPLAIN QUERY PLAN {sql}", values).fetchall())
            return ask(sql, values)

        class Watched:
            execute_sql = staticmethod(explained)

        open_fees.page_of(Watched(), stage, "x", (0, ""), 50, long_ago_ms=0)  # type: ignore[arg-type]
        open_fees.counts_of(Watched(), "x", long_ago_ms=0)  # type: ignore[arg-type]
    scans = {row[-1] for row in seen if row[-1].startswith("SCAN")}
    assert scans <= {"SCAN CONSTANT ROW"}, seen
