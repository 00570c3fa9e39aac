"""The invented residents: valid numbers, real villages, forms without a fault, every day of a year.

Nobody here is a living person.
"""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sbk_tui import divisions
from sbk_tui.codes import code_tables
from sbk_tui.demo import assets, cards
from sbk_tui.demo.documents import identity_card
from sbk_tui.demo.people import FEWEST, form_of, residents
from sbk_tui.domain.application import is_minor
from sbk_tui.domain.application_check import check
from sbk_tui.domain.identity import BankCardNumber, CardNumber, NumberKind, Phone, SocialNumber
from sbk_tui.domain.rules import Rules, Settings
from sbk_tui.domain.text import PersonName

TODAY = date(2026, 11, 24)
RULES = Rules(settings=Settings(), codes=code_tables())
days = st.dates(date(2025, 1, 1), date(2029, 12, 31))
seeds = st.integers(0, 2**32)


@given(seeds, days)
@settings(max_examples=12, deadline=None)
def test_every_number_name_and_phone_is_valid_and_tells_the_same(seed: int, today: date) -> None:
    people = [resident.person for resident in residents(100, seed, today)]
    for person in people:
        number = SocialNumber.parse(person.number)
        assert number.birth in {person.birth, None}
        assert number.sex in {person.sex, ""}
        assert PersonName.parse(person.name) == person.name
        assert Phone.parse_mobile(person.mobile) == person.mobile
        assert person.birth is not None
        assert person.birth < today
    assert len({person.number for person in people}) == len(people)
    assert len({person.id for person in people}) == len(people)


@pytest.mark.clause("1.2")
@given(seeds, days)
@settings(max_examples=12, deadline=None)
def test_every_form_can_be_handed_in(seed: int, today: date) -> None:
    for resident in residents(100, seed, today):
        form = form_of(resident, today, photo="1:ab", bank="95533", settings=RULES.settings)
        problems = [p for p in check(form, today=today, rules=RULES) if not p.warning]
        assert problems == [], resident.person.name


def test_villages_and_numbers_are_of_the_place() -> None:
    people = residents(2000, 1, TODAY)
    villages = {person.person.village_code: person.person.village_name for person in people}
    assert all(divisions.division(code) is not None for code in villages)
    for code, name in villages.items():
        place = divisions.division(code)
        assert place is not None
        assert (place.name, place.parent) == (name, assets.places().township)
    regions = [SocialNumber.parse(person.person.number).region for person in people]
    assert sum(region.startswith("4107") for region in regions) > 0.9 * len(people)
    assert len(set(regions)) > 10


def test_all_ages_and_every_kind_of_number_are_there() -> None:
    people = residents(2000, 1, TODAY)
    minors = [p for p in people if is_minor(p.birth, TODAY, RULES.settings)]
    assert len(minors) > 200
    assert all(p.guardian is not None for p in minors)
    assert sum(p.birth.year < 1950 for p in people) > 50
    kinds = {SocialNumber.parse(p.person.number).kind for p in people}
    assert kinds == set(NumberKind)
    assert {p.person.category for p in people} == {"1", "2", "3", "4"}
    expired = [p for p in people if p.person.doc_end and p.person.doc_end < TODAY]
    assert 0 < len(expired) < 0.05 * len(people)


def test_rare_names_come_first_and_two_people_share_one() -> None:
    names = [resident.person.name for resident in residents(FEWEST, 1, TODAY)]
    rare = names[: len(assets.special())]
    assert any("·" in name for name in rare)
    assert any("𠮷" in name for name in rare)
    assert rare.count("李建国") == 2


@given(seeds)
@settings(max_examples=5, deadline=None)
def test_the_same_seed_gives_the_same_people_and_fewer_are_their_beginning(seed: int) -> None:
    many = residents(150, seed, TODAY)
    assert residents(150, seed, TODAY) == many
    assert residents(70, seed, TODAY) == many[:70]
    assert residents(150, seed + 1, TODAY) != many


def test_every_document_says_what_its_holder_is() -> None:
    for resident in residents(300, 1, TODAY):
        document = identity_card(resident)
        if document is None:
            assert resident.person.doc_type == "08"  # a passport
            continue
        person = resident.person
        assert (document.name, document.number) == (person.name, person.number)
        assert (document.sex, document.birth) == (person.sex, person.birth)
        assert (document.valid_to, document.long_term) == (person.doc_end, person.long_term)
        assert document.country == person.country


@given(st.integers(0, 9_999_999))
def test_every_card_number_has_its_check_character(running: int) -> None:
    assert CardNumber.parse(cards.card_number(running)).check_ok


@given(st.integers(0, 9_999_999), st.sampled_from(sorted(assets.places().bank_shares)))
def test_every_bank_card_has_its_luhn_digit(running: int, bank: str) -> None:
    assert BankCardNumber.parse(cards.bank_card(bank, running)).check_ok


def test_no_two_cards_lie_in_one_place_and_neighbours_lie_together() -> None:
    places = [tuple(map(int, cards.place(n).split("-"))) for n in range(3000)]
    assert len(set(places)) == len(places)
    assert all(before < after for before, after in pairwise(places))
    assert set(assets.places().bank_shares) <= set(RULES.codes["bank"].rows)
