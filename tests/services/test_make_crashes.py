"""The process dies in the middle of a card, and a fresh one goes on: rows C11–C19 of §18.1 (B3).

The child opens counter, city and printer, works up to a named point and ends there with
`os._exit`; what the printer is by then stays as it is, as a machine does.
"""

from __future__ import annotations

import multiprocessing
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import pytest

from sbk_tui.domain.production import BlankState, ProductionState
from sbk_tui.errors import DeviceFault
from sbk_tui.hardware.card_printer_twin import CardPrinterTwin, SimulatedCardPrinter
from sbk_tui.hardware.chip.twin_card import VirtualCard
from sbk_tui.services.make_jobs import RESTORE
from sbk_tui.services.make_machine import Machine
from tests.services.production import (
    SERIALS,
    Rig,
    hasty,
    keep_machine,
    machine_again,
    set_up,
    twin_named,
)
from tests.sync.city import City

S, B = ProductionState, BlankState
DEAD = 42
_MACHINE = "machine.pickle"
_UPDATE = 0xDC


@pytest.fixture(scope="module")
def marked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of a county and its city, with one marked replacement."""
    folder = tmp_path_factory.mktemp("marked")
    set_up(folder)
    return folder


# ---------------------------------------------------------------------- the process that dies


class Mortal:
    """Work in a process that ends at a point."""

    def __init__(self, folder: Path, twin: CardPrinterTwin) -> None:
        self.rig = Rig(folder, twin)
        self._place = folder / _MACHINE

    def die(self) -> NoReturn:
        keep_machine(self.rig.twin, self._place)
        os._exit(DEAD)

    def die_after(self, owner: type, name: str, nth: int = 1) -> None:
        """Let this process end as soon as `owner.name` has been done `nth` times."""
        real, left = getattr(owner, name), [nth]

        def last(*args: Any, **more: Any) -> Any:
            done = real(*args, **more)
            counts = name != "exchange" or args[1][1] == _UPDATE
            left[0] -= counts
            if not left[0]:
                self.die()
            return done

        setattr(owner, name, last)

    def marked(self) -> None:
        """C11."""

    def compared(self) -> None:
        """C12."""
        self.rig.until("ask")

    def feeding(self) -> None:
        """C13: the blank is in the machine, its answer never comes."""
        self.rig.until("feed")
        self.die_after(SimulatedCardPrinter, "_feed")
        self.rig.act()

    def writing(self) -> None:
        """C14: the chip has half of its items."""
        self.rig.until("write")
        self.die_after(VirtualCard, "exchange", 4)
        self.rig.act()

    def written(self) -> None:
        """C15."""
        self.rig.until("read_back")

    def asking(self) -> None:
        """C16: the city has the write-back, its answer is lost."""
        self.rig.until("read_back")
        real = City._call

        async def heard(city: City, path: str, body: bytes, headers: Any) -> Any:
            answer = await real(city, path, body, headers)
            if rows_of(city, self.rig) == [(1,)]:
                self.die()
            return answer

        City._call = heard  # type: ignore[method-assign]
        self.rig.act()

    def failed(self) -> None:
        """C17: recorded as failed, the card is still in the machine."""
        self.rig.until("write")
        assert self.rig.twin.inside is not None
        self.rig.twin.inside.chip.fault("wear", 3)
        try:
            self.rig.act()
        except DeviceFault:
            Machine.put_out = lambda *_args, **_more: self.die()  # type: ignore[method-assign]
            self.rig.desk.fail(self.rig.shown().now, "1")

    def printing(self) -> None:
        """C18: the face is on the card, the printer's answer is lost."""
        self.rig.until("print")
        self.die_after(SimulatedCardPrinter, "_print")
        self.rig.act()

    def printed(self) -> None:
        """C19."""
        self.rig.until("")


def rows_of(city: City, rig: Rig) -> list[tuple[object, ...]]:
    """Return how often the city knows the card."""
    return city.rows("SELECT count(*) FROM card WHERE number = ?", rig.production().card)


def _child(folder: Path, point: str) -> None:
    with twin_named("crash") as twin:
        mortal = Mortal(folder, twin)
        getattr(mortal, point)()
        mortal.die()


# ---------------------------------------------------------------------- and whoever goes on


def _restored(rig: Rig) -> None:
    assert rig.blanks()[SERIALS[0]] is B.WRITTEN
    assert [rig.act(RESTORE), rig.act(RESTORE)] == ["restore", "mark"]


def _counted(rig: Rig) -> None:
    assert rig.making.made() == (0, 0, 0, 1)


def _nothing(_rig: Rig) -> None:
    """Go on at once."""


@pytest.mark.clause("B3", "5.1.3.2")
@pytest.mark.parametrize(
    ("point", "state", "before", "rest"),
    [
        pytest.param("marked", S.MARKED, _nothing, ["fetch", "compare", "ask"], id="C11"),
        pytest.param("compared", S.FETCHED, _nothing, ["ask", "feed", "write"], id="C12"),
        pytest.param("feeding", S.FED, _nothing, ["feed", "write"], id="C13"),
        pytest.param("writing", S.FED, _nothing, ["write", "read_back"], id="C14"),
        pytest.param("written", S.WRITTEN, _nothing, ["read_back", "print"], id="C15"),
        pytest.param("asking", S.WRITTEN, _nothing, ["read_back", "print"], id="C16"),
        pytest.param("failed", S.FAILED, _restored, ["fetch", "ask", "write"], id="C17"),
        pytest.param("printing", S.RETURNED, _nothing, ["ask_printed", "eject", "look"], id="C18"),
        pytest.param("printed", S.PRINTED, _counted, [], id="C19"),
    ],
)
def test_a_card_goes_on_where_its_process_died(
    marked: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    point: str,
    state: ProductionState,
    before: Callable[[Rig], None],
    rest: list[str],
) -> None:
    folder = tmp_path / "offices"
    shutil.copytree(marked, folder)
    child = multiprocessing.get_context("spawn").Process(target=_child, args=(folder, point))
    child.start()
    child.join(60)
    assert child.exitcode == DEAD
    hasty(monkeypatch)
    with machine_again("crash", folder / _MACHINE) as twin:
        rig = Rig(folder, twin)
        try:
            rig.check()
            assert rig.state() is state
            before(rig)
            done = rig.until("")
            assert done[: len(rest)] == rest
            rig.check()
            made = rig.production()
            assert (made.state, made.blank, twin.printed) == (S.PRINTED, SERIALS[0], 1)
            assert rig.chips_with_numbers() == SERIALS[:1]
            assert [card.serial for card in twin.output] == SERIALS[:1]
            assert (len(twin.hopper), rows_of(rig.city, rig)) == (5, [(1,)])
        finally:
            rig.close()
