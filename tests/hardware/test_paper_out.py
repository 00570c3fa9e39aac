"""Papers go to a queue or to a folder, and nothing is called printed before it was taken."""

from __future__ import annotations

import json
import os
import shutil
import stat
from datetime import datetime
from pathlib import Path

import pytest

from sbk_tui.errors import BadUsage, DeviceAbsent, DeviceFault, OutcomeUnknown
from sbk_tui.hardware.paper_out import FilePrinter, LpPrinter, open_printer

PDF = b"%PDF-1.4 a paper"

LP = """#!{python}
import json, os, pathlib, sys, time
here = pathlib.Path(__file__).parent
args = sys.argv[1:]
queue = args[args.index("-d") + 1]
data = sys.stdin.buffer.read()
if queue == "nobody":
    sys.exit("lp: Error - The printer or class does not exist.")
if queue == "down":
    sys.exit("lp: Error - scheduler not responding.")
if queue == "full":
    sys.exit("lp: Destination \\"full\\" is not accepting jobs.")
if queue == "hang":
    if os.fork() == 0:
        time.sleep(600)
    time.sleep(600)
(here / "job.json").write_text(json.dumps([args, os.environ["LC_ALL"], data.decode()]))
print("" if queue == "silent" else f"request id is {{queue}}-42 (1 file(s))")
"""


@pytest.fixture
def lp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of an `lp` that answers as the real one does."""
    import sys

    folder = tmp_path / "bin"
    folder.mkdir()
    command = folder / "lp"
    command.write_text(LP.format(python=sys.executable))
    command.chmod(command.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)
    return folder


def noon() -> datetime:
    return datetime.fromisoformat("2026-11-24T12:00:00+08:00")


@pytest.mark.clause("1.2", "3.1")
def test_a_paper_is_handed_to_the_queue_and_its_job_named(lp: Path) -> None:
    printer = open_printer("lp://Counter-1?media=A5", noon)
    assert printer.submit("挂失回执; rm -rf ~\n", PDF) == "Counter-1-42"
    args, language, data = json.loads((lp / "job.json").read_text())
    assert args[:4] == ["-d", "Counter-1", "-t", "挂失回执; rm -rf ~"]
    assert args[-1] == "-"
    assert {"media=A5", "print-scaling=none", "sides=one-sided"} <= set(args)
    assert (language, data) == ("C", PDF.decode())


@pytest.mark.usefixtures("lp")
@pytest.mark.parametrize(
    ("queue", "kind", "code"),
    [
        ("nobody", DeviceAbsent, "print.no_queue"),
        ("down", DeviceAbsent, "print.no_spooler"),
        ("full", DeviceFault, "print.refused"),
        ("silent", OutcomeUnknown, "print.no_answer"),
    ],
)
def test_each_answer_of_the_spooler_has_its_own_error(
    queue: str, kind: type[DeviceFault], code: str
) -> None:
    with pytest.raises(DeviceFault) as raised:
        LpPrinter(queue).submit("回执", PDF)
    assert type(raised.value) is kind
    assert raised.value.code == code


@pytest.mark.usefixtures("lp")
@pytest.mark.clause("B3")
def test_a_spooler_that_hangs_leaves_the_outcome_unknown_and_no_process() -> None:
    with pytest.raises(OutcomeUnknown) as raised:
        LpPrinter("hang", limit_s=0.4).submit("回执", PDF)
    assert raised.value.code == "print.no_answer"


def test_a_machine_without_a_spooler_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DeviceAbsent) as raised:
        LpPrinter("Counter-1").submit("回执", PDF)
    assert raised.value.code == "print.no_spooler"


@pytest.mark.skipif(shutil.which("lp") is None, reason="no cups-client on this machine")
def test_the_real_lp_is_understood_when_it_knows_no_such_queue() -> None:
    with pytest.raises(DeviceAbsent) as raised:
        LpPrinter("sbk-no-such-queue").submit("回执", PDF)
    assert raised.value.code in {"print.no_queue", "print.no_spooler"}


@pytest.mark.parametrize(
    "url",
    [
        "lp://",
        "lp://-oraw",
        "lp://a%20b",
        "lp://q/path",
        "cups://q?media=A4 -d other",
        "file://host/share/x.pdf",
        "file:relative.pdf",
        "file:///folder/",
        "socket://printer:9100",
    ],
)
def test_a_target_that_makes_no_sense_is_refused_at_once(url: str) -> None:
    with pytest.raises(BadUsage) as raised:
        open_printer(url, noon)
    assert raised.value.code == "print.bad_target"


def test_a_paper_lands_whole_in_its_folder_and_replaces_none(tmp_path: Path) -> None:
    printer = open_printer(f"file://{tmp_path}/%Y/%Y%m%d-{{title}}.pdf", noon)
    names = [printer.submit("挂失/回执", PDF + bytes([i])) for i in range(3)]
    assert names == [f"20261124-挂失_回执{copy}.pdf" for copy in ("", "-2", "-3")]
    assert sorted(path.name for path in (tmp_path / "2026").iterdir()) == sorted(names)
    assert (tmp_path / "2026" / names[2]).read_bytes() == PDF + b"\x02"


@pytest.mark.parametrize("title", ["", "..", "../../etc/passwd", "a\x00b\n", "%Y" * 50])
def test_a_title_never_leaves_the_folder(tmp_path: Path, title: str) -> None:
    name = FilePrinter(f"{tmp_path}/{{title}}.pdf", noon).submit(title, PDF)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_folder_that_cannot_be_made_is_an_absent_device(tmp_path: Path) -> None:
    (tmp_path / "papers").write_text("a file in the way")
    with pytest.raises(DeviceAbsent) as raised:
        FilePrinter(f"{tmp_path}/papers/{{title}}.pdf", noon).submit("回执", PDF)
    assert raised.value.code == "print.folder_absent"


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path) -> None:
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with pytest.raises(DeviceFault) as raised:
            FilePrinter(f"{tmp_path}/{{title}}.pdf", noon).submit("回执", PDF * 1000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert raised.value.code == "print.not_written"
    assert list(tmp_path.iterdir()) == []
