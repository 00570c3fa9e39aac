"""口头挂失码 by keys: shown and printed after a loss while the line is down (B2)."""

from __future__ import annotations

import re

import msgspec
import pytest

from sbk_tui import wiring
from sbk_tui.app import SbkApp
from sbk_tui.data import outbox, spoken
from sbk_tui.data.line import LineState, note_line
from sbk_tui.data.spoken import SpokenKey
from sbk_tui.domain.identity import SocialNumber
from sbk_tui.domain.spoken import SpokenAction, hear
from tests.people import EVERYBODY
from tests.screens.conftest import PEOPLE, open_job, pick, settled, shown, type_text

KEY = SpokenKey(counter=7, key=bytes(range(32)))
CODE = re.compile(r"\d{4}(?: \d{4}){5}")


def agreed(counter: wiring.Counter, *, code: str) -> None:
    """Let the city have given a key, and the last attempt have ended with `code`."""
    known = {"hub_public": b"x", spoken.KEY: msgspec.msgpack.encode(KEY)}
    outbox.remember_peer(counter.opened.store, known)
    note_line(counter.opened.store, LineState(tried=1, reached=wiring.now_ms(), code=code))


def one_line(screen: str) -> str:
    return re.sub(r"\s+", " ", screen)


@pytest.mark.clause("B2", "3.2")
@pytest.mark.parametrize("size", [(80, 24), (100, 30)])
async def test_the_digits_stand_on_the_screen_and_on_the_slip(
    counter: wiring.Counter, app: SbkApp, size: tuple[int, int]
) -> None:
    agreed(counter, code="hub.no_line")
    async with app.run_test(size=size) as pilot:
        await open_job(pilot, "32")
        await pick(pilot, PEOPLE[0].number)
        await pilot.press("space", "f10", "1")
        await settled(pilot)
        done = one_line(shown(app))
        await pilot.press("f8")
        await settled(pilot)
        slip = one_line(shown(app))
    found = CODE.search(done)
    assert found is not None
    said = hear(found[0])
    assert (said.counter, said.action) == (7, SpokenAction.FORMAL)
    assert said.is_by(KEY.key, SocialNumber.parse(PEOPLE[0].number))
    assert "请打电话给市中心" in done
    assert found[0] in slip


@pytest.mark.clause("B2", "3.2")
async def test_nothing_is_to_be_read_out_while_the_line_is_up(
    counter: wiring.Counter, app: SbkApp
) -> None:
    agreed(counter, code="")
    async with app.run_test(size=(80, 24)) as pilot:
        await open_job(pilot, "32")
        await pick(pilot, PEOPLE[0].number)
        await pilot.press("space", "f10", "1")
        await settled(pilot)
        assert "口头挂失码" not in shown(app)
        await pilot.press("f8")
        await settled(pilot)
        assert "口头挂失码" not in shown(app)


@pytest.mark.clause("B2", "A5", "3.1")
async def test_a_loss_without_a_record_has_its_digits_too(
    counter: wiring.Counter, app: SbkApp
) -> None:
    agreed(counter, code="hub.timeout")
    stranger = EVERYBODY[5]
    async with app.run_test(size=(80, 24)) as pilot:
        await open_job(pilot, "31")
        await type_text(pilot, stranger.number)
        await pilot.press("enter")
        await settled(pilot)
        await pilot.press("f4")
        await pilot.pause()
        await pilot.press("1")
        await pilot.pause()
        await pilot.press("enter")
        for text in (stranger.name, "刘洋", "13800000000"):
            await type_text(pilot, text)
            await pilot.press("enter")
            await pilot.pause()
        await pilot.press("f10")
        await settled(pilot)
        found = CODE.search(one_line(shown(app)))
    assert found is not None
    assert hear(found[0]).action is SpokenAction.BLIND
