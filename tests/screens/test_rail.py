"""补卡, 换卡 by keys: the whole chain on one list, left and taken up, taken back (5.1, 5.2)."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import pytest
from textual.pilot import Pilot

from sbk_tui.app import SbkApp
from sbk_tui.data.audit import verify
from sbk_tui.domain.card import CardState
from sbk_tui.domain.referral import encode, refer
from sbk_tui.hardware.pos_twin import PosTwin
from sbk_tui.pinyin import initials
from tests.screens.conftest import kinds, make_counter, open_job, pick, settled, shown, type_text
from tests.services.replacing import CARD, HOLDER, County, open_pair, set_up

SIZE = (80, 24)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of a county and its city, to be copied."""
    folder = tmp_path_factory.mktemp("rail")
    set_up(folder)
    return folder


@pytest.fixture
def twin() -> Iterator[PosTwin]:
    """Give the card terminal."""
    with PosTwin(lambda: datetime(2026, 11, 24, 10, 30, 15)) as twin:  # noqa: DTZ001 -- no zone
        yield twin


@pytest.fixture
def county(template: Path, tmp_path: Path, twin: PosTwin) -> Iterator[County]:
    """Give a copy, open, with that terminal."""
    folder = shutil.copytree(template, tmp_path / "copy")
    config = f'[devices]\npos = "serial://{twin.device}?baud=9600"\n'
    (folder / "county" / "config.toml").write_text(config, "utf-8")
    county = open_pair(folder)
    yield county
    county.close()


@pytest.fixture
def app(county: County) -> SbkApp:
    """Give the application on that counter."""
    return SbkApp(opened=county.counter)


async def press(pilot: Pilot[None], *keys: str) -> None:
    """Press keys one after the other, each once the work of the one before is done."""
    for key in keys:
        await pilot.press(key)
        await settled(pilot)


@pytest.mark.clause("5.1.2.1", "5.1.2.2", "5.1.2.3", "5.1.2.4", "5.1.4", "F1", "B15", "N1")
async def test_the_whole_chain_by_keys_and_everything_balances(
    county: County, app: SbkApp, twin: PosTwin
) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "51")
        await pick(pilot, HOLDER.number)
        assert "> 5.1.2.1  正式挂失" in shown(app)
        await press(pilot, "f10", "space", "f10", "1", "escape")
        assert "> 5.1.1.1  收费" in shown(app)
        await press(pilot, "f10", "1", *["f10"] * 3, "1", "escape")  # at the terminal
        assert "> 5.1.1.2  财政票据" in shown(app)
        await press(pilot, "f10")
        await type_text(pilot, "0001")
        await press(pilot, "f10", "f10", "1", "escape")
        assert "> 5.1.2.2  补卡" in shown(app)
        await press(pilot, *["f10"] * 9)  # a held key opens the form and asks, no more
        assert "保持正式挂失" in shown(app)
        await press(pilot, "1")
        assert "申请已受理。下一步：交费登记" in shown(app)
        await press(pilot, "f8")
        assert "补（换）卡受理单" in shown(app)
        await press(pilot, "escape", "f10", "1", "f10", "1")
        assert "已标注。下一步：制卡（5.1.3.2）" in shown(app)
        await asyncio.to_thread(county.make)
        await press(pilot, "f5")  # another clerk, another window
        await press(pilot, "enter")
        assert "> 5.1.4    领取" in shown(app)
        await press(pilot, "f10", "enter")
        await type_text(pilot, "13800001111")
        await press(pilot, "f10", "f10", "1", "f8")
        assert "建设银行任一网点" in shown(app)
        await press(pilot, "escape", "escape")
        assert "补换卡已全部办完" in shown(app)
        assert "旧卡已注销" in shown(app)
    await asyncio.to_thread(county.sync)
    states = dict(county.cards())
    assert states.pop(CARD) == "9"
    assert list(states.values()) == ["1"]
    assert [sale.amount_fen for sale in twin.charged] == [2500]
    numbers = county.counter.desks.numbers.batches()
    assert [(count.used, count.void, count.missing) for count in numbers] == [(0, 0, 0), (1, 0, 0)]
    blanks = county.city.rows("SELECT serial, state FROM blank ORDER BY serial")
    assert [state for _, state in blanks[1:]] == [blanks[1][1]] * 2
    assert blanks[0][1] != blanks[1][1]
    found = verify(county.counter.opened.store, key=county.counter.key, initials=initials)
    assert found.flaws == ()


