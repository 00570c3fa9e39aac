"""Putting clerks' questions to the city (A5): the person's records come with the next pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import msgspec

from sbk_tui.data import city_asks
from sbk_tui.data.store import Store
from sbk_tui.errors import Refusal

LOOKUP_PATH = "/v1/lookup"


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """The city's answer."""

    person: str
    """Empty: it knows nobody by this number."""
    until: int
    """Unix ms: how long the counter is told of the person; 0: as long as it lives here."""


class Told(NamedTuple):
    """An answer that is to be filed once the records are here."""

    ask: str
    answer: city_asks.Answer


def put_questions(
    store: Store, ask: Callable[[city_asks.Signed], Found], now_ms: int
) -> tuple[Told, ...]:
    """Put every open question to the city.

    Raises:
        HubUnreachable: the line is gone; the questions stay open.
    """
    told = []
    for signed in city_asks.open_asks(store, now_ms):
        try:
            person = ask(signed).person
            answer = city_asks.Answer(person, "" if person else city_asks.NOBODY)
        except Refusal as refusal:
            answer = city_asks.Answer("", refusal.code)
        told.append(Told(signed.read().id, answer))
    return tuple(told)
