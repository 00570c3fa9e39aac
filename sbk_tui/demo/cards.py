"""Invented cards: numbers with a valid check character, bank cards, places in the cabinet.

Each is a function of a running number, so that no two are alike.
"""

from __future__ import annotations

from sbk_tui.domain.identity import card_check, luhn_ok

_SERIES = "X"
"""First character of every invented card number."""
_SLOTS, _BOXES, _SHELVES = 50, 6, 4  # 位 a 盒, 盒 a 层, 层 a 柜 [A]


def card_number(running: int) -> str:
    """Return the 社保卡号 of the card `running` (0 to 9,999,999)."""
    body = f"{_SERIES}{running:07d}"
    return body + card_check(body)


def bank_card(bank: str, running: int) -> str:
    """Return a 银行卡号 of 19 digits with a valid Luhn digit, beginning unlike any bank's own."""
    body = f"62{bank[-4:]}{running:012d}"
    return next(body + str(last) for last in range(10) if luhn_ok(f"{body}{last}"))


def temp_number(running: int) -> str:
    """Return the 临时卡编号 of the `running`th blank: L and six digits."""
    return f"L{running:06d}"


def place(running: int) -> str:
    """Return the 存放位置 柜-层-盒-位 of the card `running`, each counted from 1."""
    box, slot = divmod(running, _SLOTS)
    shelf, box = divmod(box, _BOXES)
    cabinet, shelf = divmod(shelf, _SHELVES)
    return f"{cabinet + 1}-{shelf + 1}-{box + 1}-{slot + 1}"
