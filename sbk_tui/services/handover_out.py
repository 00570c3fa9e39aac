"""交接申请, 交接处理 (2.1.1, 2.1.2): cards of a batch leave for a township, its count comes back.

An approval is one transaction: the decision, the cards that leave, the 交接单 that is owed. The
list for the township is written from the records afterwards, as often as it is wanted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from sbk_tui import divisions
from sbk_tui.data.access import AccessLog
from sbk_tui.data.beside import Beside, DroppedDraft, OwedPaper, Performed
from sbk_tui.data.handovers import Handovers, SettledCases
from sbk_tui.data.ledger import Done, Ledger
from sbk_tui.data.outgoing import Outgoing, Stocked
from sbk_tui.data.stock import Shelved
from sbk_tui.domain.capital_amount import capital_amount
from sbk_tui.domain.card import Receiver
from sbk_tui.domain.handover import Handover
from sbk_tui.domain.identity import Phone, SocialNumber
from sbk_tui.domain.operations.handover import MOST_CARDS
from sbk_tui.domain.operations.handover_out import (
    PART,
    PROCESS,
    REQUEST,
    Decide,
    Request,
    Withdraw,
)
from sbk_tui.domain.rules import Rules
from sbk_tui.domain.text import PersonName
from sbk_tui.domain.world import Seat
from sbk_tui.errors import Refusal
from sbk_tui.services import words
from sbk_tui.services.exports import write_table
from sbk_tui.services.forms import Field, Values, problems
from sbk_tui.services.handover_receipt import read_receipt
from sbk_tui.services.lots import lot_id, lots_of
from sbk_tui.services.manifest import manifest_rows
from sbk_tui.services.sheets import Sheet
from sbk_tui.services.slips import Desk, head
from sbk_tui.texts import name_of, word, words_for

__all__ = ["FIELDS", "Handover", "HandoverOutDesk", "Pick", "Requested", "Settled"]
LAYOUT = "handover_out_slip"
_MOST_LISTED = 300
"""Cards that a 交接单 names one by one; a larger one is signed for by its check number [A]."""
_OF_OFFICE = "3"
"""领卡人类型 单位经办: the township's own clerk fetches its cards."""
FIELDS = (
    Field("receiver_name", parse=PersonName.parse, required=True),
    Field("receiver_number", parse=SocialNumber.parse, required=True),
    Field("phone", parse=Phone.parse, required=True),
)


class Pick(NamedTuple):
    """A batch, or the part of it that belongs to one place, as it can be asked for."""

    batch: str
    place: str
    whole: bool
    """Whether people of other places, or of none that is known, are among it."""
    cards: tuple[str, ...]

    @property
    def key(self) -> str:
        """A name for lists and drafts."""
        return f"{'*' if self.whole else '='}{self.batch}"


class Requested(NamedTuple):
    """Requests that are on record."""

    done: Done
    handovers: tuple[Handover, ...]

    @property
    def cards(self) -> int:
        """How many cards were asked for."""
        return sum(each.count for each in self.handovers)


class Settled(NamedTuple):
    """A request that is decided, or a count that was taken in."""

    done: Done
    handover: Handover
    paper: str = ""
    """Id of the 交接单 that is owed; empty for a refusal."""


