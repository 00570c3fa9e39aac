"""The jobs done to one card at the counter, as tables: what is asked, what becomes of it.

2.2.2 个人发卡, 2.3.4 零星重发, 2.5 业务回退, 3.1–3.4 挂失解挂注销, 5.1.4 领卡启用. A job is
one or more acts; an act is one form that becomes one operation, with the paper it owes. A new job
of this shape is a row here, a procedure file, words and help: no new screen.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import NamedTuple

from sbk_tui.data.lookup import Dossier
from sbk_tui.domain.card import Card, CardState, Receiver
from sbk_tui.domain.identity import Phone, SocialNumber
from sbk_tui.domain.operations.base import Operation
from sbk_tui.domain.operations.issue import Collect, Enable, IssueToPerson
from sbk_tui.domain.operations.loss import Cancel, FormalLoss, Release, TemporaryLoss, term_end
from sbk_tui.domain.operations.returned import IssueAgain, reissuable
from sbk_tui.domain.operations.roll_back import OTHER, RollBack, undoable
from sbk_tui.domain.rules import Rules
from sbk_tui.domain.text import PersonName
from sbk_tui.services import words
from sbk_tui.services.forms import Field, Values

SELF, PROXY = "1", "2"


class Act(NamedTuple):
    """One form that becomes one operation."""

    step: str
    """The step of the procedure that performs it."""
    fields: tuple[Field, ...]
    build: Callable[[Card, Values, date, Rules], Operation]
    layout: str
    """The paper it owes."""
    already: Callable[[Card], bool] = lambda _card: False
    """Whether the card shows that this act was done before: the step is then passed."""
    grave: bool = False
    """Whether the clerk is asked once more, with the consequence in words."""
    approval: Callable[[Rules], bool] = lambda _rules: False
    """Whether a second clerk must sign."""
    before: Callable[[Dossier, Card], str] = lambda _seen, _card: ""
    """What the clerk must have read before: what a step would undo."""

    @property
    def asks(self) -> bool:
        """Whether F10 asks once more: for what is grave, and where no field stands between.

        An act without fields follows another one; a held F10 would run into it (N1).
        """
        return self.grave or not self.fields


class CardJob(NamedTuple):
    """A job: its clause and its acts, in the regulation's order."""

    clause: str
    states: frozenset[CardState]
    """States of a card that the job can begin with; others are shown greyed with the reason."""
    acts: tuple[Act, ...]
    guard: Callable[[Card, str, date, Rules], object] = lambda *_all: None
    """Asked of card, counter and day before the form opens: raises the rule's own `Refusal`."""

    @property
    def trusts_city(self) -> bool:
        """Whether it frees a card for use: then the age of the city's word matters (B21)."""
        return self.clause == "3.3" or any(act.step == "enable" for act in self.acts)

    @property
    def gives(self) -> bool:
        """Whether a card leaves the counter or becomes usable: the city's list is looked at."""
        return self.trusts_city or any(act.step == "issue" for act in self.acts)


def _by_proxy(values: Values) -> bool:
    return values.get("receiver", SELF) != SELF


def _with_proxy(values: Values) -> bool:
    return values.get("proxy") == "1"


RECEIVER_FIELDS = (
    Field("receiver", "choice", table="receiver", only=(SELF, PROXY), required=True, default=SELF),
    Field("proxy_name", parse=PersonName.parse, required=True, asked=_by_proxy),
    Field("proxy_number", parse=SocialNumber.parse, required=True, asked=_by_proxy),
    Field("phone", parse=Phone.parse, required=True),
)
_RECEIVER_AGAIN = (*RECEIVER_FIELDS[:-1], Field("phone", parse=Phone.parse))
"""零星重发 asks for no phone; who leaves one is reached next time."""


def receiver_of(values: Values) -> Receiver:
    """Return who takes the card, of a form with `RECEIVER_FIELDS`."""
    if not _by_proxy(values):
        return Receiver(type=SELF, phone=values["phone"])
    return Receiver(
        type=values["receiver"],
        name=PersonName.parse(values["proxy_name"]),
        number=SocialNumber.parse(values["proxy_number"]),
        phone=values["phone"],
    )


def _handed_over(card: Card) -> bool:
    return card.collected_at is not None


def _issue(card: Card, values: Values, _today: date, _rules: Rules) -> Operation:
    return IssueToPerson(card=card.number, receiver=receiver_of(values))


def _issue_again(card: Card, values: Values, _today: date, _rules: Rules) -> Operation:
    return IssueAgain(card=card.number, receiver=receiver_of(values))


def _may_issue_again(card: Card, counter: str, _today: date, _rules: Rules) -> object:
    reissuable(card, counter)
    return None


def _collect(card: Card, values: Values, _today: date, _rules: Rules) -> Operation:
    return Collect(card=card.number, receiver=receiver_of(values))


def _enable(card: Card, _values: Values, _today: date, _rules: Rules) -> Operation:
    return Enable(card=card.number)


