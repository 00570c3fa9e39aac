"""What a service costs, by date and reason, and how an amount is said."""

from __future__ import annotations

from datetime import date

import pytest

from sbk_tui.codes import code_tables, fee_table
from sbk_tui.domain.fees import fee_on
from sbk_tui.services.fees import amount_words, decimal


@pytest.mark.parametrize(("day", "reason", "amount"), [
    (date(2015, 9, 14), "51", None),
    (date(2015, 9, 15), "51", "25元"),
    (date(2026, 11, 24), "62", "25元"),
    (date(2026, 11, 24), "71", "免费"),
    (date(2026, 11, 24), "00", None),
])  # fmt: skip
def test_the_fee_of_a_day(day: date, reason: str, amount: str | None) -> None:
    fee = fee_on(fee_table(), day, "replace", reason)
    assert (amount_words(fee.amount_fen) if fee else None) == amount


def test_every_reason_has_a_fee_today() -> None:
    reasons, today = code_tables()["replace_reason"].rows, date(2026, 11, 24)
    assert all(fee_on(fee_table(), today, "replace", reason) for reason in reasons)
    assert all(fee.amount_fen >= 0 and fee.source for fee in fee_table())


def test_an_amount_in_a_column_has_two_places() -> None:
    assert [decimal(fen) for fen in (0, 5, 2500, 140950)] == ["0.00", "0.05", "25.00", "1409.50"]
