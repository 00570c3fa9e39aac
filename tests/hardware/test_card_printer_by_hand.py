"""Card printers without commands: a page of a card's size for a queue, files for a folder."""

from __future__ import annotations

import io
import os
import re
import stat
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from sbk_tui.errors import BadUsage, Cancelled, DeviceAbsent, DeviceFault, OutcomeUnknown
from sbk_tui.hardware.card_printer_by_hand import Encoding
from sbk_tui.hardware.card_printer_opening import open_card_printer
from sbk_tui.hardware.card_printer_twin import CardPrinterTwin, blanks
from sbk_tui.hardware.ports import CardPlace, CardPrinter, CardRecord, PrinterCounters

NEVER = threading.Event()
RECORD = CardRecord(
    card="E00000029", number="410702198001010010", name="张三𠮷", made="20261124",
    valid_to="20361124", identification="41070000D15600000500000002000001",
    historical="8654314308866604107250000", bank_card="6212261234567890128",
)  # fmt: skip
LP = """#!{python}
import pathlib, sys
here = pathlib.Path(__file__).parent
args = sys.argv[1:]
queue = args[args.index("-d") + 1]
data = sys.stdin.buffer.read()
if queue == "nobody":
    sys.exit("lp: Error - The printer or class does not exist.")
if queue == "full":
    sys.exit("lp: Destination is not accepting jobs.")
count = len(list(here.glob("*.job")))
(here / f"{{count}}.job").write_bytes(data)
(here / "args").write_text(" ".join(args))
print("" if queue == "silent" else f"request id is {{queue}}-{{count}} (1 file(s))")
"""
LPSTAT = """#!/bin/sh
[ "$2" != nobody ] || { echo "lpstat: Invalid destination" >&2; exit 1; }
"""


def face(colour: str = "red") -> bytes:
    """Return a face of one colour with a frame of four black dots: its bleed."""
    picture = Image.new("RGB", (1016, 648), "black")
    picture.paste(colour, (4, 4, 1012, 644))
    file = io.BytesIO()
    picture.save(file, "PNG", dpi=(300, 300))
    return file.getvalue()


