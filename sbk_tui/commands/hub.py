"""`sbk hub …`: the city's service, on one machine with SQLite."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Callable
from contextlib import closing
from typing import TYPE_CHECKING

import msgspec

from sbk_tui import config as configuration
from sbk_tui.codes import code_tables, conflicts, fee_table
from sbk_tui.commands import hub_backup, hub_outside
from sbk_tui.commands.ask import clerk_id, new_password
from sbk_tui.commands.output import emit, note, say
from sbk_tui.config import home_folder
from sbk_tui.data.cases import CaseItem
from sbk_tui.data.documents import person_document
from sbk_tui.data.keyring import choose_cost
from sbk_tui.data.lookup import Lookup
from sbk_tui.data.records import Records
from sbk_tui.domain.capability import CounterLevel
from sbk_tui.domain.rules import Rules, Settings
from sbk_tui.domain.text import PersonName
from sbk_tui.errors import BadUsage, Refusal
from sbk_tui.hub import registry, status, supervisors
from sbk_tui.hub.decisions import Decider
from sbk_tui.hub.home import (
    TLS_CERTIFICATE,
    TLS_KEY,
    Hub,
    create,
    make_certificate,
    open_hub,
)
from sbk_tui.hub.spoken import take as take_spoken
from sbk_tui.pinyin import initials
from sbk_tui.sender import when_closed
from sbk_tui.texts import word, words_for
from sbk_tui.wiring import now_ms, refuse_bank

if TYPE_CHECKING:
    from sbk_tui.hub.page import Page

_GRACE_S = 3
_LEFT_S = 5.0
"""How often to look for what was received and left unjudged."""
HOST, PORT = "127.0.0.1", 8470


def arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command and what it can do."""
    actions = parser.add_subparsers(dest="action", required=True, metavar=word("hub.action"))

    def action(name: str, job: Callable[[argparse.Namespace], int]) -> argparse.ArgumentParser:
        own = actions.add_parser(name, help=word(f"hub.{name}"), description=word(f"hub.{name}"))
        # The folder may stand before or behind the action's name.
        own.add_argument(
            "--home", metavar="DIR", default=argparse.SUPPRESS, help=word("hub.home_option")
        )
        own.add_argument("--json", action="store_true", help=word("hub.json_option"))
        own.set_defaults(job=job)
        return own

    init = action("init", _init)
    init.add_argument("--database", default="", metavar="URL", help=word("hub.database_option"))
    serve = action("serve", _serve)
    serve.add_argument("--host", default=HOST, help=word("hub.host_option"))
    serve.add_argument("--port", type=int, default=PORT, help=word("hub.port_option"))
    serve.add_argument("--while-stdin", action="store_true", help=argparse.SUPPRESS)
    serve.add_argument("--workers", type=int, default=1, help=word("hub.workers_option"))
    enrol = action("enrol", _enrol)
    enrol.add_argument("--district", required=True, help=word("hub.district_option"))
    enrol.add_argument(
        "--level", required=True, choices=[*CounterLevel], help=word("hub.level_option")
    )
    enrol.add_argument("--office", required=True, help=word("hub.office_option"))
    enrol.add_argument(
        "--without", nargs="*", default=[], metavar="NAME", help=word("hub.without_option")
    )
    enrol.add_argument("--bank", default="", metavar="CODE", help=word("hub.bank_option"))
    tls = action("tls", _tls)
    tls.add_argument("host", metavar="HOST", help=word("hub.tls_host"))
    hub_backup.arguments(action)
    action("status", _status)
    hub_outside.arguments(action("outside", hub_outside.run))
    show = action("show", _show)
    show.add_argument("what", choices=["person"], help=word("hub.what_option"))
    show.add_argument("id", metavar="ID", help=word("hub.id_option"))
    action("revoke", _revoke).add_argument("counter", help=word("hub.counter_option"))
    spoken = action("spoken", _spoken)
    spoken.add_argument("code", metavar="CODE", help=word("spoken.code"))
    spoken.add_argument("number", metavar="NUMBER", help=word("spoken.number"))
    spoken.add_argument("--by", required=True, help=word("hub.by_option"))
    action("release", _release).add_argument("counter", help=word("hub.counter_option"))
    action("cases", _cases)
    settle = action("settle", _settle)
    settle.add_argument("case", metavar="CASE", help=word("hub.case_option"))
    settle.add_argument("answer", metavar="ANSWER", help=word("hub.answer_option"))
    settle.add_argument("--by", required=True, help=word("hub.by_option"))
    settle.add_argument("--reason", default="", help=word("hub.reason_option"))
    supervisor = action("supervisor", _supervisor)
    supervisor.add_argument("what", choices=["add", "close"], help=word("hub.supervisor_action"))
    supervisor.add_argument("id", metavar="ID", help=word("hub.supervisor_id"))
    supervisor.add_argument("--name", metavar="NAME", default="", help=word("hub.supervisor_name"))
    supervisor.add_argument(
        "--role", choices=supervisors.ROLES, default=supervisors.VIEWER,
        help=word("hub.supervisor_role"),
    )  # fmt: skip
    supervisor.add_argument("--password-file", metavar="FILE", help=word("clerks.password_file"))


