"""单位发卡 (2.2.1) by keys: number, cards, proof, receiver, 交接单."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.pilot import Pilot

from sbk_tui import wiring
from sbk_tui.app import SbkApp
from sbk_tui.data.keyring import Keyring
from sbk_tui.domain.card import Receiver
from sbk_tui.domain.identity import card_check
from sbk_tui.domain.operations.batch import MOST_LINES, Line, TakeIn
from sbk_tui.domain.operations.issue import IssueToPerson
from tests.hardware.drawn import encoded, face
from tests.people import CHANG_GUILAN, MAIMAITI
from tests.screens.conftest import (
    CARDS,
    PASSWORD,
    SECOND,
    do,
    kinds,
    make_counter,
    open_job,
    settled,
    shown,
    type_text,
)
from tests.screens.test_drawers import line_of

SIZE = (80, 24)
VILLAGE = "410782105201"


async def receiver(pilot: Pilot[None]) -> None:
    """Fill in who takes the cards; the type is known from the number."""
    await pilot.press("tab", "enter")
    for text in (CHANG_GUILAN.name, CHANG_GUILAN.number, CHANG_GUILAN.mobile):
        await type_text(pilot, text)
        await pilot.press("enter")


@pytest.mark.clause("2.2.1")
@pytest.mark.parametrize("size", [SIZE, (100, 30)])
async def test_the_cards_of_a_village_go_to_its_official(
    counter: wiring.Counter, app: SbkApp, size: tuple[int, int]
) -> None:
    async with app.run_test(size=size) as pilot:
        await open_job(pilot, "221")
        await pilot.press(*VILLAGE, "enter")
        screen = shown(app)
        assert f"{VILLAGE} 是社区（村）编号：示例村" in screen
        assert "待发 1 张  已选 0 张" in screen
        await pilot.press("f7", "f3")
        assert "已记“未配备高拍仪”" in shown(app)
        await receiver(pilot)
        await pilot.press("f10")
        assert "把 示例村 的 1 张卡交给 常桂兰。证明材料：未配备高拍仪" in shown(app)
        await pilot.press("enter", "1")
        await settled(pilot)
        screen = shown(app)
        assert "已发出 1 张" in screen
        assert "待发 0 张" in screen
        await pilot.press("f8")
        await settled(pilot)
        paper = shown(app)
    assert "壹张" in paper
    assert CHANG_GUILAN.number not in paper
    card = counter.lookup.card(CARDS[2])
    assert card is not None
    assert card.receiver == Receiver(
        type="4", name="常桂兰", number=CHANG_GUILAN.number, phone=CHANG_GUILAN.mobile
    )
    assert kinds(counter)[-1] == "issue.unit"
    assert counter.desks.papers.owed_count() == 1


@pytest.mark.clause("2.2.1")
async def test_each_thing_that_is_missing_is_said_and_nothing_is_done(
    counter: wiring.Counter, app: SbkApp
) -> None:
    before = kinds(counter)
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "221")
        for keys, said in (
            (("enter",), "没有输入编号"),
            ((*"99", "enter"), "没有编号 99 的单位或村"),
            (("backspace", "backspace", *VILLAGE, "enter", "f10"), "还没有选卡"),
            (("space", "f10"), "还没有扫描证明材料"),
            (("f3", "f10"), "有 3 处要改"),
        ):
            await pilot.press(*keys)
            await settled(pilot)
            assert said in shown(app), said
    assert kinds(counter) == before


@pytest.mark.clause("2.2.1")
async def test_who_has_cards_waiting_is_listed_when_no_number_is_known(app: SbkApp) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "221")
        await pilot.press("f5")
        await settled(pilot)
        assert "示例村  1 张" in shown(app)
        await pilot.press("enter")
        assert "待发 1 张" in shown(app)


@pytest.fixture
def works(private_folder: Path) -> Iterator[wiring.Counter]:
    """Give a counter with 450 cards of a works, and a document camera's folder."""
    home = private_folder / "counter"
    make_counter(home).close()
    scans = private_folder / "scans"
    scans.mkdir()
    (home / "config.toml").write_text(f'[devices]\ndocument_folder = "{scans}"\n', "utf-8")
    counter = wiring.sign_in(home, "1001", PASSWORD)
    lines = [works_line(n) for n in range(450)]
    for start in range(0, len(lines), MOST_LINES):
        do(counter, TakeIn(batch="2026-C", lines=tuple(lines[start : start + MOST_LINES])))
    yield counter
    counter.close()


