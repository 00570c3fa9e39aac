"""`sbk restore FILE`: a counter back from its backup, into an empty home, in a life of its own."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from sbk_tui import keeper, own_hub, sender
from sbk_tui.commands.output import credentials, emit, say
from sbk_tui.commands.rejoin import Rejoined, rejoin_at, say_rejoined, tell_gap
from sbk_tui.config import home_folder
from sbk_tui.data.outbox import peer
from sbk_tui.data.restore import Restored, put_in_place, room, unlock, unpack_counter
from sbk_tui.errors import BadUsage
from sbk_tui.hub.home import is_hub
from sbk_tui.pinyin import initials
from sbk_tui.services import words
from sbk_tui.texts import word
from sbk_tui.wiring import Counter, now_ms, sign_in


def arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command."""
    parser.add_argument("file", type=Path, metavar="FILE", help=word("restore.file"))
    parser.add_argument("--put-aside", action="store_true", help=word("restore.put_aside"))
    parser.add_argument("--drill", action="store_true", help=word("restore.drill"))
    parser.add_argument("--code", metavar="CODE", help=word("restore.code"))
    parser.add_argument("--json", action="store_true", help=word("backup.json"))


def run(args: argparse.Namespace) -> int:
    """Check everything beside the home, put it there, and rejoin the city where that is possible.

    Whoever has a password of that counter may: a counter that belongs to a city works for it again
    only with the city's code, which is the second person's yes.
    """
    if args.drill:
        return _drill(args.file, as_json=args.json)
    home = home_folder(args.home)
    if (home / sender.LOCK).exists() and sender.is_at_work(home):
        raise BadUsage("restore.in_use")
    clerk, password = credentials()
    with room(home, put_aside=args.put_aside) as scratch:
        found = _unpack(args.file, scratch, clerk, password)
        if is_hub(scratch / own_hub.FOLDER):
            _begin_epoch(scratch / own_hub.FOLDER)
        aside = put_in_place(scratch, home, keeper.stamp(now_ms()))
    if not args.json:
        _say(found, home, aside)
    counter = sign_in(home, clerk, password)
    try:
        code = (args.code or _own_code(counter)) if found.enrolled else ""
        if not found.enrolled:
            tell_gap(counter, counter.opened)
    finally:
        counter.close()
    rejoined = rejoin_at(home, code, clerk, password) if code else None
    if args.json:
        emit(_document(found, home, aside, rejoined))
    elif rejoined is not None:
        say_rejoined(rejoined)
    elif found.enrolled:
        say(word("restore.rejoin", counter=found.manifest.owner))
    return 0


def _drill(file: Path, *, as_json: bool) -> int:
    """Restore into a folder that is gone afterwards: proves the backup, changes nothing."""
    clerk, password = credentials()
    with tempfile.TemporaryDirectory(prefix="sbk-drill-") as folder:
        found = _unpack(file, Path(folder), clerk, password)
    manifest = found.manifest
    if as_json:
        emit({"counter": manifest.owner, "made": manifest.made, "seq": manifest.seq,
              "operations": found.operations, "files": len(manifest.files)})  # fmt: skip
        return 0
    say(word(
        "restore.drilled", counter=manifest.owner, made=words.moment(manifest.made),
        seq=manifest.seq, operations=found.operations, files=len(manifest.files),
    ))  # fmt: skip
    return 0


def _unpack(file: Path, scratch: Path, clerk: str, password: str) -> Restored:
    keys = unlock(file, scratch, clerk, password, now_ms)
    return unpack_counter(file, scratch, keys, now_ms=now_ms(), initials=initials)


def _begin_epoch(place: Path) -> None:
    from sbk_tui.hub.backup import begin_epoch  # late: only an office that is its own city

    begin_epoch(place, "")


def _own_code(counter: Counter) -> str:
    """Return the code of the hub beside the counter; empty where there is none.

    While another one answers at its address, nothing is said to that.
    """
    url = peer(counter.opened.store).get("hub_url", b"").decode()
    if not is_hub(counter.home / own_hub.FOLDER) or own_hub.is_served(url):
        return ""
    return own_hub.new_code(counter.home, counter.seat.counter)


def _say(found: Restored, home: Path, aside: Path | None) -> None:
    manifest = found.manifest
    say(word(
        "restore.done", office=manifest.office, counter=manifest.owner,
        made=words.moment(manifest.made), seq=manifest.seq, operations=found.operations,
        place=str(home),
    ))  # fmt: skip
    if aside is not None:
        say(word("restore.was_put_aside", place=str(aside)))


def _document(
    found: Restored, home: Path, aside: Path | None, rejoined: Rejoined | None
) -> dict[str, object]:
    manifest = found.manifest
    return {
        "home": str(home),
        "counter": manifest.owner,
        "office": manifest.office,
        "made": manifest.made,
        "seq": manifest.seq,
        "operations": found.operations,
        "aside": str(aside) if aside else None,
        "enrolled": found.enrolled,
        "rejoined": rejoined,
    }
