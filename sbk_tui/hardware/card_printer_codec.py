"""The wire of a card printer that we can drive ourselves: frames, requests, answers.

Our own [A]: no maker's protocol for Linux is public. Pure: bytes in, values out.

    A5 C2 | LEN, 2 bytes: bytes of BODY | BODY = TAG, 4 bytes; message | CRC-32 of LEN and BODY

Numbers are big-endian. The message is a MessagePack map whose `type` names it. An answer bears
the tag of its request, so that one which comes twice or late is known for what it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal
from zlib import crc32

import msgspec

MAGIC = b"\xa5\xc2"
TAG = 4
"""Bytes of the tag, at the beginning of a body."""
_HEAD, _CHECK = 4, 4
PIECE = 2048
"""Bytes of a face in one `Load`."""
LONGEST_BODY = 4096

Action = Literal["feed", "print", "eject", "reject"]
Place = Literal["none", "hopper", "chip_unit", "unknown"]


class _Message(msgspec.Struct, frozen=True, kw_only=True, tag_field="type"):
    """One message; unknown fields of a newer printer are passed over."""


class Ask(_Message, frozen=True, tag="ask"):
    """How does it stand?"""


class Load(_Message, frozen=True, tag="load"):
    """A piece of the face that the next `print` takes; offset 0 begins a new one."""

    offset: int
    data: bytes


class Do(_Message, frozen=True, tag="do"):
    """Move or print; done once for each `job` and `action`, then answered from memory."""

    action: Action
    job: str
    digest: str = ""
    """SHA-256 of the face that was loaded, in hex: a print only."""


class State(_Message, frozen=True, tag="state"):
    """How it stands."""

    name: str
    place: Place
    printed: int
    panels: int
    trouble: str = ""
    """A key of the driver's table; empty: none."""
    coupler: str = ""
    """URL of the chip unit."""


class Done(_Message, frozen=True, tag="done"):
    """It was done, now or when it was asked for the first time."""

    text: str = ""
    """The printer's name of a print."""


class Failed(_Message, frozen=True, tag="failed"):
    """It was not done."""

    trouble: str


class Again(_Message, frozen=True, tag="again"):
    """The frame could not be read and nothing was done; its tag is 0."""


Request = Ask | Load | Do
Answer = State | Done | Failed | Again
_REQUESTS: msgspec.msgpack.Decoder[Request] = msgspec.msgpack.Decoder(Request)
_ANSWERS: msgspec.msgpack.Decoder[Answer] = msgspec.msgpack.Decoder(Answer)


@dataclass(frozen=True, slots=True)
class Frame:
    """A whole frame whose check is right."""

    body: bytes

    @property
    def tag(self) -> int:
        """Whose answer it is."""
        return int.from_bytes(self.body[:TAG], "big")


@dataclass(frozen=True, slots=True)
class Garbled:
    """Bytes that begin like a frame and cannot be believed."""

    raw: bytes


def frame(tag: int, message: Request | Answer) -> bytes:
    """Return `message` in its frame."""
    body = tag.to_bytes(TAG, "big") + msgspec.msgpack.encode(message)
    counted = len(body).to_bytes(2, "big") + body
    return MAGIC + counted + crc32(counted).to_bytes(_CHECK, "big")


def request_in(message: bytes) -> Request | None:
    """Return the request in a message; None when it is none of ours."""
    try:
        return _REQUESTS.decode(message)
    except msgspec.MsgspecError:
        return None


def answer_in(piece: Frame) -> Answer | None:
    """Return the answer of a frame; None when it is none of ours."""
    try:
        return _ANSWERS.decode(piece.body[TAG:])
    except msgspec.MsgspecError:
        return None


class Cutter:
    """Cuts a stream into frames; what stands between them is skipped."""

    def __init__(self) -> None:
        self._held = bytearray()

    def feed(self, data: bytes) -> list[Frame | Garbled]:
        """Take bytes in; return what they complete."""
        self._held += data
        return list(self._pieces())

    def _pieces(self) -> Iterator[Frame | Garbled]:
        while True:
            self._skip()
            if len(self._held) < _HEAD:
                return
            length = int.from_bytes(self._held[2:_HEAD], "big")
            if not TAG <= length <= LONGEST_BODY:
                yield self._broken()
                continue
            end = _HEAD + length + _CHECK
            if len(self._held) < end:
                return
            counted, check = self._held[2 : end - _CHECK], self._held[end - _CHECK : end]
            if crc32(counted).to_bytes(_CHECK, "big") != check:
                yield self._broken()
                continue
            body = bytes(counted[2:])
            del self._held[:end]
            yield Frame(body)

    def _skip(self) -> None:
        """Drop what stands before the next beginning of a frame."""
        at = self._held.find(MAGIC)
        keep = 1 if at < 0 and self._held.endswith(MAGIC[:1]) else 0
        del self._held[: at if at >= 0 else len(self._held) - keep]

    def _broken(self) -> Garbled:
        # Only the beginning is given up: a true frame may stand inside what was taken for one.
        raw = bytes(self._held[:2])
        del self._held[:2]
        return Garbled(raw)
