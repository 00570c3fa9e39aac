"""乡镇接收 (2.1, B7): a list is taken in from its file, its cards are counted in, the rest is owed.

Everything of a count is one transaction: the cards, the cases of what is wrong, the 交接单.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from sbk_tui import divisions
from sbk_tui.data.beside import Beside, DroppedDraft, OwedPaper, Performed
from sbk_tui.data.handovers import Handovers, SettledCases
from sbk_tui.data.ledger import Done, Ledger
from sbk_tui.data.stock import Shelved
from sbk_tui.domain.handover import Difference, Handover
from sbk_tui.domain.operations.batch import Line
from sbk_tui.domain.operations.handover import (
    CLAUSE,
    MOST_LINES,
    MOST_SEEN,
    Announce,
    Receive,
    is_out,
)
from sbk_tui.domain.rules import Rules
from sbk_tui.domain.world import CHINA
from sbk_tui.errors import Refusal
from sbk_tui.services import words
from sbk_tui.services.count import Count
from sbk_tui.services.lots import lot_id, lots_of, perform_lots
from sbk_tui.services.manifest import Manifest, read_manifest
from sbk_tui.services.sheets import Sheet
from sbk_tui.services.slips import Desk, head
from sbk_tui.texts import word

__all__ = ["Closed", "Count", "Handover", "HandoverDesk", "Offered", "Shelved"]
LAYOUT = "handover_slip"
_MOST_LISTED = 300
"""Cards that a 交接单 names one by one; of a larger count it names what is wrong [A]."""


class Offered(NamedTuple):
    """A list that was read and may be taken in."""

    manifest: Manifest
    out: int
    """Cards on it that were issued before."""
    known: Handover | None
    """The same list, taken in before and not counted to the end: it is gone on with."""


class Closed(NamedTuple):
    """A count that is on record."""

    done: Done
    handover: Handover
    paper: str
    """Id of the 交接单 that is owed."""


class HandoverDesk:
    """Hand-overs to this counter, for the clerk who is signed in."""

    def __init__(
        self,
        ledger: Ledger,
        handovers: Handovers,
        *,
        rules: Rules,
        desk: Desk,
        district: str,
        new_id: Callable[[], str],
        pseudonym: Callable[[str, bytes], str],
    ) -> None:
        self._ledger = ledger
        self._handovers = handovers
        self._rules = rules
        self._desk = desk
        self._district = district
        self._new_id = new_id
        self._pseudonym = pseudonym

    # ------------------------------------------------------------------ the list

    def unfinished(self) -> tuple[Handover, ...]:
        """Return the lists that are not counted in yet, or lack cards."""
        return self._handovers.unfinished()

    def read(self, path: Path) -> Offered:
        """Read a list from its file; nothing is recorded.

        Raises:
            BadUsage, Refusal: as `read_manifest`; `handover.other_place`, `handover.twice`.
        """
        with Sheet(path) as sheet:
            manifest = read_manifest(sheet, self._rules)
        if manifest.to != self._district:
            place = divisions.full_name(manifest.to)
            raise Refusal("handover.other_place", clause=CLAUSE, to=place)
        known = self._handovers.get(manifest.id)
        if known is not None and known.state == "done":
            at = known.announced_at.astimezone(CHINA).date().isoformat()
            raise Refusal("handover.twice", clause=CLAUSE, batch=known.batch, at=at)
        held = self._handovers.cards([line.card for line in manifest.lines])
        out = sum(is_out(each.card) for each in held.values())
        return Offered(manifest, out, known)

    def announce(self, manifest: Manifest, *, op: str) -> Handover:
        """Take a list in; on return it is on disk, and its cards are on their way.

        Raises:
            Refusal: as `Announce`; nothing was taken in.
        """

        def build(lines: Sequence[Line]) -> Announce:
            return Announce(
                batch=manifest.batch,
                from_office=manifest.from_office,
                to=manifest.to,
                count=len(manifest.lines),
                check=manifest.check,
                lines=tuple(lines),
            )

        named = [
            msgspec.structs.replace(line, person=self._pseudonym("person", line.number.encode()))
            for line in manifest.lines
        ]
        perform_lots(self._ledger, op, named, MOST_LINES, build)
        found = self._handovers.get(manifest.id)
        if found is None:
            raise Refusal("handover.unknown", clause=CLAUSE)
        return found

    # ------------------------------------------------------------------ the count

    def cards(self, numbers: Sequence[str]) -> dict[str, Shelved]:
        """Return cards of a list with their holders, by number."""
        return self._handovers.cards(numbers)

    def out_of(self, handover: Handover) -> frozenset[str]:
        """Return the cards of a list that were issued before: no box can hold them."""
        held = self._handovers.cards(handover.missing)
        return frozenset(number for number, each in held.items() if is_out(each.card))

    def close(self, handover: Handover, count: Count, *, op: str, draft: str = "") -> Closed:
        """Confirm a count; on return cards, cases and the owed 交接单 are on disk.

        Raises:
            Refusal: as `Receive`; nothing was recorded.
        """
        held = self._handovers.cards(handover.expected)
        paper = self._new_id()

        def record(done: Performed) -> bytes:
            counted = next(each for each in done.changed if isinstance(each, Handover))
            return msgspec.msgpack.encode(self._slip(counted, held, done))

        beside: list[Beside] = [SettledCases(), OwedPaper(paper, LAYOUT, record)]
        if draft:
            beside.append(DroppedDraft(draft))
        intents = (
            self._ledger.intend(operation, op=lot_id(op, number))
            for number, operation in enumerate(_lots(handover, count))
        )
        done = self._ledger.perform_all(intents, beside)[-1]
        counted = self._handovers.get(handover.id)
        if counted is None:
            raise Refusal("handover.unknown", clause=CLAUSE)
        return Closed(done, counted, paper)

    def _slip(
        self, handover: Handover, held: dict[str, Shelved], done: Performed
    ) -> dict[str, str | list[dict[str, str]]]:
        at = words.moment(done.at_ms)
        wrong = handover.differences()
        listed = handover.received if len(handover.received) <= _MOST_LISTED else ()
        return {
            **head(self._desk, at, done.op),
            "short_hash": done.code,
            "done_at": at,
            "batch": handover.batch,
            "from_office": handover.from_office,
            "to": divisions.full_name(handover.to),
            "count": str(handover.count),
            "received": str(len(handover.received)),
            "wrong": str(len(wrong)),
            "check": handover.check,
            "received_check": handover.received_check,
            "differences": [_wrong_row(each, held.get(each.card)) for each in wrong],
            "cards": [
                _card_row(place, held[number])
                for place, number in enumerate(listed, 1)
                if number in held
            ],
        }


def _lots(handover: Handover, count: Count) -> Iterator[Receive]:
    """Yield the operations of a count; the last of them confirms it."""
    lots = [tuple(lot) for lot in lots_of(tuple(count.seen), MOST_SEEN)] or [()]
    for place, seen in enumerate(lots, 1):
        last = place == len(lots)
        yield Receive(
            handover=handover.id,
            seen=seen,
            damaged=tuple(card for card in seen if card in count.damaged),
            extra=tuple(count.extra) if last else (),
            last=last,
        )


def _wrong_row(wrong: Difference, held: Shelved | None) -> dict[str, str]:
    return {
        "what": word(f"handover.{wrong.code.rpartition('.')[2]}"),
        "card": wrong.card,
        "name": held.person.name if held else "",
        "village": (held.person.village_name or held.person.unit_name) if held else "",
    }


def _card_row(place: int, held: Shelved) -> dict[str, str]:
    person, card = held.person, held.card
    return {
        "place": str(place),
        "name": person.name,
        "number": person.number,
        "card": card.number,
        "village": person.village_name or person.unit_name,
        "box": card.place,
    }
