"""One hand on the number pad (B22): whole jobs by digits, Enter, dot and plus alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.pilot import Pilot

from sbk_tui import wiring
from sbk_tui.app import SbkApp
from sbk_tui.domain.card import CardState
from sbk_tui.screens.keys import pad_action
from tests.people import EVERYBODY
from tests.screens.conftest import CARDS, PASSWORD, PEOPLE, kinds, make_counter, settled, shown

SIZE = (80, 24)
KEYS = {**{digit: digit for digit in "0123456789"}, "\n": "enter", ".": "full_stop", "+": "plus"}


async def pad(pilot: Pilot[None], *texts: str) -> None:
    """Press what a hand on the number pad can press, and nothing else."""
    for text in texts:
        for char in text:
            await pilot.press(KEYS[char])
        await settled(pilot)


@pytest.fixture
def counter(private_folder: Path) -> Iterator[wiring.Counter]:
    """Give a counter whose cancellations want no second clerk: a password is no number."""
    home = private_folder / "counter"
    make_counter(home).close()
    (home / "config.toml").write_text("[rules]\ncancel_four_eyes = false\n", "utf-8")
    counter = wiring.sign_in(home, "1001", PASSWORD)
    yield counter
    counter.close()


@pytest.mark.clause("B22", "2.2.2", "3.1", "2.4.2", "3.4", "5.1.4")
async def test_a_morning_with_one_hand(counter: wiring.Counter) -> None:
    app = SbkApp(opened=counter)
    before = len(kinds(counter))
    waiting = PEOPLE[2].number.removesuffix("X")
    async with app.run_test(size=SIZE) as pilot:
        await pad(pilot, "222\n", waiting, "\n", "\n13800003333", "+")
        assert kinds(counter)[before:] == ["issue.person"]
        await pad(pilot, "+1")  # 启用
        assert kinds(counter)[before:] == ["issue.person", "card.enable"]
        await pad(pilot, ".", ".")

        await pad(pilot, "31\n", PEOPLE[0].number, "\n", PEOPLE[0].number[-4:], "\n13800003333")
        assert PEOPLE[0].name in shown(app).partition("报失人姓名")[2]
        await pad(pilot, "+")
        assert kinds(counter)[-1] == "loss.temporary"
        await pad(pilot, ".", ".")

        await pad(pilot, "242\n", PEOPLE[0].number, "\n")
        assert "临时挂失" in shown(app)
        await pad(pilot, ".", ".")

        await pad(pilot, "34\n", PEOPLE[1].number, "\n", "01\n20261124\n1+")
        assert "不能恢复" in shown(app)
        await pad(pilot, "+", "\n")  # neither a bare Enter nor a plus is an answer
        assert kinds(counter)[-1] == "loss.temporary"
        await pad(pilot, "1")
    assert kinds(counter)[before:] == [
        "issue.person", "card.enable", "loss.temporary", "card.cancel",
    ]  # fmt: skip
    card = counter.lookup.card(CARDS[1])
    assert card is not None
    assert card.state is CardState.CANCELLED


@pytest.mark.clause("B22")
@pytest.mark.parametrize(("character", "typed", "action"), [
    ("+", "", "confirm"), ("+", "13800001111", "confirm"), ("+", "41070319950808102X", "confirm"),
    ("*", "1-2-3", "print"), (".", "", "back"), (".", "2", ""), (".", "2026", ""),
    ("+", "死亡证明", ""), ("+", "a", ""), ("*", "刘洋", ""), ("1", "", ""), (None, "", ""),
])  # fmt: skip
def test_what_a_key_of_the_pad_means_depends_on_the_line(
    character: str | None, typed: str, action: str
) -> None:
    assert pad_action(character, typed) == action


@pytest.mark.clause("B22")
def test_a_name_is_found_by_a_number_that_is_one_persons(counter: wiring.Counter) -> None:
    query = counter.desks.query
    whole = query.named(PEOPLE[0].number)
    assert whole == (PEOPLE[0].name, PEOPLE[0].number)
    assert query.named(PEOPLE[0].number[-4:]) == (PEOPLE[0].name, "")
    assert query.named(EVERYBODY[7].number) is None
    assert query.named("13800001111") is None, "the phone of four people"
    assert query.named(PEOPLE[0].name) is None
