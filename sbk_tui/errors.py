"""Every error raised on purpose, as a code and facts; `texts.explain` alone makes sentences.

Three questions an error answers: was anything changed? may it be tried again? what does the
clerk do? The class answers the first two, the text of the code the third.
"""

from __future__ import annotations

from typing import ClassVar

Fact = str | int


class SbkError(Exception):
    """Something the clerk can be told about.

    Attributes:
        code: for machines; never changes once released.
        clause: the article of the regulation behind it, or None.
        facts: what the words need, as codes (`state="9"`); never a full 社会保障号码, PIN or key.
        exit_code: what a scripted command exits with.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, code: str, *, clause: str | None = None, **facts: Fact) -> None:
        super().__init__(code, clause, facts)
        self.code = code
        self.clause = clause
        self.facts = facts

    def __str__(self) -> str:
        facts = " ".join(f"{name}={value}" for name, value in sorted(self.facts.items()))
        return f"{self.code} {facts}".rstrip()


class BadUsage(SbkError):
    """A wrong command, configuration or file; nothing changed."""

    exit_code = 2


class Refusal(SbkError):
    """A rule says no; nothing changed."""

    exit_code = 3


class NotPermitted(Refusal):
    """The counter, its configuration or the clerk's role does not have the capability (A3, A4)."""


class Outdated(Refusal):
    """The subject was changed by somebody else meanwhile: reload and ask again."""


class DeviceFault(SbkError):
    """A device said no or said nothing; nothing changed, it may be tried again."""

    exit_code = 4


class DeviceAbsent(DeviceFault):
    """Nobody answers on the line: unplugged, switched off, or the wrong address."""


class DeviceBusy(DeviceFault):
    """Another window or another clerk holds the device."""


class CardRemoved(DeviceFault):
    """The card left the reader in the middle."""


class Garbled(DeviceFault):
    """Bytes came, but not a frame that can be believed."""


class OutcomeUnknown(DeviceFault):
    """The command was sent and no answer came: ask the device, never repeat on a guess (B3)."""


class Cancelled(DeviceFault):
    """The clerk broke off waiting; nothing was sent that could not be taken back."""


class HubUnreachable(SbkError):
    """The city cannot be reached; what waits stays in the outbox."""

    exit_code = 5


class OutsideUnreachable(SbkError):
    """The place of a system outside the city cannot be read or written; what waits is kept."""

    exit_code = 5


class IntegrityFault(SbkError):
    """Stored work contradicts itself: stop writing, keep everything as it is."""

    exit_code = 6


class StorageFault(SbkError):
    """The disk refused a write (full, read-only, locked); the transaction was undone whole."""

    exit_code = 1
