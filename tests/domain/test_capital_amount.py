"""大写金额 as the payment rules write it, and read back again."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sbk_tui.domain.capital_amount import HIGHEST_FEN, capital_amount
from sbk_tui.errors import Refusal

TABLE = {  # R11: the rule text's own examples first, then the forms that follow from it
    "1409.50": "壹仟肆佰零玖元伍角",
    "6007.14": "陆仟零柒元壹角肆分",
    "1680.32": "壹仟陆佰捌拾元零叁角贰分",
    "107000.53": "壹拾万柒仟元零伍角叁分",
    "16409.02": "壹万陆仟肆佰零玖元零贰分",
    "325.04": "叁佰贰拾伍元零肆分",
    "0.00": "零元整",
    "0.01": "壹分",
    "0.05": "伍分",
    "0.50": "伍角",
    "0.53": "伍角叁分",
    "1.05": "壹元零伍分",
    "10.00": "壹拾元整",
    "20.00": "贰拾元整",
    "20.50": "贰拾元零伍角",
    "20.05": "贰拾元零伍分",
    "100.00": "壹佰元整",
    "1010.00": "壹仟零壹拾元整",
    "10000.00": "壹万元整",
    "100000.00": "壹拾万元整",
    "100005.00": "壹拾万零伍元整",
    "100100.00": "壹拾万零壹佰元整",
    "1000001.00": "壹佰万零壹元整",
    "100000000.00": "壹亿元整",
    "100000001.00": "壹亿零壹元整",
    "100001000.00": "壹亿零壹仟元整",
    "10001000000.00": "壹佰亿零壹佰万元整",
}
DIGITS = {character: value for value, character in enumerate("零壹贰叁肆伍陆柒捌玖")}
PLACES = {"拾": 10, "佰": 100, "仟": 1000}


@pytest.mark.clause("5.1.1.2")
@pytest.mark.parametrize(("amount", "capitals"), TABLE.items())
def test_an_amount_is_written_as_the_payment_rules_write_it(amount: str, capitals: str) -> None:
    assert capital_amount(int(amount.replace(".", ""))) == capitals


@pytest.mark.parametrize("amount_fen", [-1, HIGHEST_FEN + 1])
def test_an_amount_out_of_range_is_refused(amount_fen: int) -> None:
    with pytest.raises(Refusal) as refused:
        capital_amount(amount_fen)
    assert refused.value.code == "amount.out_of_range"


@given(st.one_of(st.integers(0, HIGHEST_FEN), st.integers(0, 20_000_000)))
@settings(deadline=None, max_examples=300)
def test_capitals_read_back_give_the_amount(amount_fen: int) -> None:
    capitals = capital_amount(amount_fen)
    assert read_back(capitals) == amount_fen
    assert "零零" not in capitals
    assert capitals.endswith(("整", "角", "分"))


def read_back(capitals: str) -> int:
    """Return the fen that a careful reader takes from `capitals`."""
    total = group = digit = 0
    for character in capitals.removesuffix("整"):
        if character in DIGITS:
            digit = DIGITS[character]
        elif character in PLACES:
            group, digit = group + digit * PLACES[character], 0
        elif character in "万亿":
            factor = 10_000 if character == "万" else 100_000_000
            total, group, digit = total + (group + digit) * factor, 0, 0
        elif character == "元":
            total, group, digit = (total + group + digit) * 100, 0, 0
        else:
            total, digit = total + digit * (10 if character == "角" else 1), 0
    return total