class HandoverOutDesk:
    """Hand-overs from this counter, for the clerk who is signed in."""

    def __init__(
        self,
        ledger: Ledger,
        outgoing: Outgoing,
        handovers: Handovers,
        *,
        access: AccessLog,
        rules: Rules,
        desk: Desk,
        seat: Seat,
        new_id: Callable[[], str],
        now_ms: Callable[[], int],
        folder: Path,
    ) -> None:
        """Take what is around the rules; `folder`: where lists are written to by themselves."""
        self._ledger = ledger
        self._outgoing = outgoing
        self._handovers = handovers
        self._access = access
        self._rules = rules
        self._desk = desk
        self._seat = seat
        self._new_id = new_id
        self._now_ms = now_ms
        self._folder = folder

    # ------------------------------------------------------------------ asking (2.1.1)

    def places(self, typed: str) -> tuple[tuple[str, str], ...]:
        """Return (code, name) of the places below this counter that `typed` may mean.

        At a county its townships; at the city its counties and all their townships.
        """
        own = self._seat.district
        city = self._seat.authority.level.value == "M"
        within = divisions.CITY if city else own[:6]
        found = divisions.search(typed, within)
        offered = (each for each in found if each.level in {"county", "township"})
        return tuple((each.code, divisions.full_name(each.code)) for each in offered)

    def region_of(self, place: str) -> str:
        """Return the name of the county of a place (the filter of 2.1.1)."""
        return divisions.full_name(place[:6])

    def picks(self, place: str) -> tuple[Pick, ...]:
        """Return what can be asked for `place`: its part of each batch, else the whole batch.

        A card that is asked for already is not offered again.
        """
        taken = self._outgoing.reserved()
        parts = {each.batch: each for each in self._outgoing.batches_for(place)}
        found = []
        for batch in self._outgoing.names():
            whole = _free(self._outgoing.whole(batch), taken)
            part = _free(parts.get(batch, Stocked(batch, ())), taken)
            if part:
                found.append(Pick(batch, place, whole=False, cards=part))
            if len(whole) > len(part):
                found.append(Pick(batch, place, whole=True, cards=whole))
        return tuple(sorted(found, key=lambda pick: pick.whole))

    def request(
        self, place: str, picks: Sequence[Pick], values: Values, *, op: str, draft: str = ""
    ) -> Requested:
        """Ask for hand-overs, all in one transaction; a batch above 3000 cards becomes several.

        Raises:
            Refusal: a field, `handover.no_pick`, `handover.overlap`, or as `Request`; nothing was
                asked for.
        """
        for problem in problems(FIELDS, values, self._rules):
            raise Refusal(problem.code, clause=REQUEST, field=problem.field, **problem.facts)
        if not picks:
            raise Refusal("handover.no_pick", clause=REQUEST)
        if len({pick.batch for pick in picks}) < len(picks):
            raise Refusal("handover.overlap", clause=REQUEST)
        receiver = Receiver(
            type=_OF_OFFICE,
            name=PersonName.parse(values["receiver_name"]),
            number=SocialNumber.parse(values["receiver_number"]),
            phone=str(Phone.parse(values["phone"])),
        )
        wishes = [
            Request(
                batch=pick.batch,
                from_office=self._desk.office,
                to=place,
                cards=tuple(cards),
                receiver=receiver,
            )
            for pick in picks
            for cards in lots_of(pick.cards, MOST_CARDS)
        ]
        intents = (
            self._ledger.intend(wish, op=lot_id(op, number)) for number, wish in enumerate(wishes)
        )
        beside = [DroppedDraft(draft)] if draft else []
        done = self._ledger.perform_all(intents, beside)
        return Requested(done[-1], tuple(self.get(wish.id) for wish in wishes))

    # ------------------------------------------------------------------ deciding (2.1.2)

    def page(
        self, place: str, *, waiting: bool, after: Handover | None, limit: int
    ) -> Sequence[Handover]:
        """Return hand-overs of this counter to `place` (empty: all), newest first."""
        return self._outgoing.page(place, waiting=waiting, after=after, limit=limit)

    def get(self, handover_id: str) -> Handover:
        """Return a hand-over of this counter by its id or the beginning of it.

        Raises:
            Refusal: `handover.unknown_request`.
        """
        found = self._handovers.get(handover_id) or self._handovers.beginning(handover_id)
        if found is None or found.sender != self._seat.counter:
            raise Refusal("handover.unknown_request", clause=PROCESS)
        return found

    def place_name(self, handover: Handover) -> str:
        """Return the receiving place, with its county."""
        return divisions.full_name(handover.to)

    def count(self, place: str, *, waiting: bool) -> int:
        """Return how many `page` would give in all."""
        return self._outgoing.count(place, waiting=waiting)

    def refused_by_city(self, handover: Handover) -> str:
        """Return why the city refused a request, empty when it did not."""
        found = self._outgoing.refused_by_city(handover.request)
        if found is None:
            return ""
        code, facts = found
        return words_for(code, msgspec.json.decode(facts)).message

    def approve(self, handover: Handover, *, op: str) -> Settled:
        """Approve a request: its cards leave, the 交接单 is owed; on return on disk.

        Raises:
            Refusal: as `Decide`, `handover.city_refused`; nothing has left.
        """
        why = self.refused_by_city(handover)
        if why:
            raise Refusal("handover.city_refused", clause=PROCESS, why=why)
        held = self._handovers.cards(handover.expected)
        paper = self._new_id()

        def record(done: Performed) -> bytes:
            sent = next(each for each in done.changed if isinstance(each, Handover))
            return msgspec.msgpack.encode(self._slip(sent, held, done))

        begun = handover.decision == "approved"  # broken off between its records
        first = handover.sent // PART if begun else 0
        intents = (
            self._ledger.intend(
                Decide(handover=handover.id, verdict="approved", part=part), op=lot_id(op, part)
            )
            for part in range(first, -(-handover.count // PART))
        )
        done = self._ledger.perform_all(intents, [OwedPaper(paper, LAYOUT, record)])[-1]
        return Settled(done, self.get(handover.id), paper)

    def refuse(self, handover: Handover, reason: str, *, op: str) -> Settled:
        """Refuse a request; on return on disk, its cards are free again.

        Raises:
            Refusal: as `Decide`.
        """
        wish = Decide(handover=handover.id, verdict="refused", reason=reason)
        done = self._ledger.perform(self._ledger.intend(wish, op=op))
        return Settled(done, self.get(handover.id))

    def withdraw(self, handover: Handover, *, op: str) -> Settled:
        """Take a request back that nobody has decided.

        Raises:
            Refusal: as `Withdraw`.
        """
        done = self._ledger.perform(self._ledger.intend(Withdraw(handover=handover.id), op=op))
        return Settled(done, self.get(handover.id))

    def _slip(
        self, handover: Handover, held: dict[str, Shelved], done: Performed
    ) -> dict[str, str | list[dict[str, str]]]:
        at = words.moment(done.at_ms)
        receiver = handover.receiver or Receiver()
        listed = handover.expected if handover.count <= _MOST_LISTED else ()
        return {
            **head(self._desk, at, done.op),
            "short_hash": done.code,
            "done_at": at,
            "batch": handover.batch,
            "from_office": handover.from_office,
            "to": divisions.full_name(handover.to),
            "count": word("unit.sheets", count=handover.count, capital=_capital(handover.count)),
            "check": handover.check,
            "receiver_name": str(receiver.name),
            "receiver_number": str(receiver.number),
            "phone": receiver.phone,
            "requested_by": handover.requested_by,
            "standing": word("standing.slip"),
            "cards": [_card_row(n, held[c]) for n, c in enumerate(listed, 1) if c in held],
        }

    # ------------------------------------------------------------------ the list goes out

    def file_for(self, handover: Handover) -> Path:
        """Return a place for the list of a hand-over in the counter's own folder."""
        self._folder.mkdir(mode=0o700, exist_ok=True)
        plain = "".join(c if c.isalnum() or c in "-_" else "_" for c in handover.batch)
        stem = f"{word('handover_out.file')}-{plain}-{handover.to}-{handover.check}"
        path, again = self._folder / f"{stem}.csv", 1
        while path.exists():
            again += 1
            path = self._folder / f"{stem}-{again}.csv"
        return path

    def export(self, handover: Handover, path: Path) -> int:
        """Write the list of a hand-over that has left; return its cards. The reading is noted.

        Raises:
            Refusal: `handover.not_sent`.
            BadUsage, StorageFault: as `write_table`; no file is left.
        """
        if handover.decision != "approved" or handover.sent < handover.count:
            raise Refusal("handover.not_sent", clause=PROCESS, batch=handover.batch)
        held = self._handovers.cards(handover.expected)
        if len(held) < handover.count:
            raise Refusal("handover.card_gone", clause=PROCESS, count=handover.count - len(held))

        def note(rows: int) -> None:
            self._access.note(
                at_ms=self._now_ms(), person="export/handover", command=PROCESS,
                purpose="handover", revealed="number,phone", rows=rows - 2,
            )  # fmt: skip

        return write_table(path, manifest_rows(handover, held), note) - 2

    # ------------------------------------------------------------------ the count comes back

    def take_answer(self, path: Path, *, op: str) -> Settled:
        """Take in the file of a township's count; cases of what is wrong are opened beside it.

        Raises:
            BadUsage, Refusal: as `read_receipt`, `TakeAnswer`; `handover.unknown_request`,
                `receipt.again` when it says nothing new.
        """
        with Sheet(path) as sheet:
            receipt = read_receipt(sheet)
        before = self.get(receipt.id)
        if before.closed_at is not None and receipt.is_known(before):
            raise Refusal("receipt.again", clause=PROCESS, batch=before.batch)
        intents = (
            self._ledger.intend(wish, op=lot_id(op, number))
            for number, wish in enumerate(receipt.operations())
        )
        beside: list[Beside] = [SettledCases()]
        done = self._ledger.perform_all(intents, beside)[-1]
        return Settled(done, self.get(before.id))


def _capital(count: int) -> str:
    """Return a number of cards in capitals, as amounts are written: 壹拾贰."""
    return capital_amount(count * 100).removesuffix("元整")


def _free(stocked: Stocked, taken: frozenset[str]) -> tuple[str, ...]:
    return tuple(card for card in stocked.cards if card not in taken)


def _card_row(place: int, held: Shelved) -> dict[str, str]:
    person, card = held.person, held.card
    return {
        "place": str(place),
        "name": person.name,
        "number": person.number,
        "card": card.number,
        "village": person.village_name or person.unit_name,
        "bank": name_of("bank", card.bank),
        "box": card.place,
    }
