"""申领 (1.2) as an operation: one card a person, one application at a time."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from sbk_tui.domain.card import CardState
from sbk_tui.domain.operations.apply import Apply
from sbk_tui.domain.people import Application, Person
from sbk_tui.errors import Refusal
from tests.domain.known import HOLDER, RULES, Known, application, card, occasion
from tests.people import LIU_YANG, form_of

FORM = form_of(LIU_YANG)
WISH = Apply(person="c" * 32, form=FORM)


def test_a_stranger_becomes_known_and_an_application_is_open() -> None:
    WISH.admit(Known(), occasion(), RULES)
    person, wish = WISH.effect(Known(), occasion())
    assert isinstance(person, Person)
    assert isinstance(wish, Application)
    assert (person.id, person.number, person.name) == ("c" * 32, FORM.number, FORM.name)
    assert (wish.person, wish.is_open, wish.id) == (person.id, True, "0" * 32)


@pytest.mark.clause("1.2")
def test_a_person_who_is_known_keeps_the_id() -> None:
    known = Known(HOLDER)
    WISH.admit(known, occasion(), RULES)
    person, wish = WISH.effect(known, occasion())
    assert isinstance(person, Person)
    assert isinstance(wish, Application)
    assert (person.id, wish.person) == (HOLDER.id, HOLDER.id)
    assert person.mobile == FORM.mobile


@pytest.mark.clause("1.2")
@pytest.mark.parametrize("state", CardState)
def test_a_live_card_ends_the_matter(state: CardState) -> None:
    known = Known(HOLDER, card(state))
    if state in (CardState.SEALED, CardState.CANCELLED):
        WISH.admit(known, occasion(), RULES)
        return
    with pytest.raises(Refusal) as refused:
        WISH.admit(known, occasion(), RULES)
    assert refused.value.code == "apply.live_card"


@pytest.mark.clause("1.2")
def test_two_applications_do_not_run_side_by_side() -> None:
    with pytest.raises(Refusal) as refused:
        WISH.admit(Known(HOLDER, application()), occasion(), RULES)
    assert refused.value.code == "apply.already"
    WISH.admit(Known(HOLDER, application("03")), occasion(), RULES)


@pytest.mark.clause("1.2")
def test_a_form_that_is_not_whole_is_refused_with_its_field() -> None:
    wish = Apply(person="c" * 32, form=replace(FORM, status=""))
    with pytest.raises(Refusal) as refused:
        wish.admit(Known(), occasion(), RULES)
    assert refused.value.facts["field"] == "status"
