"""Temporary cards on their chips (6.1.1.1, 6.2, 6.3): written item by item, each item on disk.

A saga is the piece of work with one card: its items in the chip's order, and last the operation
that records it, in one transaction with the saga's end. So at every moment either the chip is
not whole and an open saga says so, or the operation is there. Where a crash or a pulled card
left it, the chip is asked (B3).
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Literal, NamedTuple

import msgspec

from sbk_tui.data.lookup import Lookup
from sbk_tui.data.planned_sagas import ConfirmedStep, Plan, PlannedSagas, Saga
from sbk_tui.data.sagas import StepState
from sbk_tui.domain.identity import SocialNumber
from sbk_tui.domain.people import Person
from sbk_tui.domain.temp_card import TempCard
from sbk_tui.errors import DeviceFault, OutcomeUnknown, Refusal
from sbk_tui.hardware.ports import KeyService, SocialCard, SocialCardReader, WriteOrder
from sbk_tui.services import words

ITEMS = ("social_number", "name", "name_more", "sex", "nation", "birth")
"""What is written and wiped, in the chip's order."""
_VALUES = ("social_number", "name", "sex", "nation", "birth")
_RECORD = "record"
_DEVICE = "card_reader"
Writes = Literal["", "holder", "blank"]
"""What an act leaves on the chip: nothing new, the holder's items, or none."""


class Unfinished(msgspec.Struct, frozen=True, kw_only=True):
    """写卡未完成: what was being done with a temporary card, for whoever goes on with it."""

    clause: str
    temp_card: str
    person: str
    values: dict[str, str]
    """The form, as it was handed in."""
    identification: str
    historical: str
    """Which chip it is."""


class Work(NamedTuple):
    """One act that writes a chip."""

    kind: str
    clause: str
    writes: Writes
    person: Person
    card: TempCard
    values: dict[str, str]


class TempChips:
    """The chips of temporary cards, at a counter with a reader and a key service."""

    def __init__(
        self,
        sagas: PlannedSagas,
        lookup: Lookup,
        *,
        reader: Callable[[], SocialCardReader],
        service: Callable[[], KeyService],
        clerk: str,
        now_ms: Callable[[], int],
        new_id: Callable[[], str],
    ) -> None:
        self._sagas = sagas
        self._lookup = lookup
        self._reader = reader
        self._service = service
        self._clerk = clerk
        self._now_ms = now_ms
        self._new_id = new_id

    def read(self, cancel: threading.Event, card: TempCard, clause: str) -> SocialCard:
        """Wait for a chip and return it, if it may be the one of `card`.

        Raises:
            Refusal: `temp.other_chip`, `temp.social_card`; DeviceFault, Cancelled: as the port.
        """
        found = self._reader().read(cancel)
        if card.chip and card.chip != found.identification:
            raise Refusal("temp.other_chip", clause=clause, card=card.number)
        if found.number and self._lookup.card(found.number) is not None:
            raise Refusal("temp.social_card", clause=clause)
        return found

    def write(self, cancel: threading.Event, work: Work, chip: SocialCard) -> ConfirmedStep:
        """Bring `chip` to what `work` wants; return what the operation must confirm.

        On return every item was read back and is on disk as confirmed; only the record is
        missing. Called again, also by another run of the program, it goes on where it was.

        Raises:
            Refusal: `temp.unfinished`, other work with this card comes first;
                `chip.another_card`; and as the port's `write`.
            OutcomeUnknown, DeviceFault: as the port's `write`; the saga stays open.
        """
        saga = self._saga(work, chip)
        order = WriteOrder(values=_order(work), over=_over(work, chip))
        journal = _Journal(self._sagas, saga.id, self._now_ms)
        try:
            self._reader().write(cancel, chip, order, self._service(), journal, op=saga.id)
        except OutcomeUnknown as error:
            self._sagas.answered(saga.id, StepState.UNKNOWN, error.code.encode())
            raise
        except DeviceFault as error:
            self._sagas.answered(saga.id, StepState.FAILED, error.code.encode())
            raise
        return ConfirmedStep(saga.id, _RECORD)

    def _saga(self, work: Work, chip: SocialCard) -> Saga:
        """Return the saga of this work: the open one of this card, or a fresh one."""
        for found in self._sagas.open(work.card.subject):
            begun = unfinished_of(found)
            same = (found.kind, begun.person) == (work.kind, work.person.id)
            if same and (begun.identification, begun.historical) == _identity(chip):
                return self._sagas.take_over(found.id) or found
            if any(step.state is not StepState.PLANNED for step in found.steps):
                if same:
                    raise Refusal("chip.another_card")
                raise Refusal(
                    "temp.unfinished", clause=work.clause, card=work.card.number,
                    kind=words.kind(found.kind),
                )  # fmt: skip
            self._sagas.drop(found.id)  # nothing was sent to that chip
        identification, historical = _identity(chip)
        begun = Unfinished(
            clause=work.clause,
            temp_card=work.card.number,
            person=work.person.id,
            values=work.values,
            identification=identification,
            historical=historical,
        )
        record = Plan(_RECORD, baseline=msgspec.msgpack.encode(begun))
        return self._sagas.begin(
            self._new_id(), kind=work.kind, subject=work.card.subject, clerk=self._clerk,
            at_ms=self._now_ms(), steps=(*(Plan(name, _DEVICE) for name in ITEMS), record),
        )  # fmt: skip


def unfinished(sagas: PlannedSagas, subject: str = "") -> tuple[Unfinished, ...]:
    """Return the temporary cards whose chip is not what the records say, oldest first."""
    return tuple(
        unfinished_of(saga)
        for saga in sagas.open(subject)
        if saga.kind.startswith("temp.")
        and any(step.state is not StepState.PLANNED for step in saga.steps)
    )


class _Journal:
    """The port's `WriteJournal` on a saga: each item is one of its steps."""

    def __init__(self, sagas: PlannedSagas, saga: str, now_ms: Callable[[], int]) -> None:
        self._sagas = sagas
        self._saga = saga
        self._now_ms = now_ms

    def intend(self, item: str, digest: str) -> None:
        """On disk before the item is sent."""
        self._sagas.sent(self._saga, item, self._now_ms(), digest.encode())

    def confirm(self, item: str) -> None:
        """On disk once it was read back."""
        self._sagas.settle(self._saga, item, StepState.CONFIRMED)


def unfinished_of(saga: Saga) -> Unfinished:
    """Return what was being done in the saga of a temporary card."""
    return msgspec.msgpack.decode(saga.step(_RECORD).baseline, type=Unfinished)


def _identity(chip: SocialCard) -> tuple[str, str]:
    return chip.identification, chip.historical


def _order(work: Work) -> dict[str, str]:
    """Return the items and their texts; a blank has none of them."""
    if work.writes == "blank":
        return dict.fromkeys(_VALUES, "")
    person = work.person
    number = SocialNumber.parse(person.number)
    # A person known from a batch has no more than the number says.
    born, sex = person.birth or number.birth, person.sex or number.sex
    birth = born.strftime("%Y%m%d") if born else ""
    texts = (person.number, person.name, sex, person.nation, birth)
    return dict(zip(_VALUES, texts, strict=True))


def _over(work: Work, chip: SocialCard) -> frozenset[str] | None:
    """Return whose numbers may be written over; a chip known as this card's may be anybody's."""
    known = work.card.chip == chip.identification
    return None if known else frozenset({work.person.number})
