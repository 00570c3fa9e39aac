"""The city's list of lost and cancelled cards as it lies here: what it says, how old it is."""

from __future__ import annotations

from typing import Any, NamedTuple

from sbk_tui.data.store import Store


class ListAge(NamedTuple):
    """How much of the list is here."""

    cards: int
    at: int
    """Unix ms of the city's word that it is complete; 0: never."""


def listed_in(db: Any, number: str) -> str | None:
    """Return the state under which a card is listed, inside an open session.

    Where the city's row of the card is here it says the same and more: a release of our own that
    waits for its verdict is no contradiction.
    """
    row = db.execute_sql(
        "SELECT state FROM blocked_card WHERE number = ?"
        " AND NOT EXISTS (SELECT 1 FROM hub_row WHERE subject = 'card/' || number)",
        (number,),
    ).fetchone()
    return row[0] if row else None


def listed(store: Store, number: str) -> str | None:
    """As `listed_in`, in a session of its own."""
    with store.session() as db:
        return listed_in(db, number)


def list_age(store: Store) -> ListAge:
    """Return how many cards the list has and when the city last completed it."""
    with store.session() as db:
        cards = db.execute_sql("SELECT count(*) FROM blocked_card").fetchone()[0]
        row = db.execute_sql("SELECT value FROM peer WHERE name = 'complete'").fetchone()
    return ListAge(int(cards), int(row[0]) if row else 0)
