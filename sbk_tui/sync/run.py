"""One contact with the city, and contact after contact: `sbk sync` and `sbk sync --watch`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import msgspec

from sbk_tui.data import city_asks, outbox, spoken
from sbk_tui.data.counter_file import OpenCounter, clerks, in_former_life
from sbk_tui.data.record import anchor
from sbk_tui.data.replica import Replica
from sbk_tui.data.store import Store
from sbk_tui.domain.card import BLOCKED
from sbk_tui.errors import BadUsage, HubUnreachable, IntegrityFault
from sbk_tui.sync import protocol, wire
from sbk_tui.sync.client import HubClient, Line
from sbk_tui.sync.lookup import put_questions
from sbk_tui.sync.pull import pull
from sbk_tui.sync.push import SLOW, Pace, push_from, starting_point

FIRST_PAUSE_S, LONGEST_PAUSE_S = 5.0, 600.0
LOOK_S, CONTACT_S = 5.0, 300.0
"""While watching: how often to look for new work, and to call though there is none."""


def client_for(
    opened: OpenCounter,
    line: Line,
    *,
    now_ms: Callable[[], int],
    new_nonce: Callable[[], str],
    inc: str = "",
    speaks: tuple[int, int] = protocol.SPOKEN,
) -> HubClient:
    """Return the client of an enrolled counter, believing only the hub that enrolled it.

    Raises:
        BadUsage: `sync.not_enrolled`.
    """
    known = outbox.peer(opened.store).get("hub_public")
    if known is None:
        raise BadUsage("sync.not_enrolled")
    return HubClient(
        line,
        counter=opened.certificate.counter,
        inc=inc or opened.incarnation.inc,
        signer=opened.signer,
        trusts=lambda public: public == known,
        now_ms=now_ms,
        new_nonce=new_nonce,
        speaks=speaks,
    )


def contact(
    opened: OpenCounter,
    client: HubClient,
    *,
    version: str,
    now_ms: Callable[[], int],
    initials: Callable[[str], Sequence[str]],
    pace: Pace = SLOW,
) -> outbox.Tally:
    """Say hello, hand in all that waits, take in what the city decided; return how things stand.

    Raises:
        HubUnreachable, Refusal: see `push_from`, `pull`.
        IntegrityFault: `sync.frozen`, two machines live under this name; what waited was handed
            in; `sync.counter_behind`, `sync.other_history`: this database is not the
            one the hub has heard from; nothing was sent; `sync.restored`, as long as the life
            after a restore is not taken in.
    """
    refuse_restored(opened)
    store, inc = opened.store, opened.incarnation.inc
    known = outbox.peer(store)
    welcome = say_hello(opened, client, version=version, now_ms=now_ms)
    if wire.FROZEN in welcome.orders:
        hand_in(opened, client, welcome, pace)
        raise IntegrityFault("sync.frozen")
    _check_history(store, inc, welcome.ack, _beginning(opened))
    replica = Replica(store, initials, now_ms, BLOCKED)
    restored = known.get("epoch", b"").decode() not in ("", welcome.epoch)
    if restored or welcome.ack.seq < outbox.last_receipted(store, inc):
        replica.begin_again(inc, welcome.ack.seq)
    outbox.remember_peer(
        store,
        {
            "epoch": welcome.epoch.encode(),
            "offset": str(client.offset_ms).encode(),
            "hub_box": welcome.box,
        },
    )
    told = put_questions(store, client.look_up, now_ms())
    if told:  # a clerk waits: the person comes before our own work goes
        pull(store, client, replica, counter=opened.certificate.counter, inc=inc)
    for each in told:
        city_asks.answer(store, each.ask, each.answer, now_ms())
    unjudged = hand_in(opened, client, welcome, pace)
    pull(store, client, replica, counter=opened.certificate.counter, inc=inc)
    go_on = protocol.Batch(counter=opened.certificate.counter, inc=inc, first=1, ops=())
    judged_to = -1
    while unjudged:  # it is more than the hub judges within one request
        taken = client.push_batch(go_on)
        pull(store, client, replica, counter=opened.certificate.counter, inc=inc)
        unjudged = judged_to < taken.judged_to < taken.ack.seq
        judged_to = taken.judged_to
    return outbox.tally(store)


def refuse_restored(opened: OpenCounter) -> None:
    """Refuse to talk for a counter that was restored from a backup and has not rejoined.

    Raises:
        IntegrityFault: `sync.restored`.
    """
    if in_former_life(opened) is not None:
        raise IntegrityFault("sync.restored")


def say_hello(
    opened: OpenCounter, client: HubClient, *, version: str, now_ms: Callable[[], int]
) -> wire.Welcome:
    """Say hello, show the lease, keep the next one; return where to go on.

    Raises:
        HubUnreachable, Refusal `hub.…`.
    """
    store, inc = opened.store, opened.incarnation.inc
    newest, known = outbox.head(store, inc), outbox.peer(store)
    last = wire.Mark(seq=newest[0], hash=newest[1]) if newest else _beginning(opened)
    welcome = client.hello(
        wire.Hello(
            counter=opened.certificate.counter,
            inc=inc,
            cursor=int(known.get("cursor", b"0")),
            last=last,
            version=version,
            now=now_ms(),
            clerks=clerk_keys(store),
            lease=known.get("lease", b"").decode(),
            wants_spoken=spoken.KEY not in known,
        )
    )
    if welcome.spoken is not None:
        outbox.remember_peer(store, {spoken.KEY: msgspec.msgpack.encode(welcome.spoken)})
    if welcome.lease:
        outbox.remember_peer(store, {"lease": welcome.lease.encode()})
    return welcome


def hand_in(
    opened: OpenCounter, client: HubClient, welcome: wire.Welcome, pace: Pace = SLOW
) -> bool:
    """Hand in what waits; return whether the hub holds records of ours that it has not judged.

    Of two machines under one name each hands in its own, to be set aside.

    Raises:
        HubUnreachable, Refusal: see `push_from`.
    """
    store, inc = opened.store, opened.incarnation.inc
    unsettled = outbox.first_unsettled(store, inc)
    if wire.FROZEN in welcome.orders:
        if unsettled is None:
            return False
        first = unsettled
    elif client.protocol >= protocol.DEFERRED:
        first = welcome.ack.seq + 1  # the verdicts on what is there come with the feed
    else:
        first = starting_point(welcome.ack, unsettled)
    handed = push_from(
        store, client, counter=opened.certificate.counter, inc=inc, first=first, pace=pace
    )
    if handed.unjudged is not None:
        return handed.unjudged
    return client.protocol >= protocol.DEFERRED and welcome.judged_to < welcome.ack.seq


def _beginning(opened: OpenCounter) -> wire.Mark:
    return wire.Mark(seq=0, hash=anchor(opened.incarnation.certificate))


def clerk_keys(store: Store) -> tuple[wire.ClerkKey, ...]:
    """Return who works at this counter, as the hub is told."""
    return tuple(
        wire.ClerkKey(id=clerk.id, name=clerk.name, role=clerk.role, public=clerk.public)
        for clerk in clerks(store)
    )


def _check_history(store: Store, inc: str, ack: wire.Mark, beginning: wire.Mark) -> None:
    ours = beginning.hash if ack.seq == 0 else outbox.hash_at(store, inc, ack.seq)
    if ours is None:
        raise IntegrityFault("sync.counter_behind", seq=ack.seq)
    if ours != ack.hash:
        raise IntegrityFault("sync.other_history", seq=ack.seq)


def pause_s(failures: int, luck: float) -> float:
    """Return the seconds to wait after so many failures in a row: doubled, with jitter.

    Args:
        luck: between 0 and 1, random.
    """
    longest = min(FIRST_PAUSE_S * 2.0 ** min(failures - 1, 10), LONGEST_PAUSE_S)
    return longest * (0.5 + luck / 2)


def watch(
    once: Callable[[], None],
    *,
    waiting: Callable[[], int],
    failed: Callable[[HubUnreachable], None],
    ticks: Iterable[float],
    wait: Callable[[float], object],
    luck: Callable[[], float],
) -> None:
    """Call the city whenever something waits, and every five minutes; until `ticks` ends.

    Args:
        once: one contact; what it raises beside HubUnreachable ends the watch.
        ticks: seconds of a clock that never goes back, one reading a round.
        wait: waits for so many seconds.
    """
    failures, last_contact = 0, float("-inf")
    for now in ticks:
        if waiting() or now - last_contact >= CONTACT_S:
            try:
                once()
            except HubUnreachable as error:
                failures += 1
                failed(error)
                wait(pause_s(failures, luck()))
                continue
            failures, last_contact = 0, now
        wait(LOOK_S)
