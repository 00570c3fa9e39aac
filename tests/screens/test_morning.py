"""开机检查 (B12): each fault gives its own row, with the cure."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from sbk_tui import wiring
from sbk_tui.app import SbkApp
from tests.screens.conftest import PASSWORD, make_counter, open_job, settled, shown


def broken(folder: Path) -> wiring.Counter:
    """Give a counter whose reader, printer, camera folder and city do not answer."""
    home = folder / "counter"
    make_counter(home).close()
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    (home / "config.toml").write_text(
        f'[devices]\nid_card_reader = "/dev/nothing"\nprinter = "lp://no-such-queue"\n'
        f'portrait_folder = "{folder}/nowhere"\n[hub]\nurl = "http://127.0.0.1:{port}"\n',
        "utf-8",
    )
    (home / "keyring.json").chmod(0o644)
    return wiring.sign_in(home, "1001", PASSWORD)


@pytest.mark.clause("B12")
@pytest.mark.parametrize("size", [(80, 24), (100, 30)])
async def test_each_fault_has_its_row_and_its_cure(
    private_folder: Path, size: tuple[int, int]
) -> None:
    counter = broken(private_folder)
    app = SbkApp(opened=counter)
    try:
        async with app.run_test(size=size) as pilot:
            await open_job(pilot, "03")
            await _done(pilot, counter)
            screen = shown(app)
            await pilot.press("down")
            told = shown(app)
    finally:
        counter.close()
    wrong = {line.split("×")[0].strip() for line in screen.splitlines() if "×" in line}
    assert wrong == {"权限", "身份证阅读器", "照片文件夹", "打印", "市中心"}
    assert "有 5 项要处理" in screen
    assert "√" in screen
    assert "keyring.json" in told


@pytest.mark.clause("B12")
async def test_a_sound_counter_is_told_so_and_looked_at_again(
    counter: wiring.Counter, app: SbkApp
) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await open_job(pilot, "03")
        await _done(pilot, counter)
        assert "没有要处理的" in shown(app)
        await pilot.press("f5")
        await _done(pilot, counter)
        assert "没有要处理的" in shown(app)
        assert "待打印" in shown(app)
        await pilot.press("escape")
        assert "输编号" in shown(app)


async def _done(pilot: object, counter: wiring.Counter) -> None:
    for _ in counter.desks.morning.names:
        await settled(pilot)  # type: ignore[arg-type]
