"""未完成事项 (0.12): work that somebody began here and nobody finished, from a list of sources.

A source is a list of its own, read page by page; the desk merges them by when each was begun.
Whatever a power cut, a clerk who walked away or a lost answer left stands here until it is done,
and any entitled clerk goes on with it at the step that the records say.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from heapq import merge
from itertools import islice
from operator import attrgetter
from typing import NamedTuple, Protocol

from sbk_tui.data.lookup import Lookup
from sbk_tui.data.open_fees import Key, OpenFee, OpenFees, Stage
from sbk_tui.data.planned_sagas import PlannedSagas, Saga
from sbk_tui.data.sagas import StepState
from sbk_tui.domain.making import LOST
from sbk_tui.domain.paper_number import FormKind
from sbk_tui.services import fee_jobs, words
from sbk_tui.services.fee_papers import FORMS
from sbk_tui.services.fee_words import amount_of
from sbk_tui.services.rail import EXCHANGE, REPLACE
from sbk_tui.services.temp_chip import unfinished_of
from sbk_tui.texts import name_of, word

_DAY_MS = 86_400_000
_TEMP = "temp."


class OpenItem(NamedTuple):
    """One piece of unfinished work."""

    at_ms: int
    id: str
    said: str
    """What is left open, in words."""
    clause: str
    """The job that goes on with it."""
    person: str
    """Id of the person to go on with, or empty."""
    name: str
    clerk: str
    tone: str

    @property
    def key(self) -> Key:
        """Its place in the list."""
        return (self.at_ms, self.id)

    @property
    def begun(self) -> str:
        """When it was begun, in words."""
        return words.moment(self.at_ms)


class Source(Protocol):
    """One kind of unfinished work."""

    def page(self, after: Key | None, limit: int) -> Sequence[OpenItem]:
        """Return up to `limit` items behind `after`, oldest first."""

    def count(self) -> int:
        """Return how many there are."""


class OpenWorkDesk:
    """All unfinished work of this counter."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self._sources = tuple(sources)

    def page(self, after: Key | None, limit: int) -> tuple[OpenItem, ...]:
        """Return up to `limit` items behind `after`, oldest first."""
        pages = (source.page(after, limit) for source in self._sources)
        return tuple(islice(merge(*pages, key=attrgetter("key")), limit))

    def count(self) -> int:
        """Return how many there are."""
        return sum(source.count() for source in self._sources)


class FeeSource:
    """Fees: charges and papers that nobody settled, notes and registrations that are missing."""

    def __init__(self, fees: OpenFees, now_ms: Callable[[], int], *, notice_days: int) -> None:
        """Take the list, the clock, and after how many days an unpaid notice is late."""
        self._fees = fees
        self._now_ms = now_ms
        self._notice_days = notice_days

    def page(self, after: Key | None, limit: int) -> Sequence[OpenItem]:
        """Return up to `limit` fees behind `after`, each payment once."""
        long_ago = self._long_ago()
        pages = (self._fees.page(stage, after, limit, long_ago_ms=long_ago) for stage in Stage)
        ordered = merge(*pages, key=attrgetter("key"))
        return [self._item(fee) for fee in islice(ordered, limit)]

    def count(self) -> int:
        """Return how many fees wait."""
        return self._fees.counts(long_ago_ms=self._long_ago()).listed

    def _long_ago(self) -> int:
        return max(0, self._now_ms() - self._notice_days * _DAY_MS)

    def _item(self, fee: OpenFee) -> OpenItem:
        at_ms, payment_id = fee.key
        said, clause = self._said(fee)
        tone = "bad" if fee.stage is Stage.HANGING else "warn" if fee.stage is Stage.PAPER else ""
        return OpenItem(
            at_ms, payment_id, said, clause, fee.payment.person, fee.name, fee.clerk, tone
        )

    def _said(self, fee: OpenFee) -> tuple[str, str]:
        """Return what is open, and the job that goes on."""
        payment, amount = fee.payment, amount_of(fee.payment)
        match fee.stage:
            case Stage.HANGING:
                key = "open.unclear" if payment.unclear_op else "open.hanging"
                return word(key, amount=amount), fee_jobs.CHARGE
            case Stage.PAPER:
                form = FormKind.NOTICE if fee.paper == FORMS[FormKind.NOTICE] else FormKind.NOTE
                number = payment.notice if form is FormKind.NOTICE else payment.note
                said = word("open.paper", form=name_of("form_kind", form.value), number=number)
                return said, fee_jobs.NOTICE if form is FormKind.NOTICE else fee_jobs.NOTE
            case Stage.PAID if payment.doubt == "paid_twice":
                return word("open.refund", amount=amount), fee_jobs.REFUND
            case Stage.PAID if payment.note:
                said = word("open.unregistered", amount=amount, number=payment.note)
                # The list of steps: the application may be missing, too.
                return said, REPLACE if payment.reason.startswith(LOST) else EXCHANGE
            case Stage.PAID:
                return word("open.no_note", amount=amount), fee_jobs.NOTE
            case Stage.DUE:
                days = (self._now_ms() - fee.key[0]) // _DAY_MS
                said = word("open.due", amount=amount, number=payment.notice, days=days)
                return said, fee_jobs.NOTICE


class TempCardSource:
    """Temporary cards whose writing was cut short (写卡未完成)."""

    def __init__(
        self, sagas: PlannedSagas, lookup: Lookup, clerk_name: Callable[[str], str]
    ) -> None:
        """Take the sagas, the people, and what gives a clerk's name by the id."""
        self._sagas = sagas
        self._lookup = lookup
        self._clerk_name = clerk_name

    def page(self, after: Key | None, limit: int) -> Sequence[OpenItem]:
        """Return up to `limit` cards behind `after`."""
        found = sorted((self._item(saga) for saga in self._begun()), key=attrgetter("key"))
        return [item for item in found if after is None or item.key > after][:limit]

    def count(self) -> int:
        """Return how many cards there are."""
        return len(self._begun())

    def _begun(self) -> list[Saga]:
        # A handful by nature: each is a card that lies torn on the table.
        return [
            saga
            for saga in self._sagas.open_of(_TEMP)
            if any(step.state is not StepState.PLANNED for step in saga.steps)
        ]

    def _item(self, saga: Saga) -> OpenItem:
        left = unfinished_of(saga)
        person = self._lookup.person(left.person)
        said = word("open.temp_card", card=left.temp_card)
        return OpenItem(
            saga.at_ms, saga.id, said, left.clause, left.person, person.name if person else "",
            self._clerk_name(saga.clerk), "warn",
        )  # fmt: skip
