"""PIN entry at the reader's own pad, PC/SC part 10: what is sent to the reader, what it answers.

The reader asks the holder, puts the digits into the command and sends that to the card: no digit
comes to this program. Both structures are tables in the standard's order, numbers little-endian;
the simulated pad reads them by offsets of its own, so that each byte is checked on both sides.
"""

from __future__ import annotations

from typing import NamedTuple

from sbk_tui.domain.pin import LENGTH
from sbk_tui.errors import DeviceFault, Refusal, SbkError
from sbk_tui.hardware.chip.apdu import Answer, fault_of

FEATURE_REQUEST = 0x42000000 + 3400
"""CM_IOCTL_GET_FEATURE_REQUEST as pcsclite numbers it."""
VERIFY_DIRECT, MODIFY_DIRECT = 0x06, 0x07
SILENT_S = 30
"""Until the first key, and between two [A] (B11)."""
WHOLE_S = 3 * 2 * SILENT_S + 10.0
"""Three entries, each waited for and typed, and the card's answer: then the reader is mute."""
_PACKED = LENGTH // 2
_VERIFY_INS, _MODIFY_INS = 0x20, 0x5E
_TEMPLATE = {  # FF where the reader puts the digits, and between old and new
    _VERIFY_INS: bytes((0x00, 0x20, 0x00, 0x00, _PACKED)) + b"\xff" * _PACKED,
    _MODIFY_INS: bytes((0x80, 0x5E, 0x01, 0x00, 2 * _PACKED + 1)) + b"\xff" * (2 * _PACKED + 1),
}


class Part(NamedTuple):
    """One field: its bytes and what we put there."""

    size: int
    value: int
    name: str
    """The standard's."""


_ENTRY = (
    Part(1, SILENT_S, "bTimeOut"),
    Part(1, SILENT_S, "bTimeOut2"),
    Part(1, 0b1_0000_0_01, "bmFormatString"),  # counted in bytes, from the first, left, BCD
    Part(1, _PACKED, "bmPINBlockString"),  # no length before it; so many bytes
    Part(1, 0, "bmPINLengthFormat"),
)
_ASKED = (
    Part(2, LENGTH << 8 | LENGTH, "wPINMaxExtraDigit"),  # least, most
)
_PROMPTS = Part(1, 0b010, "bEntryValidationCondition")  # the confirming key, nothing else
_CHINESE = Part(2, 0x0804, "wLangId")
_END = Part(3, 0, "bTeoPrologue")
VERIFY = (
    *_ENTRY, *_ASKED, _PROMPTS, Part(1, 1, "bNumberMessage"), _CHINESE,
    Part(1, 0, "bMsgIndex"), _END,
)  # fmt: skip
MODIFY = (
    *_ENTRY,
    Part(1, 0, "bInsertionOffsetOld"),
    Part(1, _PACKED + 1, "bInsertionOffsetNew"),  # behind the FF
    *_ASKED,
    Part(1, 0b11, "bConfirmPIN"),  # the old one is asked for, the new one twice
    _PROMPTS, Part(1, 3, "bNumberMessage"), _CHINESE,
    Part(1, 0, "bMsgIndex1"), Part(1, 1, "bMsgIndex2"), Part(1, 2, "bMsgIndex3"), _END,
)  # fmt: skip


class PadOrder(NamedTuple):
    """What one entry at the reader needs."""

    feature: int
    ins: int
    data: bytes


def _order(feature: int, ins: int, parts: tuple[Part, ...]) -> PadOrder:
    head = b"".join(part.value.to_bytes(part.size, "little") for part in parts)
    command = _TEMPLATE[ins]
    return PadOrder(feature, ins, head + len(command).to_bytes(4, "little") + command)


VERIFY_ORDER = _order(VERIFY_DIRECT, _VERIFY_INS, VERIFY)
MODIFY_ORDER = _order(MODIFY_DIRECT, _MODIFY_INS, MODIFY)


def features(answer: bytes) -> dict[int, int]:
    """Return the control codes of what a reader can do, by feature; nonsense is nothing."""
    found, at = {}, 0
    while at + 2 <= len(answer):
        tag, size = answer[at], answer[at + 1]
        value = answer[at + 2 : at + 2 + size]
        if size == 4 and len(value) == 4:
            found[tag] = int.from_bytes(value, "big")
        at += 2 + size
    return found


def fault_at_pad(ins: int, answer: Answer) -> SbkError:
    """Return the error that the reader's or the card's status word is; the card is unchanged."""
    match answer.sw:
        case 0x6400:
            return DeviceFault("pinpad.silent", seconds=SILENT_S)
        case 0x6401:
            return DeviceFault("pinpad.cancelled")
        case 0x6402:
            return Refusal("pin.not_equal", clause="4.1")
        case 0x6403:
            return Refusal("pin.length", clause="4.1", length=LENGTH)
        case 0x6B80:  # its structure
            return DeviceFault("pinpad.reader_refused")
    return fault_of(ins, answer)
