"""转办 (B4): what a township may not do itself, it prepares: where, what to bring, what it costs.

A referral is an open case here until the clerk closes it; its slip carries the code that a county
counter reads.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import NamedTuple

import msgspec

from sbk_tui.data.cases import Case, Cases
from sbk_tui.data.lookup import Dossier, card_that_matters
from sbk_tui.domain.card import USABLE, Card, CardState
from sbk_tui.domain.fees import fee_on
from sbk_tui.domain.identity import CardNumber
from sbk_tui.domain.operations.fee import ITEM
from sbk_tui.domain.referral import encode, refer
from sbk_tui.domain.rules import Rules
from sbk_tui.domain.world import CHINA, from_ms
from sbk_tui.errors import Refusal
from sbk_tui.services import words
from sbk_tui.services.fees import amount_words
from sbk_tui.services.forms import Field
from sbk_tui.services.menu import nearest_counters
from sbk_tui.services.slips import Desk, head
from sbk_tui.texts import name_of, word

__all__ = ["FIELDS", "Advice", "Dossier", "ReferralDesk", "Referred"]
CODE, CLAUSE, LAYOUT = "referral.open", "第四条", "referral_slip"
FIELDS = (Field("replace_reason", "choice", table="replace_reason", required=True),)
_LOST = "5"
"""First digit of the reasons of 补卡."""


class Advice(NamedTuple):
    """What the holder is told."""

    places: tuple[str, ...]
    bring: str
    fee: str
    first: str
    """What can and must be done at this counter before; empty when nothing is."""


class Referred(NamedTuple):
    """A referral that is on record."""

    code: str
    paper: str
    """Id of its slip; empty when the case was open already (`again`)."""
    again: bool


class ReferralDesk:
    """Referrals for the clerk who is signed in."""

    def __init__(
        self,
        cases: Cases,
        *,
        rules: Rules,
        desk: Desk,
        district: str,
        now_ms: Callable[[], int],
        new_id: Callable[[], str],
    ) -> None:
        self._cases = cases
        self._rules = rules
        self._desk = desk
        self._district = district
        self._now_ms = now_ms
        self._new_id = new_id

    @property
    def places(self) -> tuple[str, ...]:
        """The nearest places whose counters may do it."""
        return nearest_counters(self._district)

    def card_of(self, seen: Dossier) -> Card:
        """Return the card that a replacement would be for.

        Raises:
            Refusal: `referral.no_card` when there is none to replace, `referral.not_fetched`
                when it waits at a counter.
        """
        card = card_that_matters(seen.cards)
        if card is None or card.state is CardState.CANCELLED:
            raise Refusal("referral.no_card", clause=CLAUSE)
        if card.state is CardState.SEALED and card.collected_at is None:
            raise Refusal("referral.not_fetched", clause=CLAUSE, card=card.number)
        return card

    def advice(self, card: Card, reason: str) -> Advice:
        """Return what to tell the holder of `card` for a 补换原因."""
        lost = reason.startswith(_LOST)
        fee = fee_on(self._rules.fees, self._today(), ITEM, reason)
        first = ""
        if lost and card.state is CardState.SEALED:
            first = word("referral.enable_first")
        elif lost and card.state is not CardState.FORMAL_LOST:
            first = word("referral.lose_first")
        elif not lost and card.state not in USABLE:
            first = word("referral.not_usable", state=words.card_state(card))
        return Advice(
            places=self.places,
            bring=word("referral.bring_lost" if lost else "referral.bring_card"),
            fee=word("referral.fee", amount=amount_words(fee.amount_fen), basis=fee.basis)
            if fee
            else word("referral.fee_unknown"),
            first=first,
        )

    def refer(self, seen: Dossier, card: Card, reason: str) -> Referred:
        """Keep the referral as an open case and owe its slip; on return both are on disk.

        Raises:
            Refusal: `replace.reason`.
        """
        if not self._rules.knows("replace_reason", reason):
            raise Refusal("replace.reason", clause=CLAUSE)
        code = encode(
            refer(
                office=self._district,
                day=self._today(),
                number=seen.person.number,
                card=CardNumber.parse(card.number),
                reason=reason,
            )
        )
        now, paper = self._now_ms(), self._new_id()
        case = Case(
            id=f"referral/{code}", op=self._new_id(), severity="green", code=CODE,
            facts={
                "person": seen.person.id, "card": card.number, "replace_reason": reason,
                "referral": code,
            },
            opened=now, closed=None,
        )  # fmt: skip
        values = {
            **head(self._desk, words.moment(now), case.op),
            **self._slip(seen, card, reason, code),
            "done_at": words.moment(now),
        }
        opened = self._cases.open_with_paper(
            case, paper=paper, layout=LAYOUT, record=msgspec.msgpack.encode(values)
        )
        return Referred(code, paper if opened else "", not opened)

    def open_of(self, person: str) -> tuple[Case, ...]:
        """Return the open referrals of a person."""
        return tuple(case for case in self._cases.open_now(CODE) if case.facts["person"] == person)

    def close(self, case: Case) -> None:
        """Close a referral: the holder has the new card, or does not want one."""
        self._cases.close(case.id, self._now_ms())

    def _slip(self, seen: Dossier, card: Card, reason: str, code: str) -> dict[str, str]:
        advice = self.advice(card, reason)
        return {
            "kind": word("referral.title"),
            "name": seen.person.name,
            "number": seen.person.number,
            "card": card.number,
            "card_state": words.card_state(card),
            "reason": name_of("replace_reason", reason),
            "clause": CLAUSE,
            "places": "、".join(advice.places),
            "bring": advice.bring,
            "fee": advice.fee,
            "first": advice.first,
            "code": code,
        }

    def _today(self) -> date:
        return from_ms(self._now_ms()).astimezone(CHINA).date()
