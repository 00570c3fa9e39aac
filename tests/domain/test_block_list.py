"""What the city's list of lost and cancelled cards says more than the records here."""

from __future__ import annotations

import pytest

from sbk_tui.domain.block_list import says_more
from sbk_tui.domain.card import BLOCKED, CardState

S = CardState


@pytest.mark.parametrize("listed", sorted(BLOCKED))
@pytest.mark.parametrize("here", list(S))
def test_the_list_says_more_of_a_usable_card_and_of_one_cancelled_elsewhere(
    listed: CardState, here: CardState
) -> None:
    usable = here in {S.SEALED, S.ACTIVE, S.LOCKED}
    dead = listed is S.CANCELLED and here in {S.TEMP_LOST, S.FORMAL_LOST}
    assert says_more(listed, here) is (usable or dead)
