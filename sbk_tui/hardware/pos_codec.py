"""The wire of a bank's card terminal (POS), serial variant "TLV": frames, fields, transactions.

Pure: bytes in, values out. Driver and twin walk the same tables from opposite ends.

    02 | LEN, 2 bytes BCD: bytes of DATA | DATA | 03 | LRC = XOR of LEN, DATA and 03

Sources by their keys: P1 bank POS field names, P2 and P3 frames of other vendors.
[2+] two sources agree, [1] one source, [A] our assumption.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import xor
from typing import Literal, NamedTuple

STX, ETX = 0x02, 0x03  # [2+] P1 P2 P3
ACK, NAK, EOT = b"\x06", b"\x15", b"\x04"  # understood, repeat, end [1] P1
_HEAD, _TAIL = 3, 2
LONGEST_DATA = 4096  # [A]: the longest true answer has about 200 bytes

REQUEST, RELAY, RESULT = "00", "01", "02"
"""Kinds of message (DF01): a request, "pass this 8583 packet on", a result [1] P1."""
TRANSACTIONS: Mapping[str, str] = {
    # [A] our default, replaced on site: P1's numbers stand in a file that is not public.
    "sign_on": "01", "sale": "02", "void": "03", "refund": "04", "balance": "05",
    "settle": "06", "reprint": "07", "scan_sale": "45", "scan_void": "46",
}  # fmt: skip
APPROVED = frozenset({"00", "Y1", "Y2", "Y3"})
"""Response codes that mean the card was charged; Y…: approved offline [1] P1."""

Form = Literal["bcd", "text", "tlv", "raw"]


class Tag(NamedTuple):
    """One field: its tag, what we call it, how it is written, its bytes (0: as many as come)."""

    tag: str
    name: str
    form: Form
    size: int = 0


TAGS = (
    #   tag     name              form    size   [1] P1 but where said
    Tag("DF01", "message",        "bcd",  1),
    Tag("DF02", "transaction",    "bcd",  1),
    Tag("DF04", "nonce",          "bcd",  2),  # random number of the request, echoed
    Tag("DF08", "constant_a",     "bcd",  2),  # 5555, meaning unknown
    Tag("DF09", "constant_b",     "bcd",  2),  # 3004, meaning unknown
    Tag("DF03", "amount",         "raw"),      # request: 6 bytes BCD in fen; result: RMB 20.00
    Tag("DF0D", "constant_c",     "text"),     # "1" in a sale, meaning unknown
    Tag("DF20", "second_amount",  "bcd",  6),  # zeros in a sale, meaning unknown
    Tag("DF18", "old_voucher",    "bcd",  3),  # of the sale to be voided
    Tag("DF19", "old_trace",      "bcd",  3),
    Tag("DF16", "old_authorisation", "text"),
    Tag("DF17", "old_date",       "text"),     # MMDD
    Tag("DF46", "desk",           "text"),
    Tag("DF47", "operator",       "text"),
    Tag("DF06", "fields",         "tlv"),      # the result's fields, again TLV
    Tag("DF07", "code",           "text"),     # response code
    Tag("DF0A", "trace",          "bcd",  3),  # 流水号
    Tag("DF10", "voucher",        "bcd",  3),  # 票据号
    Tag("DF11", "batch",          "text"),
    Tag("DF12", "terminal",       "text"),
    Tag("DF13", "merchant",       "text"),
    Tag("DF1A", "reference",      "text"),     # 系统参考号
    Tag("DF1B", "authorisation",  "text"),
    Tag("DF1C", "date",           "text"),     # MMDD
    Tag("DF1D", "time",           "text"),     # HHMMSS
    Tag("DF1E", "card",           "text"),     # masked with *
    Tag("DF1F", "card_validity",  "text"),
    Tag("DF21", "card_type",      "text"),
    Tag("DF22", "issuer",         "text"),
    Tag("DF2C", "card_name",      "text"),
    Tag("DF2F", "entry",          "text"),     # inserted, swiped, waved
    Tag("DF44", "merchant_latin", "text"),
    Tag("DF45", "merchant_name",  "text"),
)  # fmt: skip
_BY_TAG = {row.tag: row for row in TAGS}
_BY_NAME = {row.name: row for row in TAGS}
Fields = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Frame:
    """A whole frame whose check is right."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Garbled:
    """A frame that cannot be believed."""

    raw: bytes


@dataclass(frozen=True, slots=True)
class Sign:
    """A lone byte between frames: `ACK`, `NAK` or `EOT`."""

    byte: bytes


Piece = Frame | Garbled | Sign


def frame(data: bytes) -> bytes:
    """Return `data` in its frame."""
    body = bytes.fromhex(f"{len(data):04d}") + data + bytes([ETX])
    return bytes([STX]) + body + bytes([reduce(xor, body)])


