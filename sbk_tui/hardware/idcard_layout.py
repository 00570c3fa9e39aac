"""The 256 bytes of text on the four kinds of identity document, as tables walked both ways.

`decode_card` makes the `IdCard` of the port; `compose_card` makes one from plain values, for the
twin and for training. Source keys as in `idcard_codec`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from sbk_tui.errors import BadUsage, Garbled
from sbk_tui.hardware.ports import IdCard

TEXT_SIZE = 256
PHOTO_SIZE = 1024
NEWEST_SIZE = 70  # [1] I11
_CODING = "utf-16-le"
_PADDING = " \0\u3000"
_LONG_TERM = "长期"  # [1] the wording; that it stands in the end field is [A]
_KIND_AT = slice(248, 250)
_UNPRINTABLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


class Field(NamedTuple):
    """One place of a layout. A name that occurs twice is one value, continued."""

    offset: int
    length: int
    """Bytes: two a character, UCS-2 little-endian, padded with U+0020."""
    name: str
    """The value's name; empty for a reserved place."""
    source: str


@dataclass(frozen=True, slots=True)
class Layout:
    """One kind of document."""

    kind: str
    """The character at byte 248 [2+] I7 I8."""
    fields: tuple[Field, ...]


CITIZEN = Layout(  # 居民身份证
    " ",
    (
        Field(0, 30, "name", "[2+] I5 I7 I8"),
        Field(30, 2, "sex", "[2+] I5 I7 I8"),
        Field(32, 4, "nation", "[2+] I5 I7 I8"),
        Field(36, 16, "birth", "[2+] I5 I7 I8"),
        Field(52, 70, "address", "[2+] I5 I7 I8"),
        Field(122, 36, "number", "[2+] I5 I7 I8"),
        Field(158, 30, "issuer", "[2+] I5 I7 I8"),
        Field(188, 16, "valid_from", "[2+] I5 I7 I8"),
        Field(204, 16, "valid_to", "[2+] I5 I7 I8"),
        Field(220, 28, "", "[2+] I5 I7 I8"),
        Field(248, 2, "kind", "[2+] I7 I8"),
        Field(250, 6, "", "[2+] I5 I7 I8"),
    ),
)
RESIDENCE_PERMIT = Layout(  # 港澳台居民居住证
    "J",
    (
        Field(0, 30, "name", "[2+] I7 I8"),
        Field(30, 2, "sex", "[2+] I7 I8"),
        Field(32, 4, "", "[2+] I7 I8"),
        Field(36, 16, "birth", "[2+] I7 I8"),
        Field(52, 70, "address", "[2+] I7 I8"),
        Field(122, 36, "number", "[2+] I7 I8"),
        Field(158, 30, "issuer", "[2+] I7 I8"),
        Field(188, 16, "valid_from", "[2+] I7 I8"),
        Field(204, 16, "valid_to", "[2+] I7 I8"),
        Field(220, 18, "other_number", "[2+] I7 I8"),
        Field(238, 4, "issue_count", "[2+] I7 I8"),
        Field(242, 6, "", "[2+] I7 I8"),
        Field(248, 2, "kind", "[2+] I7 I8"),
        Field(250, 6, "", "[2+] I7 I8"),
    ),
)
FOREIGNER_2017 = Layout(  # 外国人永久居留身份证, 2017
    "I",
    (
        Field(0, 120, "name_latin", "[2+] I7 I8 I9"),
        Field(120, 2, "sex", "[2+] I7 I8 I9"),
        Field(122, 30, "number", "[2+] I7 I8 I9"),
        Field(152, 6, "country", "[2+] I7 I8 I9"),
        Field(158, 30, "name", "[2+] I7 I8 I9"),
        Field(188, 16, "valid_from", "[2+] I7 I8 I9"),
        Field(204, 16, "valid_to", "[2+] I7 I8 I9"),
        Field(220, 16, "birth", "[2+] I7 I8 I9"),
        Field(236, 4, "version", "[2+] I7 I8 I9"),
        Field(240, 8, "issuer", "[2+] I7 I8 I9"),  # a code of four digits, no name
        Field(248, 2, "kind", "[2+] I7 I8 I9"),
        Field(250, 6, "", "[2+] I7 I8 I9"),
    ),
)
FOREIGNER_2023 = Layout(  # 外国人永久居留身份证, issued from 2023-12-01
    "Y",
    (
        Field(0, 30, "name", "[1] I7"),
        Field(30, 2, "sex", "[1] I7"),
        Field(32, 4, "issue_count", "[1] I7"),
        Field(36, 16, "birth", "[1] I7"),
        Field(52, 70, "name_latin", "[1] I7"),
        Field(122, 36, "number", "[1] I7 I10"),
        Field(158, 30, "", "[1] I7"),
        Field(188, 16, "valid_from", "[1] I7"),
        Field(204, 16, "valid_to", "[1] I7"),
        Field(220, 22, "name_latin", "[1] I7"),  # characters 36 to 46
        Field(242, 6, "country", "[1] I7"),
        Field(248, 2, "kind", "[1] I7"),
        Field(250, 6, "other_number", "[1] I7"),
    ),
)
LAYOUTS = {
    layout.kind: layout for layout in (CITIZEN, RESIDENCE_PERMIT, FOREIGNER_2017, FOREIGNER_2023)
}


