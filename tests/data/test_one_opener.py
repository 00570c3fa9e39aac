"""The guard against a second opener of a database file works."""

from __future__ import annotations

import sqlite3

from tests import conftest
from tests.data.conftest import KEY, Office


def caught() -> list[str]:
    """Return and forget what the guard has noted, so that the test itself passes it."""
    found, conftest._second_opens[:] = list(conftest._second_opens), []
    return found


def test_reading_an_open_database_file_is_noticed(office: Office) -> None:
    path = office.folder / "sbk.db"
    with path.open("rb"):
        pass
    assert caught() == [f"open {path}"]


def test_a_second_sqlite_library_is_noticed(office: Office) -> None:
    path = office.folder / "sbk.db"
    sqlite3.connect(str(path)).close()
    assert caught() == [f"sqlite3.connect {path}"]


def test_a_closed_database_may_be_looked_at(office: Office) -> None:
    office.opened.store.close()
    assert (office.folder / "sbk.db").read_bytes()[:6] != KEY[:6]
    assert caught() == []
