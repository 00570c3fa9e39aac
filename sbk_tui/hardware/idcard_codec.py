"""The wire of an 身份证阅读器 (SAM_V / SDT): requests, frames, status words, the read answer.

Pure: bytes in, values out. The driver and the twin walk the same tables from opposite ends; the
256 bytes of text inside the read answer are `idcard_layout`.

Sources, here and in the layout, by their keys: I1 SAM_V通信协议 (eastcoms), I2 身份证阅读器通信协议
(softs.im), I3 C# 串口分析SAM协议, I5 readidentifiercardinfo.cpp, I6 ParseSFZAPI, I7 PCSCGetData.h,
I8 C# class for the THPR210, I9 afzhan 212938, I10 新版外国人永久居留身份证机读信息规则 2023,
I11 IDCardDef.h, I14 C source of an sdtapi library.
[2+] two sources agree, [1] one source, [A] our assumption.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from functools import reduce
from operator import xor
from typing import NamedTuple

from sbk_tui.errors import CardRemoved, DeviceFault, Garbled

PREAMBLE = b"\xaa\xaa\xaa\x96\x69"  # [1] I2
_MARK = PREAMBLE[1:]  # two AA are enough: the first one is often lost on the line [1] I5
_HEAD = len(_MARK) + 2  # and LEN
_LONGEST = 4096  # [A]: the longest true answer has LEN 0x090A
_NOISE_KEPT = 256
_TELNET_COMMAND = re.compile(rb"\xff[\xfb-\xfe].", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Request:
    """One request a reader understands: CMD, PARA, and what an answer to it looks like."""

    code: bytes
    limit_s: float
    """How long the answer may take, without the time its bytes need on the line."""
    shortest: int = 0
    longest: int = 16
    """Bytes of data in a good answer; anything else is a late answer to an earlier request."""

    def fits(self, answer: Answer) -> bool:
        """Return whether `answer` can belong to this request."""
        return not answer.data or self.shortest <= len(answer.data) <= self.longest


# [2+] I1 I2 I3 I5 I6 I14 but for NEWEST: frame [1] I2, its 70 bytes [1] I11. Limits [A].
RESET = Request(b"\x10\xff", 1.5)
STATUS = Request(b"\x11\xff", 1.5)
SAM_ID = Request(b"\x12\xff", 1.5, 16, 16)
FIND = Request(b"\x20\x01", 1.5)
SELECT = Request(b"\x20\x02", 1.5)
READ = Request(b"\x30\x01", 5.0, 260, 2400)
READ_FINGERPRINT = Request(b"\x30\x10", 5.0, 262, 2400)
"""Understood by the twin, never sent by us: no clause needs a fingerprint."""
NEWEST = Request(b"\x30\x03", 5.0, 2, 256)
SPEEDS = {0: 115200, 1: 57600, 2: 38400, 3: 19200, 4: 9600}
"""PARA of the request 60 xx → baud [2+] I2 I14."""


@dataclass(frozen=True, slots=True)
class Status:
    """What one SW3 means, and what becomes of it."""

    meaning: str
    fault: type[DeviceFault] = DeviceFault
    code: str = ""
    """The error the clerk is told; empty when nothing is wrong."""
    again: bool = False
    """Whether the request is repeated once before the clerk is bothered."""


DONE, FOUND, NOTHING_STORED, NO_CARD, WRONG_COMMAND = 0x90, 0x9F, 0x91, 0x80, 0x21
_LIFT, _CHIP, _ERROR = "idcard.lift_again", "idcard.refused_by_chip", "idcard.reader_error"

STATUS_WORDS = {  # [1] I2 word by word; 90 9F 80 81 41 60 also I3 I5 I6 [2+]; 91 [A]
    DONE: Status("done"),
    FOUND: Status("card_found"),
    NOTHING_STORED: Status("nothing_stored"),
    # Asked again and again while a card is awaited; after that it means: taken away.
    NO_CARD: Status("no_card", CardRemoved, "idcard.card_removed"),
    0x81: Status("select_failed", code=_LIFT),
    0x41: Status("read_failed", code=_LIFT),
    0x31: Status("card_refuses_reader", code=_CHIP),
    0x32: Status("reader_refuses_card", code=_CHIP),
    0x33: Status("check_failed", code=_CHIP),
    0x40: Status("wrong_card", code="idcard.not_an_id_card"),
    0x47: Status("random_number_failed", code=_ERROR, again=True),
    0x10: Status("bad_checksum", Garbled, _ERROR, again=True),
    0x11: Status("bad_length", Garbled, _ERROR, again=True),
    WRONG_COMMAND: Status("bad_command", Garbled, _ERROR, again=True),
    0x24: Status("unknown_error", code=_ERROR, again=True),
    0x60: Status("self_test_failed", code="idcard.reader_broken"),
    0x66: Status("not_authorised", code="idcard.reader_not_authorised"),
}
_UNKNOWN = Status("unlisted", code="idcard.unknown_status")


@dataclass(frozen=True, slots=True)
class Answer:
    """A frame from the reader: SW3 and its data. SW1 SW2 come from the card and say nothing."""

    sw: int
    data: bytes = b""

    @property
    def status(self) -> Status:
        """The row of the status table; an unlisted word is a fault of its own."""
        return STATUS_WORDS.get(self.sw, _UNKNOWN)

    def fault(self) -> DeviceFault:
        """Return the error for the clerk; a good word in the wrong place is `Garbled`."""
        status = self.status
        if not status.code:
            return Garbled("device.garbled", device="id_reader")
        return status.fault(status.code, sw=f"{self.sw:02X}")


def frame(payload: bytes) -> bytes:
    """Return `payload` as it goes over the line: preamble, LEN, payload, CHK.

    LEN counts everything after itself; CHK is the XOR from LEN on [2+] I1 I2 I14.
    """
    body = struct.pack(">H", len(payload) + 1) + payload
    return PREAMBLE + body + bytes([reduce(xor, body)])


def answer_frame(sw: int, data: bytes = b"") -> bytes:
    """Return the frame by which a reader answers (the twin's side)."""
    return frame(bytes([0, 0, sw]) + data)


def answer_of(payload: bytes) -> Answer:
    """Return the payload of an answer frame (three bytes or more) as a value."""
    return Answer(payload[2], payload[3:])


class FrameHunter:
    """Finds frames in a stream that may begin anywhere and hold anything.

    Feed it bytes as they come; it gives the payloads of whole, checked frames in order and never
    raises. A candidate that proves false costs one byte, the hunt goes on behind it.
    """

    def __init__(self, shortest: int = 4) -> None:
        """Hunt for frames whose LEN is at least `shortest`: 4 for answers, 3 for requests."""
        self._shortest = shortest
        self._buffer = bytearray()
        self._noise = bytearray()
        self.broken = False
        """Whether a whole candidate had a wrong CHK or an impossible LEN."""

    def feed(self, data: bytes) -> list[bytes]:
        """Take `data` and return the payloads (LEN and CHK removed) of the frames it completes."""
        self._buffer += data
        found = []
        while (payload := self._next()) is not None:
            found.append(payload)
        return found

    def expire(self) -> list[bytes]:
        """Give up waiting for the rest of an unfinished frame; return what stood behind its head.

        For the end of a time limit: a stray head with a great LEN may have hidden a true frame.
        """
        found: list[bytes] = []
        while self.begun:
            self._drop(1)
            found += self.feed(b"")
        return found

    @property
    def wanted(self) -> int:
        """The fewest bytes that can complete the next frame: never reads beyond it."""
        have = len(self._buffer)
        if have < _HEAD or not self.begun:
            return _HEAD + self._shortest - have
        return _HEAD + self._length() - have

    @property
    def begun(self) -> bool:
        """Whether the beginning of a frame is there and its rest is awaited."""
        return self._buffer.startswith(_MARK)

    @property
    def heard(self) -> bool:
        """Whether anything came that was not a whole frame."""
        return bool(self._noise or self._buffer)

    @property
    def noise(self) -> bytes:
        """The last bytes that belonged to no frame, 256 at most."""
        return bytes(self._noise)

    def _length(self) -> int:
        return int.from_bytes(self._buffer[len(_MARK) : _HEAD], "big")

    def _next(self) -> bytes | None:
        while True:
            start = self._buffer.find(_MARK)
            if start < 0:
                self._drop(len(self._buffer) - _begun(self._buffer))
                return None
            self._drop(start)
            if len(self._buffer) < _HEAD:
                return None
            whole = _HEAD + self._length()
            believable = self._shortest <= self._length() <= _LONGEST
            if believable and len(self._buffer) < whole:
                return None
            if believable and reduce(xor, self._buffer[len(_MARK) : whole]) == 0:
                payload = bytes(self._buffer[_HEAD : whole - 1])
                del self._buffer[:whole]
                return payload
            self.broken = True
            self._drop(1)

    def _drop(self, count: int) -> None:
        self._noise += self._buffer[:count]
        del self._noise[:-_NOISE_KEPT]
        del self._buffer[:count]


def _begun(buffer: bytearray) -> int:
    """Return how many bytes at the end of `buffer` may be the beginning of a frame."""
    return next(size for size in (3, 2, 1, 0) if buffer.endswith(_MARK[:size]))


def spoken(noise: bytes) -> str:
    """Return `noise` as a sentence when it is nothing but printable ASCII, else "".

    A terminal server that is in use says so in words [1] ser2net(8); telnet commands that it may
    send before are passed over.
    """
    words = _TELNET_COMMAND.sub(b"", noise).strip(b"\r\n\0 ")
    if len(words) < 4 or any(byte not in b"\t\r\n" and not 32 <= byte < 127 for byte in words):
        return ""
    return " ".join(words.decode("ascii").split())[:60]


class ReadAnswer(NamedTuple):
    """The two parts of a read answer that are used."""

    text: bytes
    photo: bytes


def parse_read(data: bytes) -> ReadAnswer:
    """Return text and photo from the data of a 30 01 answer, or of a 30 10 one.

    The lengths are read, not assumed [2+] I3 I5 I6; a fingerprint is left where it is.

    Raises:
        Garbled: `device.garbled` when the inner lengths do not add up.
    """
    text, photo, finger = (int.from_bytes(data[at : at + 2], "big") for at in (0, 2, 4))
    for start, end in ((4, 4 + text + photo), (6, 6 + text + photo + finger)):
        if len(data) == end and text:
            return ReadAnswer(data[start : start + text], data[start + text :][:photo])
    raise Garbled("device.garbled", device="id_reader")


def pack_read(text: bytes, photo: bytes, fingerprint: bytes | None = None) -> bytes:
    """Return the data of a read answer: 30 01 without `fingerprint`, else 30 10 (may be empty)."""
    parts = [text, photo] if fingerprint is None else [text, photo, fingerprint]
    return b"".join(struct.pack(">H", len(part)) for part in parts) + b"".join(parts)


_SAM_ID = struct.Struct("<HHIII")


def parse_sam_id(data: bytes) -> str:
    """Return the reader's own number, such as `05.01-20170830-0000012345-0987654321` [1] I14.

    Raises:
        Garbled: `device.garbled` when it is not 16 bytes.
    """
    if len(data) != _SAM_ID.size:
        raise Garbled("device.garbled", device="id_reader")
    kind, maker, day, low, high = _SAM_ID.unpack(data)
    return f"{kind:02d}.{maker:02d}-{day:08d}-{low:010d}-{high:010d}"


def pack_sam_id(text: str) -> bytes:
    """Return the 16 bytes of a SAM id written as `parse_sam_id` writes it (the twin's side)."""
    return _SAM_ID.pack(*(int(part) for part in re.split(r"[.-]", text)))
