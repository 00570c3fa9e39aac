"""The hub's records in PostgreSQL: the same statements, for any number of worker processes.

`Store`'s two promises hold here, too: a session is one connection, a write is one transaction.
Writers with the same scope go one after the other (an advisory lock that ends with the
transaction), so that the judge sees the records as a single writer of SQLite does; receiving
from different counters goes on side by side.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from sbk_tui.data.store import Store
from sbk_tui.errors import IntegrityFault, StorageFault

MOST_CONNECTIONS = 8
"""Of one worker process; a city's server has room for a dozen workers."""
_PATIENCE_S = 10.0

_TRIGGER = re.compile(
    r"CREATE TRIGGER (?P<name>\w+)\s+(?P<when>BEFORE (?:INSERT|DELETE|UPDATE)(?: OF [\w, ]+)?)"
    r" ON (?P<table>\w+)(?:\s+WHEN (?P<if>.+?))?\s+BEGIN SELECT RAISE\(ABORT, '(?P<says>[^']+)'\);"
    r"\s+END;?\s*$",
    re.DOTALL,
)
_WORDS = (  # SQLite's column types → PostgreSQL's; text is compared by bytes, as SQLite does
    (re.compile(r"\bBLOB\b"), "BYTEA"),
    (re.compile(r"\bINTEGER\b"), "BIGINT"),
    (re.compile(r"\bTEXT\b"), 'TEXT COLLATE "C"'),
    (re.compile(r"\s*WITHOUT ROWID\b"), ""),
)


@lru_cache(maxsize=1024)
def _with_its_marks(sql: str) -> str:
    return sql.replace("%", "%%").replace("?", "%s")


class _Database:
    """One pool of connections with the one call that the hub's statements use."""

    def __init__(self, url: str) -> None:
        from psycopg_pool import ConnectionPool

        self.pool = ConnectionPool(
            url, min_size=1, max_size=MOST_CONNECTIONS, timeout=_PATIENCE_S, open=False,
            kwargs={"autocommit": True},
        )  # fmt: skip
        self.held = threading.local()

    def execute_sql(self, sql: str, params: Sequence[Any] = ()) -> Any:
        """Run a statement written with `?` on this thread's connection; return its cursor."""
        return self.held.connection.execute(_with_its_marks(sql), params)


class PostgresStore(Store):
    """The hub's database on a PostgreSQL server."""

    def __init__(self, url: str) -> None:
        """Take the server's `postgresql://` address; nothing is connected yet."""
        self.db: Any = _Database(url)
        self.encrypted = False

    @contextmanager
    def session(self) -> Iterator[Any]:
        """Lend this thread a connection for as long as the outermost session lasts.

        Raises:
            StorageFault: `hub.database`, with what the server said.
        """
        held = self.db.held
        if getattr(held, "connection", None) is not None:
            yield self.db
            return
        with _translated():
            self.db.pool.open()
            with self.db.pool.connection() as connection:
                held.connection = connection
                try:
                    yield self.db
                finally:
                    held.connection = None

    @contextmanager
    def write(self, scope: str = "") -> Iterator[Any]:
        """As `session`, inside one transaction; writers with the same scope wait in line."""
        with self.session() as db, _translated(), db.held.connection.transaction():
            db.execute_sql("SELECT pg_advisory_xact_lock(hashtextextended(?, 0))", (scope,))
            yield db

    def is_fault(self, error: Exception) -> bool:
        """Return whether an error inside a session is the server's own, nobody's mistake."""
        import psycopg

        return isinstance(error, StorageFault | IntegrityFault | psycopg.OperationalError)

    def alter(self, db: Any, statement: str) -> None:
        """Run a statement of a migration, written for SQLite."""
        for each in postgres_of(statement):
            db.held.connection.execute(each)

    def schema(self, db: Any) -> int:
        """Return the number of the newest step that was run; 0 for an empty database."""
        db.execute_sql("CREATE TABLE IF NOT EXISTS schema_number (number BIGINT NOT NULL)")
        row = db.execute_sql("SELECT coalesce(max(number), 0) FROM schema_number").fetchone()
        return int(row[0])

    def set_schema(self, db: Any, number: int) -> None:
        """Note that all steps up to `number` were run."""
        db.execute_sql("INSERT INTO schema_number (number) VALUES (?)", (number,))

    def close(self) -> None:
        """Give every connection back to the server."""
        self.db.pool.close()


def postgres_of(statement: str) -> tuple[str, ...]:
    """Return what does on PostgreSQL what a statement of our migrations does on SQLite."""
    found = _TRIGGER.match(statement.strip())
    if found is None:
        for pattern, replacement in _WORDS:
            statement = pattern.sub(replacement, statement)
        return (statement,)
    name, condition = found["name"], found["if"] or ""
    condition = condition.replace(" IS OLD", " IS NOT DISTINCT FROM OLD")
    only_if = f" WHEN ({condition})" if condition else ""
    return (
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS"
        f" $$ BEGIN RAISE EXCEPTION '{found['says']}'; END $$",
        f"CREATE TRIGGER {name} {found['when']} ON {found['table']}"
        f" FOR EACH ROW{only_if} EXECUTE FUNCTION {name}()",
    )


@contextmanager
def _translated() -> Iterator[None]:
    import psycopg
    from psycopg_pool import PoolTimeout

    try:
        yield
    except (psycopg.OperationalError, PoolTimeout) as error:
        said = " ".join(str(error).split())
        raise StorageFault("hub.database", reason=said) from error
