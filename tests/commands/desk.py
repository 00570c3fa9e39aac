"""The command line as a script types it: one call, one answer; and counters in known states."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
from pathlib import Path
from typing import Any, NamedTuple

from sbk_tui import wiring
from sbk_tui.cli import main
from sbk_tui.data.keyring import Cost, Keyring

CHEAP = Cost(1, 64)
"""One guess in a test costs nothing."""
PASSWORD = "Shuang Qiao 77"
CLERK, LEAD = "zhang", "li"


class Answer(NamedTuple):
    """What one command gave."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one JSON document on standard output."""
        return json.loads(self.out)


class Sbk(NamedTuple):
    """A counter's folder and the clerk who types."""

    home: Path
    clerk: str = CLERK

    def __call__(self, *words: str, approver: str = "", **env: str) -> Answer:
        """Run `sbk WORDS` as this clerk."""
        password = str(self.home.parent / "password")
        given = {"SBK_HOME": str(self.home), "SBK_CLERK": self.clerk}
        given["SBK_PASSWORD_FILE"] = password
        if approver:
            given |= {"SBK_APPROVER": approver, "SBK_APPROVER_PASSWORD_FILE": password}
        return typed(*words, **given | env)

    def do(self, kind: str, *fields: str, approver: str = "") -> Any:
        """Do an operation that must succeed, and return what the command says of it."""
        answer = self("do", kind, *fields, "--json", approver=approver)
        assert answer.code == 0, answer
        return answer.document

    def card(self, number: str) -> dict[str, Any]:
        """Return a card as it stands."""
        found: dict[str, Any] = self("show", "card", number, "--json").document["card"]
        return found

    def operations(self) -> int:
        """Return how many operations the log holds; the log must be sound."""
        answer = self("audit", "verify", "--json")
        assert answer.code == 0, answer
        count: int = answer.document["operations"]
        return count


def typed(*words: str, **env: str) -> Answer:
    """Run a command in this process with exactly these variables of ours."""
    out, err = io.StringIO(), io.StringIO()
    before = dict(os.environ)
    for name in [name for name in os.environ if name.startswith("SBK_")]:
        del os.environ[name]
    os.environ.update(env)
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main(list(words))
    finally:
        os.environ.clear()
        os.environ.update(before)
    return Answer(code, out.getvalue(), err.getvalue())


def new_counter(folder: Path, level: str = "C", district: str = "410782", bank: str = "") -> Sbk:
    """Set up an encrypted counter with a clerk and a 负责人 in `folder`/home."""
    home = folder / "home"
    wiring.set_up(
        home, office="辉县市窗口", level=level, district=district, clerk=LEAD, name="李强",
        password=PASSWORD, bank=bank, cost=CHEAP,
    )  # fmt: skip
    lead = Keyring(home, wiring.now_ms).unlock(LEAD, PASSWORD)
    wiring.add_clerk(home, lead, CLERK, "张敏", wiring.CLERK, PASSWORD)
    (folder / "password").write_text(PASSWORD + "\n", "utf-8")
    return Sbk(home)


def copied(sbk: Sbk, folder: Path) -> Sbk:
    """Return a counter of its own in the same state."""
    shutil.copytree(sbk.home, folder / "home")
    shutil.copy(sbk.home.parent / "password", folder / "password")
    return Sbk(folder / "home", sbk.clerk)
