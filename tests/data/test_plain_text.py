"""Parsed numbers and names go into records as plain text."""

from __future__ import annotations

from sbk_tui.data.record import decode_payload, encode_payload
from sbk_tui.domain.identity import SocialNumber
from sbk_tui.domain.operations.loss import FormalLoss
from sbk_tui.domain.text import PersonName
from tests.people import LIU_YANG


def test_an_operation_made_of_parsed_values_is_stored_like_one_of_plain_text() -> None:
    parsed = FormalLoss(
        card="B00000019",
        id_shown=True,
        proxy_name=PersonName.parse(LIU_YANG.name),
        proxy_number=SocialNumber.parse(LIU_YANG.number),
    )
    typed = FormalLoss(
        card="B00000019", id_shown=True, proxy_name=LIU_YANG.name, proxy_number=LIU_YANG.number
    )
    payload = encode_payload(parsed)
    assert payload == encode_payload(typed)
    assert decode_payload("loss.formal", payload) == typed
