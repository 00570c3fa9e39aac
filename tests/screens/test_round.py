"""走村发卡 (B10) by keys: a village, door after door, on the number pad."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.pilot import Pilot

from sbk_tui import wiring
from sbk_tui.app import SbkApp
from sbk_tui.domain.card import Receiver
from sbk_tui.domain.identity import card_check
from sbk_tui.domain.operations.batch import Line, TakeIn
from tests.people import CHANG_GUILAN
from tests.screens.conftest import do, kinds, make_counter, open_job, settled, shown, type_text
from tests.screens.test_drawers import line_of

SIZE = (80, 24)
VILLAGE = "410782105203"
DOORS = 12


def door(n: int) -> Line:
    """Return a villager's card; the houses are taken in backwards."""
    base, card = line_of(n), f"R{n:07d}"
    return Line(
        person=base.person, number=base.number, name=f"住户{'甲乙丙丁戊己庚辛壬癸子丑'[n]}",
        card=card + card_check(card), mobile=f"138000010{n:02d}", village_code=VILLAGE,
        village_name="东村", address=f"东村{DOORS - n}号",
    )  # fmt: skip


@pytest.fixture
def village(private_folder: Path) -> Iterator[wiring.Counter]:
    """Give a counter with the cards of a village of twelve houses."""
    counter = make_counter(private_folder / "counter")
    do(counter, TakeIn(batch="2026-V", lines=tuple(door(n) for n in range(DOORS))))
    yield counter
    counter.close()


class Counted:
    """A pilot that counts the keys."""

    def __init__(self, pilot: Pilot[None]) -> None:
        self._pilot = pilot
        self.keys = 0

    async def press(self, *keys: str) -> None:
        self.keys += len(keys)
        await self._pilot.press(*keys)
        await settled(self._pilot)


def at_house(counter: wiring.Counter, house: int) -> object:
    card = counter.lookup.card(door(DOORS - house).card)
    assert card is not None
    return card.not_home_on or card.receiver


@pytest.mark.clause("B10", "2.2.1")
async def test_after_the_first_door_two_keys_a_person(village: wiring.Counter) -> None:
    app = SbkApp(opened=village)
    before = len(kinds(village))
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "08")
        await pilot.press(*VILLAGE, "enter")
        screen = shown(app)
        assert screen.index("东村1号") < screen.index("东村2号") < screen.index("东村10号")
        clerk = Counted(pilot)
        await clerk.press("1", "enter")  # house 1: the holder, phone on file
        assert clerk.keys == 2
        await clerk.press("2")  # house 2: the first proxy is typed once
        for text in (CHANG_GUILAN.name, CHANG_GUILAN.number, CHANG_GUILAN.mobile):
            await type_text(pilot, text)
            await clerk.press("enter")
        clerk.keys = 0
        await clerk.press("2", "enter")  # house 3: the same proxy
        await clerk.press("3", "0")  # house 4: nobody there
        await clerk.press("1", "enter")  # house 5
        assert clerk.keys == 6
        screen = shown(app)
        await pilot.press("f8")
        await settled(pilot)
        sheet = shown(app)
    assert "待发 8 张  今天已发 4 张" in screen
    assert kinds(village)[before:] == [
        "issue.person", "issue.person", "issue.person", "visit.not_home", "issue.person",
    ]  # fmt: skip
    proxy = Receiver(
        type="2", name=CHANG_GUILAN.name, number=CHANG_GUILAN.number, phone=CHANG_GUILAN.mobile
    )
    assert at_house(village, 1) == Receiver(type="1", phone="13800001011")
    assert at_house(village, 2) == at_house(village, 3) == proxy
    assert at_house(village, 4) == village.ledger.today()
    assert "入户发放签收表" in sheet


@pytest.mark.clause("B10")
async def test_a_phone_that_is_not_known_is_typed_and_nothing_else(
    village: wiring.Counter,
) -> None:
    nobody = Line(
        person="d" * 32, number=line_of(900).number, name="无电话",
        card="R0000099" + card_check("R0000099"), village_code=VILLAGE,
        village_name="东村", address="东村0号",
    )  # fmt: skip
    do(village, TakeIn(batch="2026-W", lines=(nobody,)))
    app = SbkApp(opened=village)
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "08")
        await pilot.press(*VILLAGE, "enter", "1", *"13800001234", "enter")
        await settled(pilot)
        assert "已发：无电话" in shown(app)


@pytest.mark.clause("B10", "B20")
async def test_every_tick_is_on_disk_when_the_lid_closes(village: wiring.Counter) -> None:
    app = SbkApp(opened=village)
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "08")
        await pilot.press(*VILLAGE, "enter", "1", "enter")
        await settled(pilot)
        await pilot.press("1")  # a door is open when it happens
    again = SbkApp(opened=village)
    async with again.run_test(size=SIZE) as pilot:
        await open_job(pilot, "08")
        await pilot.press(*VILLAGE, "enter")
        screen = shown(again)
    assert "待发 11 张  今天已发 1 张" in screen
    assert "√本人 住户丑" in screen


@pytest.mark.clause("N1", "B10")
@pytest.mark.parametrize("key", ["1", "2", "3", "enter", "f10"])
async def test_a_held_key_does_at_most_one_thing(village: wiring.Counter, key: str) -> None:
    app = SbkApp(opened=village)
    before = len(kinds(village))
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "08")
        await pilot.press(*VILLAGE, "enter", *[key] * 30)
        await settled(pilot)
    assert kinds(village)[before:] == (["visit.not_home"] if key == "3" else [])
