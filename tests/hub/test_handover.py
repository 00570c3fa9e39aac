"""What was missing, extra or damaged at a township is seen at the city too (2.1, B7)."""

from __future__ import annotations

import pytest

from sbk_tui.domain.handover import check_number, handover_id
from sbk_tui.domain.identity import card_check
from sbk_tui.domain.operations.batch import Line
from sbk_tui.domain.operations.handover import Announce, Receive
from sbk_tui.sync.client import HubClient
from tests.data.conftest import Office
from tests.data.days import PLACE, number
from tests.sync.city import City, Forger, push, receipts

CARDS = [f"D{n:07d}{card_check(f'D{n:07d}')}" for n in range(3)]
LIST = Announce(
    batch="B", from_office="辉县市", to=PLACE, count=3, check=check_number("B", PLACE, CARDS),
    lines=tuple(
        Line(person=f"{700 + n:032x}", number=number(700 + n), name="持卡人", card=card)
        for n, card in enumerate(CARDS)
    ),
)  # fmt: skip
HANDOVER = handover_id("B", PLACE, LIST.check)


@pytest.mark.clause("2.1", "B7")
def test_the_city_sees_the_cases_and_sees_them_close(
    office: Office, city: City, client: HubClient, forger: Forger
) -> None:
    short = Receive(handover=HANDOVER, seen=tuple(CARDS[:2]), damaged=(CARDS[1],))
    wishes = [LIST, short]
    answers = receipts(push(office, client, 2, [forger.make(each) for each in wishes]))
    assert [(each.verdict, each.code) for each in answers] == [("accepted", "")] * 2
    cases = "SELECT code, closed IS NULL FROM case_item ORDER BY code"
    assert [(code, bool(is_open)) for code, is_open in city.rows(cases)] == [
        ("handover.damaged", True), ("handover.missing", True),
    ]  # fmt: skip
    later = forger.make(Receive(handover=HANDOVER, seen=(CARDS[2],)))
    receipts(push(office, client, 2 + len(wishes), [later]))
    assert [(code, bool(is_open)) for code, is_open in city.rows(cases)] == [
        ("handover.damaged", True), ("handover.missing", False),
    ]  # fmt: skip
