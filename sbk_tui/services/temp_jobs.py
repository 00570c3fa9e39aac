"""The jobs done with a temporary card, as tables (6.1.1, 6.2, 6.3): what is asked, what it becomes.

A job begins with a person: one who may have a card, or one who has it. An act is one form that
becomes one operation.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import NamedTuple

from sbk_tui.data.lookup import Dossier
from sbk_tui.domain.card import Receiver
from sbk_tui.domain.identity import Phone, SocialNumber
from sbk_tui.domain.operations.base import Operation
from sbk_tui.domain.operations.temp import (
    EnableTempCard,
    IssueTempCard,
    RewriteTempCard,
    TakeBackTempCard,
    last_day,
)
from sbk_tui.domain.rules import Rules
from sbk_tui.domain.temp_card import TempCard, TempCardNumber, check_eligible, held
from sbk_tui.domain.text import PersonName
from sbk_tui.errors import Refusal
from sbk_tui.services.forms import Field, Values, parse_date
from sbk_tui.services.temp_chip import Writes

SELF, PROXY = "1", "2"


class TempAct(NamedTuple):
    """One form that becomes one operation."""

    step: str
    """The step of the procedure that performs it."""
    fields: tuple[Field, ...]
    build: Callable[[Dossier, Values], Operation]
    layout: str = ""
    """The paper it owes, if any."""
    already: Callable[[TempCard | None], bool] = lambda _card: False
    """Whether the person's card shows that this act was done before."""
    first: Callable[[date, Rules], dict[str, str]] = lambda _today, _rules: {}
    """What stands in the fresh form."""
    writes: Writes = ""
    """What it leaves on the chip, where there is a reader."""


class TempJob(NamedTuple):
    """A job: its clause, whom it may begin with, its acts in the regulation's order."""

    clause: str
    guard: Callable[[Dossier, str], None]
    """Asked of the person and the counter before a form opens: raises the rule's `Refusal`."""
    acts: tuple[TempAct, ...]


def _by_proxy(values: Values) -> bool:
    return values.get("receiver", SELF) != SELF


def _out_with(seen: Dossier, clause: str) -> TempCard:
    card = held(seen.temp_cards)
    if card is None:
        raise Refusal("temp.none_out", clause=clause)
    return card


def _may_have_one(seen: Dossier, counter: str) -> None:
    card = held(seen.temp_cards)
    if card is None or card.enabled_at is not None:
        check_eligible(seen.cards, seen.applications, seen.temp_cards, counter)


def _issue(seen: Dossier, values: Values) -> Operation:
    receiver = Receiver(type=SELF, phone=values.get("phone", ""))
    if _by_proxy(values):
        receiver = Receiver(
            type=values["receiver"],
            name=PersonName.parse(values["proxy_name"]),
            number=SocialNumber.parse(values["proxy_number"]),
            phone=values["phone"],
        )
    return IssueTempCard(
        temp_card=TempCardNumber.parse(values["temp_card"]),
        person=seen.person.id,
        receiver=receiver,
        valid_to=parse_date(values["valid_to"]),
    )


def _enable(seen: Dossier, _values: Values) -> Operation:
    return EnableTempCard(temp_card=_out_with(seen, "6.1.1.2").number)


def _rewrite(seen: Dossier, values: Values) -> Operation:
    card = _out_with(seen, "6.2")
    return RewriteTempCard(temp_card=card.number, id_shown=values.get("id_shown") == "1")


def _take_back(seen: Dossier, values: Values) -> Operation:
    card = _out_with(seen, "6.3")
    return TakeBackTempCard(temp_card=card.number, box=values.get("box", "").strip())


_ISSUE_FIELDS = (
    Field("temp_card", parse=TempCardNumber.parse, required=True),
    Field("valid_to", "date", required=True),
    Field("receiver", "choice", table="receiver", only=(SELF, PROXY), required=True, default=SELF),
    Field("proxy_name", parse=PersonName.parse, required=True, asked=_by_proxy),
    Field("proxy_number", parse=SocialNumber.parse, required=True, asked=_by_proxy),
    Field("phone", parse=Phone.parse, required=True),
)

JOBS = (
    TempJob(
        "6.1.1",
        _may_have_one,
        (
            TempAct(
                "issue",
                _ISSUE_FIELDS,
                _issue,
                "temp_card_slip",
                writes="holder",
                already=lambda card: card is not None,
                first=lambda today, rules: {
                    "valid_to": last_day(today, rules.settings).isoformat()
                },
            ),
            TempAct(
                "enable",
                (),
                _enable,
                already=lambda card: card is not None and card.enabled_at is not None,
            ),
        ),
    ),
    TempJob(
        "6.2",
        lambda seen, _counter: _has_one(seen, "6.2"),
        (
            TempAct(
                "confirm",
                (Field("id_shown", "tick", must_be_ticked="temp.id_not_shown"),),
                _rewrite,
                writes="holder",
            ),
        ),
    ),
    TempJob(
        "6.3",
        lambda seen, _counter: _has_one(seen, "6.3"),
        (TempAct("confirm", (Field("box"),), _take_back, writes="blank"),),
    ),
)


def _has_one(seen: Dossier, clause: str) -> None:
    _out_with(seen, clause)


def job(clause: str) -> TempJob:
    """Return the job of a clause (`KeyError` is a mistake of ours)."""
    for each in JOBS:
        if each.clause == clause:
            return each
    raise KeyError(clause)
