"""The acts of a fee: papers on pre-printed numbers, the card terminal, 交费登记."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import ClassVar

from textual.binding import BindingType

from sbk_tui.domain.operations.refund import GiveBack
from sbk_tui.domain.paper_number import FormKind
from sbk_tui.domain.payment import PaySlip
from sbk_tui.errors import Refusal
from sbk_tui.screens.ask import Ask
from sbk_tui.screens.bars import KeyBar
from sbk_tui.screens.fee import FeeScreen, Values
from sbk_tui.screens.form import Form
from sbk_tui.screens.keys import bindings, legend
from sbk_tui.services import fee_jobs as jobs
from sbk_tui.services import fee_words
from sbk_tui.services.desks import Desks
from sbk_tui.services.fee_desk import Paid, PosResult, Seen, Standing
from sbk_tui.services.query_desk import Dossier
from sbk_tui.texts import name_of, word


class FeePaperScreen(FeeScreen):
    """开缴款通知书 (5.1.1.1.1), 开具财政票据 (5.1.1.2): compare, print, look."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("print")

    def acts(self) -> Mapping[str, Callable[[], None]]:
        """The paper, the look at it, and for a notice the bank's receipt."""
        acts: dict[str, Callable[[], None]] = {
            "notice": self._give_paper,
            "note": self._give_paper,
            "look": self._look,
            "paid": self._pay_at_bank,
        }
        return {step: acts[step] for step in jobs.STEPS[self.clause]}

    def show_keys(self) -> None:
        """Draw the legend with the reprint."""
        keys = ("help", "read_id", "find", "print", "confirm", "back")
        self.query_one(KeyBar).text = legend(keys, {"print": word("fee.print_again")})

    def _give_paper(self) -> None:
        self.in_background(partial(self._bind_and_print, self.values), self._sent)

    def _bind_and_print(self, values: Values) -> str:
        """In a thread: bind the number, then print; what fails after binding is shown as sent."""
        act, seen = self.act, self.seen
        if act is None or act.form is None or seen is None:
            return ""
        forms, tail = self.desks.forms, values["paper_tail"]
        if act.form is FormKind.NOTICE:
            payer, reason = values.get("payer", ""), values.get("replace_reason", "")
            forms.give_notice(seen, payer, reason, tail, op=self.op, draft=self.draft)
        elif self.standing.payment is not None:
            forms.give_note(self.standing.payment, tail, op=self.op, draft=self.draft)
        payment = self.desks.fees.standing(seen.person.id).payment
        return forms.print_paper(payment.id, act.form) if payment else ""

    def _sent(self, job: str) -> None:
        self.again(word("fee.sent", job=job), "ok")

    def _look(self) -> None:
        if self.act is None or self.act.form is None:
            return
        question = word("fee.look_question", **self._paper_facts())
        answers = [(key, word(f"fee.look_{key}")) for key in ("good", "spoiled", "absent")]
        self.app.push_screen(Ask(question, answers), self._looked)

    def _paper_facts(self) -> dict[str, str]:
        form, payment = self.act.form if self.act else None, self.standing.payment
        if form is None or payment is None:
            return {"form": "", "number": ""}
        number = payment.notice if form is FormKind.NOTICE else payment.note
        return {"form": name_of("form_kind", form.value), "number": number}

    def _looked(self, answer: str | None) -> None:
        form = self.act.form if self.act else None
        if answer is None or form is None:
            return
        if answer == "good":
            said = word("fee.good", **self._paper_facts())
            good = partial(self.desks.forms.printed, self.payment_id, form)
            self.in_background(good, partial(self.settled, said))
        elif answer == "absent":
            again = partial(self.desks.forms.print_paper, self.payment_id, form)
            self.in_background(again, self._sent)
        else:
            rows = self.desks.rules.codes["void_reason"].rows
            answers = [(code, row.name) for code, row in rows.items() if code in "123"]
            question = word("fee.why_spoiled", **self._paper_facts())
            self.app.push_screen(Ask(question, answers), partial(self._spoil, form))

    def _spoil(self, form: FormKind, reason: str | None) -> None:
        if reason is not None:
            said = word("fee.spoiled", **self._paper_facts())
            spoil = partial(self.desks.forms.spoiled, self.payment_id, form, reason, op=self.op)
            self.in_background(spoil, partial(self.settled, said))

    def action_print(self) -> None:
        """F8: the paper as it is printed; F8 there prints it again on its number (F9)."""
        payment = self.standing.payment
        form = FormKind.NOTE if self.clause == jobs.NOTE else FormKind.NOTICE
        number = (
            "" if payment is None else payment.note if form is FormKind.NOTE else payment.notice
        )
        if payment is None or not number or self.busy or not self.is_current:
            return
        from sbk_tui.screens.form_paper import FormPaperScreen

        self.app.push_screen(FormPaperScreen(self.desks, payment, form), self._reprinted)

    def _reprinted(self, job: str | None) -> None:
        if job is not None:
            self.again(word("fee.sent", job=job))

    def _pay_at_bank(self) -> None:
        payment = self.standing.payment
        if payment is not None:
            pay = partial(
                self.desks.fees.pay_at_bank, payment, jobs.slip_from(self.values), op=self.op,
                draft=self.draft,
            )  # fmt: skip
            self.in_background(pay, partial(self.settled, word("fee.paid")))


