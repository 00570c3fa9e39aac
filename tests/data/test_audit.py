"""A changed, missing, inserted or reordered record is found, and named by its number."""

from __future__ import annotations

import pytest

from sbk_tui.data.audit import Report, verify
from sbk_tui.domain.operations.issue import Enable, IssueToPerson
from sbk_tui.domain.operations.loss import FormalLoss
from tests.data.conftest import KEY, Office, letters
from tests.data.days import CARDS, SELF, stock

CARD = CARDS[0]
UNGUARD = "DROP TRIGGER operation_is_never_changed; DROP TRIGGER operation_is_never_deleted"


@pytest.fixture
def worked(office: Office) -> Office:
    """Give a counter with four operations."""
    office.do(stock())
    office.do(IssueToPerson(card=CARD, receiver=SELF))
    office.do(Enable(card=CARD))
    office.do(FormalLoss(card=CARD, id_shown=True))
    return office


def audit_after(office: Office, *statements: str) -> Report:
    """Run statements as somebody with the key might, and audit."""
    with office.opened.store.write() as db:
        for statement in [*UNGUARD.split(";"), *statements]:
            db.execute_sql(statement)
    return verify(office.opened.store, key=KEY, initials=letters)


@pytest.mark.clause("P8")
def test_an_untouched_log_is_sound(worked: Office) -> None:
    report = verify(worked.opened.store, key=KEY, initials=letters)
    assert (report.operations, report.flaws) == (4, ())


@pytest.mark.clause("P8")
@pytest.mark.parametrize(
    ("statement", "code", "number"),
    [
        ("UPDATE operation SET payload = x'93a141' WHERE seq = 2", "record.payload", 2),
        ("UPDATE operation SET envelope = x'93a141' WHERE seq = 3", "record.envelope", 3),
        ("UPDATE operation SET envelope = envelope || 'x' WHERE seq = 3", "record.", 3),
        ("DELETE FROM operation WHERE seq = 2", "record.gap", 3),
        ("UPDATE operation SET seq = 9 WHERE seq = 4", "record.gap", 9),
        ("UPDATE operation SET counter_sig = zeroblob(64) WHERE seq = 2", "record.counter_sig", 2),
        ("UPDATE operation SET clerk_sig = zeroblob(64) WHERE seq = 4", "record.clerk_sig", 4),
        ("UPDATE operation SET salt = zeroblob(16) WHERE seq = 4", "record.payload_hash", 4),
    ],
)
def test_a_changed_record_is_named(worked: Office, statement: str, code: str, number: int) -> None:
    flaws = audit_after(worked, statement).flaws
    assert any(f.code.startswith(code) and f.place.endswith(f"/{number}") for f in flaws), flaws


@pytest.mark.clause("P8")
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE card SET state = '1' WHERE state = '2'",
        "DELETE FROM card WHERE state = '0'",
        "UPDATE person SET name = '改名' WHERE id = (SELECT min(id) FROM person)",
        "UPDATE subject SET version = version + 1",
    ],
)
def test_an_edited_table_differs_from_its_replay(worked: Office, statement: str) -> None:
    flaws = audit_after(worked, statement).flaws
    assert {flaw.code for flaw in flaws} == {"tables.differ"}


def test_the_log_refuses_to_be_changed(worked: Office) -> None:
    for statement in ("DELETE FROM operation", "UPDATE operation SET kind = 'x'"):
        with (
            pytest.raises(Exception, match="append-only"),
            worked.opened.store.write() as db,
        ):
            db.execute_sql(statement)
