"""`sbk doctor`: one line for each thing a counter leans on, and the cure of what is wrong."""

from __future__ import annotations

import argparse
import os
from functools import partial

from sbk_tui import config as configuration
from sbk_tui.commands.output import credentials, emit, say
from sbk_tui.config import home_folder
from sbk_tui.services.checks import Finding, look
from sbk_tui.surroundings import CHECKS, Place
from sbk_tui.texts import word
from sbk_tui.wiring import now_ms, sign_in


def arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command."""
    parser.add_argument("--json", action="store_true", help=word("doctor.json"))


def run(args: argparse.Namespace) -> int:
    """Look at everything; exit as the first thing that is wrong would."""
    home = home_folder(args.home)
    findings = _look_at(Place(home, configuration.load(home), now_ms))
    if args.json:
        emit([{name: getattr(f, name) for name in Finding._fields[:-1]} for f in findings])
    else:
        for finding in findings:
            mark, title = word(f"doctor.{finding.state}"), word(f"doctor.{finding.check}")
            say(f"{mark} {title}：{finding.found}{finding.cure}")
    return next((finding.exit_code for finding in findings if finding.exit_code), 0)


def _look_at(place: Place) -> list[Finding]:
    # Only with the clerk named by the environment: a look at the machine asks for no password.
    if not (os.environ.get("SBK_CLERK") and os.environ.get("SBK_PASSWORD_FILE")):
        return [look(name, partial(check, place)) for name, check in CHECKS]
    counter = sign_in(place.home, *credentials())
    try:
        place = place._replace(lookup=counter.lookup)
        return [look(name, partial(check, place)) for name, check in CHECKS]
    finally:
        counter.close()
