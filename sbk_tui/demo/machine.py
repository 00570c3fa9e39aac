"""The card printer of a training counter: blanks of every bank in its hopper, as in the records."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from sbk_tui.data.records import Records
from sbk_tui.demo import assets
from sbk_tui.domain.capability import Authority, Capability
from sbk_tui.domain.operations.base import Operation
from sbk_tui.domain.operations.supplies import TakeInBlanks, TakeInRibbons
from sbk_tui.domain.production import BlankState
from sbk_tui.hardware.card_printer_twin import Blank, CardPrinterTwin, blanks
from sbk_tui.pinyin import initials
from sbk_tui.wiring import Counter

PRINTER = "training-printer"
"""`sim://training-printer` in the configuration; the reader beside it is `chips.READER`."""
FAULTS = (
    "absent", "ribbon_chip", "ribbon_out", "cover_open", "hopper_empty", "jam", "chip_unit",
    "dead_chip", "blank_of_other_bank", "unclear_face", "slow", "lose_feed", "lose_print",
    "lose_print_before", "lose_eject",
)  # fmt: skip
"""What can go wrong; their words are `demo_machine_fault.<name>`."""
_A_BANK, _RIBBONS = 20, 3


class OnTop(NamedTuple):
    """The blank that is fed next."""

    serial: str
    bank: str
    left: int
    """Blanks in the hopper, this one counted."""


def makes_cards(authority: Authority) -> bool:
    """Return whether a counter with these rights has a card printer."""
    return Capability.PRODUCE in authority.capabilities


def supplies() -> Iterator[Operation]:
    """Yield what came to the counter before its first day: blanks and ribbons."""
    for bank in assets.places().bank_shares:
        made = blanks(bank, _A_BANK)
        yield TakeInBlanks(bank=bank, first=made[0].serial, last=made[-1].serial)
    yield TakeInRibbons(count=_RIBBONS)


class Machine:
    """The port `services.training.CardMachine`: what a trainee may do to the printer."""

    faults: tuple[str, ...] = FAULTS

    def __init__(self, printer: CardPrinterTwin) -> None:
        self._printer = printer

    @property
    def banks(self) -> tuple[str, ...]:
        """Codes of the banks whose blanks lie in the hopper, those on top first."""
        return tuple(dict.fromkeys(card.bank for card in self._printer.hopper))

    @property
    def on_top(self) -> OnTop | None:
        """The blank that is fed next; None: the hopper is empty."""
        hopper = tuple(self._printer.hopper)
        return OnTop(hopper[0].serial, hopper[0].bank, len(hopper)) if hopper else None

    @property
    def came_out(self) -> bool:
        """Whether the card that came out last still lies in its bin."""
        return self._printer.last_out is not None

    def put_on_top(self, bank: str) -> None:
        """Lay the blanks of a bank on top."""
        self._printer.put_on_top(bank)

    def put_back(self) -> None:
        """Lay the card that came out last on top of the hopper (5.1.3.3)."""
        card = self._printer.last_out
        if card is not None:
            self._printer.put_back(card)

    def fault(self, name: str) -> None:
        """Let this go wrong: what lasts until `mend`, the rest once.

        Raises:
            BadUsage: `cardprinter.unknown_fault`.
        """
        self._printer.fault(name)

    def mend(self) -> None:
        """Let the printer be a sound one again."""
        self._printer.mend()


@contextmanager
def running_machine(counter: Counter) -> Iterator[Machine | None]:
    """Run the printer of a training counter; None where it makes no cards."""
    if not makes_cards(counter.seat.authority):
        yield None
        return
    with counter.opened.store.session() as db:
        free = _free_in(Records(db, initials))
        hopper = [
            card
            for bank in assets.places().bank_shares
            for card in blanks(bank, _A_BANK)
            if free(card)
        ]
    with CardPrinterTwin(PRINTER, hopper) as printer:
        yield Machine(printer)


def _free_in(records: Records) -> Callable[[Blank], bool]:
    """Return whether the records have a blank that nothing was made of at an earlier sitting."""

    def free(card: Blank) -> bool:
        known = records.blank(card.serial)
        return known is not None and known.state not in {BlankState.MADE, BlankState.SPOILED}

    return free
