"""申领 by keys: from the identity card on the simulated reader to the saved form (1.1, 1.2)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.pilot import Pilot

from sbk_tui import wiring
from sbk_tui.app import SbkApp
from sbk_tui.hardware.idcard_twin import IdCardReaderTwin
from tests.hardware.documents import CITIZEN as DOCUMENT
from tests.hardware.drawn import encoded, face
from tests.screens.conftest import (
    PASSWORD,
    kinds,
    make_counter,
    open_job,
    settled,
    shown,
    type_text,
)

SIZE = (80, 24)
CITIZEN = DOCUMENT.card()


@pytest.fixture
def reader() -> Iterator[IdCardReaderTwin]:
    """Give a simulated reader on a pseudo-terminal."""
    with IdCardReaderTwin() as twin:
        yield twin


@pytest.fixture
def counter(private_folder: Path, reader: IdCardReaderTwin) -> Iterator[wiring.Counter]:
    """Give a counter whose reader is the twin and whose camera saves into a folder."""
    home = private_folder / "counter"
    make_counter(home).close()
    pictures = private_folder / "pictures"
    pictures.mkdir()
    (pictures / "shot.jpg").write_bytes(
        encoded(face((900, 1200), hair_top=160, head=560, centre=450))
    )
    (home / "config.toml").write_text(
        f'[devices]\nid_card_reader = "{reader.device}"\nportrait_folder = "{pictures}"\n', "utf-8"
    )
    counter = wiring.sign_in(home, "1001", PASSWORD)
    yield counter
    counter.close()


async def answered(pilot: Pilot[None]) -> None:
    """Fill in the steps after the card was read, up to the portrait."""
    await pilot.press("enter")  # the first step: read from the card
    for _ in range(14):
        if "2人员类别" in shown(pilot.app) and ">2" in shown(pilot.app):  # type: ignore[arg-type]
            break
        await pilot.press("enter")
        await settled(pilot)
    await pilot.press("3", "enter")
    await settled(pilot)
    await pilot.press("9", "enter")
    await settled(pilot)
    await type_text(pilot, "21")
    await pilot.press("enter")
    await settled(pilot)
    await pilot.press("f5")
    await pilot.pause()
    await pilot.press("enter")
    await settled(pilot)
    await pilot.press("enter")
    await settled(pilot)
    await type_text(pilot, "13800004444")
    for _ in range(6):
        await pilot.press("enter")
        await settled(pilot)


@pytest.mark.clause("1.1", "1.2", "A7.1", "A8")
async def test_from_the_card_on_the_reader_to_the_saved_form(
    counter: wiring.Counter, app: SbkApp, reader: IdCardReaderTwin
) -> None:
    reader.lay(CITIZEN)
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "12")
        await pilot.press("f2")
        await settled(pilot)
        assert CITIZEN.name in shown(app)
        await answered(pilot)
        assert "还没有照片" in shown(app)
        await pilot.press("f7")
        await settled(pilot)
        await pilot.press("f10")  # the file that is pointed at
        await settled(pilot)
        await pilot.press("f5")
        await settled(pilot)
        await pilot.press("f10", "1")
        await settled(pilot)
        assert ">8打印申领表" in shown(app)
        await pilot.press("f8")
        await settled(pilot)
        assert "申领登记表" in shown(app)
        await pilot.press("f8")
        await settled(pilot)
        await pilot.press("space", "f10")
        await settled(pilot)
        screen = shown(app)
    assert "已办：申领" in screen, screen
    assert kinds(counter)[-1] == "person.apply"
    found = counter.lookup.dossier(CITIZEN.number)
    assert found is not None
    assert (found.person.name, found.person.mobile) == (CITIZEN.name, "13800004444")
    assert found.person.village_code.startswith("410782105")
    assert counter.desks.apply.picture(found.person.photo)[:2] == b"\xff\xd8"
    assert [a.is_open for a in found.applications] == [True]
    assert counter.desks.drafts.jobs() == ()


@pytest.mark.clause("N1")
async def test_reading_is_broken_off_by_escape_and_nothing_typed_is_lost(
    app: SbkApp, reader: IdCardReaderTwin
) -> None:
    reader.lift()
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "12")
        await type_text(pilot, "张晓禾")
        await pilot.press("f2")
        await pilot.pause(0.3)
        await pilot.press("escape")
        await settled(pilot)
        screen = shown(app)
    assert "张晓禾" in screen
    assert "已停止" in screen


async def test_a_reader_pulled_out_in_the_middle_is_a_message(
    app: SbkApp, reader: IdCardReaderTwin
) -> None:
    reader.lay(CITIZEN)
    reader.fault("port_closed")
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "12")
        await pilot.press("f2")
        await settled(pilot)
        screen = shown(app)
    assert "阅读器" in screen
    assert "1读身份证" in screen


@pytest.mark.clause("1.2")
async def test_a_wrong_check_digit_is_named_at_the_field_when_it_is_left(app: SbkApp) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "12")
        await pilot.press("down")
        await type_text(pilot, "410782198503140029")
        await pilot.press("down")
        await settled(pilot)
        screen = shown(app)
    assert "校验位不符" in screen
    assert "410782198503140029" in screen
