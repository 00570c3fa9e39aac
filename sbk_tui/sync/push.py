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
from sbk_tui.sync import wire
from sbk_tui.sync.client import Gap, HubClient, TooLarge

FIRST_BATCH = 20
MOST_BATCH_BYTES = 256 * 1024
_SEVERITY = {wire.State.QUARANTINED: "red", wire.State.HELD: "yellow"}


class Pace(NamedTuple):
    """How many records the line bears at once."""

    size: int = FIRST_BATCH

    def faster(self) -> Pace:
        """Return the pace after a success."""
        return Pace(min(2 * self.size, wire.MOST_OPERATIONS))

    def slower(self) -> Pace | None:
        """Return the pace after a time-out or "too large"; None when it cannot be smaller."""
        return Pace(self.size // 2) if self.size > 1 else None


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


def push_from(
    store: Store, client: HubClient, *, counter: str, inc: str, first: int, pace: Pace = SLOW
) -> Pace:
    """Hand in every record from number `first` on; return the pace the line has borne.

    Raises:
        HubUnreachable: the line is gone; what was receipted before stays receipted.
        Refusal: the hub takes nothing from this counter (`hub.counter_revoked`, `hub.fork` …).
        IntegrityFault: `sync.chain_stopped`, the hub found a broken record.
    """
    while True:
        waiting = outbox.records_from(store, inc, first, pace.size)
        batch = batch_of(waiting, pace)
        if not batch:
            return pace
        request = wire.Push(
            counter=counter, inc=inc, first=batch[0].seq, ops=tuple(s.record for s in batch)
        )
        try:
            pushed = client.push(request)
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
        _file(store, client, batch, pushed)
        first, pace = batch[-1].seq + 1, pace.faster()


def _slowed(pace: Pace, last_word: Exception, cause: Exception) -> Pace:
    slower = pace.slower()
    if slower is None:
        raise last_word from cause
    return slower


def _file(
    store: Store, client: HubClient, batch: Sequence[StoredRecord], pushed: wire.Pushed
) -> None:
    """File the receipts of one answer.

    Raises:
        HubUnreachable: `hub.not_ours`, a receipt is missing, unsigned, or of another record.
        IntegrityFault: `sync.chain_stopped`.
    """
    filed = [
        filed_receipt(stored, sealed, client.hub_public)
        for stored, sealed in zip(batch, pushed.results, strict=False)
    ]
    outbox.file_receipts(store, filed)
    if pushed.stopped is not None:
        raise IntegrityFault(
            "sync.chain_stopped", seq=pushed.stopped.seq, reason=pushed.stopped.code
        )
    if len(filed) != len(batch):
        raise HubUnreachable("hub.not_ours")


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
        severity=_SEVERITY.get(receipt.state, "yellow") if receipt.code else "",
    )
