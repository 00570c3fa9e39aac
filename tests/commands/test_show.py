"""`sbk show` and `sbk find`: masked for the eye; whole as JSON, and then noted."""

from __future__ import annotations

import pytest

from sbk_tui.data.access import AccessLog
from sbk_tui.wiring import sign_in
from tests.commands.conftest import CARD, LINE, WISHES
from tests.commands.desk import CLERK, LEAD, PASSWORD, Sbk, typed
from tests.people import CHANG_GUILAN

HIDDEN = (CHANG_GUILAN.number, CHANG_GUILAN.mobile, "6217000000000000001")


def person_id(sbk: Sbk) -> str:
    found: str = sbk("find", CHANG_GUILAN.number, "--json").document[0]["person"]
    return found


def looks(sbk: Sbk, person: str) -> list[tuple[str, str]]:
    """Return (clerk, command) of every look that was noted."""
    counter = sign_in(sbk.home, CLERK, PASSWORD)
    try:
        return [row[1:3] for row in AccessLog(counter.opened.store, CLERK).of(person)]
    finally:
        counter.close()


@pytest.mark.clause("2.4.2")
@pytest.mark.parametrize("key", ["id", "number", "card"])
def test_a_person_is_found_by_id_number_or_card(active: Sbk, key: str) -> None:
    given = {"id": person_id(active), "number": CHANG_GUILAN.number.lower(), "card": CARD}[key]
    found = active("show", "person", given, "--json").document
    assert list(found) == ["person", "cards", "applications", "payments"]
    assert found["person"]["number"] == CHANG_GUILAN.number
    assert found["cards"][0]["receiver"]["phone"] == "13800370001"


@pytest.mark.clause("2.4.2")
@pytest.mark.parametrize("what", ["person", "card", "batch", "operation"])
def test_what_is_shown_to_the_eye_is_masked(active: Sbk, what: str) -> None:
    operation = active.do("loss.temporary", *WISHES["loss.temporary"])
    key = {"person": CARD, "card": CARD, "batch": "2026-11-A", "operation": operation["code"]}
    answer = active("show", what, key[what])
    assert answer.code == 0
    assert not [number for number in HIDDEN if number in answer.out + answer.err]
    assert looks(active, person_id(active)) == []


@pytest.mark.clause("2.4.2")
def test_whoever_sees_full_numbers_is_noted(active: Sbk) -> None:
    person = person_id(active)
    operation = active.do("loss.temporary", *WISHES["loss.temporary"])["op"]
    active("show", "person", CARD, "--json")
    active("show", "card", CARD, "--json")
    Sbk(active.home, LEAD)("show", "operation", operation, "--json")
    assert looks(active, person) == [
        (LEAD, "show operation"), (CLERK, "show card"), (CLERK, "show person"),
    ]  # fmt: skip
    active("show", "batch", "2026-11-A", "--json")
    assert looks(active, "batch/2026-11-A") == [(CLERK, "show batch")]


def test_an_operation_tells_envelope_content_and_standing(active: Sbk) -> None:
    done = active.do("loss.temporary", *WISHES["loss.temporary"])
    for key in (done["op"], done["code"], done["code"].lower()):
        shown = active("show", "operation", key, "--json").document
        assert (shown["op"], shown["seq"], shown["kind"]) == (done["op"], 4, "loss.temporary")
        assert shown["envelope"]["about"][0] == f"card/{CARD}"
        assert shown["payload"]["caller_name"] == "刘洋"
        assert shown["standing"] == {"state": "waiting", "verdict": "", "refused": ""}
    said = active("show", "operation", done["op"]).out
    assert "临时挂失" in said
    assert done["code"] in said


@pytest.mark.parametrize(
    ("what", "key", "error"),
    [
        ("person", "410782196611302567", "person.unknown"),
        ("card", "A0000000X", "card.unknown"),
        ("card", "??", "card_number.form"),
        ("operation", "00" * 16, "operation.unknown"),
        ("operation", "%", "operation.unknown"),
        ("batch", "nothing", "batch.unknown"),
        ("person", "\x1b[2J", "text.control"),
    ],
)
def test_what_is_not_there_is_a_refusal(active: Sbk, what: str, key: str, error: str) -> None:
    answer = active("show", what, key, "--json")
    assert (answer.code, answer.document["error"]) == (3, error)
    assert "\x1b" not in answer.out + answer.err


@pytest.mark.clause("2.4.2")
@pytest.mark.parametrize("text", ["常", "cgl", "2566", CARD, CHANG_GUILAN.mobile, "6217000000"])
def test_people_are_found_masked(active: Sbk, text: str) -> None:
    answer = active("find", text, "--json")
    (hit,) = answer.document
    assert (hit["name"], hit["card"], hit["state"]) == (CHANG_GUILAN.name, CARD, "1")
    everything = answer.out + active("find", text).out
    assert not [number for number in HIDDEN if number in everything]


def test_nobody_found_is_an_empty_list(active: Sbk) -> None:
    answer = active("find", "欧阳", "--json")
    assert (answer.code, answer.document) == (0, [])


def test_a_hostile_name_is_shown_harmless(empty: Sbk) -> None:
    # The gate keeps such a batch out; what a damaged record holds must not act either.
    refused = empty("do", "batch.take_in", "batch=\x1b[2J", f"lines={LINE}")
    assert refused.code == 3
    assert "\x1b" not in refused.out + refused.err + typed("find", "\x1b[2J").err
