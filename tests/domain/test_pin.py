"""Weak PINs, and who must stand there (domain rule 4.6)."""

from __future__ import annotations

from datetime import date

import pytest
from msgspec.structs import replace

from sbk_tui.domain.people import Person
from sbk_tui.domain.pin import Presence, presence_of, refuse_weak, wipe
from sbk_tui.domain.rules import Settings
from sbk_tui.errors import Refusal
from tests.people import LIU_YANG, WANG_XIUYING

TODAY = date(2026, 11, 24)


@pytest.mark.clause("4.1", "4.3", "B11")
@pytest.mark.parametrize(
    ("pin", "code"),
    [
        (b"123456", "pin.weak_initial"),
        (b"888888", "pin.weak_initial"),
        (b"000000", "pin.weak_repeated"),
        (b"121212", "pin.weak_repeated"),
        (b"415415", "pin.weak_repeated"),
        (b"234567", "pin.weak_row"),
        (b"987654", "pin.weak_row"),
        (b"880312", "pin.weak_number"),
        (b"031204", "pin.weak_number"),
        (b"410702", "pin.weak_number"),
        (b"12345", "pin.length"),
        (b"1234567", "pin.length"),
        (b"12345a", "pin.length"),
        (b"246802", ""),
        (b"135246", ""),
    ],
)
def test_what_anybody_would_try_first_is_refused(pin: bytes, code: str) -> None:
    if not code:
        refuse_weak(bytearray(pin), LIU_YANG.number)
        return
    with pytest.raises(Refusal) as caught:
        refuse_weak(bytearray(pin), LIU_YANG.number)
    assert caught.value.code == code
    assert pin.decode() not in str(caught.value)


CHILD = replace(LIU_YANG, birth=date(2015, 1, 1))
BY_PROXY = Settings(pin_unlock_by_proxy=True)


@pytest.mark.clause("4.2", "4.3")
@pytest.mark.parametrize(
    ("kind", "person", "settings", "who"),
    [
        ("pin.change", LIU_YANG, Settings(), None),
        ("pin.unlock", LIU_YANG, Settings(), None),
        ("pin.unlock", LIU_YANG, BY_PROXY, Presence.PROXY),
        ("pin.reset", LIU_YANG, BY_PROXY, None),
        ("pin.reset", CHILD, Settings(), Presence.GUARDIAN),
        ("pin.change", WANG_XIUYING, Settings(), Presence.HOLDER),
    ],
)
def test_the_document_on_the_reader_says_who_stands_there(
    kind: str, person: Person, settings: Settings, who: Presence | None
) -> None:
    shown = WANG_XIUYING.number
    if who is None:
        with pytest.raises(Refusal) as caught:
            presence_of(person, shown, kind, TODAY, settings)
        assert caught.value.code == "pin.not_holder"
    else:
        assert presence_of(person, shown, kind, TODAY, settings) is who


def test_a_secret_is_overwritten_where_it_lies() -> None:
    secret = bytearray(b"246802")
    wipe(secret)
    assert secret == bytes(6)
