"""The hub's three questions and answers, without HTTP: who may ask, what is done, what is said."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import TypeVar

import msgspec

from sbk_tui.data.city_asks import Signed
from sbk_tui.data.records import Records
from sbk_tui.data.seal import SUITE
from sbk_tui.domain.kinds import KINDS
from sbk_tui.domain.rules import Rules
from sbk_tui.errors import Refusal
from sbk_tui.hub import attach, feed, inbox, leases, lookup, registry, spoken
from sbk_tui.hub.cases import ring_for_clerk
from sbk_tui.hub.home import Hub
from sbk_tui.hub.intake import MOST_JUDGED, Intake
from sbk_tui.hub.judge import Judge
from sbk_tui.hub.registry import Member
from sbk_tui.sync import lives, pages, protocol, wire
from sbk_tui.sync.attach import Kept, Piece
from sbk_tui.sync.bundle import Opened, Word, Work, pack, public_box, unseal
from sbk_tui.sync.lookup import LOOKUP_PATH, Found

_LEASE_BYTES = 16
MOST_PAGES_BYTES = 32 * 1024 * 1024
"""Of the feed in one bundle; what is beyond comes with the next."""
M = TypeVar("M")
P = TypeVar("P", bound=wire.Push)


class TooLarge(Refusal):
    """A batch is larger than the hub takes at once."""


class Service:
    """One hub's answers; every method may be called from any thread."""

    def __init__(
        self,
        hub: Hub,
        *,
        rules: Rules,
        initials: Callable[[str], Sequence[str]],
        now_ms: Callable[[], int],
        speaks: tuple[int, int] = protocol.SPOKEN,
    ) -> None:
        """Take the open hub, the rules it decides by, its clock, the versions it speaks."""
        self.signer = hub.signer
        self.speaks = speaks
        self._hub = hub
        self._store = hub.store
        self._now_ms = now_ms
        self._initials = initials
        self._rules = rules
        self._shelf = attach.Shelf(hub.home)
        self._judge = Judge(
            hub.store,
            hub=hub.id,
            signer=hub.signer,
            rules=rules,
            initials=initials,
            now_ms=now_ms,
        )
        self._intake = Intake(hub, self._judge, now_ms)
        self.judge_left = self._intake.judge_left

    def session(self) -> AbstractContextManager[object]:
        """Return a context in which this thread keeps one connection for all it does."""
        return self._store.session()

    def enrol(self, auth: wire.Auth, body: bytes) -> wire.Enrolled:
        """Make a certificate for a counter with a one-time code.

        Raises:
            Refusal: `hub.request`, `hub.auth_…`, and those of `registry.enrol`.
        """
        request = _message(body, wire.Enrol)
        own = registry.certificate_of(request)
        if (own.counter, request.inc) != (auth.counter, auth.inc):
            raise Refusal("hub.auth_signature")
        if not auth.is_by(own.public, own.suite, "POST", wire.ENROL_PATH, body):
            raise Refusal("hub.auth_signature")
        now = self._now_ms()
        with self._store.write(auth.counter) as db:
            registry.use_nonce(db, auth, now)
        with self._store.write() as db:
            sealed = registry.enrol(db, request, self._hub.id, self.signer, now)
        if request.former is not None:
            with self._store.write() as db:
                former = registry.member(db, auth.counter, request.former.inc)
                leases.end(db, former, now)
            self._judge.release(former, request.former.last.hash)
        return wire.Enrolled(
            hub=self._hub.id,
            epoch=self._hub.epoch,
            certificate=sealed,
            now=now,
            box=public_box(self._hub.box),
        )

    def tls(self) -> wire.Tls:
        """Say which certificate this hub serves; anybody may ask."""
        return wire.Tls(certificate=self._hub.certificate)

    def hello(self, auth: wire.Auth, body: bytes) -> wire.Welcome:
        """Say where the counter is to go on, after judging what it left unjudged.

        Raises:
            Refusal: `hub.request`, `hub.auth_…`, `hub.protocol`, `hub.counter_…`,
                `hub.clerk_key_changed`.
        """
        who = self._caller(auth, wire.HELLO_PATH, body)
        hello = _message(body, wire.Hello)
        version = protocol.common(hello.protocol, self.speaks)
        if version is None:
            raise Refusal("hub.protocol", protocol=self.speaks[1])
        if (hello.counter, hello.inc) != (who.counter, who.inc):
            raise Refusal("hub.request")
        self._file_clerks(who, hello.clerks)
        who, lease = self._look_for_another(who, hello)
        self._judge.judge_all(who, most=MOST_JUDGED)
        with self._store.write(who.counter) as db:
            attach.ring_for_late(db, who.counter, self._now_ms())
        agreed = None
        if hello.wants_spoken and not who.frozen:
            with self._store.write() as db:
                agreed = spoken.agree(db, who.counter)
        with self._store.session() as db:
            return wire.Welcome(
                hub=self._hub.id,
                epoch=self._hub.epoch,
                protocol=version,
                ack=inbox.ack_of(db, who),
                judged_to=inbox.judged_to(db, who),
                head=feed.head_of(db),
                now=self._now_ms(),
                kinds=tuple(kind.name for kind in KINDS),
                box=public_box(self._hub.box),
                orders=(wire.FROZEN,) if who.frozen else (),
                spoken=agreed,
                lease=lease,
            )

    def _look_for_another(self, who: Member, hello: wire.Hello) -> tuple[Member, str]:
        """Return the caller, frozen if two machines live under its name, and its next lease."""
        if who.frozen:
            return who, ""
        with self._store.write(who.counter) as db:
            if not leases.is_other_log(db, who, hello.last):
                lease = leases.renew(db, who, hello.lease, secrets.token_hex(_LEASE_BYTES))
                if lease is not None:
                    return who, lease
        with self._store.write() as db:
            return leases.freeze(db, who, self._now_ms()), ""

    def push(self, auth: wire.Auth, body: bytes) -> wire.Pushed:
        """Store a batch, judge it, and return the receipt of every record that was taken.

        Raises:
            Refusal: `hub.request`, `hub.auth_…`, `hub.counter_…`; `inbox.Gap`, `Fork`, `TooLarge`.
        """
        who = self._caller(auth, wire.PUSH_PATH, body)
        push = _of_caller(who, _message(body, wire.Push, msgspec.msgpack.decode), protocol.FIRST)
        received, results = self._intake.take(who, push.first, push.ops)
        return wire.Pushed(
            ack=received.ack, results=results, stopped=received.stopped, now=self._now_ms()
        )

    def push_batch(self, auth: wire.Auth, body: bytes) -> protocol.Taken:
        """Store a batch, judge it behind the last one of a backlog, and say how far both went.

        Raises:
            Refusal: as `push`.
        """
        who = self._caller(auth, protocol.BATCH_PATH, body)
        batch = _of_caller(who, protocol.decode_batch(body), protocol.DEFERRED)
        results: tuple[wire.Sealed, ...] = ()
        receipt = None
        if who.frozen:  # nothing is fed to it: here is the only place for a verdict
            received, results = self._intake.take(who, batch.first, batch.ops)
        else:
            received, receipt = self._intake.take_batch(
                who, batch.first, batch.ops, more=batch.more
            )
        with self._store.session() as db:
            judged_to = inbox.judged_to(db, who)
        return protocol.Taken(
            ack=received.ack,
            results=results,
            stopped=received.stopped,
            now=self._now_ms(),
            receipt=receipt,
            judged_to=judged_to,
        )

    def feed(self, auth: wire.Auth, body: bytes) -> pages.FeedPage:
        """Return what the hub decided behind the counter's cursor, as far as it may know it.

        Raises:
            Refusal: `hub.request`, `hub.auth_…`, `hub.counter_…`, `hub.protocol`.
        """
        who = leases.refuse_frozen(self._caller(auth, pages.FEED_PATH, body))
        ask = _message(body, pages.Ask)
        if not self.speaks[0] <= ask.protocol <= self.speaks[1]:
            raise Refusal("hub.protocol", protocol=self.speaks[1])
        if (ask.counter, ask.inc) != (who.counter, who.inc) or ask.after < 0 or ask.limit < 1:
            raise Refusal("hub.request")
        return self._page(who, ask.after, ask.limit, newest_only=ask.newest_only)

    def _page(self, who: Member, after: int, limit: int, *, newest_only: bool) -> pages.FeedPage:
        now = self._now_ms()
        with self._store.session() as db:
            expired = feed.has_expired(db, who, now)
        if expired:
            with self._store.write() as db:
                feed.forget_expired(db, Records(db, self._initials), who, now)
        with self._store.session() as db:
            entries, reached = feed.page(db, who, after, limit, newest_only=newest_only)
            head = feed.head_of(db)
        return pages.FeedPage(
            epoch=self._hub.epoch, entries=entries, next=reached, head=head, now=now
        )

    def own(self, auth: wire.Auth, body: bytes) -> lives.Own:
        """Give a counter back what its log has lost, and what was decided of it.

        Raises:
            Refusal: `hub.request`, `hub.auth_…`, `hub.counter_…`.
        """
        who = self._caller(auth, lives.OWN_PATH, body)
        ask = _message(body, lives.AskOwn)
        with self._store.session() as db:
            records, rows = inbox.own(db, who, ask.after, wire.MOST_OPERATIONS)
            results = tuple(self._intake.receipt(who, row) for row in rows)
        return lives.Own(ops=records, results=results)

    def look_up(self, auth: wire.Auth, body: bytes) -> Found:
        """Say whether the city knows a person; the records come with the feed (A5).

        Raises:
            Refusal: `hub.request`, `hub.auth_…`, `hub.counter_…`, and those of `lookup.look_up`.
        """
        who = leases.refuse_frozen(self._caller(auth, LOOKUP_PATH, body))
        signed = _message(body, Signed, msgspec.msgpack.decode)
        with self._store.write() as db:
            return lookup.look_up(
                db, Records(db, self._initials), who, signed,
                hourly=self._rules.settings.lookups_per_hour, now_ms=self._now_ms(),
            )  # fmt: skip

    def attach(self, auth: wire.Auth, body: bytes) -> Kept:
        """Take a piece of a blob and say how much of it the hub has.

        Raises:
            Refusal: `hub.request`, `hub.auth_…`, `hub.counter_…`, `blob.unnamed`, `blob.…`.
        """
        who = self._caller(auth, wire.BLOB_PATH, body)
        piece = _message(body, Piece, msgspec.msgpack.decode)
        if (piece.counter, piece.inc) != (who.counter, who.inc):
            raise Refusal("hub.request")
        with self._store.session() as db:
            if not attach.is_named(db, piece.id):
                raise Refusal("blob.unnamed")
        have = self._shelf.take(piece)
        if have == piece.size:
            with self._store.write(who.counter) as db:
                attach.completed(db, piece.id, self._now_ms())
        return Kept(have=have)

    def take_bundle(self, bundle: Opened) -> bytes:
        """Take in what a counter sends by stick, and return the bundle of the answer.

        The same bundle again, or one that the network has overtaken, gives the same receipts.

        Raises:
            Refusal: `bundle.…`, `hub.counter_…`, `hub.clerk_key_changed`, `Gap`, `Fork`.
        """
        header = bundle.header
        if header.kind != "work" or header.to != self._hub.id:
            raise Refusal("bundle.for_another", receiver=header.to)
        with self._store.session() as db:
            who = registry.member(db, header.sender, header.inc)
        if not bundle.is_by(who.public):
            raise Refusal("bundle.cut")
        if who.revoked is not None:
            raise Refusal("hub.counter_revoked")
        work = unseal(bundle, self._hub.box, Work)
        self._file_clerks(who, work.clerks)
        results: list[wire.Sealed] = []
        stopped = None
        for at in range(0, len(work.records), wire.MOST_OPERATIONS):
            batch = work.records[at : at + wire.MOST_OPERATIONS]
            received, receipts = self._intake.take(who, header.first + at, batch)
            results += receipts
            stopped = received.stopped
            if stopped is not None:
                break
        with self._store.session() as db:
            ack = inbox.ack_of(db, who)
        with self._store.session() as db:
            frozen = registry.member(db, who.counter, who.inc).frozen
        word = Word(
            epoch=self._hub.epoch,
            ack=ack,
            results=tuple(results),
            stopped=stopped,
            orders=(wire.FROZEN,) if frozen else (),
            after=work.cursor,
            whole=work.whole,
            pages=() if frozen else self._pages(who, work),
        )
        head = msgspec.structs.replace(
            header, kind="word", sender=self._hub.id, to=who.counter, made=self._now_ms()
        )
        return pack(head, word, box=work.box, signer=self.signer)

    def _pages(self, who: Member, work: Work) -> tuple[bytes, ...]:
        """Return what the hub decided since the counter's cursor, as far as a stick has room."""
        found: list[bytes] = []
        after, room = work.cursor, MOST_PAGES_BYTES
        while room > 0:
            page = self._page(who, after, feed.MOST_ENTRIES, newest_only=work.whole)
            found.append(pages.encode_page(page))
            room -= len(found[-1])
            if page.next >= page.head:
                break
            after = page.next
        return tuple(found)

    def _caller(self, auth: wire.Auth, path: str, body: bytes) -> Member:
        """Return who sent a request, once it is certain.

        Raises:
            Refusal: `hub.counter_unknown`, `hub.auth_…`, `hub.counter_revoked`.
        """
        now = self._now_ms()
        with self._store.write(auth.counter) as db:
            who = registry.member(db, auth.counter, auth.inc)
            if who.suite != SUITE or not auth.is_by(who.public, who.suite, "POST", path, body):
                raise Refusal("hub.auth_signature")
            registry.use_nonce(db, auth, now)
            if who.revoked is not None:
                raise Refusal("hub.counter_revoked")
            db.execute_sql(
                "UPDATE counter_cert SET contact = ? WHERE counter = ? AND inc = ?",
                (now, who.counter, who.inc),
            )
        return who

    def _file_clerks(self, who: Member, clerks: Sequence[wire.ClerkKey]) -> None:
        now = self._now_ms()
        with self._store.write() as db:
            changed = registry.file_clerks(db, who.counter, clerks, now)
            if changed is not None:
                ring_for_clerk(db, who.counter, changed, now)
        if changed is not None:
            raise Refusal("hub.clerk_key_changed", clerk=changed)


def _message(body: bytes, message: type[M], decode: Callable[..., M] = msgspec.json.decode) -> M:
    try:
        return decode(body, type=message)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Refusal("hub.request") from error


def _of_caller(who: Member, push: P, version: int) -> P:
    """Return what `who` sent, once it says so itself and is not more than the hub takes."""
    if push.protocol != version:
        raise Refusal("hub.protocol", protocol=version)
    if (push.counter, push.inc) != (who.counter, who.inc):
        raise Refusal("hub.request")
    if len(push.ops) > wire.MOST_OPERATIONS:
        raise TooLarge("hub.too_large")
    return push
