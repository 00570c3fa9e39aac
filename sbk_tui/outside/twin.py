"""A twin of a system outside: it answers our files, and can go wrong by name."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from sbk_tui.outside.codec import Record, decode, encode
from sbk_tui.outside.folder import ASIDE, INBOX, OUTBOX, TAKEN, write_whole
from sbk_tui.outside.layout import layout

Answer = dict[str, str]


class Fault(NamedTuple):
    """One thing that can go wrong, as a change of the answer."""

    says: tuple[str, str] = ("00", "")
    """Result and text of every line."""
    others: bool = False
    """The first line names another person."""
    cut: bool = False
    """The file breaks off."""
    twice: bool = False
    """The same answer comes a second time, under another name."""


FAULTS = {
    "refuse": Fault(("99", "公安比对不通过")),
    "already": Fault(("01", "")),
    "bank_side": Fault(("02", "银行系统超时")),
    "others_answer": Fault(others=True),
    "cut": Fault(cut=True),
    "twice": Fault(twice=True),
    "silent": Fault(("", "")),
}
"""What `--fault` may name."""
SOMEBODY_ELSE = "410702199001010015"


class OutsideTwin:
    """Whoever reads `outbox/` and writes `inbox/` on the other side."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.received: dict[str, list[dict[str, str]]] = {}
        """File name → its records, as they were understood."""
        self.fault = ""

    def answer(self, judge: Callable[[Record], tuple[str, str]] | None = None) -> Sequence[str]:
        """Answer every file that was not answered yet; return their names.

        Args:
            judge: result and text for a record; without it, what the fault says, or 00.
        """
        fault, done = FAULTS.get(self.fault, Fault()), []
        outbox, inbox = self._folder / OUTBOX, self._folder / INBOX
        for path in sorted(outbox.glob("*.csv")) if outbox.is_dir() else ():
            name = path.stem
            sheet = decode(layout(name.rpartition("-")[2]), path.read_bytes())
            self.received[name] = list(sheet.records)
            if self._is_answered(name) or self.fault == "silent":
                continue
            lines = [
                _line(record, judge(record) if judge else fault.says) for record in sheet.records
            ]
            if fault.others and lines:
                lines[0]["social_number"] = SOMEBODY_ELSE
            content = encode(layout("answer"), sheet.batch, lines)
            if fault.cut:
                content = content[: len(content) * 2 // 3]
            inbox.mkdir(mode=0o700, parents=True, exist_ok=True)
            for tail in ("", "-2") if fault.twice else ("",):
                write_whole(inbox / f"{name}.answer{tail}.csv", content)
            done.append(name)
        return done

    def _is_answered(self, name: str) -> bool:
        """Whether an answer was given, also by a twin before this one."""
        answer = f"{name}.answer.csv"
        return any((self._folder / place / answer).exists() for place in (INBOX, TAKEN, ASIDE))


def _line(record: Record, says: tuple[str, str]) -> Answer:
    return {"social_number": record["social_number"], "result": says[0], "text": says[1]}


def main(arguments: Sequence[str] | None = None) -> int:
    """Answer the files of a folder once: `python -m sbk_tui.outside.twin FOLDER --fault refuse`."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--fault", choices=[*FAULTS], default="")
    given = parser.parse_args(arguments)
    twin = OutsideTwin(given.folder)
    twin.fault = given.fault
    for name in twin.answer():
        print(name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
