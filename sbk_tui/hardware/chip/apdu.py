"""Commands to the chip and what its status words mean; bytes only, no line.

One table turns a status word into an error code. The same word means another thing at a PIN
command than at a key command, so each row has a column for either.
"""

from __future__ import annotations

from typing import NamedTuple

from sbk_tui.errors import DeviceFault

SSSE = bytes.fromhex("7378312E73682EC9E7BBE1B1A3D5CF")  # "sx1.sh.社会保障" [2+]
DONE = 0x9000
SELECT_SSSE = b"\x00\xa4\x04\x00\x0f" + SSSE
CHALLENGE = bytes.fromhex("0084000008")
TRIES = bytes.fromhex("0020000000")
UNBLOCK_HEAD, RESET_HEAD = bytes.fromhex("84240000"), bytes.fromhex("84240001")
READS = frozenset({0xA4, 0xB0, 0xB2, 0xC0, 0x84, 0xA8})
"""INS that change nothing: without an answer nothing happened. A4 only moves about."""
_PIN, _KEY = frozenset({0x20, 0x5E}), frozenset({0x82, 0x88, 0x24})
MIN_DIGITS, MAX_DIGITS = 4, 16  # what the chip takes [O] S1-5; offices ask for 6


class Answer(NamedTuple):
    """What the card said."""

    data: bytes
    sw: int

    @property
    def tries(self) -> int | None:
        """The tries left in a 63Cx; None for any other word."""
        return self.sw & 15 if self.sw & 0xFFF0 == 0x63C0 else None


class Row(NamedTuple):
    """A status word and the error it is, by the command it answers."""

    sw: int
    code: str
    at_pin: str = ""
    at_key: str = ""


STATUS = {  # [O] S1-5 table 5
    row.sw: row
    for row in (
        Row(0x63C0, "chip.refused", "chip.pin_wrong", "chip.key_refused"),
        Row(0x6581, "chip.memory"),
        Row(0x6700, "chip.bad_length"),
        Row(0x6982, "chip.needs_key"),
        Row(0x6983, "chip.refused", "chip.pin_blocked", "chip.key_locked"),
        Row(0x6984, "chip.random_stale"),
        Row(0x6987, "chip.mac_wrong"),
        Row(0x6988, "chip.mac_wrong"),
        Row(0x6A80, "chip.bad_value"),
        Row(0x6A81, "chip.locked"),
        Row(0x6A82, "chip.not_social"),
        Row(0x6A85, "chip.bad_value"),
        Row(0x6A88, "chip.no_such_key"),
        Row(0x9302, "chip.mac_wrong"),
        Row(0x9303, "chip.locked_for_ever"),
    )
}
_OTHER = Row(0, "chip.refused")


def fault_of(ins: int, answer: Answer) -> DeviceFault:
    """Return the error that `answer` to the command `ins` is."""
    left = answer.tries
    row = STATUS.get(0x63C0 if left is not None else answer.sw, _OTHER)
    by_command = row.at_pin if ins in _PIN else row.at_key if ins in _KEY else ""
    code = by_command or row.code
    if left == 0 and code == "chip.pin_wrong":
        code = "chip.pin_blocked"  # the try that locked it
    return DeviceFault(code, sw=f"{answer.sw:04X}", left=left or 0)


def read_by_tag(file: int, tag: int, length: int) -> bytes:
    """READ RECORD by tag and short file id; no SELECT needed [1] C5."""
    return bytes((0x00, 0xB2, tag, file << 3, length + 2))


def read_by_number(number: int, length: int) -> bytes:
    """READ RECORD by number in the current file [2+] C2 C8."""
    return bytes((0x00, 0xB2, number, 0x04, length + 2))


def select_file(file: int) -> bytes:
    """SELECT an elementary file below SSSE [O] S1-5 table 35."""
    return bytes((0x00, 0xA4, 0x02, 0x00, 0x02, 0xEF, file))


def pack_pin(pin: str) -> bytes:
    """Return a PIN as the chip takes it: two digits a byte, an odd one filled with F.

    Raises:
        ValueError: not 4 to 16 digits; the caller's own check comes first.
    """
    if not (pin.isascii() and pin.isdigit() and MIN_DIGITS <= len(pin) <= MAX_DIGITS):
        raise ValueError("pin")
    return bytes.fromhex(pin + "F" * (len(pin) % 2))


def verify(pin: str) -> bytes:
    """VERIFY [O] S1-5 6.14."""
    data = pack_pin(pin)
    return b"\x00\x20\x00\x00" + bytes((len(data),)) + data


def change_pin(old: str, new: str) -> bytes:
    """CHANGE PIN: needs no key, works offline [O] S1-5 6.3."""
    data = pack_pin(old) + b"\xff" + pack_pin(new)
    return b"\x80\x5e\x01\x00" + bytes((len(data),)) + data


def external_authenticate(key: int, answer: bytes) -> bytes:
    """EXTERNAL AUTHENTICATION with the 16 bytes of the key service [O] S1-5 6.4."""
    return bytes((0x00, 0x82, 0x00, key, len(answer))) + answer


def find_tag(data: bytes, wanted: int) -> bytes | None:
    """Return the first value of tag `wanted` in BER-TLV `data`, looking into templates."""
    for tag, value in tlvs(data):
        if tag == wanted:
            return value
        first = tag >> 8 if tag > 0xFF else tag
        if first & 0x20 and (found := find_tag(value, wanted)) is not None:
            return found
    return None


def tlvs(data: bytes) -> list[tuple[int, bytes]]:
    """Return the tags and values of `data`; what is past a broken length is left out."""
    found, at = [], 0
    while at + 1 < len(data):
        tag, at = data[at], at + 1
        if tag & 0x1F == 0x1F:
            tag, at = tag << 8 | data[at], at + 1
        if at >= len(data):
            break
        size, at = data[at], at + 1
        if size & 0x80:
            count = size & 0x7F
            size, at = int.from_bytes(data[at : at + count], "big"), at + count
        if at + size > len(data):
            break
        found.append((tag, data[at : at + size]))
        at += size
    return found
