"""`sbk bundle export|import FILE`: work goes to the city, and its word comes back, on a stick.

Where the folder is a hub's, `import` takes a counter's bundle in and writes the answer beside it.
"""

from __future__ import annotations

import argparse
from contextlib import closing
from pathlib import Path

from sbk_tui import config as configuration
from sbk_tui.codes import code_tables, conflicts, fee_table
from sbk_tui.commands.output import credentials, emit, say
from sbk_tui.config import home_folder
from sbk_tui.domain.rules import Rules
from sbk_tui.errors import Fact
from sbk_tui.hub.home import is_hub, open_hub
from sbk_tui.pinyin import initials
from sbk_tui.sync.bundle import Opened, read_bundle, write_bundle
from sbk_tui.texts import word
from sbk_tui.wiring import now_ms, sign_in

ANSWER = ".answer"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command."""
    parser.add_argument("action", choices=["export", "import"], help=word("bundle.action_help"))
    parser.add_argument("file", type=Path, metavar="FILE", help=word("bundle.file_help"))
    parser.add_argument("--json", action="store_true", help=word("sync.json_option"))


def run(args: argparse.Namespace) -> int:
    """Write or read one bundle."""
    home = home_folder(args.home)
    if args.action == "export":
        return _export(home, args.file, as_json=args.json)
    bundle = read_bundle(args.file)
    if is_hub(home):
        return _answer(home, args.file, bundle, as_json=args.json)
    return _take(home, bundle, as_json=args.json)


def _export(home: Path, file: Path, *, as_json: bool) -> int:
    from sbk_tui.sync.stick import export_work

    counter = sign_in(home, *credentials())
    try:
        made = export_work(counter.opened, now_ms=now_ms)
        write_bundle(file, made.content)
    finally:
        counter.close()
    facts: dict[str, Fact] = {
        "file": str(file), "count": made.records, "left": made.left, "bytes": len(made.content),
    }  # fmt: skip
    if as_json:
        emit(facts)
        return 0
    say(word("bundle.exported", **facts))
    if made.left:
        say(word("bundle.left", count=made.left))
    return 0


def _take(home: Path, bundle: Opened, *, as_json: bool) -> int:
    from sbk_tui.sync.stick import take_word

    counter = sign_in(home, *credentials())
    try:
        tally = take_word(counter.opened, bundle, now_ms=now_ms, initials=initials)
    finally:
        counter.close()
    if as_json:
        emit(tally)
    else:
        say(word(
            "sync.report", made=tally.made, sent=tally.sent, accepted=tally.accepted,
            refused=tally.refused, waiting=tally.waiting,
        ))  # fmt: skip
    return 0


def _answer(home: Path, file: Path, bundle: Opened, *, as_json: bool) -> int:
    from sbk_tui.hub.service import Service

    hub = open_hub(home)
    with closing(hub.store):
        rules = Rules(
            settings=configuration.load(home).rules,
            codes=code_tables(),
            fees=fee_table(),
            conflicts=conflicts(),
        )
        service = Service(hub, rules=rules, initials=initials, now_ms=now_ms)
        answer = service.take_bundle(bundle)
    place = file.with_name(file.name + ANSWER)
    write_bundle(place, answer)
    head = bundle.header
    facts: dict[str, Fact] = {
        "file": str(place),
        "counter": head.sender,
        "first": head.first,
        "last": head.last,
    }
    if as_json:
        emit(facts)
    else:
        say(word("bundle.answered", **facts))
    return 0
