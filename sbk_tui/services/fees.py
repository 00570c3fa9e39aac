"""Amounts of money as they are said: `25元`, `0.50元`, 免费; 25.00 in a column."""

from __future__ import annotations

from sbk_tui.texts import word


def amount_words(amount_fen: int) -> str:
    """Return an amount in words: `25元`, `0.50元`, 免费."""
    if not amount_fen:
        return word("fees.free")
    yuan, fen = divmod(amount_fen, 100)
    return word("fees.yuan", amount=f"{yuan}.{fen:02d}" if fen else str(yuan))


def decimal(amount_fen: int) -> str:
    """Return an amount as it stands in a column: `25.00`, `-25.00`."""
    yuan, fen = divmod(abs(amount_fen), 100)
    return f"{'-' if amount_fen < 0 else ''}{yuan}.{fen:02d}"
