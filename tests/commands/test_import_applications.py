"""`sbk import applications`: what a school or unit has collected, with a folder of portraits."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path

import pytest

from sbk_tui.demo.portraits import drawn_face
from tests.commands.conftest import CARD, RECEIVER
from tests.commands.desk import Sbk
from tests.hardware.drawn import encoded
from tests.people import CHANG_GUILAN, LIU_YANG, WANG_XIUYING, ZHAO_TIEZHU

HEADING = ("姓名", "身份证号", "民族", "证件有效期", "户口地址", "手机号码", "邮政编码", "人员类别",
           "人员状态", "户口性质", "单位编号", "单位名称", "村(社区)编号", "备注")  # fmt: skip
WORKER = ("1", "在职", "11", LIU_YANG.unit_code, LIU_YANG.unit_name, "")
VILLAGER = ("农村居民", "9", "本市农业", "", "", "410782105201")


def row(who: object, *, rest: tuple[str, ...] = WORKER, **other: str) -> list[str]:
    cells = dict(zip(HEADING, (
        who.name, who.number, "汉族", "长期", "河南省辉县市百泉镇", "13800370001",  # type: ignore[attr-defined]
        "453600", *rest, "",
    ), strict=True))  # fmt: skip
    return list((cells | other).values())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a folder with good portraits of two people."""
    photos = tmp_path / "照片"
    photos.mkdir()
    for who in (LIU_YANG, ZHAO_TIEZHU):
        content = encoded(drawn_face(), quality=95)
        (photos / f"{who.number}.jpg").write_bytes(content)
    return photos


def listed(folder: Path, rows: Iterable[list[str]], encoding: str = "utf-8") -> list[str]:
    file = folder.parent / "采集表.csv"
    with file.open("w", encoding=encoding, newline="") as out:
        csv.writer(out).writerows([HEADING, *rows])
    return ["import", "applications", str(file), "--photos", str(folder)]


@pytest.mark.clause("1.2", "A7.1")
@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_a_list_becomes_one_application_a_person_and_twice_is_once(
    empty: Sbk, folder: Path, encoding: str
) -> None:
    words = listed(folder, [row(LIU_YANG), row(ZHAO_TIEZHU, rest=VILLAGER)], encoding)
    dry = empty(*words, "--dry-run", "--json")
    assert (dry.code, dry.document["new"], dry.document["bad"]) == (0, 0, 0), dry
    assert empty.operations() == 0
    first = empty(*words, "--json").document
    assert (first["rows"], first["new"], first["known"]) == (2, 2, 0)
    assert first["ignored_columns"] == ["备注"]
    again = empty(*words, "--json").document
    assert (again["new"], again["known"]) == (0, 2)
    assert empty.operations() == 2
    person = empty("show", "person", ZHAO_TIEZHU.number, "--json").document["person"]
    assert person["village_name"]
    assert person["photo"].startswith("1:")


@pytest.mark.clause("1.2")
def test_rows_that_cannot_be_are_named_and_the_others_can_be_taken_in(
    empty: Sbk, folder: Path
) -> None:
    rows = [
        row(LIU_YANG),
        row(LIU_YANG),
        row(WANG_XIUYING, rest=VILLAGER),  # has no portrait
        row(CHANG_GUILAN, rest=VILLAGER, 人员类别="军人"),
        row(ZHAO_TIEZHU, rest=(*VILLAGER[:-1], "")),
    ]
    words = listed(folder, rows)
    refused = empty(*words, "--json")
    assert (refused.code, refused.document["error"]) == (3, "import.bad_rows")
    told = {(p["row"], p["column"], p["code"]) for p in refused.document["problems"]}
    assert told >= {
        (3, "身份证号", "import.person_twice"),
        (4, "照片", "photo.unreadable"),
        (5, "人员类别", "application.unknown_code"),
        (6, "村(社区)编号", "application.missing"),
    }
    assert empty.operations() == 0
    taken = empty(*words, "--skip-bad", "--json").document
    assert (taken["new"], taken["bad"]) == (1, 4)
    left = (folder.parent / "采集表.csv.rejected.csv").read_text("utf-8-sig").splitlines()
    assert len(left) == 5


def test_a_portrait_outside_the_folder_is_not_read(empty: Sbk, folder: Path) -> None:
    words = listed(folder, [])
    file = Path(words[2])
    with file.open("w", encoding="utf-8", newline="") as out:
        rows = [(*HEADING, "照片"), (*row(LIU_YANG), "../密.jpg")]
        csv.writer(out).writerows(rows)
    problems = empty(*words, "--json").document["problems"]
    assert [(p["column"], p["code"]) for p in problems] == [("照片", "photo.unreadable")]


def test_somebody_with_a_live_card_is_refused_by_the_rule(sealed: Sbk, folder: Path) -> None:
    sealed.do("issue.person", f"card={CARD}", RECEIVER)
    sealed.do("card.enable", f"card={CARD}")
    (folder / f"{CHANG_GUILAN.number}.jpg").write_bytes(encoded(drawn_face(), quality=95))
    answer = sealed(*listed(folder, [row(CHANG_GUILAN, rest=VILLAGER)]), "--json")
    assert [p["code"] for p in answer.document["problems"]] == ["apply.live_card"]
