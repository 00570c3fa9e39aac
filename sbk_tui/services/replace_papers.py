"""补（换）卡受理单: how far a replacement is, its numbers, when and with what to fetch the card.

It says what the records say at the moment of printing; nothing is owed, so it can be printed at
any step and again.
"""

from __future__ import annotations

from datetime import date, timedelta

from sbk_tui.data.lookup import Dossier
from sbk_tui.domain.fees import fee_on
from sbk_tui.domain.making import ITEM
from sbk_tui.domain.world import CHINA
from sbk_tui.errors import Refusal
from sbk_tui.services import rail_words, words
from sbk_tui.services.fees import amount_words
from sbk_tui.services.paper_desk import Printable
from sbk_tui.services.rail import Facts, Rail, Stage
from sbk_tui.services.slips import head
from sbk_tui.services.till import Till
from sbk_tui.texts import name_of, word

LAYOUT = "replace_receipt"
_SATURDAY = 5


def receipt(seen: Dossier, chain: Rail, till: Till) -> Printable:
    """Return the paper of a chain whose application the city has taken.

    Raises:
        Refusal: `replace.no_application`.
    """
    facts = chain.facts
    wish, old = facts.wish, facts.old
    if wish is None:
        raise Refusal("replace.no_application", clause="5.1.2.2")
    payment = facts.payment
    values = {
        **head(till.desk, words.moment(till.now_ms()), wish.id),
        "kind": name_of("replace_type", wish.type),
        "done_at": words.moment(wish.made_at),
        "name": seen.person.name,
        "number": seen.person.number,
        "old_card": wish.old_card,
        "reason": name_of("replace_reason", wish.reason),
        "bank": name_of("bank", wish.bank),
        "fee": _fee(facts, till),
        "notice": payment.notice if payment else "",
        "note": payment.note if payment else "",
        "card": facts.card.number if facts.card else "",
        "expected": _expected(chain, till.rules.settings.replacement_days),
        "bring": "" if chain.stop("collect").stage is Stage.DONE else word("rail.bring"),
        "bank_closing": closing(old.bank if old else "", wish.bank),
    }
    steps = []
    for stop in chain.stops:
        if stop.stage is Stage.NEEDLESS:
            continue  # the holder reads what there is to do
        _mark, clause, step, state = rail_words.line(chain, stop)
        steps.append({"clause": clause, "step": step, "state": state})
    return Printable(LAYOUT, values, tables={"steps": steps})


def closing(old_bank: str, new_bank: str) -> str:
    """Return what a holder must do at the old bank after another one was chosen; or empty."""
    if not old_bank or old_bank == new_bank:
        return ""
    return word("slip.bank_closing", bank=name_of("bank", old_bank))


def _fee(facts: Facts, till: Till) -> str:
    if facts.payment is not None:
        return amount_words(facts.payment.amount_fen)
    day = till.today() if facts.wish is None else facts.wish.made_at.astimezone(CHINA).date()
    fee = fee_on(till.rules.fees, day, ITEM, facts.reason)
    return amount_words(fee.amount_fen) if fee else word("fee.no_price")


def _expected(chain: Rail, days: int) -> str:
    """Return when the card can be fetched: at once where it is being made, else by a day."""
    facts = chain.facts
    if facts.card is not None:
        fetched = chain.stop("collect").stage is Stage.DONE
        return word("rail.expected_done" if fetched else "rail.expected_now")
    if facts.production is not None:
        return word("rail.expected_today")
    made = facts.wish.made_at.astimezone(CHINA).date() if facts.wish else date.min
    return word("rail.expected_by", date=working_day(made, days).isoformat(), days=days)


def working_day(day: date, days: int) -> date:
    """Return the day that lies `days` working days after `day`; public holidays are not known."""
    while days:
        day += timedelta(days=1)
        days -= day.weekday() < _SATURDAY
    return day
