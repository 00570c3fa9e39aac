"""Persisted steps of work with devices: what was intended, sent, and what came of it.

A step is on disk as `intent`, in the transaction of its operation, before a device is touched.
After a crash whoever looks finds it `unknown`: it is asked about, never repeated on a guess.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, NamedTuple

import msgspec
from peewee import SqliteDatabase

from sbk_tui.data.beside import Performed
from sbk_tui.data.store import Store

_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(dict[str, str]).decode
_COLUMNS = "saga, n, name, state, device, holder, baseline, sent_at, evidence, op"


class StepState(StrEnum):
    """How far a step with a device is."""

    PLANNED = "planned"
    """Known from the start, not begun (`planned_sagas`)."""
    INTENT = "intent"
    SENT = "sent"
    CONFIRMED = "confirmed"
    FAILED = "failed"
    """Nothing happened, or what happened was undone forward."""
    UNKNOWN = "unknown"


OPEN = (StepState.INTENT, StepState.SENT, StepState.UNKNOWN)
_RUNNING = (StepState.INTENT, StepState.SENT)


class Step(NamedTuple):
    """One action of one device."""

    saga: str
    n: int
    name: str
    """What is done: `notice`, `charge`, `note`."""
    state: StepState
    device: str
    holder: str
    """The process that works on it."""
    baseline: Mapping[str, str]
    """What was known before: the next number, the nonce, the amount."""
    sent_at: int | None
    evidence: Mapping[str, str]
    """What was learned afterwards, and how."""
    op: str
    """The operation that settled it, or empty."""

    @property
    def is_open(self) -> bool:
        """Whether somebody still has to say what came of it."""
        return self.state in OPEN


class PlannedStep(NamedTuple):
    """A step as it begins: `intent`, in the transaction of its operation or by itself."""

    saga: str
    kind: str
    subject: str
    clerk: str
    name: str
    device: str
    holder: str
    baseline: Mapping[str, str]

    def write(self, db: SqliteDatabase, done: Performed) -> None:
        """File saga and step."""
        _append(db, self, done.at_ms)


class SettledStep(NamedTuple):
    """The open step of a saga, settled by an operation in its transaction."""

    saga: str
    name: str
    state: StepState
    evidence: Mapping[str, str]

    def write(self, db: SqliteDatabase, done: Performed) -> None:
        """Note what came of it, and by which operation."""
        _settle(db, self.saga, self.name, self.state, self.evidence, done.op)


class Sagas:
    """The steps of one counter."""

    def __init__(self, store: Store, *, holder: str, is_alive: Callable[[str], bool]) -> None:
        """Take the name of this process and the question whether another one still runs."""
        self._store = store
        self.holder = holder
        self._is_alive = is_alive

    def begin(self, step: PlannedStep, at_ms: int) -> bool:
        """Note a step that no operation begins, as `intent`; on return it is on disk.

        Returns False, and writes nothing, while another living process works on the saga.
        """
        with self._store.write() as db:
            rows: Any = db.execute_sql(
                "SELECT holder FROM saga_step WHERE saga = ? AND state IN (?, ?) AND holder != ?",
                (step.saga, *(state.value for state in _RUNNING), self.holder),
            ).fetchall()
            if any(self._is_alive(holder) for (holder,) in rows):
                return False
            _append(db, step, at_ms)
            return True

    def sent(self, saga: str, name: str, at_ms: int) -> None:
        """Note that the device is being told now; on return it is on disk."""
        with self._store.write() as db:
            db.execute_sql(
                "UPDATE saga_step SET state = ?, sent_at = ?, holder = ? WHERE saga = ?"
                " AND name = ? AND state IN (?, ?, ?)",
                (
                    StepState.SENT.value, at_ms, self.holder, saga, name,
                    *(state.value for state in OPEN),
                ),
            )  # fmt: skip
            _head(db, saga, StepState.SENT)

    def settle(self, saga: str, name: str, state: StepState, evidence: Mapping[str, str]) -> None:
        """Note what came of the open step `name`, without an operation."""
        with self._store.write() as db:
            _settle(db, saga, name, state, evidence, "")

    def again(self, saga: str, name: str, baseline: Mapping[str, str]) -> None:
        """Begin the step `name` once more, as `intent`: a reprint on the same number (F9)."""
        with self._store.write() as db:
            db.execute_sql(
                f"INSERT INTO saga_step ({_COLUMNS})"  # noqa: S608 -- our own column names
                " SELECT saga, (SELECT max(n) + 1 FROM saga_step WHERE saga = ?), name, ?,"
                " device, ?, ?, NULL, ?, '' FROM saga_step WHERE saga = ? AND name = ?"
                " ORDER BY n DESC LIMIT 1",
                (
                    saga, StepState.INTENT.value, self.holder, _pack(dict(baseline)), _pack({}),
                    saga, name,
                ),
            )  # fmt: skip
            _head(db, saga, StepState.INTENT)

    def steps(self, saga: str) -> tuple[Step, ...]:
        """Return the steps of a saga, in order; those a dead process left are `unknown` now."""
        self._wake(saga)
        with self._store.session() as db:
            rows: Any = db.execute_sql(
                f"SELECT {_COLUMNS} FROM saga_step WHERE saga = ? ORDER BY n",  # noqa: S608
                (saga,),
            ).fetchall()
        return tuple(_step(row) for row in rows)

    def open_step(self, saga: str) -> Step | None:
        """Return the step that somebody must still settle."""
        return next((step for step in self.steps(saga) if step.is_open), None)

    def open_count(self) -> int:
        """Return how many sagas have a step that nobody has settled."""
        with self._store.session() as db:
            row: Any = db.execute_sql(
                "SELECT count(*) FROM saga WHERE state IN (?, ?, ?)",
                tuple(state.value for state in OPEN),
            ).fetchone()
        return int(row[0])

    def is_running(self, step: Step) -> bool:
        """Return whether another window works on the step at this moment."""
        running = step.state in _RUNNING and step.holder != self.holder
        return running and self._is_alive(step.holder)

    def _wake(self, saga: str) -> None:
        with self._store.session() as db:
            rows: Any = db.execute_sql(
                "SELECT n, holder FROM saga_step WHERE saga = ? AND state IN (?, ?)",
                (saga, *(state.value for state in _RUNNING)),
            ).fetchall()
        left = [n for n, holder in rows if not self._is_alive(holder)]
        if not left:
            return
        with self._store.write() as db:
            for n in left:
                db.execute_sql(
                    "UPDATE saga_step SET state = ? WHERE saga = ? AND n = ? AND state IN (?, ?)",
                    (StepState.UNKNOWN.value, saga, n, *(state.value for state in _RUNNING)),
                )
            _head(db, saga, StepState.UNKNOWN)


def _append(db: SqliteDatabase, step: PlannedStep, at_ms: int) -> None:
    db.execute_sql(
        "INSERT INTO saga (id, kind, subject, clerk, state, at) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (id) DO UPDATE SET clerk = excluded.clerk, state = excluded.state",
        (step.saga, step.kind, step.subject, step.clerk, StepState.INTENT.value, at_ms),
    )
    db.execute_sql(
        f"INSERT INTO saga_step ({_COLUMNS})"  # noqa: S608 -- our own column names
        " VALUES (?, (SELECT coalesce(max(n), 0) + 1 FROM saga_step WHERE saga = ?),"
        " ?, ?, ?, ?, ?, NULL, ?, '')",
        (
            step.saga, step.saga, step.name, StepState.INTENT.value, step.device, step.holder,
            _pack(dict(step.baseline)), _pack({}),
        ),
    )  # fmt: skip


def _settle(
    db: SqliteDatabase,
    saga: str,
    name: str,
    state: StepState,
    evidence: Mapping[str, str],
    op: str,
) -> None:
    db.execute_sql(
        "UPDATE saga_step SET state = ?, evidence = ?, op = ? WHERE saga = ? AND name = ?"
        " AND state IN (?, ?, ?)",
        (
            state.value, _pack(dict(evidence)), op, saga, name, *(each.value for each in OPEN),
        ),
    )  # fmt: skip
    _head(db, saga, state)


def _head(db: SqliteDatabase, saga: str, state: StepState) -> None:
    db.execute_sql("UPDATE saga SET state = ? WHERE id = ?", (state.value, saga))


def _step(row: Any) -> Step:
    saga, n, name, state, device, holder, baseline, sent_at, evidence, op = row
    return Step(
        saga, n, name, StepState(state), device, holder, _unpack(baseline), sent_at,
        _unpack(evidence), op,
    )  # fmt: skip
