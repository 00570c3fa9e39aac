"""The steps of a production on disk: begun, told to a device or the city, settled (B3)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from sbk_tui.data.ledger import Ledger
from sbk_tui.data.sagas import PlannedStep, Sagas, SettledStep, StepState
from sbk_tui.domain.operations.base import Operation
from sbk_tui.errors import DeviceBusy, HubUnreachable, OutcomeUnknown, SbkError
from sbk_tui.services.city_first import CityFirst
from sbk_tui.services.make_jobs import Standing

KIND = "make"
_CITY = "city"


class MakeSteps:
    """What is told to devices about the cards of one counter, for one clerk."""

    def __init__(self, sagas: Sagas, clerk: str, now_ms: Callable[[], int]) -> None:
        self._sagas = sagas
        self._clerk = clerk
        self._now_ms = now_ms

    def begin(self, now: Standing, name: str, device: str, facts: Mapping[str, str]) -> None:
        """Put a step on disk as `intent`.

        Raises:
            DeviceBusy: `make.other_window`, another window works on this card.
        """
        step = PlannedStep(
            now.id, KIND, now.production.subject, self._clerk, name, device, self._sagas.holder,
            facts,
        )  # fmt: skip
        if not self._sagas.begin(step, self._now_ms()):
            raise DeviceBusy("make.other_window")

    def sent(self, now: Standing, name: str) -> None:
        """Note that the device is told now."""
        self._sagas.sent(now.id, name, self._now_ms())

    def settle(
        self, now: Standing, name: str, state: StepState, evidence: Mapping[str, str] | None = None
    ) -> None:
        """Note what came of the open step of that name."""
        self._sagas.settle(now.id, name, state, evidence or {})

    @staticmethod
    def settled(now: Standing, name: str) -> SettledStep:
        """Return the step's good end, to be written with its operation."""
        return SettledStep(now.id, name, StepState.CONFIRMED, {})

    @contextmanager
    def doing(
        self,
        now: Standing,
        name: str,
        device: str,
        facts: Mapping[str, str],
        more: Mapping[str, str] | None = None,
    ) -> Iterator[None]:
        """Do a step inside the block: on disk before the device is told, and after it answered.

        A step that is open already is gone on with, with the baseline that it has.

        Args:
            facts: which step it is.
            more: how the device stood before.
        """
        open_step = now.last(name, **facts)
        if open_step is None or not open_step.is_open:
            self.begin(now, name, device, {**facts, **(more or {})})
        self.sent(now, name)
        try:
            yield
        except OutcomeUnknown as error:
            self.settle(now, name, StepState.UNKNOWN, {"code": error.code})
            raise
        except SbkError as error:
            self.settle(now, name, StepState.FAILED, {"code": error.code})
            raise
        self.settle(now, name, StepState.CONFIRMED)


class Questions:
    """What the city is asked about a production; each question keeps its id until it is answered.

    A question without an answer is asked again under that id: it is done once (C8, C16).
    """

    def __init__(
        self,
        ledger: Ledger,
        city: CityFirst,
        steps: MakeSteps,
        *,
        operation_of: Callable[[str], Operation | None],
        new_id: Callable[[], str],
    ) -> None:
        """Take the collaborators; `operation_of` returns what was sealed under an id."""
        self._ledger = ledger
        self._city = city
        self._steps = steps
        self._operation_of = operation_of
        self._new_id = new_id

    def ask(
        self, now: Standing, name: str, wish: Operation, facts: Mapping[str, str] | None = None
    ) -> None:
        """Ask for `wish`; on return the city has agreed and its rows are here.

        Raises:
            Refusal, HubUnreachable: as `CityFirst.perform`.
        """
        facts = facts or {}
        step = now.last(name, **facts)
        if step is None or not step.is_open:
            op, asked = self._new_id(), 1
            self._ledger.refuse(self._ledger.intend(wish, op=op))
            self._steps.begin(now, name, _CITY, {"op": op, **facts})
        else:
            op, asked = step.baseline["op"], int(step.evidence.get("asked", "0")) + 1
            wish = self._operation_of(op) or wish
        self._steps.sent(now, name)
        try:
            self._city.perform(self._ledger.intend(wish, op=op))
        except HubUnreachable as error:
            waits = error.code == "hub.waits"
            state = StepState.UNKNOWN if waits else StepState.FAILED
            self._steps.settle(now, name, state, {"asked": str(asked), "code": error.code})
            raise
        except SbkError as error:
            self._steps.settle(now, name, StepState.FAILED, {"code": error.code})
            raise
        self._steps.settle(now, name, StepState.CONFIRMED)
