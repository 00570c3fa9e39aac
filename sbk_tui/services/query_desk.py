"""Finding people and looking at one: masked until a purpose is given, and then noted (2.4.2)."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import NamedTuple

from sbk_tui.data.access import AccessLog
from sbk_tui.data.lookup import Dossier, Hit, Lookup
from sbk_tui.domain.referral import Referral, parse
from sbk_tui.domain.rules import Rules
from sbk_tui.domain.world import CHINA, from_ms
from sbk_tui.errors import Refusal
from sbk_tui.services import rail_words, words
from sbk_tui.services.progress import Road, road
from sbk_tui.texts import word

__all__ = ["Dossier", "Hit", "Named", "QueryDesk"]
_NUMBER = re.compile(r"[0-9]{3,}[0-9X]")


class Named(NamedTuple):
    """A person found by a number."""

    name: str
    number: str
    """The 社会保障号码 if it was typed whole, else empty."""


class QueryDesk:
    """The reading side, for the clerk who is signed in."""

    def __init__(
        self,
        lookup: Lookup,
        access: AccessLog,
        now_ms: Callable[[], int],
        *,
        counter: str,
        level: str,
        rules: Rules,
    ) -> None:
        self._lookup = lookup
        self._access = access
        self._now_ms = now_ms
        self._counter = counter
        self._level = level
        self._rules = rules

    def find(self, text: str) -> tuple[Hit, ...]:
        """Return up to fifty people that `text` may mean, best first; also by a 转办码 (B4)."""
        referral = self.referral(text)
        if referral is None:
            return self._lookup.find(text)
        return self._lookup.referred(referral)

    def referral(self, text: str) -> Referral | None:
        """Return the referral that `text` is the code of, typed or scanned; None: it is none."""
        try:
            return parse(text)
        except Refusal:
            return None

    def named(self, typed: str) -> Named | None:
        """Return who a number typed instead of a name belongs to; None unless it is one person.

        A clerk with one hand on the number pad types no name (B22). Only who typed a whole number
        is given a whole number.
        """
        text = typed.strip().upper()
        if not _NUMBER.fullmatch(text):
            return None
        people = {hit.person.id: hit.person for hit in self.find(text)}
        if len(people) != 1:
            return None
        (person,) = people.values()
        return Named(person.name, person.number if person.number == text else "")

    def dossier(self, key: str) -> Dossier:
        """Return everything known here about one person, by id, number or card number.

        Raises:
            Refusal: `person.unknown`.
        """
        found = self._lookup.dossier(key)
        if found is None:
            raise Refusal("person.unknown", clause="2.4.2")
        return found

    def chain(self, seen: Dossier) -> str:
        """Return what is next in a person's replacement, as 5.1 says it; empty: none runs."""
        return rail_words.next_of(
            seen, rules=self._rules, counter=self._counter, now_ms=self._now_ms()
        )

    def road(self, seen: Dossier) -> Road | None:
        """Return where the card is that a person waits for or has (B19)."""
        return road(seen, level=self._level, counter=self._counter)

    def today(self) -> date:
        """Return the day at the counter."""
        return from_ms(self._now_ms()).astimezone(CHINA).date()

    def heard(self) -> str:
        """Return in words how old the city's newest answer is."""
        at = self._lookup.heard_ms()
        if at is None:
            return word("query.never_heard")
        return word("query.heard", time=words.moment(at))

    def reveal(self, person_id: str, purpose: str, command: str) -> None:
        """Note that the clerk now sees a person's full number, and why; on return it is on disk."""
        self._access.note(
            at_ms=self._now_ms(), person=person_id, command=command, purpose=purpose,
            revealed="number,phone,bank_card",
        )  # fmt: skip

    def waiting(self) -> int:
        """Return how many operations the city has not received."""
        return self._lookup.waiting()

    def open_cases(self) -> int:
        """Return how many cases wait for a clerk."""
        return self._lookup.open_cases()
