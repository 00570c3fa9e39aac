"""The one place that opens the database, and the one SQLite library of the process.

A counter's database is SQLCipher with a raw key (`crypt` extra); without a key it is plain
SQLite through the standard library. Nothing else in the process may open its files: POSIX locks
are per process, and a second opener makes an acknowledged commit vanish (tested with an audit
hook over the whole suite).
"""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from peewee import SqliteDatabase

from sbk_tui.errors import BadUsage, IntegrityFault, StorageFault

_PATIENCE_S = 20
"""How long a writer waits for another process's transaction, seconds: on a slow machine the sender
takes a page of the city's rows in at low priority, and a clerk's save must not fail for it."""

PRAGMAS = (
    ("journal_mode", "wal"),
    ("synchronous", "full"),  # NORMAL loses acknowledged work at a power cut
    ("foreign_keys", 1),
    ("busy_timeout", _PATIENCE_S * 1000),
    ("secure_delete", 1),
    ("trusted_schema", 0),
    ("cell_size_check", 1),
    ("temp_store", 2),
    ("journal_size_limit", 8 * 1024 * 1024),
    ("cache_size", -4096),
)
_PLAIN_HEAD = b"SQLite format 3\x00"
_TOO_OPEN = stat.S_IRWXG | stat.S_IRWXO

# SQLite's own words for a failed write → our code. First match wins.
_FAULTS = (
    ("database or disk is full", StorageFault, "store.full"),
    ("disk i/o error", StorageFault, "store.full"),
    ("readonly", StorageFault, "store.read_only"),
    ("read-only", StorageFault, "store.read_only"),
    ("database is locked", StorageFault, "store.busy"),
    ("unable to open", StorageFault, "store.cannot_open"),
    ("not a database", IntegrityFault, "store.wrong_key"),
    ("malformed", IntegrityFault, "store.corrupt"),
)


class _CipherDatabase(SqliteDatabase):
    """Peewee's SQLite with SQLCipher underneath: the raw key goes first, before any pragma."""

    def __init__(self, path: str, key: bytes, **options: Any) -> None:
        super().__init__(path, **options)
        # SQLCipher writes the salt in clear at the head of the file: it must tell nothing.
        salt = hashlib.sha256(b"sbk/db-salt/1\x00" + key).digest()[:16]
        self._key_text = f"x'{key.hex()}{salt.hex()}'"

    def _connect(self) -> Any:
        from sqlcipher3 import dbapi2

        connection = dbapi2.connect(str(self.database), timeout=_PATIENCE_S, isolation_level=None)
        try:
            # Without this a wrong key writes to standard error, into the clerk's screen.
            connection.execute("PRAGMA cipher_log_level = NONE")
            connection.execute(f'PRAGMA key = "{self._key_text}"')
            self._add_conn_hooks(connection)
        except BaseException:
            connection.close()
            raise
        return connection


class Store:
    """An open database: connections by thread, errors in our own words.

    Attributes:
        db: Peewee's database; rooms above `data` never see it.
        encrypted: whether the file is unreadable without the key.
    """

    db: Any

    def __init__(self, db: SqliteDatabase, *, encrypted: bool) -> None:
        self.db = db
        self.encrypted = encrypted

    @contextmanager
    def session(self) -> Iterator[SqliteDatabase]:
        """Lend this thread's connection; open it if need be and then close it again.

        Raises:
            StorageFault, IntegrityFault: what SQLite said, in our words.
        """
        opened = self.db.connect(reuse_if_open=True)
        try:
            with translated():
                yield self.db
        finally:
            if opened:
                self.db.close()

    @contextmanager
    def write(self, scope: str = "") -> Iterator[SqliteDatabase]:  # noqa: ARG002
        """As `session`, inside one IMMEDIATE transaction that is undone whole by any error.

        Args:
            scope: what is written; a server may let writers with different scopes go side by
                side. SQLite has one writer.
        """
        with self.session() as db:
            db.execute_sql("BEGIN IMMEDIATE")
            try:
                yield db
                db.execute_sql("COMMIT")
            except BaseException:
                # A full disk has already rolled back by itself: then there is nothing to undo.
                if db.connection().in_transaction:
                    db.execute_sql("ROLLBACK")
                raise

    def is_fault(self, error: Exception) -> bool:
        """Return whether an error inside a session is the database's own, nobody's mistake."""
        return isinstance(error, StorageFault | IntegrityFault) or fault_in(error) is not None

    def alter(self, db: SqliteDatabase, statement: str) -> None:
        """Run a statement of a migration."""
        db.execute_sql(statement)

    def schema(self, db: SqliteDatabase) -> int:
        """Return the number of the newest step that was run; 0 for an empty database."""
        number: int = db.execute_sql("PRAGMA user_version").fetchone()[0]
        return number

    def set_schema(self, db: SqliteDatabase, number: int) -> None:
        """Note that all steps up to `number` were run."""
        db.execute_sql(f"PRAGMA user_version = {number:d}")

    def close(self) -> None:
        """Close this thread's connection."""
        if not self.db.is_closed():
            self.db.close()


