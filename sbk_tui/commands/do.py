"""`sbk do KIND FIELD=VALUE …`: one operation from a script, by the one write path.

Kinds and fields are read off the table of kinds: a new kind needs no line here.
"""

from __future__ import annotations

import argparse
import hashlib
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from sbk_tui.commands.fields import FieldInfo, fields_of, operation_from, tree_of, with_files
from sbk_tui.commands.output import credentials, emit, note, say
from sbk_tui.commands.resolve import card_named, person_named
from sbk_tui.config import home_folder
from sbk_tui.data.finance import FinanceCases
from sbk_tui.data.handovers import SettledCases
from sbk_tui.data.keyring import Keyring
from sbk_tui.data.ledger import Done, Intent, Session
from sbk_tui.domain.card import Card
from sbk_tui.domain.finance import findings_told
from sbk_tui.domain.kinds import KINDS, Kind, kind_named
from sbk_tui.domain.operations.base import Nature
from sbk_tui.domain.operations.loss import term_end
from sbk_tui.domain.operations.temp import last_day
from sbk_tui.domain.rules import Settings
from sbk_tui.domain.temp_card import TempCard
from sbk_tui.domain.world import CHINA, Entity, from_ms
from sbk_tui.errors import BadUsage, Refusal
from sbk_tui.services import words
from sbk_tui.texts import name_of, word
from sbk_tui.wiring import Counter, now_ms, sign_in

COMPUTED = {
    "person.apply": frozenset({"person"}),
    "batch.take_in": frozenset({"lines[].person"}),
    "handover.announce": frozenset({"lines[].person"}),
    "loss.temporary": frozenset({"until"}),
    "temp.issue": frozenset({"valid_to"}),
}
"""Fields that may be left out, by kind: ids of new people, the day on which something ends."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command."""
    parser.add_argument("kind", nargs="?", metavar="KIND", help=word("do.kind"))
    parser.add_argument("fields", nargs="*", metavar="FIELD=VALUE", help=word("do.fields"))
    parser.add_argument("--op", metavar="HEX", help=word("do.op"))
    parser.add_argument("--list", action="store_true", help=word("do.list"))
    parser.add_argument("--json", action="store_true", help=word("do.json"))


def run(args: argparse.Namespace) -> int:
    """Do one operation, or list what can be done."""
    if args.list:
        _list(as_json=args.json)
        return 0
    if not args.kind:
        raise BadUsage("do.no_kind")
    kind = kind_named(args.kind)
    if args.op and not re.fullmatch(r"[0-9a-f]{32}", args.op):
        raise BadUsage("do.op_form")
    tree = with_files(tree_of(args.fields), kind.payload)
    counter = sign_in(home_folder(args.home), *credentials())
    try:
        done = _perform(counter, kind, tree, args.op or counter.new_id())
    finally:
        counter.close()
    _report(kind, done, as_json=args.json)
    return 0


def _perform(counter: Counter, kind: Kind, tree: dict[str, Any], op: str) -> Done:
    blobs = _keep_picture(counter, tree)
    _complete(counter, kind, tree, op)
    intent = counter.ledger.intend(operation_from(kind.payload, tree), op=op, blobs=blobs)
    try:
        own, clerk = counter.seat.counter, counter.session.clerk
        told = findings_told(intent.operation, op=op, counter=own, clerk=clerk)
        cases = FinanceCases(own, told)
        return counter.ledger.perform(intent, beside=[SettledCases(), cases])
    except Refusal as refusal:
        if refusal.code != "approval.needed":
            raise
        # A refusal has changed nothing: the same intent can be done once it is approved.
        return _approved(counter, intent, refusal)


def _approved(counter: Counter, intent: Intent, refusal: Refusal) -> Done:
    try:
        clerk, password = credentials("SBK_APPROVER", "SBK_APPROVER_PASSWORD_FILE")
    except BadUsage as error:
        raise refusal from error
    keys = Keyring(counter.home, now_ms).unlock(clerk, password)
    approver = Session(keys.slot.clerk, keys.slot.name, keys.slot.role, keys.signer)
    return counter.ledger.perform(intent, [counter.ledger.approve(intent, approver)])


