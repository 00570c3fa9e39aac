"""`sbk` without a command: the counter, full screen."""

from __future__ import annotations

import argparse
import os
import sys

from sbk_tui.terminal import startup


def arguments(_parser: argparse.ArgumentParser) -> None:
    """No options of its own."""


def run(args: argparse.Namespace) -> int:
    """Draw at once, then import what is big, then open the door."""
    why_not = startup.begin(sys.stdout, os.environ)
    if why_not:
        sys.stderr.write(why_not + "\n")
        return 2
    from sbk_tui.config import home_folder
    from sbk_tui.data.counter_file import DATABASE
    from sbk_tui.errors import BadUsage

    home = home_folder(args.home)
    if not (home / DATABASE).exists():
        raise BadUsage("counter.missing", place=str(home))
    put_back = startup.quiet_keys(0)
    try:
        startup.first_ink(1, [""])
        from sbk_tui.app import run_from_command

        return run_from_command(home)
    finally:
        put_back()
