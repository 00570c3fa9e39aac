"""The messages of the first version as they were written then, for programs that were not updated.

Nothing is imported from the product's own messages: a change there does not change this file.
"""

from __future__ import annotations

import zlib
from typing import NamedTuple

import msgspec

Fact = str | int | bool


class Sealed(msgspec.Struct, kw_only=True):
    body: bytes
    signature: bytes


class Mark(msgspec.Struct, kw_only=True):
    seq: int
    hash: bytes


class ClerkKey(msgspec.Struct, kw_only=True):
    id: str
    name: str
    role: str
    public: bytes


class Hello(msgspec.Struct, kw_only=True):
    protocol: tuple[int, int] = (1, 1)
    counter: str
    inc: str
    cursor: int = 0
    last: Mark
    version: str
    now: int
    clerks: tuple[ClerkKey, ...] = ()
    lease: str = ""
    wants_spoken: bool = False


class Spoken(msgspec.Struct, array_like=True):
    counter: int
    key: bytes


class Welcome(msgspec.Struct, kw_only=True):
    hub: str
    epoch: str
    protocol: int
    ack: Mark
    judged_to: int
    head: int
    now: int
    kinds: tuple[str, ...] = ()
    orders: tuple[str, ...] = ()
    box: bytes = b""
    spoken: msgspec.Raw = msgspec.Raw(b"null")
    lease: str = ""


class Record(msgspec.Struct, array_like=True, kw_only=True):
    envelope: bytes
    payload: bytes | None
    salt: bytes | None
    prev: bytes
    hash: bytes
    counter_sig: bytes
    clerk_sig: bytes


class Push(msgspec.Struct, kw_only=True):
    protocol: int = 1
    counter: str
    inc: str
    first: int
    ops: tuple[Record, ...]
    blobs_named: tuple[str, ...] = ()


class Stop(msgspec.Struct, kw_only=True):
    seq: int
    code: str


class Pushed(msgspec.Struct, kw_only=True):
    ack: Mark
    results: tuple[Sealed, ...]
    stopped: Stop | None = None
    now: int


class Ask(msgspec.Struct, kw_only=True):
    protocol: int = 1
    counter: str
    inc: str
    after: int
    limit: int = 500
    newest_only: bool = False


class Entry(NamedTuple):
    pos: int
    type: str
    op: str
    subject: str
    version: int
    body: bytes


class Page(msgspec.Struct, array_like=True, kw_only=True):
    epoch: str
    entries: tuple[Entry, ...]
    next: int
    head: int
    now: int


def page_of(body: bytes) -> Page:
    """Return a page of the feed."""
    return msgspec.msgpack.decode(zlib.decompress(body), type=Page)


def page_body(page: Page) -> bytes:
    """Return a page as it travels."""
    return zlib.compress(msgspec.msgpack.encode(page))
