"""票号 (5.1.1, F10, F11): pre-printed numbers are taken in, used in order, or void with reason."""

from __future__ import annotations

from typing import ClassVar

from msgspec.structs import replace

from sbk_tui.domain.operations.base import Operation
from sbk_tui.domain.paper_number import (
    MOST_NUMBERS,
    DoubleUse,
    FormKind,
    NumberBatch,
    NumberState,
    PaperNumber,
    SpentNumber,
    check_next,
)
from sbk_tui.domain.payment import Payment, PaymentState
from sbk_tui.domain.rules import Rules
from sbk_tui.domain.world import Entity, Occasion, World
from sbk_tui.errors import Refusal

WITHDRAWN = "4"
"""作废原因: the payer does not pay after all; the only one that ends an unpaid payment."""
_MOST_BATCH = 20
_FORMS = tuple(form.value for form in FormKind)


def refuse_unless_next(world: World, occasion: Occasion, form: FormKind, number: str) -> None:
    """Return when `number` is the next of `form` at this counter; else as `check_next`."""
    check_next(
        world.number_batches(form.value),
        world.spent_number(form.value, number),
        form=form,
        number=number,
        counter=occasion.seat.counter,
    )


def spend(
    world: World,
    occasion: Occasion,
    form: FormKind,
    number: str,
    *,
    payment: str = "",
    reason: str = "",
) -> tuple[Entity, ...]:
    """Return number and batch once `number` is used for `payment`, or void for `reason`.

    Total: a number of no known batch is kept too, and one that was used before keeps its first
    use and names this operation beside it (重号).
    """
    before = world.spent_number(form.value, number)
    batches = [b for b in world.number_batches(form.value) if b.place_of(number) is not None]
    mine = [b for b in batches if b.counter == occasion.seat.counter]
    batch = next(iter(mine or batches), None)
    if before is not None:
        use = DoubleUse(
            op=occasion.op, counter=occasion.seat.counter, clerk=occasion.clerk, payment=payment
        )
        after = replace(before, doubles=(*before.doubles, use))
        if not mine:
            return (after,)
        blocked = (*mine[0].twice, *((number,) if after.twice else ()))
        return (after, replace(_past(mine[0], number), twice=blocked))
    gone = SpentNumber(
        form=form,
        number=number,
        state=NumberState.VOID if reason else NumberState.USED,
        counter=occasion.seat.counter,
        at=occasion.at,
        batch=batch.id if batch else "",
        payment=payment,
        reason=reason,
        op=occasion.op,
        clerk=occasion.clerk,
        stray=not mine,
    )
    return (gone,) if batch is None else (gone, _past(batch, number))


def _past(batch: NumberBatch, number: str) -> NumberBatch:
    """Return the batch with `number` and all before it out of stock."""
    return replace(batch, spent=max(batch.spent, (batch.place_of(number) or 0) + 1))


class TakeInNumbers(Operation, frozen=True, array_like=True, kw_only=True):
    """票号入库 (F11): a carton or pad of pre-printed papers comes to this counter."""

    kind: ClassVar[str] = "numbers.take_in"

    paper: str
    """票据种类, a code of the table `form_kind`."""
    batch: str
    """票据代码 or the batch as the office calls it."""
    first: str
    last: str

    def admit(self, world: World, occasion: Occasion, rules: Rules) -> None:
        if self.paper not in _FORMS:
            raise Refusal("numbers.form_kind", clause="F11")
        if not 0 < len(self.batch) <= _MOST_BATCH:
            raise Refusal("numbers.batch", clause="F11", most=_MOST_BATCH)
        steps = PaperNumber.parse(self.first).steps_to(PaperNumber.parse(self.last))
        stored = self.first == PaperNumber.parse(self.first) and self.last == PaperNumber.parse(
            self.last
        )
        if steps is None or steps < 0 or not stored:
            raise Refusal("numbers.range", clause="F11", first=self.first, last=self.last)
        if steps >= MOST_NUMBERS:
            raise Refusal("numbers.size", clause="F11", most=MOST_NUMBERS)
        for batch in world.number_batches(self.paper):
            if batch.overlaps(self.first, self.last):
                raise Refusal(
                    "numbers.overlap", clause="F11", first=batch.first, last=batch.last,
                    batch=batch.batch,
                )  # fmt: skip

    def effect(self, world: World, occasion: Occasion) -> tuple[Entity, ...]:
        if self.paper not in _FORMS or not _is_range(self.first, self.last):
            return ()
        return (
            NumberBatch(
                id=occasion.op,
                form=FormKind(self.paper),
                batch=self.batch,
                first=self.first,
                last=self.last,
                counter=occasion.seat.counter,
                taken_at=occasion.at,
            ),
        )


