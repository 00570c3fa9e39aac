"""What a service costs on a day (domain facts 4.3): rows of a dated table, given to the rules."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import msgspec


class Fee(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """收费标准: from a day on, one item costs so much for these reasons."""

    item: str
    """Our own name of what is paid for."""
    code: str = ""
    """项目编码 of the fiscal system, as the office is given it; it stands on notice and note."""
    title: str
    amount_fen: int
    begins: date = msgspec.field(name="from")
    ends: date | None = None
    """The last day, when it is known."""
    reasons: tuple[str, ...]
    """Codes of the table `replace_reason`."""
    basis: str
    """The paper it rests on, as it is shown to the holder."""
    source: str


def fee_on(table: Iterable[Fee], day: date, item: str, reason: str) -> Fee | None:
    """Return what `item` costs on `day` for a reason; None when no row says it."""
    fitting = (
        fee
        for fee in table
        if fee.item == item
        and reason in fee.reasons
        and fee.begins <= day
        and (fee.ends is None or day <= fee.ends)
    )
    return max(fitting, key=lambda fee: fee.begins, default=None)
