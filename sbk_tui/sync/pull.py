"""Fetching what the city decided: page after page until its head, each applied whole."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from sbk_tui.data import log, outbox
from sbk_tui.data.outbox import Filed
from sbk_tui.data.replica import Blocked, HubRow, Page, Replica
from sbk_tui.data.store import Store
from sbk_tui.errors import HubUnreachable
from sbk_tui.sync import wire
from sbk_tui.sync.client import HubClient
from sbk_tui.sync.pages import Ask, Entry, FeedPage
from sbk_tui.sync.push import filed_receipt

_APPLIED_AT_ONCE, _STAGED_AT_ONCE = 100, 500
"""Entries of a page: while one is applied a clerk's save waits; putting aside is quicker."""


def pull(store: Store, client: HubClient, replica: Replica, *, counter: str, inc: str) -> None:
    """Take in everything up to the hub's head as it was when we asked.

    Raises:
        HubUnreachable: the line is gone, or what came is not the hub's; pages that were applied
            before stay applied.
        Refusal: the hub answers nothing to this counter.
    """
    while True:
        place = replica.place()
        answer = client.feed(
            Ask(
                counter=counter,
                inc=inc,
                after=place.after,
                newest_only=place.whole,
                limit=_STAGED_AT_ONCE if place.whole else _APPLIED_AT_ONCE,
            )
        )
        if answer.epoch != outbox.peer(store).get("epoch", b"").decode():
            raise HubUnreachable("hub.busy")  # restored since our hello: the next one notices
        last = answer.next >= answer.head
        if answer.next <= place.after and not last:
            raise HubUnreachable("hub.not_ours")
        page = read_page(store, answer, client.hub_public)
        if place.whole:
            replica.stage(page, after=place.after, last=last)
        else:
            replica.apply(page, after=place.after)
        if last:
            return


def read_page(store: Store, answer: FeedPage, public: bytes) -> Page:
    """Return what a page says; entries of a kind that only a newer program knows are passed over.

    Raises:
        HubUnreachable: `hub.not_ours`, a verdict that is not the hub's word on our record.
    """
    return Page(
        next=answer.next,
        rows=[_row(entry) for entry in answer.entries if entry.type in {"row", "tombstone"}],
        receipts=_receipts(store, answer.entries, public),
        blocked=[_blocked(entry) for entry in answer.entries if entry.type == "block"],
        cases=[wire.read_case(entry.body) for entry in answer.entries if entry.type == "case"],
        hub_ms=answer.now,
        last=answer.next >= answer.head,
    )


def _row(entry: Entry) -> HubRow:
    body = entry.body if entry.type == "row" else None
    return HubRow(entry.subject, entry.version, entry.pos, body)


def _receipts(store: Store, entries: Sequence[Entry], public: bytes) -> list[Filed]:
    filed = []
    with store.session() as db:
        for entry in entries:
            if entry.type != "verdict":
                continue
            stored = log.find(db, entry.op)
            if stored is not None:  # else: made in a life of this counter that is not here
                filed.append(filed_receipt(stored, _sealed(entry), public))
    return filed


def _sealed(entry: Entry) -> wire.Sealed:
    try:
        return msgspec.msgpack.decode(entry.body, type=wire.Sealed)
    except msgspec.DecodeError as error:
        raise HubUnreachable("hub.not_ours") from error


def _blocked(entry: Entry) -> Blocked:
    try:
        state = msgspec.msgpack.decode(entry.body, type=dict[str, str])["state"]
    except (msgspec.DecodeError, KeyError) as error:
        raise HubUnreachable("hub.not_ours") from error
    return Blocked(entry.subject.partition("/")[2], state, entry.pos)