def run(args: argparse.Namespace) -> int:
    """Do the action that was typed."""
    job: Callable[[argparse.Namespace], int] = args.job
    return job(args)


def _init(args: argparse.Namespace) -> int:
    home = home_folder(args.home)
    create(home, args.database)
    say(word("hub.made", place=str(home)))
    return 0


def _enrol(args: argparse.Namespace) -> int:
    hub = open_hub(home_folder(args.home))
    refuse_bank(args.level, args.bank)
    without = tuple(args.without)
    grant = registry.Grant(args.office, args.level, args.district, without, args.bank)
    with closing(hub.store), hub.store.write() as db:
        code = registry.new_code(db, grant, hub.signer.public, now_ms())
    if args.json:
        emit({"code": code, "days": registry.CODE_DAYS})
        return 0
    say(code)
    note(word("hub.code_note", days=registry.CODE_DAYS))
    return 0


def _serve(args: argparse.Namespace) -> int:
    # Late: only this action needs the `hub` extra.
    try:
        import uvicorn

        from sbk_tui.hub.app import build_app
        from sbk_tui.hub.service import Service
        from sbk_tui.hub.serving import every, listen, supervise
    except ImportError as error:
        raise BadUsage("hub.extra_missing") from error

    home = home_folder(args.home)
    rules = Rules(
        settings=configuration.load(home).rules,
        codes=code_tables(),
        fees=fee_table(),
        conflicts=conflicts(),
    )

    def work() -> None:
        hub = open_hub(home)
        service = Service(hub, rules=rules, initials=initials, now_ms=now_ms)
        settings = uvicorn.Config(
            build_app(service, _page(hub, rules.settings).routes()),
            http="h11",
            ws="none",
            lifespan="off",
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=_GRACE_S,  # a counter's idle TLS line must not hold us
            ssl_certfile=home / TLS_CERTIFICATE if hub.certificate else None,
            ssl_keyfile=home / TLS_KEY if hub.certificate else None,
        )
        with closing(hub.store), every(_LEFT_S, service.judge_left):
            uvicorn.Server(settings).run(sockets=[listener])

    hub = open_hub(home)  # a hub that cannot be opened is told here, once
    hub.store.close()
    scheme = "https" if hub.certificate else "http"
    with closing(listen(args.host, args.port)) as listener:
        port = listener.getsockname()[1]
        say(word("hub.serving", scheme=scheme, host=args.host, port=port))
        sys.stdout.flush()  # whoever started us waits for this line
        if args.while_stdin:  # whoever started us may be killed: then nobody ends us
            when_closed(sys.stdin.fileno(), lambda: os.kill(os.getpid(), signal.SIGTERM))
        if args.workers > 1:
            supervise(work, args.workers)
        else:
            work()
    return 0


def _page(hub: Hub, office: Settings) -> Page:
    from sbk_tui.hub.page import Page

    return Page(hub.store, decider=_decider(hub), settings=office, initials=initials, now_ms=now_ms)


def _tls(args: argparse.Namespace) -> int:
    home = home_folder(args.home)
    open_hub(home).store.close()
    say(word("hub.tls_made", certificate=make_certificate(home, args.host, now_ms())))
    return 0


