"""全市挂失、注销名单 by keys: red before a card leaves, refused before it is made usable."""

from __future__ import annotations

import pytest

from sbk_tui import wiring
from sbk_tui.app import SbkApp
from sbk_tui.data import outbox
from sbk_tui.data.line import LineState, note_line
from sbk_tui.domain.operations.loss import FormalLoss
from tests.screens.conftest import (
    CARDS,
    PEOPLE,
    do,
    kinds,
    open_job,
    pick,
    settled,
    shown,
)

SIZE = (80, 24)
HOUR_MS = 3_600_000


def listed(counter: wiring.Counter, card: str, state: str, *, hours: float = 2) -> None:
    """Let the city's list, so old, name a card."""
    store, at = counter.opened.store, wiring.now_ms() - round(hours * HOUR_MS)
    complete = str(at).encode()
    outbox.remember_peer(store, {"hub_public": b"x", "cursor": b"9", "complete": complete})
    note_line(store, LineState(tried=at, reached=at))
    with store.write() as db:
        db.execute_sql("INSERT INTO blocked_card VALUES (?, ?, 9)", (card, state))


@pytest.mark.clause("2.2.2", "3.4")
async def test_a_card_of_the_list_is_shown_red_before_it_is_handed_out(
    counter: wiring.Counter,
    app: SbkApp,
) -> None:
    listed(counter, CARDS[2], "9")
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "222")
        await pick(pilot, PEOPLE[2].number)
        screen = shown(app)
        assert f"{CARDS[2]} 注销" in screen.replace("\n", "")
        assert "2小时前更新" in screen


@pytest.mark.clause("5.1.4")
async def test_a_card_of_the_list_is_not_enabled(counter: wiring.Counter, app: SbkApp) -> None:
    listed(counter, CARDS[3], "9")
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "514")
        await pick(pilot, PEOPLE[3].number)
        await pilot.press("f10", "1", "f10", "1")
        await settled(pilot)
        assert "挂失、注销名单上" in shown(app)
    assert kinds(counter)[-1] == "card.enable"  # of the set-up
    card = counter.lookup.card(CARDS[3])
    assert card is not None
    assert card.state == "0"


@pytest.mark.clause("3.3")
async def test_a_card_cancelled_elsewhere_is_not_released(
    counter: wiring.Counter,
    app: SbkApp,
) -> None:
    do(counter, FormalLoss(card=CARDS[0], id_shown=True))
    listed(counter, CARDS[0], "9")
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "33")
        await pick(pilot, PEOPLE[0].number)
        await pilot.press("space", "down", "space", "f10", "1")
        await settled(pilot)
        assert "挂失、注销名单上" in shown(app)
    assert kinds(counter)[-1] == "loss.formal"


@pytest.mark.clause("3.3")
async def test_a_loss_that_is_known_here_is_released_as_ever(
    counter: wiring.Counter,
    app: SbkApp,
) -> None:
    do(counter, FormalLoss(card=CARDS[0], id_shown=True))
    listed(counter, CARDS[0], "2")
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "33")
        await pick(pilot, PEOPLE[0].number)
        assert "名单" not in shown(app)
        await pilot.press("space", "down", "space", "f10", "1")
        await settled(pilot)
    assert kinds(counter)[-1] == "card.release"


@pytest.mark.clause("B9", "B12")
async def test_the_age_of_the_list_is_told_on_the_line_and_in_the_morning(
    counter: wiring.Counter,
    app: SbkApp,
) -> None:
    listed(counter, CARDS[3], "9", hours=30)
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "05")
        assert "全市挂失、注销名单：1 张，30小时前更新" in shown(app)
    finding = counter.desks.morning.look("block_list")
    assert (finding.state, "30小时没有更新" in finding.found) == ("wrong", True)
    outbox.remember_peer(
        counter.opened.store, {"complete": str(wiring.now_ms() - HOUR_MS).encode()}
    )
    assert counter.desks.morning.look("block_list").state == "ok"
