"""金融账户激活 (A3) at a bank window: whose card, who stands there, the city's word, the slip."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import NamedTuple

import msgspec

from sbk_tui.data.beside import OwedPaper, Performed
from sbk_tui.data.ledger import Done, Ledger
from sbk_tui.data.lookup import Dossier, Lookup
from sbk_tui.data.papers import Papers
from sbk_tui.domain.card import Card
from sbk_tui.domain.identity import SocialNumber
from sbk_tui.domain.operations.account import ActivateAccount, needs_guardian, refuse_card
from sbk_tui.domain.pin import Presence
from sbk_tui.domain.rules import Rules
from sbk_tui.domain.text import PersonName
from sbk_tui.domain.world import Seat
from sbk_tui.errors import Refusal
from sbk_tui.hardware.ports import SocialCard
from sbk_tui.services.chip_desk import refuse_another
from sbk_tui.services.city_first import CityFirst
from sbk_tui.services.forms import Field, Values, problems
from sbk_tui.services.slips import Desk, slip_record

__all__ = ["GUARDIAN_FIELDS", "Activation", "BankDesk", "Handled", "Presence"]
CLAUSE = "A3"

GUARDIAN_FIELDS = (
    Field("guardian_name", parse=PersonName.parse, required=True),
    Field("guardian_number", parse=SocialNumber.parse, required=True),
    Field("register_shown", "tick", must_be_ticked="activate.register"),
)
"""What is asked where a guardian acts for a minor."""


class Activation(NamedTuple):
    """One activation at work."""

    seen: Dossier
    card: Card
    presence: Presence
    chip_read: bool
    op: str


class Handled(NamedTuple):
    """What came of it."""

    done: Done
    card: Card
    """The card as the city has it now."""
    paper: str
    """Id of the slip that is owed."""


class BankDesk:
    """The bank window's own service, for the clerk who is signed in."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        city: CityFirst,
        lookup: Lookup,
        papers: Papers,
        rules: Rules,
        desk: Desk,
        seat: Seat,
        has_id_reader: bool,
        today: Callable[[], date],
    ) -> None:
        self._ledger = ledger
        self._city = city
        self._lookup = lookup
        self._papers = papers
        self._rules = rules
        self._desk = desk
        self._seat = seat
        self._has_id_reader = has_id_reader
        self._today = today

    @property
    def by_reader(self) -> bool:
        """Whether the holder's presence is proven by the ID reader."""
        return self._has_id_reader and self._rules.settings.pin_presence == "reader"

    def choose(self, seen: Dossier, number: str = "") -> Card:
        """Return the person's card whose account can be activated here.

        Args:
            number: of the card in the reader; empty: the one that fits.

        Raises:
            Refusal: `activate.no_card`, and as `refuse_card` of the card that is nearest.
        """
        refusal = Refusal("activate.no_card", clause=CLAUSE, name=seen.person.name)
        for card in seen.cards:
            if number not in ("", card.number):
                continue
            try:
                refuse_card(card, self._seat)
            except Refusal as error:
                refusal = error
            else:
                return card
        raise refusal

    def compare(self, seen: Dossier, card: Card, chip: SocialCard) -> None:
        """Stop when the card in the reader is not the card chosen.

        Raises:
            Refusal: as `refuse_another`.
        """
        refuse_another(seen, card, chip)

    def needs_guardian(self, seen: Dossier) -> bool:
        """Return whether a guardian must act for the holder."""
        return needs_guardian(seen.person, self._today(), self._rules.settings)

    def presence(self, seen: Dossier, shown: str) -> Presence:
        """Return who stands there, by the number of the document that was read.

        Raises:
            Refusal: `activate.not_holder`; `activate.guardian`, a minor came alone.
        """
        own = shown == seen.person.number
        if self.needs_guardian(seen):
            if own:
                raise Refusal("activate.guardian", clause=CLAUSE)
            return Presence.GUARDIAN
        if not own:
            raise Refusal("activate.not_holder", clause=CLAUSE, name=seen.person.name)
        return Presence.HOLDER

    def activate(self, work: Activation, values: Values) -> Handled:
        """Ask the city and wait for its word; on return card and slip are on disk.

        Called again with the same work after `hub.waits`, it goes on waiting.

        Args:
            values: of the form with `GUARDIAN_FIELDS`; empty for an adult.

        Raises:
            Refusal: a field, a rule or the city says no; HubUnreachable: as `CityFirst.perform`.
        """
        fields = GUARDIAN_FIELDS if self.needs_guardian(work.seen) else ()
        for problem in problems(fields, values, self._rules):
            raise Refusal(problem.code, clause=problem.clause, field=problem.field, **problem.facts)
        operation = ActivateAccount(
            card=work.card.number,
            presence=work.presence.value,
            guardian_name=PersonName.parse(values["guardian_name"]) if fields else "",
            guardian_number=SocialNumber.parse(values["guardian_number"]) if fields else "",
            register_shown=values.get("register_shown") == "1",
            chip_read=work.chip_read,
        )
        base = {work.card.subject: work.seen.versions[work.card.subject]}
        done = self._city.perform(self._ledger.intend(operation, op=work.op, base=base))

        def record(performed: Performed) -> bytes:
            person, card, desk = work.seen.person, work.card, self._desk
            return msgspec.msgpack.encode(slip_record(operation, performed, person, card, desk))

        # The city's yes comes after the sealing: only now is there something to hand out.
        self._papers.owe(OwedPaper(work.op, "account_slip", record), done)
        seen = self._lookup.dossier(work.seen.person.id)
        cards = seen.cards if seen else ()
        card = next((c for c in cards if c.number == work.card.number), work.card)
        return Handled(done, card, work.op)
