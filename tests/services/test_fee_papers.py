"""What stands on the two fiscal papers: the office's own code of the item among it (5.1.1)."""

from __future__ import annotations

from datetime import date

import pytest
from msgspec.structs import replace

from sbk_tui.codes import fee_table
from sbk_tui.domain.fees import fee_on
from sbk_tui.domain.payment import PaymentState
from sbk_tui.services.fee_papers import form_values
from sbk_tui.services.slips import Desk
from tests.domain.test_fee import payment

DAY = date(2026, 11, 24)
DESK = Desk("卫辉市社保中心", "410781-a1", "张敏")


@pytest.mark.clause("5.1.1.1.1", "5.1.1.2")
@pytest.mark.parametrize("code", ["", "103044901"])
def test_the_fiscal_code_of_the_table_stands_on_the_paper_and_nothing_else(code: str) -> None:
    row = fee_on(fee_table(), DAY, "replace", "51")
    assert row is not None
    values = form_values(
        payment(PaymentState.DUE), "A0001", fee=replace(row, code=code), desk=DESK, today=DAY
    )
    assert (values["item_code"], values["item_name"]) == (code, row.title)
    assert "replace" not in values.values()
    assert values["total_capital"] == "人民币贰拾伍元整"
