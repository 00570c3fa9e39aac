"""The list of units (单位编号, 单位名称) that the city gives out; looked up while a form is filled.

Reference data of one counter: replaced line by line by each import, no part of the log.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from peewee import SqliteDatabase

from sbk_tui.data.store import Store

_MOST_FOUND = 200


class Taken(NamedTuple):
    """What an import changed."""

    new: int
    changed: int
    """Units that have another name now."""


class Units:
    """The units of one store."""

    def __init__(self, store: Store, initials: Callable[[str], tuple[str, ...]]) -> None:
        """Take the store and what gives the pinyin initials of a name."""
        self._store = store
        self._initials = initials

    def put(self, units: Mapping[str, str]) -> Taken:
        """Take in numbers with names, in one transaction; units not among them stay."""
        new = changed = 0
        with self._store.write() as db:
            for code, name in units.items():
                before = _name(db, code)
                new += before is None
                changed += before not in (None, name)
                readings = self._initials(name)
                db.execute_sql(
                    "INSERT INTO unit (code, name, initials) VALUES (?, ?, ?) ON CONFLICT (code)"
                    " DO UPDATE SET name = excluded.name, initials = excluded.initials",
                    (code, name, readings[0] if readings else ""),
                )
        return Taken(new, changed)

    def name(self, code: str) -> str:
        """Return the name of a unit, empty when it is not on the list."""
        with self._store.session() as db:
            return _name(db, code) or ""

    def find(self, typed: str) -> tuple[tuple[str, str], ...]:
        """Return (number, name) of units that `typed` may mean, by number.

        A part of the name, or the beginning of its initials or of the number.
        """
        wanted = typed.strip()
        sql = (
            "SELECT code, name FROM unit WHERE instr(name, ?) > 0 OR substr(code, 1, ?) = ?"
            " OR substr(initials, 1, ?) = ? ORDER BY code LIMIT ?"
        )
        size = len(wanted)
        asked = (wanted, size, wanted.upper(), size, wanted.lower(), _MOST_FOUND)
        with self._store.session() as db:
            return tuple((code, name) for code, name in db.execute_sql(sql, asked).fetchall())


def _name(db: SqliteDatabase, code: str) -> str | None:
    row: Any = db.execute_sql("SELECT name FROM unit WHERE code = ?", (code,)).fetchone()
    return str(row[0]) if row else None
