"""Taking records in: stored durably first, judged then, receipted; whoever brings them.

Stored and judged are two transactions. What was stored and not judged (the line broke within a
backlog, the hub was stopped) is judged with the counter's next contact, or by `judge_left`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from sbk_tui.data.record import Record
from sbk_tui.errors import Refusal, StorageFault
from sbk_tui.hub import inbox, leases, registry
from sbk_tui.hub.home import Hub
from sbk_tui.hub.judge import Judge
from sbk_tui.hub.registry import Member
from sbk_tui.sync import wire

MOST_JUDGED = 1000
"""Operations judged within one request: the counter waits for its answer meanwhile [A]."""
MOST_JUDGED_AT_ONCE = 200
"""The same with records in the request: their receipt, too, is waited for [A]."""
LEFT_MS = 5_000
"""How long a stored operation waits for its counter to go on before it is judged anyway [A]."""


class Fork(Refusal):
    """Something else stands where this record wants to stand: two lives of one counter."""

    def __init__(self, held: wire.Mark) -> None:
        super().__init__("hub.fork", seq=held.seq)
        self.held = held


class Intake:
    """One hub's way in for records; every method may be called from any thread."""

    def __init__(self, hub: Hub, judge: Judge, now_ms: Callable[[], int]) -> None:
        self._hub = hub
        self._store = hub.store
        self._judge = judge
        self._now_ms = now_ms

    def take(
        self, who: Member, first: int, records: Sequence[Record]
    ) -> tuple[inbox.Received, tuple[wire.Sealed, ...]]:
        """Store records of `who`, judge all there is of it, return a receipt for each taken.

        Raises:
            Refusal: `inbox.Gap`, `Fork`.
        """
        received = self._store_batch(who, first, records)
        self._judge_stored(who, received, records, most=None)
        with self._store.session() as db:
            return received, tuple(
                self.receipt(who, row) for row in inbox.of_records(db, records[: received.taken])
            )

    def take_batch(
        self, who: Member, first: int, records: Sequence[Record], *, more: bool
    ) -> tuple[inbox.Received, wire.Sealed | None]:
        """Store records of `who`; return the receipt of the last one taken.

        Args:
            more: another batch follows at once; judging can wait for the last.

        Raises:
            Refusal: `inbox.Gap`, `Fork`.
        """
        received = self._store_batch(who, first, records)
        if not more or received.stopped or received.fork:
            most = MOST_JUDGED_AT_ONCE if records else MOST_JUDGED
            self._judge_stored(who, received, records, most=most)
        if not received.taken:
            return received, None
        last = records[received.taken - 1]
        with self._store.session() as db:
            (row,) = inbox.of_records(db, [last])
        return received, self._stored_receipt(who, row)

    def judge_left(self) -> int:
        """Judge what was stored a while ago and not judged; return how many counters had such."""
        with self._store.session() as db:
            left = [
                registry.member(db, counter, inc)
                for counter, inc in inbox.left_unjudged(db, self._now_ms() - LEFT_MS)
            ]
        for who in left:
            self._judge.judge_all(leases.aside(who) if who.frozen else who, most=MOST_JUDGED)
        return len(left)

    def receipt(self, who: Member, row: inbox.Row) -> wire.Sealed:
        """Return the stored receipt, byte for byte; "received" where there is no verdict yet."""
        if row.receipt is not None:
            return msgspec.msgpack.decode(row.receipt, type=wire.Sealed)
        return self._stored_receipt(who, row)

    def _stored_receipt(self, who: Member, row: inbox.Row) -> wire.Sealed:
        receipt = wire.Receipt(
            hub=self._hub.id,
            counter=who.counter,
            inc=who.inc,
            seq=row.seq,
            op=row.op,
            hash=row.hash.hex(),
            state=wire.State.RECEIVED,
            at=row.received,
        )
        return wire.seal_receipt(self._hub.signer, receipt)

    def _store_batch(self, who: Member, first: int, records: Sequence[Record]) -> inbox.Received:
        aside = leases.aside(who)
        with self._store.write(who.counter) as db:
            if who.frozen:
                received = inbox.receive_aside(db, who, aside.inc, records, self._now_ms())
            else:
                received = inbox.receive(db, who, first, records, self._now_ms())
        if received.fork is not None:
            with self._store.write() as db:
                leases.freeze(db, who, self._now_ms())
        return received

    def _judge_stored(
        self,
        who: Member,
        received: inbox.Received,
        records: Sequence[Record],
        *,
        most: int | None,
    ) -> None:
        try:
            self._judge.judge_all(leases.aside(who) if who.frozen else who, most=most)
        except StorageFault:
            if records and not received.taken:
                raise
            # What is stored is stored; the verdicts follow with the next contact.
        if received.fork is not None:
            raise Fork(received.fork)
