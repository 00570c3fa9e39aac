"""口头挂失码: every wrong digit and every swap is heard (B2)."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sbk_tui.domain.identity import SocialNumber
from sbk_tui.domain.spoken import SpokenAction, hear, speak
from sbk_tui.errors import Refusal
from tests.people import LIU_YANG, WANG_XIUYING

KEY = bytes(range(32))
PERSON = SocialNumber.parse(LIU_YANG.number)
pytestmark = pytest.mark.clause("B2")


def digits_of(code: str) -> str:
    return code.replace(" ", "")


spoken = st.builds(
    speak, st.binary(min_size=32, max_size=32), st.integers(1, 999), st.integers(0, 9999),
    st.sampled_from(SpokenAction), st.just(PERSON),
)  # fmt: skip


def heard(digits: str) -> str:
    try:
        hear(digits)
    except Refusal as refusal:
        return refusal.code
    return ""


def test_it_is_said_in_six_groups_of_four_and_names_the_person_by_the_tail() -> None:
    code = speak(KEY, 7, 42, SpokenAction.FORMAL, PERSON)
    assert [len(group) for group in code.split()] == [4] * 6
    said = hear(code)
    assert (said.counter, said.number, said.action, said.tail) == (
        7,
        42,
        SpokenAction.FORMAL,
        "120414",
    )
    assert digits_of(code).startswith("00700422120414")
    assert said.is_by(KEY, PERSON)
    assert not said.is_by(KEY, SocialNumber.parse(WANG_XIUYING.number))
    assert not said.is_by(bytes(32), PERSON)


@given(spoken)
@settings(deadline=None, max_examples=50)
def test_any_single_wrong_digit_is_heard(code: str) -> None:
    digits = digits_of(code)
    for at in range(len(digits)):
        for other in "0123456789".replace(digits[at], ""):
            assert heard(digits[:at] + other + digits[at + 1 :]) == "spoken.check"


@given(spoken)
@settings(deadline=None, max_examples=50)
def test_any_swap_of_neighbours_is_heard(code: str) -> None:
    digits = digits_of(code)
    for at in range(len(digits) - 1):
        left, right = digits[at : at + 2]
        if left != right:
            assert heard(digits[:at] + right + left + digits[at + 2 :]) == "spoken.check"


@pytest.mark.parametrize("text", ["", "1234", "1" * 25, "12345678901234567890123X"])
def test_what_is_no_code_is_told(text: str) -> None:
    assert heard(text) == "spoken.length"


def test_a_number_that_ends_with_a_letter_is_said_with_a_nought() -> None:
    person = SocialNumber.parse("41078219850314001X")
    code = speak(KEY, 1, 1, SpokenAction.TEMPORARY, person)
    assert hear(code).tail == "140010"
    assert hear(code).is_by(KEY, person)
