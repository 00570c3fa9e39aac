"""Counters for the command line: made once a run, copied for each test."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from sbk_tui.domain.identity import card_check
from tests.commands.desk import LEAD, Sbk, copied, new_counter
from tests.people import CHANG_GUILAN

CARD = "B0000001" + card_check("B0000001")
RECEIVER = "receiver.phone=13800370001"
LINE = (
    f'[{{"number": "{CHANG_GUILAN.number}", "name": "{CHANG_GUILAN.name}", "card": "{CARD}",'
    f' "village_code": "{CHANG_GUILAN.village_code}", "mobile": "{CHANG_GUILAN.mobile}",'
    ' "bank": "95533", "bank_card": "6217000000000000001", "made_on": "2026-11-01"}]'
)
LOSS = ("caller_name=刘洋", "caller_phone=13800370001")

WAYS = {  # a state of a card, and the operations that lead there
    "sealed": (),
    "handed_out": ("issue.person",),
    "active": ("issue.person", "card.enable"),
    "temp_lost": ("issue.person", "card.enable", "loss.temporary"),
    "formal_lost": ("issue.person", "card.enable", "loss.formal"),
    "cancelled": ("card.cancel",),
}
WISHES: dict[str, tuple[str, ...]] = {
    "issue.person": (f"card={CARD}", RECEIVER),
    "visit.not_home": (f"card={CARD}",),
    "issue.roll_back": (f"card={CARD}", "reason=01", "card_back=true"),
    "card.check": (f"card={CARD}", "reason=03", "result=2", "manual=true"),
    "issue.again": (f"card={CARD}", RECEIVER),
    "card.collect": (f"card={CARD}", RECEIVER),
    "card.enable": (f"card={CARD}",),
    "loss.temporary": (f"card={CARD}", *LOSS),
    "loss.formal": (f"card={CARD}", "id_shown=true"),
    "card.release": (f"card={CARD}", "in_person=true", "id_shown=true"),
    "card.cancel": (f"card={CARD}", "reason=01", "proof=死亡证明"),
    "replace.apply": (f"card={CARD}", "type=5", "reason=51"),
}
"""Everything that can be wished for one card, each complete in itself."""


@pytest.fixture(scope="session")
def counters(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Sbk]:
    """Give county counters whose one card is in a state of `WAYS`; not to be written to."""
    made: dict[str, Sbk] = {}

    def build(state: str) -> Sbk:
        if state not in made:
            folder = tmp_path_factory.mktemp(state)
            if state == "empty":
                made[state] = new_counter(folder)
            else:
                sbk = copied(build("empty"), folder)
                sbk.do("batch.take_in", "batch=2026-11-A", f"lines={LINE}")
                for kind in WAYS[state]:
                    sbk.do(kind, *WISHES[kind], approver=LEAD)
                made[state] = sbk
        return made[state]

    return build


@pytest.fixture
def empty(counters: Callable[[str], Sbk], tmp_path: Path) -> Sbk:
    """Give a county counter without any record."""
    return copied(counters("empty"), tmp_path)


@pytest.fixture
def sealed(counters: Callable[[str], Sbk], tmp_path: Path) -> Sbk:
    """Give a county counter with one finished card in its drawer."""
    return copied(counters("sealed"), tmp_path)


@pytest.fixture
def active(counters: Callable[[str], Sbk], tmp_path: Path) -> Sbk:
    """Give a county counter with one card that is in use."""
    return copied(counters("active"), tmp_path)


@pytest.fixture
def township(tmp_path: Path) -> Sbk:
    """Give a township counter with one formally lost card."""
    sbk = new_counter(tmp_path, "T", "410782105")
    sbk.do("batch.take_in", "batch=2026-11-A", f"lines={LINE}")
    for kind in WAYS["formal_lost"]:
        sbk.do(kind, *WISHES[kind])
    return sbk
