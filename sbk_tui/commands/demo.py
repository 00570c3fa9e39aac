"""`sbk demo`: the training counter, made for one sitting or kept in a folder."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from sbk_tui.commands.output import emit, note, say
from sbk_tui.demo import assets, office
from sbk_tui.errors import BadUsage
from sbk_tui.terminal import startup
from sbk_tui.texts import word
from sbk_tui.wiring import now_ms

_PEOPLE, _SEED = 2000, 1


def arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the options."""
    levels = tuple(assets.office().levels)
    parser.add_argument("--keep", metavar="DIR", type=Path, help=word("demo.keep_option"))
    parser.add_argument(
        "--level", choices=levels, default=levels[0], help=word("demo.level_option")
    )
    parser.add_argument(
        "--people", type=int, default=_PEOPLE, metavar="N", help=word("demo.people_option")
    )
    parser.add_argument(
        "--seed", type=int, default=_SEED, metavar="N", help=word("demo.seed_option")
    )
    parser.add_argument("--setup-only", action="store_true", help=word("demo.setup_only_option"))
    parser.add_argument("--json", action="store_true", help=word("demo.json_option"))


def run(args: argparse.Namespace) -> int:
    """Make or open the training counter and work at it; with `--setup-only` make it, no more.

    Raises:
        BadUsage: `demo.keep_missing`, and as `office.make`.
    """
    keep = args.keep or (Path(args.home) if args.home else None)
    if args.setup_only or args.json:
        if keep is None or not args.setup_only:
            raise BadUsage("demo.keep_missing")
        return _set_up_only(keep.expanduser().absolute(), args)
    why_not = startup.begin(sys.stdout, os.environ)
    if why_not:
        sys.stderr.write(why_not + "\n")
        return 2
    with _leaving_orderly(), _folder(keep) as home:
        _make_unless_there(home, args)
        return _work(home)


def _set_up_only(home: Path, args: argparse.Namespace) -> int:
    _make_unless_there(home, args)
    if args.json:
        rows = assets.office()
        clerks = [clerk.id for clerk in rows.clerks]
        emit({"home": str(home), "clerks": clerks, "password": rows.password})
    return 0


def _make_unless_there(home: Path, args: argparse.Namespace) -> None:
    tell = note if args.json else say
    there = office.found(home)
    if there is not None:
        tell(word("demo.there", place=str(home), people=there.people))
    else:
        tell(word("demo.making", people=args.people))
        seeded = office.make(
            home, level=args.level, people=args.people, seed_number=args.seed, now_ms=now_ms()
        )
        tell(word("demo.made", operations=seeded.operations, cards=seeded.cards))
    lead, clerk = assets.office().clerks
    tell(
        word(
            "demo.clerks", lead=lead.id, lead_name=lead.name, clerk=clerk.id,
            clerk_name=clerk.name, password=assets.office().password,
        )
    )  # fmt: skip


def _work(home: Path) -> int:
    # The screen's library is large; --setup-only does without it.
    from sbk_tui.app import run as run_screen
    from sbk_tui.demo.twins import training_devices

    counter, made = office.open_again(home)
    try:
        with training_devices(counter, made.residents()) as tray:
            return run_screen(counter, tray=tray)
    finally:
        counter.close()


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    """Give the folder asked for, or one that is gone afterwards."""
    if keep is not None:
        yield keep.expanduser().absolute()
        return
    with tempfile.TemporaryDirectory(prefix="sbk-demo-") as name:
        yield Path(name)


@contextmanager
def _leaving_orderly() -> Iterator[None]:
    """Turn a hang-up or a polite kill into a normal way out, so that the folder is removed."""

    def leave(number: int, _frame: object) -> NoReturn:
        sys.exit(128 + number)

    before = {number: signal.signal(number, leave) for number in (signal.SIGHUP, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
