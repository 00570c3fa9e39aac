"""What others may see."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sbk_tui.domain import mask
from sbk_tui.domain.people import Person
from tests.people import EVERYBODY


@pytest.mark.parametrize(
    ("masked", "shown"),
    [
        (mask.number("410702198803120414"), "410***********0414"),
        (mask.number("FRA012AB34567"), "FRA******4567"),
        (mask.number("4107021"), "*******"),
        (mask.number(""), ""),
        (mask.phone("13800370000"), "138****0000"),
        (mask.phone("0373-3051234"), "037*****1234"),
        (mask.phone("3051234"), "****234"),
        (mask.bank_card("6222020000000000004"), "622202*********0004"),
        (mask.bank_card("6222020000000"), "*************"),
        (mask.name("王小明"), "王*明"),
        (mask.name("王明"), "王*"),
        (mask.name("王"), "*"),
        (mask.name("𠮷㐂"), "𠮷*"),
        (mask.name("麦麦提江·艾力"), "麦***·*力"),
        (mask.name("MARIE DUPONT"), "M**** *****T"),
        (mask.name(""), ""),
    ],
)
def test_a_mask_shows_the_ends_only(masked: str, shown: str) -> None:
    assert masked == shown


@pytest.mark.parametrize("person", EVERYBODY, ids=lambda person: person.id[:2])
def test_nobody_is_shown_whole(person: Person) -> None:
    number: str = person.number
    assert mask.number(number) != number
    assert mask.number(number).count("*") >= 4


@given(st.text(max_size=30))
@settings(deadline=None, max_examples=100)
def test_a_mask_keeps_the_length_and_hides_at_least_four(text: str) -> None:
    for hide in (mask.number, mask.phone, mask.bank_card):
        masked = hide(text)
        assert len(masked) == len(text)
        hidden = sum(shown == "*" for shown in masked)
        assert hidden >= min(4, len(text))
