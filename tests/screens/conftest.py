"""A real counter with a handful of invented people, driven by keys."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.worker import WorkerCancelled

from sbk_tui import wiring
from sbk_tui.app import SbkApp
from sbk_tui.data.keyring import Cost, Keyring
from sbk_tui.domain.card import Receiver
from sbk_tui.domain.identity import card_check
from sbk_tui.domain.operations.base import Operation
from sbk_tui.domain.operations.batch import Line, TakeIn
from sbk_tui.domain.operations.issue import Enable, IssueToPerson
from sbk_tui.screens.work import Background
from tests.people import EVERYBODY

PASSWORD = "Training-2026"
SECOND = "Training-2027"
DISTRICT = "410782105"
CHEAP = Cost(1, 64)
PEOPLE = EVERYBODY[:4]
CARDS = [f"B{n:07d}{card_check(f'B{n:07d}')}" for n in range(1, 5)]
"""PEOPLE[0] and [1]: enabled cards; [2]: in stock; [3]: handed out, still sealed."""


def empty_counter(home: Path, level: str = "T", bank: str = "") -> wiring.Counter:
    """Set up a counter with two clerks, and open it for the first clerk."""
    wiring.set_up(
        home, office="百泉镇劳保所", level=level, district=DISTRICT, clerk="1001", name="张敏",
        password=PASSWORD, cost=CHEAP, bank=bank,
    )  # fmt: skip
    by = Keyring(home, wiring.now_ms).unlock("1001", PASSWORD)
    wiring.add_clerk(home, by, "1002", "王芳", wiring.CLERK, SECOND)
    return wiring.sign_in(home, "1001", PASSWORD)


def make_counter(home: Path, level: str = "T") -> wiring.Counter:
    """Set up a counter with two clerks and four people, and open it for the first clerk."""
    counter = empty_counter(home, level)
    lines = tuple(
        Line(
            person=person.id, number=person.number, name=person.name, card=card, bank="95533",
            mobile="13800001111", village_code="410782105201", village_name="示例村",
            made_on=date(2026, 5, 1),
        )
        for person, card in zip(PEOPLE, CARDS, strict=True)
    )  # fmt: skip
    do(counter, TakeIn(batch="2026-A", lines=lines))
    for card in (CARDS[0], CARDS[1], CARDS[3]):
        do(counter, IssueToPerson(card=card, receiver=Receiver(type="1", phone="13800001111")))
    for card in CARDS[:2]:
        do(counter, Enable(card=card))
    return counter


def do(counter: wiring.Counter, operation: Operation) -> None:
    """Perform an operation without a screen."""
    counter.ledger.perform(counter.ledger.intend(operation, op=counter.new_id()))


def kinds(counter: wiring.Counter) -> list[str]:
    """Return the kinds of the log, oldest first."""
    with counter.opened.store.session() as db:
        return [row[0] for row in db.execute_sql("SELECT kind FROM operation ORDER BY seq")]


def everything_stored(counter: wiring.Counter) -> Iterator[bytes]:
    """Yield every value of every table, as bytes: the file itself may be encrypted."""
    with counter.opened.store.session() as db:
        for (table,) in db.execute_sql("SELECT name FROM sqlite_master WHERE type = 'table'"):
            for row in db.execute_sql(f'SELECT * FROM "{table}"'):  # noqa: S608 -- its own names
                for value in row:
                    yield bytes(value) if isinstance(value, bytes) else str(value).encode()


@pytest.fixture
def level() -> str:
    """Give the counter's level; a test parametrizes it for another one."""
    return "T"


@pytest.fixture
def counter(private_folder: Path, level: str) -> Iterator[wiring.Counter]:
    """Give a counter, a township's unless the test says more, signed in."""
    counter = make_counter(private_folder / "counter", level)
    yield counter
    counter.close()


@pytest.fixture
def app(counter: wiring.Counter) -> SbkApp:
    """Give the application on that counter."""
    return SbkApp(opened=counter)


async def settled(pilot: Pilot[None]) -> None:
    """Wait until no work runs and every message is read."""
    for _ in range(200):
        with suppress(WorkerCancelled):  # a newer search took an older one's place
            await pilot.app.workers.wait_for_complete()
        await pilot.pause()
        screen = pilot.app.screen
        if not (isinstance(screen, Background) and screen.busy):
            return
    raise AssertionError("never settled")


async def open_job(pilot: Pilot[None], number: str) -> None:
    """Open a job by its number from the menu."""
    await pilot.press(*number, "enter")
    await settled(pilot)


async def type_text(pilot: Pilot[None], text: str) -> None:
    """Type a text as an input method does."""
    await pilot.press(*text)


async def pick(pilot: Pilot[None], text: str) -> None:
    """Search for `text` and pick the person found."""
    await type_text(pilot, text)
    await pilot.press("enter")
    await settled(pilot)


def shown(app: SbkApp) -> str:
    """Return what stands on the screen, line by line."""
    width, height = app.size
    lines = [[" "] * width for _ in range(height)]
    for y, strips in enumerate(app.screen._compositor.render_strips(app.size)):
        lines[y] = ["".join(segment.text for segment in strips)]
    return "\n".join("".join(line).rstrip() for line in lines)
