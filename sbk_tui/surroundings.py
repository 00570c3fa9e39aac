"""What a counter leans on, one check each: for `sbk doctor` and the morning minute (B12).

A check returns what it found, None when there is nothing to look at (no such device), or raises
the error whose words are the cure.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import stat
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from sbk_tui import config as configuration
from sbk_tui import errors
from sbk_tui.data.counter_file import DATABASE
from sbk_tui.data.keyring import Keyring
from sbk_tui.data.lookup import Lookup
from sbk_tui.data.making import Making
from sbk_tui.domain.world import CHINA
from sbk_tui.errors import (
    BadUsage,
    DeviceAbsent,
    DeviceFault,
    HubUnreachable,
    Refusal,
    StorageFault,
)
from sbk_tui.services import words
from sbk_tui.services.line_desk import age as words_of_age
from sbk_tui.services.line_desk import word_of_list
from sbk_tui.texts import name_of, word, words_for

_LEAST_MB = 500
"""A year of a busy counter takes about half of it [A]."""
_CLOCK_SLACK_MS = 2 * 60 * 1000
_HUB_LIMIT_S = 3.0
_DAY_MS = 86_400_000
_UNSENT_DAYS = 3
"""From then on an office is reminded that the city knows nothing of its work (B21) [A]."""
_HOUR_MS = 3_600_000
_BACKUP_DAYS = 3
"""A weekend without a backup is no fault [A]."""
_TOO_OPEN = stat.S_IRWXG | stat.S_IRWXO


class Place(NamedTuple):
    """The counter that is looked at."""

    home: Path
    config: configuration.Config
    now_ms: Callable[[], int]
    lookup: Lookup | None = None
    """Its records; None while nobody is signed in."""
    making: Making | None = None
    """What it makes cards of; None while nobody is signed in."""


def _encryption(place: Place) -> str | None:
    if not Keyring(place.home, place.now_ms).encrypted:
        raise Refusal("doctor.not_encrypted")
    return word("doctor.encrypted")


def _disk(place: Place) -> str | None:
    free = shutil.disk_usage(place.home).free >> 20
    if free < _LEAST_MB:
        raise StorageFault("doctor.disk", free=free, least=_LEAST_MB)
    return word("doctor.free", free=free)


def _permissions(place: Place) -> str | None:
    paths = [place.home, place.home / "keyring.json", place.home / DATABASE, place.home / "blobs"]
    for path in paths:
        if path.exists() and path.stat().st_mode & _TOO_OPEN:
            raise BadUsage("store.too_open", place=path.name)
    return word("doctor.private")


def _clock(place: Place) -> str | None:
    if place.lookup is None:
        return None
    latest, now = place.lookup.latest_ms(), place.now_ms()
    if latest is not None and latest > now + _CLOCK_SLACK_MS:
        raise Refusal("doctor.clock", last=words.moment(latest), now=words.moment(now))
    return words.moment(now)


def _unsent(place: Place) -> str | None:
    if place.lookup is None or not place.config.hub.url:
        return None
    waiting, oldest = place.lookup.waiting(), place.lookup.oldest_waiting_ms()
    days = (place.now_ms() - oldest) // _DAY_MS if oldest is not None else 0
    if days >= _UNSENT_DAYS:
        raise HubUnreachable("doctor.unsent", waiting=waiting, days=days)
    return word("doctor.waiting", waiting=waiting)


def _block_list(place: Place) -> str | None:
    if place.lookup is None or not place.lookup.is_enrolled:
        return None
    held, now = place.lookup.block_list(), place.now_ms()
    if not held.at:
        raise HubUnreachable("doctor.no_list")
    warn = place.config.rules.leash_warn_hours
    if now - held.at > warn * _HOUR_MS:
        raise HubUnreachable("doctor.block_list", age=words_of_age(now - held.at))
    return word_of_list(held, now)


def _backup(place: Place) -> str | None:
    """Say how old the last backup is; one on the disk of the records saves nothing with it."""
    folder = place.config.backup.folder
    if not folder or place.lookup is None:
        return None
    kept, now = place.lookup.last_backup(), place.now_ms()
    if not kept.at:
        raise Refusal("doctor.no_backup", place=folder)
    age = words_of_age(now - kept.at)
    if kept.code:
        raise StorageFault(
            "doctor.backup_failed", age=age, why=words_for(kept.code, {"place": folder}).message
        )
    if now - kept.at > _BACKUP_DAYS * _DAY_MS:
        raise Refusal("doctor.backup_old", age=age)
    path = Path(folder).expanduser()
    if path.is_dir() and path.stat().st_dev == place.home.stat().st_dev:
        raise Refusal("doctor.backup_same_disk", age=age, place=folder)
    return word("doctor.backed_up", age=age, seq=kept.seq)


def _portraits(place: Place) -> str | None:
    folder = place.config.devices.portrait_folder
    if not folder:
        return None
    path = Path(folder).expanduser()
    if not (path.is_dir() and os.access(path, os.R_OK | os.X_OK)):
        raise DeviceAbsent("doctor.no_folder", place=str(path))
    return str(path)


def _byte_code(_place: Place) -> str | None:
    source = errors.__file__
    if not Path(importlib.util.cache_from_source(source)).exists():
        raise BadUsage("doctor.byte_code", place=str(Path(source).parent))
    return word("doctor.compiled")


def _id_reader(place: Place) -> str | None:
    url = place.config.devices.id_card_reader
    if not url:
        return None
    # Late: the serial library.
    from sbk_tui.hardware.idcard_driver import SerialIdCardReader

    return SerialIdCardReader(url, os.environ).identify()


def _card_reader(place: Place) -> str | None:
    url = place.config.devices.social_card_reader
    if not url:
        return None
    # Late: the smart card library.
    from sbk_tui.hardware.chip.opening import open_social_card_reader

    return open_social_card_reader(url, os.environ).identify()


def _key_service(place: Place) -> str | None:
    devices = place.config.devices
    if not devices.key_service:
        return None
    # Late: only a counter that has one.
    from sbk_tui.hardware.chip.opening import open_key_service

    service = open_key_service(
        devices.key_service, devices.key_service_ca, devices.key_service_cert
    )
    return service.identify()


def _pin_pad(place: Place) -> str | None:
    devices = place.config.devices
    if not devices.pin_pad:
        return None
    if devices.pin_pad == configuration.ON_READER:
        return _pad_on_reader(devices)
    from sbk_tui.hardware.pinpad_driver import SerialPinPad

    return SerialPinPad(devices.pin_pad, devices.pin_pad_style, os.environ).identify()


def _pad_on_reader(devices: configuration.Devices) -> str:
    if not devices.social_card_reader:
        raise DeviceAbsent("chip.none_configured")
    from sbk_tui.hardware.chip.opening import open_social_card_reader

    reader = open_social_card_reader(devices.social_card_reader, os.environ)
    if not reader.pad_on_reader():
        raise DeviceAbsent("pinpad.not_on_reader")
    return reader.identify()


def _printer(place: Place) -> str | None:
    url = place.config.devices.printer
    if not url:
        return None
    from sbk_tui.hardware.spooler import ask_printer

    return ask_printer(url, lambda: datetime.now(CHINA))


def _card_printer(place: Place) -> str | None:
    if not place.config.devices.card_printer:
        return None
    # Late: what opens devices.
    from sbk_tui.counter_devices import card_printer_of

    driver = card_printer_of(place.config)
    if driver is None:
        return None
    printer = driver()
    found, status = printer.identify(), printer.status()
    if status.fault:
        raise DeviceFault(status.fault, detail=status.detail)
    if status.panels is None:
        return found
    return word("doctor.panels", name=found, panels=status.panels)


def _blanks(place: Place) -> str | None:
    """Look at the blanks of a counter that makes cards; a bank that is used up is a trouble."""
    stock = place.making.stock() if place.making else ()
    if place.making is None or not stock:
        return None
    empty = [name_of("bank", each.bank) for each in stock if not each.stock]
    if empty:
        raise Refusal("doctor.no_blanks", clause="5.1.3.1", banks="、".join(empty))
    made, left = place.making.made(), sum(each.stock for each in stock)
    return word(
        "doctor.blanks_left", left=left, ribbons=place.making.ribbons().left, open=made.open,
        failed=made.failed,
    )  # fmt: skip


def _font(_place: Place) -> str | None:
    if importlib.util.find_spec("reportlab") is None:
        raise BadUsage("print.extra_missing")
    from sbk_tui.printing.pdf import FONTS

    found = next((font for font in FONTS if Path(font).is_file()), None)
    if found is None:
        raise BadUsage("print.no_font")
    return Path(found).name


def _hub(place: Place) -> str | None:
    url = place.config.hub.url
    if not url:
        return None
    import urllib3

    try:
        with urllib3.PoolManager(retries=False, timeout=_HUB_LIMIT_S) as pool:
            pool.request("GET", url)
    except urllib3.exceptions.HTTPError as error:
        raise HubUnreachable("doctor.hub_silent", place=url) from error
    return url


CHECKS: tuple[tuple[str, Callable[[Place], str | None]], ...] = (
    ("encryption", _encryption),
    ("permissions", _permissions),
    ("disk", _disk),
    ("clock", _clock),
    ("byte_code", _byte_code),
    ("id_reader", _id_reader),
    ("card_reader", _card_reader),
    ("key_service", _key_service),
    ("pin_pad", _pin_pad),
    ("portraits", _portraits),
    ("printer", _printer),
    ("card_printer", _card_printer),
    ("blanks", _blanks),
    ("font", _font),
    ("hub", _hub),
    ("unsent", _unsent),
    ("block_list", _block_list),
    ("backup", _backup),
)
