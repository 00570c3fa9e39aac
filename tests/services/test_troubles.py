"""The card printer's trouble table: the regulation's rows, and a row for each of its faults."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from textual.app import App

from sbk_tui.domain.procedure import Procedure, Progress, Step
from sbk_tui.hardware.card_printer_driver import TROUBLES
from sbk_tui.resources import toml_folder
from sbk_tui.screens.help import HelpScreen
from sbk_tui.services.procedures import completed, troubles

ROWS = {row.code: row for row in troubles("card_printer")}
JOB = completed(
    Procedure(
        clause="5.1.3.2", title="制卡", capability="INSTANT_ISSUE", old_path="制卡软件", summary="",
        steps=(Step(id="feed", title="进卡", help="按 F7 进卡。"),), troubles_of="card_printer",
    )
)  # fmt: skip


@dataclass(frozen=True)
class Duty:
    """A row of the regulation's trouble table, and what must be said of it."""

    code: str
    cause: str
    cure: tuple[str, ...]


@pytest.mark.parametrize(
    "duty",
    [
        pytest.param(Duty("F4", "色带传感器", ("校正", "清洁", "5.1.3.3")),
                     marks=pytest.mark.clause("F4")),
        pytest.param(Duty("cardprinter.chip_unit", "放反", ("方向", "其他读卡器", "重启")),
                     marks=pytest.mark.clause("F5")),
        pytest.param(Duty("cardprinter.absent", "USB", ("USB", "驱动")),
                     marks=pytest.mark.clause("F6")),
        pytest.param(Duty("cardprinter.ribbon_chip", "松动", ("重新插拔", "更换色带")),
                     marks=pytest.mark.clause("F7")),
        pytest.param(Duty("chip.write_unfinished", "网络", ("5.1.3.4",)),
                     marks=pytest.mark.clause("F8")),
    ],
    ids=lambda duty: duty.code,
)  # fmt: skip
def test_the_regulations_rows_say_the_cause_and_the_cure(duty: Duty) -> None:
    row = ROWS[duty.code]
    assert duty.cause in row.cause
    assert [part for part in duty.cure if part not in row.cure] == []


def test_every_fault_that_a_printer_reports_has_its_row_and_every_row_is_a_fault() -> None:
    assert {row.code for row in TROUBLES} - {"cardprinter.no_card"} <= set(ROWS)
    assert set(ROWS) - set(toml_folder("texts/errors")) == {"F4"}  # that one the clerk sees


@pytest.mark.clause("B8")
async def test_f1_shows_them_in_every_job_of_the_printer() -> None:
    app: App[None] = App()
    async with app.run_test(size=(100, 30)) as pilot:
        await app.push_screen(HelpScreen(Progress(procedure=JOB)))
        await pilot.pause()
        text = str(app.screen.query("Static").first().visual)
    for row in ROWS.values():
        assert row.cure in text
    assert (
        "卡芯片上电失败（F5）（可能：卡放反了、读卡器不兼容，或制卡机有问题）：先看卡片方向" in text
    )
