"""The bank card number of the financial application, by EMV's own steps [2+] C2 C4 C5.

Selecting that application clears all state of the social one, so it is read first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sbk_tui.hardware.chip.apdu import DONE, Answer, fault_of, find_tag

APPLICATIONS = tuple(bytes.fromhex(f"A00000033301010{kind}") for kind in "123")
"""UnionPay debit, credit, quasi-credit."""
_PLAIN = ((1, 0x14), (1, 0x1C))  # the usual fall-back without GPO [2+]
_CURRENCY, _COUNTRY = 0x5F2A, 0x9F1A
_CHINA = bytes.fromhex("0156")
_PAN, _TRACK2, _PDOL, _AFL = 0x5A, 0x57, 0x9F38, 0x94
_SHORTEST, _LONGEST = 16, 19
Send = Callable[[bytes], Answer]


def read_bank_number(send: Send) -> str:
    """Return the bank card number, 16 to 19 digits; empty when the card has no such account."""
    for name in APPLICATIONS:
        chosen = send(bytes((0x00, 0xA4, 0x04, 0x00, len(name))) + name)
        if chosen.sw == DONE:
            return _number(send, chosen.data)
        if chosen.sw not in {0x6A82, 0x6A81, 0x6A83}:
            raise fault_of(0xA4, chosen)
    return ""


def _number(send: Send, fci: bytes) -> str:
    for record, where in _places(send, fci):
        answer = send(bytes((0x00, 0xB2, record, where, 0x00)))
        if answer.sw == DONE and (number := _number_in(answer.data)):
            return number
    return ""


def _places(send: Send, fci: bytes) -> Iterator[tuple[int, int]]:
    asked = pdol_data(find_tag(fci, _PDOL) or b"")
    body = bytes((0x83, len(asked))) + asked
    # Its INS A8 moves the application's own counter at most; it is sent once all the same.
    answer = send(b"\x80\xa8\x00\x00" + bytes((len(body),)) + body + b"\x00")
    files = _files(answer.data) if answer.sw == DONE else b""
    for at in range(0, len(files) - 3, 4):
        first, last = files[at + 1], files[at + 2]
        for record in range(first, last + 1):
            yield record, files[at] & 0xF8 | 4
    yield from _PLAIN


def pdol_data(pdol: bytes) -> bytes:
    """Return what the card asked for: zeros, but currency and country are China's."""
    data, at = bytearray(), 0
    while at < len(pdol):
        size = 2 if pdol[at] & 0x1F == 0x1F else 1
        tag = int.from_bytes(pdol[at : at + size], "big")
        length = pdol[at + size] if at + size < len(pdol) else 0
        known = _CHINA if tag in {_CURRENCY, _COUNTRY} and length == len(_CHINA) else bytes(length)
        data += known
        at += size + 1
    return bytes(data)


def _files(data: bytes) -> bytes:
    if data[:1] == b"\x80":
        return data[4:]
    return find_tag(data, _AFL) or b""


def _number_in(record: bytes) -> str:
    text = (find_tag(record, _PAN) or b"").hex().upper().rstrip("F")
    if not text:
        text = (find_tag(record, _TRACK2) or b"").hex().upper().partition("D")[0]
    fits = text.isdigit() and _SHORTEST <= len(text) <= _LONGEST
    return text if fits and luhn(text) else ""


def luhn(number: str) -> bool:
    """Return whether the check digit holds."""
    odd, even = number[::-1][::2], number[::-1][1::2]
    return (sum(map(int, odd)) + sum(sum(divmod(2 * int(c), 10)) for c in even)) % 10 == 0
