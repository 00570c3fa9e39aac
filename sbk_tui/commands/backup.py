"""`sbk backup [FILE]`: one sealed file with the whole counter; without FILE as configured."""

from __future__ import annotations

import argparse
import threading
from pathlib import Path

from sbk_tui import config as configuration
from sbk_tui import keeper, sender
from sbk_tui.commands.output import credentials, emit, fail, say
from sbk_tui.config import home_folder
from sbk_tui.data.backup import Manifest
from sbk_tui.data.counter_file import open_counter
from sbk_tui.data.keyring import Keyring
from sbk_tui.texts import word
from sbk_tui.wiring import now_ms, sign_in


def arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command."""
    parser.add_argument("file", nargs="?", type=Path, metavar="FILE", help=word("backup.file"))
    parser.add_argument("--json", action="store_true", help=word("backup.json"))
    parser.add_argument("--watch", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--key-pipe", type=int, metavar="FD", help=argparse.SUPPRESS)


def run(args: argparse.Namespace) -> int:
    """Make one backup, or those of a screen until it is gone."""
    home = home_folder(args.home)
    if args.key_pipe is not None:
        return _run_beside_screen(home, args.key_pipe)
    counter = sign_in(home, *credentials())
    try:
        if args.file is None:
            settings = counter.config.backup
            file, made = keeper.keep(home, counter.opened, settings, counter.data_key, now_ms())
        else:
            file = args.file.expanduser().absolute()
            made = keeper.back_up_to(file, home, counter.opened, counter.data_key, now_ms())
    finally:
        counter.close()
    _report(file, made, as_json=args.json)
    return 0


def _report(file: Path, made: Manifest, *, as_json: bool) -> None:
    size = file.stat().st_size
    if as_json:
        told = {"file": str(file), "bytes": size, "seq": made.seq, "hash": made.hash}
        emit({**told, "made": made.made, "files": len(made.files)})
        return
    say(word("backup.done", place=str(file), seq=made.seq, size=size >> 10))


def _run_beside_screen(home: Path, pipe: int) -> int:
    """Make backups until the screen that has started us is gone; of several seats one does."""
    sender.be_modest()
    key, stopped = sender.key_from(pipe), threading.Event()
    sender.when_closed(pipe, stopped.set)
    lock = sender.alone(home, stopped, keeper.WATCH_LOCK)
    if lock is None or key is None:
        return 0
    with lock:
        opened = open_counter(home, key if Keyring(home, now_ms).encrypted else None)
        try:
            keeper.watch(
                home, opened, configuration.load(home).backup, key, now_ms=now_ms,
                stopped=stopped, failed=lambda error: fail(error, as_json=False),
            )  # fmt: skip
        finally:
            opened.store.close()
    return 0
