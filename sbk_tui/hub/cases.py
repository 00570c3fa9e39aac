"""What a supervisor must look at: the hub's own in-tray (table `case_item`)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import msgspec
from msgspec.structs import replace
from peewee import SqliteDatabase

from sbk_tui.data.cases import CaseItem, file_case
from sbk_tui.domain.conflicts import Answer, Ruling
from sbk_tui.domain.operations.make import ReportToCentre
from sbk_tui.domain.settle import Settlement
from sbk_tui.domain.world import CHINA, from_ms
from sbk_tui.errors import Fact
from sbk_tui.hub import feed

RED, YELLOW = "red", "yellow"
"""Call now, and today."""


def open_case(
    db: SqliteDatabase,
    case: str,
    *,
    op: str,
    severity: str,
    code: str,
    facts: Mapping[str, Fact],
    now_ms: int,
) -> None:
    """Open a case inside the caller's transaction; the same case again changes nothing."""
    db.execute_sql(
        "INSERT INTO case_item (id, op, severity, code, facts, opened)"
        " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING",
        (case, op, severity, code, msgspec.json.encode(dict(facts)).decode(), now_ms),
    )


def ring_for_clerk(db: SqliteDatabase, counter: str, clerk: str, now_ms: int) -> None:
    """Open the case of a clerk who came with another key than before."""
    open_case(
        db, f"{counter}/{clerk}/key", op="", severity=RED, code="hub.clerk_key_changed",
        facts={"counter": counter, "clerk": clerk}, now_ms=now_ms,
    )  # fmt: skip


def report_to_centre(
    db: SqliteDatabase, counter: str, op: str, report: ReportToCentre, now_ms: int
) -> None:
    """Open the case of a production that gave no success message (N2)."""
    facts = {
        "counter": counter,
        "make_step": report.step,
        "answer": report.answer,
        "application": report.application,
    }
    open_case(
        db, f"{op}/centre", op=op, severity=YELLOW, code=ReportToCentre.kind, facts=facts,
        now_ms=now_ms,
    )  # fmt: skip


def conflict_cases(
    settlement: Settlement,
    ruling: Ruling,
    *,
    op: str,
    counter: str,
    subject: str,
    facts: Mapping[str, dict[str, Fact]],
    now_ms: int,
    near: tuple[str, ...] = (),
) -> tuple[CaseItem, ...]:
    """Return the cases of one conflict: the maker's, that of whoever it met, and the city's.

    The maker's bears the id of the operation, as its receipt does: they are one case.

    Args:
        facts: what the sentences need, "row" for the maker and the city, "column" for the other.
        near: card numbers that the city may choose besides the ruling's answers.
    """
    day = from_ms(now_ms).astimezone(CHINA).date()
    due = (day + timedelta(days=ruling.days)).isoformat() if ruling.days else None
    own = CaseItem(
        id=op,
        op=op,
        counter=counter,
        subject=subject,
        severity=ruling.severity,
        code=f"conflict.{settlement.code}",
        facts=facts["row"],
        opened=now_ms,
        due=due,
        # What the city decides is no choice of the counter's.
        choices=() if ruling.answer is Answer.HOLD else ruling.choices,
        standard=ruling.standard,
        duty=ruling.duty,
    )
    found = [own]
    if ruling.told == "counter" and settlement.met is not None:
        met, code = settlement.met.counter, f"conflict.{settlement.code}.other"
        found.append(replace(own, id=f"{op}/{met}", counter=met, code=code, facts=facts["column"]))
    if ruling.answer is Answer.HOLD or ruling.blocks or ruling.told == "city":
        found.append(
            replace(own, id=f"{op}/city", counter="", choices=(*near, *ruling.choices), duty=False)
        )
    return tuple(found)


def publish(db: SqliteDatabase, item: CaseItem) -> None:
    """File a case and put it into the feed of the counter it is for; the city's own stays here."""
    file_case(db, item)
    if item.counter:
        feed.append(
            db, "case", feed.Audience(counter=item.counter), op=item.op,
            subject=f"case/{item.id}", body=msgspec.msgpack.encode(item),
        )  # fmt: skip
