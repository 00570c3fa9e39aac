"""Numbers of people, cards and places: each its own type with one parser, used by all entrances.

A value of these types is in its stored form. A wrong check digit of a 社会保障号码 is refused;
of a 社保卡号 or 银行卡号 it is a warning (`check_ok`), because other schemes are in the field.
"""

from __future__ import annotations

import re
from datetime import date
from enum import StrEnum
from typing import ClassVar, Self

from sbk_tui.domain import mask
from sbk_tui.domain.text import bounded, clean, narrow
from sbk_tui.errors import Refusal

_LONG, _SHORT = 18, 15
_SPECIAL = re.compile(r"[A-Z]{3}[0-9][0-9A-Z]{5,14}")
_SCIENTIFIC = re.compile(r"[0-9](\.[0-9]+)?E\+?[0-9]+")
_CARD_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)  # [1] K4, the scheme of GB 11714
_CARD_VALUES = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def compact(text: str) -> str:
    """Return a number as typed or read: cleaned, half-width, upper case, without blanks.

    Raises:
        Refusal: as `text.clean`.
    """
    return "".join(clean(narrow(text)).upper().split())


def mod11_2(digits: str) -> str:
    """Return the check character (0-9 or X) of `digits` by ISO 7064 MOD 11-2 (GB 11643)."""
    rest = 0
    for digit in digits:
        rest = (rest + int(digit)) * 2 % 11
    return "0123456789X"[(12 - rest) % 11]


class NumberKind(StrEnum):
    """Whose 社会保障号码 it is."""

    CITIZEN = "citizen"
    """公民身份号码."""
    RESIDENCE_PERMIT = "residence-permit"
    """港澳台居民居住证: 81, 82, 83, the citizens' layout."""
    PERMANENT_RESIDENT = "permanent-resident"
    """外国人永久居留身份证 since 2023: 9, the citizens' layout from the birth date on."""
    SPECIAL = "special"
    """Nationality, one reserved digit, document number ([A] after 人社部令第16号)."""


class SocialNumber(str):
    """社会保障号码: 18 characters with a check digit (GB 11643), or a foreigner's special form."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the number in its stored form; 15 digits are expanded, x becomes X.

        The region is not looked at: codes of the first issue stay valid for ever.

        Raises:
            Refusal: `number.spreadsheet` (a spreadsheet ate the digits), `number.length`,
                `number.characters`, `number.birth`, `number.check`, or as `text.clean`.
        """
        number = compact(text)
        if _SCIENTIFIC.fullmatch(number):
            raise Refusal("number.spreadsheet")
        if _SPECIAL.fullmatch(number):
            return cls(number)
        if len(number) == _SHORT and _digits(number):
            number = f"{number[:6]}19{number[6:]}"
            number += mod11_2(number)
        return cls._checked(number)

    @classmethod
    def _checked(cls, number: str) -> Self:
        if len(number) != _LONG:
            raise Refusal("number.length", length=len(number))
        if not _digits(number[:-1]) or number[-1] not in "0123456789X":
            raise Refusal("number.characters")
        if mod11_2(number[:-1]) != number[-1]:
            if number.endswith("000"):  # a spreadsheet keeps 15 digits and fills with zeros
                raise Refusal("number.spreadsheet")
            raise Refusal("number.check")
        parsed = cls(number)
        if parsed.birth is None and parsed.kind is not NumberKind.PERMANENT_RESIDENT:
            raise Refusal("number.birth")
        return parsed

    @property
    def kind(self) -> NumberKind:
        """Whose number it is, by its first characters."""
        if self[0].isalpha():
            return NumberKind.SPECIAL
        if self[0] == "9":
            return NumberKind.PERMANENT_RESIDENT
        if self[:2] in {"81", "82", "83"}:
            return NumberKind.RESIDENCE_PERMIT
        return NumberKind.CITIZEN

    @property
    def is_citizen(self) -> bool:
        """Whether it is a 公民身份号码."""
        return self.kind is NumberKind.CITIZEN

    @property
    def birth(self) -> date | None:
        """The birth date that the number tells; None for the special form."""
        if self.kind is NumberKind.SPECIAL or self[6:8] not in {"18", "19", "20"}:
            return None
        try:
            return date(int(self[6:10]), int(self[10:12]), int(self[12:14]))
        except ValueError:
            return None

    @property
    def sex(self) -> str:
        """性别 that the number tells (GB/T 2261.1: 1 male, 2 female); empty when it tells none."""
        if self.kind is NumberKind.SPECIAL:
            return ""
        return "1" if int(self[16]) % 2 else "2"

    @property
    def region(self) -> str:
        """Six digits of the first issue, perhaps no longer in use; empty for foreigners."""
        foreign = {NumberKind.SPECIAL, NumberKind.PERMANENT_RESIDENT}
        return "" if self.kind in foreign else self[:6]

    def __repr__(self) -> str:
        """Masked, so that a traceback holds no full number."""
        return f"{type(self).__name__}({mask.number(self)})"


