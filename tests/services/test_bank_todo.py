"""What the bank could not do stands on the person's screen and on the next slip (02, 1.4)."""

from __future__ import annotations

import pytest

from sbk_tui.data.lookup import Dossier
from sbk_tui.screens.dossier import dossier_text
from sbk_tui.services import words
from tests.domain.known import HOLDER, card


@pytest.mark.clause("2.4.2", "A5")
def test_the_person_screen_says_what_is_left_to_do_at_the_bank() -> None:
    left, none = card(bank="95588", bank_todo="01"), card(bank="95588")
    said = "银行待办：临时挂失没有办成，请持卡人到工商银行的网点补办"
    assert (words.bank_todo(left), words.bank_todo(none)) == (said, "")
    for each in (left, none):
        seen = Dossier(person=HOLDER, cards=(each,), applications=(), timeline=(), versions={})
        assert (said in dossier_text(seen, revealed=False).plain) == bool(each.bank_todo)
