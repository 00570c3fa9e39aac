"""票号库存 (F10, F11): cartons come in, numbers become void, and a report finds every one again."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from sbk_tui.data.beside import Beside
from sbk_tui.data.finance import FinanceCases
from sbk_tui.data.ledger import Done, Ledger
from sbk_tui.data.money import BatchCount, Money, Top
from sbk_tui.data.sagas import SettledStep, StepState
from sbk_tui.domain.operations.numbers import TakeInNumbers, VoidNumber
from sbk_tui.domain.paper_number import FormKind, NumberState, PaperNumber, SpentNumber
from sbk_tui.domain.rules import Rules
from sbk_tui.errors import Refusal
from sbk_tui.services import words
from sbk_tui.services.fee_papers import FORMS
from sbk_tui.services.forms import Field, Values, problems
from sbk_tui.services.paper_desk import Printable
from sbk_tui.services.slips import Desk, head
from sbk_tui.texts import name_of, word

__all__ = ["TAKE_IN_FIELDS", "VOID_FIELDS", "BatchCount", "FormKind", "NumberDesk", "Top"]
TAKE_IN_FIELDS = (
    Field("form_kind", "choice", table="form_kind", required=True),
    Field("number_batch", required=True),
    Field("number_first", parse=PaperNumber.parse, required=True),
    Field("number_last", parse=PaperNumber.parse, required=True),
)
"""The form with which a carton or pad is taken in."""
VOID_FIELDS = (
    Field("form_kind", "choice", table="form_kind", required=True),
    Field("paper_number", parse=PaperNumber.parse, required=True),
    Field("void_reason", "choice", table="void_reason", required=True),
)
LAYOUT = "number_report"


class Fate(NamedTuple):
    """What became of a number, in words."""

    text: str
    tone: str


class NumberDesk:
    """The stock of pre-printed papers, for the clerk who is signed in."""

    def __init__(
        self, ledger: Ledger, money: Money, *, rules: Rules, desk: Desk, now_ms: Callable[[], int]
    ) -> None:
        self._ledger = ledger
        self._money = money
        self._rules = rules
        self._desk = desk
        self._now_ms = now_ms

    def take_in(self, values: Values, *, op: str) -> int:
        """Take a carton in and return how many numbers it has; on return it is on disk.

        Raises:
            Refusal: a field's problem, `numbers.range`, `numbers.size`, `numbers.overlap`.
        """
        self._check(TAKE_IN_FIELDS, values)
        first, last = (PaperNumber.parse(values[f"number_{end}"]) for end in ("first", "last"))
        operation = TakeInNumbers(
            paper=values["form_kind"],
            batch=values["number_batch"].strip(),
            first=str(first),
            last=str(last),
        )
        self._ledger.perform(self._ledger.intend(operation, op=op))
        return (first.steps_to(last) or 0) + 1

    def void(self, values: Values, *, op: str) -> Done:
        """Make a number void with its reason (F10); on return it is on disk.

        Raises:
            Refusal: a field's problem, `numbers.…`, `fee.charging`.
        """
        self._check(VOID_FIELDS, values)
        operation = VoidNumber(
            paper=values["form_kind"],
            number=str(PaperNumber.parse(values["paper_number"])),
            reason=values["void_reason"],
        )
        form = FormKind(operation.paper)
        spent = self._money.spent(form, operation.number)
        beside: list[Beside] = [FinanceCases(self._desk.counter)]
        if spent is not None and spent.payment:
            # What is void needs no look any more: a paper sent and not looked at is settled by it.
            void = {"void": operation.reason}
            beside.append(SettledStep(spent.payment, FORMS[form], StepState.FAILED, void))
        return self._ledger.perform(self._ledger.intend(operation, op=op), beside=beside)

    def _check(self, fields: tuple[Field, ...], values: Values) -> None:
        for problem in problems(fields, values, self._rules):
            raise Refusal(problem.code, clause=problem.clause, field=problem.field, **problem.facts)

    # ------------------------------------------------------------------ looking

    def batches(self) -> tuple[BatchCount, ...]:
        """Return this counter's batches and what became of their numbers."""
        return self._money.batches()

    def top(self, form: FormKind) -> Top:
        """Return the paper that lies on top."""
        return self._money.top(form)

    def warning(self) -> str:
        """Return what to say when a stock that was ever begun comes to its end; else empty."""
        said = []
        for form in dict.fromkeys(count.batch.form for count in self._money.batches()):
            left = self._money.top(form).left
            if left <= self._rules.settings.numbers_warn_left:
                name = name_of("form_kind", form.value)
                said.append(word("numbers.near_end", form=name, left=left))
        return "".join(said)

    def fate(self, typed: str) -> Fate:
        """Return what became of a number, whichever paper it stands on.

        Raises:
            Refusal: `numbers.form`, or as `text.clean`.
        """
        number = PaperNumber.parse(typed)
        found = [spent for form in FormKind if (spent := self._money.spent(form, number))]
        if found:
            tone = "warn" if any(each.state is NumberState.VOID for each in found) else "ok"
            return Fate("".join(self._fate_of(each) for each in found), tone)
        holding = [c.batch for c in self._money.batches() if c.batch.place_of(number) is not None]
        if not holding:
            return Fate(word("numbers.not_here", number=number), "bad")
        batch = holding[0]
        left = (batch.place_of(number) or 0) >= batch.spent
        key = "numbers.in_stock" if left else "numbers.missing_one"
        form = name_of("form_kind", batch.form.value)
        said = word(key, number=number, form=form, batch=batch.batch)
        return Fate(said, "" if left else "bad")

    def _fate_of(self, spent: SpentNumber) -> str:
        payer = self._payer_of(spent)
        facts = {
            "number": spent.number,
            "form": name_of("form_kind", spent.form.value),
            "at": words.moment(spent.at),
            "payer": payer,
            "reason": name_of("void_reason", spent.reason),
        }
        if spent.state is NumberState.USED:
            return word("numbers.was_used", **facts)
        return word("numbers.was_void" if payer else "numbers.was_spoiled", **facts)

    def _payer_of(self, spent: SpentNumber) -> str:
        payment = self._money.payment(spent.payment) if spent.payment else None
        return payment.payer if payment else ""

    # ------------------------------------------------------------------ the report

    def report(self) -> Printable:
        """Return 票号盘点表: every number used, void with its reason, left, or missing."""
        counts = self._money.batches()
        at = words.moment(self._now_ms())
        void = [spent for count in counts for spent in self._money.void_of(count.batch.id)]
        missing = [number for count in counts for number in self._money.missing_of(count)]
        return Printable(
            LAYOUT,
            {
                **head(self._desk, at, ""),
                "serial": at.replace("-", "").replace(":", "").replace(" ", ""),
                "done_at": at,
                "kind": word("numbers.report"),
                "batches": str(len(counts)),
                "missing": "、".join(missing) or word("numbers.none_missing"),
                "void_count": str(len(void)),
            },
            tables={
                "batches": [_batch_row(count) for count in counts],
                "void": [
                    {
                        "number": f"{name_of('form_kind', spent.form.value)} {spent.number}",
                        "payer": self._payer_of(spent),
                        "reason": name_of("void_reason", spent.reason),
                        "at": words.moment(spent.at),
                    }
                    for spent in void
                ],
            },
        )


def _batch_row(count: BatchCount) -> dict[str, str]:
    batch = count.batch
    return {
        "batch": f"{name_of('form_kind', batch.form.value)} {batch.batch}",
        "range": f"{batch.first}—{batch.last}",
        "used": str(count.used),
        "void": str(count.void),
        "left": str(batch.left),
        "missing": str(count.missing),
    }
