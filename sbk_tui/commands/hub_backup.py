"""`sbk hub backup|restore FILE`: the city's records and keys in one file sealed with a password."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from sbk_tui import __version__, keeper
from sbk_tui.commands.ask import known_password, new_password
from sbk_tui.commands.output import emit, say
from sbk_tui.config import home_folder
from sbk_tui.data.keyring import choose_cost
from sbk_tui.data.restore import put_in_place, room
from sbk_tui.hub.backup import back_up, unpack_hub
from sbk_tui.hub.home import open_hub
from sbk_tui.services import words
from sbk_tui.texts import word
from sbk_tui.wiring import now_ms

Action = Callable[[str, Callable[[argparse.Namespace], int]], argparse.ArgumentParser]


def arguments(action: Action) -> None:
    """Describe both actions."""
    for name, job in (("backup", _back_up), ("restore", _restore)):
        own = action(name, job)
        own.add_argument("file", type=Path, metavar="FILE", help=word("backup.hub_file"))
        own.add_argument("--password-file", metavar="FILE", help=word("backup.hub_password"))
    own.add_argument("--put-aside", action="store_true", help=word("restore.put_aside"))


def _back_up(args: argparse.Namespace) -> int:
    hub = open_hub(home_folder(args.home))
    file = args.file.expanduser().absolute()
    with closing(hub.store):
        password = new_password(args.password_file, hub.id, hub.id)
        with keeper.one_backup(hub.home):
            back_up(
                hub, file, password=password, cost=choose_cost(), program=__version__,
                now_ms=now_ms(),
            )  # fmt: skip
    size = file.stat().st_size
    if args.json:
        emit({"file": str(file), "bytes": size, "hub": hub.id})
    else:
        say(word("backup.hub_done", place=str(file), size=size >> 10))
    return 0


def _restore(args: argparse.Namespace) -> int:
    home = home_folder(args.home)
    password = known_password(args.password_file, word("backup.hub_password_question"))
    with room(home, put_aside=args.put_aside) as scratch:
        manifest = unpack_hub(args.file, scratch, password)
        aside = put_in_place(scratch, home, keeper.stamp(now_ms()))
    if args.json:
        emit({"hub": manifest.owner, "made": manifest.made, "home": str(home)})
        return 0
    made = words.moment(manifest.made)
    say(word("restore.hub_done", hub=manifest.owner, made=made, place=str(home)))
    if aside is not None:
        say(word("restore.was_put_aside", place=str(aside)))
    return 0
