"""业务回退 (2.5): what may be taken back, how far, by whom."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from msgspec.structs import replace

from sbk_tui.domain.card import Card, CardState, Issuing, Receiver
from sbk_tui.domain.operations.roll_back import undoable
from sbk_tui.errors import Refusal

TODAY = date(2026, 11, 24)
ISSUED = Card(
    number="B00000019",
    person="a" * 32,
    collected_at=datetime(2026, 11, 17, 3, 0, tzinfo=UTC),
    receiver=Receiver(type="1", phone="13800000000"),
    issuing=Issuing(op="f" * 32, counter="here", clerk="1001"),
)
# what differs from a card issued here seven days ago → the refusal, "" for none
CASES = [
    ({}, ""),
    ({"collected_at": datetime(2026, 11, 16, 16, 30, tzinfo=UTC)}, ""),  # 17 November in China
    ({"collected_at": datetime(2026, 11, 16, 15, 30, tzinfo=UTC)}, "rollback.too_late"),
    ({"issuing": Issuing(op="f" * 32, counter="there", clerk="2")}, "rollback.other_office"),
    ({"collected_at": None, "issuing": None}, "rollback.nothing"),
    ({"state": CardState.ACTIVE, "enabled_at": datetime(2026, 11, 20, tzinfo=UTC)},
     "rollback.enabled"),
    ({"state": CardState.FORMAL_LOST, "enabled_at": datetime(2026, 11, 20, tzinfo=UTC)},
     "rollback.enabled"),
    ({"state": CardState.CANCELLED}, "card.no_such_move"),
]  # fmt: skip


@pytest.mark.clause("2.5")
@pytest.mark.parametrize(("changes", "code"), CASES)
def test_what_may_be_taken_back(changes: dict[str, object], code: str) -> None:
    card = replace(ISSUED, **changes)
    if not code:
        assert undoable(card, counter="here", today=TODAY, days=7) == ISSUED.issuing
        return
    with pytest.raises(Refusal) as refused:
        undoable(card, counter="here", today=TODAY, days=7)
    assert (refused.value.code, refused.value.clause) == (code, "2.5")
