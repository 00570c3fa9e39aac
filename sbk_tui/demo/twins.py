"""The training counter's devices: a simulated ID reader on a real line, and who stands before it.

`training_devices` runs them; the `Tray` it gives is what a training screen calls.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from sbk_tui.data.lookup import Dossier, card_that_matters
from sbk_tui.demo import assets
from sbk_tui.demo.chips import READER, ChipTray, card_in_hand
from sbk_tui.demo.documents import identity_card
from sbk_tui.demo.machine import Machine, running_machine
from sbk_tui.demo.office import ID_READER, PICTURES, PORTRAITS
from sbk_tui.demo.people import FEWEST, Resident
from sbk_tui.demo.till import Terminal, running_terminal
from sbk_tui.domain.card import Card, CardState
from sbk_tui.hardware import idcard_codec as codec
from sbk_tui.hardware.chip.twin_line import VirtualReaderSlot
from sbk_tui.hardware.chip.twin_reader import SocialCardReaderTwin
from sbk_tui.hardware.idcard_twin import FAULTS, IdCardReaderTwin, SimulatedReader
from sbk_tui.hardware.ports import IdCard
from sbk_tui.wiring import Counter

_SEARCHED = 2 * FEWEST
"""Everything that can have happened has happened to somebody among the first."""
SITUATIONS = {  # situation: how many who are in it stand before the counter
    "waiting": 4,
    "handed_out": 2,
    "asleep": 4,
    "active": 4,
    "temporarily_lost": 2,
    "lost": 2,
    "replaced": 1,
    "cancelled": 1,
    "applied": 1,
    "new": 4,
}
_DEAD = "01"
_ON_CARD = frozenset({codec.SELECT.code, codec.READ.code})


class Visitor(NamedTuple):
    """Somebody of the township who stands before the counter, an identity card in hand."""

    name: str
    number: str
    situation: str
    """How it stood with this person when the training began: a word of `demo_visitor`."""


class Tray:
    """The port `services.training.Tray`: cards of visitors on the simulated reader."""

    faults: tuple[str, ...] = tuple(FAULTS)
    """Names for `fault`; their words are `demo_fault.<name>`."""

    def __init__(
        self,
        reader: SimulatedReader,
        visitors: Sequence[tuple[Visitor, IdCard]],
        home: Path,
        chips: ChipTray,
        machine: Machine | None = None,
        terminal: Terminal | None = None,
    ) -> None:
        """Stand before `reader` with at least one visitor."""
        self.chips = chips
        self.machine = machine
        self.terminal = terminal
        self.visitors = tuple(visitor for visitor, _ in visitors)
        self._cards = tuple(card for _, card in visitors)
        self._reader = reader
        self._home = home
        self._lock = threading.Lock()
        self._current = 0
        self._lies = False
        self._used = False
        reader.on_request = self._on_request

    @property
    def current(self) -> int:
        """The place in `visitors` of whose card is laid next."""
        return self._current

    @property
    def lying(self) -> int | None:
        """The place in `visitors` of whose card lies on the reader; None: nothing does."""
        return self._current if self._lies else None

    def lay(self, index: int) -> None:
        """Lay the card of `visitors[index]` on the reader; it is the current one from now on."""
        with self._lock:
            self._lay(index)

    def lift(self) -> None:
        """Take the card off the reader."""
        with self._lock:
            self._reader.lift()
            self._lies = False

    def fault(self, name: str, times: int = 1) -> None:
        """Let the next `times` requests that it concerns go wrong; 0: all until `mend`.

        Raises:
            BadUsage: `idcard.unknown_fault`.
        """
        self._reader.fault(name, times)

    def mend(self) -> None:
        """Let the reader be a sound one again."""
        self._reader.mend()

    @property
    def pictures(self) -> tuple[str, ...]:
        """Names of the pictures that `photograph` can take."""
        return tuple(face.file for face in assets.pictures().faces)

    def photograph(self, picture: str) -> None:
        """Save a picture into the portrait folder, as the camera's program does."""
        content = (self._home / PICTURES / picture).read_bytes()
        unfinished = self._home / PORTRAITS / f"{picture}.part"
        unfinished.write_bytes(content)
        unfinished.rename(self._home / PORTRAITS / picture)

    def _lay(self, index: int) -> None:
        self._reader.lay(self._cards[index])
        self._current, self._lies, self._used = index, True, False

    def _on_request(self, request: bytes) -> None:
        # In the thread of the line, before the reader answers.
        with self._lock:
            if request == codec.FIND.code and (not self._lies or self._used):
                self._lay(self._current)
            elif request in _ON_CARD:
                self._used = True


@contextmanager
def training_devices(counter: Counter, people: Sequence[Resident]) -> Iterator[Tray]:
    """Run the devices of a training counter; the tray holds the cards of some of `people`."""
    link = counter.home / ID_READER
    visitors = tuple(_visitors(people, counter.lookup.dossier, counter.seat.bank))
    cards = [
        card_in_hand(counter.lookup.dossier(visitor.number), place)
        for place, (visitor, _) in enumerate(visitors)
    ]
    with (
        IdCardReaderTwin() as twin,
        SocialCardReaderTwin(READER) as reader,
        VirtualReaderSlot() as virtual,
        running_machine(counter) as machine,
        running_terminal(counter) as terminal,
    ):
        # A trainer may have a card service: then the cards go through it.
        real = counter.config.devices.social_card_reader.startswith("pcsc:")
        slot = virtual if real else reader
        tray = Tray(twin, visitors, counter.home, ChipTray(slot, cards), machine, terminal)
        # A link, removed at the end: a line's name kept in the configuration may be
        # somebody else's terminal tomorrow.
        link.unlink(missing_ok=True)
        link.symlink_to(twin.device)
        try:
            yield tray
        finally:
            link.unlink(missing_ok=True)


def _visitors(
    people: Sequence[Resident], dossier_of: Callable[[str], Dossier | None], bank: str
) -> Iterator[tuple[Visitor, IdCard]]:
    """Yield the special people and some in every situation, in the order of the township."""
    wanted = dict(SITUATIONS)
    for at, resident in enumerate(people[:_SEARCHED]):
        number = resident.person.number
        dossier, card = dossier_of(number), identity_card(resident)
        situation = situation_of(dossier, bank)
        dead = dossier is not None and any(c.cancel_reason == _DEAD for c in dossier.cards)
        rare = at < len(assets.special())
        if card is None or dead or not (rare or wanted[situation]):
            continue
        if not rare:
            wanted[situation] -= 1
        yield Visitor(resident.person.name, number, situation), card


def situation_of(dossier: Dossier | None, bank: str = "") -> str:
    """Return how it stands with a person: a key of `demo_visitor` in the words.

    Args:
        bank: whose window it is, at a bank window.
    """
    if dossier is None:
        return "new"
    card = card_that_matters(dossier.cards)
    if card is None:
        return "applied"
    if any(other.replaces == card.number for other in dossier.cards):
        return "replaced"
    sleeps = card.state is CardState.ACTIVE and card.financial_account == "0"
    if bank and card.bank == bank and sleeps:
        return "asleep"
    return _situation_of_card(card)


def _situation_of_card(card: Card) -> str:
    match card.state:
        case CardState.SEALED:
            return "handed_out" if card.collected_at else "waiting"
        case CardState.ACTIVE | CardState.LOCKED:
            return "active"
        case CardState.TEMP_LOST:
            return "temporarily_lost"
        case CardState.FORMAL_LOST:
            return "lost"
        case CardState.CANCELLED:
            return "cancelled"
