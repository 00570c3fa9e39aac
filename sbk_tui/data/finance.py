"""Cases about money, kept in step with the records: opened by a finding, closed when it is gone.

The same at a counter, beside its own operation, and at the city, which tells every counter that
must hear of it. The maker's case bears the id of the operation, as its receipt does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import NamedTuple

from msgspec.structs import replace
from peewee import SqliteDatabase

from sbk_tui.data.beside import Performed
from sbk_tui.data.cases import CaseItem, case_rows, close_case, file_case
from sbk_tui.domain.finance import Finding, findings
from sbk_tui.domain.paper_number import SpentNumber
from sbk_tui.domain.payment import Payment
from sbk_tui.domain.world import CHINA, Entity, from_ms

CITY = ""
"""Whose in-tray: the city's own."""
_ALL = "subject = ? AND code >= 'finance.' AND code < 'finance/' AND closed IS NULL"


class FinanceCases(NamedTuple):
    """The cases that follow from an operation of this counter (`Beside`)."""

    counter: str
    told: tuple[Finding, ...] = ()
    """What the operation itself says is wrong; it need not know its operation yet."""

    def write(self, db: SqliteDatabase, done: Performed) -> None:
        """Open what is to be cleared up here, close what no longer stands."""
        for item in cases_after(
            db,
            done.changed,
            op=done.op,
            at_ms=done.at_ms,
            told=[finding._replace(op=done.op) for finding in self.told],
        ):
            if item.counter == self.counter:
                file_case(db, item)


def cases_after(
    db: SqliteDatabase,
    changed: Iterable[Entity],
    *,
    op: str,
    at_ms: int,
    told: Iterable[Finding] = (),
) -> Iterator[CaseItem]:
    """Yield the cases to be filed once `changed` stands, the closed ones among them.

    Args:
        told: findings that no record shows, by the operation itself.
    """
    for finding in told:
        yield from _cases(finding, at_ms)
    for entity in changed:
        if not isinstance(entity, Payment | SpentNumber):
            continue
        standing = {finding.op: finding for finding in findings(entity)}
        for case in case_rows(db, _ALL, entity.subject):
            if case.op not in standing:
                close_case(db, case.id, answer="done", op=op, at_ms=at_ms)
                yield replace(case, answer="done", closed=at_ms)
        if op in standing:
            yield from _cases(standing[op], at_ms)


def _cases(finding: Finding, at_ms: int) -> Iterator[CaseItem]:
    """Yield the maker's case, those of the other counters, and the city's."""
    due = from_ms(at_ms).astimezone(CHINA).date() + timedelta(days=finding.row.days)
    own = CaseItem(
        id=finding.op,
        op=finding.op,
        counter=finding.counter,
        subject=finding.subject,
        severity=finding.row.severity,
        code=finding.code,
        facts=dict(finding.facts),
        opened=at_ms,
        due=due.isoformat(),
    )
    yield own
    for other in finding.others:
        yield replace(own, id=f"{finding.op}/{other}", counter=other)
    yield replace(own, id=f"{finding.op}/city", counter=CITY)