class CardNumber(str):
    """社保卡号: 8 characters and a check character ([2+] K2, K3)."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the card number in its stored form; see `check_ok` for the check character.

        Raises:
            Refusal: `card_number.form`, or as `text.clean`.
        """
        number = compact(text)
        if not re.fullmatch(r"[0-9A-Z]{8}[0-9X]", number):
            raise Refusal("card_number.form", length=len(number))
        return cls(number)

    @property
    def check_ok(self) -> bool:
        """Whether the check character fits; when not, ask to type it again, do not refuse."""
        return card_check(self[:8]) == self[8]


def card_check(body: str) -> str:
    """Return the check character (0-9 or X) of the 8 characters of a card number."""
    values = map(_CARD_VALUES.index, body)
    total = sum(weight * value for weight, value in zip(_CARD_WEIGHTS, values, strict=True))
    return "0123456789X"[(11 - total % 11) % 11]


class BankCardNumber(str):
    """银行卡号: 16 to 19 digits (ISO/IEC 7812)."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the number without blanks; see `check_ok` for its last digit.

        Raises:
            Refusal: `bank_card.form`, `number.spreadsheet`, or as `text.clean`.
        """
        number = compact(text)
        if _SCIENTIFIC.fullmatch(number):
            raise Refusal("number.spreadsheet")
        if not re.fullmatch(r"[0-9]{16,19}", number):
            raise Refusal("bank_card.form", length=len(number))
        return cls(number)

    @property
    def check_ok(self) -> bool:
        """Whether the Luhn digit fits; when not, a warning."""
        return luhn_ok(self)

    def __repr__(self) -> str:
        """Masked, so that a traceback holds no full number."""
        return f"{type(self).__name__}({mask.bank_card(self)})"


def luhn_ok(digits: str) -> bool:
    """Return whether the last of `digits` is the Luhn digit of the others."""
    plain = sum(map(int, digits[-1::-2]))
    doubled = sum(sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return (plain + doubled) % 10 == 0


class Phone(str):
    """移动电话 (11 digits) or 固定电话 (0373 may be left out, extension after a hyphen), [A]."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the phone number without blanks and without +86.

        Raises:
            Refusal: `phone.form`, or as `text.clean`.
        """
        number = compact(text).removeprefix("+86")
        if not re.fullmatch(r"1[3-9][0-9]{9}|(0373-?)?[0-9]{7,8}(-[0-9]{1,5})?", number):
            raise Refusal("phone.form", length=len(number))
        return cls(number)

    @classmethod
    def parse_mobile(cls, text: str) -> Self:
        """Return a 移动电话.

        Raises:
            Refusal: `phone.not_mobile`, or as `parse`.
        """
        phone = cls.parse(text)
        if not phone.is_mobile:
            raise Refusal("phone.not_mobile")
        return phone

    @property
    def is_mobile(self) -> bool:
        """Whether it is a 移动电话."""
        return len(self) == len("13800000000") and self[0] == "1"

    def __repr__(self) -> str:
        """Masked, so that a traceback holds no full number."""
        return f"{type(self).__name__}({mask.phone(self)})"


class Postcode(str):
    """邮政编码: six digits."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the postcode; one of another city is a warning (`is_local`).

        Raises:
            Refusal: `postcode.form`, or as `text.clean`.
        """
        code = compact(text)
        if not re.fullmatch(r"[0-9]{6}", code):
            raise Refusal("postcode.form", length=len(code))
        return cls(code)

    @property
    def is_local(self) -> bool:
        """Whether it is one of Xinxiang's (453…)."""
        return self.startswith("453")


class DivisionCode(str):
    """行政区划代码: 6 digits a county, 9 a township, 12 a village (统计用区划代码)."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the code; whether the place exists is a look-up's answer.

        Raises:
            Refusal: `division.form`, or as `text.clean`.
        """
        code = compact(text)
        if not re.fullmatch(r"[1-9][0-9]{5}([0-9]{3}){0,2}", code):
            raise Refusal("division.form", length=len(code))
        return cls(code)

    @classmethod
    def parse_village(cls, text: str) -> Self:
        """Return a 社区(村)编号.

        Raises:
            Refusal: `division.not_village`, or as `parse`.
        """
        code = cls.parse(text)
        if not code.is_village:
            raise Refusal("division.not_village")
        return code

    @property
    def county(self) -> str:
        """The county's six digits."""
        return self[:6]

    @property
    def is_village(self) -> bool:
        """Whether it names a village or community."""
        return len(self) == len("410702001016")


class UnitCode(str):
    """单位编号: up to 20 characters; no format is known, the city's list decides ([A])."""

    __slots__ = ()
    most: ClassVar[int] = 20

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the code without blanks, in upper case.

        Raises:
            Refusal: `unit_code.form`, or as `text.clean`.
        """
        code = compact(text)
        if not 0 < len(code) <= cls.most:
            raise Refusal("unit_code.form", length=len(code), most=cls.most)
        return cls(code)


class Email(str):
    """邮箱: at most 30 bytes on the wire ([1] K2)."""

    __slots__ = ()
    most: ClassVar[int] = 30

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the address without blanks around it.

        Raises:
            Refusal: `email.form`, `text.too_long`, or as `text.clean`.
        """
        address = bounded(narrow(text), cls.most)
        if not re.fullmatch(r"[^@ ]+@[^@ ]+[.][^@. ]+", address):
            raise Refusal("email.form")
        return cls(address)


def _digits(text: str) -> bool:
    return text.isascii() and text.isdigit()
