"""Setting up a counter's database, and opening it for a clerk who has signed in.

A counter is a folder: `keyring.json`, `sbk.db`, `config.toml`, `blobs/`. Its level and district
stand in a certificate inside the database, signed; no edited file widens them (A4).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import msgspec
from peewee import SqliteDatabase

from sbk_tui.data import models
from sbk_tui.data.ledger import Incarnation
from sbk_tui.data.migrations import migrate
from sbk_tui.data.record import Certificate
from sbk_tui.data.seal import SUITE, Ed25519Signer, Signer, new_private_key, verify
from sbk_tui.data.store import Store, open_store, refuse_plain
from sbk_tui.errors import BadUsage, IntegrityFault

DATABASE = "sbk.db"
_COUNTER_KEY, _BOX_KEY = "counter_key", "box_key"
_NEXT_LIFE = "next_life"
_RESTORED = "restored"


class OpenCounter(NamedTuple):
    """A counter's database, open, with the life it is in and the key it signs with."""

    store: Store
    incarnation: Incarnation
    certificate: Certificate
    signer: Signer


def create(
    folder: Path, key: bytes | None, *, counter: str, office: str, level: str, district: str,
    removed: tuple[str, ...], now_ms: int, bank: str = "",
) -> None:  # fmt: skip
    """Make the database of a new counter, with a certificate that it signs itself.

    Raises:
        BadUsage: `counter.exists` when there is one already.
    """
    if (folder / DATABASE).exists():
        raise BadUsage("counter.exists", place=str(folder))
    store = open_store(folder / DATABASE, key)
    try:
        migrate(store)
        private = new_private_key()
        signer = Ed25519Signer(private)
        certificate = Certificate(
            suite=SUITE, counter=counter, office=office, level=level, district=district,
            removed=removed, public=signer.public, issuer="self", issued=now_ms, bank=bank,
        )  # fmt: skip
        body = msgspec.msgpack.encode(certificate)
        with store.write() as db:
            models.Secret.insert(name=_COUNTER_KEY, value=private).execute(db)
            models.Incarnation.insert(
                inc=secrets.token_hex(16), counter=counter, certificate=body,
                signature=signer.sign(body), opened=now_ms,
            ).execute(db)  # fmt: skip
    finally:
        store.close()
    if key is not None:
        refuse_plain(folder / DATABASE)


def open_counter(folder: Path, key: bytes | None) -> OpenCounter:
    """Open a counter's database and bring its schema up to date.

    Raises:
        BadUsage: `counter.missing`.
        IntegrityFault: `store.newer`, `store.wrong_key`, `counter.certificate` when the
            certificate was not signed by the key it names.
    """
    if not (folder / DATABASE).exists():
        raise BadUsage("counter.missing", place=str(folder))
    store = open_store(folder / DATABASE, key)
    try:
        migrate(store)
        with store.session() as db:
            secret = models.Secret.select().where(models.Secret.name == _COUNTER_KEY)
            private = bytes(secret.bind(db).get().value)
            life = (
                models.Incarnation.select()
                .where(models.Incarnation.closed.is_null())
                .order_by(models.Incarnation.opened.desc())
                .bind(db)
                .get()
            )
            body, signature = bytes(life.certificate), bytes(life.signature)
            incarnation = Incarnation(life.inc, body)
    except BaseException:
        store.close()
        raise
    signer = Ed25519Signer(private)
    certificate = msgspec.msgpack.decode(body, type=Certificate)
    genuine = certificate.public == signer.public
    if certificate.issuer == "self":
        genuine = genuine and verify(certificate.suite, certificate.public, signature, body)
    if not genuine:
        store.close()
        raise IntegrityFault("counter.certificate")
    return OpenCounter(store, incarnation, certificate, signer)


class Life(msgspec.Struct, frozen=True, kw_only=True):
    """A life of a counter that is about to begin: a fresh id, the certificate it signs itself."""

    inc: str
    certificate: bytes
    signature: bytes


def next_life(opened: OpenCounter, now_ms: int) -> Life:
    """Return the life that comes next; the same until it has begun, whatever breaks between."""
    with opened.store.write() as db:
        row = db.execute_sql("SELECT value FROM peer WHERE name = ?", (_NEXT_LIFE,)).fetchone()
        if row is not None:
            return msgspec.msgpack.decode(bytes(row[0]), type=Life)
        certificate = msgspec.structs.replace(opened.certificate, issuer="self", issued=now_ms)
        body = msgspec.msgpack.encode(certificate)
        signature = opened.signer.sign(body)
        life = Life(inc=secrets.token_hex(16), certificate=body, signature=signature)
        db.execute_sql(
            "INSERT INTO peer (name, value) VALUES (?, ?)",
            (_NEXT_LIFE, msgspec.msgpack.encode(life)),
        )
        return life


