"""`sbk hub outside`: off unless configured, begun once, told and answered, and how it stands."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sbk_tui.domain.operations.loss import FormalLoss
from sbk_tui.outside.twin import main as twin
from tests.commands.desk import typed
from tests.hub.three import Three


@pytest.fixture
def three(tmp_path: Path) -> Iterator[Three]:
    built = Three(tmp_path)
    yield built
    built.close()


def test_the_province_by_commands(
    three: Three, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    share, home = tmp_path / "share", str(three.city.folder)
    three.do("A", FormalLoss(card=three.card(), id_shown=True))

    off = typed("hub", "outside", "--home", home, "--json")
    assert (off.code, off.document["error"]) == (2, "outside.none")
    config = three.city.folder / "config.toml"
    config.write_text(f'[outside]\nprovince = "file://{share}"\n', "utf-8")
    assert "还没有开始告知" in typed("hub", "outside", "--home", home).out

    unsaid = typed("hub", "outside", "--run", "--home", home, "--json")
    assert (unsaid.code, unsaid.document["error"]) == (2, "outside.begin")
    told = typed("hub", "outside", "--run", "--begin", "all", "--home", home, "--json")
    assert told.document == {"channel": "province", "files": 1, "answers": 0, "aside": 0}

    assert twin([str(share), "--fault", "refuse"]) == 0
    assert "notice" in capsys.readouterr().out
    assert "收到 1 个回答" in typed("hub", "outside", "--run", "--home", home).out
    assert "被拒 1" in typed("hub", "outside", "--home", home).out
    (stands,) = typed("hub", "outside", "--home", home, "--json").document
    assert (stands["behind"], stands["open"], stands["messages"]["refused"]) == (0, 0, 1)
    assert "没有接受窗口" in typed("hub", "cases", "--home", home).out


def test_a_share_that_is_gone_is_told_with_what_stays(three: Three, tmp_path: Path) -> None:
    (tmp_path / "share").write_text("no folder")
    config = three.city.folder / "config.toml"
    config.write_text(f'[outside]\nfiscal = "file://{tmp_path}/share"\n', "utf-8")
    run = ("hub", "outside", "--run", "--begin", "now", "--home", str(three.city.folder), "--json")
    gone = typed(*run)
    assert (gone.code, gone.document["error"]) == (5, "outside.folder")


def test_a_bank_that_is_not_known_is_refused(three: Three) -> None:
    config = three.city.folder / "config.toml"
    config.write_text('[outside]\nbanks = { "../x" = "file:///x" }\n', "utf-8")
    wrong = typed("hub", "outside", "--home", str(three.city.folder), "--json")
    assert (wrong.code, wrong.document["error"]) == (2, "outside.bank")
