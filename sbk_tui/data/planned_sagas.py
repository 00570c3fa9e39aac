"""Sagas whose steps are known from the start: each is on disk before and after its device acts.

A step goes planned → intent → sent → confirmed, failed or unknown (B3). What another process
left at `intent` or `sent` is unknown: it is never repeated, the device is asked. A step
can be found done at any time before: the device shows that it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

from peewee import SqliteDatabase

from sbk_tui.data import models
from sbk_tui.data.beside import Performed
from sbk_tui.data.sagas import StepState
from sbk_tui.data.store import Store


class SagaState(StrEnum):
    """Whether a saga still waits for somebody; in the words of its steps."""

    OPEN = StepState.INTENT.value
    DONE = StepState.CONFIRMED.value
    DROPPED = StepState.FAILED.value
    """Given up by a clerk; what stands on the device stays there."""


S = StepState
_LAST = "\U0010ffff"
_IN_FLIGHT = (S.INTENT, S.SENT)
ALLOWED = {
    S.INTENT: frozenset({S.PLANNED, S.INTENT, S.FAILED, S.UNKNOWN}),
    # After `unknown` only by whoever has asked the device.
    S.SENT: frozenset({S.PLANNED, S.INTENT, S.SENT, S.FAILED, S.UNKNOWN}),
    S.CONFIRMED: frozenset(set(S)),
    S.FAILED: frozenset({S.INTENT, S.SENT, S.FAILED, S.UNKNOWN}),
    S.UNKNOWN: frozenset({S.INTENT, S.SENT, S.UNKNOWN}),
}
"""Target → the states it may come from."""


class Step(NamedTuple):
    """One step of a saga."""

    n: int
    name: str
    state: StepState
    device: str
    holder: str
    """The process that last worked on it."""
    baseline: bytes
    """What is sent and how the device stood before, as the kind of saga says it."""
    sent_at: int | None
    """Unix ms."""
    evidence: bytes
    """What the device said afterwards."""
    op: str
    """The operation that records it; empty for steps that leave none."""


class Saga(NamedTuple):
    """A piece of work with devices."""

    id: str
    kind: str
    subject: str
    clerk: str
    state: SagaState
    at_ms: int
    steps: tuple[Step, ...]

    def step(self, name: str) -> Step:
        """Return the step of that name (`KeyError` is a mistake of ours)."""
        for step in self.steps:
            if step.name == name:
                return step
        raise KeyError(name)


class Plan(NamedTuple):
    """A step as it is planned."""

    name: str
    device: str = ""
    baseline: bytes = b""
    op: str = ""


class PlannedSagas:
    """The planned sagas of one counter, for one process."""

    def __init__(self, store: Store, holder: str) -> None:
        """Take the store and a name of this process that no other has."""
        self._store = store
        self._holder = holder

    def begin(
        self,
        saga_id: str,
        *,
        kind: str,
        subject: str,
        clerk: str,
        at_ms: int,
        steps: Sequence[Plan],
    ) -> Saga:
        """Put a saga and its plan on disk and return it; an id met before gives the first."""
        with self._store.write() as db:
            found = _saga(db, saga_id)
            if found is not None:
                return found
            models.Saga.insert(
                id=saga_id, kind=kind, subject=subject, clerk=clerk,
                state=SagaState.OPEN.value, at=at_ms,
            ).execute(db)  # fmt: skip
            for n, plan in enumerate(steps):
                models.SagaStep.insert(
                    saga=saga_id, n=n, name=plan.name, state=S.PLANNED.value, device=plan.device,
                    holder=self._holder, baseline=plan.baseline, sent_at=None, evidence=b"",
                    op=plan.op,
                ).execute(db)  # fmt: skip
            begun = _saga(db, saga_id)
        assert begun is not None  # noqa: S101 -- just written
        return begun

    def get(self, saga_id: str) -> Saga | None:
        """Return a saga."""
        with self._store.session() as db:
            return _saga(db, saga_id)

    def open(self, subject: str = "") -> tuple[Saga, ...]:
        """Return what waits for somebody, oldest first; with `subject`, about it only."""
        query = models.Saga.select(models.Saga.id).where(models.Saga.state == SagaState.OPEN.value)
        if subject:
            query = query.where(models.Saga.subject == subject)
        with self._store.session() as db:
            ids = [row.id for row in query.order_by(models.Saga.at, models.Saga.id).bind(db)]
            return tuple(saga for each in ids if (saga := _saga(db, each)) is not None)

    def open_of(self, kinds: str) -> tuple[Saga, ...]:
        """Return what waits for somebody of the kinds that begin with `kinds`, oldest first."""
        query = models.Saga.select(models.Saga.id).where(
            models.Saga.state == SagaState.OPEN.value,
            models.Saga.kind >= kinds,
            models.Saga.kind < kinds + _LAST,
        )
        with self._store.session() as db:
            ids = [row.id for row in query.order_by(models.Saga.at, models.Saga.id).bind(db)]
            return tuple(saga for each in ids if (saga := _saga(db, each)) is not None)

    def take_over(self, saga_id: str) -> Saga | None:
        """Return a saga to go on with; what other processes left in flight is unknown now."""
        with self._store.write() as db:
            models.SagaStep.update(state=S.UNKNOWN.value, holder=self._holder).where(
                models.SagaStep.saga == saga_id,
                models.SagaStep.state.in_([each.value for each in _IN_FLIGHT]),
                models.SagaStep.holder != self._holder,
            ).execute(db)
            return _saga(db, saga_id)

    def intend(self, saga_id: str, name: str, baseline: bytes) -> None:
        """Note what is to be done; on return it is on disk, and the device may be touched."""
        self._move(saga_id, name, S.INTENT, baseline=baseline)

    def sent(self, saga_id: str, name: str, at_ms: int, baseline: bytes | None = None) -> None:
        """Note that the device is told now; on return it is on disk."""
        extra = {} if baseline is None else {"baseline": baseline}
        self._move(saga_id, name, S.SENT, sent_at=at_ms, **extra)

    def settle(self, saga_id: str, name: str, state: StepState, evidence: bytes = b"") -> None:
        """Note what the device said: confirmed, failed or unknown."""
        self._move(saga_id, name, state, evidence=evidence)

    def answered(self, saga_id: str, state: StepState, evidence: bytes = b"") -> None:
        """Settle whatever step of the saga was sent by this process; nothing when none was."""
        with self._store.write() as db:
            saga = _saga(db, saga_id)
            for step in saga.steps if saga else ():
                if step.state is S.SENT and step.holder == self._holder:
                    _move(db, saga_id, step.name, state, {"evidence": evidence})

    def drop(self, saga_id: str) -> None:
        """Give an open saga up."""
        with self._store.write() as db:
            _end(db, saga_id, SagaState.DROPPED)

    def _move(self, saga_id: str, name: str, state: StepState, **fields: bytes | int) -> None:
        with self._store.write() as db:
            _move(db, saga_id, name, state, {**fields, "holder": self._holder})


class ConfirmedStep(NamedTuple):
    """The last step of a saga, confirmed by an operation in its own transaction (`Beside`)."""

    saga: str
    name: str

    def write(self, db: SqliteDatabase, done: Performed) -> None:
        """Confirm it and close the saga."""
        _move(db, self.saga, self.name, S.CONFIRMED, {"op": done.op})
        _end(db, self.saga, SagaState.DONE)


class DroppedSagas(NamedTuple):
    """Open sagas about something that the operation puts an end to (`Beside`)."""

    subject: str

    def write(self, db: SqliteDatabase, done: Performed) -> None:  # noqa: ARG002 -- Beside
        """Give them up."""
        models.Saga.update(state=SagaState.DROPPED.value).where(
            models.Saga.subject == self.subject, models.Saga.state == SagaState.OPEN.value
        ).execute(db)


def _move(
    db: SqliteDatabase, saga_id: str, name: str, state: StepState, fields: dict[str, object]
) -> None:
    moved = (
        models.SagaStep.update(state=state.value, **fields)
        .where(
            models.SagaStep.saga == saga_id,
            models.SagaStep.name == name,
            models.SagaStep.state.in_([each.value for each in ALLOWED[state]]),
        )
        .execute(db)
    )
    if not moved:
        raise ValueError(f"{name}: no step that may become {state}")


def _end(db: SqliteDatabase, saga_id: str, state: SagaState) -> None:
    models.Saga.update(state=state.value).where(
        models.Saga.id == saga_id, models.Saga.state == SagaState.OPEN.value
    ).execute(db)


def _saga(db: SqliteDatabase, saga_id: str) -> Saga | None:
    row = next(iter(models.Saga.select().where(models.Saga.id == saga_id).bind(db)), None)
    if row is None:
        return None
    steps = models.SagaStep.select().where(models.SagaStep.saga == saga_id)
    return Saga(
        row.id, row.kind, row.subject, row.clerk, SagaState(row.state), row.at,
        tuple(_step(each) for each in steps.order_by(models.SagaStep.n).bind(db)),
    )  # fmt: skip


def _step(row: models.SagaStep) -> Step:
    return Step(
        row.n, row.name, StepState(row.state), row.device, row.holder, bytes(row.baseline),
        row.sent_at, bytes(row.evidence), row.op,
    )  # fmt: skip