@contextmanager
def translated() -> Iterator[None]:
    """Turn SQLite's errors into ours: full, read-only, busy, corrupt, wrong key."""
    try:
        yield
    except Exception as error:
        fault = fault_in(error)
        if fault is None:
            raise
        raise fault from error


def fault_in(error: Exception) -> StorageFault | IntegrityFault | None:
    """Return what is wrong with the file in our words; None for an error of another sort."""
    if _is_database_error(error):
        said = str(error).lower()
        for words, kind, code in _FAULTS:
            if words in said:
                return kind(code)
    return None


def _is_database_error(error: Exception) -> bool:
    """Whether `error` comes from Peewee, sqlite3 or sqlcipher3 (both name it DatabaseError)."""
    return any(cls.__name__ in {"DatabaseError", "PeeweeException"} for cls in type(error).__mro__)


def cipher_available() -> bool:
    """Return whether the `crypt` extra is installed."""
    from importlib.util import find_spec

    return find_spec("sqlcipher3") is not None


def open_store(path: Path, key: bytes | None) -> Store:
    """Open the database at `path`, creating an empty file when there is none.

    Args:
        path: the file; its folder must exist and belong to the clerk's user alone.
        key: 32 bytes for an encrypted database, None for a plain one.

    Raises:
        BadUsage: `store.too_open` when file or folder can be read by others.
        IntegrityFault: `store.wrong_key`, `store.not_encrypted`.
        StorageFault: `store.cannot_open`, `store.read_only`, `store.no_wal`.
    """
    _check_private(path)
    store = Store(_database(path, key), encrypted=key is not None)
    try:
        with translated():
            store.db.connect()
            _use_wal(store.db)
    except BaseException:
        store.close()
        if key is not None:
            refuse_plain(path)
        raise
    path.chmod(0o600)
    return store


def copy_store(store: Store, path: Path, key: bytes | None) -> None:
    """Write a consistent copy of an open database to `path`, encrypted alike.

    Others may go on writing meanwhile: what is copied is one moment. By SQLite's backup only: a
    file copied by hand lacks what is in the log beside it.

    Args:
        path: no file yet, in a folder of our own.
        key: the key of the database.

    Raises:
        StorageFault, IntegrityFault: what SQLite said, `store.corrupt` when the copy is not whole.
    """
    copy = open_store(path, key)
    try:
        with store.session() as db, translated():
            db.connection().backup(copy.db.connection())  # in one step: nothing comes between
            if copy.db.execute_sql("PRAGMA quick_check").fetchall() != [("ok",)]:
                raise IntegrityFault("store.corrupt")
    finally:
        copy.close()


def _use_wal(db: SqliteDatabase) -> None:
    mode = db.execute_sql("PRAGMA journal_mode = wal").fetchone()[0]
    if mode != "wal":
        raise StorageFault("store.no_wal")
    db.execute_sql("SELECT count(*) FROM sqlite_master").fetchone()


def _database(path: Path, key: bytes | None) -> SqliteDatabase:
    pragmas = tuple((name, value) for name, value in PRAGMAS if name != "journal_mode")
    if key is None:
        return SqliteDatabase(str(path), pragmas=pragmas, timeout=_PATIENCE_S)
    return _CipherDatabase(str(path), key, pragmas=pragmas, timeout=_PATIENCE_S)


def _check_private(path: Path) -> None:
    for place in (path.parent, path):
        if place.exists() and place.stat().st_mode & _TOO_OPEN:
            raise BadUsage("store.too_open", place=str(place))


def refuse_plain(path: Path) -> None:
    """Refuse a database file that can be read without the key.

    To be called while no connection of this process is open: closing the file would drop
    SQLite's own locks. A file that opens with a key is encrypted; this names one that does not,
    and proves a new one.

    Raises:
        IntegrityFault: `store.not_encrypted`.
    """
    if not path.exists():
        return
    with path.open("rb") as file:
        head = file.read(len(_PLAIN_HEAD))
    if head == _PLAIN_HEAD:
        raise IntegrityFault("store.not_encrypted")