class Cutter:
    """Cuts a stream into frames and lone signs; whatever else stands between is skipped."""

    def __init__(self) -> None:
        self._held = bytearray()

    @property
    def is_inside(self) -> bool:
        """Whether a frame has begun and not ended."""
        return bool(self._held)

    def feed(self, data: bytes) -> list[Piece]:
        """Take bytes in; return what they complete."""
        self._held += data
        return list(self._pieces())

    def drop(self) -> None:
        """Forget a frame whose rest does not come."""
        self._held.clear()

    def _pieces(self) -> Iterator[Piece]:
        while self._held:
            if self._held[0] != STX:
                byte = bytes(self._held[:1])
                del self._held[:1]
                if byte in (ACK, NAK, EOT):
                    yield Sign(byte)
                continue
            if len(self._held) < _HEAD:
                return
            length = self._held[1:_HEAD].hex()
            if not length.isdecimal() or int(length) > LONGEST_DATA:
                raw = bytes(self._held[:_HEAD])
                del self._held[:_HEAD]
                yield Garbled(raw)
                continue
            end = _HEAD + int(length) + _TAIL
            if len(self._held) < end:
                return
            raw = bytes(self._held[:end])
            del self._held[:end]
            right = raw[-2] == ETX and reduce(xor, raw[1:-1]) == raw[-1]
            yield Frame(raw[_HEAD:-_TAIL]) if right else Garbled(raw)


def encode(fields: Fields) -> bytes:
    """Return named fields as TLV, in the order given.

    A field `amount` of 12 digits is written as BCD, any other as text, as request and result do.
    """
    return b"".join(_packed(_BY_NAME[name], value) for name, value in fields.items())


def nested(fields: Fields) -> bytes:
    """Return named fields as the one field DF06 of a result."""
    return _tlv("DF06", encode(fields))


def _packed(row: Tag, value: str) -> bytes:
    is_bcd = row.form == "bcd" or (row.form == "raw" and len(value) == 12 and value.isdecimal())
    if not is_bcd:
        return _tlv(row.tag, value.encode("gb18030"))
    digits = value.rjust(2 * row.size, "0") if row.size else value
    return _tlv(row.tag, bytes.fromhex(digits))


def _tlv(tag: str, value: bytes) -> bytes:
    size = len(value)
    if size < 0x80:
        length = bytes([size])
    elif size < 0x100:
        length = bytes([0x81, size])
    else:
        length = bytes([0x82, *size.to_bytes(2, "big")])
    return bytes.fromhex(tag) + length + value


def decode(data: bytes) -> dict[str, str] | None:
    """Return the known fields of `data`, those inside DF06 among them; None when it is broken.

    A field of the result itself goes before one of the same name inside DF06.
    """
    found: dict[str, str] = {}
    inner: dict[str, str] = {}
    place = 0
    while place < len(data):
        cut = _cut(data, place)
        if cut is None:
            return None
        tag, value, place = cut
        row = _BY_TAG.get(tag)
        if row is None:
            continue  # a terminal may say more than we know
        if row.form == "tlv":
            inner = decode(value) or {}
        else:
            found[row.name] = _text(row, value)
    return {**inner, **found}


def _cut(data: bytes, place: int) -> tuple[str, bytes, int] | None:
    if place + 3 > len(data):
        return None
    tag, size, start = data[place : place + 2].hex().upper(), data[place + 2], place + 3
    if size in (0x81, 0x82):
        wide = size - 0x80
        size, start = int.from_bytes(data[start : start + wide], "big"), start + wide
    elif size > 0x82 or size == 0x80:
        return None
    end = start + size
    return None if end > len(data) else (tag, data[start:end], end)


def _text(row: Tag, value: bytes) -> str:
    if row.form == "bcd" or (row.form == "raw" and len(value) == 6 and value[:1] < b" "):
        return value.hex()
    return value.decode("gb18030", "replace").strip()


def fen_of(amount: str) -> int | None:
    """Return the fen of `RMB 20.00` or of twelve digits; None when it is neither."""
    digits = amount.upper().removeprefix("RMB").strip().replace(",", "")
    if len(digits) == 12 and digits.isdecimal():
        return int(digits)
    yuan, mark, fen = digits.partition(".")
    if not (yuan.isdecimal() and len(fen) <= 2 and (fen.isdecimal() or not mark)):
        return None
    return int(yuan) * 100 + int(fen.ljust(2, "0") if fen else 0)


def masked(card: str) -> str:
    """Return a card number with at most its first six and last four digits (domain rule)."""
    digits = sum(char.isdigit() for char in card)
    if digits <= 10:
        return card
    return f"{card[:6]}{'*' * max(1, len(card) - 10)}{card[-4:]}"


def request(
    transaction: str, nonce: str, *, desk: str, operator: str, amount_fen: int | None = None,
    old_voucher: str = "",
) -> bytes:  # fmt: skip
    """Return the frame of a request.

    Args:
        transaction: its code (DF02), two digits.
        nonce: four digits, echoed by the result.
    """
    fields = {"message": REQUEST, "nonce": nonce, "transaction": transaction, "constant_a": "5555"}
    if amount_fen is not None:
        fields["amount"] = f"{amount_fen:012d}"
    if old_voucher:
        fields["old_voucher"] = old_voucher
    fields["constant_b"] = "3004"
    if amount_fen is not None and not old_voucher:
        fields |= {"constant_c": "1", "second_amount": "0" * 12}
    return frame(encode(fields | {"desk": desk, "operator": operator}))
