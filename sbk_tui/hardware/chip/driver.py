"""社保卡读写器 on PC/SC: the port `SocialCardReader`, one powering of the card for each call."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from sbk_tui.errors import BadUsage, DeviceFault
from sbk_tui.hardware.chip.pcsc import Context, PcscCard
from sbk_tui.hardware.chip.reader import ChipReader
from sbk_tui.hardware.chip.reader_pad import (
    FEATURE_REQUEST,
    MODIFY_DIRECT,
    VERIFY_DIRECT,
    features,
)
from sbk_tui.hardware.chip.session import ChipSession
from sbk_tui.hardware.device_url import parse_device_url

LIMIT_S = 10.0
"""How long a card may take over one command [A]."""


class PcscSocialCardReader(ChipReader):
    """A reader of the card service; its URL is `pcsc://NAME`, `pcsc://` for the first one."""

    def __init__(
        self, url: str, variables: Mapping[str, str] | None = None, limit_s: float = LIMIT_S
    ) -> None:
        """Take the place of the reader; nothing is opened before it is asked.

        Raises:
            BadUsage: as `parse_device_url`; `device.unknown_scheme` for another kind of line.
        """
        place = parse_device_url(url, variables)
        if place.scheme != "pcsc":
            raise BadUsage("device.unknown_scheme", url=str(place), known="pcsc")
        self._reader = place.place
        self._limit_s = limit_s
        self._stuck: PcscCard | None = None

    def identify(self) -> str:
        """Return the reader's name."""
        context = Context(self._reader)
        try:
            context.card_present()  # refuses a reader that was unplugged
            return context.reader
        finally:
            context.close()

    def pad_on_reader(self) -> bool:
        """Return whether the reader has a PIN pad of its own; see the port."""
        context = Context(self._reader)
        try:
            known = features(context.control(FEATURE_REQUEST, b""))
        finally:
            context.close()
        return known.keys() >= {VERIFY_DIRECT, MODIFY_DIRECT}

    def await_card(self, cancel: threading.Event, *, present: bool = True) -> None:
        """Wait until a card comes or goes; see the port."""
        context = Context(self._reader)
        try:
            context.await_presence(cancel, present=present)
        finally:
            context.close()

    @contextmanager
    def line(self) -> Iterator[PcscCard]:
        """Lend the powered card itself, for who passes on the commands of somebody else (B24).

        Raises:
            DeviceFault: as the port's `read`.
        """
        self._refuse_if_stuck()
        card = PcscCard(self._reader, self._limit_s)
        try:
            with card:
                yield card
        finally:
            if card.hangs:
                self._stuck = card

    @contextmanager
    def _powered(self) -> Iterator[ChipSession]:
        with self.line() as card:
            yield ChipSession(card)

    def _refuse_if_stuck(self) -> None:
        # A second connection would hang as the first one does, until the card is pulled.
        if self._stuck is not None and self._stuck.hangs and self.card_present():
            raise DeviceFault("chip.silent")
        self._stuck = None

    def card_present(self) -> bool:
        """Look whether a card is there.

        Raises:
            DeviceAbsent: `chip.no_service`, `chip.no_reader`.
        """
        context = Context(self._reader)
        try:
            return context.card_present()
        finally:
            context.close()

    def _card_present(self) -> bool:
        return self.card_present()
