"""2.3.2, 5.1.4 and the other card jobs with the card in the reader (F3)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sbk_tui import wiring
from sbk_tui.app import SbkApp
from sbk_tui.hardware.chip.layout import BY_NAME, encode
from sbk_tui.hardware.chip.twin_card import VirtualCard
from sbk_tui.hardware.chip.twin_profiles import profile
from sbk_tui.hardware.chip.twin_reader import SocialCardReaderTwin
from tests.screens.conftest import (
    CARDS,
    PASSWORD,
    PEOPLE,
    kinds,
    make_counter,
    open_job,
    settled,
    shown,
)
from tests.screens.test_pin import chip_of

SIZE = (80, 24)


@pytest.fixture
def counter(private_folder: Path) -> Iterator[wiring.Counter]:
    home = private_folder / "counter"
    make_counter(home).close()
    (home / "config.toml").write_text('[devices]\nsocial_card_reader = "sim://by-card"\n', "utf-8")
    counter = wiring.sign_in(home, "1001", PASSWORD)
    yield counter
    counter.close()


@pytest.fixture
def slot() -> Iterator[SocialCardReaderTwin]:
    with SocialCardReaderTwin("by-card") as twin:
        yield twin


@pytest.mark.clause("2.3.2")
@pytest.mark.parametrize("version", ["2.00", "3.00"])
async def test_a_returned_card_is_checked_by_reading_it(
    counter: wiring.Counter, app: SbkApp, slot: SocialCardReaderTwin, version: str
) -> None:
    slot.insert(chip_of(3, version))
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "232")
        await pilot.press("f3")
        await settled(pilot)
        assert f"卡 {CARDS[3]} 应是 {PEOPLE[3].name} 的" in shown(app)
        await pilot.press(*"03", "down", "down", "space", "f10")
        await settled(pilot)
        assert f"已验卡：{PEOPLE[3].name}" in shown(app)
    card = counter.lookup.card(CARDS[3])
    assert card is not None
    assert (card.check_result, card.receipt_reason) == ("1", "03")


@pytest.mark.clause("2.3.2")
async def test_a_chip_that_names_somebody_else_is_a_mismatch(
    counter: wiring.Counter, app: SbkApp, slot: SocialCardReaderTwin
) -> None:
    card = chip_of(3)
    number = BY_NAME["social_number"]
    card.profile.ef06[0] = (number.tag, encode(number, PEOPLE[1].number))
    slot.insert(card)
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "232")
        await pilot.press("f3")
        await settled(pilot)
        assert "卡里写的是别人" in shown(app)
        await pilot.press(*"03", "f10")
        await settled(pilot)
        assert "已验卡" in shown(app)
    checked = counter.lookup.card(CARDS[3])
    assert checked is not None
    assert checked.check_result == "3"


@pytest.mark.clause("5.1.4")
async def test_a_card_is_enabled_by_putting_it_into_the_reader(
    counter: wiring.Counter, app: SbkApp, slot: SocialCardReaderTwin
) -> None:
    slot.insert(chip_of(3))
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "514")
        await pilot.press(*["f3"] * 5)
        await settled(pilot)
        assert PEOPLE[3].name in shown(app)
        assert f">{CARDS[3]}" in shown(app)
        await pilot.press("f10", "1")
        await settled(pilot)
        assert "已办：启用" in shown(app)
    card = counter.lookup.card(CARDS[3])
    assert card is not None
    assert card.state.value == "1"


@pytest.mark.clause("3.1")
async def test_a_card_job_says_what_is_wrong_with_the_card_in_the_reader(
    counter: wiring.Counter, app: SbkApp, slot: SocialCardReaderTwin
) -> None:
    before = kinds(counter)
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "31")
        slot.insert(VirtualCard(profile("v2"), lambda size: bytes(size)))
        await pilot.press("f3")
        await settled(pilot)
        assert "本机没有卡 E00000029 的记录" in shown(app)
        slot.insert(VirtualCard(profile("bank_only"), lambda size: bytes(size)))
        await pilot.press("f3")
        await settled(pilot)
        assert "插入的不是社保卡" in shown(app)
        slot.insert(VirtualCard(profile("blank"), lambda size: bytes(size)))
        await pilot.press("f3")
        await settled(pilot)
        assert "空白卡" in shown(app)
        slot.insert(chip_of(2))
        await pilot.press("f3")
        await settled(pilot)
        assert "封存" in shown(app)
        slot.pull()
        await pilot.press("f3")
        await pilot.pause()
        assert "请插入社保卡" in shown(app)
        await pilot.press("escape")
        await settled(pilot)
        assert "请插入社保卡" not in shown(app)
    assert kinds(counter) == before