def works_line(n: int) -> Line:
    """Return an invented worker's card."""
    base, card = line_of(n), f"N{n:07d}"
    return Line(
        person=base.person, number=base.number, name=base.name, card=card + card_check(card),
        unit_code=MAIMAITI.unit_code, unit_name=MAIMAITI.unit_name,
    )  # fmt: skip


@pytest.mark.clause("2.2.1", "N1")
async def test_450_cards_are_three_operations_of_one_paper(works: wiring.Counter) -> None:
    app = SbkApp(opened=works)
    scans = Path(works.config.devices.document_folder)
    saver = threading.Timer(0.5, (scans / "letter.jpg").write_bytes, (encoded(face()),))
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "221")
        await pilot.press(*MAIMAITI.unit_code, "enter")
        assert f"{MAIMAITI.unit_code} 是单位编号" in shown(app)
        await pilot.press("f7", "f3")
        saver.start()
        await settled(pilot)
        assert "证明材料已收到：letter.jpg" in shown(app)
        await receiver(pilot)
        await pilot.press(*["f10"] * 5)
        for key in ("1", "1", "f10"):
            await settled(pilot)
            await pilot.press(key)
        await settled(pilot)
        assert "已发出 450 张" in shown(app)
    saver.join()
    assert kinds(works)[-3:] == ["issue.unit"] * 3
    assert kinds(works)[-4] == "batch.take_in"
    assert works.desks.papers.owed_count() == 1
    card = works.lookup.card(works_line(449).card)
    assert card is not None
    assert card.receiver is not None
    assert card.receiver.type == "3"
    filed = works.lookup.operation(card.issuing.op if card.issuing else "")
    assert filed is not None
    assert len(filed.envelope.blobs) == 1


@pytest.mark.clause("2.2.1")
async def test_a_scan_that_does_not_come_can_be_given_up(works: wiring.Counter) -> None:
    app = SbkApp(opened=works)
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "221")
        await pilot.press(*MAIMAITI.unit_code, "enter", "f3", "escape")
        await settled(pilot)
        assert "证明材料没有扫描到" in shown(app)
        await pilot.press("2")
        assert "已记“未配备高拍仪”" in shown(app)


@pytest.mark.clause("2.2.1")
async def test_of_two_clerks_the_second_hears_the_firsts_name_and_time(
    counter: wiring.Counter, app: SbkApp
) -> None:
    keys = Keyring(counter.home, wiring.now_ms).unlock("1002", SECOND)
    other = wiring.open_for(counter.home, keys, encrypted=counter.key is not None)
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "221")
        await pilot.press(*VILLAGE, "enter", "f7", "f3")
        await receiver(pilot)
        await pilot.press("f10")
        do(other, IssueToPerson(card=CARDS[2], receiver=Receiver(phone="13800001111")))
        other.close()
        await pilot.press("1")
        await settled(pilot)
        screen = shown(app)
    assert f"卡 {CARDS[2]} 已由 王芳 于 20" in screen
    assert "待发 0 张" in screen
    assert kinds(counter)[-1] == "issue.person"


@pytest.mark.clause("2.2.1", "B20")
async def test_what_was_marked_and_typed_survives_a_killed_terminal(
    counter: wiring.Counter, app: SbkApp
) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "221")
        await pilot.press(*VILLAGE, "enter", "f7", "f3")
        await receiver(pilot)
        await pilot.pause(0.7)
        await settled(pilot)
    again = SbkApp(opened=counter)
    async with again.run_test(size=SIZE) as pilot:
        await open_job(pilot, "221")
        await pilot.press("1", "f10", "1")
        await settled(pilot)
        assert "已发出 1 张" in shown(again)
    assert counter.desks.drafts.jobs() == ()
