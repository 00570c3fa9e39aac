"""卡密码 (domain rule 4.6): what a new one must not be, and who must stand there for it.

A PIN is a `bytearray` of ASCII digits that its one user overwrites; it never becomes a `str`, a
field of a record or a fact of an error. The bank's PIN is never ours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from sbk_tui.domain.application import is_minor
from sbk_tui.domain.people import Person
from sbk_tui.domain.rules import Settings
from sbk_tui.errors import Refusal

LENGTH = 6  # [1] K1: what Henan's counters ask for
LAST_TRY = 1
ENTER, BACK = 0x0D, 0x08
_MOST = 16
_INITIAL = (b"123456", b"888888")  # [2+] W12, C10
_ROW = b"0123456789"


class Presence(StrEnum):
    """Who was at the counter, and how one knows."""

    HOLDER = "1"
    """本人: the document on the reader is the holder's."""
    GUARDIAN = "2"
    """监护人: somebody's document was read, the holder is a minor."""
    PROXY = "3"
    """代办人: for unlocking, where the office allows it."""
    SEEN = "4"
    """窗口核对: the clerk has looked at the document, no reader being used."""
    SELF_SERVICE = "5"
    """自助: at a kiosk, by who held the card and knew its PIN."""


class Weakness(NamedTuple):
    """One kind of PIN that anybody would try first."""

    code: str
    fits: Callable[[bytearray, bytes], bool]
    """Asked of the PIN and the holder's number in ASCII."""


def _is_row(pin: bytearray, _number: bytes) -> bool:
    # The fixed row is turned round, not the PIN: no copy of it is made.
    return _ROW.find(pin) >= 0 or _ROW[::-1].find(pin) >= 0


def _is_repeated(pin: bytearray, _number: bytes) -> bool:
    """One digit all along, or two or three that come again (112112, 121212)."""
    return any(all(pin[at] == pin[at % span] for at in range(len(pin))) for span in (1, 2, 3))


WEAK = (
    #         code                 is it?
    Weakness("pin.weak_initial",   lambda pin, _number: any(pin == each for each in _INITIAL)),
    Weakness("pin.weak_repeated",  _is_repeated),
    Weakness("pin.weak_row",       _is_row),
    Weakness("pin.weak_number",    lambda pin, number: number.find(pin) >= 0),
)  # fmt: skip
"""简单密码 [A]; the birthday stands in the number, so it needs no row of its own."""


def refuse_weak(pin: bytearray, number: str) -> None:
    """Refuse a new PIN that is easily guessed, or not six digits.

    Args:
        number: the holder's 社会保障号码.

    Raises:
        Refusal: `pin.length`, `pin.weak_…`; no digit of it is a fact.
    """
    if len(pin) != LENGTH or not pin.isdigit():
        raise Refusal("pin.length", clause="4.1", length=LENGTH)
    for row in WEAK:
        if row.fits(pin, number.encode()):
            raise Refusal(row.code, clause="4.1")


def presence_of(person: Person, shown: str, kind: str, today: date, settings: Settings) -> Presence:
    """Return who stands there, by the number of the document that was read.

    Raises:
        Refusal: `pin.not_holder`: nobody else may change or reset a PIN (domain rule 4.6).
    """
    if shown == person.number:
        return Presence.HOLDER
    if person.birth is not None and is_minor(person.birth, today, settings):
        return Presence.GUARDIAN
    if kind == "pin.unlock" and settings.pin_unlock_by_proxy:
        return Presence.PROXY
    raise Refusal("pin.not_holder", clause="4.3", name=person.name)


def collect(keys: Iterable[int], wrong_length: Callable[[], None]) -> bytearray:
    """Return the digits of `keys` up to the ENTER that ends six of them.

    An ENTER behind another count of digits begins anew and is told to `wrong_length`; behind none
    it is nothing. What was typed is overwritten when `keys` raises.
    """
    typed, count = bytearray(_MOST), 0
    try:
        for key in keys:
            if key == ENTER and count == LENGTH:
                return typed[:count]
            if key == ENTER and count:
                count = 0
                wrong_length()
            elif key == BACK:
                count = max(0, count - 1)
            elif key in _ROW:
                # More than fits is a wrong count, not a cut one.
                typed[min(count, _MOST - 1)] = key
                count += 1
    finally:
        wipe(typed)
    return bytearray()


def wipe(secret: bytearray) -> None:
    """Overwrite `secret` where it lies."""
    for at in range(len(secret)):
        secret[at] = 0
