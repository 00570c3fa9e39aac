"""回执验卡 (2.3.2): a returned card by its typed number; nothing is believed at the first look."""

from __future__ import annotations

from typing import NamedTuple

from sbk_tui.data.ledger import Done, Ledger
from sbk_tui.data.lookup import Dossier, Lookup
from sbk_tui.domain.card import Card
from sbk_tui.domain.identity import CardNumber
from sbk_tui.domain.operations.returned import UNREADABLE, CheckCard
from sbk_tui.domain.rules import Rules
from sbk_tui.errors import DeviceAbsent, Refusal
from sbk_tui.services.forms import Field, Values, problems

__all__ = ["FIELDS", "CheckDesk", "Done", "Dossier", "Found"]
CLAUSE = "2.3.2"
FIELDS = (
    Field("receipt_reason", "choice", table="receipt_reason", required=True),
    Field(
        "check_result",
        "choice",
        table="check_result",
        only=(UNREADABLE,),
        required=True,
        default=UNREADABLE,
    ),
    Field("name_seen", "tick", must_be_ticked="check.name_not_seen"),
)
"""What is asked in 手动验卡: its result is always 无法读卡."""


class Found(NamedTuple):
    """A card whose number was typed, and whose it is."""

    seen: Dossier
    card: Card


class CheckDesk:
    """Checking returned cards, for the clerk who is signed in."""

    def __init__(self, ledger: Ledger, lookup: Lookup, rules: Rules) -> None:
        self._ledger = ledger
        self._lookup = lookup
        self._rules = rules

    def read(self) -> Found:
        """Read the card in the reader.

        Raises:
            DeviceAbsent: `card_reader.none_configured`: no driver for it is built in yet, the
                number is typed instead.
        """
        raise DeviceAbsent("card_reader.none_configured", clause=CLAUSE)

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
        seen = self._lookup.dossier(str(number))
        card = next((c for c in seen.cards if c.number == number), None) if seen else None
        if seen is None or card is None:
            raise Refusal("card.unknown", clause=CLAUSE, card=str(number))
        return Found(seen, card)

    def save(self, found: Found, values: Values, *, op: str) -> Done:
        """Record the check; on return it is on disk.

        Raises:
            Refusal: as the fields or `CheckCard`; `Outdated` when the card changed meanwhile.
        """
        for problem in problems(FIELDS, values, self._rules):
            raise Refusal(problem.code, clause=problem.clause, field=problem.field, **problem.facts)
        subject = found.card.subject
        operation = CheckCard(
            card=found.card.number,
            reason=values["receipt_reason"],
            result=values["check_result"],
            manual=True,
        )
        base = {subject: found.seen.versions[subject]}
        return self._ledger.perform(self._ledger.intend(operation, op=op, base=base))
