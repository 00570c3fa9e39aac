"""The counter's end of the stick: what waits goes out in a bundle, the hub's word comes back.

Exported is not sent: only the hub's signed receipts, from a stick or over the network, change
where an operation stands. So a stick may be lost, repeated, or overtaken.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import msgspec

from sbk_tui.data import outbox
from sbk_tui.data.counter_file import OpenCounter, box_key
from sbk_tui.data.line import line_state, note_line
from sbk_tui.data.log import StoredRecord
from sbk_tui.data.replica import Replica, place_of
from sbk_tui.domain.card import BLOCKED
from sbk_tui.errors import BadUsage, HubUnreachable, IntegrityFault, Refusal
from sbk_tui.sync import bundle
from sbk_tui.sync.pages import decode_page
from sbk_tui.sync.pull import read_page
from sbk_tui.sync.push import filed_receipt, weight_of
from sbk_tui.sync.run import clerk_keys, refuse_restored
from sbk_tui.sync.wire import FROZEN

MOST_BYTES = 48 * 1024 * 1024
"""Of records in one bundle; what is beyond goes with the next."""
_LOT = 500


class Exported(NamedTuple):
    """What was put into a bundle."""

    content: bytes
    first: int
    records: int
    left: int
    """Records that did not fit and wait for the next bundle."""


def export_work(opened: OpenCounter, *, now_ms: Callable[[], int]) -> Exported:
    """Return the bundle of every record without a verdict, for the hub that enrolled us.

    Raises:
        BadUsage: `sync.not_enrolled`; `bundle.no_key` when the hub has not given its key yet.
        IntegrityFault: `sync.restored`.
    """
    refuse_restored(opened)
    known = outbox.peer(opened.store)
    if "hub" not in known:
        raise BadUsage("sync.not_enrolled")
    if not known.get("hub_box"):
        raise BadUsage("bundle.no_key")
    inc = opened.incarnation.inc
    newest = outbox.head(opened.store, inc)
    last = newest[0] if newest else 0
    first = outbox.first_unsettled(opened.store, inc) or last + 1
    records = _records(opened, first)
    header = bundle.Header(
        kind="work", sender=opened.certificate.counter, to=known["hub"].decode(), inc=inc,
        first=first, last=first + len(records) - 1, made=now_ms(),
    )  # fmt: skip
    place = place_of(opened.store)
    work = bundle.Work(
        records=tuple(stored.record for stored in records),
        clerks=clerk_keys(opened.store),
        cursor=place.after,
        whole=place.whole,
        box=bundle.public_box(box_key(opened.store, bundle.new_box)),
    )
    content = bundle.pack(header, work, box=known["hub_box"], signer=opened.signer)
    return Exported(content, first, len(records), last - header.last)


def _records(opened: OpenCounter, first: int) -> list[StoredRecord]:
    records: list[StoredRecord] = []
    room = MOST_BYTES
    while True:
        lot = outbox.records_from(opened.store, opened.incarnation.inc, first + len(records), _LOT)
        for stored in lot:
            room -= weight_of(stored)
            if room < 0:
                return records
            records.append(stored)
        if len(lot) < _LOT:
            return records


def take_word(
    opened: OpenCounter,
    answer: bundle.Opened,
    *,
    now_ms: Callable[[], int],
    initials: Callable[[str], Sequence[str]],
) -> outbox.Tally:
    """File the hub's receipts out of a bundle, and take in what it decided; return the tally.

    Its pages are applied as those of the network are: again, late or overtaken they change nothing.

    Raises:
        Refusal: `bundle.for_another`, `bundle.cut`.
        BadUsage: `sync.not_enrolled`.
        IntegrityFault: `sync.chain_stopped`, the hub found a broken record; `sync.frozen`, two
            machines live under this name.
    """
    known = outbox.peer(opened.store)
    public = known.get("hub_public")
    if public is None:
        raise BadUsage("sync.not_enrolled")
    header, inc = answer.header, opened.incarnation.inc
    if (header.kind, header.to, header.inc) != ("word", opened.certificate.counter, inc):
        raise Refusal("bundle.for_another", receiver=header.to)
    if not answer.is_by(public):
        raise Refusal("bundle.cut")
    word = bundle.unseal(answer, box_key(opened.store, bundle.new_box), bundle.Word)
    sent = outbox.records_from(opened.store, inc, header.first, len(word.results))
    try:
        filed = [
            filed_receipt(stored, sealed, public)
            for stored, sealed in zip(sent, word.results, strict=True)
        ]
    except (HubUnreachable, ValueError) as error:
        raise Refusal("bundle.cut") from error
    outbox.file_receipts(opened.store, filed)
    if word.stopped is not None:
        raise IntegrityFault("sync.chain_stopped", seq=word.stopped.seq, reason=word.stopped.code)
    if FROZEN in word.orders:
        raise IntegrityFault("sync.frozen")
    _take_pages(opened, word, public, now_ms, initials)
    line = line_state(opened.store)
    heard = max(line.reached, min(header.made, now_ms()))
    note_line(opened.store, msgspec.structs.replace(line, reached=heard))
    return outbox.tally(opened.store)


def _take_pages(
    opened: OpenCounter,
    word: bundle.Word,
    public: bytes,
    now_ms: Callable[[], int],
    initials: Callable[[str], Sequence[str]],
) -> None:
    """Apply the pages that follow our cursor.

    Raises:
        Refusal: `bundle.cut`.
    """
    store, inc = opened.store, opened.incarnation.inc
    replica = Replica(store, initials, now_ms, BLOCKED)
    if word.epoch.encode() != outbox.peer(store).get("epoch", b""):
        replica.begin_again(inc, word.ack.seq)
        outbox.remember_peer(store, {"epoch": word.epoch.encode()})
    after = word.after
    for body in word.pages:
        try:
            answer = decode_page(body)
            page = read_page(store, answer, public)
        except HubUnreachable as error:
            raise Refusal("bundle.cut") from error
        place = replica.place()
        if place.whole == word.whole and answer.next > place.after:
            if word.whole:
                replica.stage(page, after=after, last=page.last)
            else:
                replica.apply(page, after=after)
        after = answer.next
