"""口头挂失码 (B2): a loss report that is read over the telephone while the line is down.

24 digits: counter 3, spoken number 4, action 1, last six of the 社会保障号码 (a letter is said as
0), MAC 8, check 2 (ISO 7064 MOD 97-10). The MAC is under a key that counter and city share, over
the whole number, which the city's clerk types as well.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from enum import IntEnum
from typing import NamedTuple

from sbk_tui.domain.identity import SocialNumber
from sbk_tui.errors import Refusal

MOST_COUNTERS, MOST_NUMBERS = 1000, 10_000
_LENGTH = 24
_MAC_DIGITS = 8
_GROUP = 4


class SpokenAction(IntEnum):
    """What was reported at the counter; the city records a temporary loss in any case."""

    TEMPORARY = 1
    FORMAL = 2
    BLIND = 3


class Spoken(NamedTuple):
    """A report as it is said."""

    counter: int
    """The number that the city gave to the counter for speaking."""
    number: int
    action: SpokenAction
    tail: str
    mac: str

    def is_by(self, key: bytes, number: SocialNumber) -> bool:
        """Return whether the owner of `key` has said this of the person with this number."""
        mac = _mac(key, self.counter, self.number, self.action, number)
        return self.tail == _tail(number) and hmac.compare_digest(mac, self.mac)


def speak(key: bytes, counter: int, number: int, action: SpokenAction, person: SocialNumber) -> str:
    """Return the digits to read out, in groups of four."""
    mac = _mac(key, counter, number, action, person)
    body = f"{counter:03}{number:04}{action:d}{_tail(person)}{mac}"
    digits = body + f"{98 - int(body) * 100 % 97:02}"
    return " ".join(digits[at : at + _GROUP] for at in range(0, _LENGTH, _GROUP))


def hear(text: str) -> Spoken:
    """Return a report as it was typed; blanks and dashes do not matter.

    Raises:
        Refusal: `spoken.length`; `spoken.check`: a digit is wrong, or two are swapped.
    """
    digits = re.sub(r"[\s-]", "", text)
    if not re.fullmatch(r"[0-9]{24}", digits):
        raise Refusal("spoken.length", clause="B2", length=len(digits))
    if int(digits) % 97 != 1 or digits[7] not in "123":
        raise Refusal("spoken.check", clause="B2")
    return Spoken(
        int(digits[:3]), int(digits[3:7]), SpokenAction(int(digits[7])), digits[8:14], digits[14:22]
    )


def _tail(number: SocialNumber) -> str:
    return "".join(char if char in "0123456789" else "0" for char in number[-6:])


def _mac(key: bytes, counter: int, number: int, action: SpokenAction, person: SocialNumber) -> str:
    message = f"sbk/spoken/1 {counter:03} {number:04} {action:d} {person}".encode("ascii")
    value = int.from_bytes(hmac.digest(key, message, hashlib.sha256)[:8], "big")
    return f"{value % 10**_MAC_DIGITS:0{_MAC_DIGITS}}"
