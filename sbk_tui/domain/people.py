"""A person and a person's applications, as the counter knows them."""

from __future__ import annotations

from datetime import date, datetime

import msgspec


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """持卡人: a resident with a 社会保障号码."""

    id: str
    """Random, hexadecimal; what envelopes name, so that they hold no number of a person."""
    number: str
    name: str
    sex: str = ""
    nation: str = ""
    country: str = "CHN"
    birth: date | None = None
    doc_type: str = "01"
    doc_end: date | None = None
    long_term: bool = False
    address: str = ""
    """户口地址, as on the document."""
    mail_address: str = ""
    postcode: str = ""
    mobile: str = ""
    fixed_phone: str = ""
    category: str = ""
    status: str = ""
    household: str = ""
    unit_code: str = ""
    unit_name: str = ""
    village_code: str = ""
    village_name: str = ""
    guardian_name: str = ""
    guardian_number: str = ""
    guardian_phone: str = ""
    photo: str = ""
    """Blob id of the portrait, or empty."""
    district: str = ""
    """The insured place: division code, 6 to 12 digits, or empty when not known."""

    @property
    def subject(self) -> str:
        """The name of this person in envelopes."""
        return f"person/{self.id}"


class FormerIdentity(msgspec.Struct, frozen=True, kw_only=True):
    """曾用姓名、号码: who a person was before a correction (F2); searches find both."""

    id: str
    person: str
    number: str
    name: str
    until: datetime
    proof: str
    """What was shown for the change, in words."""
    scan: str = ""
    """Blob id of the scanned proof, or empty."""

    @property
    def subject(self) -> str:
        """The name of this record in envelopes."""
        return f"former/{self.id}"


class Application(msgspec.Struct, frozen=True, kw_only=True):
    """申领 / 补换申请: a wish for a card, from the counter to production."""

    id: str
    person: str
    type: str = "1"
    """申请类型 = 补换类别: 1 个人申请, 5 遗失补卡, 6 普通换卡, 7 质保换卡."""
    reason: str = ""
    """补换原因, two digits; empty for a first application."""
    state: str = "00"
    """申领状态: 00 申请, 01 撤销, 02 成功, 03 失败, 04 异常处理, 05 申领中."""
    bank: str = "00000"
    old_card: str = ""
    made_at: datetime
    counter: str
    proxy_name: str = ""
    proxy_number: str = ""
    proxy_phone: str = ""
    card: str = ""
    """The card it led to, once made."""

    @property
    def subject(self) -> str:
        """The name of this application in envelopes."""
        return f"application/{self.id}"

    @property
    def is_open(self) -> bool:
        """Whether it still waits for a card."""
        return self.state in {"00", "04", "05"}
