"""金融账户激活 (A3) by keys at a bank window, with the city on the line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pytest
from textual.pilot import Pilot

from sbk_tui import wiring
from sbk_tui.app import SbkApp
from sbk_tui.data.line import LineState, note_line
from sbk_tui.domain.card import Card, Receiver
from sbk_tui.domain.identity import card_check
from sbk_tui.domain.operations.account import ActivateAccount
from sbk_tui.domain.operations.batch import Line, TakeIn
from sbk_tui.domain.operations.issue import Enable, IssueToPerson
from sbk_tui.domain.operations.loss import FormalLoss
from sbk_tui.hardware.chip.twin_reader import SocialCardReaderTwin
from sbk_tui.hardware.idcard_twin import IdCardReaderTwin
from sbk_tui.sync.client import HubClient
from tests.hardware.documents import CITIZEN
from tests.screens.conftest import (
    CARDS,
    PASSWORD,
    PEOPLE,
    do,
    empty_counter,
    kinds,
    make_counter,
    open_job,
    pick,
    settled,
    shown,
    type_text,
)
from tests.screens.test_pin import chip_of
from tests.sync.live import LiveCity

SIZE = (80, 24)
BANK, OTHER = "95533", "95588"
CHILD_CARD = "B0000009" + card_check("B0000009")


@dataclass
class Window:
    """A bank window of one city with a township, and its devices."""

    counter: wiring.Counter
    app: SbkApp
    city: LiveCity
    client: HubClient
    township: wiring.Counter
    township_client: HubClient
    slot: SocialCardReaderTwin
    ids: IdCardReaderTwin

    def lay(self, n: int, **values: str) -> None:
        own = {"name": PEOPLE[n].name, "number": PEOPLE[n].number}
        self.ids.lay(replace(CITIZEN, values=CITIZEN.values | own | values).card())

    def card(self, n: int = 0) -> Card:
        seen = self.counter.lookup.dossier(CARDS[n])
        assert seen is not None
        return next(card for card in seen.cards if card.number == CARDS[n])


@pytest.fixture
def window(private_folder: Path, request: pytest.FixtureRequest) -> Iterator[Window]:
    """Give a window of BANK with a reader, or as the test says, with everybody's rows."""
    folder, given = private_folder, getattr(request, "param", {})
    bank, reader = given.get("bank", BANK), given.get("reader", True)
    township = make_counter(folder / "township")
    city = LiveCity(folder / "city")
    township_client = city.join(township)
    home = folder / "bank"
    empty_counter(home, "B", bank).close()
    with SocialCardReaderTwin(folder.name) as slot, IdCardReaderTwin() as ids:
        lines = f'social_card_reader = "sim://{folder.name}"\n'
        lines += f'id_card_reader = "{ids.device}"\n' if reader else ""
        (home / "config.toml").write_text(f"[devices]\n{lines}", "utf-8")
        counter = wiring.sign_in(home, "1001", PASSWORD)
        client = city.join(counter)
        with city.sending(counter, client):
            app = SbkApp(opened=counter)
            yield Window(counter, app, city, client, township, township_client, slot, ids)
        counter.close()
    township.close()
    city.close()


async def press(pilot: Pilot[None], *keys: str) -> None:
    for key in keys:
        await pilot.press(key)
        await settled(pilot)


@pytest.mark.clause("A3-bank", "A3", "A8", "N1")
@pytest.mark.parametrize("size", [SIZE, (100, 30)])
async def test_an_account_is_activated_from_the_card_to_the_slip(
    window: Window, size: tuple[int, int]
) -> None:
    window.slot.insert(chip_of(0))
    window.lay(0)
    async with window.app.run_test(size=size) as pilot:
        await open_job(pilot, "a3")
        await press(pilot, "f3")
        assert "建设银行，可以激活" in shown(window.app)
        assert "未激活" in shown(window.app)
        await press(pilot, "f10")
        assert "还没有确认持卡人本人到场" in shown(window.app)
        await press(pilot, "f2", "f10")
        assert kinds(window.counter) == []
        await press(pilot, *["f10"] * 10)  # a held key only asks
        assert kinds(window.counter) == []
        await press(pilot, "1")
        assert "业务码" in shown(window.app)
        assert "已激活" in shown(window.app) or "金融账户激活" in shown(window.app)
        await press(pilot, *["f10"] * 10)
        await press(pilot, "f8")
        screen = shown(window.app)
        assert "金融账户激活业务回执单" in screen
        assert "市中心已确认" in screen
        await press(pilot, "f8")
    assert kinds(window.counter) == ["account.activate"]
    assert window.card().financial_account == "1"
    assert window.card().financial_at is not None
    assert window.counter.desks.papers.owed_count() == 0


@pytest.mark.clause("A3-bank")
async def test_only_the_holder_and_the_typed_number_will_do(window: Window) -> None:
    window.lay(1)
    async with window.app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "a3")
        await pick(pilot, CARDS[0])
        assert "未读（按卡号办理）" in shown(window.app)
        window.slot.insert(chip_of(1))
        await press(pilot, "f3")
        assert CARDS[1] in shown(window.app)  # another card lies there
        await press(pilot, "f2")
        assert "不是" in shown(window.app)
        assert "本人的，不能激活" in shown(window.app)
        await press(pilot, "f10")
        assert "还没有确认" in shown(window.app)
        window.lay(0)
        await press(pilot, "f2", "f10", "1")
    (operation,) = operations(window)
    assert (operation.presence, operation.chip_read) == ("1", False)


