"""制卡耗材 (5.1.3.1): blanks by bank and serial, ribbons, and whether the printer is ready."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sbk_tui.data.ledger import Done, Ledger
from sbk_tui.data.making import BankStock, Making
from sbk_tui.domain.operations.make import SpoilBlank
from sbk_tui.domain.operations.supplies import (
    MOST_RIBBONS,
    ChangeRibbon,
    TakeInBlanks,
    TakeInRibbons,
)
from sbk_tui.domain.production import Blank, BlankSerial, BlankState, Ribbons, serials_from
from sbk_tui.domain.rules import Rules
from sbk_tui.errors import Refusal
from sbk_tui.hardware.ports import CardPrinter, PrinterStatus
from sbk_tui.services.forms import Field, Values, problems

__all__ = [
    "BLANK_FIELDS",
    "RIBBON_FIELDS",
    "SPOIL_FIELDS",
    "BankStock",
    "Blank",
    "PrinterStatus",
    "Ribbons",
    "SupplyDesk",
]
BLANK_FIELDS = (
    Field("bank", "choice", table="bank", required=True),
    Field("blank_first", parse=BlankSerial.parse, required=True),
    Field("blank_last", parse=BlankSerial.parse),
)
"""The form with which a carton of blanks is taken in; the last serial is empty for one alone."""


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise Refusal("ribbon.count", clause="5.1.3.1", most=MOST_RIBBONS)
    return int(text)


RIBBON_FIELDS = (Field("ribbon_count", parse=_count, required=True),)
SPOIL_FIELDS = (
    Field("blank_serial", parse=BlankSerial.parse, required=True),
    Field("spoil_reason", "choice", table="spoil_reason", required=True),
)


class SupplyDesk:
    """What lies ready for production at one counter."""

    def __init__(
        self,
        ledger: Ledger,
        making: Making,
        *,
        printer: Callable[[], CardPrinter] | None,
        rules: Rules,
    ) -> None:
        self._ledger = ledger
        self._making = making
        self._printer = printer
        self._rules = rules

    def printer(self) -> PrinterStatus | None:
        """Return how the card printer stands; None: this counter has none.

        Raises:
            DeviceAbsent: `cardprinter.absent` (F6).
        """
        return self._printer().status() if self._printer else None

    def stock(self) -> tuple[BankStock, ...]:
        """Return what became of the blanks here, by bank."""
        return self._making.stock()

    def ribbons(self) -> Ribbons:
        """Return the ribbons in stock."""
        return self._making.ribbons()

    def blanks_after(
        self, bank: str, states: Sequence[BlankState], key: str, limit: int
    ) -> list[Blank]:
        """Return a page of a bank's blanks behind the serial `key`."""
        return self._making.blanks_after(bank, states, key, limit)

    def take_in(self, values: Values, *, op: str) -> int:
        """Take blanks in and return how many; on return it is on disk.

        Raises:
            Refusal: a field's problem, `blank.range`, `blank.size`, `blank.known`.
        """
        self._check(BLANK_FIELDS, values)
        serials = serials_from(values["blank_first"], values.get("blank_last", ""))
        wish = TakeInBlanks(bank=values["bank"], first=str(serials[0]), last=str(serials[-1]))
        self._do(wish, op)
        return len(serials)

    def blank(self, serial: str) -> Blank:
        """Return a blank.

        Raises:
            Refusal: `blank.form`, `blank.unknown`.
        """
        number = str(BlankSerial.parse(serial))
        found = self._making.blank(number)
        if found is None:
            raise Refusal("blank.unknown", clause="5.1.3.1", blank=number)
        return found

    def spoil(self, values: Values, *, op: str) -> Done:
        """废卡 of a blank that lies here, whether in stock or begun.

        Raises:
            Refusal: a field's problem, `blank.…`.
        """
        self._check(SPOIL_FIELDS, values)
        serial = str(BlankSerial.parse(values["blank_serial"]))
        return self._do(SpoilBlank(blank=serial, reason=values["spoil_reason"]), op)

    def take_in_ribbons(self, values: Values, *, op: str) -> Done:
        """色带入库.

        Raises:
            Refusal: a field's problem, `ribbon.count`.
        """
        self._check(RIBBON_FIELDS, values)
        return self._do(TakeInRibbons(count=int(values["ribbon_count"])), op)

    def change_ribbon(self, *, op: str) -> Done:
        """更换色带: one of the stock is in the printer now (F7).

        Raises:
            Refusal: `ribbon.none_left`.
        """
        return self._do(ChangeRibbon(), op)

    def _check(self, fields: tuple[Field, ...], values: Values) -> None:
        for problem in problems(fields, values, self._rules):
            raise Refusal(problem.code, clause=problem.clause, field=problem.field, **problem.facts)

    def _do(self, wish: TakeInBlanks | SpoilBlank | TakeInRibbons | ChangeRibbon, op: str) -> Done:
        return self._ledger.perform(self._ledger.intend(wish, op=op))
