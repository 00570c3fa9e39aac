"""Handing in what waits: what to send next is decided by values, sending it is a short loop.

Nothing counts as sent without the hub's signed receipt for exactly that record.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from sbk_tui.data import outbox
from sbk_tui.data.log import StoredRecord
from sbk_tui.data.seal import SUITE
from sbk_tui.data.store import Store
from sbk_tui.errors import HubUnreachable, IntegrityFault, Refusal
from sbk_tui.sync import protocol, wire
from sbk_tui.sync.client import Gap, HubClient, TooLarge

FIRST_BATCH = 20
MOST_BATCH_BYTES = 256 * 1024
_SEVERITY = {wire.State.QUARANTINED: "red", wire.State.HELD: "yellow"}


class Pace(NamedTuple):
    """How many records the line bears at once."""

    size: int = FIRST_BATCH
    most: int = wire.MOST_OPERATIONS

    def faster(self) -> Pace:
        """Return the pace after a success."""
        return self._replace(size=min(2 * self.size, self.most))

    def slower(self) -> Pace | None:
        """Return the pace after a time-out or "too large"; None when it cannot be smaller."""
        return self._replace(size=self.size // 2) if self.size > 1 else None


SLOW = Pace()
"""How every contact begins."""


def batch_of(waiting: Sequence[StoredRecord], pace: Pace) -> tuple[StoredRecord, ...]:
    """Return the records to send now: the first ones without a gap, within pace and bytes."""
    batch: list[StoredRecord] = []
    weight = 0
    for stored in waiting[: pace.size]:
        weight += weight_of(stored)
        if batch and (weight > MOST_BATCH_BYTES or stored.seq != batch[-1].seq + 1):
            break
        batch.append(stored)
    return tuple(batch)


def weight_of(stored: StoredRecord) -> int:
    """Return how many bytes a record is on its way."""
    held = stored.record
    parts = (held.envelope, held.payload, held.salt, held.prev, held.hash)
    return sum(len(part or b"") for part in parts) + len(held.counter_sig) + len(held.clerk_sig)


def starting_point(ack: wire.Mark, unsettled: int | None) -> int:
    """Return the number to send first: the hub may have lost what it once had (a restore)."""
    return ack.seq + 1 if unsettled is None else min(unsettled, ack.seq + 1)


class Handed(NamedTuple):
    """How a backlog was handed in."""

    pace: Pace
    """What the line has borne."""
    unjudged: bool | None = None
    """Whether the hub holds records of ours that it has not judged; None: nothing was sent."""


def push_from(
    store: Store, client: HubClient, *, counter: str, inc: str, first: int, pace: Pace = SLOW
) -> Handed:
    """Hand in every record from number `first` on.

    Raises:
        HubUnreachable: the line is gone; what was receipted before stays receipted.
        Refusal: the hub takes nothing from this counter (`hub.counter_revoked`, `hub.fork` …).
        IntegrityFault: `sync.chain_stopped`, the hub found a broken record.
    """
    unjudged: bool | None = None
    while True:
        waiting = outbox.records_from(store, inc, first, pace.size + 1)
        batch = batch_of(waiting, pace)
        if not batch:
            return Handed(pace, unjudged)
        request = protocol.Batch(
            counter=counter,
            inc=inc,
            first=batch[0].seq,
            ops=tuple(s.record for s in batch),
            more=len(waiting) > len(batch),
        )
        try:
            taken = _sent(client, request)
        except Gap as gap:
            if not 0 < gap.expect < batch[0].seq:
                raise HubUnreachable("hub.not_ours") from gap
            first = gap.expect
            continue
        except TooLarge as error:
            pace = _slowed(pace, Refusal("hub.too_large"), error)
            continue
        except HubUnreachable as error:
            if error.code != "hub.timeout":
                raise
            pace = _slowed(pace, error, error)
            continue
        _file(store, client, batch, taken)
        unjudged = taken.judged_to < taken.ack.seq
        first, pace = batch[-1].seq + 1, pace.faster()


def _sent(client: HubClient, batch: protocol.Batch) -> protocol.Taken:
    """Hand a batch in, in the version that the hub speaks."""
    if client.protocol >= protocol.DEFERRED:
        return client.push_batch(batch)
    pushed = client.push(
        wire.Push(counter=batch.counter, inc=batch.inc, first=batch.first, ops=batch.ops)
    )
    # In the first version a batch is judged before it is answered.
    return protocol.Taken(**msgspec.structs.asdict(pushed), judged_to=pushed.ack.seq)


def _slowed(pace: Pace, last_word: Exception, cause: Exception) -> Pace:
    slower = pace.slower()
    if slower is None:
        raise last_word from cause
    return slower


def _file(
    store: Store, client: HubClient, batch: Sequence[StoredRecord], taken: protocol.Taken
) -> None:
    """File the receipts of one answer.

    Raises:
        HubUnreachable: `hub.not_ours`, a receipt is missing, unsigned, or of another record.
        IntegrityFault: `sync.chain_stopped`.
    """
    if taken.receipt is None:
        filed = [
            filed_receipt(stored, sealed, client.hub_public)
            for stored, sealed in zip(batch, taken.results, strict=False)
        ]
    else:
        filed = _filed_up_to(batch, taken.receipt, client.hub_public)
    outbox.file_receipts(store, filed)
    if taken.stopped is not None:
        raise IntegrityFault("sync.chain_stopped", seq=taken.stopped.seq, reason=taken.stopped.code)
    if len(filed) != len(batch):
        raise HubUnreachable("hub.not_ours")


def _filed_up_to(
    batch: Sequence[StoredRecord], sealed: wire.Sealed, public: bytes
) -> list[outbox.Filed]:
    """Return the receipt of every record up to the one that `sealed` names: "received".

    The hash that the hub has signed holds the hash of each record before it.

    Raises:
        HubUnreachable: `hub.not_ours` when it names no record of the batch.
    """
    named = wire.read_receipt(sealed, public, SUITE).seq - batch[0].seq
    if not 0 <= named < len(batch):
        raise HubUnreachable("hub.not_ours")
    last = filed_receipt(batch[named], sealed, public)
    if last.state != wire.State.RECEIVED:
        raise HubUnreachable("hub.not_ours")
    return [last._replace(op=stored.op) for stored in batch[: named + 1]]


def _severity(receipt: wire.Receipt) -> str:
    """Return how urgent the case of a receipt is; empty: nobody has to do anything."""
    waits_for_newer = receipt.state is wire.State.HELD and receipt.code.startswith("kind.")
    if not receipt.code or waits_for_newer:
        return ""
    return _SEVERITY.get(receipt.state, "yellow")


def filed_receipt(stored: StoredRecord, sealed: wire.Sealed, public: bytes) -> outbox.Filed:
    """Return the receipt of `stored` as it is kept.

    Raises:
        HubUnreachable: `hub.not_ours` when it is not the hub's word on exactly this record.
    """
    receipt = wire.read_receipt(sealed, public, SUITE)
    named = (receipt.op, receipt.inc, receipt.seq, receipt.hash)
    if named != (stored.op, stored.inc, stored.seq, stored.record.hash.hex()):
        raise HubUnreachable("hub.not_ours")
    return outbox.Filed(
        op=receipt.op,
        state=receipt.state.value,
        verdict=receipt.verdict.value,
        code=receipt.code,
        facts=receipt.facts,
        hub_pos=receipt.pos,
        at=receipt.at,
        body=msgspec.msgpack.encode(sealed),
        severity=_severity(receipt),
    )
