"""写卡 in the chip unit of the card printer: in this process, and through the real card service."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from sbk_tui.errors import OutcomeUnknown
from sbk_tui.hardware.card_printer_opening import open_card_printer
from sbk_tui.hardware.card_printer_twin import CardPrinterTwin, ChipUnit, blanks
from sbk_tui.hardware.chip.opening import open_social_card_reader
from sbk_tui.hardware.chip.twin_line import VirtualReaderSlot
from sbk_tui.hardware.ports import SocialCard, SocialCardReader, WriteOrder
from tests.hardware.chip.conftest import READER, pull
from tests.hardware.chip.test_writing import PERSON, Journal, is_whole, updates
from tests.hardware.chip.waiting import soon

NEVER = threading.Event()
ORDER = WriteOrder(
    values=PERSON | {"issued": "20261124", "valid_to": "20361124", "number": "J00000017"}
)


@pytest.fixture
def inside() -> Iterator[CardPrinterTwin]:
    """Give a printer whose chip unit is in this process."""
    with CardPrinterTwin("unit", blanks("95533", 2)) as twin:
        yield twin


@pytest.fixture
def outside(slot: VirtualReaderSlot) -> Iterator[CardPrinterTwin]:
    """Give a printer whose chip unit is the virtual reader of a real pcscd."""
    unit = ChipUnit(slot, f"pcsc://{READER}")
    with CardPrinterTwin("unit", blanks("95533", 2), unit=unit) as twin:
        yield twin
        pull(slot)


def seen_in(reader: SocialCardReader) -> SocialCard:
    with soon() as cancel:
        return reader.read(cancel, bank=True)


def make(twin: CardPrinterTwin) -> None:
    """Take a card through: feed, read, write, print, eject."""
    printer, blank = open_card_printer("sim://unit"), twin.hopper[0]
    printer.feed("job-1", NEVER)
    reader = open_social_card_reader(printer.coupler())
    seen = seen_in(reader)
    assert (seen.number, seen.bank_number) == ("", blank.bank_card)
    with soon() as cancel:
        reader.write(cancel, seen, ORDER, twin.chip_unit.keys, Journal(), op="ab" * 16)
    printer.print_face(b"a face", "job-1", NEVER)
    printer.eject("job-1", spoiled=False)
    [card] = twin.output
    assert (card.face, is_whole(card.chip)) == (b"a face", True)
    assert card.chip.record(0x07) == b"J00000017"


@pytest.mark.clause("5.1.3.2")
def test_a_card_is_made_in_the_printer(inside: CardPrinterTwin) -> None:
    make(inside)


@pytest.mark.clause("5.1.3.2")
def test_a_card_is_made_through_the_real_card_service(outside: CardPrinterTwin) -> None:
    make(outside)


@pytest.mark.clause("5.1.3.4", "F8")
@pytest.mark.parametrize(("fault", "twice"), [("tear_before", 1), ("tear_after", 0)])
def test_a_write_that_broke_off_is_never_repeated_blindly(
    inside: CardPrinterTwin, fault: str, twice: int
) -> None:
    printer, blank = open_card_printer("sim://unit"), inside.hopper[0]
    printer.feed("job-1", NEVER)
    reader = open_social_card_reader(printer.coupler())
    seen = seen_in(reader)
    blank.chip.fault(fault, 5)
    with pytest.raises(OutcomeUnknown), soon() as cancel:
        reader.write(cancel, seen, ORDER, inside.chip_unit.keys, Journal(), op="ab" * 16)
    # The contact was lost; the clerk lays the card in again, and the chip is asked first.
    printer.eject("job-1", spoiled=False)
    inside.put_back(blank)
    printer.feed("again-1", NEVER)
    again = open_social_card_reader(printer.coupler())
    with soon() as cancel:
        again.write(cancel, seen, ORDER, inside.chip_unit.keys, Journal(), op="ab" * 16)
    assert is_whole(blank.chip)
    sent = updates(blank.chip)
    assert len(sent) - len(set(sent)) == twice
