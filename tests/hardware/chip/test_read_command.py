"""`sbk read card` and the doctor, through the real card service."""

from __future__ import annotations

from pathlib import Path

import pytest

from sbk_tui.hardware.chip.twin_line import VirtualReaderSlot
from tests.commands.desk import typed
from tests.hardware.chip.conftest import READER
from tests.hardware.chip.test_card import NUMBER, virtual

URL = f"pcsc://{READER}"


def test_a_card_is_printed_masked_and_given_whole_to_a_script(slot: VirtualReaderSlot) -> None:
    slot.insert(virtual())
    said = typed("read", "card", "--url", URL)
    assert said.code == 0
    assert "张三" in said.out
    assert "E00000029" in said.out
    assert NUMBER not in said.out
    whole = typed("read", "card", "--url", URL, "--json").document
    assert whole["holder"]["number"] == NUMBER
    assert whole["bank_number"] not in said.out
    assert whole["bank_number"][-4:] in said.out


def test_a_third_generation_card_is_explained(slot: VirtualReaderSlot) -> None:
    slot.insert(virtual("v3"))
    said = typed("read", "card", "--url", URL)
    assert (said.code, "第三代卡" in said.out) == (0, True)


def test_a_missing_card_ends_the_waiting(slot: VirtualReaderSlot) -> None:
    slot.pull()
    assert typed("read", "card", "--url", URL, "--wait", "0.3").code == 4


@pytest.mark.usefixtures("card_service")
def test_the_doctor_names_the_reader_and_misses_an_absent_one(tmp_path: Path) -> None:
    for url, state in ((URL, "ok"), ("pcsc://Nobody 00 00", "wrong")):
        (tmp_path / "config.toml").write_text(f'[devices]\nsocial_card_reader = "{url}"\n')
        rows = typed("doctor", "--json", "--home", str(tmp_path)).document
        assert {row["check"]: row["state"] for row in rows}["card_reader"] == state