def _complete(counter: Counter, kind: Kind, tree: dict[str, Any], op: str) -> None:
    """Fill in what may be left out, so that the same `op` gives the same operation again."""
    if isinstance(tree.get("card"), str):
        tree["card"] = card_named(counter.lookup, tree["card"])
    computed = COMPUTED.get(kind.name, frozenset())
    if "person" in computed:
        tree.setdefault("person", _person_id(op, 0))
    elif isinstance(tree.get("person"), str):
        tree["person"] = person_named(counter.lookup, tree["person"])
    lines = tree.get("lines")
    if "lines[].person" in computed and isinstance(lines, list):
        for place, line in enumerate(lines):
            if isinstance(line, dict):
                line.setdefault("person", _person_id(op, place))
    for field in computed & _DAYS.keys():
        tree.setdefault(field, _day_of(counter, op, field).isoformat())


def _person_id(op: str, place: int) -> str:
    return hashlib.sha256(f"sbk/person/1 {op} {place:d}".encode()).hexdigest()[:32]


_DAYS: dict[str, Callable[[date, Settings], date]] = {"until": term_end, "valid_to": last_day}
"""Fields that are a day counted from today by the office's rules."""


def _day_of(counter: Counter, op: str, field: str) -> date:
    """Return the day that belongs into `field`; of a repeat the one that was said first."""
    first = counter.lookup.operation(op)
    said = getattr(first.operation, field, None) if first is not None else None
    if isinstance(said, date):
        return said
    today = from_ms(now_ms()).astimezone(CHINA).date()
    return _DAYS[field](today, counter.rules.settings)


def _keep_picture(counter: Counter, tree: dict[str, Any]) -> tuple[str, ...]:
    """Store the portrait `form.photo=@FILE` and put its id in place; return what is referred to.

    Raises:
        Refusal: `photo.…`, also `photo.by_rule` when the card's rules refuse it (A7.1).
    """
    form = tree.get("form")
    photo = form.get("photo") if isinstance(form, dict) else None
    if not isinstance(form, dict) or not isinstance(photo, str) or not photo:
        return ()
    if photo.startswith("@"):
        desk = counter.desks.portraits
        judged = desk.open(Path(photo[1:]))
        refused = judged.verdict.refused()
        if refused:
            raise Refusal(
                "photo.by_rule", clause="A7.1", finding=word(refused[0].word, **refused[0].facts())
            )
        form["photo"] = counter.desks.apply.keep_picture(judged.content)
    return (form["photo"],)


def _report(kind: Kind, done: Done, *, as_json: bool) -> None:
    if as_json:
        emit({
            "op": done.op,
            "seq": done.seq,
            "code": done.code,
            "kind": kind.name,
            "repeated": done.repeated,
            "changed": [_changed(entity) for entity in done.changed],
        })  # fmt: skip
        return
    if done.repeated:
        note(word("do.repeated"))
    at = words.moment(done.at_ms)
    say(word("do.done", kind=words.kind(kind.name), at=at, code=done.code, op=done.op))
    for entity in done.changed:
        if isinstance(entity, Card):
            state = name_of("card_state", entity.state.value)
            say(word("do.card", card=entity.number, state=state))
        elif isinstance(entity, TempCard):
            state = name_of("temp_card_state", entity.state.value)
            say(word("do.temp_card", card=entity.number, state=state))


def _changed(entity: Entity) -> dict[str, str]:
    """Name what changed, without a person's data: who wants those asks `sbk show`."""
    changed = {"subject": entity.subject}
    state = getattr(entity, "state", None)
    if state is not None:
        changed["state"] = str(state)
    return changed


def _list(*, as_json: bool) -> None:
    rows = [(kind, fields_of(kind.payload, COMPUTED.get(kind.name, frozenset()))) for kind in KINDS]
    if as_json:
        emit([_kind_document(kind, fields) for kind, fields in rows])
        return
    for kind, fields in rows:
        nature = word(f"do.nature_{Nature(kind.nature).name.lower()}")
        capability = kind.capability.name or ""
        say(
            word(
                "do.kind_line",
                kind=kind.name,
                title=words.kind(kind.name),
                clause=kind.clause,
                capability=capability,
                nature=nature,
            )
        )
        for field in fields:
            say(word("do.field_line", name=field.name, type=field.type, need=_need(field)))


def _need(field: FieldInfo) -> str:
    if field.required:
        return word("do.required")
    if field.computed:
        return word("do.computed")
    return word("do.default", default=str(field.default)) if field.default else ""


def _kind_document(kind: Kind, fields: tuple[FieldInfo, ...]) -> dict[str, Any]:
    return {
        "kind": kind.name,
        "title": words.kind(kind.name),
        "clause": kind.clause,
        "capability": kind.capability.name,
        "nature": kind.nature.value,
        "version": kind.version,
        "fields": fields,
    }
