"""What the desks of one signed-in clerk are built from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sbk_tui import config as configuration
from sbk_tui.data import counter_file
from sbk_tui.data.blobs import Blobs
from sbk_tui.data.keyring import Keyring
from sbk_tui.data.ledger import Ledger, Session
from sbk_tui.data.lookup import Lookup
from sbk_tui.data.record import Certificate
from sbk_tui.data.store import Store
from sbk_tui.domain.rules import Rules
from sbk_tui.domain.world import Seat
from sbk_tui.services.slips import Desk

BLOBS = "blobs"
"""The folder with portraits and scans."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What the desks of one signed-in clerk are built from."""

    home: Path
    config: configuration.Config
    rules: Rules
    opened: counter_file.OpenCounter
    key: bytes | None
    data_key: bytes
    seat: Seat
    session: Session
    ledger: Ledger
    lookup: Lookup
    now_ms: Callable[[], int]
    new_id: Callable[[], str]

    @property
    def store(self) -> Store:
        """The open database."""
        return self.opened.store

    @property
    def held(self) -> Certificate:
        """What the counter is, by its certificate."""
        return self.opened.certificate

    @property
    def head(self) -> Desk:
        """The head of every paper."""
        return Desk(self.held.office, self.held.counter, self.session.name)

    @property
    def blobs(self) -> Blobs:
        """The folder with portraits and scans."""
        return Blobs(self.store, self.home / BLOBS, self.key)

    def unlock(self, clerk: str, password: str) -> Session:
        """Return a clerk's own session: the second clerk's, or this one's again."""
        keys = Keyring(self.home, self.now_ms).unlock(clerk, password)
        return Session(keys.slot.clerk, keys.slot.name, keys.slot.role, keys.signer)

    def check(self, password: str) -> None:
        """Return when this is the password of the clerk who is signed in."""
        self.unlock(self.session.clerk, password)
