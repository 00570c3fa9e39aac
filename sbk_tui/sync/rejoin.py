"""A new life for a counter that was frozen or put back, without losing its work (§9).

What it has is handed in first; what the city has and its log has lost is fetched back; then the
city makes a certificate for the new life, told where the former one ended. The key stays. After
`sbk restore` the new life has begun already, and may have work of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sbk_tui.data import outbox
from sbk_tui.data.counter_file import (
    OpenCounter,
    begin_life,
    clerks,
    forget_former_life,
    in_former_life,
    next_life,
    this_life,
)
from sbk_tui.data.log import StoredRecord
from sbk_tui.data.record import anchor, flaw_of
from sbk_tui.data.taken_back import take_back
from sbk_tui.errors import IntegrityFault
from sbk_tui.sync import wire
from sbk_tui.sync.client import HubClient
from sbk_tui.sync.enrol import enrol_life
from sbk_tui.sync.lives import AskOwn
from sbk_tui.sync.push import filed_receipt
from sbk_tui.sync.run import hand_in, say_hello


def rejoin(
    opened: OpenCounter,
    client_of: Callable[[str], HubClient],
    *,
    secret: str,
    version: str,
    now_ms: Callable[[], int],
    initials: Callable[[str], Sequence[str]],
) -> int:
    """Begin a new life with a one-time code; return how many records came back.

    On return the counter has to be opened anew. Done again after a lost answer it goes on.

    Args:
        client_of: gives the line for an incarnation.

    Raises:
        Refusal: `hub.code_…`, `hub.counter_…`; HubUnreachable; IntegrityFault.
    """
    former = in_former_life(opened)
    before = former or opened
    client = client_of(before.incarnation.inc)
    welcome = say_hello(before, client, version=version, now_ms=now_ms)
    hand_in(before, client, welcome)
    back = 0
    while taken := _fetch(before, client, initials):
        back += taken
    life = next_life(opened, now_ms()) if former is None else this_life(opened)
    last = wire.Former(inc=before.incarnation.inc, last=end_of(before))
    enrol_life(opened, client_of(life.inc), life, secret=secret, former=last)
    if former is None:
        begin_life(opened.store, life, now_ms())
    else:
        forget_former_life(opened.store)
    return back


def end_of(opened: OpenCounter) -> wire.Mark:
    """Return the last record of the life that a counter is in."""
    newest = outbox.head(opened.store, opened.incarnation.inc)
    if newest is None:
        return wire.Mark(seq=0, hash=anchor(opened.incarnation.certificate))
    return wire.Mark(seq=newest[0], hash=newest[1])


def _fetch(opened: OpenCounter, client: HubClient, initials: Callable[[str], Sequence[str]]) -> int:
    """Fetch what follows the end of our log and write it back; return how many records it was.

    Raises:
        IntegrityFault: `sync.chain_stopped`, what came is not our own log going on.
    """
    end = end_of(opened)
    answer = client.own(AskOwn(after=end))
    keys = {clerk.id: clerk.public for clerk in clerks(opened.store)}
    found = []
    for record in answer.ops:
        envelope = record.read()
        flaw = flaw_of(
            record, envelope, prev=end.hash, counter_key=opened.signer.public,
            clerk_key=keys.get(envelope.clerk),
        )  # fmt: skip
        place = (envelope.inc, envelope.seq)
        if flaw or place != (opened.incarnation.inc, end.seq + 1):
            raise IntegrityFault(
                "sync.chain_stopped", seq=end.seq + 1, reason=flaw or "record.columns"
            )
        found.append((StoredRecord(envelope.op, *place, record), envelope))
        end = wire.Mark(seq=envelope.seq, hash=record.hash)
    receipts = [
        filed_receipt(stored, sealed, client.hub_public)
        for (stored, _), sealed in zip(found, answer.results, strict=True)
    ]
    take_back(opened.store, found, receipts, initials)
    return len(found)
