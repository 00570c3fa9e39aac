"""The card printer of a training counter: in its records, on its tray, and in nobody else's."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.pilot import Pilot

from sbk_tui.app import SbkApp
from sbk_tui.counter_devices import card_printer_of
from sbk_tui.data.records import Records
from sbk_tui.demo import assets, office
from sbk_tui.demo.chips import READER
from sbk_tui.demo.machine import FAULTS, PRINTER
from sbk_tui.demo.people import FEWEST
from sbk_tui.demo.twins import training_devices
from sbk_tui.domain.operations.make import SpoilBlank
from sbk_tui.domain.production import BlankState
from sbk_tui.errors import DeviceFault
from sbk_tui.hardware.chip.opening import open_social_card_reader
from sbk_tui.hardware.ports import CardPrinter
from sbk_tui.pinyin import initials
from sbk_tui.resources import toml
from sbk_tui.screens.tray import TrayScreen
from sbk_tui.services.training import CardMachine, Tray
from sbk_tui.terminal.listview import PagedList
from sbk_tui.wiring import Counter
from tests.demo.conftest import make

NEVER = threading.Event()
Desk = tuple[Counter, Tray]


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Counter, office.Made]]:
    """Give a county's training counter, which makes cards."""
    home = tmp_path_factory.mktemp("county") / "training"
    make(home, "county", people=FEWEST)
    counter, made = office.open_again(home)
    yield counter, made
    counter.close()


@pytest.fixture
def desk(county: tuple[Counter, office.Made]) -> Iterator[Desk]:
    """Give it with its devices running."""
    counter, made = county
    with training_devices(counter, made.residents()) as tray:
        yield counter, tray


def machine_of(tray: Tray) -> CardMachine:
    assert tray.machine is not None
    return tray.machine


def printer_of(counter: Counter) -> CardPrinter:
    driver = card_printer_of(counter.config)
    assert driver is not None
    return driver()


@pytest.mark.clause("B14", "5.1.3.1")
def test_every_blank_in_the_hopper_is_in_the_records_with_its_bank(desk: Desk) -> None:
    counter, tray = desk
    machine = machine_of(tray)
    assert set(machine.banks) == set(assets.places().bank_shares)
    for bank in machine.banks:
        machine.put_on_top(bank)
        top = machine.on_top
        assert top is not None
        with counter.opened.store.session() as db:
            known = Records(db, initials).blank(top.serial)
        assert known is not None
        assert (known.bank, known.state, top.bank) == (bank, BlankState.STOCK, bank)


@pytest.mark.clause("B14", "5.1.3.2", "5.1.3.3")
def test_a_card_goes_through_and_is_laid_in_again(desk: Desk) -> None:
    counter, tray = desk
    machine, printer = machine_of(tray), printer_of(counter)
    before = machine.on_top
    assert before is not None
    printer.feed("job-1", NEVER)
    assert open_social_card_reader(printer.coupler()).read(NEVER, bank=True).bank_number
    printer.print_face(b"a face", "job-1", NEVER)
    assert not machine.came_out
    printer.eject("job-1", spoiled=False)
    assert machine.came_out
    machine.put_back()
    assert machine.on_top == before
    assert not machine.came_out


def test_the_card_laid_in_again_is_the_one_that_came_out_last(desk: Desk) -> None:
    counter, tray = desk
    machine, printer = machine_of(tray), printer_of(counter)
    printer.feed("job-1", NEVER)
    printer.eject("job-1", spoiled=False)
    second = machine.on_top
    printer.feed("job-2", NEVER)
    printer.eject("job-2", spoiled=True)
    machine.put_back()
    assert machine.on_top == second


def test_the_printers_chip_unit_is_not_the_reader_on_the_counter() -> None:
    assert PRINTER != READER


@pytest.mark.clause("B14", "F6")
def test_a_fault_is_had_and_mended(desk: Desk) -> None:
    counter, tray = desk
    machine_of(tray).fault("cover_open")
    with pytest.raises(DeviceFault, match="cover_open"):
        printer_of(counter).feed("job-1", NEVER)
    machine_of(tray).mend()
    printer_of(counter).feed("job-1", NEVER)


def test_a_blank_that_was_spoiled_yesterday_is_not_in_the_hopper_today(
    county: tuple[Counter, office.Made],
) -> None:
    counter, made = county
    with training_devices(counter, made.residents()) as tray:
        top = machine_of(tray).on_top
    assert top is not None
    counter.ledger.perform(
        counter.ledger.intend(SpoilBlank(blank=top.serial, reason="3"), op=counter.new_id())
    )
    with training_devices(counter, made.residents()) as tray:
        now = machine_of(tray).on_top
    assert now is not None
    assert (now.serial == top.serial, now.bank, now.left) == (False, top.bank, top.left - 1)


def test_a_township_makes_no_cards_and_has_no_machine(tmp_path: Path) -> None:
    home = tmp_path / "township"
    make(home, people=FEWEST)
    counter, made = office.open_again(home)
    try:
        assert counter.config.devices.card_printer == ""
        with training_devices(counter, made.residents()) as tray:
            assert tray.machine is None
    finally:
        counter.close()


def test_every_fault_has_its_word() -> None:
    assert set(toml("texts/words/machine.toml")["demo_machine_fault"]) == set(FAULTS)


@pytest.mark.clause("B14")
async def test_the_tray_shows_the_hopper_and_breaks_the_machine_by_keys(desk: Desk) -> None:
    counter, tray = desk
    machine = machine_of(tray)
    top = machine.on_top
    assert top is not None
    app = SbkApp(opened=counter, tray=tray)
    async with app.run_test(size=(80, 24)) as pilot:
        await go_to(pilot, top.serial)
        await go_to(pilot, "机盖没有关好")
        await pilot.press("enter")
        await pilot.pause()
        assert printer_of(counter).status().fault == "cardprinter.cover_open"
        await go_to(pilot, "接上线、关好盖")
        await pilot.press("enter")
        await pilot.pause()
    assert printer_of(counter).status().ready


async def go_to(pilot: Pilot[None], text: str) -> None:
    """Open the tray, where it is not open, and go down to the line with `text`."""
    if not isinstance(pilot.app.screen, TrayScreen):
        await pilot.press("f9")
    rows = pilot.app.screen.query_one(PagedList)
    for _ in range(rows.row_count or 0):
        if rows.highlighted and text in rows.highlighted.cells[1]:
            return
        await pilot.press("down")
    raise AssertionError(f"no line with {text}")
