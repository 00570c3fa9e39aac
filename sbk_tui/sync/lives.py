"""A counter's own records fetched back from the city, after a restore by hand (§9).

The city sends what follows a mark in the log that it holds, each record with its receipt.
"""

from __future__ import annotations

import msgspec

from sbk_tui.data.record import Record
from sbk_tui.errors import HubUnreachable
from sbk_tui.sync.wire import PROTOCOL, Mark, Sealed

OWN_PATH = "/v1/own"


class AskOwn(msgspec.Struct, frozen=True, kw_only=True):
    """A counter's wish for records of its own that its log has lost."""

    protocol: int = PROTOCOL
    after: Mark


class Own(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to `AskOwn`: what follows, and the receipt of each; nothing: that was all."""

    ops: tuple[Record, ...]
    results: tuple[Sealed, ...]


def encode_own(own: Own) -> bytes:
    """Return the answer as MessagePack."""
    return msgspec.msgpack.encode(own)


def decode_own(body: bytes) -> Own:
    """Return the answer.

    Raises:
        HubUnreachable: `hub.not_ours` when it is none.
    """
    try:
        return msgspec.msgpack.decode(body, type=Own)
    except msgspec.DecodeError as error:
        raise HubUnreachable("hub.not_ours") from error
