"""`sbk kiosk`: self-service, full screen, for the holder of the card in the reader (A3)."""

from __future__ import annotations

import argparse
import os
import sys

from sbk_tui import config as configuration
from sbk_tui.config import home_folder
from sbk_tui.errors import BadUsage, DeviceAbsent
from sbk_tui.terminal import startup


def arguments(_parser: argparse.ArgumentParser) -> None:
    """No options of its own."""


def run(args: argparse.Namespace) -> int:
    """Refuse what cannot work before a clerk types a password, then open the door.

    Raises:
        BadUsage: `counter.missing`; DeviceAbsent: `kiosk.no_reader`.
    """
    from sbk_tui.data.counter_file import DATABASE

    home = home_folder(args.home)
    if not (home / DATABASE).exists():
        raise BadUsage("counter.missing", place=str(home))
    if not configuration.load(home).devices.social_card_reader:
        raise DeviceAbsent("kiosk.no_reader", clause="A3")
    why_not = startup.begin(sys.stdout, os.environ)
    if why_not:
        sys.stderr.write(why_not + "\n")
        return 2
    startup.first_ink(1, [""])
    from sbk_tui.kiosk import run_from_command

    return run_from_command(home)
