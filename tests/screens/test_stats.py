"""统计 (B23): the screen and `sbk stats --json` show the figures of the tables."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sbk_tui import cli, wiring
from sbk_tui.app import SbkApp
from tests.screens.conftest import PASSWORD, make_counter, open_job, settled, shown


@pytest.mark.clause("B23")
@pytest.mark.parametrize("size", [(80, 24), (100, 30)])
async def test_the_charts_stand_on_the_screen(
    counter: wiring.Counter, app: SbkApp, size: tuple[int, int]
) -> None:
    async with app.run_test(size=size) as pilot:
        await open_job(pilot, "04")
        await settled(pilot)
        top = shown(app)
        await pilot.press("end")
        await pilot.pause()
        bottom = shown(app)
    assert "近 14 天发卡 3 张" in top
    today = f"{counter.desks.stats.figures().day:%m-%d}"
    (line,) = [each for each in top.splitlines() if each.strip().startswith(today)]
    assert line.split()[1] == "3"
    assert len(line) > size[0] - 8
    assert "本机登记的卡 4 张" in bottom
    assert "等着领的卡按村（社区），共 1 处" in bottom


@pytest.mark.clause("B23")
def test_the_command_says_the_same(
    private_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    home = private_folder / "counter"
    make_counter(home).close()
    secret = private_folder / "password"
    secret.write_text(PASSWORD, "utf-8")
    monkeypatch.setenv("SBK_CLERK", "1001")
    monkeypatch.setenv("SBK_PASSWORD_FILE", str(secret))
    assert cli.main(["stats", "--home", str(home), "--json", "--days", "7"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [bar["count"] for bar in found["issued"]] == [0] * 6 + [3]
    assert {bar["key"]: bar["count"] for bar in found["states"]} == {"0": 1, "0out": 1, "1": 2}
    assert [bar["count"] for bar in found["ages"]] == [1, 0, 0, 0, 0]
    assert found["waiting"] == 1
    assert [(v["name"], v["count"]) for v in found["villages"]] == [("示例村", 1)]
    assert cli.main(["stats", "--home", str(home)]) == 0
    assert "近 30 天发卡 3 张" in capsys.readouterr().out
    assert cli.main(["stats", "--home", str(home), "--days", "0"]) == 2
