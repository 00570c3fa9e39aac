"""金融账户激活 (A3): whose card, in which state, with whom standing there."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest

from sbk_tui.domain.capability import Authority, CounterLevel
from sbk_tui.domain.card import Card, CardState
from sbk_tui.domain.kinds import kind_named
from sbk_tui.domain.operations.account import ActivateAccount
from sbk_tui.domain.operations.base import Nature
from sbk_tui.domain.pin import Presence
from sbk_tui.domain.world import Occasion, Seat
from sbk_tui.errors import NotPermitted, Refusal
from tests.domain.known import CARD, COUNTER, HOLDER, NOW, RULES, Known, card

OWN, OTHER = "95533", "95588"
CHILD = msgspec.structs.replace(HOLDER, birth=date(2014, 6, 1))
GUARDIAN = {
    "guardian_name": "刘建国",
    "guardian_number": "410728197906154237",
    "register_shown": True,
}


def at_bank(bank: str = OWN) -> Occasion:
    authority = Authority(level=CounterLevel.BANK)
    seat = Seat(counter=COUNTER, district="410782103", authority=authority, bank=bank)
    return Occasion(at=NOW, op="0" * 32, seat=seat, clerk="1001")


def wish(presence: str = Presence.HOLDER, **fields: object) -> ActivateAccount:
    return ActivateAccount(card=CARD, presence=presence, **fields)  # type: ignore[arg-type]


def answer(
    operation: ActivateAccount, known: Known, occasion: Occasion | None = None
) -> str | None:
    """Return the code of the refusal, None: it is admitted."""
    try:
        operation.admit(known, occasion or at_bank(), RULES)
    except Refusal as refusal:
        return refusal.code
    return None


@pytest.mark.clause("A3-bank", "A3")
@pytest.mark.parametrize(
    ("state", "account", "bank", "window", "code"),
    [
        (CardState.ACTIVE,      "0", OWN,     OWN,   None),
        (CardState.ACTIVE,      "U", OWN,     OWN,   None),
        (CardState.ACTIVE,      "0", OTHER,   OWN,   "activate.other_bank"),
        (CardState.ACTIVE,      "0", "00000", OWN,   "activate.other_bank"),
        (CardState.ACTIVE,      "0", OWN,     "",    "activate.no_bank"),
        (CardState.ACTIVE,      "1", OWN,     OWN,   "activate.already"),
        (CardState.ACTIVE,      "2", OWN,     OWN,   "activate.lost_at_bank"),
        (CardState.ACTIVE,      "3", OWN,     OWN,   "activate.lost_at_bank"),
        (CardState.ACTIVE,      "9", OWN,     OWN,   "activate.closed"),
        (CardState.SEALED,      "0", OWN,     OWN,   "card.no_such_move"),
        (CardState.LOCKED,      "0", OWN,     OWN,   "card.no_such_move"),
        (CardState.TEMP_LOST,   "0", OWN,     OWN,   "card.no_such_move"),
        (CardState.FORMAL_LOST, "0", OWN,     OWN,   "card.no_such_move"),
        (CardState.CANCELLED,   "0", OWN,     OWN,   "card.no_such_move"),
    ],
)  # fmt: skip
def test_only_the_banks_own_card_in_use_whose_account_sleeps(
    state: CardState, account: str, bank: str, window: str, code: str | None
) -> None:
    known = Known(HOLDER, card(state, financial_account=account, bank=bank))
    assert answer(wish(), known, at_bank(window)) == code


@pytest.mark.clause("A3-bank")
@pytest.mark.parametrize(
    ("presence", "fields", "adult", "minor"),
    [
        (Presence.HOLDER,       {},       None,                 "activate.guardian"),
        (Presence.SEEN,         {},       None,                 "activate.guardian"),
        (Presence.GUARDIAN,     GUARDIAN, "activate.in_person", None),
        (Presence.SEEN,         GUARDIAN, None,                 None),
        (Presence.GUARDIAN,     GUARDIAN | {"guardian_name": ""},      "activate.in_person",
         "activate.guardian"),
        (Presence.GUARDIAN,     GUARDIAN | {"guardian_number": "410"}, "activate.in_person",
         "number.length"),
        (Presence.GUARDIAN,     GUARDIAN | {"register_shown": False},  "activate.in_person",
         "activate.register"),
        (Presence.PROXY,        GUARDIAN, "activate.in_person", "activate.guardian"),
        (Presence.SELF_SERVICE, {},       "activate.in_person", "activate.guardian"),
    ],
)  # fmt: skip
def test_the_holder_in_person_a_minor_by_the_guardian(
    presence: Presence, fields: dict[str, object], adult: str | None, minor: str | None
) -> None:
    sleeping = card(bank=OWN)
    operation = wish(presence, **fields)
    assert answer(operation, Known(HOLDER, sleeping)) == adult
    assert answer(operation, Known(CHILD, sleeping)) == minor


@pytest.mark.clause("A3-bank")
def test_the_account_is_active_from_that_moment_and_nothing_else_changes() -> None:
    before = card(bank=OWN)
    (after,) = wish().effect(Known(HOLDER, before), at_bank())
    assert after == msgspec.structs.replace(before, financial_account="1", financial_at=NOW)
    assert wish().effect(Known(HOLDER), at_bank()) == ()


@pytest.mark.clause("A3", "A3-bank")
@pytest.mark.parametrize("level", [CounterLevel.TOWNSHIP, CounterLevel.COUNTY, CounterLevel.CITY])
def test_no_other_window_may(level: CounterLevel) -> None:
    kind = kind_named("account.activate")
    assert kind.nature is Nature.HUB_FIRST
    with pytest.raises(NotPermitted, match=r"capability\.level"):
        Authority(level=level).require(kind.capability)


@pytest.mark.clause("A3-bank")
@pytest.mark.parametrize(("todo", "after"), [("11", ""), ("01", "01")])
def test_what_the_bank_could_not_do_of_the_enabling_is_done_by_it(todo: str, after: str) -> None:
    (done,) = wish().effect(Known(HOLDER, card(bank=OWN, bank_todo=todo)), at_bank())
    assert isinstance(done, Card)
    assert done.bank_todo == after
