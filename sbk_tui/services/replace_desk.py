"""补卡, 换卡 (5.1.2, 5.2): the chain of a person, and what of it needs the city's word first."""

from __future__ import annotations

from sbk_tui.data.beside import DroppedDraft
from sbk_tui.data.ledger import Done
from sbk_tui.data.lookup import Dossier
from sbk_tui.domain.application import BANK_PENDING
from sbk_tui.domain.card import Card
from sbk_tui.domain.identity import CardNumber
from sbk_tui.domain.making import LOST
from sbk_tui.domain.operations.base import Operation
from sbk_tui.domain.operations.replace import (
    ApplyForReplacement,
    MarkForProduction,
    UnmarkForProduction,
    WithdrawReplacement,
)
from sbk_tui.domain.world import from_ms
from sbk_tui.errors import Refusal
from sbk_tui.services.fee_desk import FeeDesk
from sbk_tui.services.fees import amount_words
from sbk_tui.services.forms import Field, Values
from sbk_tui.services.paper_desk import Printable
from sbk_tui.services.rail import APPLY, EXCHANGE, Facts, Rail, rail
from sbk_tui.services.replace_papers import closing, receipt
from sbk_tui.services.till import Till
from sbk_tui.texts import name_of, word

__all__ = ["ReplaceDesk"]


class ReplaceDesk:
    """Replacements, for the clerk who is signed in."""

    def __init__(self, till: Till, fees: FeeDesk, *, counter: str) -> None:
        self._till = till
        self._fees = fees
        self._counter = counter

    def rail(self, seen: Dossier, *, exchange: bool) -> Rail:
        """Return how far the chain of a person is.

        Raises:
            Refusal: `rail.…`, there is nothing to replace; DeviceBusy: as `FeeDesk.standing`.
        """
        return rail(
            seen,
            exchange=exchange,
            rules=self._till.rules,
            counter=self._counter,
            now=from_ms(self._till.now_ms()),
            device_step=self._fees.standing(seen.person.id).step,
        )

    def fields(self, facts: Facts) -> tuple[Field, ...]:
        """Return the form of 补卡 or 换卡: the reasons of its types, another bank, the old card."""
        rows = self._till.rules.codes["replace_reason"].rows
        reasons = tuple(code for code in rows if (code[0] == LOST) is not facts.exchange)
        banks = self._till.rules.codes["bank"].rows
        offered = tuple(c for c, row in banks.items() if row.offered and c != BANK_PENDING)
        undecided = facts.old is None or facts.old.bank == BANK_PENDING
        always = (
            Field(
                "replace_reason", "choice", table="replace_reason", only=reasons, required=True,
                default=facts.reason if facts.reason in reasons else reasons[0], quiet=True,
            ),
            Field(
                "new_bank", "choice", table="bank", only=offered, required=undecided, quiet=True
            ),
        )  # fmt: skip
        if not facts.exchange:
            return always
        return (
            *always,
            Field("old_card", parse=CardNumber.parse, required=True),
            Field("card_handed_in", "tick", must_be_ticked="replace.old_card_missing"),
        )

    def apply(self, facts: Facts, values: Values, *, op: str, draft: str = "") -> Done:
        """Ask the city to take the application (5.1.2.2, 5.2).

        Raises:
            Refusal, HubUnreachable: as `CityFirst.perform`; `replace.other_card`, the number
                read or typed is not that of the card that is exchanged.
        """
        old = _known(facts.old)
        if facts.exchange and CardNumber.parse(values["old_card"]) != old.number:
            raise Refusal("replace.other_card", clause=EXCHANGE, card=old.number)
        reason = values["replace_reason"]
        operation = ApplyForReplacement(
            card=old.number,
            type=reason[:1],
            reason=reason,
            bank=values.get("new_bank", ""),
            card_handed_in=values.get("card_handed_in") == "1",
        )
        beside = [DroppedDraft(draft)] if draft else []
        return self._till.city.perform(self._till.ledger.intend(operation, op=op), beside)

    def is_loss(self, reason: str) -> bool:
        """Return whether a reason is one of 补卡, else of 换卡."""
        return reason[:1] == LOST

    def consequence(self, seen: Dossier, facts: Facts, values: Values) -> str:
        """Return what 补卡 or 换卡 means, to be read before it is sent."""
        reason, bank = values["replace_reason"], values.get("new_bank", "")
        old = _known(facts.old)
        price = self._till.price(reason)
        return word(
            "rail.sure_apply",
            name=seen.person.name,
            card=old.number,
            type=f"{reason[:1]}_{name_of('replace_type', reason[:1])}",
            reason=name_of("replace_reason", reason),
            fee=amount_words(price.amount_fen) if price else word("fee.no_price"),
            bank=closing(old.bank, bank or old.bank),
            old=word("rail.old_stays_lost" if self.is_loss(reason) else "rail.old_works"),
        )

    def question(self, seen: Dossier, facts: Facts, step: str) -> str:
        """Return what is asked before the city is: the step, and what it brings about."""
        payment = facts.payment
        amount = amount_words(payment.amount_fen) if payment else ""
        key = "withdraw_paid" if step == "withdraw" and payment and payment.application else step
        minutes = self._till.rules.settings.production_lease_minutes
        return word(f"rail.sure_{key}", name=seen.person.name, amount=amount, minutes=minutes)

    def register(self, facts: Facts, *, op: str) -> Done:
        """Register the fee for the application (5.1.2.3); as `FeeDesk.register`."""
        if facts.payment is None or facts.wish is None:
            raise Refusal("fee.nothing_paid", clause="5.1.2.3")
        return self._fees.register(facts.payment, facts.wish.id, op=op)

    def unregister(self, facts: Facts, reason: str, *, op: str) -> Done:
        """Take the registration back; as `FeeDesk.unregister`."""
        if facts.payment is None:
            raise Refusal("fee.nothing_paid", clause="5.1.2.3")
        return self._fees.unregister(facts.payment, reason, op=op)

    def mark(self, facts: Facts, *, op: str) -> Done:
        """Take the lease for this counter (5.1.2.4).

        Raises:
            Refusal, HubUnreachable: as `CityFirst.perform`.
        """
        return self._ask_city(MarkForProduction(application=_wish(facts)), op)

    def unmark(self, facts: Facts, *, op: str) -> Done:
        """Give the lease up; raises as `mark`."""
        return self._ask_city(UnmarkForProduction(application=_wish(facts)), op)

    def withdraw(self, facts: Facts, reason: str, *, op: str) -> Done:
        """Take the application back; raises as `mark`."""
        return self._ask_city(WithdrawReplacement(application=_wish(facts), reason=reason), op)

    def receipt(self, seen: Dossier, chain: Rail) -> Printable:
        """Return 补（换）卡受理单: how far it is, the numbers, when and with what to fetch."""
        return receipt(seen, chain, self._till)

    def _ask_city(self, operation: Operation, op: str) -> Done:
        return self._till.city.perform(self._till.ledger.intend(operation, op=op))


def _known(card: Card | None) -> Card:
    if card is None:
        raise Refusal("rail.no_card", clause=APPLY)
    return card


def _wish(facts: Facts) -> str:
    if facts.wish is None:
        raise Refusal("replace.no_application", clause="5.1.2.2")
    return facts.wish.id
