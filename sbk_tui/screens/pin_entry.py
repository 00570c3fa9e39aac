"""Where the holder types: reader, PIN pad, or the sealed screen in their place (B11)."""

from __future__ import annotations

from sbk_tui.errors import SbkError
from sbk_tui.screens.job import JobScreen
from sbk_tui.screens.sealed import SealedPad, SealedScreen
from sbk_tui.services.pin_desk import AtReader, Entry
from sbk_tui.texts import word


class PinEntry:
    """The entry of one job; the sealed screen is up between `open` and `close`."""

    def __init__(self, job: JobScreen) -> None:
        self._job = job
        self._sealed: SealedScreen | None = None

    def open(self, asked: str, *, digits_needed: bool = False) -> Entry | None:
        """Return what asks for PINs, the sealed screen being up; None: neither is allowed.

        Args:
            asked: the word that tells what is typed at the reader; empty: no PIN is asked for at
                all, as by an unlock.
            digits_needed: as `PinDesk.pad`.
        """
        pins = self._job.desks.pins
        if not asked:
            self._job.messages.say(word("pin.working"))
            return SealedPad(lambda _prompt, _wrong: None)
        try:
            pad = pins.pad(digits_needed=digits_needed)
        except SbkError as error:
            self._job.messages.explain(error)
            return None
        if pad is not None:
            at_reader = isinstance(pad, AtReader)
            self._job.messages.say(word(asked if at_reader else "pin.at_the_pad"))
            return pad
        self._sealed = SealedScreen(over_ssh=pins.over_ssh)
        self._job.app.push_screen(self._sealed)
        return self._sealed.pad

    def close(self) -> None:
        """Take the sealed screen away, if it is up."""
        if self._sealed is not None:
            self._sealed.close()
            self._sealed = None
