"""The desk of a bank window."""

from __future__ import annotations

import time

from sbk_tui.counter_around import Around
from sbk_tui.data.papers import Papers
from sbk_tui.services.bank_desk import BankDesk
from sbk_tui.services.city_first import CityFirst


def bank_desk(a: Around) -> BankDesk:
    """Return the desk of 金融账户激活 (A3)."""
    return BankDesk(
        ledger=a.ledger,
        city=CityFirst(a.store, a.ledger, now_ms=a.now_ms, clock=time.monotonic, wait=time.sleep),
        lookup=a.lookup,
        papers=Papers(a.store),
        rules=a.rules,
        desk=a.head,
        seat=a.seat,
        has_id_reader=bool(a.config.devices.id_card_reader),
        today=a.ledger.today,
    )