def operations(window: Window) -> list[ActivateAccount]:
    seen = window.counter.lookup.dossier(PEOPLE[0].id)
    assert seen is not None
    found = [window.counter.lookup.operation(e.op) for e in seen.timeline]
    return [f.operation for f in found if f and isinstance(f.operation, ActivateAccount)]


@pytest.mark.clause("A3-bank")
async def test_a_minor_comes_with_the_guardian(window: Window) -> None:
    number = "410782201506010012"
    child = Line(
        person="c" * 32, number=number, name="程小禾", card=CHILD_CARD, bank=BANK,
        village_code="410782105201", birth=date(2015, 6, 1),
    )  # fmt: skip
    do(window.township, TakeIn(batch="2026-C", lines=(child,)))
    parent = Receiver(type="2", name=PEOPLE[0].name, number=PEOPLE[0].number, phone="13800001111")
    do(window.township, IssueToPerson(card=CHILD_CARD, receiver=parent))
    do(window.township, Enable(card=CHILD_CARD))
    window.city.call_beside(window.township, window.township_client)
    window.city.call_beside(window.counter, window.client)
    window.lay(0)
    async with window.app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "a3")
        await pick(pilot, CHILD_CARD)
        assert "由监护人办" in shown(window.app)
        await press(pilot, "f2")
        assert PEOPLE[0].number in shown(window.app)
        await press(pilot, "f10")
        assert "户口簿" in shown(window.app)
        await press(pilot, "space", "f10", "1", "f8")
        assert "监护人代为办理" in shown(window.app)
    seen = window.counter.lookup.dossier(CHILD_CARD)
    assert seen is not None
    assert seen.cards[0].financial_account == "1"


@pytest.mark.clause("A3-bank")
async def test_what_cannot_be_activated_says_why(window: Window) -> None:
    do(window.township, FormalLoss(card=CARDS[1], id_shown=True))
    window.city.call_beside(window.township, window.township_client)
    window.city.call_beside(window.counter, window.client)
    async with window.app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "a3")
        await pick(pilot, CARDS[1])
        assert "正式挂失" in shown(window.app)
        await press(pilot, "ctrl+u")
        await press(pilot, *["backspace"] * 9)
        await pick(pilot, CARDS[2])
        assert "封存" in shown(window.app)


@pytest.mark.clause("A3-bank", "P4")
async def test_a_loss_that_this_window_has_not_heard_of_is_the_citys_no(window: Window) -> None:
    window.lay(0)
    async with window.app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "a3")
        await pick(pilot, CARDS[0])
        await press(pilot, "f2")
        do(window.township, FormalLoss(card=CARDS[0], id_shown=True))
        window.city.call_beside(window.township, window.township_client)
        await press(pilot, "f10", "1")
        assert "金融账户没有激活" in shown(window.app)
    assert window.counter.desks.papers.owed_count() == 0
    assert window.card().financial_account == "0"


@pytest.mark.clause("A3-bank")
async def test_without_a_line_nothing_is_recorded(window: Window) -> None:
    window.lay(0)
    state = LineState(tried=1, reached=1, code="hub.no_line")
    async with window.app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "a3")
        await pick(pilot, CARDS[0])
        await press(pilot, "f2")
        note_line(window.counter.opened.store, state)
        await press(pilot, "f10", "1")
        screen = shown(window.app)
    assert "市中心" in screen
    assert kinds(window.counter) == []


@pytest.mark.clause("A3-bank")
@pytest.mark.parametrize("window", [{"reader": False}], indirect=True)
async def test_a_window_without_a_reader_looks_itself(window: Window) -> None:
    async with window.app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "a3")
        await pick(pilot, CARDS[0])
        await press(pilot, "f2")
        assert "已看过身份证原件" in shown(window.app).replace("\n", "")
        await press(pilot, "1", "f10", "1")
    (operation,) = operations(window)
    assert operation.presence == "4"


@pytest.mark.clause("A3-bank", "A3")
@pytest.mark.parametrize("window", [{"bank": OTHER}], indirect=True)
async def test_another_banks_window_sends_the_holder_there(window: Window) -> None:
    async with window.app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "a3")
        await pick(pilot, CARDS[0])
        screen = shown(window.app)
    assert "不是本行" in screen
    assert "建设银行" in screen


@pytest.mark.clause("A3")
async def test_a_bank_windows_menu_is_its_own_set(window: Window) -> None:
    async with window.app.run_test(size=SIZE) as pilot:
        assert "不办" not in shown(window.app)
        assert "申领" in shown(window.app)
        await type_text(pilot, "jrzh")
        screen = shown(window.app)
        assert "金融账户激活" in screen
        assert "不办" not in screen
        await press(pilot, *["backspace"] * 4)
        for number in ("222", "34", "514", "61", "51"):
            await type_text(pilot, number)
            assert "本级窗口不办" in shown(window.app)
            await press(pilot, *["backspace"] * len(number))
