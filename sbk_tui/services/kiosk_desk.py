"""综合自助服务 (A3): what the holder of the card in the reader may see and do, after the PIN.

Nothing of a visitor is kept here: each page is read anew from the records for the visit that
`verify` gave, and goes with it. No other desk is built at a kiosk, and its ledger has the rights
of a kiosk alone.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import NamedTuple

from sbk_tui.data.access import AccessLog
from sbk_tui.data.ledger import Done, Ledger
from sbk_tui.data.lookup import Dossier, Lookup, card_that_matters
from sbk_tui.domain import mask
from sbk_tui.domain.card import Card, CardState
from sbk_tui.domain.operations.loss import TemporaryLoss, term_end
from sbk_tui.domain.pin import wipe
from sbk_tui.domain.rules import Rules
from sbk_tui.domain.temp_card import held
from sbk_tui.errors import DeviceFault, OutcomeUnknown, Refusal
from sbk_tui.hardware.ports import SocialCard, SocialCardReader
from sbk_tui.services import rail_words, words
from sbk_tui.services.menu import nearest_counters
from sbk_tui.services.pin_desk import (
    JOBS,
    AtReader,
    Entry,
    PinDesk,
    Presence,
    Prompt,
    Work,
    verify,
)
from sbk_tui.services.progress import Road, road
from sbk_tui.texts import name_of, word

__all__ = ["AtReader", "Done", "Entry", "Guest", "KioskDesk", "Limits", "Reported", "Visit"]
CLAUSE = "A3"
_DEAD = frozenset({CardState.FORMAL_LOST, CardState.CANCELLED})
_COMMAND = "kiosk"


class Guest(NamedTuple):
    """Somebody whose card is in the reader, before the PIN."""

    card: SocialCard
    person: str
    name: str
    """Masked."""
    tries: int


class Visit(NamedTuple):
    """A holder whose PIN was right."""

    card: SocialCard
    person: str


class Reported(NamedTuple):
    """A temporary loss that is on disk."""

    done: Done
    until: str


class Limits(NamedTuple):
    """How long a kiosk waits for its visitor, in seconds."""

    pin_s: float
    idle_s: float


class KioskDesk:
    """The desk of a kiosk; records are signed with the key of the clerk who started it."""

    def __init__(
        self,
        ledger: Ledger,
        lookup: Lookup,
        access: AccessLog,
        *,
        reader: Callable[[], SocialCardReader],
        pins: PinDesk,
        rules: Rules,
        office: str,
        counter: str,
        level: str,
        district: str,
        limits: Limits,
        now_ms: Callable[[], int],
        new_id: Callable[[], str],
    ) -> None:
        self.office = office
        self.limits = limits
        self.new_id = new_id
        self._ledger = ledger
        self._lookup = lookup
        self._access = access
        self._reader = reader()
        self._pins = pins
        self._rules = rules
        self._counter = counter
        self._level = level
        self._district = district
        self._now_ms = now_ms

    # ------------------------------------------------------------------ the card

    def await_removal(self, cancel: threading.Event) -> None:
        """Wait until no card is in the reader."""
        self._reader.await_card(cancel, present=False)

    def meet(self, cancel: threading.Event) -> Guest:
        """Wait for a card and return whose it is; no try of the PIN is spent.

        Raises:
            Refusal: `kiosk.unknown`, `kiosk.dead_card`, `kiosk.no_pin`; DeviceFault:
                `chip.pin_blocked`, and as the port.
        """
        card = self._reader.read(cancel)
        seen = self._holder(card)
        known = next((each for each in seen.cards if each.number == card.number), None)
        if known is not None and known.state in _DEAD:
            raise Refusal("kiosk.dead_card", clause=CLAUSE, card_state=known.state.value)
        return Guest(card, seen.person.id, mask.name(seen.person.name), self.tries(card))

    def tries(self, card: SocialCard) -> int:
        """Return the tries left, at least one.

        Raises:
            Refusal: `kiosk.no_pin`, `chip.another_card`; DeviceFault: `chip.pin_blocked`.
        """
        left = self._reader.tries_left(card)
        if left is None:
            raise Refusal("kiosk.no_pin", clause=CLAUSE)
        if left == 0:
            raise DeviceFault("chip.pin_blocked", left=0)
        return left

    def pad(self) -> Entry | None:
        """Return where the visitor types the PIN; None: at the kiosk's own keys."""
        return self._pins.pad()

    def verify_at(self, cancel: threading.Event, guest: Guest, pad: Entry) -> Visit:
        """Have the PIN typed at `pad` and checked, once.

        Raises:
            DeviceFault: `pinpad.…`, and as `verify`; Cancelled: as the pad.
        """
        verify(self._reader, guest.card, pad, Prompt.OLD, cancel)
        return self._let_in(guest)

    def verify(self, guest: Guest, pin: bytearray) -> Visit:
        """Check the PIN once; `pin` is overwritten, whatever comes of it.

        Raises:
            DeviceFault: `chip.pin_wrong`, `chip.pin_blocked`; OutcomeUnknown, Refusal: as the port.
        """
        try:
            self._reader.verify(guest.card, pin)
        finally:
            wipe(pin)
        return self._let_in(guest)

    def _let_in(self, guest: Guest) -> Visit:
        self._access.note(
            at_ms=self._now_ms(), person=guest.person, command=_COMMAND,
            purpose=word("kiosk.purpose"), revealed="",
        )  # fmt: skip
        return Visit(guest.card, guest.person)

    def _holder(self, card: SocialCard) -> Dossier:
        """Return the records of whoever the chip names; a chip and a record that differ: nobody."""
        number = card.holder.number if card.holder else ""
        seen = None
        for key in (card.number, number):
            seen = seen or (self._lookup.dossier(key) if key else None)
        if seen is None or number not in {"", seen.person.number}:
            raise Refusal("kiosk.unknown", clause=CLAUSE)
        return seen

    # ------------------------------------------------------------------ pages

    def own(self, visit: Visit) -> tuple[str, ...]:
        """Return the holder's own record, numbers masked: a kiosk stands in the open."""
        seen = self._seen(visit)
        person = seen.person
        lines = [
            f"{word('fields.name')}  {person.name}",
            f"{word('fields.number')}  {mask.number(person.number)}",
            f"{word('fields.mobile')}  {mask.phone(person.mobile)}",
        ]
        for card in seen.cards:
            bank = f"{name_of('bank', card.bank)} {mask.bank_card(card.bank_card)}".rstrip()
            lines.append(word("kiosk.card", card=card.number, state=words.card_state(card)))
            lines.append(word("kiosk.bank", bank=bank))
            if card.lost_until is not None:
                lines.append(word("kiosk.lost_until", date=card.lost_until.isoformat()))
        temp_card = held(seen.temp_cards)
        if temp_card is not None:
            lines.append(words.temp_card(temp_card))
        return tuple(lines)

    def progress(self, visit: Visit) -> tuple[str, ...]:
        """Return where the holder's card or application is (B19)."""
        seen = self._seen(visit)
        way = self._road(seen)
        if way is None:
            return (word("kiosk.no_way"),)
        lines = []
        for mark in way.marks:
            day = mark.at.isoformat() if mark.at else ""
            sign = word("kiosk.reached" if mark.reached else "kiosk.ahead")
            lines.append(f"{sign} {name_of('progress', mark.code)}  {day}".rstrip())
        return (*lines, "", self._turn(seen, way))

    def where(self, visit: Visit) -> tuple[str, ...]:
        """Return where to go with what (第四条, A5)."""
        seen = self._seen(visit)
        card = card_that_matters(seen.cards)
        bank = name_of("bank", card.bank) if card else ""
        way = self._road(seen)
        places = "、".join(nearest_counters(self._district))
        now = [self._turn(seen, way), ""] if way else []
        return (
            *now,
            word("kiosk.where_here", office=self.office),
            word("kiosk.where_replace", places=places),
            word("kiosk.where_bank", bank=bank),
            word("kiosk.where_bring"),
        )

    def _seen(self, visit: Visit) -> Dossier:
        seen = self._lookup.dossier(visit.person)
        if seen is None:
            raise Refusal("kiosk.unknown", clause=CLAUSE)
        return seen

    def _turn(self, seen: Dossier, way: Road) -> str:
        """Return whose turn it is; of a replacement that runs, as the counter's list says it."""
        chain = rail_words.next_of(
            seen, rules=self._rules, counter=self._counter, now_ms=self._now_ms()
        )
        return chain or word(f"kiosk.turn_{way.turn}", place=way.place)

    def _road(self, seen: Dossier) -> Road | None:
        return road(seen, level=self._level, counter=self._counter)

    # ------------------------------------------------------------------ 临时挂失

    def losable(self, visit: Visit) -> str:
        """Return the number of the card that a temporary loss would be about.

        Raises:
            Refusal: `kiosk.nothing_to_lose`.
        """
        return self._card(visit).number

    def report(self, visit: Visit, *, op: str) -> Reported:
        """Record 临时挂失 (3.1) as self-service; on return it is on disk.

        The card must still be the one whose PIN was right.

        Raises:
            Refusal: `chip.another_card`, `kiosk.nothing_to_lose`, and as the rule.
            DeviceFault: as the port.
        """
        self.tries(visit.card)
        card, person = self._card(visit), self._seen(visit).person
        until = term_end(self._ledger.today(), self._rules.settings)
        operation = TemporaryLoss(
            card=card.number,
            caller_name=person.name,
            caller_phone=person.mobile or person.fixed_phone,
            until=until,
            self_service=True,
        )
        done = self._ledger.perform(self._ledger.intend(operation, op=op))
        return Reported(done, until.isoformat())

    # ------------------------------------------------------------------ 密码修改

    def change_pin(self, cancel: threading.Event, visit: Visit, pad: Entry) -> Done:
        """Have the PIN changed by the holder alone (4.1); on return it is on disk.

        An outcome that is not known is recorded as that at once: nobody here can look later.

        Raises:
            Refusal: `pin.…`, the new PIN is weak or typed differently; as the rule and the port.
            DeviceFault: as the pad and the port; OutcomeUnknown: `chip.outcome_unknown`.
        """
        job = JOBS["4.1"]
        left = self._pins.pending(job.clause)
        if left is not None:
            self._pins.give_up(left)  # a kiosk that was cut off in the middle
        seen = self._seen(visit)
        card = self._pins.choose(job, seen, visit.card.number)
        work = Work(
            job, seen, card, visit.card, Presence.SELF_SERVICE, self.new_id(), self.new_id()
        )
        try:
            return self._pins.carry_out(work, pad, cancel).done
        except OutcomeUnknown:
            unknown = self._pins.pending(job.clause)
            if unknown is not None:
                self._pins.give_up(unknown)
            raise

    def _card(self, visit: Visit) -> Card:
        cards = self._seen(visit).cards
        card = next((c for c in cards if c.number == visit.card.number), None)
        card = card or card_that_matters(cards)
        if card is None:
            raise Refusal("kiosk.nothing_to_lose", clause="3.1")
        return card
