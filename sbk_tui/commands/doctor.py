"""`sbk doctor`: one line for each thing a counter leans on, and the cure of what is wrong.

A check returns what it found, None when there is nothing to look at (no such device), or raises
the error whose words are the cure.
"""

from __future__ import annotations

import argparse
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
from sbk_tui.commands.output import credentials, emit, say
from sbk_tui.config import home_folder
from sbk_tui.data.counter_file import DATABASE
from sbk_tui.data.keyring import Keyring
from sbk_tui.domain.world import CHINA
from sbk_tui.errors import BadUsage, HubUnreachable, Refusal, SbkError, StorageFault
from sbk_tui.services import words
from sbk_tui.texts import explain, word
from sbk_tui.wiring import now_ms, sign_in

_LEAST_MB = 500
"""A year of a busy counter takes about half of it [A]."""
_CLOCK_SLACK_MS = 2 * 60 * 1000
_HUB_LIMIT_S = 3.0
_TOO_OPEN = stat.S_IRWXG | stat.S_IRWXO


class Place(NamedTuple):
    """The counter that is looked at."""

    home: Path
    config: configuration.Config


class Finding(NamedTuple):
    """What one check found."""

    check: str
    state: str
    """"ok", "none" (nothing to look at) or "wrong"."""
    found: str
    cure: str
    exit_code: int


def arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command."""
    parser.add_argument("--json", action="store_true", help=word("doctor.json"))


def run(args: argparse.Namespace) -> int:
    """Look at everything; exit as the first thing that is wrong would."""
    home = home_folder(args.home)
    place = Place(home, configuration.load(home))
    findings = [_look(name, check, place) for name, check in CHECKS]
    if args.json:
        emit([{name: getattr(f, name) for name in Finding._fields[:-1]} for f in findings])
    else:
        for finding in findings:
            mark, title = word(f"doctor.{finding.state}"), word(f"doctor.{finding.check}")
            say(f"{mark} {title}：{finding.found}{finding.cure}")
    return next((finding.exit_code for finding in findings if finding.exit_code), 0)


def _look(name: str, check: Callable[[Place], str | None], place: Place) -> Finding:
    try:
        found = check(place)
    except SbkError as error:
        told = explain(error)
        return Finding(name, "wrong", told.message, told.remedy, error.exit_code)
    if found is None:
        return Finding(name, "none", word("doctor.nothing"), "", 0)
    return Finding(name, "ok", found, "", 0)


def _encryption(place: Place) -> str | None:
    if not Keyring(place.home, now_ms).encrypted:
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
    # Only with the clerk named by the environment: a look at the machine asks for no password.
    if not (os.environ.get("SBK_CLERK") and os.environ.get("SBK_PASSWORD_FILE")):
        return None
    counter = sign_in(place.home, *credentials())
    try:
        latest = counter.lookup.latest_ms()
    finally:
        counter.close()
    if latest is not None and latest > now_ms() + _CLOCK_SLACK_MS:
        raise Refusal("doctor.clock", last=words.moment(latest), now=words.moment(now_ms()))
    return words.moment(now_ms())


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


def _printer(place: Place) -> str | None:
    url = place.config.devices.printer
    if not url:
        return None
    from sbk_tui.hardware.spooler import ask_printer

    return ask_printer(url, lambda: datetime.now(CHINA))


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
    ("printer", _printer),
    ("font", _font),
    ("hub", _hub),
)
