"""交接接收 (2.1, B7) by keys and by a scanner: the list, the count, the difference, the paper."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from textual.pilot import Pilot

from sbk_tui import wiring
from sbk_tui.app import SbkApp
from sbk_tui.data.audit import verify
from sbk_tui.domain.card import Receiver
from sbk_tui.domain.operations.batch import TakeIn
from sbk_tui.domain.operations.issue import IssueToPerson
from sbk_tui.pinyin import initials
from sbk_tui.services.count import Count
from sbk_tui.services.manifest import read_manifest
from sbk_tui.services.sheets import Sheet
from tests.domain.known import RULES
from tests.manifests import BATCH, card_of, write_manifest
from tests.screens.conftest import CARDS, do, kinds, open_job, settled, shown, type_text

SIZE = (80, 24)


async def take(pilot: Pilot[None], path: Path) -> None:
    """Open the job and type the path of a list."""
    await open_job(pilot, "21")
    await typed(pilot, path)


async def typed(pilot: Pilot[None], path: Path) -> None:
    """Type the name of a file in its own folder."""
    with contextlib.chdir(path.parent):
        await type_text(pilot, path.name)
        await pilot.press("enter")
        await settled(pilot)


async def scan(pilot: Pilot[None], people: range | list[int]) -> None:
    """Scan cards as fast as keys come."""
    await pilot.press(*[key for n in people for key in (*card_of(n), "enter")])
    await settled(pilot)


def cases(counter: wiring.Counter) -> list[tuple[str, str, bool]]:
    with counter.opened.store.session() as db:
        rows = db.execute_sql(
            "SELECT code, json_extract(facts, '$.card'), closed IS NULL FROM case_item ORDER BY 1"
        )
        return [(code, card, bool(is_open)) for code, card, is_open in rows]


@pytest.mark.clause("2.1", "B7")
@pytest.mark.parametrize("size", [SIZE, (100, 30)])
async def test_a_batch_is_counted_in_by_difference(
    counter: wiring.Counter, app: SbkApp, private_folder: Path, size: tuple[int, int]
) -> None:
    path = write_manifest(private_folder / "list.csv", range(30))
    async with app.run_test(size=size) as pilot:
        await take(pilot, path)
        assert f"批次 {BATCH}" in shown(app)
        await pilot.press("1")
        await settled(pilot)
        assert "应收 30  已点 0  还差 30" in shown(app)
        await scan(pilot, range(20))  # a scanner, twenty codes without a pause
        assert "已点 20  还差 10" in shown(app)
        await pilot.press("f7")
        assert "记为破损" in shown(app)
        await scan(pilot, [*range(20, 27), 3, 99])
        assert "不在清单上，记为多出" in shown(app)
        await pilot.press("space")
        await settled(pilot)
        assert "已点 28  还差 2  多出 1  破损 1" in shown(app)
        await pilot.press("f10")
        assert "缺 2、多出 1、破损 1" in shown(app)
        await pilot.press("1")
        await settled(pilot)
        assert "已接收 28 张，差异 4 张记为待办" in shown(app)
        await pilot.press("f8")
        paper = shown(app)
        await pilot.press("f8")
        await settled(pilot)
    assert "社会保障卡交接单" in paper
    assert cases(counter) == [
        ("handover.damaged", card_of(19), True), ("handover.extra", card_of(99), True),
        ("handover.missing", card_of(28), True), ("handover.missing", card_of(29), True),
    ]  # fmt: skip
    held = counter.lookup.card(card_of(0))
    assert held is not None
    assert (held.custody, held.received_at is not None) == (counter.seat.counter, True)
    assert verify(counter.opened.store, key=counter.key, initials=initials).sound


@pytest.mark.clause("2.1", "B7")
async def test_what_was_missing_is_received_later_and_its_case_closes(
    counter: wiring.Counter, app: SbkApp, private_folder: Path
) -> None:
    path = write_manifest(private_folder / "list.csv", range(5))
    async with app.run_test(size=SIZE) as pilot:
        await take(pilot, path)
        await pilot.press("1")
        await settled(pilot)
        await scan(pilot, range(3))
        await pilot.press("f10", "1")
        await settled(pilot)
        await pilot.press("escape")
        assert "缺 2 张" in shown(app)
        await pilot.press("enter")
        await settled(pilot)
        assert "应收 2  已点 0  还差 2" in shown(app)
        await scan(pilot, [4, 3])
        assert "清单上的卡都见到了" in shown(app)
        await pilot.press("f10", "1")
        await settled(pilot)
        await pilot.press("escape")
        assert "没有要清点的批次" in shown(app)
    assert {is_open for _code, _card, is_open in cases(counter)} == {False}
    assert kinds(counter)[-3:] == ["handover.announce", "handover.receive", "handover.receive"]


@pytest.mark.clause("2.1")
async def test_a_list_cut_in_half_of_another_place_or_taken_in_twice_is_refused(
    counter: wiring.Counter, app: SbkApp, private_folder: Path
) -> None:
    whole = write_manifest(private_folder / "whole.csv", range(4))
    cut = private_folder / "cut.csv"
    cut.write_text("".join(whole.read_text("utf-8").splitlines(keepends=True)[:4]), "utf-8")
    other = write_manifest(private_folder / "other.csv", range(4), 交至="410782103")
    before = kinds(counter)
    async with app.run_test(size=SIZE) as pilot:
        await take(pilot, cut)
        assert "清单写明 4 张，文件里有 2 行" in shown(app)
        assert "cut.csv" in shown(app)  # nothing is cleared
        await pilot.press(*["backspace"] * len(cut.name))
        await typed(pilot, other)
        assert "不是本窗口" in shown(app)
        assert kinds(counter) == before
        await pilot.press("escape")
        for _ in range(2):
            await take(pilot, whole)
            assert "张数和校验都对得上" in shown(app)
            await pilot.press("1")
            await settled(pilot)
            assert "还差 4" in shown(app)
            await pilot.press("escape", "escape")
        await take(pilot, whole)
        await pilot.press("1")
        await settled(pilot)
        await scan(pilot, range(4))
        await pilot.press("f10", "1")
        await settled(pilot)
        await pilot.press("escape", "escape")
        await take(pilot, whole)
        assert "已经收过" in shown(app)
    assert kinds(counter)[len(before) :] == ["handover.announce", "handover.receive"]


@pytest.mark.clause("2.1")
async def test_a_card_that_was_issued_before_is_told_and_stays_issued(
    counter: wiring.Counter, app: SbkApp, private_folder: Path
) -> None:
    path = write_manifest(private_folder / "list.csv", range(3))
    with Sheet(path) as sheet:
        line = read_manifest(sheet, RULES).lines[1]
    do(counter, TakeIn(batch="old", lines=(line,)))
    do(counter, IssueToPerson(card=line.card, receiver=Receiver(phone="13800001111")))
    async with app.run_test(size=SIZE) as pilot:
        await take(pilot, path)
        assert "其中 1 张本机记录已经发出" in shown(app)
        await pilot.press("1")
        await settled(pilot)
        assert "应收 2  已点 0  还差 2" in shown(app)
        await scan(pilot, [0, 1, 2])
        await pilot.press("f10", "1")
        await settled(pilot)
    assert cases(counter) == [("handover.issued", card_of(1), True)]
    card = counter.lookup.card(line.card)
    assert card is not None
    assert (card.custody, card.collected_at is not None) == ("", True)


@pytest.mark.clause("B20", "B7")
async def test_a_count_survives_a_killed_terminal(
    counter: wiring.Counter, app: SbkApp, private_folder: Path
) -> None:
    path = write_manifest(private_folder / "list.csv", range(6))
    async with app.run_test(size=SIZE) as pilot:
        await take(pilot, path)
        await pilot.press("1")
        await settled(pilot)
        await scan(pilot, [0, 1, 77])
        await pilot.press("f6")
        await scan(pilot, [2])
        await pilot.pause(0.7)
        await settled(pilot)
    again = SbkApp(opened=counter)
    async with again.run_test(size=SIZE) as pilot:
        await open_job(pilot, "21")
        await pilot.press("enter")
        await settled(pilot)
        assert "已点 3  还差 3  多出 0" in shown(again)
        assert CARDS[0] not in shown(again)


@pytest.mark.clause("2.1", "B7")
async def test_a_thousand_cards_are_one_transaction(
    counter: wiring.Counter, app: SbkApp, private_folder: Path
) -> None:
    path = write_manifest(private_folder / "list.csv", range(1000))
    desk = counter.desks.handovers
    handover = desk.announce(desk.read(path).manifest, op=counter.new_id())
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "21")
        await pilot.press("enter")
        await settled(pilot)
        await scan(pilot, range(0, 1000, 100))
        assert "应收 1000  已点 10  还差 990" in shown(app)
    counted = Count(handover, ())
    for n in range(997):
        counted.scan(card_of(n))
    counted.scan(card_of(5000))
    closed = desk.close(handover, counted, op=counter.new_id())
    assert (len(closed.handover.received), len(closed.handover.differences())) == (997, 4)
    assert kinds(counter)[-5:] == ["handover.receive"] * 5
