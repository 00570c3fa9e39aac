"""制卡 (5.1.3): the operations around the machine's work, for the clerk who is signed in.

What the city must agree to is asked first (获取数据, 进卡, 数据回盘, 恢复申请); what a device has
done is recorded as a fact. The next act follows from the records (`make_jobs`), never from a
screen's memory.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date, datetime
from typing import Literal, NamedTuple

from sbk_tui.data.beside import Beside
from sbk_tui.data.ledger import Ledger
from sbk_tui.data.lookup import Dossier
from sbk_tui.data.making import Listed, Made, Making
from sbk_tui.data.sagas import Sagas, SettledStep, StepState
from sbk_tui.domain.operations.base import Operation
from sbk_tui.domain.operations.make import (
    FailProduction,
    FeedBlank,
    FetchData,
    PrintFace,
    ReadBack,
    ReportToCentre,
    RestoreApplication,
    SpoilBlank,
    WriteChip,
)
from sbk_tui.domain.operations.replace import MarkForProduction
from sbk_tui.domain.production import MADE, BlankSerial, Production, ProductionState
from sbk_tui.domain.rules import Rules
from sbk_tui.errors import DeviceBusy, IntegrityFault, Refusal, SbkError
from sbk_tui.services.make_face import Faces
from sbk_tui.services.make_jobs import (
    AGAIN,
    ASK,
    CHIP,
    COMPARE,
    FEED,
    FETCH,
    LOOK,
    MAKE,
    REPRINT,
    RESTORE,
    RETURN,
    Act,
    Standing,
    act_of,
)
from sbk_tui.services.make_machine import Machine, Told
from sbk_tui.services.make_steps import MakeSteps, Questions

__all__ = ["Listed", "Made", "MakeDesk", "Standing"]
S = ProductionState
_MARK = "mark"
_ASKED = {FETCH: S.MARKED, ASK: S.FETCHED, RETURN: S.WRITTEN, RESTORE: S.FAILED, _MARK: S.WAITING}
"""Step that asks the city → the state that it is asked in."""
LISTED: dict[str, frozenset[ProductionState]] = {
    MAKE: frozenset({S.MARKED, S.FETCHED, S.FED, S.WRITTEN, S.RETURNED}),
    REPRINT: MADE,
    RESTORE: frozenset({S.FAILED}),
}
"""Job → the productions that its list shows."""


class Shown(NamedTuple):
    """A production, and what is to be done with it now."""

    now: Standing
    act: Act | None


class MakeDesk:
    """The productions of one counter."""

    def __init__(
        self,
        ledger: Ledger,
        questions: Questions,
        making: Making,
        machine: Machine,
        *,
        sagas: Sagas,
        steps: MakeSteps,
        faces: Faces,
        rules: Rules,
        now: Callable[[], datetime],
        new_id: Callable[[], str],
    ) -> None:
        self._ledger = ledger
        self._questions = questions
        self._making = making
        self._machine = machine
        self._sagas = sagas
        self._steps = steps
        self._faces = faces
        self._rules = rules
        self._now = now
        self._new_id = new_id

    # ------------------------------------------------------------------ looking

    def shown(self, clause: str, seen: Dossier) -> Shown:
        """Return how far a person's card is, across restarts and windows, and what is next.

        Raises:
            Refusal: `make.…`, why the job cannot go on here.
            DeviceBusy: `make.other_window`, another window works on it at this moment.
        """
        production = self._production(clause, seen.person.id)
        now = self._standing(production, seen)
        return Shown(now, act_of(clause, now))

    def listed_after(
        self, clause: str, key: tuple[int, str] | None, name: str, limit: int
    ) -> list[Listed]:
        """Return a page of what waits in a job, oldest first; `name`: how the holder's begins."""
        return self._making.listed_after(LISTED[clause], key, name, limit)

    def made(self) -> Made:
        """Return what is left undone at this counter."""
        return self._making.made()

    def face(self, now: Standing) -> bytes:
        """Return the face as it will be printed (预览), a PNG.

        Raises:
            Refusal, BadUsage: as `Faces.of`.
        """
        return self._faces.of(now.person, now.production)

    def next_blank(self, now: Standing) -> str:
        """Return the serial that is to be fed: the one begun with, else the lowest in stock."""
        return now.production.blank or self._making.next_blank(now.production.bank)

    def must_stop(self) -> int:
        """Return how many cards failed in a row when that is too many; else 0."""
        most = self._rules.settings.failures_in_a_row
        failed = self._making.failures_in_a_row(self._ledger.today(), most)
        return failed if failed >= most else 0

    def _production(self, clause: str, person: str) -> Production:
        found = self._making.productions_of(person)
        fitting = [each for each in found if each.state in LISTED[clause]]
        production = next(iter(fitting or found), None)
        if production is None:
            raise Refusal("make.not_marked", clause=clause)
        if production.counter != self._making.counter and clause != RESTORE:
            raise Refusal("make.other_counter", clause=clause, counter=production.counter)
        return production

    def _standing(self, production: Production, seen: Dossier) -> Standing:
        wish = self._making.application(production.application)
        if wish is None:
            raise IntegrityFault("record.row", subject=production.subject)
        steps = self._sagas.steps(production.application)
        if any(self._sagas.is_running(step) for step in steps):
            raise DeviceBusy("make.other_window")
        ends = production.lease_ends(self._rules.settings.production_lease_minutes)
        return self._reconciled(
            Standing(production, seen.person, wish, steps, lease_over=self._now() > ends)
        )

    def _reconciled(self, now: Standing) -> Standing:
        """Settle what was asked of the city once its rows say that it was done."""
        late = [
            step.name
            for step in now.steps
            if step.is_open and _ASKED.get(step.name, now.production.state) != now.production.state
        ]
        for name in late:
            self._steps.settle(now, name, StepState.CONFIRMED)
        return now._replace(steps=self._sagas.steps(now.id)) if late else now

    # ------------------------------------------------------------------ with the city

    def fetch(self, now: Standing, *, checked: bool = False) -> None:
        """获取数据: the city allots the number; on return it is here.

        Args:
            checked: the clerk has looked at the machine after failures in a row.

        Raises:
            Refusal: `make.failures_in_a_row`; Refusal, HubUnreachable: as `CityFirst.perform`.
        """
        failed = 0 if checked else self.must_stop()
        if failed:
            raise Refusal("make.failures_in_a_row", clause=MAKE, count=failed)
        settings = self._rules.settings
        valid_to = _years_on(self._ledger.today(), settings.card_years)
        wish = FetchData(application=now.id, series=settings.instant_card_series, valid_to=valid_to)
        self._questions.ask(now, FETCH, wish)

    def compare(self, now: Standing) -> None:
        """Record that the clerk compared exactly what was fetched (C12).

        Raises:
            Refusal, BadUsage: as `face`: what cannot be printed is not written either.
        """
        self.face(now)
        facts = {"data": now.production.data}
        with self._steps.doing(now, COMPARE, "", facts):
            pass

    def ask_feed(self, now: Standing, serial: str) -> None:
        """进卡, the city's part: the blank is bound to this card before it moves.

        Raises:
            Refusal: `blank.…`, `make.lease_over`, `make.data_changed`; as `CityFirst.perform`.
        """
        blank = str(BlankSerial.parse(serial))
        self._questions.ask(now, ASK, FeedBlank(application=now.id, blank=blank), {"blank": blank})

    def read_back(self, now: Standing) -> None:
        """数据回盘; on return 市中心接收 has its time and the card exists (C16).

        Raises:
            Refusal: `make.data_changed_inside`.
            Refusal, HubUnreachable: as `CityFirst.perform`; asked again it is the same operation.
        """
        production, asked = now.production, now.last(RETURN, blank=now.production.blank)
        if now.is_stale and (asked is None or not asked.is_open):
            raise Refusal("make.data_changed_inside", clause=MAKE)
        wish = ReadBack(
            application=now.id,
            identification=production.identification,
            historical=production.historical,
            bank_card=production.bank_card,
        )
        self._questions.ask(now, RETURN, wish, {"blank": production.blank})

    def restore(self, now: Standing) -> None:
        """恢复申请 (5.1.3.4): the application goes back to 5.1.2.4.

        Raises:
            Refusal, HubUnreachable: as `CityFirst.perform`.
        """
        self._questions.ask(now, RESTORE, RestoreApplication(application=now.id))

    def mark(self, now: Standing) -> None:
        """即制卡标注 (5.1.2.4) again: after 恢复申请, or when the lease ran out.

        Raises:
            Refusal, HubUnreachable: as `CityFirst.perform`.
        """
        self._questions.ask(now, _MARK, MarkForProduction(application=now.id))

    # ------------------------------------------------------------------ with the machine

    def feed(self, now: Standing, cancel: threading.Event) -> None:
        """进卡, the machine's part; as `Machine.feed`."""
        self._machine.feed(now, cancel)

    def take_out(self, now: Standing) -> None:
        """Put the card out unspoiled: it lies the wrong way round, or the printer must be off."""
        self._machine.put_out(now, spoiled=False)

    def write(
        self, now: Standing, seen: Dossier, cancel: threading.Event, *, own_reader: bool = False
    ) -> Told:
        """写卡; on return the chip was read back and that is on disk.

        Raises:
            Refusal: `make.data_changed_inside`; as `Machine.write`.
            OutcomeUnknown, DeviceFault, Cancelled: as `Machine.write`.
        """
        if now.is_stale:
            raise Refusal("make.data_changed_inside", clause=MAKE)
        theirs = {seen.person.number, now.production.card, *(f.number for f in seen.formers)}
        told = self._machine.write(now, cancel, over=frozenset(theirs), own_reader=own_reader)
        fact = WriteChip(
            application=now.id,
            identification=told.identification,
            historical=told.historical,
            version=told.version,
            bank_card=told.bank_card,
        )
        self._record(fact, self._steps.settled(now, CHIP))
        return told

    def write_by_hand(self, now: Standing, seen: Dossier, cancel: threading.Event) -> Told:
        """写卡 in the counter's own reader (F5): the card is put out, the clerk lays it there."""
        self.take_out(now)
        return self.write(now, seen, cancel, own_reader=True)

    def print_face(self, now: Standing, cancel: threading.Event) -> None:
        """打印 the face of a card that the city knows; as `Machine.print_face`.

        Raises:
            Refusal: `make.state` before 数据回盘 (C15), `make.data_changed_written`; as `face`.
        """
        if now.production.state not in MADE:
            state = now.production.state.value
            raise Refusal("make.state", clause=MAKE, production_state=state)
        if now.is_stale:
            raise Refusal("make.data_changed_written", clause=MAKE)
        self._machine.print_face(now, self.face(now), cancel)

    def was_printed(self, now: Standing) -> bool | None:
        """Ask the printer's counter about a print without an answer; None: the clerk looks."""
        return self._machine.was_printed(now)

    def say_printed(self, now: Standing, *, printed: bool) -> None:
        """Settle a print whose answer was lost by the clerk's eyes."""
        self._machine.looked_at(now, printed=printed, seen="clerk")

    def put_out(self, now: Standing) -> None:
        """Put the printed card out, for the clerk to look at."""
        self._machine.put_out(now, spoiled=False)

    # ------------------------------------------------------------------ what the clerk says

    def good(self, now: Standing) -> None:
        """The face is good: the card may be handed out; on return it is on disk."""
        self._steps.begin(now, LOOK, "", {"job": now.last_job})
        ends = (self._steps.settled(now, LOOK), self._steps.settled(now, AGAIN))
        self._record(PrintFace(application=now.id), *ends)

    def unclear(self, now: Standing) -> None:
        """The face is not clear (F4): it is printed again, no chip is touched (5.1.3.3)."""
        self._steps.begin(now, LOOK, "", {"job": now.last_job})
        self._steps.settle(now, LOOK, StepState.FAILED, {"seen": "unclear"})

    def begin_reprint(self, now: Standing) -> None:
        """补打卡面 (5.1.3.3) of a card that was good once."""
        self._steps.begin(now, AGAIN, "", {"card": now.production.card})
        self._steps.settle(now, AGAIN, StepState.UNKNOWN)  # open, and nobody works on it

    def spoil(self, now: Standing, reason: str) -> SbkError | None:
        """废卡: the card at work is waste, the same application goes on with a new one.

        Returns why the machine could not put it out, None when it did or none was inside.

        Raises:
            Refusal: `blank.…`.
        """
        self._record(SpoilBlank(blank=now.production.blank, reason=reason), *_given_up(now))
        return self._cleared(now, spoiled=True)

    def fail(self, now: Standing, reason: str) -> SbkError | None:
        """失败数据回盘 (5.1.3.4), once something was written with a report (N2); as `spoil`.

        Raises:
            Refusal: `make.…`.
        """
        step, answer = _failing(now)
        wishes: list[Operation] = [
            FailProduction(application=now.id, step=step, reason=reason, answer=answer)
        ]
        if step != "feed":
            wishes.append(ReportToCentre(application=now.id, step=step, answer=answer))
        intents = [self._ledger.intend(wish, op=self._new_id()) for wish in wishes]
        self._ledger.perform_all(intents, beside=_given_up(now))
        return self._cleared(now, spoiled=False)

    def _cleared(self, now: Standing, *, spoiled: bool) -> SbkError | None:
        try:
            self._machine.put_out(now, spoiled=spoiled)
        except SbkError as error:
            return error
        return None

    def _record(self, wish: Operation, *beside: Beside) -> None:
        self._ledger.perform(self._ledger.intend(wish, op=self._new_id()), beside=beside)


def _failing(now: Standing) -> tuple[Literal["feed", "write", "read_back"], str]:
    """Return at which step a production fails, and what was answered there, as a code."""
    name = RETURN if now.production.state is S.WRITTEN else CHIP if now.is_touched else FEED
    step = now.last(name, blank=now.production.blank)
    answer = step.evidence.get("code", "") if step is not None else ""
    return ("read_back" if name == RETURN else "write" if name == CHIP else "feed"), answer


def _given_up(now: Standing) -> list[SettledStep]:
    """Return the ends of the steps that nobody will answer any more."""
    names = dict.fromkeys(step.name for step in now.steps if step.is_open)
    return [SettledStep(now.id, name, StepState.FAILED, {}) for name in names]


def _years_on(day: date, years: int) -> date:
    """Return the day before the same day `years` later; 29 February ends with the month."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)
