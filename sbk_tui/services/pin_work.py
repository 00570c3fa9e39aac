"""PIN work as values (4.1–4.3): the three jobs, one piece of work, where the holder types."""

from __future__ import annotations

import threading
from enum import Enum
from typing import NamedTuple

from sbk_tui.data.ledger import Done
from sbk_tui.data.lookup import Dossier
from sbk_tui.domain.card import Card
from sbk_tui.domain.operations.pin import ChangePin, PinWork, ResetPin, UnlockPin
from sbk_tui.domain.pin import Presence, wipe
from sbk_tui.hardware.ports import PinPad, Prompt, SocialCard, SocialCardReader


class AtReader(Enum):
    """The holder types at the card reader's own pad: no digit comes to this program."""

    PAD = "reader"


Entry = PinPad | AtReader
"""Where the holder types."""


class PinJob(NamedTuple):
    """One of the three jobs, as a row."""

    clause: str
    payload: type[PinWork]
    needs_old: bool
    needs_new: bool
    needs_keys: bool

    @property
    def kind(self) -> str:
        """The kind of its fact."""
        return self.payload.kind


JOBS = {
    row.clause: row
    for row in (
        #      clause  fact       old    new    key service
        PinJob("4.1", ChangePin, True, True, False),
        PinJob("4.2", UnlockPin, False, False, True),
        PinJob("4.3", ResetPin, False, True, True),
    )
}


class Work(NamedTuple):
    """One PIN job on one card: who, which card, what lies in the reader, who is there."""

    job: PinJob
    seen: Dossier
    card: Card
    chip: SocialCard
    presence: Presence
    op: str
    draft: str
    last_try_agreed: bool = False
    """Whether the clerk has said yes to using the last try."""


class Handled(NamedTuple):
    """What came of it."""

    done: Done
    card: Card
    paper: str


def verify(
    reader: SocialCardReader, card: SocialCard, pad: Entry, prompt: Prompt, cancel: threading.Event
) -> None:
    """Have the holder type a PIN and the card check it, once.

    Raises:
        DeviceFault, OutcomeUnknown, Refusal, Cancelled: as the pad and the port's `verify`.
    """
    if isinstance(pad, AtReader):
        reader.verify_at_pad(card)
        return
    pin = pad.enter(cancel, prompt)
    try:
        reader.verify(card, pin)
    finally:
        wipe(pin)
