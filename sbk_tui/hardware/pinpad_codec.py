"""密码键盘, plain mode: what each make is sent and what its keys mean; bytes only.

One row a style, with its source. The pads that encrypt are named too, to be refused by name: of
them only the frame is known ([1] K4: `02 LN CMD DATA BCC`, answered by `02 LN ST DATA BCC`), no
command, no key exchange; and what they send is no PIN that a chip would take.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import NamedTuple

from sbk_tui.domain.pin import BACK, ENTER


class Style(NamedTuple):
    """The bytes of one make."""

    start: bytes
    """请输入密码: the pad lights up and speaks."""
    again: bytes
    """请再输入一次密码."""
    close: bytes
    """Empty: the pad goes out by itself after the Enter key."""


STYLES = {
    #                     start             again             close
    "star":       Style(b"\x82",         b"\x81",         b"\x83"),        # [2+] K1 K2 K3
    "star80":     Style(b"\x82",         b"\x81",         b"\x80"),        # [2+] the other close
    "star_icbc":  Style(b"\x1bI",        b"\x1bE",        b""),            # [1] K1
    "esc_m":      Style(b"\x1bM",        b"\x1bL",        b""),            # [1] K1
    "esc_digits": Style(b"\x1b[/1",      b"\x1b[/2",      b"\x1b[/3"),     # [1] K1
    "control":    Style(b"\x02",         b"\x01",         b"\x03"),        # [1] K1
    "control4":   Style(b"\x02",         b"\x04",         b"\x03"),        # [1] K1
}  # fmt: skip


ENCRYPTING = frozenset({"encrypting", "encrypted"})
"""What somebody would write into the configuration for a pad that only gives encrypted blocks."""


class Key(Enum):
    """A key that is no digit."""

    CANCEL = "cancel"


MEANINGS: dict[int, int | Key] = {
    **{digit: digit for digit in b"0123456789"},
    0x0D: ENTER,  # [1] K2
    0x08: BACK,  # [A]
    0x1B: Key.CANCEL,  # [A]
    0x18: Key.CANCEL,  # [A]
}
_SEVEN_BITS = 0x7F  # some older pads set bit 7 [1] K3


def keys_of(data: bytes) -> Iterator[int | Key]:
    """Yield what the bytes of a pad mean; others mean nothing."""
    for byte in data:
        meaning = MEANINGS.get(byte & _SEVEN_BITS)
        if meaning is not None:
            yield meaning
