"""What a service costs on a day: the dated table `assets/fees.toml`."""

from __future__ import annotations

from datetime import date
from functools import cache

import msgspec

from sbk_tui.resources import toml
from sbk_tui.texts import word


class Fee(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One row: from a day on, one item costs so much for these reasons."""

    item: str
    title: str
    amount_fen: int
    begins: date = msgspec.field(name="from")
    ends: date | None = None
    """The last day, when it is known."""
    reasons: tuple[str, ...]
    basis: str
    """The paper it rests on, as it is shown to the holder."""
    source: str

    @property
    def amount(self) -> str:
        """The amount in words: `25元`, `0.50元`, 免费."""
        if not self.amount_fen:
            return word("fees.free")
        yuan, fen = divmod(self.amount_fen, 100)
        return word("fees.yuan", amount=f"{yuan}.{fen:02d}" if fen else str(yuan))


@cache
def fees() -> tuple[Fee, ...]:
    """Return the table, in the order of the file."""
    return msgspec.convert(toml("fees.toml")["fees"], tuple[Fee, ...])


def fee_on(day: date, item: str, reason: str) -> Fee | None:
    """Return what `item` costs on `day` for a reason; None when no row says it."""
    fitting = (
        fee
        for fee in fees()
        if fee.item == item
        and reason in fee.reasons
        and fee.begins <= day
        and (fee.ends is None or day <= fee.ends)
    )
    return max(fitting, key=lambda fee: fee.begins, default=None)
