"""`sbk clerk`: who has a way in."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.commands.conftest import CARD, WISHES
from tests.commands.desk import CLERK, LEAD, Sbk


@pytest.fixture
def lead(active: Sbk) -> Sbk:
    return Sbk(active.home, LEAD)


@pytest.fixture
def secret(tmp_path: Path) -> str:
    (tmp_path / "secret").write_text("Bai Quan 2026\n", "utf-8")
    return str(tmp_path / "secret")


def test_a_lead_adds_a_clerk_who_can_work_at_once(lead: Sbk, secret: str) -> None:
    added = lead("clerk", "add", "wang", "--name", "王芳", "--password-file", secret)
    assert added.code == 0, added
    wang = Sbk(lead.home, "wang")
    words = ("do", "loss.formal", *WISHES["loss.formal"])
    assert wang(*words, SBK_PASSWORD_FILE=secret).code == 0
    rows = lead("clerk", "list", "--json").document
    assert {"clerk": "wang", "name": "王芳", "role": "clerk", "closed": False} in rows


def test_only_a_lead_changes_who_has_a_way_in(active: Sbk, secret: str) -> None:
    add = ("clerk", "add", "wang", "--name", "王芳", "--password-file", secret, "--json")
    for words in (add, ("clerk", "close", LEAD, "--json")):
        answer = active(*words)
        assert (answer.code, answer.document["error"]) == (3, "auth.lead_only")


def test_a_closed_clerk_is_out_and_the_work_stays_provable(lead: Sbk, active: Sbk) -> None:
    active.do("loss.formal", *WISHES["loss.formal"])
    assert lead("clerk", "close", CLERK).code == 0
    answer = active("find", CARD, "--json")
    assert (answer.code, answer.document["error"]) == (3, "auth.wrong")
    assert lead.operations() == 4
    rows = {row["clerk"]: row["closed"] for row in lead("clerk", "list", "--json").document}
    assert rows == {CLERK: True, LEAD: False}
    assert "已停用" in lead("clerk", "list").out


def test_a_closed_clerks_id_is_never_given_again(lead: Sbk, secret: str) -> None:
    lead("clerk", "close", CLERK)
    again = lead("clerk", "add", CLERK, "--name", "张敏", "--password-file", secret, "--json")
    assert (again.code, again.document["error"]) == (2, "auth.clerk_exists")
    assert lead.operations() == 3


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        ("clerks.no_id", 2, ["add"]),
        ("clerks.no_name", 2, ["add", "wang"]),
        ("auth.clerk_form", 3, ["add", "王 芳", "--name", "王芳"]),
        ("name.character", 3, ["add", "wang", "--name", "王1芳"]),
        ("auth.password_file", 2, ["add", "wang", "--name", "王芳"]),
        ("auth.password_file", 2, ["add", "wang", "--name", "王芳", "--password-file", "/none"]),
        ("auth.clerk_exists", 2, ["add", CLERK, "--name", "张敏"]),
        ("clerks.unknown", 2, ["close", "nobody"]),
        ("clerks.not_oneself", 3, ["close", LEAD]),
        ("command.wrong", 2, ["dismiss", CLERK]),
    ],
)
def test_what_is_wrong_is_told(lead: Sbk, error: str, code: int, words: list[str]) -> None:
    answer = lead("clerk", *words, "--json")
    assert (answer.code, answer.document["error"]) == (code, error)


def test_a_weak_password_is_refused(lead: Sbk, tmp_path: Path) -> None:
    (tmp_path / "weak").write_text("12345678", "utf-8")
    words = ("add", "wang", "--name", "王芳", "--password-file", str(tmp_path / "weak"))
    answer = lead("clerk", *words, "--json")
    assert (answer.code, answer.document["error"]) == (3, "auth.weak_short")