def _temporary_loss(card: Card, values: Values, today: date, rules: Rules) -> Operation:
    return TemporaryLoss(
        card=card.number,
        caller_name=PersonName.parse(values["caller_name"]),
        caller_phone=values["caller_phone"],
        until=term_end(today, rules.settings),
    )


def _formal_loss(card: Card, values: Values, _today: date, _rules: Rules) -> Operation:
    proxy = _with_proxy(values)
    return FormalLoss(
        card=card.number,
        id_shown=values.get("id_shown") == "1",
        proxy_name=PersonName.parse(values["proxy_name"]) if proxy else "",
        proxy_number=SocialNumber.parse(values["proxy_number"]) if proxy else "",
    )


def _release(card: Card, values: Values, _today: date, _rules: Rules) -> Operation:
    return Release(
        card=card.number,
        in_person=values.get("in_person") == "1",
        id_shown=values.get("id_shown") == "1",
    )


def _cancel(card: Card, values: Values, _today: date, _rules: Rules) -> Operation:
    return Cancel(
        card=card.number,
        reason=values["cancel_reason"],
        proof=values["proof"].strip(),
        card_taken_back=values.get("card_taken_back") == "1",
    )


def _roll_back(card: Card, values: Values, _today: date, _rules: Rules) -> Operation:
    return RollBack(
        card=card.number,
        reason=values["rollback_reason"],
        card_back=values.get("card_back") == "1",
        note=values.get("note", "").strip(),
        step=card.issuing.op if card.issuing else "",
    )


def _may_roll_back(card: Card, counter: str, today: date, rules: Rules) -> object:
    return undoable(card, counter=counter, today=today, days=rules.settings.rollback_days)


def _other_reason(values: Values) -> bool:
    return values.get("rollback_reason") == OTHER


S = CardState
_ENABLE = Act("enable", (), _enable, "enable_slip", already=lambda c: c.state is not S.SEALED)

JOBS = (
    CardJob(
        "2.2.2",
        frozenset({S.SEALED}),
        (Act("issue", RECEIVER_FIELDS, _issue, "issue_slip", already=_handed_over), _ENABLE),
    ),
    CardJob(
        "2.3.4",
        frozenset({S.SEALED}),
        (Act("issue", _RECEIVER_AGAIN, _issue_again, "issue_slip", already=_handed_over), _ENABLE),
        guard=_may_issue_again,
    ),
    CardJob(
        "2.5",
        frozenset(S) - {S.CANCELLED},
        (
            Act(
                "confirm",
                (
                    Field("rollback_reason", "choice", table="rollback_reason", required=True),
                    Field("note", required=True, asked=_other_reason),
                    Field("card_back", "tick", must_be_ticked="rollback.card_not_back"),
                ),
                _roll_back,
                "rollback_slip",
                grave=True,
                before=words.issuing_step,
            ),
        ),
        guard=_may_roll_back,
    ),
    CardJob(
        "3.1",
        frozenset({S.ACTIVE, S.LOCKED}),
        (
            Act(
                "confirm",
                (
                    Field("caller_name", parse=PersonName.parse, required=True),
                    Field("caller_phone", parse=Phone.parse, required=True),
                ),
                _temporary_loss,
                "loss_slip",
            ),
        ),
    ),
    CardJob(
        "3.2",
        frozenset({S.ACTIVE, S.LOCKED, S.TEMP_LOST}),
        (
            Act(
                "confirm",
                (
                    Field("id_shown", "tick", must_be_ticked="loss.id_not_shown"),
                    Field("proxy", "tick"),
                    Field("proxy_name", parse=PersonName.parse, required=True, asked=_with_proxy),
                    Field(
                        "proxy_number", parse=SocialNumber.parse, required=True, asked=_with_proxy
                    ),
                ),
                _formal_loss,
                "loss_slip",
                grave=True,
            ),
        ),
    ),
    CardJob(
        "3.3",
        frozenset({S.TEMP_LOST, S.FORMAL_LOST}),
        (
            Act(
                "confirm",
                (
                    Field("in_person", "tick", must_be_ticked="release.not_in_person"),
                    Field("id_shown", "tick", must_be_ticked="release.not_in_person"),
                ),
                _release,
                "release_slip",
                grave=True,
            ),
        ),
    ),
    CardJob(
        "3.4",
        frozenset(S) - {S.CANCELLED},
        (
            Act(
                "confirm",
                (
                    Field("cancel_reason", "choice", table="cancel_reason", required=True),
                    Field("proof", required=True, wide=True),
                    Field("card_taken_back", "tick"),
                ),
                _cancel,
                "cancel_slip",
                grave=True,
                approval=lambda rules: rules.settings.cancel_four_eyes,
            ),
        ),
    ),
    CardJob(
        "5.1.4",
        frozenset({S.SEALED}),
        (
            Act(
                "collect",
                RECEIVER_FIELDS,
                _collect,
                "issue_slip",
                already=_handed_over,
            ),
            _ENABLE,
        ),
    ),
)


def job(clause: str) -> CardJob:
    """Return the job of a clause (`KeyError` is a mistake of ours)."""
    for each in JOBS:
        if each.clause == clause:
            return each
    raise KeyError(clause)