def decode_card(text: bytes, photo: bytes, newest_address: bytes = b"") -> IdCard:
    """Return what a document says, from its 256 bytes, its photo and its newest address.

    A date that does not exist becomes None, an unknown code stays as it is, and a character that
    could steer a terminal or a printer comes out as `\\u001b`: the chip is not to be trusted.

    Raises:
        Garbled: `device.garbled` when `text` has another size, `idcard.unknown_kind`.
    """
    values = decode_text(text)
    end = values["valid_to"]
    return IdCard(
        kind=values["kind"] or CITIZEN.kind,
        name=values["name"],
        name_latin=values.get("name_latin", ""),
        sex=values["sex"],
        nation=values.get("nation", ""),
        country=values.get("country", "CHN"),
        birth=_date(values["birth"]),
        address=values.get("address", ""),
        newest_address=_clean(newest_address.decode(_CODING, "replace")),
        number=values["number"],
        issuer=values.get("issuer", ""),
        valid_from=_date(values["valid_from"]),
        valid_to=_date(end),
        long_term=end == _LONG_TERM,
        other_number=values.get("other_number", ""),
        raw_text=text,
        photo_wlt=photo,
    )


def compose_card(
    kind: str,
    values: Mapping[str, str],
    photo: bytes = bytes(PHOTO_SIZE),
    newest_address: str = "",
) -> IdCard:
    """Return an invented document, made as a chip would hold it and read as we would read it.

    `values` are named as in the layout of `kind`; dates are YYYYMMDD or 长期.

    Raises:
        BadUsage: `idcard.unknown_value`, `idcard.value_too_long`.
    """
    newest = encode_newest(newest_address) if newest_address else b""
    return decode_card(encode_text(kind, values), photo, newest)


def decode_text(text: bytes) -> dict[str, str]:
    """Return every value of the 256 bytes by name, padding removed, controls escaped.

    Raises:
        Garbled: `device.garbled` when `text` has another size, `idcard.unknown_kind`.
    """
    if len(text) != TEXT_SIZE:
        raise Garbled("device.garbled", device="id_reader")
    kind = text[_KIND_AT].decode(_CODING, "replace")
    layout = LAYOUTS.get(" " if kind == "\0" else kind)
    if layout is None:
        raise Garbled("idcard.unknown_kind", mark=_clean(kind))
    pieces: dict[str, bytes] = {}
    for row in layout.fields:
        if row.name:
            part = text[row.offset : row.offset + row.length]
            pieces[row.name] = pieces.get(row.name, b"") + part
    return {name: _clean(part.decode(_CODING, "replace")) for name, part in pieces.items()}


def encode_text(kind: str, values: Mapping[str, str]) -> bytes:
    """Return the 256 bytes of a document of `kind` that says `values`.

    Raises:
        BadUsage: `idcard.unknown_value` for a name the layout does not have,
            `idcard.value_too_long` for one that does not fit.
    """
    rest = {name: value.encode(_CODING) for name, value in {**values, "kind": kind}.items()}
    text = bytearray(" ".encode(_CODING) * (TEXT_SIZE // 2))
    fields = LAYOUTS[kind].fields
    for row in fields:
        part, rest[row.name] = _split(rest.get(row.name, b""), row.length)
        text[row.offset : row.offset + len(part)] = part
    for name, left in rest.items():
        if name not in {row.name for row in fields} - {""} and left:
            raise BadUsage("idcard.unknown_value", field=name)
        if left:
            raise BadUsage("idcard.value_too_long", field=name)
    return bytes(text)


def encode_newest(address: str) -> bytes:
    """Return a newest address (追加住址) as the 70 bytes of its answer.

    Raises:
        BadUsage: `idcard.value_too_long`.
    """
    data = address.ljust(NEWEST_SIZE // 2).encode(_CODING)
    if len(data) > NEWEST_SIZE:
        raise BadUsage("idcard.value_too_long", field="newest_address")
    return data


def _split(data: bytes, at: int) -> tuple[bytes, bytes]:
    return data[:at], data[at:]


def _clean(text: str) -> str:
    """Remove the padding; write what is invisible or a command to a terminal as its number."""
    return "".join(
        f"\\u{ord(letter):04x}" if unicodedata.category(letter) in _UNPRINTABLE else letter
        for letter in text.strip(_PADDING)
    )


def _date(text: str) -> date | None:
    if not re.fullmatch(r"[0-9]{8}", text):
        return None
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return None
