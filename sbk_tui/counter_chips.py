"""The desks of the social card's chip and its PIN, and the devices they ask."""

from __future__ import annotations

import os
from collections.abc import Callable

from sbk_tui import config as configuration
from sbk_tui.counter_around import Around
from sbk_tui.data.drafts import Drafts
from sbk_tui.data.planned_sagas import PlannedSagas
from sbk_tui.hardware.ports import KeyService, PinPad, SocialCardReader
from sbk_tui.services.chip_desk import ChipDesk
from sbk_tui.services.draft_desk import DraftDesk
from sbk_tui.services.pin_desk import PinDesk
from sbk_tui.services.temp_chip import TempChips

Reader = Callable[[], SocialCardReader] | None
"""What makes the driver of the social-card reader; None: not there."""


def chip_desk(a: Around, reader: Reader) -> ChipDesk:
    """Return the desk of the social-card reader; the others that read cards share it."""
    return ChipDesk(reader, a.lookup)


def temp_chips(a: Around, sagas: PlannedSagas, reader: Reader) -> TempChips | None:
    """Return the chips of temporary cards; None without reader or keys: on record alone."""
    service = key_service_of(a.config)
    if reader is None or service is None:
        return None
    return TempChips(
        sagas, a.lookup, reader=reader, service=service, clerk=a.session.clerk, now_ms=a.now_ms,
        new_id=a.new_id,
    )  # fmt: skip


def pin_desk(a: Around, chips: ChipDesk) -> PinDesk:
    """Return the desk of PIN work (4.1–4.3)."""
    return PinDesk(
        chips=chips,
        keys=key_service_of(a.config),
        pad=pin_pad_of(a.config),
        pad_on_reader=has_pad_on_reader(a.config),
        ledger=a.ledger,
        lookup=a.lookup,
        drafts=DraftDesk(Drafts(a.store), a.session.clerk, a.now_ms),
        rules=a.rules,
        desk=a.head,
        has_id_reader=bool(a.config.devices.id_card_reader),
        over_ssh="SSH_CONNECTION" in os.environ,
        today=a.ledger.today,
        new_id=a.new_id,
    )


def social_reader_of(config: configuration.Config) -> Reader:
    """Return what makes the driver of 社保卡读写器; None: not there."""
    url = config.devices.social_card_reader
    if not url:
        return None
    made: list[SocialCardReader] = []

    def driver() -> SocialCardReader:
        from sbk_tui.hardware.chip.opening import open_social_card_reader

        # One for the whole sign-in: it remembers a card that does not answer (ADR 14).
        if not made:
            made.append(open_social_card_reader(url, os.environ))
        return made[0]

    return driver


def key_service_of(config: configuration.Config) -> Callable[[], KeyService] | None:
    devices = config.devices
    if not devices.key_service:
        return None

    def driver() -> KeyService:
        from sbk_tui.hardware.chip.opening import open_key_service

        return open_key_service(
            devices.key_service, devices.key_service_ca, devices.key_service_cert
        )

    return driver


def has_pad_on_reader(config: configuration.Config) -> bool:
    """Return whether the holder is to type at the card reader itself."""
    return config.devices.pin_pad == configuration.ON_READER


def pin_pad_of(config: configuration.Config) -> Callable[[], PinPad] | None:
    """Return what makes the driver of a pad with a line of its own; None: not there."""
    devices = config.devices
    if not devices.pin_pad or has_pad_on_reader(config):
        return None

    def driver() -> PinPad:
        from sbk_tui.hardware.pinpad_driver import SerialPinPad

        return SerialPinPad(devices.pin_pad, devices.pin_pad_style, os.environ)

    return driver
