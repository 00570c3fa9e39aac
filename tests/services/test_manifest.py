"""交接清单 (2.1): what is whole is read, what is cut, altered or another's is not believed."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sbk_tui.errors import BadUsage, Refusal, SbkError
from sbk_tui.services.manifest import Manifest, read_manifest
from sbk_tui.services.sheets import Sheet
from tests.domain.known import RULES
from tests.manifests import BATCH, HEADINGS, PLACE, card_of, head_of, row_of, write_manifest


def read(path: Path) -> Manifest:
    with Sheet(path) as sheet:
        return read_manifest(sheet, RULES)


def refusal(path: Path) -> SbkError:
    with pytest.raises(SbkError) as refused:
        read(path)
    return refused.value


@pytest.mark.clause("2.1")
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_whole_list_is_read(tmp_path: Path, encoding: str) -> None:
    path = write_manifest(tmp_path / "list.csv", range(20))
    path.write_text(path.read_text("utf-8"), encoding=encoding)
    manifest = read(path)
    assert (manifest.batch, manifest.to, len(manifest.lines)) == (BATCH, PLACE, 20)
    assert manifest.from_office == "辉县市社保卡管理中心"
    assert manifest.lines[3].card == card_of(3)
    assert manifest.lines[3].place == "1-1-1-4"


@pytest.mark.clause("2.1")
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.floats(0, 0.999))
def test_a_list_cut_anywhere_is_refused(tmp_path: Path, part: float) -> None:
    whole = write_manifest(tmp_path / "whole.csv", range(12)).read_bytes()
    cut = tmp_path / "cut.csv"
    content = whole[: int(len(whole) * part)]
    if len(content) > whole.rindex(b","):
        return  # a box position that lost its end is still a position
    cut.write_bytes(content)
    assert isinstance(refusal(cut), BadUsage | Refusal)


@pytest.mark.clause("2.1")
def test_a_list_that_lost_its_last_half_says_how_many_there_are(tmp_path: Path) -> None:
    path = write_manifest(tmp_path / "list.csv", range(20))
    lines = path.read_text("utf-8").splitlines(keepends=True)
    path.write_text("".join(lines[:12]), "utf-8")
    found = refusal(path)
    assert (found.code, found.facts["count"], found.facts["found"]) == ("manifest.cut", 20, 10)


@pytest.mark.clause("2.1")
@pytest.mark.parametrize(
    ("other", "code"),
    [
        ({"校验码": "0000-0000"}, "handover.check"),
        ({"校验码": "12"}, "manifest.key_missing"),
        ({"张数": "两百"}, "manifest.key_missing"),
        ({"张数": "5000"}, "handover.size"),
        ({"张数": "0"}, "handover.size"),
        ({"张数": "4"}, "manifest.cut"),
        ({"批次": ""}, "manifest.key_missing"),
        ({"交至": "百泉镇"}, "division.form"),
    ],
)
def test_a_first_line_that_does_not_fit(tmp_path: Path, other: dict[str, str], code: str) -> None:
    path = write_manifest(tmp_path / "list.csv", range(5), **other)
    assert refusal(path).code == code


@pytest.mark.clause("2.1")
def test_a_list_without_its_first_line_is_no_hand_over(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([HEADINGS, row_of(1)])
    assert refusal(path).code == "manifest.head"


@pytest.mark.clause("2.1")
def test_one_line_exchanged_for_another_is_found(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    cards = [card_of(n) for n in range(3)]
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = [head_of(cards), HEADINGS, row_of(0), row_of(1), row_of(9)]
        csv.writer(file).writerows(rows)
    assert refusal(path).code == "handover.check"


@pytest.mark.clause("2.1")
def test_a_row_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    bad = ["410782198503140029", *row_of(1)[1:]]
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([head_of([card_of(0), card_of(1)]), HEADINGS, row_of(0), bad])
    found = refusal(path)
    assert (found.code, found.facts["row"], found.facts["problem"]) == (
        "manifest.bad_row", 4, "number.check",
    )  # fmt: skip


@pytest.mark.clause("2.1")
def test_a_row_that_stands_there_twice_is_named(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([head_of([card_of(0)] * 2), HEADINGS, row_of(0), row_of(0)])
    found = refusal(path)
    assert (found.code, found.facts["row"], found.facts["first"]) == ("manifest.twin", 4, 3)
