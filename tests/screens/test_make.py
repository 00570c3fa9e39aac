"""制卡 by keys at a county counter: real drivers, a simulated printer, a real city (5.1.3)."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.pilot import Pilot

from sbk_tui.app import SbkApp
from sbk_tui.domain.production import BlankState, ProductionState
from sbk_tui.hardware.card_printer_twin import CardPrinterTwin
from tests.screens.conftest import kinds, open_job, settled, shown, type_text
from tests.services.production import BANK, HOLDER, SERIALS, Rig, hasty, set_up, twin_named

SIZE = (80, 24)
S = ProductionState


@pytest.fixture(scope="module")
def marked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of a county and its city, with one marked replacement."""
    folder = tmp_path_factory.mktemp("marked")
    set_up(folder)
    return folder


@pytest.fixture
def rig(
    marked: Path,
    tmp_path: Path,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Rig]:
    """Give that county, open, with its printer."""
    hasty(monkeypatch)
    folder = tmp_path / "offices"
    shutil.copytree(marked, folder)
    with twin_named(f"keys-{id(request)}") as twin:
        rig = Rig(folder, twin)
        yield rig
        rig.close()


@pytest.fixture
def app(rig: Rig) -> SbkApp:
    return SbkApp(opened=rig.counter)


@pytest.fixture
def twin(rig: Rig) -> CardPrinterTwin:
    return rig.twin


async def press(pilot: Pilot[None], *keys: str) -> None:
    """Press keys one after the other, each once the work of the one before is done."""
    for key in keys:
        await pilot.press(key)
        await settled(pilot)


async def tick(pilot: Pilot[None], count: int) -> None:
    """Tick the next fields of a form."""
    for _ in range(count):
        await press(pilot, "space", "enter")


@pytest.mark.clause("5.1.3.2", "N1", "N2")
async def test_a_card_is_made_by_keys_and_a_held_key_does_one_thing(
    rig: Rig, app: SbkApp, twin: CardPrinterTwin
) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "5132")
        assert HOLDER.name in shown(app)  # what waits here stands there at once
        await press(pilot, "enter")
        await press(pilot, *["f10"] * 5)
        assert rig.state() is S.FETCHED
        assert "核对" in shown(app)
        assert HOLDER.number in shown(app)
        await tick(pilot, 4)
        await press(pilot, *["f10"] * 5)
        assert SERIALS[0] in shown(app)
        assert twin.inside is None
        await tick(pilot, 3)
        await press(pilot, "f10")
        assert rig.state() is S.FED
        assert twin.inside is not None
        await press(pilot, *["f10"] * 5)
        assert rig.state() is S.FED
        await press(pilot, "1")
        assert rig.state() is S.RETURNED
        assert "市中心接收：20" in shown(app)
        await press(pilot, *["f10"] * 3)
        await press(pilot, "1")
        assert (twin.printed, len(twin.output)) == (1, 1)
        await press(pilot, *["f10"] * 3)
        assert rig.state() is S.RETURNED  # nobody has looked at the face
        await press(pilot, "1")
        assert rig.state() is S.PRINTED
        assert "5.1.4" in shown(app)
    made = [kind for kind in kinds(rig.counter) if kind.startswith("make.")]
    assert made == ["make.fetch", "make.feed", "make.write", "make.read_back", "make.print"]


@pytest.mark.clause("5.1.3.2", "5.1.3.4", "F8", "B3")
async def test_a_card_that_fails_is_restored_and_marked_again(
    rig: Rig, app: SbkApp, twin: CardPrinterTwin
) -> None:
    await asyncio.to_thread(rig.until, "write")
    assert twin.inside is not None
    twin.inside.chip.fault("wear", 2)
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "5132")
        await press(pilot, "enter", "f10", "1")
        assert "写不进" in shown(app)
        await press(pilot, "f7", "4", "1")
        assert rig.state() is S.FAILED
        assert rig.blanks()[SERIALS[0]] is BlankState.WRITTEN
        assert "5.1.3.4" in shown(app)
        await press(pilot, "escape", "escape")
        await open_job(pilot, "5134")
        await press(pilot, "enter", "f10", "1", "f10")
        assert rig.state() is S.MARKED
    assert [card.serial for card in twin.output] == SERIALS[:1]


@pytest.mark.clause("5.1.3.3", "F4")
async def test_a_face_is_printed_again_without_a_second_write(
    rig: Rig, app: SbkApp, twin: CardPrinterTwin
) -> None:
    await asyncio.to_thread(rig.until, "")
    (card,) = twin.output
    heard = len(card.chip.heard)
    twin.put_back(card)
    async with app.run_test(size=(100, 30)) as pilot:
        await open_job(pilot, "5133")
        await press(pilot, "enter", "f6")
        assert "▀" in shown(app)
        await press(pilot, "escape")
        await tick(pilot, 4)
        await press(pilot, "f10", "f10", "f10", "1", "f10", "1")
    assert (twin.printed, rig.production().printed, len(card.chip.heard)) == (2, 2, heard)


@pytest.mark.clause("5.1.3.1")
async def test_blanks_and_ribbons_come_in_and_a_blank_is_waste(rig: Rig, app: SbkApp) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await open_job(pilot, "5131")
        assert SERIALS[0] in shown(app)
        assert "还能打 200 张" in shown(app)
        await press(pilot, "f4", "1")
        await type_text(pilot, BANK)
        await press(pilot, "enter")
        await type_text(pilot, f"{BANK}0000006")
        await press(pilot, "f10")
        await press(pilot, "f7")
        await press(pilot, "enter", "3", "f10")
        assert rig.blanks()[SERIALS[0]] is BlankState.SPOILED
        assert len(rig.blanks()) == 6
        await press(pilot, "f4", "3")
        assert rig.counter.desks.supplies.ribbons().left == 1
        await type_text(pilot, SERIALS[0])
        await press(pilot, "enter")
        assert "折损" in shown(app)
