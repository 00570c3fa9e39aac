"""制卡 from 获取数据 to the printed face: real drivers against the twins, a real city (5.1.3)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sbk_tui.domain.production import BlankState, ProductionState
from sbk_tui.hardware.card_printer_twin import CardPrinterTwin
from tests.services.production import HOLDER, SERIALS, Rig, make_rig, twin_named

S = ProductionState


@pytest.fixture
def twin(request: pytest.FixtureRequest) -> Iterator[CardPrinterTwin]:
    with twin_named(f"make-{id(request)}") as twin:
        yield twin


@pytest.fixture
def rig(
    private_folder: Path, twin: CardPrinterTwin, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Rig]:
    """Give a county counter with a marked replacement."""
    rig = make_rig(private_folder, f"sim://{twin.name}", monkeypatch)
    yield rig
    rig.close()
    rig.city.close()


@pytest.mark.clause("5.1.3.2", "N2")
def test_a_card_is_made_from_the_data_to_the_printed_face(rig: Rig, twin: CardPrinterTwin) -> None:
    done = []
    while rig.next_act():
        done.append(rig.act())
    assert done == [
        "fetch", "compare", "ask", "feed", "write", "read_back", "print", "eject", "look",
    ]  # fmt: skip
    made = rig.production()
    assert (made.state, made.printed, made.blank) == (S.PRINTED, 1, SERIALS[0])
    (card,) = twin.output
    assert (card.serial, card.bank_card) == (SERIALS[0], made.bank_card)
    assert card.chip.record(0x08).rstrip(b"\x00").decode() == HOLDER.number
    assert card.face
    assert rig.blanks()[SERIALS[0]] == BlankState.MADE
