"""单位发卡 (2.2.1): cards of a unit, community or village go to one receiver, with proof."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import msgspec

from sbk_tui import divisions
from sbk_tui.data.beside import Beside, DroppedDraft, OwedPaper, Performed
from sbk_tui.data.blobs import Blobs
from sbk_tui.data.ledger import Done, Ledger
from sbk_tui.data.lookup import Lookup
from sbk_tui.data.stock import Shelved
from sbk_tui.data.unit_cards import UnitCards, UnitOrder
from sbk_tui.domain.capital_amount import capital_amount
from sbk_tui.domain.card import Card, Receiver
from sbk_tui.domain.identity import Phone, SocialNumber
from sbk_tui.domain.operations.issue_unit import (
    CLAUSE,
    MOST,
    OF_UNIT,
    OF_VILLAGE,
    IssueToUnit,
)
from sbk_tui.domain.rules import Rules
from sbk_tui.domain.text import PersonName, clean, narrow
from sbk_tui.errors import Refusal
from sbk_tui.hardware.ports import Captured, PictureSource
from sbk_tui.services import words
from sbk_tui.services.forms import Field, Values, problems
from sbk_tui.services.lots import perform_lots
from sbk_tui.services.slips import Desk, head
from sbk_tui.texts import name_of, word

__all__ = ["FIELDS", "Captured", "Handed", "Shelved", "Unit", "UnitDesk", "UnitOrder"]
MOST_AT_ONCE = 2000
"""Cards handed out in one go: ten operations, well under a second."""
_MOST_LISTED = 200
FIELDS = (
    Field("receiver_type", "choice", table="receiver", only=(OF_UNIT, OF_VILLAGE), required=True),
    Field("receiver_name", parse=PersonName.parse, required=True),
    Field("receiver_number", parse=SocialNumber.parse, required=True),
    Field("phone", parse=Phone.parse, required=True),
)


class Unit(NamedTuple):
    """A unit, community or village that was asked for by its number."""

    codes: tuple[str, ...]
    """The number, and today's code of an old one."""
    name: str
    is_village: bool

    @property
    def code(self) -> str:
        """The number as it was typed."""
        return self.codes[0]

    @property
    def receiver_type(self) -> str:
        """领卡人类型 of who comes for the cards."""
        return OF_VILLAGE if self.is_village else OF_UNIT


class Handed(NamedTuple):
    """What was handed out."""

    done: Done
    cards: int
    paper: str
    """Id of the 交接单 that is owed."""


