"""发卡记录查询 (2.4.1) by keys: filters, counts, export."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from sbk_tui import cli, wiring
from sbk_tui.app import SbkApp
from tests.screens.conftest import CARDS, PASSWORD, PEOPLE, make_counter, open_job, settled, shown


@pytest.mark.clause("2.4.1")
@pytest.mark.parametrize("size", [(80, 24), (100, 30)])
async def test_the_list_and_its_counts_follow_the_fields(
    app: SbkApp, size: tuple[int, int]
) -> None:
    async with app.run_test(size=size) as pilot:
        await open_job(pilot, "241")
        everything = shown(app)
        await pilot.press(*"410782105201", "down", "1")
        await pilot.pause(0.3)
        await settled(pilot)
        in_stock = shown(app)
        await pilot.press("backspace", "down", *"20990101")
        await pilot.pause(0.3)
        await settled(pilot)
        later = shown(app)
    assert "合计 4 张：待领 1  已领未启用 1  已启用 2  已注销 0" in everything
    assert PEOPLE[0].number not in everything
    assert "合计 1 张" in in_stock
    assert CARDS[2] in in_stock
    assert CARDS[0] not in in_stock
    assert "没有符合的发卡记录" in later


@pytest.mark.clause("2.4.1")
async def test_a_place_is_chosen_by_its_initials(app: SbkApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await open_job(pilot, "241")
        await pilot.press("f5", *"ccz", "enter")
        await pilot.pause(0.3)
        await settled(pilot)
        assert "410782105" in shown(app)
        await pilot.press(*["backspace"] * 12, *"村")
        await pilot.pause(0.3)
        await settled(pilot)
        assert "“范围”看不懂" in shown(app)


@pytest.mark.clause("2.4.1", "P10")
@pytest.mark.parametrize(("answer", "masked"), [("1", True), ("3", False)])
async def test_an_export_is_masked_unless_a_purpose_is_given(
    counter: wiring.Counter, app: SbkApp, answer: str, masked: bool
) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await open_job(pilot, "241")
        await pilot.press("f10", "2", answer)
        await settled(pilot)
        assert "已导出 4 条" in shown(app)
    (path,) = (counter.home / "exports").iterdir()
    rows = rows_of(path)
    numbers = {person.number for person in PEOPLE}
    assert (numbers & {row[1] for row in rows[:-1]} == set()) is masked
    assert len(rows) == 6
    assert "张敏（1001）" in rows[-1][0]
    with counter.opened.store.session() as db:
        noted = db.execute_sql("SELECT purpose, rows, revealed FROM access_log").fetchall()
    assert [(p, n, bool(r)) for p, n, r in noted] == [("" if masked else "verify", 4, not masked)]


@pytest.mark.clause("2.4.1")
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_command_writes_the_same_table(
    private_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    kind: str,
) -> None:  # fmt: skip
    home = private_folder / "counter"
    make_counter(home).close()
    secret = private_folder / "password"
    secret.write_text(PASSWORD, "utf-8")
    monkeypatch.setenv("SBK_CLERK", "1001")
    monkeypatch.setenv("SBK_PASSWORD_FILE", str(secret))
    out = private_folder / f"out.{kind}"
    command = ["export", "issues", str(out), "--home", str(home), "--state", "live", "--json"]
    assert cli.main(command) == 0
    assert '"rows": 2' in capsys.readouterr().out
    assert out.exists()
    assert cli.main(command) == 2


def rows_of(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


@pytest.mark.clause("B19", "B5", "2.4.2")
@pytest.mark.parametrize("size", [(80, 24), (100, 30)])
@pytest.mark.parametrize(
    ("who", "bar", "turn"),
    [
        (0, "[##########] 10/10 已领卡", "激活金融账户"),
        (2, "[#########-] 9/10 乡镇接收", "到本窗口领卡"),
    ],
)
async def test_the_dossier_says_where_the_card_is(
    app: SbkApp, size: tuple[int, int], who: int, bar: str, turn: str
) -> None:
    async with app.run_test(size=size) as pilot:
        await open_job(pilot, "242")
        await pilot.press(*PEOPLE[who].number, "enter")
        await settled(pilot)
        screen = shown(app)
    assert bar in screen
    assert turn in screen
    assert "已 0 天" in screen
    assert "无照片" in screen
    assert "只在本机、未送到市中心" in screen
    assert "市中心还没有答复过本窗口" in screen