@pytest.mark.clause("5.1.2.2", "5.1.2.4")
async def test_a_mark_and_an_application_are_taken_back_with_their_consequence(
    county: County, app: SbkApp
) -> None:
    for step in (county.lose, county.pay, county.apply, county.register, county.mark):
        await asyncio.to_thread(step)
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "5124")
        await pick(pilot, HOLDER.number)
        await press(pilot, "f6")
        assert "4  撤销标注" in shown(app)
        await press(pilot, "escape")  # nothing is chosen
        assert "> 5.1.3.2  制卡" in shown(app)
        await press(pilot, "f6", "4")
        assert "别的窗口马上可以标注" in shown(app)
        await press(pilot, "1")
        assert "> 5.1.2.4  即制卡标注" in shown(app)
        await press(pilot, "f6", "4")
        assert "撤销刘洋的交费登记" in shown(app).replace(HOLDER.name, "刘洋")
        await press(pilot, "1")
        assert "> 5.1.2.3  交费登记" in shown(app)
        await press(pilot, "f6", "4")
        assert "没有登记过费用" in shown(app)
        await press(pilot, "3")
        assert "> 5.1.2.2  补卡" in shown(app)
    assert kinds(county.counter)[-3:] == ["replace.unmark", "fee.unregister", "replace.withdraw"]


@pytest.mark.clause("A6", "F2", "F3", "6.1.1.1")
async def test_what_belongs_to_a_replacement_opens_with_the_person_and_comes_back(
    county: County, app: SbkApp
) -> None:
    await asyncio.to_thread(county.lose)
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "51")
        await pick(pilot, HOLDER.number)
        for number, opened, back in (
            ("1", "6.1.1 临时卡发放", ["escape"]),
            ("2", f"修改 {HOLDER.name} 的哪些内容？", ["escape", "escape"]),
            ("3", "照片文件的路径", ["escape", "escape"]),
        ):
            await press(pilot, "f6", number)
            assert opened in shown(app)
            await press(pilot, *back)
            assert "> 5.1.1.1  收费" in shown(app)


@pytest.mark.clause("B4", "5.1.2.2")
async def test_a_townships_code_opens_the_person_and_the_reason(
    county: County, app: SbkApp
) -> None:
    code = encode(refer(
        office="410782105", day=date(2026, 11, 24), number=HOLDER.number, card=CARD, reason="52",
    ))  # fmt: skip
    await asyncio.to_thread(county.lose)
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "51")
        await pick(pilot, code.lower().replace("-", ""))
        assert "> 5.1.1.1  收费" in shown(app)
        await press(pilot, "f10", "3")
        assert "52" in shown(app)


@pytest.mark.clause("5.2")
async def test_an_exchange_takes_the_old_card_in(county: County, app: SbkApp) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "52")
        await pick(pilot, HOLDER.number)
        assert "- 5.1.2.1  正式挂失       不用办" in shown(app)
        await press(pilot, "f10", "3")
        assert "旧卡已收回" in shown(app)
        await press(pilot, "backspace", "backspace")
        await type_text(pilot, "71")
        await press(pilot, "enter", "enter")
        await type_text(pilot, CARD)
        await press(pilot, "enter", "f10")
        assert "旧卡已收回" in shown(app)  # not yet ticked: the form says so
        await press(pilot, "space", "f10")
        assert "费用免费" in shown(app)
        await press(pilot, "1")
        assert "> 5.1.2.4  即制卡标注" in shown(app)
    card = county.counter.lookup.card(CARD)
    assert card is not None
    assert card.state is CardState.ACTIVE  # it works until the new one does


@pytest.mark.clause("5.1.2.2")
async def test_c0_a_form_filled_and_cut_off_is_offered_again(county: County, app: SbkApp) -> None:
    await asyncio.to_thread(county.lose)
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "5122")
        await pick(pilot, HOLDER.number)
        await press(pilot, "f10", "3", *["backspace"] * 2)
        await type_text(pilot, "52")
        await pilot.pause(0.6)  # a draft is kept half a second after the last key
        await settled(pilot)
    assert "replace.apply" not in kinds(county.counter)
    again = SbkApp(opened=county.counter)
    async with again.run_test(size=SIZE) as pilot:
        await open_job(pilot, "5122")
        assert "没办完" in shown(again)
        await press(pilot, "1")
        assert "52" in shown(again)
        await press(pilot, "f10")
        assert "申请新卡" in shown(again)


@pytest.mark.clause("A4", "5.1.2.2", "5.1.2.4", "5.2")
async def test_a_township_opens_none_of_it(private_folder: Path) -> None:
    township = make_counter(private_folder / "township")
    app = SbkApp(opened=township)
    async with app.run_test(size=SIZE) as pilot:
        for number in ("51", "5121", "5122", "5124", "52"):
            await open_job(pilot, number)
            assert "〔第四条〕" in shown(app)
            await press(pilot, "escape", *["backspace"] * 5)
    assert not [kind for kind in kinds(township) if kind.startswith("replace.")]
    township.close()
