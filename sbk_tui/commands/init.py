"""`sbk init`: make this counter. Every question is an option too; what is missing is asked for.

With `--hub` and `--code` it joins the city; a counter that exists already is only joined.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from sbk_tui.commands.ask import ask, at_terminal, clerk_id, new_password
from sbk_tui.commands.output import credentials, emit, note, say
from sbk_tui.config import FILE, home_folder
from sbk_tui.data.counter_file import DATABASE
from sbk_tui.data.keyring import write_private
from sbk_tui.data.store import cipher_available
from sbk_tui.domain.capability import Capability, CounterLevel
from sbk_tui.domain.identity import DivisionCode, compact
from sbk_tui.domain.text import PersonName, UnitName
from sbk_tui.errors import BadUsage, SbkError
from sbk_tui.resources import ASSETS
from sbk_tui.texts import word
from sbk_tui.wiring import Counter, new_nonce, now_ms, refuse_bank, set_up, sign_in

LEVELS = {level.name.lower(): level.value for level in CounterLevel}
_CITY_DIGITS = 4


class Question(NamedTuple):
    """One thing a counter must know about itself."""

    option: str
    judge: Callable[[str], str]


def level(text: str) -> str:
    """Return a level's letter by letter or English name.

    Raises:
        BadUsage: `counter.level`.
    """
    letter = LEVELS.get(text.lower(), text.upper())
    if letter not in set(CounterLevel):
        raise BadUsage("counter.level", level=text)
    return letter


def district(text: str) -> str:
    """Return the division code of an office of Henan; a city counter's has four digits.

    Raises:
        BadUsage: `counter.district`; Refusal: `division.form`.
    """
    code = compact(text)
    if len(code) != _CITY_DIGITS:
        code = DivisionCode.parse(code)
    if not (code.isdigit() and code.startswith("41")):
        raise BadUsage("counter.district", district=code)
    return str(code)


def _office(text: str) -> str:
    if not text.strip():
        raise BadUsage("init.office_empty")
    return str(UnitName.parse(text))


QUESTIONS = (
    Question("office", _office),
    Question("level", level),
    Question("district", district),
    Question("clerk", clerk_id),
    Question("name", lambda text: str(PersonName.parse(text))),
)


def arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command."""
    for question in QUESTIONS:
        parser.add_argument(f"--{question.option}", help=word(f"init.{question.option}"))
    parser.add_argument("--bank", metavar="CODE", help=word("init.bank"))
    parser.add_argument("--password-file", metavar="FILE", help=word("init.password_file"))
    parser.add_argument(
        "--removed", nargs="*", default=[], metavar="CAPABILITY", help=word("init.removed")
    )
    parser.add_argument("--no-encrypt", action="store_true", help=word("init.no_encrypt"))
    parser.add_argument("--hub", metavar="URL", help=word("init.hub"))
    parser.add_argument("--code", metavar="CODE", help=word("init.code"))
    parser.add_argument("--with-hub", action="store_true", help=word("init.with_hub"))
    parser.add_argument("--json", action="store_true", help=word("init.json"))


def run(args: argparse.Namespace) -> int:
    """Make the counter and its configuration; on return both are on disk."""
    home = home_folder(args.home)
    if bool(args.hub) != bool(args.code) or (args.hub and args.with_hub):
        raise BadUsage("init.hub_and_code")
    if not (home / DATABASE).exists():
        clerk, password = _make(home, args)
    elif args.hub or args.with_hub:
        clerk, password = credentials()
    else:
        raise BadUsage("counter.exists", place=str(home))
    # Opened once the way a clerk will: what cannot be opened is told now, not tomorrow morning.
    counter = sign_in(home, clerk, password)
    try:
        if args.hub:
            _join(counter, args.hub, args.code)
        elif args.with_hub:
            from sbk_tui import own_hub  # late: only who makes a city pays for it

            own_hub.make(counter)
        _report(counter, joined=bool(args.hub or args.with_hub), as_json=args.json)
    finally:
        counter.close()
    return 0


def _make(home: Path, args: argparse.Namespace) -> tuple[str, str]:
    _check_capabilities(args.removed)
    if not args.no_encrypt and not cipher_available():
        raise BadUsage("init.no_crypt")
    answers = {question.option: _answer(question, args) for question in QUESTIONS}
    bank = _bank(answers["level"], args.bank)
    password = new_password(args.password_file, answers["clerk"], answers["name"])
    if args.no_encrypt:
        note(word("init.plain_warning"))
    set_up(
        home,
        office=answers["office"],
        level=answers["level"],
        district=answers["district"],
        clerk=answers["clerk"],
        name=answers["name"],
        password=password,
        removed=tuple(args.removed),
        bank=bank,
        encrypt=not args.no_encrypt,
    )
    write_configuration(home)
    return answers["clerk"], password


def _answer(question: Question, args: argparse.Namespace) -> str:
    given: str | None = getattr(args, question.option)
    if given is not None:
        return question.judge(given)
    if not at_terminal():
        raise BadUsage("init.missing", option=f"--{question.option}")
    return ask(word(f"init.ask_{question.option}"), question.judge)


def _bank(level: str, given: str | None) -> str:
    """Return the bank that runs a bank window; no other window is asked for one.

    Raises:
        BadUsage: `counter.bank`, `init.missing`.
    """

    def judge(text: str) -> str:
        refuse_bank(level, text.strip())
        return text.strip()

    if given is not None or level != CounterLevel.BANK:
        return judge(given or "")
    if not at_terminal():
        raise BadUsage("init.missing", option="--bank")
    return ask(word("init.ask_bank"), judge)


def _check_capabilities(names: list[str]) -> None:
    for name in names:
        if name not in Capability.__members__:
            raise BadUsage(
                "init.capability", capability=name, known=" ".join(Capability.__members__)
            )


def write_configuration(home: Path) -> None:
    """Lay the commented configuration into a counter's folder; one that is there stays."""
    if not (home / FILE).exists():
        write_private(home / FILE, (ASSETS / FILE).read_bytes())


def _join(counter: Counter, url: str, code: str) -> None:
    # Late: only who has a city to join pays for the network.
    from sbk_tui.sync.enrol import enrol

    try:
        enrol(
            counter.opened,
            url=url,
            code=code,
            now_ms=now_ms,
            new_nonce=new_nonce,
        )
    except SbkError:
        note(word("init.not_joined"))
        raise


def _report(counter: Counter, *, joined: bool, as_json: bool) -> None:
    held, clerk = counter.opened.certificate, counter.session.clerk
    if as_json:
        emit({
            "home": str(counter.home),
            "counter": held.counter,
            "office": held.office,
            "level": held.level,
            "district": held.district,
            "bank": held.bank,
            "removed": held.removed,
            "clerk": clerk,
            "encrypted": counter.opened.store.encrypted,
            "joined": joined,
        })  # fmt: skip
        return
    say(word("init.made", office=held.office, counter=held.counter, place=str(counter.home)))
    if joined:
        say(word("init.joined"))
    say(word("init.next", clerk=clerk))
