"""What every test shares: nobody opens a database file that this process has open already."""

from __future__ import annotations

import asyncio
import os
import secrets
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import textual.app

from tests import postgres

_QUICK_S = 0.005


async def _wait_between_keys(min_sleep: float = _QUICK_S, max_sleep: float = 1) -> None:
    """Let what is ready run before the next key, as a fast typist does.

    Textual looks every 20 ms, twice a key, whether the program has come to rest: most of the time
    of this suite. `Pilot.pause`, before a test looks at the screen, still waits as long.
    """
    end = time.monotonic() + max_sleep
    while time.monotonic() < end:
        worked = time.process_time()
        await asyncio.sleep(max(min_sleep, _QUICK_S))
        if time.process_time() - worked < _QUICK_S / 10:
            return


textual.app.wait_for_idle = _wait_between_keys  # type: ignore[attr-defined]

_second_opens: list[str] = []
_by_sqlite3: set[str] = set()
"""Files that the standard library has open: its own threads share one set of locks."""


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    """Note a Python-level open of a database file while SQLite holds it in this process.

    Closing such a second handle drops SQLite's POSIX locks: an acknowledged commit can vanish.
    """
    if event not in {"open", "sqlite3.connect"} or not isinstance(arguments[0], str | bytes):
        return
    path = os.fsdecode(arguments[0])
    if not path.endswith((".db", ".db-wal", ".db-shm")):
        return
    shared = event == "sqlite3.connect" and path in _by_sqlite3
    if not shared and _is_open_here(path):
        _second_opens.append(f"{event} {path}")
    if event == "sqlite3.connect":
        _by_sqlite3.add(path)


def _is_open_here(path: str) -> bool:
    wanted = os.path.realpath(path)
    for descriptor in Path("/proc/self/fd").iterdir():
        try:
            if str(descriptor.readlink()) == wanted:
                return True
        except OSError:
            continue
    return False


sys.addaudithook(_watch)


def pytest_configure() -> None:
    os.environ.setdefault(postgres.RUN, secrets.token_hex(4))


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        postgres.stop()


@pytest.fixture(autouse=True)
def _no_second_opener() -> Iterator[None]:
    yield
    found, _second_opens[:] = list(_second_opens), []
    assert found == []


@pytest.fixture
def private_folder(tmp_path: Path) -> Path:
    """Give an empty folder as a counter's home must be: readable by its owner alone."""
    place = tmp_path / "home"
    place.mkdir(mode=0o700)
    return place