@pytest.fixture
def spool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of an `lp` and an `lpstat` that answer as the real ones do."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name, text in (("lp", LP.format(python=sys.executable)), ("lpstat", LPSTAT)):
        (folder / name).write_text(text)
        (folder / name).chmod(stat.S_IRWXU)
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return the folder that the Windows program shares."""
    place = tmp_path / "制卡"
    place.mkdir()
    return place


@pytest.fixture(params=["sim", "cups", "file"])
def printer(
    request: pytest.FixtureRequest,
    spool: Path,  # noqa: ARG001 -- must be there
    folder: Path,
) -> Iterator[CardPrinter]:
    """Give each kind of driver."""
    with CardPrinterTwin("contract", blanks("95533", 2)):
        place = {"sim": "contract", "cups": "Evolis", "file": str(folder)}[request.param]
        yield open_card_printer(f"{request.param}://{place}")


@pytest.mark.clause("N1", "5.1.3.2")
def test_every_printer_takes_a_card_through_and_prints_it_once(printer: CardPrinter) -> None:
    before = printer.counters().printed
    assert printer.status().ready
    assert printer.identify()
    for _ in range(2):
        printer.feed("job-1", NEVER)
    names = {printer.print_face(face(), "job-1", NEVER, record=RECORD) for _ in range(2)}
    assert len(names) == 1
    for _ in range(2):
        printer.eject("job-1", spoiled=False)
    after = printer.counters().printed
    assert (before, after) in {(0, 1), (None, None)}


def test_every_printer_can_be_broken_off_before_it_prints(printer: CardPrinter) -> None:
    cancel = threading.Event()
    cancel.set()
    printer.feed("job-1", NEVER)
    with pytest.raises(Cancelled):
        printer.print_face(face(), "job-1", cancel)
    assert printer.counters().printed in {0, None}


# ---------------------------------------------------------------------- a queue


def test_the_page_is_exactly_a_card_and_has_no_bleed(spool: Path) -> None:
    printer = open_card_printer("cups://Evolis")
    assert printer.print_face(face(), "job-1", NEVER) == "Evolis-0"
    page = (spool / "0.job").read_bytes()
    box = re.search(rb"/MediaBox \[ 0 0 ([\d.]+) ([\d.]+) \]", page)
    assert box is not None
    sides_mm = [float(side) / 72 * 25.4 for side in box.groups()]
    assert sides_mm == pytest.approx([85.6, 54.0], abs=0.01)
    picture = Image.open(io.BytesIO(page[page.index(b"\xff\xd8\xff") :]))
    assert picture.size == (1011, 638)
    for corner in ((0, 0), (1000, 0), (0, 630)):
        red, green, blue = picture.convert("RGB").getpixel(corner)
        assert (red > 240, green < 15, blue < 15) == (True, True, True)
    options = (spool / "args").read_text()
    assert "print-scaling=none" in options
    assert "media=Custom.85.6x54mm" in options


def test_an_office_names_the_card_as_its_printer_does(spool: Path) -> None:
    open_card_printer("cups://Evolis?media=CR80").print_face(face(), "job-1", NEVER)
    assert "media=CR80" in (spool / "args").read_text()


@pytest.mark.clause("F6")
def test_a_queue_that_is_not_there_is_a_printer_that_is_not_there(spool: Path) -> None:
    printer = open_card_printer("cups://nobody")
    assert printer.status().fault == "cardprinter.absent"
    for step in (printer.identify, lambda: printer.print_face(face(), "job-1", NEVER)):
        with pytest.raises(DeviceAbsent) as caught:
            step()
        assert (caught.value.code, caught.value.clause) == ("cardprinter.absent", "F6")
    assert list(spool.glob("*.job")) == []


def test_a_queue_that_refuses_may_be_asked_again(spool: Path) -> None:
    printer = open_card_printer("cups://full")
    for _ in range(2):
        with pytest.raises(DeviceFault, match="refused"):
            printer.print_face(face(), "job-1", NEVER)
    assert list(spool.glob("*.job")) == []


@pytest.mark.clause("N2")
def test_a_queue_that_did_not_answer_is_not_handed_the_same_face_again(spool: Path) -> None:
    printer = open_card_printer("cups://silent")
    for _ in range(3):
        with pytest.raises(OutcomeUnknown, match="no_answer"):
            printer.print_face(face(), "job-1", NEVER)
    assert len(list(spool.glob("*.job"))) == 1
    assert printer.counters() == PrinterCounters(printed=None, panels=None)


# ---------------------------------------------------------------------- a folder


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8"])
def test_the_windows_program_finds_the_line_and_the_face(folder: Path, encoding: Encoding) -> None:
    printer = open_card_printer(f"file://{folder}", encoding=encoding)
    assert printer.print_face(face(), "job-1", NEVER, record=RECORD) == "job-1.png"
    assert sorted(path.name for path in folder.glob("[!.]*")) == ["job-1.csv", "job-1.png"]
    with Image.open(folder / "job-1.png") as picture:
        assert picture.size == (1016, 648)
        assert [round(dpi) for dpi in picture.info["dpi"]] == [300, 300]
    text = (folder / "job-1.csv").read_bytes().decode(encoding)
    assert text.split("\r\n") == [
        "序号,社保卡号,社会保障号码,姓名,制卡日期,有效期至,卡识别码,卡复位码,个人帐户,银行卡号,金融帐户,"
        "装箱位置,失败环节,失败原因",
        "1,E00000029,410702198001010010,张三𠮷,20261124,20361124,41070000D15600000500000002000001,"
        "8654314308866604107250000,,6212261234567890128,,,,",
        "",
    ]


@pytest.mark.clause("N1")
def test_a_face_that_the_program_took_away_is_not_given_out_again(folder: Path) -> None:
    open_card_printer(f"file://{folder}").print_face(face(), "job-1", NEVER, record=RECORD)
    for path in folder.glob("job-1.*"):
        path.unlink()
    after_restart = open_card_printer(f"file://{folder}")
    assert after_restart.print_face(face(), "job-1", NEVER, record=RECORD) == "job-1.png"
    assert list(folder.glob("job-1.*")) == []
    assert after_restart.counters() == PrinterCounters(printed=1, panels=None)
    after_restart.print_face(face(), "job-2", NEVER)
    assert after_restart.counters().printed == 2


def test_a_note_torn_by_a_power_cut_spoils_no_other(folder: Path) -> None:
    (folder / ".printed").write_text("\njob-1\n\njob-")
    printer = open_card_printer(f"file://{folder}")
    printer.print_face(face(), "job-2", NEVER)
    assert (folder / "job-2.png").exists()
    (folder / "job-2.png").unlink()
    printer.print_face(face(), "job-2", NEVER)
    printer.print_face(face(), "job-1", NEVER)
    assert list(folder.glob("*.png")) == []


def test_a_folder_that_is_away_is_told_and_nothing_is_lost(folder: Path) -> None:
    printer = open_card_printer(f"file://{folder}")
    folder.rmdir()
    assert printer.status().fault == "cardprinter.folder"
    assert printer.status().place is CardPlace.UNKNOWN
    for step in (printer.identify, lambda: printer.print_face(face(), "job-1", NEVER)):
        with pytest.raises(DeviceFault, match="folder"):
            step()
    folder.mkdir()
    assert printer.print_face(face(), "job-1", NEVER) == "job-1.png"


def test_a_job_is_never_a_path(folder: Path) -> None:
    with pytest.raises(ValueError, match="passwd"):
        open_card_printer(f"file://{folder}").print_face(face(), "../passwd", NEVER)


@pytest.mark.parametrize("url", ["file://relative", "cups://-o evil", "cups://a b"])
def test_a_wrong_address_is_refused_before_anything_is_printed(url: str) -> None:
    with pytest.raises(BadUsage):
        open_card_printer(url)
