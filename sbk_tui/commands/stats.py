"""`sbk stats`: the figures of the statistics screen, as charts or as JSON."""

from __future__ import annotations

import argparse
import shutil

import msgspec

from sbk_tui.commands.output import credentials, emit, say
from sbk_tui.config import home_folder
from sbk_tui.domain.capability import Capability
from sbk_tui.errors import BadUsage
from sbk_tui.services.stats_desk import DAYS, Figures, charts
from sbk_tui.terminal.charts import bars
from sbk_tui.texts import word
from sbk_tui.wiring import sign_in

_LABEL = 20
_MOST_DAYS = 3660


def arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command."""
    parser.add_argument("--days", type=int, default=DAYS, help=word("stats.days"))
    parser.add_argument("--json", action="store_true", help=word("stats.json"))


def run(args: argparse.Namespace) -> int:
    """Print the figures."""
    if not 0 < args.days <= _MOST_DAYS:
        raise BadUsage("stats.days", most=_MOST_DAYS)
    counter = sign_in(home_folder(args.home), *credentials())
    try:
        counter.seat.authority.require(Capability.QUERY)
        figures = counter.desks.stats.figures(args.days)
    finally:
        counter.close()
    if args.json:
        emit({**msgspec.to_builtins(figures), "waiting": figures.waiting})
    else:
        _say(figures)
    return 0


def _say(figures: Figures) -> None:
    width = shutil.get_terminal_size().columns
    for chart in charts(figures):
        say(chart.title)
        for line in bars(chart.rows, width, _LABEL):
            say(line)
