"""A county counter with numbers in stock, and its fees driven in a process of their own."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from pathlib import Path
from typing import Any

from sbk_tui import wiring
from sbk_tui.data.sagas import Sagas
from sbk_tui.domain.operations.loss import FormalLoss
from sbk_tui.domain.operations.numbers import TakeInNumbers
from sbk_tui.domain.paper_number import FormKind
from sbk_tui.services.draft_desk import FormDraft
from sbk_tui.services.fee_desk import FeeDesk
from tests.screens.conftest import CARDS, PASSWORD, PEOPLE, do, make_counter

HOLDER = PEOPLE[0]
_OPS = iter(range(1, 10**6))


def new_op() -> str:
    """Return an operation's id."""
    return f"{os.getpid():016x}{next(_OPS):016x}"


def make_county(home: Path, pos: str = "") -> None:
    """Set a county counter up in `home`: a formally lost card, both papers in stock, a terminal."""
    counter = make_counter(home, level="C")
    do(counter, FormalLoss(card=CARDS[0], id_shown=True))
    do(counter, TakeInNumbers(paper="1", batch="2026甲", first="A0001", last="A0050"))
    do(counter, TakeInNumbers(paper="2", batch="2026乙", first="F0001", last="F0050"))
    counter.close()
    if pos:
        (home / "config.toml").write_text(f'[devices]\npos = "{pos}"\n', "utf-8")


def open_county(home: Path) -> wiring.Counter:
    """Open it again, as after a restart."""
    return wiring.sign_in(home, "1001", PASSWORD)


def give_notice(counter: wiring.Counter) -> str:
    """Bind a notice to HOLDER's fee; return the payment's id."""
    seen = counter.desks.query.dossier(HOLDER.id)
    tail = counter.desks.forms.top(FormKind.NOTICE).next[-4:]
    counter.desks.forms.give_notice(seen, HOLDER.name, "51", tail, op=new_op())
    return payment_of(counter)


def charge(counter: wiring.Counter) -> Any:
    """Charge HOLDER's fee at the terminal."""
    seen = counter.desks.query.dossier(HOLDER.id)
    return counter.desks.fees.charge(seen, HOLDER.name, "51", threading.Event(), op=new_op())


def give_note(counter: wiring.Counter) -> None:
    """Bind a note to HOLDER's payment."""
    payment = counter.desks.fees.standing(HOLDER.id).payment
    assert payment is not None
    tail = counter.desks.forms.top(FormKind.NOTE).next[-4:]
    counter.desks.forms.give_note(payment, tail, op=new_op())


def payment_of(counter: wiring.Counter) -> str:
    """Return the id of HOLDER's payment."""
    payment = counter.desks.fees.standing(HOLDER.id).payment
    assert payment is not None
    return payment.id


def _die(*_args: object, **_facts: object) -> Any:
    os.kill(os.getpid(), signal.SIGKILL)


def _work(counter: wiring.Counter, what: str) -> None:
    match what:
        case "notice":
            counter.desks.forms.print_paper(give_notice(counter), FormKind.NOTICE)
        case "form":  # typed, nothing pressed
            counter.desks.forms.top(FormKind.NOTICE)
            draft = FormDraft(
                id="d" * 32, op="e" * 32, step="notice", person=HOLDER.id,
                values={"payer": HOLDER.name, "paper_tail": "0001"},
            )  # fmt: skip
            counter.desks.drafts.save("5.1.1.1.1", draft)
        case "charge":
            charge(counter)
        case "note":
            give_note(counter)
            counter.desks.forms.print_paper(payment_of(counter), FormKind.NOTE)


def _switch(point: str) -> None:
    """Let this process die at a point; at "done" it dies when all is done."""
    from sbk_tui.hardware import paper_out, pos_driver

    points: dict[str, tuple[type, str]] = {
        "intent": (Sagas, "sent"),
        "printing": (paper_out.FilePrinter, "submit"),
        "asking": (pos_driver.SerialPos, "charge"),
        "asked": (pos_driver._Talk, "_result"),  # the terminal took the request
        "answered": (FeeDesk, "slip_of"),
    }
    if point in points:
        owner, name = points[point]
        setattr(owner, name, _die)


def _child(home: Path, what: str, point: str) -> None:
    counter = open_county(home)
    _switch(point)
    _work(counter, what)
    _die()


def killed_at(home: Path, what: str, point: str) -> None:
    """Do `what` in a process that is killed (SIGKILL) at `point`."""
    context = multiprocessing.get_context("spawn")
    child = context.Process(target=_child, args=(home, what, point))
    child.start()
    child.join(60)
    assert child.exitcode == -signal.SIGKILL
