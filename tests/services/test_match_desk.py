"""POS 对账 (B6, C23): the terminal's own list of a day against the records of the counter."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from sbk_tui import wiring
from sbk_tui.domain.operations.refund import GiveBack, PosLine
from sbk_tui.domain.payment import PaymentState
from sbk_tui.domain.world import CHINA, from_ms
from sbk_tui.errors import BadUsage, Refusal
from sbk_tui.hardware.pos_twin import PosTwin
from sbk_tui.services.pos_list import read_list
from sbk_tui.services.sheets import Row
from tests.services.counters import HOLDER, charge, make_county, new_op, open_county, payment_of


@pytest.fixture
def twin() -> Iterator[PosTwin]:
    """Give the terminal, with the clock of the counter."""
    with PosTwin(lambda: from_ms(wiring.now_ms()).astimezone(CHINA)) as twin:
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


def export(twin: PosTwin, home: Path, encoding: str = "utf-8-sig") -> None:
    """Save the terminal's list where the counter looks for it."""
    folder = home / "pos-lists"
    folder.mkdir(exist_ok=True)
    (folder / "pos.csv").write_text(twin.day_list(), encoding)


def codes(counter: wiring.Counter) -> list[str]:
    return [case.code for case in counter.desks.cases.waiting()]


@pytest.mark.clause("B6", "5.1.1.1.2")
@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_a_list_that_fits_is_recorded_and_opens_no_case(
    county: wiring.Counter, twin: PosTwin, encoding: str
) -> None:
    desk = county.desks.matches
    with pytest.raises(Refusal, match=r"pos_list\.absent"):
        desk.compare(desk.today())
    charge(county)
    back = GiveBack(
        payment=payment_of(county), of=twin.charged[0].reference, reference="T1", way="1",
        reason="2",
    )  # fmt: skip
    county.desks.fees.give_back(back, op=new_op())
    twin.charged[0] = twin.charged[0]._replace(voided=True)
    charge(county)
    export(twin, county.home, encoding)
    assert county.desks.day.book().matched == "未对"
    match = desk.compare(desk.today())
    assert (match.fits, match.sales, match.total_fen) == (True, 3, 2500)
    desk.record(match, op=new_op())
    assert codes(county) == []
    assert county.desks.day.book().matched.startswith("相符")


@pytest.mark.clause("B6", "5.1.1.1.2")
def test_c23_a_charge_that_a_lost_database_forgot_is_found_by_the_list_and_cleared_up(
    home: Path, twin: PosTwin
) -> None:
    copy = home.with_name("backup")
    shutil.copytree(home, copy)
    counter = open_county(home)
    charge(counter)
    counter.close()
    shutil.rmtree(home)  # the machine is gone; yesterday's copy is what there is
    shutil.copytree(copy, home)
    counter = open_county(home)
    assert counter.desks.fees.standing(HOLDER.id).payment is None
    export(twin, home)
    desk = counter.desks.matches
    match = desk.compare(desk.today())
    assert [line.reference for line in match.extra] == [twin.charged[0].reference]
    desk.record(match, op=new_op())
    assert codes(counter) == ["finance.pos_differs"]
    assert "多 1 少 0" in counter.desks.day.book().matched
    (case,) = counter.desks.cases.waiting()
    counter.desks.cases.settle(case, (), new_op())  # by hand, once the bank has been asked
    assert codes(counter) == []
    counter.close()


@pytest.mark.clause("B6")
def test_what_was_recorded_and_is_not_on_the_list_is_named(
    county: wiring.Counter, twin: PosTwin
) -> None:
    charge(county)
    twin.charged[0] = twin.charged[0]._replace(amount_fen=2000)
    export(twin, county.home)
    match = county.desks.matches.compare(county.desks.matches.today())
    assert [(line.amount_fen) for line in match.extra] == [2000]
    assert [(each.payer, each.amount_fen) for each in match.missing] == [(HOLDER.name, 2500)]
    standing = county.desks.fees.standing(HOLDER.id)
    assert standing.payment is not None
    assert standing.payment.state is PaymentState.PAID  # nothing is repaired by itself


HEAD = ("参考号", "金额", "交易日期", "交易时间", "交易类型", "交易状态")


@pytest.mark.parametrize(("cells", "line"), [
    (("1", "25.00", "2026-11-24", "10:30:15", "消费", "成功"), (2500, "103015")),
    (("1", "RMB 1,025.5", "20261124", "103015", "消费", ""), (102550, "103015")),
    (("1", "25", "2026/11/24", "", "退货", "交易成功"), (-2500, "")),
    (("1", "-25.00", "2026.11.24", "", "", "00"), (-2500, "")),
    (("1", "25.00", "20261124", "", "余额查询", "成功"), None),
    (("1", "25.00", "20261124", "", "消费", "失败"), None),
])  # fmt: skip
def test_a_line_of_a_list_is_read_by_the_table(
    cells: tuple[str, ...], line: tuple[int, str] | None
) -> None:
    found = read_list([Row(1, HEAD), Row(2, cells)])
    if line is None:
        assert found == ()
        return
    wanted = PosLine(reference="1", amount_fen=line[0], time=line[1])
    assert found == ((date(2026, 11, 24), wanted),)


@pytest.mark.parametrize("cells", [
    ("", "25.00", "20261124"), ("1", "x", "20261124"), ("1", "25", "24 Nov"),
])  # fmt: skip
def test_a_line_that_cannot_be_understood_stops_the_list(cells: tuple[str, ...]) -> None:
    with pytest.raises(Refusal, match=r"pos_list\.row"):
        read_list([Row(1, HEAD), Row(2, cells)])
    with pytest.raises(BadUsage, match=r"import\.columns_missing"):
        read_list([Row(1, ("参考号", "日期")), Row(2, cells)])
