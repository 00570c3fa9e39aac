"""What stands on the chip: one row an item, read and written by the same table.

Files EF05 (the issuer's data) and EF06 (the holder's); each record is tag, length, value
[O] S2 table 9. Values are padded on the right: `cn` with F, `an` with bytes 00, seen also FF.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from sbk_tui.domain.identity import CardNumber
from sbk_tui.errors import Garbled, Refusal
from sbk_tui.hardware.ports import CardHolder, SocialCard

EF05, EF06, EF07, EF08 = 0x05, 0x06, 0x07, 0x08
Form = Literal["cn", "an", "raw"]


@dataclass(frozen=True, slots=True)
class Item:
    """One record: where it stands and how long its value is."""

    name: str
    file: int
    tag: int
    length: int
    form: Form
    number_v1: int
    """Record number on 1.0 cards; 0: not there."""
    number: int
    """Record number on 2.0 and 3.0 cards."""


ITEMS = (  # [O] S2 table 9; the numbers of EF06 differ by version [2+] C2 C4 C6
    Item("identification", EF05, 0x01, 0x10, "raw", 1, 1),
    Item("kind", EF05, 0x02, 1, "an", 2, 2),
    Item("version", EF05, 0x03, 4, "an", 3, 3),
    Item("initialiser", EF05, 0x04, 0x0C, "cn", 4, 4),
    Item("issued", EF05, 0x05, 4, "cn", 5, 5),
    Item("valid_to", EF05, 0x06, 4, "cn", 6, 6),
    Item("number", EF05, 0x07, 9, "an", 7, 7),
    Item("social_number", EF06, 0x08, 0x12, "an", 1, 1),
    Item("name", EF06, 0x09, 0x1E, "raw", 2, 2),
    Item("name_more", EF06, 0x4E, 0x14, "raw", 0, 3),
    Item("sex", EF06, 0x0A, 1, "an", 3, 4),
    Item("nation", EF06, 0x0B, 1, "cn", 4, 5),
    Item("birth_place", EF06, 0x0C, 3, "cn", 5, 6),
    Item("birth", EF06, 0x0D, 4, "cn", 6, 7),
)
BY_NAME = {item.name: item for item in ITEMS}
BY_TAG = {item.tag: item for item in ITEMS}


def record_number(item: Item, version: str) -> int:
    """Return the record number of `item` on a card of `version` ("" counts as 1.0); 0: none."""
    return item.number_v1 if is_first(version) else item.number


def is_first(version: str) -> bool:
    """Return whether this is a 1.0 card; only the first three characters count [O] S2."""
    return version[:3] in {"", "1.0"}


def encode(item: Item, text: str) -> bytes:
    """Return the value of `item`, padded to its full length.

    Raises:
        ValueError: the text does not fit; a mistake of the caller.
    """
    if item.form == "cn":
        raw, filler = bytes.fromhex(text + "F" * (len(text) % 2)), b"\xff"
    else:
        raw, filler = text.encode("gb18030"), b"\x00"
    if len(raw) > item.length:
        raise ValueError(item.name)
    return raw + filler * (item.length - len(raw))


def encode_name(name: str) -> tuple[bytes, bytes]:
    """Return 姓名 and 姓名扩展: a character may be cut by the border between them."""
    first, more = BY_NAME["name"].length, BY_NAME["name_more"].length
    raw = name.encode("gb18030").ljust(first + more, b"\x00")
    if len(raw) > first + more:
        raise ValueError("name")
    return raw[:first], raw[first:]


def decode(item: Item, raw: bytes) -> str:
    """Return the text of a value; empty when the item was never written."""
    if item.form == "cn":
        text = raw.hex().upper().rstrip("F")
        return text if text.isdigit() and text.strip("0") else ""
    if item.form == "raw":
        return raw.hex().upper()
    return raw.rstrip(b"\x00\xff ").decode("gb18030", "replace")


def value_of(record: bytes, item: Item) -> bytes:
    """Return the value in `record`.

    Raises:
        Garbled: `chip.bad_data`, another tag, or a length that is not the record's.
    """
    if len(record) < 2 or record[0] != item.tag or record[1] != len(record) - 2:
        raise Garbled("chip.bad_data", chip_item=item.name)
    return record[2:]


def historical_of(atr: bytes) -> bytes:
    """Return the historical bytes (卡复位信息), parsed from `atr`, as far as they go."""
    if len(atr) < 2:
        return b""
    count, at, interface = atr[1] & 15, 2, atr[1] >> 4
    while interface:
        at += bin(interface).count("1")
        # TD, when present, is the last of its group and announces the next one.
        interface = atr[at - 1] >> 4 if interface & 8 and at <= len(atr) else 0
    return atr[at : at + count]


def card_of(
    values: Mapping[str, bytes], historical: bytes, algorithm: str, bank_number: str
) -> SocialCard:
    """Return the card as its values say it; `values` lacks EF06 when a key guards it."""

    def text(name: str) -> str:
        return decode(BY_NAME[name], values[name]) if name in values else ""

    holder = _holder(values, text("sex"), text("nation"), text("social_number"))
    number = text("number")
    notes = () if holder else ("chip.holder_guarded",)
    return SocialCard(
        identification=text("identification"),
        historical=historical.hex().upper(),
        algorithm=algorithm,
        kind=text("kind"),
        version=text("version")[:3] or "1.0",
        issued=_date(text("issued")),
        valid_to=_date(text("valid_to")),
        number=number,
        holder=holder,
        bank_number=bank_number,
        notes=notes if _obeys(number) else (*notes, "chip.odd_number"),
    )


def _holder(values: Mapping[str, bytes], sex: str, nation: str, number: str) -> CardHolder | None:
    if "social_number" not in values:
        return None
    raw = (values.get("name", b"") + values.get("name_more", b"")).rstrip(b"\x00\xff ")
    birth = decode(BY_NAME["birth"], values.get("birth", b""))
    return CardHolder(
        number=number,
        name=raw.decode("gb18030", "replace"),
        raw_name=raw,
        sex=sex,
        nation=nation,
        birth=_date(birth),
    )


def _date(text: str) -> date | None:
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return None


def _obeys(number: str) -> bool:
    # Real numbers of one province break the rule: a note, never a refusal.
    try:
        return not number or CardNumber.parse(number).check_ok
    except Refusal:
        return False
