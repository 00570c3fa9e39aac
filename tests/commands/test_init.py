"""`sbk init`: a counter by options, by questions, and not twice."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
import pytest

from sbk_tui import config as configuration
from sbk_tui.resources import ASSETS
from tests.commands.desk import PASSWORD, Answer, Sbk, typed
from tests.terminal.ptys import window

OPTIONS = {
    "office": "辉县市百泉镇社保所",
    "level": "township",
    "district": "410782105",
    "clerk": "zhang",
    "name": "张敏",
}


@pytest.fixture
def password(tmp_path: Path) -> str:
    (tmp_path / "password").write_text(PASSWORD, "utf-8")
    return str(tmp_path / "password")


def init(home: Path, password: str, *more: str, **other: str | None) -> Answer:
    given = {name: value for name, value in (OPTIONS | other).items() if value is not None}
    words = [part for name, value in given.items() for part in (f"--{name}", value)]
    words += ["--password-file", password, "--json", "--home", str(home), *more]
    return typed("init", *words)


def test_a_counter_is_made_whole(tmp_path: Path, password: str) -> None:
    home = tmp_path / "home"
    answer = init(home, password, "--removed", "TEMP_CARD")
    assert answer.code == 0, answer
    made = answer.document
    assert (made["level"], made["removed"], made["encrypted"]) == ("T", ["TEMP_CARD"], True)
    assert home.stat().st_mode & 0o077 == 0
    assert (home / "config.toml").stat().st_mode & 0o077 == 0
    assert Sbk(home)("audit", "verify").code == 0
    with (home / "sbk.db").open("rb") as file:
        assert not file.read().startswith(b"SQLite format")
    again = init(home, password)
    assert (again.code, again.document["error"]) == (2, "counter.exists")


@pytest.mark.parametrize(
    ("given", "letter", "district", "bank"),
    [
        ("C", "C", "410782", ()),
        ("city", "M", "4107", ()),
        ("Bank", "B", "410702001016", ("--bank", "95588")),
    ],
)
def test_a_level_is_told_by_letter_or_name(
    tmp_path: Path, password: str, given: str, letter: str, district: str, bank: tuple[str, ...]
) -> None:
    home = tmp_path / "home"
    made = init(home, password, *bank, level=given, district=district).document
    assert (made["level"], made["district"]) == (letter, district)


@pytest.mark.parametrize(
    ("other", "code", "error"),
    [
        ({"level": "X"}, 2, "counter.level"),
        ({"district": "110101"}, 2, "counter.district"),
        ({"district": "41078"}, 3, "division.form"),
        ({"clerk": "z/../x"}, 3, "auth.clerk_form"),
        ({"name": "张\x1b[2J"}, 3, "text.control"),
        ({"office": " "}, 2, "init.office_empty"),
        ({"office": None}, 2, "init.missing"),
    ],
)
def test_a_wrong_answer_makes_nothing(
    tmp_path: Path, password: str, other: dict[str, Any], code: int, error: str
) -> None:
    answer = init(tmp_path / "home", password, **other)
    assert (answer.code, answer.document["error"]) == (code, error)
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize(
    ("more", "error"),
    [
        (["--removed", "FLYING"], "init.capability"),
        (["--hub", "http://127.0.0.1:1"], "init.hub_and_code"),
        (["--password-file", "/none"], "auth.password_file"),
    ],
)
def test_a_wrong_option_makes_nothing(
    tmp_path: Path, password: str, more: list[str], error: str
) -> None:
    answer = init(tmp_path / "home", password, *more)
    assert (answer.code, answer.document["error"]) == (2, error)
    assert not (tmp_path / "home").exists()


def test_a_weak_password_makes_nothing(tmp_path: Path) -> None:
    (tmp_path / "weak").write_text("zhang12345678", "utf-8")
    answer = init(tmp_path / "home", str(tmp_path / "weak"))
    assert (answer.code, answer.document["error"]) == (3, "auth.weak_own_name")
    assert not (tmp_path / "home").exists()


def test_a_plain_database_is_asked_for_and_warned_of(tmp_path: Path, password: str) -> None:
    answer = init(tmp_path / "home", password, "--no-encrypt")
    assert (answer.code, answer.document["encrypted"]) == (0, False)
    assert "不加密" in answer.err


def test_without_the_city_the_counter_is_there_and_can_join_later(
    tmp_path: Path, password: str
) -> None:
    home, code = tmp_path / "home", "0" * 40
    answer = init(home, password, "--hub", "http://127.0.0.1:1", "--code", code)
    assert answer.code in {3, 5}
    assert Sbk(home)("audit", "verify").code == 0
    later = ("init", "--hub", "http://127.0.0.1:1", "--code", code)
    assert Sbk(home)(*later).code == answer.code


def test_the_configuration_explains_every_setting_and_its_default() -> None:
    text = (ASSETS / "config.toml").read_text("utf-8")
    assert msgspec.convert(tomllib.loads(text), configuration.Config) == configuration.Config()
    spoken = re.sub(r"^# (?=[a-z_]+ = )", "", text, flags=re.MULTILINE)
    given = msgspec.json.decode(msgspec.json.encode(tomllib.loads(spoken)))
    assert given == msgspec.json.decode(msgspec.json.encode(configuration.Config()))


def test_every_question_is_asked_again_until_it_is_answered(tmp_path: Path) -> None:
    dialogue = [
        ("单位名称:", "百泉镇"),
        ("窗口级别（", "X"),
        ("窗口级别（", "T"),
        ("行政区划代码（", "410782105"),
        ("负责人工号（", "zhang"),
        ("负责人姓名:", "张敏"),
        ("密码（不显示）:", "short"),
        ("密码（不显示）:", PASSWORD),
        ("再输一遍:", "something else"),
        ("密码（不显示）:", PASSWORD),
        ("再输一遍:", PASSWORD),
    ]
    asked: Counter[str] = Counter()
    with window("-m", "sbk_tui", "init", "--home", str(tmp_path / "home")) as seen:
        for question, answer in dialogue:
            asked[question] += 1
            seen.wait(lambda: seen.screen.text().count(question) == asked[question])  # noqa: B023
            seen.press(f"{answer}\n")
        seen.wait(lambda: "已建立" in seen.screen.text())
        said = seen.screen.text()
        assert seen.process.wait(timeout=20) == 0
    assert "请从这四个字母中选一个" in said
    assert "密码太短" in said
    assert "两遍密码不一样" in said
    assert PASSWORD not in said
    kept = _kept(tmp_path)
    assert Sbk(tmp_path / "home")("find", "x", SBK_PASSWORD_FILE=str(kept)).code == 0


def _kept(folder: Path) -> Path:
    (folder / "kept").write_text(PASSWORD, "utf-8")
    return folder / "kept"
