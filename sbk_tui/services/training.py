"""What a training screen may ask of the simulated devices (B14); `demo.twins` answers it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class Visitor(Protocol):
    """Somebody of the training township who stands before the counter, an identity card in hand."""

    @property
    def name(self) -> str: ...

    @property
    def number(self) -> str:
        """社会保障号码, invented like its holder: it may be shown whole."""

    @property
    def situation(self) -> str:
        """How it stood with this person when the training began: a word of `demo_visitor`."""


class ChipTray(Protocol):
    """The slot of the social-card reader, and the cards that visitors have in their hands."""

    @property
    def faults(self) -> Sequence[str]:
        """Names for `fault`; their words are `demo_chip_fault.<name>`."""

    def has_card(self, place: int) -> bool:
        """Return whether that visitor brings a card."""

    def insert(self, place: int) -> None:
        """Put the visitor's card into the reader."""

    def pull(self) -> None:
        """Take out what is in the slot."""

    def block(self) -> None:
        """Let the PIN of the card in the slot be locked by wrong tries."""

    def fault(self, name: str) -> None:
        """Let the next command that it concerns go wrong, of the card in the slot."""


class BlankOnTop(Protocol):
    """The blank that the card printer takes next."""

    @property
    def serial(self) -> str: ...

    @property
    def bank(self) -> str:
        """A code of the table `bank`."""

    @property
    def left(self) -> int:
        """Blanks in the hopper, this one counted."""


class CardMachine(Protocol):
    """The card printer: its hopper, its bins, what goes wrong with it."""

    @property
    def faults(self) -> Sequence[str]:
        """Names for `fault`; their words are `demo_machine_fault.<name>`."""

    @property
    def banks(self) -> Sequence[str]:
        """Codes of the banks whose blanks lie in the hopper."""

    @property
    def on_top(self) -> BlankOnTop | None:
        """The blank that is fed next; None: the hopper is empty."""

    @property
    def came_out(self) -> bool:
        """Whether the card that came out last still lies in its bin."""

    def put_on_top(self, bank: str) -> None:
        """Lay the blanks of a bank on top."""

    def put_back(self) -> None:
        """Lay the card that came out last on top of the hopper."""

    def fault(self, name: str) -> None:
        """Let this go wrong: what lasts until `mend`, the rest once."""

    def mend(self) -> None:
        """Let the printer be a sound one again."""


class CardTerminal(Protocol):
    """The card terminal (POS): nobody's money."""

    @property
    def faults(self) -> Sequence[str]:
        """Names for `fault`; their words are `demo_pos_fault.<name>`."""

    @property
    def taken_fen(self) -> int:
        """What the "bank" has taken at this sitting."""

    def fault(self, name: str) -> None:
        """Let the next request go wrong."""

    def mend(self) -> None:
        """Let the terminal be a sound one again."""

    def void_last(self) -> bool:
        """Void the last charge by hand at the terminal; return whether there was one."""

    def export(self) -> str:
        """Save the list of this sitting as the terminal does; return the file's name."""


class Tray(Protocol):
    """The identity cards at hand: which one lies on the reader, and what goes wrong there.

    When a read begins and nothing lies there, or what lies there has been read already, the
    current visitor's card is laid by itself.
    """

    @property
    def chips(self) -> ChipTray:
        """The social-card reader."""

    @property
    def machine(self) -> CardMachine | None:
        """The card printer; None: this counter makes no cards."""

    @property
    def terminal(self) -> CardTerminal | None:
        """The card terminal; None: this counter takes no money."""

    @property
    def visitors(self) -> Sequence[Visitor]: ...

    @property
    def current(self) -> int:
        """The place in `visitors` of whose card is laid next."""

    @property
    def lying(self) -> int | None:
        """The place in `visitors` of whose card lies on the reader; None: nothing does."""

    @property
    def faults(self) -> Sequence[str]:
        """Names for `fault`; their words are `demo_fault.<name>`."""

    @property
    def pictures(self) -> Sequence[str]:
        """Names of the pictures that `photograph` can take."""

    def lay(self, index: int) -> None:
        """Lay the card of `visitors[index]` on the reader; it is the current one from now on."""

    def lift(self) -> None:
        """Take the card off the reader."""

    def fault(self, name: str, times: int = 1) -> None:
        """Let the next `times` requests that it concerns go wrong; 0: all until `mend`.

        Raises:
            BadUsage: `idcard.unknown_fault`.
        """

    def mend(self) -> None:
        """Let the reader be a sound one again."""

    def photograph(self, picture: str) -> None:
        """Save a picture into the portrait folder, as the camera's program does."""
