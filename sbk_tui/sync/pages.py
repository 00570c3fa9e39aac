"""The city's feed on the wire: what a counter asks for, and a page of what is for it.

A page is MessagePack, deflated; the hub's seal over the answer's bytes covers it.
"""

from __future__ import annotations

import zlib
from typing import NamedTuple

import msgspec

from sbk_tui.errors import HubUnreachable
from sbk_tui.sync.wire import PROTOCOL

FEED_PATH = "/v1/feed"
MOST_PAGE_BYTES = 32 * 1024 * 1024
"""What a page may unpack to: one decision is never cut, however large."""


class Entry(NamedTuple):
    """One thing the city decided."""

    pos: int
    type: str
    """`row`, `verdict`, `block`, `case`, `tombstone`; others are for newer programs."""
    op: str
    subject: str
    version: int
    body: bytes


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """A counter's wish for what is behind its cursor."""

    protocol: int = PROTOCOL
    counter: str
    inc: str
    after: int
    limit: int = 500
    newest_only: bool = False
    """True while a new copy is fetched: what was overtaken since is left out."""


class FeedPage(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """The answer to `Ask`."""

    epoch: str
    entries: tuple[Entry, ...]
    next: int
    """The cursor once this page is applied."""
    head: int
    now: int


def encode_page(page: FeedPage) -> bytes:
    """Return a page as it travels."""
    return zlib.compress(msgspec.msgpack.encode(page))


def decode_page(body: bytes) -> FeedPage:
    """Return the page in an answer.

    Raises:
        HubUnreachable: `hub.not_ours` when it is none, or unpacks to more than a page may have.
    """
    unpacker = zlib.decompressobj()
    try:
        packed = unpacker.decompress(body, MOST_PAGE_BYTES)
        if not unpacker.eof:
            raise HubUnreachable("hub.not_ours")
        return msgspec.msgpack.decode(packed, type=FeedPage)
    except (zlib.error, msgspec.DecodeError) as error:
        raise HubUnreachable("hub.not_ours") from error
