"""转办码 (B4): what goes in comes out; nothing typed wrong is believed."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sbk_tui.domain.referral import Referral, encode, parse, refer
from sbk_tui.errors import Refusal

REFERRAL = refer(
    office="410782105", day=date(2026, 11, 24), number="410782198503140028", card="B00000019",
    reason="51",
)  # fmt: skip
CODE = encode(REFERRAL)
LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
text = st.text(alphabet="0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=4, max_size=4)
referrals = st.builds(
    Referral,
    office=st.from_regex(r"41[0-9]{7}", fullmatch=True),
    day=st.dates(date(2020, 1, 1), date(2199, 1, 1)),
    head=st.text(alphabet="0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=3, max_size=3),
    tail=text,
    card=st.one_of(st.just(""), text),
    reason=st.from_regex(r"[0-9]{2}", fullmatch=True),
)


@pytest.mark.clause("B4")
@given(referrals)
@settings(max_examples=200, deadline=None)
def test_what_goes_in_comes_out(referral: Referral) -> None:
    code = encode(referral)
    assert parse(code) == referral
    assert [len(group) for group in code.split("-")] == [6, 6, 6, 6]


@pytest.mark.clause("B4")
@pytest.mark.parametrize(
    "typed", [CODE.lower(), CODE.replace("-", ""), f" {CODE.replace('-', ' ')} ",
              CODE.replace("0", "O").replace("1", "l")],
)  # fmt: skip
def test_however_it_is_typed(typed: str) -> None:
    assert parse(typed) == REFERRAL


@pytest.mark.clause("B4")
def test_every_single_wrong_character_and_every_swap_is_found() -> None:
    plain = CODE.replace("-", "")
    for at, char in enumerate(plain):
        for other in LETTERS.replace(char, ""):
            with pytest.raises(Refusal):
                parse(plain[:at] + other + plain[at + 1 :])
        for to in range(at + 1, len(plain)):
            if plain[to] != char:
                swapped = list(plain)
                swapped[at], swapped[to] = swapped[to], swapped[at]
                with pytest.raises(Refusal):
                    parse("".join(swapped))


@pytest.mark.clause("B4")
@given(st.text(max_size=40))
def test_anything_else_is_refused_in_words(typed: str) -> None:
    with pytest.raises(Refusal) as refused:
        parse(typed)
    assert refused.value.code in {"referral.form", "referral.check", "referral.newer"}


def test_the_code_tells_no_full_number() -> None:
    assert REFERRAL.masked == "410***0028"
    assert REFERRAL.fits("410782198503140028", "B00000019")
    assert not REFERRAL.fits("410782198503140036", "B00000019")
