"""`sbk do`: every kind from every state of a card, repeats, approvals, and words that are wrong."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

from sbk_tui.domain.card import kinds_from
from sbk_tui.domain.kinds import KINDS
from sbk_tui.domain.rules import Settings
from tests.commands.conftest import CARD, LINE, WAYS, WISHES
from tests.commands.desk import CLERK, LEAD, Answer, Sbk, copied, typed
from tests.hardware.drawn import encoded, face
from tests.people import CHANG_GUILAN, LIU_YANG, form_of

ALLOWED = {  # state: kind → the state afterwards
    "sealed": {
        "issue.person": "0", "card.collect": "0", "card.cancel": "9", "card.check": "0",
        "visit.not_home": "0",
    },
    "handed_out": {
        "card.enable": "1", "card.cancel": "9", "issue.roll_back": "0", "card.check": "0",
    },
    "active": {
        "loss.temporary": "4", "loss.formal": "2", "card.cancel": "9", "card.check": "1",
    },
    "temp_lost": {
        "loss.formal": "2", "card.release": "1", "card.cancel": "9", "card.check": "4",
    },
    "formal_lost": {"card.release": "1", "card.cancel": "9", "card.check": "2"},
    "cancelled": {},
}  # fmt: skip
WAITS_FOR_THE_CITY = ("formal_lost", "replace.apply")
MANY = {"card.store", "card.mark_uncollected", "issue.unit", "receipt.record"}
"""Kinds about a list of cards; tried in tests/data and on the screens."""
CLAUSES = {
    "issue.person": "2.2.2", "card.collect": "5.1.4", "card.enable": "5.1.4",
    "loss.temporary": "3.1", "loss.formal": "3.2", "card.release": "3.3", "card.cancel": "3.4",
    "replace.apply": "5.1.2.2", "issue.roll_back": "2.5",
    "card.check": "2.3.2", "visit.not_home": "2.2.1", "issue.again": "2.3.4",
}  # fmt: skip


@pytest.mark.clause("2.2.2", "2.5", "3.1", "3.2", "3.3", "3.4", "5.1.2.1", "5.1.2.2", "5.1.4")
@pytest.mark.parametrize("state", WAYS)
@pytest.mark.parametrize("kind", WISHES)
def test_a_card_moves_only_as_the_regulation_lets_it(
    counters: Callable[[str], Sbk], tmp_path: Path, state: str, kind: str
) -> None:
    sbk = copied(counters(state), tmp_path)
    before = sbk.card(CARD)
    answer = sbk("do", kind, *WISHES[kind], "--json", approver=LEAD)
    if kind in ALLOWED[state]:
        assert answer.code == 0, answer
        assert sbk.card(CARD)["state"] == ALLOWED[state][kind]
        return
    assert answer.code == (5 if (state, kind) == WAITS_FOR_THE_CITY else 3)
    assert answer.document["clause"] == CLAUSES[kind]
    assert answer.document["message"] in answer.err
    assert answer.document["remedy"]
    assert sbk.card(CARD) == before


def test_no_refusal_leaves_a_record(counters: Callable[[str], Sbk], tmp_path: Path) -> None:
    sbk = copied(counters("cancelled"), tmp_path)
    before = sbk.operations()
    assert {sbk("do", kind, *WISHES[kind], approver=LEAD).code for kind in WISHES} == {3}
    assert sbk.operations() == before


def test_every_kind_about_a_card_is_tried() -> None:
    about_a_card = {k.name for k in KINDS if "card" in k.payload.__struct_fields__}
    pins = {"pin.change", "pin.unlock", "pin.reset"}  # what the chip did is not refused
    about_a_card -= pins | {"account.activate"}  # a bank's window only (A3)
    about_a_card.remove("loss.blind")  # of a card that is not known: no state says no to it
    assert about_a_card == set(WISHES)
    others = {"replace.exchange", "account.activate", *pins, *MANY}
    assert set().union(*(kinds_from(s) for s in "012349")) - others == set(WISHES)


@pytest.mark.clause("3.1")
def test_a_temporary_loss_ends_by_the_offices_term(active: Sbk) -> None:
    active.do("loss.temporary", *WISHES["loss.temporary"])
    end = date.fromisoformat(active.card(CARD)["lost_until"])
    assert end - date.today() in {timedelta(days=Settings().temp_loss_days + n) for n in (-1, 0, 1)}  # noqa: DTZ011
    wrong = active("do", "loss.temporary", *WISHES["loss.temporary"], "until=2099-01-01")
    assert wrong.code == 3


@pytest.mark.clause("3.4")
def test_a_cancellation_needs_a_second_clerk(active: Sbk) -> None:
    alone = active("do", "card.cancel", *WISHES["card.cancel"], "--json")
    assert (alone.code, alone.document["error"]) == (3, "approval.needed")
    same = active("do", "card.cancel", *WISHES["card.cancel"], "--json", approver=CLERK)
    assert (same.code, same.document["error"]) == (3, "approval.same_clerk")
    done = active.do("card.cancel", *WISHES["card.cancel"], approver=LEAD)
    shown = active("show", "operation", done["op"], "--json").document
    assert [each["clerk"] for each in shown["envelope"]["approvals"]] == [LEAD]


@pytest.mark.clause("N1")
@pytest.mark.parametrize("kind", ["issue.person", "card.collect"])
def test_the_same_operation_twice_is_done_once(sealed: Sbk, kind: str) -> None:
    first = sealed.do(kind, *WISHES[kind], "--op", "ab" * 16)
    again = sealed.do(kind, *WISHES[kind], "--op", "ab" * 16)
    assert (first["repeated"], again["repeated"]) == (False, True)
    assert (first["seq"], first["code"]) == (again["seq"], again["code"])
    assert first["changed"] == [{"subject": f"card/{CARD}", "state": "0"}]
    assert sealed.operations() == 2


@pytest.mark.clause("N1")
@pytest.mark.parametrize("kind", ["loss.temporary", "person.apply", "batch.take_in"])
def test_what_the_command_fills_in_is_the_same_when_repeated(active: Sbk, kind: str) -> None:
    fields = {
        "loss.temporary": WISHES["loss.temporary"],
        "person.apply": form_words(),
        "batch.take_in": ("batch=B2", f"lines={LINE}"),
    }[kind]
    first = active.do(kind, *fields, "--op", "cd" * 16)
    assert active.do(kind, *fields, "--op", "cd" * 16)["seq"] == first["seq"]


def test_an_id_is_not_used_for_two_things(active: Sbk) -> None:
    active.do("loss.temporary", *WISHES["loss.temporary"], "--op", "ab" * 16)
    other = active("do", "loss.formal", *WISHES["loss.formal"], "--op", "ab" * 16, "--json")
    assert (other.code, other.document["error"]) == (3, "op.reused")


def form_words() -> tuple[str, ...]:
    """Return the form of a worker as words."""
    form = form_of(LIU_YANG)
    given = ((name, getattr(form, name)) for name in form.__struct_fields__)
    return tuple(f"form.{name}={value}" for name, value in given if value not in ("", None))


@pytest.mark.clause("1.2")
def test_an_application_is_made_from_words(empty: Sbk) -> None:
    done = empty.do("person.apply", *form_words())
    found = empty("show", "person", LIU_YANG.number, "--json").document
    assert found["person"]["name"] == LIU_YANG.name
    assert [a["id"] for a in found["applications"]] == [done["op"]]
    again = empty("do", "person.apply", *form_words(), "--json")
    assert (again.code, again.document["error"]) == (3, "apply.already")


@pytest.mark.clause("1.2", "A6")
@pytest.mark.parametrize("field", ["name", "number", "sex", "birth", "category", "mobile"])
def test_a_form_with_a_hole_is_refused_at_its_field(empty: Sbk, field: str) -> None:
    words = [w for w in form_words() if not w.startswith(f"form.{field}=")]
    answer = empty("do", "person.apply", *words, "--json")
    assert (answer.code, answer.document["facts"]["field"]) == (3, field)


@pytest.mark.clause("A7.1")
def test_a_portrait_is_judged_before_it_is_kept(empty: Sbk, tmp_path: Path) -> None:
    good, bad = tmp_path / "good.jpg", tmp_path / "bad.jpg"
    good.write_bytes(encoded(face(), quality=92, dpi=(350, 350)))
    bad.write_bytes(encoded(face(), quality=5))
    words = [w for w in form_words() if not w.startswith("form.photo=")]
    refused = empty("do", "person.apply", *words, f"form.photo=@{bad}", "--json")
    assert (refused.code, refused.document["error"]) == (3, "photo.by_rule")
    done = empty.do("person.apply", *words, f"form.photo=@{good}")
    shown = empty("show", "operation", done["op"], "--json").document
    assert shown["envelope"]["blobs"] == [shown["payload"]["form"]["photo"]]
    assert shown["payload"]["form"]["photo"].startswith("1:")


def test_two_clerks_save_the_same_person_at_once_and_one_of_them_is_told(empty: Sbk) -> None:
    words = [sys.executable, "-m", "sbk_tui", "do", "person.apply", *form_words(), "--json"]
    password = str(empty.home.parent / "password")
    env = {"SBK_HOME": str(empty.home), "SBK_PASSWORD_FILE": password, "PYTHONUTF8": "1"}
    both = [
        subprocess.Popen(
            words, env=env | {"SBK_CLERK": clerk}, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        for clerk in (CLERK, LEAD)
    ]
    answers = [(process.communicate(), process.returncode) for process in both]
    assert sorted(code for _, code in answers) == [0, 3]
    told = next(json.loads(out) for (out, _), code in answers if code == 3)
    assert told["error"] == "apply.already"
    assert len(empty("find", LIU_YANG.name, "--json").document) == 1
    assert empty.operations() == 1


def test_the_holders_number_names_the_one_card(active: Sbk) -> None:
    active.do("loss.formal", f"card={CHANG_GUILAN.number}", "id_shown=true")
    assert active.card(CARD)["state"] == "2"


def test_a_holder_of_two_cards_must_be_asked_which(active: Sbk) -> None:
    second = LINE.replace(CARD, "B00000027")
    active.do("batch.take_in", "batch=B2", f"lines={second}")
    answer = active("do", "loss.formal", f"card={CHANG_GUILAN.number}", "id_shown=1", "--json")
    assert (answer.code, answer.document["error"]) == (3, "card.several")


def test_a_proxy_is_told_by_dotted_names(sealed: Sbk) -> None:
    proxy = ("receiver.type=2", f"receiver.name={LIU_YANG.name}", "receiver.phone=13800370001")
    short = sealed("do", "issue.person", f"card={CARD}", *proxy, "--json")
    assert (short.code, short.document["error"]) == (3, "receiver.missing")
    sealed.do("issue.person", f"card={CARD}", *proxy, f"receiver.number={LIU_YANG.number}")
    assert sealed.card(CARD)["receiver"]["name"] == LIU_YANG.name


def test_a_list_comes_from_a_file(empty: Sbk, tmp_path: Path) -> None:
    (tmp_path / "lines.json").write_text(LINE, "utf-8")
    empty.do("batch.take_in", "batch=A", f"lines=@{tmp_path}/lines.json")
    assert empty.card(CARD)["batch"] == "A"


WRONG = [
    ("kind.unknown", ["loss.sudden"]),
    ("do.no_kind", []),
    ("do.op_form", ["card.enable", f"card={CARD}", "--op", "12"]),
    ("field.form", ["card.enable", CARD]),
    ("field.unknown", ["card.enable", f"card={CARD}", "colour=red"]),
    ("field.unknown", ["issue.person", f"card={CARD}", "receiver.colour=red"]),
    ("field.missing", ["loss.formal", f"card={CARD}"]),
    ("field.twice", ["card.enable", f"card={CARD}", f"card={CARD}"]),
    ("field.twice", ["issue.person", f"card={CARD}", "receiver.type=1", "receiver.type.x=1"]),
    ("field.not_yes_no", ["loss.formal", f"card={CARD}", "id_shown=maybe"]),
    ("field.not_date", ["loss.temporary", f"card={CARD}", "caller_name=a", "caller_phone=1",
                        "until=tomorrow"]),
    ("field.json", ["issue.person", f"card={CARD}", "receiver={"]),
    ("field.not_record", ["issue.person", f"card={CARD}", "receiver=[1]"]),
    ("field.not_list", ["batch.take_in", "batch=A", "lines={}"]),
    ("field.not_text", ["issue.person", f"card={CARD}", 'receiver={"type": 1}']),
    ("field.not_one_of", ["person.apply", "form.path=elsewhere"]),
    ("field.file", ["batch.take_in", "batch=A", "lines=@/nowhere.json"]),
]  # fmt: skip


@pytest.mark.parametrize(("error", "words"), WRONG, ids=lambda value: str(value)[:40])
def test_wrong_use_is_told_and_changes_nothing(
    counters: Callable[[str], Sbk], error: str, words: list[str]
) -> None:
    answer = counters("sealed")("do", *words, "--json")
    assert (answer.code, answer.document["error"]) == (2, error), answer
    assert counters("sealed").card(CARD)["state"] == "0"


@pytest.mark.parametrize(
    ("text", "error"),
    [("a\x1b[2J", "text.control"), ("a\u202eb", "text.hidden"), ("a\ue000", "text.private")],
)
def test_a_text_that_could_fool_the_eye_is_refused(
    counters: Callable[[str], Sbk], text: str, error: str
) -> None:
    words = ("do", "loss.temporary", f"card={CARD}", f"caller_name={text}", "caller_phone=1")
    answer = counters("active")(*words, "--json")
    assert (answer.code, answer.document["error"]) == (3, error)
    assert answer.document["facts"]["field"] == "caller_name"
    assert text[1] not in counters("active")(*words).err


@pytest.mark.parametrize("word", ["do", "card.enable"])
def test_what_was_typed_never_reaches_the_terminal_raw(word: str) -> None:
    for answer in (typed("do", "--list", f"\x1b[2J{word}", "x\x1b]0;="), typed("\x1b[2J")):
        assert "\x1b" not in answer.out + answer.err


def listed() -> Answer:
    return typed("do", "--list", "--json")


def test_every_kind_and_field_is_listed_without_a_counter() -> None:
    rows = {row["kind"]: row for row in listed().document}
    assert list(rows) == [kind.name for kind in KINDS]
    for kind in KINDS:
        row = rows[kind.name]
        names = {field["name"].partition(".")[0].removesuffix("[]") for field in row["fields"]}
        assert names == set(kind.payload.__struct_fields__)
        assert (row["clause"], row["capability"]) == (kind.clause, kind.capability.name)
    fields = {field["name"]: field for field in rows["loss.temporary"]["fields"]}
    assert fields["until"] == {
        "name": "until", "type": "date", "required": False, "computed": True, "default": None,
    }  # fmt: skip
    assert fields["card"]["required"]
    assert {f["name"] for f in rows["batch.take_in"]["fields"]} >= {"lines", "lines[].card"}


def test_the_list_can_be_read_by_people_too() -> None:
    answer = typed("do", "--list")
    assert answer.code == 0
    assert all(kind.name in answer.out for kind in KINDS)
    assert "receiver.phone" in answer.out


@pytest.mark.clause("6.1.1.1", "6.1.1.2", "6.3")
def test_a_temporary_card_by_script(active: Sbk) -> None:
    fields = (
        "temp_card=L000001", f"person={CHANG_GUILAN.number}", "receiver.phone=13800000000",
    )  # fmt: skip
    active.do("temp.stock", "box=L1", "numbers=L000001,L000002")
    early = active("do", "temp.issue", *fields, "--json")
    assert (early.code, early.document["error"]) == (3, "temp.live_card")
    active.do("loss.formal", *WISHES["loss.formal"])
    first = active.do("temp.issue", *fields, "--op", "ef" * 16)
    again = active.do("temp.issue", *fields, "--op", "ef" * 16)
    assert (first["seq"], again["repeated"]) == (again["seq"], True)
    active.do("temp.enable", "temp_card=L000001")
    done = active.do("temp.take_back", "temp_card=L000001")
    assert done["changed"] == [{"subject": "temp/L000001", "state": "04"}]


@pytest.mark.clause("F2")
def test_a_telephone_is_corrected_by_script(active: Sbk) -> None:
    before = active("show", "person", CHANG_GUILAN.number, "--json").document["person"]["mobile"]
    changes = json.dumps([{"field": "mobile", "before": before, "after": "13900001234"}])
    active.do("person.correct", f"person={CHANG_GUILAN.number}", f"changes={changes}")
    after = active("show", "person", CHANG_GUILAN.number, "--json").document["person"]["mobile"]
    assert after == "13900001234"
