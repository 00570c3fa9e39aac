"""A city, its folder to a system outside, and the twin on the other side."""

from __future__ import annotations

from pathlib import Path

from sbk_tui.hub.outside import ALL, Channel, Teller
from sbk_tui.hub.outside_answers import Answers, Taken
from sbk_tui.outside.codec import decode
from sbk_tui.outside.folder import FolderExchange
from sbk_tui.outside.layout import System, layout
from sbk_tui.outside.twin import OutsideTwin
from sbk_tui.texts import explain
from tests.data.conftest import letters
from tests.sync.city import City


class Outsider:
    """One system outside."""

    def __init__(
        self, city: City, folder: Path, system: System = "province", bank: str = ""
    ) -> None:
        self.city, self.folder = city, folder
        self.exchange = FolderExchange(folder)
        self.twin = OutsideTwin(folder)
        self.channel = Channel(system, bank, self.exchange)

    @property
    def teller(self) -> Teller:
        """A program that was just started: it knows only what the database says."""
        return Teller(self.city.hub, initials=letters, now_ms=lambda: self.city.clock[0])

    def tell(self) -> list[dict[str, str]]:
        """Tell what is new; return the lines of the new files, in their order."""
        before = set(self.files())
        self.teller.begin(self.channel, ALL)
        self.teller.tell(self.channel)
        return [line for name in self.files() if name not in before for line in self.read(name)]

    def files(self) -> list[str]:
        """Return the names of what was handed out."""
        outbox = self.folder / "outbox"
        return sorted(path.stem for path in outbox.iterdir()) if outbox.is_dir() else []

    def read(self, name: str) -> tuple[dict[str, str], ...]:
        """Return the lines of a file, as the other side reads them."""
        content = (self.folder / "outbox" / f"{name}.csv").read_bytes()
        return decode(layout(name.rpartition("-")[2]), content).records

    def answer(self, fault: str = "") -> Taken:
        """Let the twin answer, and take in what it says."""
        self.twin.fault = fault
        self.twin.answer()
        return self.take()

    def take(self) -> Taken:
        """Take in what lies there."""
        return Answers(
            self.city.hub, initials=letters, now_ms=lambda: self.city.clock[0],
            explain=lambda error: explain(error).message,
        ).take(self.channel)  # fmt: skip

    def states(self) -> list[tuple[object, ...]]:
        """Return (state, code) of every line that was told, in their order."""
        return self.city.rows(
            "SELECT state, code FROM outside_message WHERE system = ? ORDER BY file, line",
            self.channel.name,
        )

    def aside(self) -> list[str]:
        """Return why answers were put aside."""
        return [path.read_text("utf-8") for path in sorted((self.folder / "aside").glob("*.txt"))]
