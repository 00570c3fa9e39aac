"""A hub is a folder: its records, its keys (0600) and, if wanted, `config.toml`.

`hub.key` signs; `hub.box` opens what counters bring on a stick; `tls.crt` and `tls.key`, where
there are such, are what it serves HTTPS with. The records are `hub.db`, or stand on the
PostgreSQL server whose address `database` holds (it may name a password).
"""

from __future__ import annotations

import hashlib
import ipaddress
import secrets
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from sbk_tui.data.keyring import write_private
from sbk_tui.data.outbox import peer, remember_peer
from sbk_tui.data.seal import Ed25519Signer, Signer, new_private_key
from sbk_tui.data.store import Store, open_store
from sbk_tui.errors import BadUsage, IntegrityFault
from sbk_tui.hub.migrations import migrate
from sbk_tui.sync.bundle import new_box

DATABASE = "hub.db"
KEY, BOX, ADDRESS = "hub.key", "hub.box", "database"
TLS_CERTIFICATE, TLS_KEY = "tls.crt", "tls.key"
_CERTIFICATE_DAYS = 3650
_OTHERS = 0o077


class Hub(NamedTuple):
    """An open hub: its records, its name, the key it signs with."""

    store: Store
    id: str
    epoch: str
    """One life of the database: a restore from a backup begins another."""
    signer: Signer
    box: bytes
    """Private X25519 key: only this hub reads the bundles that are made for it."""
    home: Path
    certificate: str
    """SHA-256 of the TLS certificate it serves, hexadecimal; empty: none of its own."""


def is_hub(home: Path) -> bool:
    """Return whether a folder is a hub's."""
    return (home / KEY).exists()


def create(home: Path, database: str = "") -> None:
    """Make a hub: id, signing key, empty database.

    Args:
        database: `postgresql://…` of an empty database; without one it is a file in the folder.

    Raises:
        BadUsage: `hub.exists`, also when another hub is in the database; `hub.database_url`;
            `store.too_open` when others can read the folder.
        StorageFault: `hub.database` when the server does not answer.
    """
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    if (home / DATABASE).exists() or is_hub(home):
        raise BadUsage("hub.exists", place=str(home))
    store = _store(home, database)
    try:
        migrate(store)
        if peer(store):
            raise BadUsage("hub.exists", place=database)
        if database:
            write_private(home / ADDRESS, database.encode())
        private = new_private_key()
        write_private(home / KEY, private)
        remember_peer(
            store,
            {
                "hub": f"hub-{secrets.token_hex(4)}".encode(),
                "epoch": secrets.token_hex(8).encode(),
                "hub_public": Ed25519Signer(private).public,
            },
        )
    finally:
        store.close()


def open_hub(home: Path) -> Hub:
    """Open the hub in `home` and bring its schema up to date.

    Raises:
        BadUsage: `hub.missing`; `store.too_open` when others can read the key.
        IntegrityFault: `hub.key_of_another` when key and database do not belong together.
    """
    database = _address(home)
    if not is_hub(home) or not (database or (home / DATABASE).exists()):
        raise BadUsage("hub.missing", place=str(home))
    if (home / KEY).stat().st_mode & _OTHERS:
        raise BadUsage("store.too_open", place=str(home / KEY))
    signer = Ed25519Signer((home / KEY).read_bytes())
    store = _store(home, database)
    try:
        migrate(store)
        known = peer(store)
    except BaseException:
        store.close()
        raise
    if known.get("hub_public") != signer.public:
        store.close()
        raise IntegrityFault("hub.key_of_another")
    return Hub(
        store,
        known["hub"].decode(),
        known["epoch"].decode(),
        signer,
        _box(home),
        home,
        _certificate(home),
    )


def make_certificate(home: Path, host: str, now_ms: int) -> str:
    """Make a TLS key and a certificate for `host` signed by itself; return its SHA-256.

    Counters pin it on the hub's own word, so that no authority is needed.
    """
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
    )

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)])
    begin = datetime.fromtimestamp(now_ms / 1000, UTC) - timedelta(days=1)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=_CERTIFICATE_DAYS))
        .add_extension(x509.SubjectAlternativeName([_alternative(host)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    write_private(home / TLS_KEY, private)
    write_private(home / TLS_CERTIFICATE, certificate.public_bytes(Encoding.PEM))
    return _certificate(home)


def _alternative(host: str) -> Any:
    from cryptography import x509

    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _certificate(home: Path) -> str:
    path = home / TLS_CERTIFICATE
    if not path.exists():
        return ""
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(path.read_text("ascii"))).hexdigest()


def _address(home: Path) -> str:
    path = home / ADDRESS
    if not path.exists():
        return ""
    if path.stat().st_mode & _OTHERS:
        raise BadUsage("store.too_open", place=str(path))
    return path.read_text("utf-8").strip()


def _store(home: Path, database: str) -> Store:
    if not database:
        return open_store(home / DATABASE, None)
    if not database.startswith(("postgresql://", "postgres://")):
        raise BadUsage("hub.database_url", url=database)
    try:
        from sbk_tui.hub.postgres import PostgresStore

        return PostgresStore(database)
    except ImportError as error:
        raise BadUsage("hub.postgres_missing") from error


def _box(home: Path) -> bytes:
    """Return the key for bundles; a hub made before there were bundles gets one now."""
    path = home / BOX
    if not path.exists():
        write_private(path, new_box())
    if path.stat().st_mode & _OTHERS:
        raise BadUsage("store.too_open", place=str(path))
    return path.read_bytes()
