"""2.1.1, 2.1.2 by command: a county asks, approves, writes the list; the count comes back."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sbk_tui.domain.handover import check_number
from tests.commands.desk import Sbk, new_counter
from tests.manifests import BATCH, HEADINGS, PLACE, card_of, row_of

RECEIVER = (
    "receiver.type=3", "receiver.name=王芳", "receiver.number=410782196001110005",
    "receiver.phone=13800001111",
)  # fmt: skip


def stock(county: Sbk, folder: Path, people: range) -> list[str]:
    """Take finished cards in at the county, from the factory's file."""
    path = folder / "factory.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([HEADINGS, *map(row_of, people)])
    answer = county("import", "cards", str(path), "--batch", BATCH)
    assert answer.code == 0, answer
    return [card_of(n) for n in people]


def request(county: Sbk, cards: list[str], to: str = PLACE) -> str:
    """Ask for a hand-over; return its id."""
    done = county.do("handover.request", *wish(cards, to))
    (subject,) = (each["subject"] for each in done["changed"])
    return str(subject).removeprefix("handover/")


def wish(cards: list[str], to: str = PLACE) -> tuple[str, ...]:
    fields = (f"batch={BATCH}", "from_office=辉县市", f"to={to}", f"cards={','.join(cards)}")
    return (*fields, *RECEIVER)


@pytest.fixture
def counters(tmp_path: Path) -> Callable[[str, str], Sbk]:
    """Give a maker of counters."""

    def build(level: str, district: str) -> Sbk:
        folder = tmp_path / f"{level}{district}"
        folder.mkdir(mode=0o700)
        return new_counter(folder, level, district)

    return build


@pytest.mark.clause("2.1.1", "2.1.2", "2.1", "B7")
def test_a_list_goes_to_the_township_and_its_count_comes_back(
    counters: Callable[[str, str], Sbk], private_folder: Path
) -> None:
    county, township = counters("C", "410782"), counters("T", PLACE)
    cards = stock(county, private_folder, range(6))
    id_ = request(county, cards[:5])
    path, back = str(private_folder / "out.csv"), str(private_folder / "back.csv")
    early = county("export", "handover", id_, path)
    assert (early.code, "还没有发出" in early.err) == (3, True)
    county.do("handover.decide", f"handover={id_}", "verdict=approved")
    assert county.card(cards[0])["custody"] == ""
    assert county.card(cards[5])["custody"] != ""
    assert county("export", "handover", id_[:8], path, "--json").document["rows"] == 5

    offered = township("import", "handover", path, "--json").document
    assert offered["handover"] == id_
    assert offered["check"] == check_number(BATCH, PLACE, cards[:5])
    early = township("export", "receipt", id_, back)
    assert (early.code, "没有清点完" in early.err) == (3, True)
    township.do(
        "handover.receive", f"handover={id_}", f"seen={','.join(cards[:4])}",
        f"damaged={cards[1]}", f"extra={card_of(99)}",
    )  # fmt: skip
    assert township("export", "receipt", id_, back).code == 0
    answer = county("import", "receipt", back, "--json").document
    assert (answer["state"], answer["received"]) == ("short", 4)
    assert answer["differences"] == [
        {"code": "handover.missing", "card": cards[4]},
        {"code": "handover.damaged", "card": cards[1]},
        {"code": "handover.extra", "card": card_of(99)},
    ]
    again = county("import", "receipt", back)
    assert (again.code, "已经收过" in again.err) == (3, True)
    assert county.card(cards[0])["custody"] == township.card(cards[0])["custody"]

    township.do("handover.receive", f"handover={id_}", f"seen={cards[4]}")
    later = str(private_folder / "later.csv")
    assert township("export", "receipt", id_, later).code == 0
    assert county("import", "receipt", later, "--json").document["state"] == "done"
    assert county.operations() == 5  # in, asked, approved, two answers
    assert township.operations() == 3


@pytest.mark.clause("2.1.1", "2.1.2", "A4")
@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("handover.request", wish([card_of(0)], "410782103")),
        ("handover.decide", ("handover=1", "verdict=approved")),
        ("handover.withdraw", ("handover=1",)),
        ("handover.answer", ("handover=1", "counter=x", "seen=")),
    ],
)
def test_a_township_hands_over_to_nobody(
    counters: Callable[[str, str], Sbk], kind: str, fields: tuple[str, ...]
) -> None:
    township = counters("T", PLACE)
    answer = township("do", kind, *fields, "--json")
    assert (answer.code, answer.document["error"]) == (3, "capability.level")
    assert township.operations() == 0
    for words in (("export", "handover", "123456", "x.csv"), ("import", "receipt", "x.csv")):
        assert township(*words).code in (2, 3)


@pytest.mark.clause("2.1.2")
def test_who_asked_may_not_approve_where_the_office_wants_two(
    counters: Callable[[str, str], Sbk], private_folder: Path
) -> None:
    county = counters("C", "410782")
    id_ = request(county, stock(county, private_folder, range(2)))
    (county.home / "config.toml").write_text("[rules]\nhandover_four_eyes = true\n", "utf-8")
    approve = ("handover.decide", f"handover={id_}", "verdict=approved")
    answer = county("do", *approve, "--json")
    assert (answer.code, answer.document["error"]) == (3, "handover.same_clerk")
    other = Sbk(county.home, "li")
    other.do(*approve)


@pytest.mark.clause("2.1.2", "B7")
@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda rows: rows[:3] + rows[4:], "文件不完整"),
        (lambda rows: [*rows, [card_of(50), "丢了"]], "看不懂"),
        (lambda rows: rows[1:], "不是接收回执"),
        (lambda rows: [[*rows[0][:-1], "0000-0000"], *rows[1:]], "文件不完整"),
        (lambda rows: [[*rows[0][:2], "另一批", *rows[0][3:]], *rows[1:]], "文件不完整"),
    ],
)
def test_a_count_that_was_cut_or_changed_is_not_taken_in(
    counters: Callable[[str, str], Sbk],
    private_folder: Path,
    spoil: Callable[[list[list[str]]], list[list[str]]],
    told: str,
) -> None:
    county, township = counters("C", "410782"), counters("T", PLACE)
    cards = stock(county, private_folder, range(3))
    id_ = request(county, cards)
    county.do("handover.decide", f"handover={id_}", "verdict=approved")
    path, back = private_folder / "out.csv", private_folder / "back.csv"
    assert county("export", "handover", id_, str(path)).code == 0
    assert township("import", "handover", str(path)).code == 0
    township.do("handover.receive", f"handover={id_}", f"seen={','.join(cards)}")
    assert township("export", "receipt", id_, str(back)).code == 0
    rows: list[list[Any]] = list(csv.reader(back.read_text("utf-8-sig").splitlines()))
    with back.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(spoil(rows))
    before = county.operations()
    answer = county("import", "receipt", str(back))
    assert (answer.code in (2, 3), told in answer.err) == (True, True), answer
    assert county.operations() == before
