"""`sbk clerk add|list|close`: who has a way in; only a 负责人 changes it."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from sbk_tui.commands.ask import clerk_id, new_password
from sbk_tui.commands.output import credentials, emit, say
from sbk_tui.config import home_folder
from sbk_tui.data import counter_file
from sbk_tui.data.keyring import Keyring, Opened
from sbk_tui.domain.text import PersonName
from sbk_tui.errors import BadUsage, Refusal
from sbk_tui.texts import word
from sbk_tui.wiring import CLERK, LEAD, add_clerk, now_ms, sign_in


def arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command."""
    parser.add_argument("action", choices=["add", "list", "close"], help=word("clerks.action"))
    parser.add_argument("id", nargs="?", metavar="CLERK", help=word("clerks.id"))
    parser.add_argument("--name", metavar="NAME", help=word("clerks.name"))
    parser.add_argument("--role", choices=[CLERK, LEAD], default=CLERK, help=word("clerks.role"))
    parser.add_argument("--password-file", metavar="FILE", help=word("clerks.password_file"))
    parser.add_argument("--json", action="store_true", help=word("clerks.json"))


def run(args: argparse.Namespace) -> int:
    """Do what was asked."""
    if args.action == "list":
        return _list(args)
    if not args.id:
        raise BadUsage("clerks.no_id")
    return _add(args) if args.action == "add" else _close(args)


def _list(args: argparse.Namespace) -> int:
    counter = sign_in(home_folder(args.home), *credentials())
    try:
        rows = [_document(row) for row in counter_file.clerks(counter.opened.store)]
    finally:
        counter.close()
    if args.json:
        emit(rows)
        return 0
    for row in rows:
        state = word("clerks.closed" if row["closed"] else "clerks.open")
        role = word(f"clerks.{row['role']}")
        say(word("clerks.line", clerk=row["clerk"], name=row["name"], role=role, state=state))
    return 0


def _document(row: counter_file.ClerkRow) -> dict[str, Any]:
    return {"clerk": row.id, "name": row.name, "role": row.role, "closed": row.closed is not None}


def _add(args: argparse.Namespace) -> int:
    if not args.name:
        raise BadUsage("clerks.no_name")
    home = home_folder(args.home)
    clerk, name = clerk_id(args.id), str(PersonName.parse(args.name))
    keyring = Keyring(home, now_ms)
    lead = _lead(keyring)
    if any(row.id == clerk for row in _everybody(home, keyring, lead)):
        # Also a closed one: the key behind a 工号 must never change, or what it signed is in doubt.
        raise BadUsage("auth.clerk_exists", clerk=clerk)
    password = new_password(args.password_file, clerk, name)
    add_clerk(home, lead, clerk, name, args.role, password)
    _done("clerks.added", clerk, as_json=args.json)
    return 0


def _close(args: argparse.Namespace) -> int:
    home = home_folder(args.home)
    keyring = Keyring(home, now_ms)
    lead = _lead(keyring)
    slots = {slot.clerk: slot for slot in keyring.slots}
    if args.id not in slots:
        raise BadUsage("clerks.unknown", clerk=args.id)
    if args.id == lead.slot.clerk:
        raise Refusal("clerks.not_oneself")
    # The way in goes first: whatever happens then, nobody can use it any more.
    keyring.remove(args.id)
    opened = counter_file.open_counter(home, lead.data_key if keyring.encrypted else None)
    try:
        counter_file.close_clerk(opened.store, args.id, now_ms())
    finally:
        opened.store.close()
    _done("clerks.was_closed", args.id, as_json=args.json)
    return 0


def _everybody(home: Path, keyring: Keyring, lead: Opened) -> tuple[counter_file.ClerkRow, ...]:
    opened = counter_file.open_counter(home, lead.data_key if keyring.encrypted else None)
    try:
        return counter_file.clerks(opened.store)
    finally:
        opened.store.close()


def _lead(keyring: Keyring) -> Opened:
    keys = keyring.unlock(*credentials())
    if keys.slot.role != LEAD:
        raise Refusal("auth.lead_only")
    return keys


def _done(key: str, clerk: str, *, as_json: bool) -> None:
    if as_json:
        emit({"clerk": clerk})
    else:
        say(word(key, clerk=clerk))