def _status(args: argparse.Namespace) -> int:
    hub = open_hub(home_folder(args.home))
    with closing(hub.store):
        found = status.status_of(hub)
    if args.json:
        emit(found)
        return 0
    say(word("hub.status_head", hub=found.hub, head=found.head, cases=found.open_cases))
    for counter in found.counters:
        line = "hub.status_revoked" if counter.revoked else "hub.status_line"
        say(word(line, **msgspec.structs.asdict(counter)))
    return 0


def _show(args: argparse.Namespace) -> int:
    hub = open_hub(home_folder(args.home))
    with closing(hub.store):
        found = Lookup(hub.store, initials).dossier(args.id)
    if found is None:
        raise BadUsage("hub.no_such_person")
    emit(person_document(found))
    return 0


def _supervisor(args: argparse.Namespace) -> int:
    hub = open_hub(home_folder(args.home))
    with closing(hub.store):
        if args.what == "close":
            with hub.store.write("page") as db:
                supervisors.close(db, args.id, now_ms())
            say(word("hub.supervisor_closed", supervisor=args.id))
            return 0
        name = str(PersonName.parse(args.name))
        supervisor = clerk_id(args.id)
        password = new_password(args.password_file, supervisor, name)
        with hub.store.write("page") as db:
            supervisors.add(
                db, supervisor, name, args.role, password, cost=choose_cost(), now_ms=now_ms()
            )
    say(word("hub.supervisor_added", supervisor=args.id, role=word(f"hub.role_{args.role}")))
    return 0


def _revoke(args: argparse.Namespace) -> int:
    hub = open_hub(home_folder(args.home))
    with closing(hub.store), hub.store.write() as db:
        registry.revoke(db, args.counter, now_ms())
    say(word("hub.revoked", counter=args.counter))
    return 0


def _spoken(args: argparse.Namespace) -> int:
    home = home_folder(args.home)
    hub = open_hub(home)
    with closing(hub.store), hub.store.write() as db:
        outcome = take_spoken(
            db, Records(db, initials), args.code, args.number, by=args.by,
            settings=configuration.load(home).rules, now_ms=now_ms(),
        )  # fmt: skip
    if isinstance(outcome, Refusal):
        raise outcome
    if args.json:
        emit(outcome._asdict())
    else:
        key = "spoken.known" if outcome.known else "spoken.taken"
        say(word(key, office=outcome.office, cards=" ".join(outcome.cards)))
    return 0


def _release(args: argparse.Namespace) -> int:
    hub = open_hub(home_folder(args.home))
    with closing(hub.store), hub.store.write() as db:
        grant = registry.grant_of(db, args.counter)
        code = registry.new_code(db, grant, hub.signer.public, now_ms())
    if args.json:
        emit({"code": code, "days": registry.CODE_DAYS})
        return 0
    say(code)
    note(word("hub.release_note", counter=args.counter, days=registry.CODE_DAYS))
    return 0


def _decider(hub: Hub) -> Decider:
    return Decider(hub=hub.id, signer=hub.signer, initials=initials, now_ms=now_ms)


def _cases(args: argparse.Namespace) -> int:
    hub = open_hub(home_folder(args.home))
    with closing(hub.store), hub.store.session() as db:
        found = _decider(hub).waiting(db)
    if args.json:
        emit([_told(case) for case in found])
        return 0
    for case in found:
        words = words_for(case.code, case.facts)
        say(word("hub.case_line", id=case.id, message=words.message, due=case.due or "-"))
        answers = case.choices or ("done",)
        say("    " + "  ".join(f"{a} {_answer(a)}".strip() for a in answers))
    return 0


def _told(case: CaseItem) -> dict[str, object]:
    words = words_for(case.code, case.facts)
    return {
        **msgspec.structs.asdict(case),
        "choices": list(case.choices or ("done",)),
        "message": words.message,
        "remedy": words.remedy,
    }


def _settle(args: argparse.Namespace) -> int:
    hub = open_hub(home_folder(args.home))
    with closing(hub.store), hub.store.write() as db:
        _decider(hub).settle(db, args.case, args.answer, by=args.by, reason=args.reason)
    say(word("hub.settled", case=args.case, answer=_answer(args.answer) or args.answer))
    return 0


def _answer(answer: str) -> str:
    """Return an answer in words; empty for one that is the number of a card."""
    return "" if answer[:1].isupper() or answer[:1].isdigit() else word(f"cases.answer_{answer}")
