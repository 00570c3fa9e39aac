"""回执验卡 (2.3.2): a returned card by its chip, or by its number typed with care."""

from __future__ import annotations

import threading
from typing import NamedTuple

from sbk_tui.data.ledger import Done, Ledger
from sbk_tui.data.lookup import Dossier, Lookup
from sbk_tui.domain.card import Card
from sbk_tui.domain.identity import CardNumber
from sbk_tui.domain.operations.returned import UNREADABLE, CheckCard
from sbk_tui.domain.rules import Rules
from sbk_tui.domain.stock import GOOD
from sbk_tui.errors import DeviceAbsent, Refusal
from sbk_tui.services.chip_desk import ChipDesk, is_holder
from sbk_tui.services.forms import Field, Values, problems

__all__ = ["CheckDesk", "Done", "Dossier", "Found"]
CLAUSE = "2.3.2"
MISMATCH = "3"
"""信息不符, a row of the table `check_result`."""
_REASON = Field("receipt_reason", "choice", table="receipt_reason", required=True)
_RESULT = Field("check_result", "choice", table="check_result", required=True)
_NAME_SEEN = Field(
    "name_seen",
    "tick",
    must_be_ticked="check.name_not_seen",
    asked=lambda values: values.get("check_result") != MISMATCH,
)


class Found(NamedTuple):
    """A card whose number was read or typed, and whose it is."""

    seen: Dossier
    card: Card
    result: str = UNREADABLE
    """What the reading says of it, a code of the table `check_result`."""

    @property
    def manual(self) -> bool:
        """手动验卡: the number was typed because the card could not be read."""
        return self.result == UNREADABLE

    @property
    def fields(self) -> tuple[Field, ...]:
        """What is asked: the result of a typed number is always 无法读卡."""
        result = _RESULT._replace(default=self.result)
        if self.manual:
            result = result._replace(only=(UNREADABLE,))
        return _REASON, result, _NAME_SEEN


class CheckDesk:
    """Checking returned cards, for the clerk who is signed in."""

    def __init__(self, ledger: Ledger, lookup: Lookup, rules: Rules, chips: ChipDesk) -> None:
        self._ledger = ledger
        self._lookup = lookup
        self._rules = rules
        self._chips = chips

    def read(self, cancel: threading.Event) -> Found:
        """Read the card in the reader; one whose chip names somebody else is 信息不符.

        Raises:
            DeviceAbsent: `card_reader.none_configured`, the number is typed instead; as the port.
            Refusal: `card.unknown`, `chip.no_number`.
        """
        if not self._chips.present:
            raise DeviceAbsent("card_reader.none_configured", clause=CLAUSE)
        chip = self._chips.read(cancel)
        # Its own number is believed, whatever its check character says [O].
        found = self._known(chip.number)
        return found._replace(result=GOOD if is_holder(found.seen, chip) else MISMATCH)

    def find(self, typed: str, before: str) -> Found:
        """Return the card of a typed number.

        Args:
            before: what was typed at the attempt before: a number whose check character does
                not fit is believed when it is typed the same a second time.

        Raises:
            Refusal: `card_number.form`, `check.type_again`, `card.unknown`.
        """
        number = CardNumber.parse(typed)
        if not number.check_ok and number != before.strip().upper():
            raise Refusal("check.type_again", clause=CLAUSE, card=str(number))
        return self._known(str(number))

    def _known(self, number: str) -> Found:
        seen = self._lookup.dossier(number)
        card = next((c for c in seen.cards if c.number == number), None) if seen else None
        if seen is None or card is None:
            raise Refusal("card.unknown", clause=CLAUSE, card=number)
        return Found(seen, card)

    def save(self, found: Found, values: Values, *, op: str) -> Done:
        """Record the check; on return it is on disk.

        Raises:
            Refusal: as the fields or `CheckCard`; `Outdated` when the card changed meanwhile.
        """
        for problem in problems(found.fields, values, self._rules):
            raise Refusal(problem.code, clause=problem.clause, field=problem.field, **problem.facts)
        subject = found.card.subject
        operation = CheckCard(
            card=found.card.number,
            reason=values["receipt_reason"],
            result=values["check_result"],
            manual=found.manual,
        )
        base = {subject: found.seen.versions[subject]}
        return self._ledger.perform(self._ledger.intend(operation, op=op, base=base))
