"""转办单 (B4): a township's word to the county in one short code, safe to type and to read aloud.

24 characters of base 32 without I, L, O, U in four groups: where from, when, whose (masked
number), which card (its tail) and why. Two of them are check characters: every single wrong
character and every swap of two characters is found. The code is no proof: whoever accepts it
looks the record up and asks for the identity card as ever.
"""

from __future__ import annotations

import re
from datetime import date, timedelta

import msgspec

from sbk_tui.errors import Refusal

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_READ_AS = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})
_LENGTH, _GROUP = 24, 6
_PRIME = 1021
"""The largest prime below two characters of base 32: a wrong one never leaves a multiple of it."""
_VERSION = 1
_EPOCH = date(2020, 1, 1)
_ANY = 36
# What is packed, most significant last: name, number of values.
_PARTS = (
    ("reason", 100),
    ("card", _ANY**4 + 1),
    ("tail", _ANY**4),
    ("head", _ANY**3),
    ("day", 1 << 16),
    ("office", 10**7),
    ("version", 8),
)
_PROVINCE = "41"


class Referral(msgspec.Struct, frozen=True, kw_only=True):
    """转办: a person who needs what this counter may not do, sent to one that may."""

    office: str
    """Division code of the township, nine digits."""
    day: date
    head: str
    """First three characters of the 社会保障号码."""
    tail: str
    """Its last four characters."""
    card: str
    """Last four characters of the 社保卡号; empty when there is none."""
    reason: str
    """补换原因, a code of the table `replace_reason`."""

    @property
    def masked(self) -> str:
        """The number as the code knows it."""
        return f"{self.head}***{self.tail}"

    def fits(self, number: str, card: str) -> bool:
        """Return whether this may be the person with `number` and `card`."""
        return (
            number.startswith(self.head) and number.endswith(self.tail) and card.endswith(self.card)
        )


def refer(*, office: str, day: date, number: str, card: str, reason: str) -> Referral:
    """Return the referral of a person; `office` is a division code of 4 to 12 digits."""
    return Referral(
        office=office[:9].ljust(9, "0"),
        day=day,
        head=number[:3],
        tail=number[-4:],
        card=card[-4:],
        reason=reason,
    )


def encode(referral: Referral) -> str:
    """Return the code, in groups of six.

    Raises:
        ValueError: a part that no referral of `refer` has.
    """
    values = {
        "reason": int(referral.reason),
        "card": int(referral.card, _ANY) + 1 if referral.card else 0,
        "tail": int(referral.tail, _ANY),
        "head": int(referral.head, _ANY),
        "day": (referral.day - _EPOCH).days,
        "office": int(referral.office.removeprefix(_PROVINCE)),
        "version": _VERSION,
    }
    packed = 0
    for name, size in reversed(_PARTS):
        if not 0 <= values[name] < size:
            raise ValueError(name)
        packed = packed * size + values[name]
    word = packed << 10
    word += -word % _PRIME  # now a multiple of it
    code = "".join(_ALPHABET[word >> shift & 31] for shift in range(5 * (_LENGTH - 1), -1, -5))
    return "-".join(code[at : at + _GROUP] for at in range(0, _LENGTH, _GROUP))


def parse(text: str) -> Referral:
    """Return the referral of a code as it was typed: any case, O for 0, with or without dashes.

    Raises:
        Refusal: `referral.form` (length or characters), `referral.check` (typed wrong),
            `referral.newer` (a layout of a later program).
    """
    code = text.strip().upper().translate(_READ_AS)
    if not re.fullmatch(f"[{_ALPHABET}]{{{_LENGTH}}}", code):
        raise Refusal("referral.form", length=len(code))
    word = 0
    for char in code:
        word = word << 5 | _ALPHABET.index(char)
    if word % _PRIME:
        raise Refusal("referral.check")
    packed, values = word >> 10, dict[str, int]()
    for name, size in _PARTS:
        packed, values[name] = divmod(packed, size)
    if packed or values["version"] != _VERSION:
        raise Refusal("referral.newer")
    return Referral(
        office=f"{_PROVINCE}{values['office']:07d}",
        day=_EPOCH + timedelta(days=values["day"]),
        head=_base36(values["head"], 3),
        tail=_base36(values["tail"], 4),
        card=_base36(values["card"] - 1, 4) if values["card"] else "",
        reason=f"{values['reason']:02d}",
    )


def _base36(value: int, length: int) -> str:
    digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    text = ""
    for _ in range(length):
        value, place = divmod(value, _ANY)
        text = digits[place] + text
    return text
