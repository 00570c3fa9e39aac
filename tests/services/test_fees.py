"""What a service costs, by date and reason."""

from __future__ import annotations

from datetime import date

import pytest

from sbk_tui.codes import code_tables
from sbk_tui.services.fees import fee_on, fees


@pytest.mark.parametrize(("day", "reason", "amount"), [
    (date(2015, 9, 14), "51", None),
    (date(2015, 9, 15), "51", "25元"),
    (date(2026, 11, 24), "62", "25元"),
    (date(2026, 11, 24), "71", "免费"),
    (date(2026, 11, 24), "00", None),
])  # fmt: skip
def test_the_fee_of_a_day(day: date, reason: str, amount: str | None) -> None:
    fee = fee_on(day, "replace", reason)
    assert (fee.amount if fee else None) == amount


def test_every_reason_has_a_fee_today() -> None:
    reasons = code_tables()["replace_reason"].rows
    assert all(fee_on(date(2026, 11, 24), "replace", reason) for reason in reasons)
    assert all(fee.amount_fen >= 0 and fee.source for fee in fees())
