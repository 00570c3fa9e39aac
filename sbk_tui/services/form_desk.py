"""套打 (5.1.1.1.1, 5.1.1.2): notice or note on the next pre-printed number, printed, looked at.

The number is bound on disk before the printer is told. Whether the paper came out well is the
clerk's word: good, spoiled (its number is void, the next one wanted, F10), or not there (printed
again on the same number, F9).
"""

from __future__ import annotations

from collections.abc import Callable

from sbk_tui.data.beside import Beside, DroppedDraft
from sbk_tui.data.ledger import Done
from sbk_tui.data.lookup import Dossier
from sbk_tui.data.money import Top
from sbk_tui.data.sagas import SettledStep, Step, StepState
from sbk_tui.domain.operations.base import Operation
from sbk_tui.domain.operations.fee import GiveNote, GiveNotice
from sbk_tui.domain.operations.numbers import VoidNumber
from sbk_tui.domain.paper_number import FormKind
from sbk_tui.domain.payment import Payment
from sbk_tui.errors import OutcomeUnknown, Refusal
from sbk_tui.hardware.ports import FormPrinter
from sbk_tui.printing.escp import Offset, Sheet, form_named, preview, render
from sbk_tui.services.fee_papers import FORMS, form_values
from sbk_tui.services.till import Till

_TAIL = 4
_FORM_OF = {name: kind for kind, name in FORMS.items()}


class FormDesk:
    """Notices and notes, for the clerk who is signed in."""

    def __init__(self, till: Till, printer: Callable[[], FormPrinter], offset: Offset) -> None:
        """Take what makes the printer's driver: it is asked for at each printing."""
        self._till = till
        self._printer = printer
        self._offset = offset

    def top(self, kind: FormKind) -> Top:
        """Return the paper of `kind` that must lie in the printer."""
        return self._till.money.top(kind)

    def give_notice(
        self, seen: Dossier, payer: str, reason: str, tail: str, *, op: str, draft: str = ""
    ) -> Done:
        """Bind the next notice to a new fee, or to the one whose notice is void; then print it.

        On return number, fee and the step to print are on disk; printing itself is `print_paper`.

        Args:
            tail: the last four characters of the number on the paper in the printer.

        Raises:
            Refusal: `numbers.paper_differs`, and as `GiveNotice`.
        """
        number = self._compared(FormKind.NOTICE, tail)
        before = self._till.due(seen.person.id)
        operation = GiveNotice(
            person=seen.person.id,
            payer=before.payer if before else payer,
            reason=before.reason if before else reason,
            amount_fen=before.amount_fen if before else self._till.amount(reason),
            payment=before.id if before else "",
            number=number,
        )
        return self._begin_paper(operation, FormKind.NOTICE, number, before, op=op, draft=draft)

    def give_note(self, payment: Payment, tail: str, *, op: str, draft: str = "") -> Done:
        """Bind the next note to a payment; then print it (`print_paper`).

        Raises:
            Refusal: `numbers.paper_differs`, and as `GiveNote`.
        """
        number = self._compared(FormKind.NOTE, tail)
        operation = GiveNote(payment=payment.id, number=number)
        return self._begin_paper(operation, FormKind.NOTE, number, payment, op=op, draft=draft)

    def _begin_paper(
        self,
        operation: Operation,
        kind: FormKind,
        number: str,
        payment: Payment | None,
        *,
        op: str,
        draft: str,
    ) -> Done:
        saga = payment.id if payment else op
        step = self._till.planned(saga, FORMS[kind], "form_printer", {"number": number})
        beside: list[Beside] = [step, *([DroppedDraft(draft)] if draft else [])]
        return self._till.perform(operation, *beside, op=op)

    def print_paper(self, payment_id: str, kind: FormKind) -> str:
        """Send the paper of a payment to the printer and return the job's name.

        A paper that was sent before goes on the same number (F9). Whether it came out is the
        clerk's word: `printed`, or `spoiled`.

        Raises:
            Refusal: `fee.no_paper`; DeviceFault: the printer's.
        """
        payment = self._till.known(payment_id)
        number = payment.notice if kind is FormKind.NOTICE else payment.note
        if not number:
            raise Refusal("fee.no_paper")
        name = FORMS[kind]
        step = self._till.sagas.open_step(payment.id)
        if step is None or step.name != name:
            self._till.sagas.again(payment.id, name, {"number": number})
        sheet = self._sheet(payment, kind, number)
        self._till.sagas.sent(payment.id, name, self._till.now_ms())
        try:
            return self._printer().submit(f"{form_named(FORMS[kind]).title}-{number}", sheet.data)
        except OutcomeUnknown as error:
            self._till.sagas.settle(payment.id, name, StepState.UNKNOWN, {"code": error.code})
            raise

    def printed(self, payment_id: str, kind: FormKind) -> None:
        """The clerk looked: the paper is good, its number the one on the screen."""
        self._till.sagas.settle(payment_id, FORMS[kind], StepState.CONFIRMED, {"seen": "paper"})

    def spoiled(self, payment_id: str, kind: FormKind, reason: str, *, op: str) -> Done:
        """The clerk looked: the paper is spoiled. Its number is void, the next one is wanted.

        Raises:
            Refusal: as `VoidNumber`.
        """
        payment = self._till.known(payment_id)
        number = payment.notice if kind is FormKind.NOTICE else payment.note
        operation = VoidNumber(paper=kind.value, number=number, reason=reason)
        settled = SettledStep(payment_id, FORMS[kind], StepState.FAILED, {"void": reason})
        return self._till.perform(operation, settled, op=op)

    def preview(self, payment: Payment, kind: FormKind, width: int) -> list[str]:
        """Return the paper as it is printed, in lines of at most `width` cells."""
        number = payment.notice if kind is FormKind.NOTICE else payment.note
        sheet = self._sheet(payment, kind, number or self._till.money.top(kind).next)
        return preview(form_named(FORMS[kind]), sheet, width)

    def test_sheet(self, kind: FormKind) -> str:
        """Print the labels of a form at their places, on plain paper, to measure the offset."""
        form = form_named(FORMS[kind])
        values = {field.key: f"+{field.label}" for field in form.fields}
        sheet = render(form, values, self._offset)
        return self._printer().submit(form.title, sheet.data)

    def _sheet(self, payment: Payment, kind: FormKind, number: str) -> Sheet:
        fee = self._till.price(payment.reason)
        values = form_values(
            payment, number, fee=fee, desk=self._till.desk, today=self._till.today()
        )
        return render(form_named(FORMS[kind]), values, self._offset)

    def _compared(self, kind: FormKind, tail: str) -> str:
        """Return the next number if the paper in the printer bears it (核对票号)."""
        number = self._till.money.top(kind).next
        if not number:
            raise Refusal("numbers.none_left", form_kind=kind.value)
        if tail.strip().upper() not in {number, number[-_TAIL:]}:
            raise Refusal("numbers.paper_differs", next=number)
        return number

    def kind_of(self, step: Step) -> FormKind | None:
        """Return the paper that a step prints; None for a charge."""
        return _FORM_OF.get(step.name)
