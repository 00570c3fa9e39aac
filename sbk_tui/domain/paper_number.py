"""票号库存: pre-printed numbers of fiscal papers, by batch; each used, void with reason, or left.

The province prints the number on the form before we see it (5.1.1). So a number is never made
here: it is taken in with its batch, compared with the paper, used in order, and never used again
(F10, F11).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Self

import msgspec

from sbk_tui.domain.identity import compact
from sbk_tui.errors import Refusal

MOST_NUMBERS = 10_000
"""Numbers that are taken in by one operation at most [A]: a carton."""


class FormKind(StrEnum):
    """票据种类: which pre-printed paper a number stands on."""

    NOTICE = "1"
    """缴款通知书 (5.1.1.1.1)."""
    NOTE = "2"
    """财政票据 (5.1.1.2)."""


CLAUSE_OF = {FormKind.NOTICE: "5.1.1.1.1", FormKind.NOTE: "5.1.1.2"}


class NumberState(StrEnum):
    """票号状态 of a number that is no longer in stock."""

    USED = "1"
    VOID = "2"


class PaperNumber(str):
    """票号: 4 to 20 digits and capital letters that end in digits, as printed ([A])."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the number in its stored form, in capitals and without blanks.

        Raises:
            Refusal: `numbers.form`, or as `text.clean`.
        """
        number = compact(text)
        if not re.fullmatch("[0-9A-Z]{3,19}[0-9]", number):
            raise Refusal("numbers.form", clause="F11")
        return cls(number)

    @property
    def head(self) -> str:
        """What stands before the digits that count up."""
        return self.rstrip("0123456789")

    def plus(self, steps: int) -> Self:
        """Return the number `steps` further on, as wide as this one."""
        digits = self[len(self.head) :]
        return type(self)(f"{self.head}{int(digits) + steps:0{len(digits)}d}")

    def steps_to(self, other: str) -> int | None:
        """Return how many steps further on `other` stands; None when it is of another series."""
        end = PaperNumber(other)
        if end.head != self.head or len(end) != len(self):
            return None
        return int(end[len(self.head) :]) - int(self[len(self.head) :])


class NumberBatch(msgspec.Struct, frozen=True, kw_only=True):
    """票号批次: one carton or pad of a pre-printed paper, from its first to its last number."""

    id: str
    form: FormKind
    batch: str
    """票据代码 or the batch as the office calls it."""
    first: str
    last: str
    counter: str
    """Where it lies."""
    taken_at: datetime
    spent: int = 0
    """How many of its numbers, counted from the first, are no longer in stock."""
    twice: tuple[str, ...] = ()
    """重号: its numbers that another paper bears too; until that is settled none is used."""

    @property
    def subject(self) -> str:
        """The name of this batch in envelopes."""
        return f"numbers/{self.id}"

    @property
    def size(self) -> int:
        """How many numbers it came with."""
        return (PaperNumber(self.first).steps_to(self.last) or 0) + 1

    @property
    def left(self) -> int:
        """How many numbers are in stock."""
        return self.size - self.spent

    @property
    def next(self) -> str:
        """The number on the paper that lies on top, or empty when none is left."""
        return self.number_at(self.spent) if self.left > 0 else ""

    def number_at(self, place: int) -> str:
        """Return the number before which `place` others stand."""
        return str(PaperNumber(self.first).plus(place))

    def place_of(self, number: str) -> int | None:
        """Return how many numbers stand before `number` in this batch; None: not of it."""
        place = PaperNumber(self.first).steps_to(number)
        return place if place is not None and 0 <= place < self.size else None

    def overlaps(self, first: str, last: str) -> bool:
        """Return whether a range shares a number with this batch."""
        start, end = PaperNumber(self.first).steps_to(first), PaperNumber(self.first).steps_to(last)
        return start is not None and end is not None and start < self.size and end >= 0


class DoubleUse(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """重号: the same number on another paper, as the city found out."""

    op: str
    counter: str
    clerk: str
    payment: str = ""
    void: bool = False


class SpentNumber(msgspec.Struct, frozen=True, kw_only=True):
    """已用票号: what became of one number; it is kept for ever."""

    form: FormKind
    number: str
    state: NumberState
    counter: str
    at: datetime
    batch: str = ""
    """Id of the batch it came from; empty: of none that is known."""
    payment: str = ""
    """The payment whose paper bears it; empty when it was void before use."""
    reason: str = ""
    """Why it is void, a code of the table `void_reason`."""
    doubles: tuple[DoubleUse, ...] = ()
    """重号: where it was used again."""
    op: str = ""
    """The operation that spent it first."""
    clerk: str = ""
    stray: bool = False
    """Whether it was spent by a counter that had never taken it in."""

    @property
    def subject(self) -> str:
        """The name of this number in envelopes."""
        return f"number/{self.form.value}/{self.number}"

    @property
    def twice(self) -> tuple[DoubleUse, ...]:
        """The uses that must be made void, so that one paper bears the number."""
        alive = tuple(each for each in self.doubles if not each.void)
        return alive if self.state is NumberState.USED else alive[1:]

    def use_at(self, counter: str) -> DoubleUse | None:
        """Return the second use by a counter that is not void yet."""
        return next((u for u in self.doubles if u.counter == counter and not u.void), None)


def in_use(batches: Iterable[NumberBatch], counter: str) -> NumberBatch | None:
    """Return the batch a counter takes numbers from: its oldest with numbers left."""
    mine = [each for each in batches if each.counter == counter and each.left > 0]
    return min(mine, key=lambda each: (each.taken_at, each.id), default=None)


def check_next(
    batches: Iterable[NumberBatch],
    spent: SpentNumber | None,
    *,
    form: FormKind,
    number: str,
    counter: str,
) -> None:
    """Return when `number` is the one to be used next at `counter`.

    Raises:
        Refusal: `numbers.spent`, `numbers.none_left`, `numbers.elsewhere`, `numbers.mixed` (of a
            newer batch while the old one has numbers left), `numbers.not_next`,
            `numbers.not_in_stock`, `numbers.blocked` (重号).
    """
    clause, batches = CLAUSE_OF[form], tuple(batches)
    if spent is not None:
        raise Refusal("numbers.spent", clause=clause, number=number, number_state=spent.state.value)
    current = in_use(batches, counter)
    if current is not None and current.twice:
        raise Refusal("numbers.blocked", clause=clause, number=current.twice[0])
    if current is not None and number == current.next:
        return
    holding = next((each for each in batches if each.place_of(number) is not None), None)
    if holding is not None and holding.counter != counter:
        raise Refusal("numbers.elsewhere", clause=clause, number=number)
    if current is None:
        raise Refusal("numbers.none_left", clause=clause, form_kind=form.value)
    if holding is None:
        raise Refusal("numbers.not_in_stock", clause=clause, number=number, next=current.next)
    code = "numbers.not_next" if holding.id == current.id else "numbers.mixed"
    raise Refusal(code, clause=clause, number=number, next=current.next)
