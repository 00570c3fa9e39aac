"""制卡 as a table (5.1.3): which act is next, from the records and the steps with devices alone.

So any window of the office goes on where another stopped or was cut off.
"""

from __future__ import annotations

from typing import NamedTuple

from sbk_tui.data.sagas import Step, StepState
from sbk_tui.domain.making import data_of
from sbk_tui.domain.people import Application, Person
from sbk_tui.domain.production import MADE, BlankSerial, Production, ProductionState
from sbk_tui.errors import Refusal
from sbk_tui.services.forms import Field

MAKE, REPRINT, RESTORE = "5.1.3.2", "5.1.3.3", "5.1.3.4"
S, T = ProductionState, StepState
FETCH, COMPARE, ASK, FEED, CHIP, RETURN = "fetch", "compare", "ask", "feed", "chip", "read_back"
PRINT, EJECT, LOOK, AGAIN = "print", "eject", "look", "reprint"
"""Names of the steps in the saga."""
ITEM = "item:"
"""What the name of a step begins with that writes one item of the chip."""
MOST_ASKED = 3
"""How often 数据回盘 may stay without an answer before the card counts as failed (C16)."""


class Standing(NamedTuple):
    """How far the card of one application is, and what its devices were told."""

    production: Production
    person: Person
    wish: Application
    steps: tuple[Step, ...]
    """Oldest first."""
    lease_over: bool = False
    """Whether the time is up in which a blank had to be fed (5.1.2.4)."""

    @property
    def id(self) -> str:
        """The application's id, which names the saga, too."""
        return self.production.application

    def last(self, name: str, **facts: str) -> Step | None:
        """Return the newest step of that name whose baseline says `facts`."""
        for step in reversed(self.steps):
            if step.name == name and facts.items() <= step.baseline.items():
                return step
        return None

    def has(self, name: str, state: StepState, **facts: str) -> bool:
        """Return whether the newest such step came to `state`."""
        step = self.last(name, **facts)
        return step is not None and step.state is state

    @property
    def job(self) -> str:
        """The present card's way through the printer; empty: it is not inside."""
        step = self.last(FEED, blank=self.production.blank)
        if step is None or step.state is not T.CONFIRMED:
            return ""
        job = step.baseline["job"]
        return "" if self.has(EJECT, T.CONFIRMED, job=job) else job

    @property
    def begun_job(self) -> str:
        """The way of a card that may be in the printer; empty: none, or it was put out."""
        job = self.last_job
        return "" if self.has(EJECT, T.CONFIRMED, job=job) else job

    @property
    def last_job(self) -> str:
        """The newest way of the present card through the printer, finished or not."""
        step = self.last(FEED, blank=self.production.blank)
        return step.baseline["job"] if step is not None else ""

    @property
    def is_reprinted(self) -> bool:
        """Whether a reprint was begun and is not finished (5.1.3.3)."""
        step = self.last(AGAIN)
        return step is not None and step.is_open

    @property
    def is_touched(self) -> bool:
        """Whether something was sent to the chip of the present blank."""
        blank = self.production.blank
        return any(s.name.startswith(ITEM) and s.baseline["blank"] == blank for s in self.steps)

    @property
    def is_stale(self) -> bool:
        """Whether the holder was corrected since the data was fetched (C12)."""
        return data_of(self.person, self.wish) != self.production.data

    @property
    def is_compared(self) -> bool:
        """Whether the clerk compared exactly what was fetched (C12)."""
        return self.has(COMPARE, T.CONFIRMED, data=self.production.data)

    @property
    def asked(self) -> int:
        """How often 数据回盘 was asked for without an answer."""
        step = self.last(RETURN, blank=self.production.blank)
        return int(step.evidence.get("asked", "0")) if step is not None else 0


class Act(NamedTuple):
    """One act that can be done now."""

    step: str
    """The step of the procedure that it belongs to."""
    do: str
    """What is done."""
    fields: tuple[Field, ...] = ()


_READY = (
    Field("power_on", "tick", must_be_ticked="make.power_on"),
    Field("face_up", "tick", must_be_ticked="make.face_up"),
    Field("chip_in", "tick", must_be_ticked="make.chip_in"),
)
"""5.1.3.1: what the clerk looks at before a blank goes in."""
_COMPARED = (
    Field("photo_right", "tick", must_be_ticked="make.photo_right"),
    Field("name_right", "tick", must_be_ticked="make.name_right"),
    Field("bank_right", "tick", must_be_ticked="make.bank_right"),
    Field("number_right", "tick", must_be_ticked="make.number_right"),
)
"""预览: what the clerk compares with the document (C12)."""
_BLANK = Field("blank_serial", parse=BlankSerial.parse, required=True)


def act_of(clause: str, now: Standing) -> Act | None:
    """Return what is to be done now in the job of `clause`; None: it is done.

    Raises:
        Refusal: `make.…`, why nothing can be done here.
    """
    state = now.production.state
    if clause == RESTORE:
        return _restore(now)
    if state in MADE:
        return _face(clause, now)
    if clause == REPRINT:
        raise Refusal("make.state", clause=REPRINT, production_state=state.value)
    if state is S.FAILED:
        raise Refusal("make.restore_first", clause=RESTORE)
    if state in {S.WAITING, S.ENDED}:
        raise Refusal("make.not_marked", clause=MAKE)
    return _chip(now)


def _chip(now: Standing) -> Act:
    match now.production.state:
        case S.MARKED | S.FETCHED if now.lease_over:
            return Act("fetch", "mark")
        case S.MARKED:
            return Act("fetch", "fetch")
        case S.FETCHED if now.is_stale:
            return Act("fetch", "fetch")
        case S.FETCHED if not now.is_compared:
            return Act("compare", "compare", _COMPARED)
        case S.FETCHED:
            return Act("feed", "ask", (_BLANK, *_READY))
        case S.FED if not now.job:
            return Act("feed", "feed")
        case S.FED:
            return Act("write", "write")
        case _ if now.asked >= MOST_ASKED:
            return Act("read_back", "report")
        case _:
            return Act("read_back", "read_back")


def _face(clause: str, now: Standing) -> Act | None:
    """Return what is to be done with the face of a card that exists."""
    if now.production.state is S.PRINTED and not now.is_reprinted:
        return Act("compare", "reprint", _COMPARED) if clause == REPRINT else None
    job, last = now.job, now.last_job
    if job:
        if now.has(PRINT, T.CONFIRMED, job=job):
            return Act("print", "eject")
        printing = now.last(PRINT, job=job)
        return Act("print", "ask_printed" if printing and printing.is_open else "print")
    looked = now.last(LOOK, job=last)
    if now.has(PRINT, T.CONFIRMED, job=last) and (looked is None or looked.is_open):
        return Act("look", "look")
    return Act("feed" if clause == REPRINT else "print", "feed")


def _restore(now: Standing) -> Act | None:
    match now.production.state:
        case S.FAILED:
            return Act("restore", "restore")
        case S.WAITING:
            return Act("mark", "mark")
        case S.MARKED:
            return None
    raise Refusal("make.state", clause=RESTORE, production_state=now.production.state.value)


STEPS = {
    MAKE: ("fetch", "compare", "feed", "write", "read_back", "print", "look"),
    REPRINT: ("compare", "feed", "print", "look"),
    RESTORE: ("restore", "mark"),
}
"""Steps of each job behind finding and picking, in order."""