def _is_range(first: str, last: str) -> bool:
    try:
        steps = PaperNumber.parse(first).steps_to(PaperNumber.parse(last))
    except Refusal:
        return False
    return steps is not None and 0 <= steps < MOST_NUMBERS


class VoidNumber(Operation, frozen=True, array_like=True, kw_only=True):
    """票号作废 (F10): a used number, or the next of the stock; it keeps its place for ever.

    The payment keeps its amount and wants a new paper on the next number.
    """

    kind: ClassVar[str] = "numbers.void"

    paper: str
    number: str
    reason: str
    """作废原因, a code of the table `void_reason`."""

    def admit(self, world: World, occasion: Occasion, rules: Rules) -> None:
        if self.paper not in _FORMS:
            raise Refusal("numbers.form_kind", clause="F10")
        if not rules.knows("void_reason", self.reason):
            raise Refusal("numbers.void_reason", clause="F10")
        spent = world.spent_number(self.paper, self.number)
        if spent is None:
            if self.reason == WITHDRAWN:
                raise Refusal("numbers.void_reason", clause="F10")
            refuse_unless_next(world, occasion, FormKind(self.paper), self.number)
            return
        use = spent.use_at(occasion.seat.counter)
        if use is not None:
            return  # 重号: one of the two must become void, whatever is paid on it
        if spent.state is NumberState.VOID:
            raise Refusal(
                "numbers.spent", clause="F10", number=self.number, number_state=spent.state.value
            )
        if spent.counter != occasion.seat.counter:
            raise Refusal("numbers.elsewhere", clause="F10", number=self.number)
        payment = world.payment(spent.payment)
        if payment is not None:
            _refuse_for(payment, spent, self.reason)

    def effect(self, world: World, occasion: Occasion) -> tuple[Entity, ...]:
        if self.paper not in _FORMS:
            return ()
        spent = world.spent_number(self.paper, self.number)
        if spent is None:
            form = FormKind(self.paper)
            return spend(world, occasion, form, self.number, reason=self.reason)
        use = spent.use_at(occasion.seat.counter)
        if use is None:
            void, whose = replace(spent, state=NumberState.VOID, reason=self.reason), spent.payment
        else:
            gone = tuple(replace(u, void=True) if u is use else u for u in spent.doubles)
            void, whose = replace(spent, doubles=gone), use.payment
        freed = () if void.twice else _unblocked(world, spent)
        payment = world.payment(whose)
        if payment is None:
            return (void, *freed)
        return (void, *freed, _without(payment, spent, self.reason))


def _unblocked(world: World, spent: SpentNumber) -> tuple[NumberBatch, ...]:
    """Return the batches that waited for one of two papers to become void."""
    return tuple(
        replace(batch, twice=tuple(each for each in batch.twice if each != spent.number))
        for batch in world.number_batches(spent.form.value)
        if spent.number in batch.twice
    )


def _refuse_for(payment: Payment, spent: SpentNumber, reason: str) -> None:
    unpaid = payment.state in (PaymentState.DUE, PaymentState.CHARGING)
    if spent.form is FormKind.NOTICE and not unpaid:
        raise Refusal("numbers.notice_paid", clause="F10", number=spent.number)
    if payment.state is PaymentState.CHARGING:
        raise Refusal("fee.charging", clause="F10")
    if reason == WITHDRAWN and spent.form is not FormKind.NOTICE:
        raise Refusal("numbers.void_reason", clause="F10")


def _without(payment: Payment, spent: SpentNumber, reason: str) -> Payment:
    if spent.form is FormKind.NOTE:
        return replace(payment, note="") if payment.note == spent.number else payment
    if payment.notice != spent.number:
        return payment
    ends = reason == WITHDRAWN and payment.state is PaymentState.DUE
    return replace(payment, notice="", state=PaymentState.ENDED if ends else payment.state)