def begin_life(store: Store, life: Life, now_ms: int) -> None:
    """End the life that is, and begin `life`, in one transaction."""
    with store.write() as db:
        _begin(db, life, now_ms)
        db.execute_sql("DELETE FROM peer WHERE name = 'lease'")


def _begin(db: SqliteDatabase, life: Life, now_ms: int) -> None:
    db.execute_sql("UPDATE incarnation SET closed = ? WHERE closed IS NULL", (now_ms,))
    counter = msgspec.msgpack.decode(life.certificate, type=Certificate).counter
    models.Incarnation.insert(
        inc=life.inc, counter=counter, certificate=life.certificate,
        signature=life.signature, opened=now_ms,
    ).execute(db)  # fmt: skip
    db.execute_sql("DELETE FROM peer WHERE name = ?", (_NEXT_LIFE,))


def begin_restored_life(opened: OpenCounter, now_ms: int) -> None:
    """Let what was restored from a backup go on in a life of its own, as long as a city knows it.

    No number of the former life is used twice: the city may have more of it than the backup. Until
    the city has taken the new life in (`sync.rejoin`), nothing goes to it.
    """
    former, life = opened.incarnation.inc, next_life(opened, now_ms)
    with opened.store.write() as db:
        _begin(db, life, now_ms)
        db.execute_sql("INSERT INTO peer (name, value) VALUES (?, ?)", (_RESTORED, former.encode()))


def in_former_life(opened: OpenCounter) -> OpenCounter | None:
    """Return a restored counter as it was before; None where nothing was restored."""
    with opened.store.session() as db:
        row = db.execute_sql(
            "SELECT i.inc, i.certificate FROM peer p JOIN incarnation i"
            " ON i.inc = CAST(p.value AS TEXT) WHERE p.name = ?",
            (_RESTORED,),
        ).fetchone()
    return opened._replace(incarnation=Incarnation(row[0], bytes(row[1]))) if row else None


def this_life(opened: OpenCounter) -> Life:
    """Return the life that a counter is in, as the city is told of it."""
    with opened.store.session() as db:
        row = db.execute_sql(
            "SELECT signature FROM incarnation WHERE inc = ?", (opened.incarnation.inc,)
        ).fetchone()
    return Life(
        inc=opened.incarnation.inc, certificate=opened.incarnation.certificate,
        signature=bytes(row[0]),
    )  # fmt: skip


def forget_former_life(store: Store) -> None:
    """Note that the city has taken the life after a restore in."""
    with store.write() as db:
        db.execute_sql("DELETE FROM peer WHERE name IN (?, 'lease')", (_RESTORED,))


def box_key(store: Store, new: Callable[[], bytes]) -> bytes:
    """Return the private key that opens the hub's bundles; `new` makes it when there is none."""
    with store.write() as db:
        secret = models.Secret.select().where(models.Secret.name == _BOX_KEY).bind(db).first()
        if secret is not None:
            return bytes(secret.value)
        private = new()
        models.Secret.insert(name=_BOX_KEY, value=private).execute(db)
        return private


class ClerkRow(NamedTuple):
    """A clerk as the database knows one."""

    id: str
    name: str
    role: str
    public: bytes
    closed: int | None


def register_clerk(store: Store, clerk: str, name: str, role: str, public: bytes) -> None:
    """File a clerk's public key, so that what this clerk signs can be verified for ever."""
    with store.write() as db:
        models.Clerk.insert(id=clerk, name=name, role=role, public=public).on_conflict(
            conflict_target=[models.Clerk.id],
            update={models.Clerk.name: name, models.Clerk.role: role, models.Clerk.public: public},
        ).execute(db)


def close_clerk(store: Store, clerk: str, at_ms: int) -> None:
    """Note that a clerk has no way in any more; what the clerk signed stays verifiable."""
    with store.write() as db:
        models.Clerk.update(closed=at_ms).where(models.Clerk.id == clerk).execute(db)


def clerks(store: Store) -> tuple[ClerkRow, ...]:
    """Return every clerk that this counter has ever had."""
    with store.session() as db:
        rows = models.Clerk.select().order_by(models.Clerk.id).bind(db)
        return tuple(ClerkRow(r.id, r.name, r.role, bytes(r.public), r.closed) for r in rows)