class ChargeScreen(FeeScreen):
    """刷卡 (5.1.1.1.2): one charge, and what became of it."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("void")

    def __init__(self, desks: Desks, clause: str, person: str = "") -> None:
        super().__init__(desks, clause, person)
        self._queried: PaySlip | None = None
        """What the terminal answered to F7."""

    def acts(self) -> Mapping[str, Callable[[], None]]:
        """The charge, and settling one whose answer was lost."""
        return {"charge": self._ask_charge, "settle": self._ask_outcome}

    def show_keys(self) -> None:
        """Draw the legend with the query."""
        keys = ("help", "read_id", "find", "void", "confirm", "back")
        self.query_one(KeyBar).text = legend(keys, {"void": word("fee.query_key")})

    def action_back(self) -> None:
        """Esc: a charge that was sent cannot be taken back; say so and wait."""
        if self.busy:
            self.messages.say(word("fee.no_way_back"))
        super().action_back()

    def _ask_charge(self) -> None:
        payment, values = self.standing.payment, self.values
        waits = payment is not None and payment.is_open
        payer = payment.payer if payment and waits else values.get("payer", "")
        reason = payment.reason if payment and waits else values.get("replace_reason", "")
        amount = fee_words.amount(self.desks.fees.price(reason))
        question = word("fee.sure_charge", payer=payer, amount=amount)
        answers = [("yes", word("fee.charge_yes"))]
        self.app.push_screen(Ask(question, answers), partial(self._charge, payer, reason))

    def _charge(self, payer: str, reason: str, answer: str | None) -> None:
        if answer == "yes" and self.seen is not None:
            self.messages.say(word("fee.charging"))
            charge = partial(self._charge_now, self.seen, payer, reason)
            self.in_background(charge, self._charged)

    def _charge_now(self, seen: Dossier, payer: str, reason: str) -> Paid:
        return self.desks.fees.charge(
            seen, payer, reason, self.cancel, op=self.op, draft=self.draft
        )

    def _charged(self, paid: Paid) -> None:
        result = paid.result
        if paid.approved:
            self.again(word("fee.charged", reference=result.reference))
        else:
            answer = name_of("pos_answer", result.code)
            self.again(word("fee.declined", answer=answer, code=result.code), "bad")

    # ------------------------------------------------------------------ settling what is unknown

    def action_void(self) -> None:
        """F7: ask the terminal for its last transaction."""
        if self.act is None or self.act.step != "settle" or self.busy or not self.is_current:
            return
        self.messages.say(word("fee.asking"))
        self.in_background(self._query, self._found)

    def _query(self) -> PosResult:
        return self.desks.fees.query(self.payment_id, self.cancel)

    def _found(self, result: PosResult) -> None:
        if not result.approved:
            self.messages.say(word("fee.found_none", code=result.code), "bad")
            return
        slip = self.desks.fees.slip_of(result)
        self.query_one(Form).fill({
            "slip_reference": slip.reference,
            "paid_on": slip.paid_on.isoformat(),
            "slip_trace": slip.trace,
            "slip_voucher": slip.voucher,
        })  # fmt: skip
        self._queried = slip
        self.messages.say(fee_words.found(result, slip), "ok")

    def _ask_outcome(self) -> None:
        payment = self.standing.payment
        amount = fee_words.amount_of(payment) if payment else ""
        handed_over = payment is not None and payment.unclear_op
        # Handed to the finance people: their word settles it, nobody else's.
        keys = ("found_paid", "found_not") if handed_over else ("paid", "not", "unclear")
        answers = [(key, word(f"fee.settle_{key}")) for key in keys]
        asked = "found" if handed_over else "settle"
        question = word(f"fee.{asked}_question", amount=amount)
        self.app.push_screen(Ask(question, answers), self._outcome)

    def _outcome(self, answer: str | None) -> None:
        desk = self.desks.fees
        if answer == "unclear":
            hand_over = partial(desk.settle_unclear, self.payment_id, op=self.op)
            self.in_background(hand_over, self._handed_over)
        elif answer in {"not", "found_not"}:
            seen: Seen = "slip" if answer == "not" else "finance"
            settle = partial(desk.settle_not_charged, self.payment_id, seen, op=self.op)
            self.in_background(settle, partial(self.settled, word("fee.not_charged")))
        elif answer in {"paid", "found_paid"}:
            found = self.query_one(Form).check()
            if found:
                self.messages.say(word("job.problems", count=len(found)), "bad")
                return
            slip, asked = jobs.slip_from(self.values), self._queried
            seen = "slip" if answer == "paid" else "finance"
            if asked is not None and asked.reference == slip.reference:
                slip, seen = asked, "query" if seen == "slip" else seen
            pay = partial(desk.settle_paid, self.payment_id, slip, seen, op=self.op)
            said = word("fee.charged", reference=slip.reference)
            self.in_background(pay, partial(self.settled, said))

    def _handed_over(self, _done: object) -> None:
        self.again(word("fee.unclear"), "bad")


class RegisterScreen(FeeScreen):
    """交费登记 (5.1.2.3) and taking it back."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("void")

    def acts(self) -> Mapping[str, Callable[[], None]]:
        """The registration."""
        return {"register": self._ask_register}

    def show_keys(self) -> None:
        """Draw the legend with the undoing."""
        keys = ("help", "read_id", "find", "void", "confirm", "back")
        self.query_one(KeyBar).text = legend(keys, {"void": word("fee.unregister_key")})

    def _ask_register(self) -> None:
        if self.seen is None or self.standing.payment is None:
            return
        facts = {
            "name": self.seen.person.name,
            "amount": fee_words.amount_of(self.standing.payment),
        }
        question = word("fee.sure_register", **facts)
        self.app.push_screen(Ask(question, [("yes", word("ask.yes"))]), self._register)

    def _register(self, answer: str | None) -> None:
        payment, seen = self.standing.payment, self.seen
        if answer != "yes" or payment is None or seen is None:
            return
        try:
            wish = jobs.open_wish(seen.applications, payment)
        except Refusal as refusal:
            self.messages.explain(refusal)
            return
        register = partial(self.desks.fees.register, payment, wish, op=self.op)
        self.in_background(register, partial(self.settled, word("fee.registered_now")))

    def action_void(self) -> None:
        """F7: take the registration back."""
        waits = self.act is None and self.standing.payment is not None
        if waits and not self.busy and self.is_current:
            self._ask_unregister()

    def _ask_unregister(self) -> None:
        rows = self.desks.rules.codes["unregister_reason"].rows
        name = self.seen.person.name if self.seen else ""
        answers = [(code, row.name) for code, row in rows.items()]
        question = word("fee.why_unregister", name=name)
        self.app.push_screen(Ask(question, answers), self._unregister)

    def _unregister(self, reason: str | None) -> None:
        payment = self.standing.payment
        if reason is not None and payment is not None:
            take_back = partial(self.desks.fees.unregister, payment, reason, op=self.op)
            self.in_background(take_back, partial(self.settled, word("fee.registered_now")))


