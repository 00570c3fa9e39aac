"""`sbk import handover` (2.1, B7): a list comes in by command, `sbk do` receives its cards."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.commands.desk import Sbk, new_counter
from tests.manifests import BATCH, PLACE, card_of, write_manifest


@pytest.fixture
def township(private_folder: Path) -> Sbk:
    return new_counter(private_folder, "T", PLACE)


@pytest.mark.clause("2.1", "B7")
def test_a_list_is_taken_in_once_and_its_cards_are_received(
    township: Sbk, private_folder: Path
) -> None:
    path = str(write_manifest(private_folder / "list.csv", range(3)))
    planned = township("import", "handover", path, "--dry-run", "--json").document
    assert (planned["batch"], planned["count"], planned["known"]) == (BATCH, 3, False)
    assert township.operations() == 0
    assert "请在「2.1 交接接收」清点" in township("import", "handover", path).out
    again = township("import", "handover", path, "--json").document
    assert (again["known"], township.operations()) == (True, 1)
    seen = f"seen={card_of(0)},{card_of(1)}"
    township.do("handover.receive", f"handover={planned['handover']}", seen)
    assert township.card(card_of(0))["custody"] != ""
    assert township.card(card_of(2))["custody"] == ""
    last = f"seen={card_of(2)}"
    done = township.do("handover.receive", f"handover={planned['handover']}", last)
    assert {"subject": f"handover/{planned['handover']}", "state": "done"} in done["changed"]
    refused = township("import", "handover", path)
    assert refused.code == 3
    assert "已经收过" in refused.err


@pytest.mark.clause("2.1")
@pytest.mark.parametrize(
    ("other", "told"),
    [
        ({"交至": "410782103"}, "不是本窗口"),
        ({"张数": "9"}, "文件不完整"),
        ({"校验码": "0000-0000"}, "校验码与里面的卡号对不上"),
    ],
)
def test_a_list_that_cannot_be_believed_leaves_nothing(
    township: Sbk, private_folder: Path, other: dict[str, str], told: str
) -> None:
    path = str(write_manifest(private_folder / "list.csv", range(3), **other))
    answer = township("import", "handover", path)
    assert (answer.code, told in answer.err) == (3, True)
    assert township.operations() == 0


def test_a_list_is_taken_in_whole(township: Sbk, private_folder: Path) -> None:
    path = str(write_manifest(private_folder / "list.csv", range(3)))
    assert township("import", "handover", path, "--skip-bad").code == 2
