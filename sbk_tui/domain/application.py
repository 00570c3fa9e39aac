"""申领登记表 as a value, and what the regulation asks of it (1.2, 6.1.2.1, 第六条).

`REQUIRED` is the regulation's list, to be read against the text; `application_check.check` judges
a form by it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Literal, NamedTuple

import msgspec
from msgspec.structs import replace

from sbk_tui.domain.identity import (
    CardNumber,
    DivisionCode,
    Email,
    Phone,
    Postcode,
    SocialNumber,
    UnitCode,
)
from sbk_tui.domain.rules import Settings
from sbk_tui.domain.text import Address, PersonName, UnitName, clean
from sbk_tui.errors import Refusal

ApplyPath = Literal["capture", "new_application"]
"""信息采集 (1.2), or 新增申请 on the way to a temporary card (6.1.2.1)."""

WORKER, TOWN_RESIDENT, VILLAGER, STUDENT, OTHER = "1", "2", "3", "4", "9"
"""人员类别, codes of the table `category`."""
BANK_PENDING = "00000"
"""服务银行 待定."""


class ApplicationForm(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """申领登记表: everything asked for a card, as it was filled in; empty means not given.

    It is stored in records: new fields come at the end, with a default.
    """

    path: ApplyPath = "capture"
    name: str = ""
    number: str = ""
    doc_type: str = "01"
    doc_end: date | None = None
    long_term: bool = False
    """有效期 长期; then `doc_end` is empty."""
    sex: str = ""
    nation: str = ""
    country: str = "CHN"
    birth: date | None = None
    address: str = ""
    """户口地址."""
    mail_address: str = ""
    postcode: str = ""
    mobile: str = ""
    fixed_phone: str = ""
    email: str = ""
    category: str = ""
    status: str = ""
    household: str = ""
    unit_code: str = ""
    """单位编号; of a student: of the school."""
    unit_name: str = ""
    department: str = ""
    """院系 of a student."""
    school_class: str = ""
    """班级 of a student."""
    village_code: str = ""
    """社区(村)编号, 12 digits."""
    village_name: str = ""
    guardian_name: str = ""
    guardian_number: str = ""
    guardian_phone: str = ""
    proxy_name: str = ""
    """代办人; all proxy fields are empty when the applicant came in person."""
    proxy_number: str = ""
    proxy_phone: str = ""
    proxy_relation: str = ""
    proxy_letter: bool = False
    """A letter of authority was shown."""
    bank: str = BANK_PENDING
    old_card_asked: bool = False
    old_card: str = ""
    """老社保卡 that was brought along (1.1), if any."""
    photo: str = ""
    """Blob id of the portrait."""

    @property
    def by_proxy(self) -> bool:
        """Whether a 代办人 hands in the form."""
        return any((self.proxy_name, self.proxy_number, self.proxy_phone, self.proxy_relation))


FIELDS: tuple[str, ...] = ApplicationForm.__struct_fields__
"""The fields in the order of the form: problems are told in it."""


class Need(NamedTuple):
    """One thing that must be filled in."""

    fields: tuple[str, ...]
    """One of these is enough."""
    categories: frozenset[str]
    capture: str
    """The clause that asks for it at 信息采集; empty: not asked."""
    new_application: str
    """The clause that asks for it at 新增申请."""

    def clause(self, path: ApplyPath) -> str:
        """Return the clause that asks for it on `path`, or an empty text."""
        return self.capture if path == "capture" else self.new_application


_ALL = frozenset({WORKER, TOWN_RESIDENT, VILLAGER, STUDENT, OTHER, ""})  # "" not chosen yet
_IN_UNIT = frozenset({WORKER, STUDENT})
_IN_VILLAGE = frozenset({TOWN_RESIDENT, VILLAGER, OTHER})

REQUIRED = (
    # one of                         人员类别       信息采集   新增申请
    Need(("name",),                   _ALL,         "1.2",  "6.1.2.1"),
    Need(("number",),                 _ALL,         "1.2",  "6.1.2.1"),
    Need(("doc_type",),               _ALL,         "1.2",  "6.1.2.1"),
    Need(("doc_end", "long_term"),    _ALL,         "1.2",  "6.1.2.1"),
    Need(("sex",),                    _ALL,         "1.2",  "6.1.2.1"),
    Need(("country",),                _ALL,         "1.2",  "6.1.2.1"),
    Need(("birth",),                  _ALL,         "1.2",  "6.1.2.1"),
    Need(("address",),                _ALL,         "",     "第六条"),
    Need(("mail_address",),           _ALL,         "",     "第六条"),
    Need(("postcode",),               _ALL,         "1.2",  ""),
    Need(("mobile",),                 _ALL,         "1.2",  ""),
    Need(("mobile", "fixed_phone"),   _ALL,         "",     "第六条"),
    Need(("category",),               _ALL,         "1.2",  "6.1.2.1"),
    Need(("status",),                 _ALL,         "1.2",  "第六条"),
    Need(("household",),              _ALL,         "1.2",  "第六条"),
    Need(("unit_code",),              _IN_UNIT,     "1.2",  "第六条"),
    Need(("unit_name",),              _IN_UNIT,     "1.2",  "第六条"),
    Need(("village_code",),           _IN_VILLAGE,  "1.2",  "第六条"),
    Need(("village_name",),           _IN_VILLAGE,  "1.2",  "第六条"),
    Need(("bank",),                   _ALL,         "1.2",  "第六条"),
    Need(("photo",),                  _ALL,         "1.2",  "6.1.2.1"),
)  # fmt: skip
"""What a form must hold, by path and 人员类别. A citizen's 民族, a minor's guardian and a proxy's
data hang on more than that and have rules of their own."""

NOT_ASKED = {
    WORKER: ("village_code", "village_name", "department", "school_class"),
    TOWN_RESIDENT: ("unit_code", "unit_name", "department", "school_class"),
    VILLAGER: ("unit_code", "unit_name", "department", "school_class"),
    OTHER: ("department", "school_class"),
}
"""What stays empty for a 人员类别 ([1] K1: workers have no village, residents no unit)."""

GUARDIAN = ("guardian_name", "guardian_number", "guardian_phone")
PROXY = ("proxy_name", "proxy_number", "proxy_phone")
UNIT = ("unit_code", "unit_name")


def required_fields(path: ApplyPath, category: str, settings: Settings) -> tuple[Need, ...]:
    """Return what a form of `category` must hold on `path`.

    With `temp_require_unit_for_all` a 新增申请 names a unit for everyone, as 第六条 says by letter.
    """
    by_letter = path == "new_application" and settings.temp_require_unit_for_all
    return tuple(
        need
        for need in REQUIRED
        if need.clause(path)
        and (category in need.categories or (by_letter and need.fields[0] in UNIT))
    )


def is_minor(birth: date, today: date, settings: Settings) -> bool:
    """Return whether somebody born on `birth` counts as a minor (domain rule: on 31 December)."""
    end_of_year = date(today.year, 12, 31)
    day = end_of_year if settings.minor_reference == "year_end" else today
    return age_on(day, birth) < settings.minor_age


def age_on(day: date, birth: date) -> int:
    """Return the completed years of life on `day`."""
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))


PARSERS: dict[str, Callable[[str], str]] = {
    "name": PersonName.parse,
    "number": SocialNumber.parse,
    "address": Address.parse,
    "mail_address": Address.parse,
    "postcode": Postcode.parse,
    "mobile": Phone.parse_mobile,
    "fixed_phone": Phone.parse,
    "email": Email.parse,
    "unit_code": UnitCode.parse,
    "unit_name": UnitName.parse,
    "department": UnitName.parse,
    "school_class": UnitName.parse,
    "village_code": DivisionCode.parse_village,
    "village_name": UnitName.parse,
    "guardian_name": PersonName.parse,
    "guardian_number": SocialNumber.parse,
    "guardian_phone": Phone.parse,
    "proxy_name": PersonName.parse,
    "proxy_number": SocialNumber.parse,
    "proxy_phone": Phone.parse,
    "old_card": CardNumber.parse,
    "photo": clean,
}
"""Who judges a field that is typed; a screen's field asks the same one."""


def tidied(form: ApplicationForm) -> ApplicationForm:
    """Return `form` as it is stored: each typed field as its parser gives it back.

    What cannot be parsed stays as it is, for `check` to name.
    """
    return replace(form, **{field: _tidied(getattr(form, field), field) for field in PARSERS})


def _tidied(given: str, field: str) -> str:
    try:
        # A plain `str`: the form is compared, encoded and shown, nobody asks it to parse again.
        return str(PARSERS[field](given)) if given.strip() else ""
    except Refusal:
        return given
