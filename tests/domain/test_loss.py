"""挂失, 解挂, 注销 (annex 3): who may, when, and what is then true."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from msgspec.structs import replace

from sbk_tui.domain.card import Card, CardState
from sbk_tui.domain.operations.base import Operation
from sbk_tui.domain.operations.loss import Cancel, FormalLoss, Release, TemporaryLoss, term_end
from sbk_tui.domain.rules import Rules, Settings
from sbk_tui.errors import Refusal
from tests.domain.known import (
    CARD,
    HOLDER,
    NOW,
    RULES,
    TODAY,
    Known,
    application,
    card,
    occasion,
)

S = CardState
WEEK = TODAY + timedelta(days=7)
TEMPORARY = TemporaryLoss(card=CARD, caller_name="刘洋", caller_phone="13800000000", until=WEEK)
FORMAL = FormalLoss(card=CARD, id_shown=True)
RELEASE = Release(card=CARD, in_person=True, id_shown=True)
CANCEL = Cancel(card=CARD, reason="01", proof="死亡医学证明")


def refused(operation: Operation, known: Known, rules: Rules = RULES, **seat: object) -> Refusal:
    """Return why `operation` is refused."""
    with pytest.raises(Refusal) as caught:
        operation.admit(known, occasion(**seat), rules)  # type: ignore[arg-type]
    return caught.value


def after(operation: Operation, before: Card, **seat: object) -> Card:
    """Return the card once `operation` was admitted and took effect."""
    known, when = Known(HOLDER, before), occasion(**seat)  # type: ignore[arg-type]
    operation.admit(known, when, RULES)
    (changed,) = operation.effect(known, when)
    assert isinstance(changed, Card)
    return changed


@pytest.mark.clause("3.1")
def test_a_temporary_loss_stops_the_card_until_its_day() -> None:
    lost = after(TEMPORARY, card())
    assert (lost.state, lost.lost_until, lost.lost_at) == (S.TEMP_LOST, WEEK, NOW)
    assert lost.social_account == "2"


@pytest.mark.clause("3.1", "A5")
def test_any_counter_takes_a_loss_of_any_district() -> None:
    assert after(TEMPORARY, card(), level="B", district="410725").state is S.TEMP_LOST
    assert after(FORMAL, card(), district="410725100").state is S.FORMAL_LOST


@pytest.mark.clause("3.1")
@pytest.mark.parametrize("field", ["caller_name", "caller_phone"])
def test_a_temporary_loss_wants_to_know_who_calls(field: str) -> None:
    call = replace(TEMPORARY, **{field: ""})
    assert refused(call, Known(HOLDER, card())).code == "loss.caller_missing"


@pytest.mark.clause("3.1")
@pytest.mark.parametrize("until", [TODAY - timedelta(days=1), date(2099, 1, 1)])
def test_a_term_that_cannot_be_is_refused(until: date) -> None:
    assert refused(replace(TEMPORARY, until=until), Known(HOLDER, card())).code == "loss.term"


@pytest.mark.clause("3.1")
@pytest.mark.parametrize(
    ("unit", "days", "today", "end"),
    [
        ("calendar", 7, date(2026, 11, 24), date(2026, 12, 1)),
        ("calendar", 15, date(2026, 12, 25), date(2027, 1, 9)),
        ("working", 5, date(2026, 11, 24), date(2026, 12, 1)),
        ("working", 1, date(2026, 11, 27), date(2026, 11, 30)),
    ],
)
def test_the_term_runs_by_the_offices_rule(unit: str, days: int, today: date, end: date) -> None:
    settings = Settings(temp_loss_unit=unit, temp_loss_days=days)  # type: ignore[arg-type]
    assert term_end(today, settings) == end


@pytest.mark.clause("3.2")
def test_a_formal_loss_wants_the_id_card_seen() -> None:
    unseen = replace(FORMAL, id_shown=False)
    found = refused(unseen, Known(HOLDER, card()))
    assert (found.code, found.clause) == ("loss.id_not_shown", "3.2")


@pytest.mark.clause("3.2")
@pytest.mark.parametrize("half", [{"proxy_name": "张三"}, {"proxy_number": "4107"}])
def test_a_proxy_has_a_name_and_a_number(half: dict[str, str]) -> None:
    assert refused(replace(FORMAL, **half), Known(HOLDER, card())).code == "loss.proxy_incomplete"


@pytest.mark.clause("3.2")
def test_a_formal_loss_has_no_end() -> None:
    before = card(S.TEMP_LOST, lost_until=WEEK)
    assert after(FORMAL, before).lost_until is None


@pytest.mark.clause("3.3")
@pytest.mark.parametrize("lacking", ["in_person", "id_shown"])
def test_only_the_holder_in_person_with_the_id_releases(lacking: str) -> None:
    wish = replace(RELEASE, **{lacking: False})
    found = refused(wish, Known(HOLDER, card(S.FORMAL_LOST)))
    assert found.code == "release.not_in_person"


@pytest.mark.clause("3.3")
def test_a_release_makes_the_card_usable_again() -> None:
    free = after(RELEASE, card(S.TEMP_LOST, lost_at=NOW, lost_until=WEEK, social_account="2"))
    assert (free.state, free.lost_at, free.lost_until) == (S.ACTIVE, None, None)
    assert free.social_account == "1"


@pytest.mark.clause("3.3")
def test_nothing_is_released_once_a_replacement_runs() -> None:
    known = Known(HOLDER, card(S.FORMAL_LOST), application(old_card=CARD))
    assert refused(RELEASE, known).code == "release.replacement_runs"
    over = Known(HOLDER, card(S.FORMAL_LOST), application("01", old_card=CARD))
    RELEASE.admit(over, occasion(), RULES)


@pytest.mark.clause("3.3")
def test_an_office_may_make_formal_losses_final() -> None:
    rules = Rules(settings=Settings(formal_loss_releasable=False), codes=RULES.codes)
    found = refused(RELEASE, Known(HOLDER, card(S.FORMAL_LOST)), rules)
    assert found.code == "release.formal_final"
    RELEASE.admit(Known(HOLDER, card(S.TEMP_LOST)), occasion(), rules)


@pytest.mark.clause("3.4")
def test_a_cancellation_wants_a_second_clerk() -> None:
    assert refused(CANCEL, Known(HOLDER, card())).code == "approval.needed"
    dead = after(CANCEL, card(), approvers=["1002"])
    assert (dead.state, dead.cancel_reason, dead.social_account) == (S.CANCELLED, "01", "9")


@pytest.mark.clause("3.4", "A5")
@pytest.mark.parametrize(
    ("level", "district", "own"),
    [("T", "410782103", True), ("T", "410725100", False), ("C", "410782", True),
     ("C", "410725", False), ("M", "4107", True)],
)  # fmt: skip
def test_only_cards_of_the_own_district_are_cancelled(level: str, district: str, own: bool) -> None:
    known = Known(HOLDER, card())
    when = occasion(level=level, district=district, approvers=["1002"])
    if own:
        CANCEL.admit(known, when, RULES)
        return
    with pytest.raises(Refusal) as caught:
        CANCEL.admit(known, when, RULES)
    assert (caught.value.code, caught.value.clause) == ("card.other_district", "第五条")


@pytest.mark.clause("3.4")
@pytest.mark.parametrize(
    ("wrong", "code"), [({"reason": "77"}, "cancel.reason"), ({"proof": ""}, "cancel.proof")]
)
def test_a_cancellation_has_a_reason_and_a_proof(wrong: dict[str, str], code: str) -> None:
    assert refused(replace(CANCEL, **wrong), Known(HOLDER, card()), approvers=["1002"]).code == code


@pytest.mark.parametrize("operation", [TEMPORARY, FORMAL, RELEASE, CANCEL])
def test_a_card_nobody_knows_is_said_so(operation: Operation) -> None:
    assert refused(operation, Known(HOLDER)).code == "card.unknown"


@pytest.mark.clause("P6")
@pytest.mark.parametrize("state", S)
@pytest.mark.parametrize("operation", [TEMPORARY, FORMAL, RELEASE, CANCEL])
def test_an_effect_never_refuses(operation: Operation, state: CardState) -> None:
    assert operation.effect(Known(HOLDER, card(state)), occasion())
