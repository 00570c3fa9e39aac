"""A counter and a city by commands alone: made, joined, worked at, handed in, and both agree."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.commands.conftest import CARD, LINE, WISHES
from tests.commands.desk import LEAD, PASSWORD, Sbk, typed
from tests.people import CHANG_GUILAN


@pytest.fixture
def city(tmp_path: Path) -> str:
    home = str(tmp_path / "city")
    assert typed("hub", "init", "--home", home).code == 0
    return home


@pytest.fixture
def url(city: str) -> Iterator[str]:
    command = [sys.executable, "-m", "sbk_tui", "hub", "serve", "--home", city, "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield server.stdout.readline().split("：")[1].strip()
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(timeout=10)


@pytest.mark.clause("P1")
def test_counter_and_city_show_the_same_person(tmp_path: Path, city: str, url: str) -> None:
    sbk = Sbk(tmp_path / "home", LEAD)
    (tmp_path / "password").write_text(PASSWORD, "utf-8")
    place = ("--level", "T", "--district", "410782105", "--office", "百泉镇社保所")
    code = typed("hub", "enrol", *place, "--home", city, "--json").document["code"]
    clerk = ("--clerk", LEAD, "--name", "李强", "--password-file", str(tmp_path / "password"))
    made = sbk("init", *place, *clerk, "--hub", url, "--code", code, "--json")
    assert made.code == 0, made
    assert made.document["joined"] is True

    sbk.do("batch.take_in", "batch=2026-11-A", f"lines={LINE}")
    for kind in ("issue.person", "card.enable", "loss.temporary"):
        sbk.do(kind, *WISHES[kind])
    first = sbk("sync", "--json")
    assert first.code == 0, first
    waiting = first.document["waiting"] + first.document["received"]
    while waiting:
        tally = sbk("sync", "--json").document
        waiting = tally["waiting"] + tally["received"]
    number = CHANG_GUILAN.number
    theirs = typed("hub", "show", "person", number, "--home", city, "--json").document
    ours = sbk("show", "person", number, "--json").document
    assert theirs == ours
    assert ours["cards"][0]["state"] == "4"
    operation = sbk("show", "operation", "--json", _newest(sbk)).document
    assert (operation["standing"]["state"], operation["standing"]["verdict"]) == (
        "judged", "accepted",
    )  # fmt: skip
    assert sbk.operations() == 4


def _newest(sbk: Sbk) -> str:
    line = next(line for line in sbk("show", "person", CARD).out.splitlines() if "业务码" in line)
    return line.split("业务码 ")[1].split()[0]
