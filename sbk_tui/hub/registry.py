"""Who belongs to the city: counters with level, district and rights, their clerks, their codes.

What stands here was put here by the city. A counter's own word about its rights is never asked.
All functions take an open transaction of the hub's database.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterable
from typing import NamedTuple

import msgspec
from peewee import SqliteDatabase

from sbk_tui.data.record import Certificate, Envelope, anchor, approved_by
from sbk_tui.data.seal import SUITE, Signer, digest, verify
from sbk_tui.domain.capability import Authority, Capability, CounterLevel
from sbk_tui.domain.world import Seat
from sbk_tui.errors import BadUsage, Refusal
from sbk_tui.sync import enrolment_code, wire

CODE_DAYS = 7
"""How long an enrolment code is good [A]."""
_DAY_MS = 24 * 60 * 60 * 1000
_SECRET_LETTERS = 12
_NONCE_KEPT_MS = 2 * wire.CLOCK_LEEWAY_MS


class Grant(NamedTuple):
    """What the city grants to a counter."""

    office: str
    level: str
    district: str
    removed: tuple[str, ...] = ()
    bank: str = ""
    """服务银行 that runs a bank window."""

    @property
    def region(self) -> str:
        """The prefix of the division codes that this counter is told of: its city, or its own."""
        return self.district[:4] if self.level == CounterLevel.CITY else self.district


class Member(NamedTuple):
    """One incarnation of an enrolled counter."""

    counter: str
    inc: str
    suite: int
    public: bytes
    anchor: bytes
    grant: Grant
    revoked: int | None
    frozen: int | None = None
    """When two machines showed themselves under this name; None: one is alone."""

    @property
    def seat(self) -> Seat:
        """The seat that the hub judges it by."""
        authority = Authority(level=CounterLevel(self.grant.level), removed=self.grant.removed)
        return Seat(
            counter=self.counter,
            district=self.grant.district,
            authority=authority,
            bank=self.grant.bank,
        )


def new_code(db: SqliteDatabase, grant: Grant, public: bytes, now_ms: int) -> str:
    """File a grant and return the one-time code for it; the secret itself is not kept.

    Args:
        public: the hub's key, whose fingerprint becomes part of the code.

    Raises:
        BadUsage: `counter.level`, `counter.district`, `counter.bank`, `config.capability`.
    """
    if grant.level not in set(CounterLevel):
        raise BadUsage("counter.level", level=grant.level)
    fewest = 4 if grant.level == CounterLevel.CITY else 6
    district = grant.district
    if not _is_district(district) or len(district) < fewest:
        raise BadUsage("counter.district", district=district)
    if (grant.level == CounterLevel.BANK) != bool(grant.bank):
        raise BadUsage("counter.bank", bank=grant.bank)
    for name in grant.removed:
        if name not in Capability.__members__:
            raise BadUsage("config.capability", capability=name)
    secret = base64.b32encode(secrets.token_bytes(10)).decode("ascii")[:_SECRET_LETTERS]
    db.execute_sql(
        "INSERT INTO enrolment_code (secret_hash, level, district, office, removed, made, bank)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            _hashed(secret),
            grant.level,
            district,
            grant.office,
            " ".join(grant.removed),
            now_ms,
            grant.bank,
        ),
    )
    return enrolment_code.join_code(secret, public)


def _hashed(secret: str) -> bytes:
    return digest("sbk/enrolment-code/1", secret.encode())


def enrol(
    db: SqliteDatabase, request: wire.Enrol, hub: str, signer: Signer, now_ms: int
) -> wire.Sealed:
    """Use up a code for the counter that asks and return the certificate made for it.

    The same counter asking again with its code gets the same certificate.

    Raises:
        Refusal: `hub.code_unknown`, `hub.code_used`, `hub.code_expired`, `hub.enrol_differs`,
            `hub.enrol_bank`, `hub.counter_taken`.
    """
    own = certificate_of(request)
    row = db.execute_sql(
        "SELECT level, district, office, removed, made, counter, inc, bank FROM enrolment_code"
        " WHERE secret_hash = ?",
        (_hashed(request.code),),
    ).fetchone()
    if row is None:
        raise Refusal("hub.code_unknown")
    granted = Grant(row[2], row[0], row[1], tuple(row[3].split()), row[7])
    if row[5] is not None:
        return _issued_before(db, own, request, (row[5], row[6]))
    if now_ms - row[4] > CODE_DAYS * _DAY_MS:
        raise Refusal("hub.code_expired", days=CODE_DAYS)
    grant = _placed(own, granted)
    _refuse_taken(db, own, request.inc)
    certificate = Certificate(
        suite=SUITE, counter=own.counter, office=grant.office, level=grant.level,
        district=grant.district, removed=grant.removed, public=own.public, issuer=hub,
        issued=now_ms, bank=grant.bank,
    )  # fmt: skip
    sealed = wire.seal_certificate(signer, certificate)
    db.execute_sql(
        "INSERT INTO counter_cert (counter, inc, suite, public, anchor, office, level, district,"
        " removed, certificate, signature, enrolled, contact, former, bank)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            own.counter, request.inc, own.suite, own.public, anchor(request.certificate),
            grant.office, grant.level, grant.district, " ".join(grant.removed), sealed.body,
            sealed.signature, now_ms, now_ms,
            f"{request.former.inc}/{request.former.last.seq}" if request.former else "",
            grant.bank,
        ),
    )  # fmt: skip
    db.execute_sql(
        "UPDATE enrolment_code SET counter = ?, inc = ? WHERE secret_hash = ?",
        (own.counter, request.inc, _hashed(request.code)),
    )
    return sealed


def certificate_of(request: wire.Enrol) -> Certificate:
    """Return the certificate that a counter has signed itself.

    Raises:
        Refusal: `hub.request` when it is none, or not signed by the key it names.
    """
    try:
        own = msgspec.msgpack.decode(request.certificate, type=Certificate)
    except msgspec.DecodeError as error:
        raise Refusal("hub.request") from error
    signed = own.suite == SUITE and verify(
        own.suite, own.public, request.signature, request.certificate
    )
    if not signed:
        raise Refusal("hub.request")
    return own


def _issued_before(
    db: SqliteDatabase, own: Certificate, request: wire.Enrol, holder: tuple[str, str]
) -> wire.Sealed:
    row = db.execute_sql(
        "SELECT certificate, signature, public FROM counter_cert WHERE counter = ? AND inc = ?",
        holder,
    ).fetchone()
    if holder != (own.counter, request.inc) or bytes(row[2]) != own.public:
        raise Refusal("hub.code_used")
    return wire.Sealed(body=bytes(row[0]), signature=bytes(row[1]))


def _placed(own: Certificate, granted: Grant) -> Grant:
    """Return the grant at the exact place of a counter inside the granted district.

    Both sides must judge by one district. A counter that takes itself for another level or
    place is refused here, not later in every operation.
    """
    inside = own.district.startswith(granted.district) and _is_district(own.district)
    if own.level != granted.level or not inside:
        raise Refusal("hub.enrol_differs", level=granted.level, district=granted.district)
    if own.bank != granted.bank:
        raise Refusal("hub.enrol_bank", bank=granted.bank)
    return granted._replace(district=own.district)


def _is_district(code: str) -> bool:
    return code.isascii() and code.isdigit() and len(code) in {4, 6, 9, 12}


def _refuse_taken(db: SqliteDatabase, own: Certificate, inc: str) -> None:
    for held_inc, public, revoked in db.execute_sql(
        "SELECT inc, public, revoked FROM counter_cert WHERE counter = ?", (own.counter,)
    ):
        if bytes(public) != own.public or held_inc == inc or revoked is not None:
            raise Refusal("hub.counter_taken", counter=own.counter)


def member(db: SqliteDatabase, counter: str, inc: str) -> Member:
    """Return an enrolled counter's incarnation, revoked ones too.

    Raises:
        Refusal: `hub.counter_unknown`.
    """
    row = db.execute_sql(
        "SELECT suite, public, anchor, office, level, district, removed, revoked, frozen, bank"
        " FROM counter_cert WHERE counter = ? AND inc = ?",
        (counter, inc),
    ).fetchone()
    if row is None:
        raise Refusal("hub.counter_unknown")
    grant = Grant(row[3], row[4], row[5], tuple(row[6].split()), row[9])
    return Member(counter, inc, row[0], bytes(row[1]), bytes(row[2]), grant, row[7], row[8])


def grant_of(db: SqliteDatabase, counter: str) -> Grant:
    """Return what the city last granted to a counter.

    Raises:
        BadUsage: `hub.no_such_counter`.
    """
    row = db.execute_sql(
        "SELECT office, level, district, removed, bank FROM counter_cert WHERE counter = ?"
        " AND revoked IS NULL ORDER BY enrolled DESC LIMIT 1",
        (counter,),
    ).fetchone()
    if row is None:
        raise BadUsage("hub.no_such_counter", counter=counter)
    return Grant(row[0], row[1], row[2], tuple(row[3].split()), row[4])


def office_of(db: SqliteDatabase, counter: str) -> str:
    """Return the name of a counter's office; the counter's own name when it is not known."""
    row = db.execute_sql(
        "SELECT office FROM counter_cert WHERE counter = ? ORDER BY enrolled DESC LIMIT 1",
        (counter,),
    ).fetchone()
    return str(row[0]) if row else counter


def revoke(db: SqliteDatabase, counter: str, now_ms: int) -> None:
    """Close a counter's way in, all its incarnations.

    Raises:
        BadUsage: `hub.no_such_counter`.
    """
    changed = db.execute_sql(
        "UPDATE counter_cert SET revoked = coalesce(revoked, ?) WHERE counter = ?",
        (now_ms, counter),
    ).rowcount
    if not changed:
        raise BadUsage("hub.no_such_counter", counter=counter)


def use_nonce(db: SqliteDatabase, auth: wire.Auth, now_ms: int) -> None:
    """Refuse a request that is old or was played before.

    Raises:
        Refusal: `hub.auth_stale` (with the hub's time), `hub.auth_replayed`.
    """
    if abs(now_ms - auth.time) > wire.CLOCK_LEEWAY_MS:
        raise Refusal("hub.auth_stale", now=now_ms)
    db.execute_sql("DELETE FROM nonce WHERE at < ?", (now_ms - _NONCE_KEPT_MS,))
    fresh = db.execute_sql(
        "INSERT INTO nonce (counter, nonce, at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        (auth.counter, auth.nonce, auth.time),
    ).rowcount
    if not fresh:
        raise Refusal("hub.auth_replayed")


def file_clerks(
    db: SqliteDatabase, counter: str, clerks: Iterable[wire.ClerkKey], now_ms: int
) -> str | None:
    """File the first key seen of each clerk; return a clerk who came with another one, or None."""
    for clerk in clerks:
        db.execute_sql(
            "INSERT INTO clerk_cert (counter, clerk, name, role, public, filed)"
            " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            (counter, clerk.id, clerk.name, clerk.role, clerk.public, now_ms),
        )
        if clerk_key(db, counter, clerk.id) != clerk.public:
            return clerk.id
    return None


def clerk_key(db: SqliteDatabase, counter: str, clerk: str) -> bytes | None:
    """Return the key that the hub knows of a clerk."""
    row = db.execute_sql(
        "SELECT public FROM clerk_cert WHERE counter = ? AND clerk = ?", (counter, clerk)
    ).fetchone()
    return bytes(row[0]) if row else None


def approvers(db: SqliteDatabase, who: Member, envelope: Envelope) -> tuple[str, ...]:
    """Return the clerks whose signed yes holds against the keys that the hub has filed."""
    return tuple(
        approval.clerk
        for approval in envelope.approvals
        if (public := clerk_key(db, who.counter, approval.clerk)) is not None
        and approved_by(envelope, approval, public)
    )
