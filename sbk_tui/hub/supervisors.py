"""Who may open the supervisors' page: names, roles, passwords, and who is signed in now.

Passwords are kept as Argon2id, session tokens as their hash: what stands in the database opens
nothing. All functions take an open transaction of the hub's database.
"""

from __future__ import annotations

import hmac
import secrets
from typing import Any, NamedTuple

import msgspec

from sbk_tui.data.keyring import Cost, check_password, derive
from sbk_tui.data.lockout import Tries
from sbk_tui.data.seal import digest
from sbk_tui.errors import BadUsage, Refusal

VIEWER, SETTLER = "viewer", "settler"
"""Sees the page, and decides cases, too."""
ROLES = (VIEWER, SETTLER)
IDLE_MS = 30 * 60 * 1000
LONGEST_MS = 12 * 60 * 60 * 1000
_SALT_BYTES, _TOKEN_BYTES = 16, 32


class _Password(msgspec.Struct, frozen=True):
    cost: Cost
    salt: str
    derived: str


class Supervisor(NamedTuple):
    """Somebody who is signed in at the page."""

    id: str
    name: str
    role: str
    csrf: str
    """What every form of this session must bring back."""

    @property
    def may_settle(self) -> bool:
        """Whether this person decides cases."""
        return self.role == SETTLER


def add(
    db: Any, supervisor: str, name: str, role: str, password: str, *, cost: Cost, now_ms: int
) -> None:
    """Give somebody a way in.

    Raises:
        BadUsage: `supervisor.role`, `supervisor.exists`; Refusal: `auth.weak_…`.
    """
    if role not in ROLES:
        raise BadUsage("supervisor.role", role=role)
    check_password(password, supervisor, name)
    if db.execute_sql("SELECT 1 FROM supervisor WHERE id = ?", (supervisor,)).fetchone():
        raise BadUsage("supervisor.exists", supervisor=supervisor)
    db.execute_sql(
        "INSERT INTO supervisor (id, name, role, password, tries, made) VALUES (?, ?, ?, ?, ?, ?)",
        (supervisor, name, role, _hashed(password, cost), _text(Tries()), now_ms),
    )


def close(db: Any, supervisor: str, now_ms: int) -> None:
    """Take somebody's way in away, and end what sessions there are.

    Raises:
        BadUsage: `supervisor.unknown`.
    """
    changed = db.execute_sql(
        "UPDATE supervisor SET closed = ? WHERE id = ? AND closed IS NULL", (now_ms, supervisor)
    ).rowcount
    if not changed:
        raise BadUsage("supervisor.unknown", supervisor=supervisor)
    db.execute_sql("DELETE FROM page_session WHERE supervisor = ?", (supervisor,))


def sign_in(db: Any, supervisor: str, password: str, now_ms: int) -> str | Refusal:
    """Return the token of a new session, or why there is none.

    A refusal is returned, not raised: the wrong try must be counted by the same transaction.
    An unknown name costs the same time and is told the same as a wrong password.
    """
    row = db.execute_sql(
        "SELECT password, tries FROM supervisor WHERE id = ? AND closed IS NULL", (supervisor,)
    ).fetchone()
    if row is None:
        derive(password, bytes(_SALT_BYTES), Cost(2, 19 * 1024))
        return Refusal("auth.wrong", left=Tries().left - 1)
    tries = msgspec.json.decode(row[1], type=Tries)
    try:
        tries.refuse_locked(now_ms)
    except Refusal as refusal:
        return refusal
    if not _opens(password, row[0]):
        _remember(db, supervisor, tries.after_wrong(now_ms))
        return Refusal("auth.wrong", left=tries.left - 1)
    _remember(db, supervisor, Tries())
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    db.execute_sql("DELETE FROM page_session WHERE seen < ?", (now_ms - IDLE_MS,))
    db.execute_sql(
        "INSERT INTO page_session (token_hash, supervisor, csrf, began, seen)"
        " VALUES (?, ?, ?, ?, ?)",
        (_token_hash(token), supervisor, secrets.token_urlsafe(_TOKEN_BYTES), now_ms, now_ms),
    )
    return token


def signed_in(db: Any, token: str, now_ms: int) -> Supervisor | None:
    """Return whose session a token is, None when it is nobody's or too old; note the visit."""
    row = db.execute_sql(
        "SELECT s.id, s.name, s.role, p.csrf, p.began, p.seen FROM page_session p"
        " JOIN supervisor s ON s.id = p.supervisor WHERE p.token_hash = ? AND s.closed IS NULL",
        (_token_hash(token),),
    ).fetchone()
    if row is None or now_ms - row[5] > IDLE_MS or now_ms - row[4] > LONGEST_MS:
        return None
    db.execute_sql(
        "UPDATE page_session SET seen = ? WHERE token_hash = ?", (now_ms, _token_hash(token))
    )
    return Supervisor(*row[:4])


def sign_out(db: Any, token: str) -> None:
    """End a session."""
    db.execute_sql("DELETE FROM page_session WHERE token_hash = ?", (_token_hash(token),))


def is_form_of(session: Supervisor, csrf: str) -> bool:
    """Return whether a form came from a page of this session."""
    return hmac.compare_digest(session.csrf.encode(), csrf.encode())


def _remember(db: Any, supervisor: str, tries: Tries) -> None:
    db.execute_sql("UPDATE supervisor SET tries = ? WHERE id = ?", (_text(tries), supervisor))


def _text(value: msgspec.Struct) -> str:
    return msgspec.json.encode(value).decode()


def _hashed(password: str, cost: Cost) -> str:
    salt = secrets.token_bytes(_SALT_BYTES)
    return _text(_Password(cost, salt.hex(), derive(password, salt, cost).hex()))


def _opens(password: str, stored: str) -> bool:
    known = msgspec.json.decode(stored, type=_Password)
    derived = derive(password, bytes.fromhex(known.salt), known.cost)
    return hmac.compare_digest(derived.hex(), known.derived)


def _token_hash(token: str) -> bytes:
    return digest("sbk/page-token/1", token.encode())