class UnitDesk:
    """Handing out many cards at once, for the clerk who is signed in."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        cards: UnitCards,
        lookup: Lookup,
        blobs: Blobs,
        rules: Rules,
        desk: Desk,
        new_id: Callable[[], str],
        camera: Callable[[], PictureSource] | None,
    ) -> None:
        """Take what is around the rule; `camera`: the document camera, None: 未配备高拍仪."""
        self._ledger = ledger
        self._cards = cards
        self._lookup = lookup
        self._blobs = blobs
        self._rules = rules
        self._desk = desk
        self._new_id = new_id
        self._camera = camera

    # ------------------------------------------------------------------ finding

    def cards(self, numbers: Sequence[str]) -> tuple[Card, ...]:
        """Return cards of the stock as they stand."""
        return tuple(shelved.card for shelved in self._cards.each(numbers))

    def unit(self, typed: str) -> Unit:
        """Return the unit or village of a typed number, whichever of the two it is (rule 8.20).

        Raises:
            Refusal: `unit.empty`; `unit.unknown` when nobody here belongs to it.
        """
        number = clean(narrow(typed)).strip().upper()
        if not number:
            raise Refusal("unit.empty", clause=CLAUSE)
        codes = tuple(dict.fromkeys((number, divisions.today_code(number))))
        place = divisions.division(number)
        lives = self._cards.of_village(codes)
        works = self._cards.of_unit(codes)
        if lives is not None or (works is None and place is not None and place.level == "village"):
            return Unit(codes, lives or (place.name if place else number), is_village=True)
        if works is None:
            raise Refusal("unit.unknown", clause=CLAUSE, number=number)
        return Unit(codes, works or number, is_village=False)

    def waiting(self) -> tuple[tuple[str, str], ...]:
        """Return (number, name and cards) of those with cards here; takes its time."""
        return tuple(
            (each.code, word("unit.waiting", name=each.name, cards=each.cards))
            for each in self._cards.waiting(_MOST_LISTED)
        )

    def page(
        self, unit: Unit, order: UnitOrder, after: Shelved | None, limit: int
    ) -> Sequence[Shelved]:
        """Return cards of a unit that lie here, behind `after`."""
        return self._cards.page(unit.codes, order, after, limit)

    def count(self, unit: Unit) -> int:
        """Return how many cards of a unit lie here."""
        return self._cards.count(unit.codes)

    def numbers(self, unit: Unit, order: UnitOrder) -> tuple[str, ...]:
        """Return the numbers of all cards of a unit that lie here, in order.

        Raises:
            Refusal: `unit.too_many`.
        """
        found = self._cards.numbers(unit.codes, order, MOST_AT_ONCE + 1)
        if len(found) > MOST_AT_ONCE:
            raise Refusal("unit.too_many", clause=CLAUSE, most=MOST_AT_ONCE)
        return found

    # ------------------------------------------------------------------ proof

    @property
    def has_camera(self) -> bool:
        """Whether this counter has a document camera (高拍仪)."""
        return self._camera is not None

    def scan(self, cancel: threading.Event) -> tuple[str, str]:
        """Wait for the next scan; return its file's name and its blob id, kept on disk.

        Raises:
            Cancelled, DeviceFault: as `PictureSource.capture`; Refusal: `blob.too_large`.
        """
        if self._camera is None:
            raise Refusal("unit.no_camera", clause=CLAUSE)
        found = self._camera().capture(cancel)
        return found.origin, self._blobs.put(found.data)

    # ------------------------------------------------------------------ handing out

    def issue(
        self,
        unit: Unit,
        cards: Sequence[str],
        values: Values,
        *,
        proof: str,
        op: str,
        draft: str = "",
    ) -> Handed:
        """Hand `cards` out to the receiver of the form, in one transaction; on return on disk.

        Args:
            proof: blob id of the scan; empty records 未配备高拍仪.
            op: the form's id, made when it opened.
            draft: the draft whose work this is.

        Raises:
            Refusal: a field, or as `IssueToUnit`; no card was handed out. `unit.taken` names
                the clerk who was faster, and when.
        """
        for problem in problems(FIELDS, values, self._rules):
            raise Refusal(problem.code, clause=problem.clause, field=problem.field, **problem.facts)
        if not cards:
            raise Refusal("unit.nothing", clause=CLAUSE)
        if len(cards) > MOST_AT_ONCE:
            raise Refusal("unit.too_many", clause=CLAUSE, most=MOST_AT_ONCE)
        receiver = _receiver(values)

        def build(lot: Sequence[str]) -> IssueToUnit:
            return IssueToUnit(codes=unit.codes, cards=tuple(lot), receiver=receiver, proof=proof)

        listed = tuple(self._cards.each(cards))
        paper = self._new_id()

        def record(done: Performed) -> bytes:
            return msgspec.msgpack.encode(self._list(unit, listed, receiver, proof, done))

        beside: list[Beside] = [OwedPaper(paper, "unit_handover", record)]
        if draft:
            beside.append(DroppedDraft(draft))
        try:
            done = perform_lots(
                self._ledger, op, cards, MOST, build, beside, blobs=(proof,) if proof else ()
            )
        except Refusal as refusal:
            raise self._named(refusal) from refusal
        return Handed(done[-1], len(cards), paper)

    def _named(self, refusal: Refusal) -> Refusal:
        """Return the refusal with the name of the clerk who was faster, where it is known."""
        if refusal.code != "unit.taken":
            return refusal
        seen = self._lookup.dossier(str(refusal.facts["card"]))
        card = (
            next((c for c in seen.cards if c.number == refusal.facts["card"]), None)
            if seen
            else None
        )
        step = card.issuing.op if card and card.issuing else ""
        name = next((e.clerk for e in seen.timeline if e.op == step), "") if seen else ""
        facts = {**refusal.facts, "clerk": name or str(refusal.facts["clerk"])}
        return Refusal("unit.taken", clause=CLAUSE, **facts)

    def _list(
        self, unit: Unit, cards: Sequence[Shelved], receiver: Receiver, proof: str, done: Performed
    ) -> Mapping[str, object]:
        at = words.moment(done.at_ms)
        return {
            **head(self._desk, at, done.op),
            "short_hash": done.code,
            "done_at": at,
            "unit": f"{unit.name}（{unit.code}）",
            "count": word("unit.sheets", count=len(cards), capital=_capital(len(cards))),
            "receiver_type": name_of("receiver", receiver.type),
            "receiver_name": str(receiver.name),
            "receiver_number": str(receiver.number),
            "phone": receiver.phone,
            "proof": word("unit.scanned" if proof else "unit.no_camera"),
            "standing": word("standing.slip"),
            "cards": [_line(place, each) for place, each in enumerate(cards, 1)],
        }


def _receiver(values: Values) -> Receiver:
    return Receiver(
        type=values["receiver_type"],
        name=PersonName.parse(values["receiver_name"]),
        number=SocialNumber.parse(values["receiver_number"]),
        phone=values["phone"],
    )


def _capital(count: int) -> str:
    """Return a number of cards in capitals, as amounts are written: 壹拾贰."""
    return capital_amount(count * 100).removesuffix("元整")


def _line(place: int, shelved: Shelved) -> dict[str, str]:
    person, card = shelved.person, shelved.card
    return {
        "place": str(place),
        "name": person.name,
        "number": person.number,
        "card": card.number,
        "bank": name_of("bank", card.bank),
        "batch": card.batch,
        "signed": "",
    }
