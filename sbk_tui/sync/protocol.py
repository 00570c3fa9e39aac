"""What two programs one version apart agree on, and how a batch travels since the second version.

`hello` agrees on the highest version that both speak. The hub speaks every version ever released,
a counter the newest two, so either may be brought up to date first.

1. `wire.PUSH_PATH`: a batch as MessagePack, answered in JSON with the receipt of every record.
2. `BATCH_PATH`: deflated both ways, without what the other end can work out. A backlog is stored
   first and judged behind its last batch; one signed word on the end of the chain receipts all
   that stands before it (each record's hash holds its predecessor's), and the verdicts come once,
   with the feed.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator

import msgspec
from msgspec.structs import replace

from sbk_tui.data.record import Record, chain_hash
from sbk_tui.errors import HubUnreachable, Refusal
from sbk_tui.sync import wire

FIRST, DEFERRED = 1, 2
SPOKEN = (FIRST, DEFERRED)
"""Lowest and highest version that this program speaks."""
BATCH_PATH = "/v2/push"
MOST_INFLATED = wire.MOST_BODY_BYTES
"""What a batch may inflate to: what it may weigh undeflated."""
_LEVEL = 6


class Batch(wire.Push, frozen=True, kw_only=True):
    """Records of one incarnation, in order; none: the hub is asked to go on judging."""

    protocol: int = DEFERRED
    more: bool = False
    """Another batch follows at once: this one is stored, judging it can wait for the last."""


class Taken(wire.Pushed, frozen=True, kw_only=True):
    """The answer to `Batch`; `results` are filled for a frozen incarnation only."""

    receipt: wire.Sealed | None = None
    """The hub's word that it holds the chain up to the last record it took of this batch."""
    judged_to: int = 0


def common(one: tuple[int, int], other: tuple[int, int]) -> int | None:
    """Return the highest version in both ranges, None when there is none."""
    highest = min(one[1], other[1])
    return highest if highest >= max(one[0], other[0]) else None


def encode_batch(batch: Batch) -> bytes:
    """Return a batch as it travels: a hash that follows from the rest stays here."""
    return zlib.compress(msgspec.msgpack.encode(replace(batch, ops=tuple(_bare(batch)))), _LEVEL)


def _bare(batch: Batch) -> Iterator[Record]:
    before = b""
    for record in batch.ops:
        follows = record.hash == chain_hash(record.prev, record.envelope)
        yield replace(
            record,
            prev=b"" if record.prev == before else record.prev,
            hash=b"" if follows else record.hash,
        )
        before = record.hash


def _whole(batch: Batch) -> Iterator[Record]:
    before = b""
    for record in batch.ops:
        prev = record.prev or before
        before = record.hash or chain_hash(prev, record.envelope)
        yield replace(record, prev=prev, hash=before)


def decode_batch(body: bytes) -> Batch:
    """Return the batch in a request that its counter is known to have signed.

    Raises:
        Refusal: `hub.too_large` as soon as it inflates to more than the hub takes; `hub.request`.
    """
    inflater = zlib.decompressobj()
    try:
        content = inflater.decompress(body, MOST_INFLATED + 1)
        if len(content) > MOST_INFLATED:
            raise Refusal("hub.too_large")
        if not inflater.eof or inflater.unused_data:
            raise Refusal("hub.request")
        batch = msgspec.msgpack.decode(content, type=Batch)
    except (zlib.error, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Refusal("hub.request") from error
    return replace(batch, ops=tuple(_whole(batch)))


def encode_taken(taken: Taken) -> bytes:
    """Return the answer as it travels."""
    return zlib.compress(msgspec.msgpack.encode(taken), _LEVEL)


def decode_taken(body: bytes) -> Taken:
    """Return the answer to a batch.

    Raises:
        HubUnreachable: `hub.not_ours` when it is none, or inflates to more than one can be.
    """
    inflater = zlib.decompressobj()
    try:
        content = inflater.decompress(body, MOST_INFLATED)
        if not inflater.eof:
            raise HubUnreachable("hub.not_ours")
        return msgspec.msgpack.decode(content, type=Taken)
    except (zlib.error, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise HubUnreachable("hub.not_ours") from error