class RefundScreen(FeeScreen):
    """退费 (0.13): what the terminal or the bank gave back is recorded by its slip."""

    def acts(self) -> Mapping[str, Callable[[], None]]:
        """The refund."""
        return {"refund": self._ask_refund}

    def stand(self, person: str) -> Standing:
        """The payment that would be given back."""
        return self.desks.fees.to_give_back(person)

    def _ask_refund(self) -> None:
        payment = self.standing.payment
        if payment is None:
            return
        operation = jobs.give_back_from(payment, self.values)
        question = word(
            "refund.sure",
            payer=payment.payer,
            amount=fee_words.amount_of(payment),
            of=operation.of,
            way=name_of("refund_way", operation.way),
            reference=operation.reference,
        )
        answers = [("yes", word("refund.yes"))]
        self.app.push_screen(Ask(question, answers), partial(self._give_back, operation))

    def _give_back(self, operation: GiveBack, answer: str | None) -> None:
        if answer == "yes":
            said = word("refund.done", reference=operation.of)
            back = partial(self.desks.fees.give_back, operation, op=self.op, draft=self.draft)
            self.in_background(back, partial(self.settled, said))


def screen_of(desks: Desks, clause: str, person: str = "") -> FeeScreen:
    """Return the screen of one of the jobs; with `person`, that person is found already."""
    match clause:
        case jobs.CHARGE:
            return ChargeScreen(desks, clause, person)
        case jobs.REGISTER:
            return RegisterScreen(desks, clause, person)
        case jobs.REFUND:
            return RefundScreen(desks, clause, person)
        case _:
            return FeePaperScreen(desks, clause, person)
