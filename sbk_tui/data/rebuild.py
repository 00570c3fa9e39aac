"""Records that came back on their slips: verified, told apart, written behind the end of the log.

Only what goes on without a gap can be a part of the log again, byte for byte. The rest is named:
a clerk may do it anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from peewee import SqliteDatabase

from sbk_tui.data.counter_file import OpenCounter, clerks
from sbk_tui.data.log import StoredRecord, find
from sbk_tui.data.outbox import head
from sbk_tui.data.record import Envelope, Record, anchor, flaw_of
from sbk_tui.data.taken_back import take_back


class Slip(NamedTuple):
    """A record of ours that came from paper, with genuine seals."""

    record: Record
    envelope: Envelope


class Stack(NamedTuple):
    """A stack of slips, told apart."""

    known: int
    """How many are in the log, or came twice."""
    new: tuple[Slip, ...]
    """In the order in which they were done."""
    forged: tuple[Envelope, ...]
    """Those whose seals do not hold, or whose clerk is not known here."""


class Gap(NamedTuple):
    """Numbers of one life of which there is neither a record nor a slip."""

    first: int
    last: int


def sorted_out(opened: OpenCounter, records: Iterable[Record]) -> Stack:
    """Tell apart what the slips bear; reads only."""
    keys = {clerk.id: clerk.public for clerk in clerks(opened.store)}
    found: dict[str, Slip] = {}
    known, forged = 0, []
    with opened.store.session() as db:
        for record in records:
            envelope = record.read()
            if envelope.op in found or _is_here(db, envelope):
                known += 1
            elif flaw_of(
                record, envelope, prev=record.prev, counter_key=opened.signer.public,
                clerk_key=keys.get(envelope.clerk),
            ):  # fmt: skip
                forged.append(envelope)
            else:
                found[envelope.op] = Slip(record, envelope)
    in_order = sorted(found.values(), key=lambda slip: slip.envelope.hlc)
    return Stack(known, tuple(in_order), tuple(forged))


def go_on(
    opened: OpenCounter, slips: Sequence[Slip], initials: Callable[[str], Sequence[str]]
) -> tuple[Slip, ...]:
    """Write back the slips that follow the end of a life's log, one upon the other; return them.

    Args:
        opened: in the life that is to go on.
    """
    newest = head(opened.store, opened.incarnation.inc)
    seq, hashed = newest or (0, anchor(opened.incarnation.certificate))
    after = {slip.record.prev: slip for slip in slips}
    chain: list[Slip] = []
    while (slip := after.get(hashed)) is not None:
        place = (slip.envelope.inc, slip.envelope.seq)
        if place != (opened.incarnation.inc, seq + 1):
            break
        chain.append(slip)
        seq, hashed = slip.envelope.seq, slip.record.hash
    stored = [
        (StoredRecord(slip.envelope.op, slip.envelope.inc, slip.envelope.seq, slip.record),
         slip.envelope)
        for slip in chain
    ]  # fmt: skip
    if stored:
        take_back(opened.store, stored, (), initials)
    return tuple(chain)


def gaps(opened: OpenCounter, left: Sequence[Slip]) -> tuple[Gap, ...]:
    """Return which numbers are missing between the end of a life's log and the slips left of it."""
    newest = head(opened.store, opened.incarnation.inc)
    last = newest[0] if newest else 0
    found = []
    for slip in sorted(left, key=lambda slip: slip.envelope.seq):
        if slip.envelope.inc != opened.incarnation.inc or slip.envelope.seq <= last:
            continue
        if slip.envelope.seq > last + 1:
            found.append(Gap(last + 1, slip.envelope.seq - 1))
        last = slip.envelope.seq
    return tuple(found)


def _is_here(db: SqliteDatabase, envelope: Envelope) -> bool:
    return find(db, envelope.op) is not None
