"""Invented identity documents, one of every kind, with the digests of their read answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sbk_tui.hardware.idcard_layout import compose_card
from sbk_tui.hardware.ports import IdCard

PHOTO = bytes((7 * i + 3) % 256 for i in range(1023)) + b"\0"
FINGERPRINT = bytes((5 * i + 1) % 256 for i in range(1024))
NEWEST_ADDRESS = "河南省新乡市红旗区示例街道1号"


@dataclass(frozen=True)
class Document:
    """A document as values on its chip and as read, and its read answer as CHK and SHA-256."""

    kind: str
    values: dict[str, str]
    read: dict[str, object]
    chk: int
    sha256: str

    def card(self, newest_address: str = "", photo: bytes = PHOTO) -> IdCard:
        """Return it as it lies on a reader."""
        return compose_card(self.kind, self.values, photo, newest_address)


CITIZEN = Document(
    " ",
    {
        "name": "张晓禾",
        "sex": "2",
        "nation": "01",
        "birth": "19850314",
        "address": "河南省新乡市辉县市百泉镇示例村12号",
        "number": "410782198503140028",
        "issuer": "辉县市公安局",
        "valid_from": "20150601",
        "valid_to": "20350601",
    },
    {
        "name": "张晓禾",
        "nation": "01",
        "country": "CHN",
        "birth": date(1985, 3, 14),
        "address": "河南省新乡市辉县市百泉镇示例村12号",
        "valid_from": date(2015, 6, 1),
        "valid_to": date(2035, 6, 1),
        "long_term": False,
    },
    0x4B,
    "773c92e97d9cf2f412d26d94a8406191fedd78634a0df78eb39245315b5ab433",
)
LONG_TERM = Document(
    " ",
    {
        "name": "王福田",
        "sex": "1",
        "nation": "01",
        "birth": "19480702",
        "address": "河南省新乡市原阳县示例乡东村3号",
        "number": "410725194807020310",
        "issuer": "原阳县公安局",
        "valid_from": "20060101",
        "valid_to": "长期",
    },
    {"name": "王福田", "sex": "1", "valid_to": None, "long_term": True},
    0x2D,
    "2f1c09ce7c991ec0d18ba1d9dc1810c78966d60a86230207ba78582ad9492268",
)
RESIDENCE_PERMIT = Document(
    "J",
    {
        "name": "陳示例",
        "sex": "1",
        "birth": "19900505",
        "address": "河南省新乡市红旗区示例路8号",
        "number": "810000199005050130",
        "issuer": "新乡市公安局",
        "valid_from": "20190901",
        "valid_to": "20240901",
        "other_number": "H01234567",
        "issue_count": "01",
    },
    {"name": "陳示例", "nation": "", "number": "810000199005050130", "other_number": "H01234567"},
    0x11,
    "9e5bd0561777823e797a8a606a046a83933919d55a9e184b6b49af2ec0d4fcf1",
)
FOREIGNER_2017 = Document(
    "I",
    {
        "name_latin": "EXAMPLE, JOHN",
        "sex": "1",
        "number": "USA110080010101",
        "country": "USA",
        "name": "约翰",
        "valid_from": "20180101",
        "valid_to": "20280101",
        "birth": "19800101",
        "version": "01",
        "issuer": "1500",
    },
    {
        "name": "约翰",
        "name_latin": "EXAMPLE, JOHN",
        "country": "USA",
        "birth": date(1980, 1, 1),
        "address": "",
        "issuer": "1500",
    },
    0x23,
    "c25e881deea4eeefaed14b04bbeef5c5a8c869bb065a4b5db2cbc186d4efb1da",
)
FOREIGNER_2023 = Document(
    "Y",
    {
        "name": "约翰",
        "sex": "1",
        "issue_count": "00",
        "birth": "19800101",
        "name_latin": "EXAMPLE, JOHN",
        "number": "911840198001010013",
        "valid_from": "20231201",
        "valid_to": "20331201",
        "country": "USA",
    },
    {
        "name": "约翰",
        "name_latin": "EXAMPLE, JOHN",
        "country": "USA",
        "number": "911840198001010013",
        "valid_to": date(2033, 12, 1),
    },
    0x5D,
    "1d30f41f3903264bd500cc332ef4f26d2db6b85328c4fcf66bede3e7072d4202",
)
DOCUMENTS = {
    "citizen": CITIZEN,
    "citizen for life": LONG_TERM,
    "residence permit": RESIDENCE_PERMIT,
    "foreigner 2017": FOREIGNER_2017,
    "foreigner 2023": FOREIGNER_2023,
}
