"""`sbk doctor`, `sbk read id`, `sbk photo`: the machine, its devices, its pictures."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from sbk_tui.hardware.card_printer_twin import CardPrinterTwin, blanks
from sbk_tui.hardware.idcard_twin import IdCardReaderTwin
from tests.commands.desk import Sbk, typed
from tests.commands.test_faults import store_of
from tests.hardware.documents import CITIZEN
from tests.hardware.drawn import GREEN_WALL, encoded, face

CARD = CITIZEN.card()


def findings(sbk: Sbk) -> dict[str, str]:
    """Return what the doctor says of each check."""
    rows = sbk("doctor", "--json").document
    assert all(row["cure"] for row in rows if row["state"] == "wrong")
    return {row["check"]: row["state"] for row in rows}


def configure(sbk: Sbk, text: str) -> None:
    (sbk.home / "config.toml").write_text(text, "utf-8")


def test_a_sound_counter_is_told_so(counters: Callable[[str], Sbk]) -> None:
    found = findings(counters("active"))
    for check in ("encryption", "permissions", "disk", "clock"):
        assert found[check] == "ok"
    for check in ("id_reader", "printer", "hub"):
        assert found[check] == "none"


def test_a_clock_that_went_back_is_seen(active: Sbk) -> None:
    store = store_of(active)
    with store.write() as db:
        trigger = "operation_is_never_changed"
        db.execute_sql(f"DROP TRIGGER {trigger}")
        db.execute_sql("UPDATE operation SET hlc = hlc + (86400000 << 16) WHERE seq = 3")
    store.close()
    assert findings(active)["clock"] == "wrong"
    assert active("doctor").code == 3


def test_a_folder_open_to_others_is_seen(active: Sbk) -> None:
    (active.home / "keyring.json").chmod(0o644)
    assert findings(active)["permissions"] == "wrong"


def test_devices_are_asked(active: Sbk, tmp_path: Path) -> None:
    with IdCardReaderTwin() as twin:
        printer = f"file://{tmp_path}/%Y-{{title}}.pdf"
        configure(active, f'[devices]\nid_card_reader = "{twin.device}"\nprinter = "{printer}"\n')
        found = findings(active)
    assert (found["id_reader"], found["printer"]) == ("ok", "ok")
    configure(
        active,
        '[devices]\nid_card_reader = "/dev/nothing"\nprinter = "lp://no-such-queue"\n',
    )
    found = findings(active)
    assert (found["id_reader"], found["printer"]) == ("wrong", "wrong")
    assert active("doctor").code == 4


@pytest.mark.clause("F6", "F7")
def test_the_card_printer_is_asked(active: Sbk) -> None:
    def told() -> tuple[str, str]:
        rows = {row["check"]: row for row in active("doctor", "--json").document}
        return rows["card_printer"]["state"], rows["card_printer"]["found"]

    with CardPrinterTwin("220e", blanks("95533", 1)) as twin:
        configure(active, f'[devices]\ncard_printer = "{twin.url}"\n')
        assert told() == ("ok", "220e，色带还能印 200 张")
        twin.fault("ribbon_chip")
        state, found = told()
        assert (state, "色带芯片" in found) == ("wrong", True)
    state, found = told()
    assert (state, "USB" in found) == ("wrong", True)


def test_a_city_that_does_not_answer_is_seen(active: Sbk) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    configure(active, f'[hub]\nurl = "http://127.0.0.1:{port}"\n')
    assert findings(active)["hub"] == "wrong"
    assert active("doctor").code == 5


def test_without_a_name_the_doctor_looks_at_what_it_can(active: Sbk) -> None:
    rows = typed("doctor", "--json", "--home", str(active.home)).document
    assert {row["check"]: row["state"] for row in rows}["clock"] == "none"


@pytest.mark.clause("1.2")
def test_a_document_is_read_masked_or_whole() -> None:
    with IdCardReaderTwin() as twin:
        twin.lay(CARD)
        said = typed("read", "id", "--url", twin.device)
        twin.lay(CARD)
        whole = typed("read", "id", "--url", twin.url, "--json").document
    assert said.code == 0
    assert CARD.name in said.out
    assert CARD.number not in said.out
    assert (whole["number"], whole["address"]) == (CARD.number, CARD.address)
    assert len(whole["raw_text"]) == 512


def test_the_reader_of_the_configuration_is_used(active: Sbk) -> None:
    with IdCardReaderTwin() as twin:
        twin.lay(CARD)
        configure(active, f'[devices]\nid_card_reader = "{twin.url}"\n')
        assert active("read", "id", "--json").document["name"] == CARD.name


def test_waiting_for_a_document_ends() -> None:
    with IdCardReaderTwin() as twin:
        answer = typed("read", "id", "--url", twin.device, "--wait", "0.3", "--json")
    assert (answer.code, answer.document["error"]) == (4, "device.cancelled")


@pytest.fixture
def good(tmp_path: Path) -> str:
    path = tmp_path / "good.jpg"
    path.write_bytes(encoded(face(), quality=92, dpi=(350, 350)))
    return str(path)


@pytest.fixture
def mendable(tmp_path: Path) -> str:
    path = tmp_path / "mendable.png"
    shot = face((1000, 1300), wall=GREEN_WALL, hair_top=200, head=620, centre=500)
    path.write_bytes(encoded(shot, "PNG"))
    return str(path)


@pytest.mark.clause("A7.1")
def test_a_good_portrait_passes(good: str) -> None:
    answer = typed("photo", good, "--json")
    assert answer.code == 0, answer
    told = answer.document
    assert told["grade"] in {"ok", "warn"}
    assert all(finding["message"] for finding in told["findings"])


@pytest.mark.clause("A7.1")
def test_a_portrait_that_would_come_back_is_refused_rule_by_rule(mendable: str) -> None:
    answer = typed("photo", mendable, "--json")
    assert answer.code == 3
    refused = {f["rule"] for f in answer.document["findings"] if f["grade"] == "refuse"}
    assert {"format", "width", "height"} <= refused
    assert "应为 358" in typed("photo", mendable).out


@pytest.mark.clause("A7.1")
def test_a_portrait_is_repaired_into_another_file(mendable: str, tmp_path: Path) -> None:
    fixed = tmp_path / "fixed.jpg"
    answer = typed("photo", mendable, "--fix", str(fixed), "--json")
    assert answer.code == 0, answer
    assert answer.document["repairs"]
    assert typed("photo", str(fixed), "--json").code == 0
    nowhere = typed("photo", mendable, "--fix", str(tmp_path / "none" / "x.jpg"), "--json")
    assert (nowhere.code, nowhere.document["error"]) == (2, "photo.unwritable")


@pytest.mark.clause("A7.1")
def test_what_is_no_picture_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "note.jpg"
    path.write_text("no picture", "utf-8")
    assert typed("photo", str(path), "--json").document["error"] == "photo.not_a_picture"
    assert typed("photo", str(tmp_path / "none.jpg"), "--json").code == 3
