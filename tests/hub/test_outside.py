"""Systems outside are told once of what the city accepted, and their answers heeded once (§3)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from sbk_tui.domain.operations.apply import Apply
from sbk_tui.domain.operations.issue import Enable
from sbk_tui.domain.operations.loss import Cancel, FormalLoss, Release, TemporaryLoss
from sbk_tui.domain.world import from_ms
from sbk_tui.errors import BadUsage, OutsideUnreachable
from sbk_tui.hub.outside import NOW, standing
from sbk_tui.outside.folder import FolderExchange
from sbk_tui.texts import words_for
from tests.hub.outsiders import Outsider
from tests.hub.three import Three
from tests.people import LIU_YANG, form_of

pytestmark = pytest.mark.clause("A5", "P4")
OFFICE = "410782105-a1"


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Three]:
    """Give three counters and a city; each test takes cards and a folder of its own."""
    built = Three(tmp_path_factory.mktemp("outside"))
    yield built
    built.close()


@pytest.fixture
def province(three: Three, tmp_path: Path) -> Outsider:
    """Give a province that was told of everything up to here."""
    three.city.change("DELETE FROM outside_system")
    three.city.change("DELETE FROM outside_file")
    three.city.change("DELETE FROM outside_message")
    outsider = Outsider(three.city, tmp_path / "province")
    outsider.teller.begin(outsider.channel, NOW)
    return outsider


def lose(three: Three, card: str) -> TemporaryLoss:
    until = from_ms(three.clock[0]).date() + timedelta(days=7)
    return TemporaryLoss(card=card, caller_name="刘洋", caller_phone="13800000000", until=until)


def formal(card: str) -> FormalLoss:
    return FormalLoss(card=card, id_shown=True)


@pytest.mark.clause("3.1", "3.2", "3.3", "3.4", "5.1.4")
def test_each_accepted_change_of_a_card_is_told_in_order_and_a_refused_one_is_not(
    three: Three, province: Outsider
) -> None:
    card, sealed = three.card(bank="95533"), three.card("sealed", bank="95533")
    for wish in (
        lose(three, card),
        formal(card),
        Release(card=card, in_person=False, id_shown=True),  # refused: not in person
        Release(card=card, in_person=True, id_shown=True),
        Cancel(card=card, reason="01", proof="死亡证明"),
        Enable(card=sealed),
    ):
        three.do("A", wish, seen=three.head)
    lines = province.tell()
    assert [(line["card"], line["number"], line["reason"]) for line in lines] == [
        (card, "01", ""), (card, "02", ""), (card, "03", ""), (card, "04", "01"),
        (sealed, "11", ""),
    ]  # fmt: skip
    assert {(line["issuer"], line["city"], line["bank"], line["clerk"]) for line in lines} == {
        ("41078200", "410782", "95533", "wang")
    }
    assert province.tell() == []


def test_what_changed_nothing_is_not_told(three: Three, province: Outsider) -> None:
    card = three.card("sealed")
    three.do("A", Enable(card=card))
    assert len(province.tell()) == 1
    again = three.do("B", Enable(card=card))  # it had not seen the first: true already
    assert (again.verdict.value, len(province.tell())) == ("accepted", 0)


@pytest.mark.clause("5.1.4")
def test_the_card_that_a_new_one_replaces_is_told_as_ended(
    three: Three, province: Outsider
) -> None:
    old = three.card("formal_lost")
    made = three.record(three.card("sealed"))
    three.put(replace(made, replaces=old, person=three.holder(old)))
    new = made.number
    three.city.change("UPDATE counter_cert SET level = 'C'")
    three.do("A", Enable(card=new))
    three.city.change("UPDATE counter_cert SET level = 'T'")
    told = {line["card"]: (line["number"], line["reason"]) for line in province.tell()}
    assert told == {new: ("11", ""), old: ("04", "06")}


class PowerCut(FolderExchange):
    """A driver whose machine loses its power right after a file was written."""

    def put(self, name: str, content: bytes) -> None:
        super().put(name, content)
        raise OutsideUnreachable("outside.folder", place="-", reason="0")


def test_a_power_cut_before_the_file_is_marked_hands_out_the_same_file_again(
    three: Three, province: Outsider
) -> None:
    three.do("A", formal(three.card()))
    cut = province.channel._replace(exchange=PowerCut(province.folder))
    with pytest.raises(OutsideUnreachable):
        province.teller.tell(cut)
    (name,) = province.files()
    first = (province.folder / "outbox" / f"{name}.csv").read_bytes()
    three.do("A", formal(three.card()))
    province.teller.tell(province.channel)
    assert province.files()[0] == name
    assert (province.folder / "outbox" / f"{name}.csv").read_bytes() == first
    lines = [line["op"] for each in province.files() for line in province.read(each)]
    assert len(lines) == len(set(lines)) == 2


def test_a_folder_that_is_gone_loses_nothing(three: Three, province: Outsider) -> None:
    province.folder.write_text("not a folder")
    three.do("A", formal(three.card()))
    with pytest.raises(OutsideUnreachable, match=r"outside\.folder"):
        province.teller.tell(province.channel)
    found = standing(three.city.hub, province.channel)
    assert (found.behind, found.unsent, found.open) == (0, 1, 0)
    province.folder.unlink()
    assert [line["number"] for line in province.tell()] == ["02"]


def test_where_to_begin_must_be_said_once_much_was_accepted(three: Three, tmp_path: Path) -> None:
    bank = Outsider(three.city, tmp_path / "bank", "bank", "95599")
    three.do("A", formal(three.card()))
    with pytest.raises(BadUsage, match=r"outside\.begin"):
        bank.teller.tell(bank.channel)
    assert bank.tell() == []  # everything from the beginning: nothing there was for that bank


@pytest.mark.clause("1.2")
def test_an_application_goes_to_the_province_and_to_the_bank_that_was_chosen(
    three: Three, province: Outsider, tmp_path: Path
) -> None:
    banks = [Outsider(three.city, tmp_path / code, "bank", code) for code in ("95533", "95588")]
    for bank in banks:
        bank.teller.begin(bank.channel, NOW)
    form = form_of(LIU_YANG)
    answer = three.do("A", Apply(person="c" * 32, form=form))
    assert answer.verdict.value == "accepted"
    (line,) = province.tell()
    assert (line["doc_type"], line["type"], line["category"], line["op"]) == (
        form.doc_type, "1", form.category, answer.op,
    )  # fmt: skip
    assert line["birth"] == f"{form.birth:%Y%m%d}"
    told = {bank.channel.bank: bank.tell() for bank in banks}
    mine = [LIU_YANG.number]
    assert {code: [each["social_number"] for each in lines] for code, lines in told.items()} == {
        "95533": mine if form.bank == "95533" else [],
        "95588": mine if form.bank == "95588" else [],
    }


def test_a_line_that_cannot_travel_is_a_case_and_holds_up_nobody(
    three: Three, province: Outsider
) -> None:
    long = three.card(bank_card="6" * 30)
    three.do("A", formal(long))
    three.do("A", formal(three.card()))
    assert len(province.tell()) == 1
    assert sorted(province.states()) == [("told", ""), ("unfit", "outside.too_long")]
    assert "outside.unfit" in {code for _, code in three.city_cases()}


def test_a_day_of_many_is_several_files(
    three: Three, province: Outsider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sbk_tui.hub.outside.MOST_LINES", 2)
    cards = [three.card() for _ in range(3)]
    for card in cards:
        three.do("A", formal(card))
    assert [line["card"] for line in province.tell()] == cards
    assert [len(province.read(name)) for name in province.files()] == [2, 1]
    assert province.files()[1].endswith("-000002-notice")


# ------------------------------------------------------------------ answers


def test_done_and_done_before_are_done(three: Three, province: Outsider) -> None:
    for code in ("00", "01", "OK"):
        three.do("A", formal(three.card()))
        province.tell()
        province.twin.answer(lambda _record, code=code: (code, ""))  # type: ignore[misc]
        assert province.take() == (1, 0)
    assert province.states() == [("done", "00"), ("already", "01"), ("done", "OK")]
    found = standing(three.city.hub, province.channel)
    assert (found.open, found.messages["done"]) == (0, 3)
    kept = three.city.rows("SELECT body, written IS NOT NULL FROM outside_file")
    assert [(bytes(body), bool(written)) for body, written in kept] == [(b"", True)] * 3  # type: ignore[arg-type]
    assert three.city.rows("SELECT DISTINCT social_number FROM outside_message") == [("",)]


@pytest.mark.clause("3.1", "3.2")
def test_a_bank_that_could_not_leaves_a_to_do_until_both_sides_are_done(
    three: Three, province: Outsider
) -> None:
    card = three.card(bank="95588")
    three.do("A", lose(three, card), seen=three.head)
    province.tell()
    head = three.head
    assert province.answer("bank_side") == (1, 0)
    assert three.record(card).bank_todo == "01"
    assert three.record(card).state.value == "4"  # the social side is done
    rows = three.city.rows("SELECT subject FROM feed WHERE pos > ? AND type = 'row'", head)
    assert rows == [(f"card/{card}",)]  # the counters hear of it
    case = three.cases("A")["outside.bank_side"]
    assert (case.duty, case.subject, case.counter) == (True, f"card/{card}", OFFICE)
    said = words_for(case.code, case.facts)
    assert "银行系统超时" in said.message
    assert "临时挂失" in said.message
    assert "工商银行" in said.remedy
    three.do("A", formal(card), seen=three.head)
    province.tell()
    assert province.answer() == (1, 0)
    assert three.record(card).bank_todo == ""


def test_a_refusal_is_a_case_for_the_city_with_its_reason(three: Three, province: Outsider) -> None:
    three.do("A", formal(three.card()))
    province.tell()
    before = set(three.city_cases())
    province.answer("refuse")
    ((_, code),) = set(three.city_cases()) - before
    severity, facts = three.city.rows(
        "SELECT severity, facts FROM case_item WHERE code = 'outside.refused'"
    )[0]
    assert (code, severity) == ("outside.refused", "red")  # a lost card that still works elsewhere
    assert "公安比对不通过" in str(facts)


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [("cut", "没有采用"), ("others_answer", "第 1 行回答的不是发出的那个人")],
)
def test_a_broken_answer_is_put_aside_whole_with_a_sentence(
    three: Three, province: Outsider, fault: str, sentence: str
) -> None:
    three.do("A", formal(three.card()))
    three.do("A", formal(three.card()))
    province.tell()
    assert province.answer(fault) == (0, 1)
    assert sentence in province.aside()[0]
    assert province.states() == [("told", "")] * 2
    assert "outside.aside" in {code for _, code in three.city_cases()}
    (answer,) = (province.folder / "aside").glob("*.csv")
    answer.unlink()  # the other side sends it again, whole this time
    assert province.answer() == (1, 0)
    assert province.states() == [("done", "00")] * 2


def test_the_same_answer_twice_is_one_and_another_one_is_put_aside(
    three: Three, province: Outsider
) -> None:
    card = three.card()
    three.do("A", formal(card))
    province.tell()
    assert province.answer("twice") == (2, 0)
    assert province.states() == [("done", "00")]
    for taken in (province.folder / "taken").iterdir():
        taken.unlink()
    assert province.answer("refuse") == (0, 1)  # now it says something else
    assert "已有回答" in province.aside()[0]
    assert province.states() == [("done", "00")]


def test_an_answer_to_a_file_of_somebody_else_is_put_aside(
    three: Three, province: Outsider, tmp_path: Path
) -> None:
    other = Outsider(three.city, tmp_path / "other")
    three.do("A", formal(three.card()))
    province.tell()
    name = province.files()[0]
    (other.folder / "outbox").mkdir(parents=True)
    content = (province.folder / "outbox" / f"{name}.csv").read_bytes()
    theirs = name.replace("-000001-", "-009999-")
    told = content.replace(name.encode(), theirs.encode())
    (other.folder / "outbox" / f"{theirs}.csv").write_bytes(told)
    assert other.answer() == (0, 1)
    assert "没有发过这个文件" in other.aside()[0]


def test_an_answer_that_overtakes_our_own_note_is_taken(three: Three, province: Outsider) -> None:
    three.do("A", formal(three.card()))
    cut = province.channel._replace(exchange=PowerCut(province.folder))
    with pytest.raises(OutsideUnreachable):
        province.teller.tell(cut)
    assert province.answer() == (1, 0)
    province.teller.tell(province.channel)
    assert len(province.files()) == 1
    assert province.states() == [("done", "00")]
