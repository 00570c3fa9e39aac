"""Portraits and scans on their way: after all operations, in pieces, resumed where they ended.

One request carries one piece and is answered with how much the hub has of the blob; a piece of no
bytes only asks. The hub takes what an operation in its hands has named, and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from sbk_tui.data.blobs import Blobs
from sbk_tui.errors import HubUnreachable, IntegrityFault, Refusal
from sbk_tui.sync import wire
from sbk_tui.sync.client import HubClient

PIECE_BYTES = 64 * 1024


class Piece(msgspec.Struct, frozen=True, kw_only=True):
    """Some bytes of a blob; MessagePack."""

    protocol: int = wire.PROTOCOL
    counter: str
    inc: str
    id: str
    size: int
    """Of the whole blob."""
    offset: int
    content: bytes = b""


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to a piece."""

    have: int
    """Bytes from the first that the hub has, flushed; all of them: the blob is complete."""


def send(
    blobs: Blobs, client: HubClient, *, counter: str, inc: str, enough: Callable[[], bool]
) -> int:
    """Send what the hub does not have yet; return how many blobs were completed.

    Args:
        enough: asked before each piece; true ends the sending (something urgent has come).

    Raises:
        HubUnreachable, Refusal: as any request. A blob that the hub does not take (its operation
            has not arrived, it came out otherwise) is passed over and tried at the next contact.
    """
    done = 0
    for blob in blobs.unsent():
        try:
            content = blobs.get(blob.id)
            if content is None:
                continue
            have = _send_one(blobs, client, counter, inc, blob.id, content, enough)
        except Refusal as refusal:
            if not refusal.code.startswith("blob."):
                raise
            continue  # the next contact tries again
        except IntegrityFault:
            continue  # told by the audit; the others are not kept back for it
        if have < len(content):
            return done
        done += 1
    return done


def _send_one(
    blobs: Blobs,
    client: HubClient,
    counter: str,
    inc: str,
    blob_id: str,
    content: bytes,
    enough: Callable[[], bool],
) -> int:
    """Return how much the hub has when we stop: all, or less when `enough` said so."""

    def ask(offset: int, piece: bytes) -> int:
        answer = client.attach(
            msgspec.msgpack.encode(
                Piece(
                    counter=counter,
                    inc=inc,
                    id=blob_id,
                    size=len(content),
                    offset=offset,
                    content=piece,
                )
            )
        )
        return wire.decode(answer, Kept).have

    have = ask(0, b"")
    while have < len(content) and not enough():
        now = ask(have, content[have : have + PIECE_BYTES])
        if now <= have:
            raise HubUnreachable("hub.not_ours")
        have = now
        blobs.note_sent(blob_id, have)
    if have >= len(content):
        blobs.note_sent(blob_id, len(content))
    return have
