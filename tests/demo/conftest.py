"""One training counter for all tests that only look at it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sbk_tui.demo import office
from sbk_tui.wiring import Counter

PEOPLE, SEED = 120, 7
NOON = int(datetime(2026, 11, 24, 4, tzinfo=UTC).timestamp() * 1000)
"""A Tuesday, 12:00 in Xinxiang."""


def make(home: Path, level: str = "township", *, people: int = PEOPLE) -> None:
    """Make a training counter."""
    office.make(home, level=level, people=people, seed_number=SEED, now_ms=NOON)


@pytest.fixture(scope="module")
def training(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Counter, office.Made]]:
    """Give a township's training counter, open for the lead, and what it was made of."""
    home = tmp_path_factory.mktemp("demo") / "training"
    make(home)
    counter, made = office.open_again(home)
    yield counter, made
    counter.close()
