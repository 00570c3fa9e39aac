"""The life of a card: every cell of state × operation, also the empty ones (annex 3, 5.1.4)."""

from __future__ import annotations

import pytest

from sbk_tui.domain.card import CLAUSE_OF, CardState, kinds_from, move
from sbk_tui.errors import Refusal

S = CardState
# The table of the regulation and of the provincial system, written out once more by hand.
ALLOWED = {
    "visit.not_home": {S.SEALED: S.SEALED},
    "issue.unit": {S.SEALED: S.SEALED},
    "issue.person": {S.SEALED: S.SEALED},
    "card.collect": {S.SEALED: S.SEALED},
    "receipt.record": {state: state for state in S if state is not S.CANCELLED},
    "card.check": {state: state for state in S if state is not S.CANCELLED},
    "issue.again": {S.SEALED: S.SEALED},
    "card.store": {S.SEALED: S.SEALED},
    "card.mark_uncollected": {S.SEALED: S.SEALED},
    "issue.roll_back": {S.SEALED: S.SEALED},
    "card.enable": {S.SEALED: S.ACTIVE},
    "loss.temporary": {S.ACTIVE: S.TEMP_LOST, S.LOCKED: S.TEMP_LOST},
    "loss.formal": {
        S.ACTIVE: S.FORMAL_LOST, S.LOCKED: S.FORMAL_LOST, S.TEMP_LOST: S.FORMAL_LOST,
    },
    "card.release": {S.TEMP_LOST: S.ACTIVE, S.FORMAL_LOST: S.ACTIVE},
    "card.cancel": dict.fromkeys(
        (S.SEALED, S.ACTIVE, S.FORMAL_LOST, S.LOCKED, S.TEMP_LOST), S.CANCELLED
    ),
    "replace.apply": {S.FORMAL_LOST: S.FORMAL_LOST},
    "pin.change": {S.ACTIVE: S.ACTIVE, S.LOCKED: S.LOCKED},
    "pin.unlock": {S.ACTIVE: S.ACTIVE, S.LOCKED: S.LOCKED},
    "account.activate": {S.ACTIVE: S.ACTIVE},
    "pin.reset": {S.ACTIVE: S.ACTIVE, S.LOCKED: S.LOCKED},
    "replace.exchange": {S.ACTIVE: S.ACTIVE, S.LOCKED: S.LOCKED},
}  # fmt: skip


@pytest.mark.clause("3.1", "3.2", "3.3", "3.4", "5.1.4", "5.1.2.2", "2.2.2")
@pytest.mark.parametrize("kind", ALLOWED)
@pytest.mark.parametrize("state", CardState)
def test_every_cell_of_the_table(state: CardState, kind: str) -> None:
    if state in ALLOWED[kind]:
        row = move(state, kind)
        assert (row.target or state) is ALLOWED[kind][state]
        return
    with pytest.raises(Refusal) as refused:
        move(state, kind)
    assert refused.value.clause == CLAUSE_OF[kind]
    assert refused.value.facts["card_state"] == state.value


def test_the_table_knows_no_other_kind() -> None:
    assert set(CLAUSE_OF) == set(ALLOWED)


@pytest.mark.clause("5.1.2.1")
@pytest.mark.parametrize("kind", ["loss.temporary", "loss.formal"])
def test_a_card_never_enabled_is_sent_through_enabling_before_a_loss(kind: str) -> None:
    with pytest.raises(Refusal) as refused:
        move(S.SEALED, kind)
    assert refused.value.code == "card.sealed"


@pytest.mark.clause("3.4")
def test_cancelled_is_final() -> None:
    assert kinds_from(S.CANCELLED) == ()
