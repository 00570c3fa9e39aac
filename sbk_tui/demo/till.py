"""Money at a training counter: a simulated card terminal on a real line, pre-printed papers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from sbk_tui.data.pos_book import PosBook
from sbk_tui.domain.capability import Authority, Capability
from sbk_tui.domain.operations.base import Operation
from sbk_tui.domain.operations.numbers import TakeInNumbers
from sbk_tui.domain.paper_number import FormKind
from sbk_tui.domain.world import CHINA, from_ms
from sbk_tui.hardware.pos_twin import PosTwin
from sbk_tui.wiring import Counter, now_ms

POS, LISTS = "pos_terminal", "pos-lists"
"""A link to the terminal's line, and the folder of its lists, both in the counter's folder."""
FAULTS = (
    "declined", "no_answer", "repeat_twice", "wrong_check", "result_lost", "other_request",
    "relay",
)  # fmt: skip
"""What can go wrong; their words are `demo_pos_fault.<name>`. A cut line is none of them: the pty
behind it would be gone until the next sitting."""
_PAPERS = {FormKind.NOTICE: "A", FormKind.NOTE: "F"}
_A_PAD = 100


def takes_money(authority: Authority) -> bool:
    """Return whether a counter with these rights has a terminal."""
    return Capability.FEES in authority.capabilities


def supplies() -> Iterator[Operation]:
    """Yield what came to the counter before its first day: a pad of each pre-printed paper."""
    for form in _PAPERS:
        last = number(form, _A_PAD)
        yield TakeInNumbers(paper=form.value, batch="演练", first=number(form, 1), last=last)


def number(form: FormKind, running: int) -> str:
    """Return the number printed on the paper that lies `running` deep in the pad, from 1."""
    return f"{_PAPERS[form]}{running:07d}"


class Terminal:
    """The port `services.training.CardTerminal`: what a trainee may do to the terminal."""

    faults: tuple[str, ...] = FAULTS

    def __init__(self, twin: PosTwin, folder: Path, sitting: int) -> None:
        self._twin = twin
        self._folder = folder
        self._sitting = sitting

    @property
    def taken_fen(self) -> int:
        """What the "bank" has taken at this sitting."""
        return sum(sale.amount_fen for sale in self._twin.charged if not sale.voided)

    def fault(self, name: str) -> None:
        """Let the next request go wrong.

        Raises:
            BadUsage: `pos.unknown_fault`.
        """
        self._twin.fault(name)

    def mend(self) -> None:
        """Let the terminal be a sound one again."""
        self._twin.mend()

    def void_last(self) -> bool:
        """Void the last charge by hand at the terminal; return whether there was one."""
        return self._twin.void_last()

    def export(self) -> str:
        """Save the list of this sitting as the terminal does; return the file's name."""
        self._folder.mkdir(mode=0o700, exist_ok=True)
        name = f"pos-{_now():%Y%m%d-%H%M%S}-{self._sitting:04d}.csv"
        (self._folder / name).write_text(self._twin.day_list(), "gb18030")
        return name


@contextmanager
def running_terminal(counter: Counter) -> Iterator[Terminal | None]:
    """Run the terminal of a training counter; None where no money is taken.

    Its list is saved at the end: the next sitting's terminal knows nothing of this one.
    """
    if not takes_money(counter.seat.authority):
        yield None
        return
    link = counter.home / POS
    first = PosBook(counter.opened.store).charges() + 1  # no reference is given twice
    with PosTwin(_now, first=first) as twin:
        terminal = Terminal(twin, counter.home / LISTS, first)
        # A link, removed at the end, as the ID reader's.
        link.unlink(missing_ok=True)
        link.symlink_to(twin.device)
        try:
            yield terminal
        finally:
            link.unlink(missing_ok=True)
            if twin.charged:
                terminal.export()


def _now() -> datetime:
    return from_ms(now_ms()).astimezone(CHINA)
