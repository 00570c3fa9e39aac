"""Questions at the terminal: asked on standard error, judged at once, asked again if wrong."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from getpass import getpass
from pathlib import Path

from sbk_tui.commands.output import note
from sbk_tui.data.keyring import check_password
from sbk_tui.errors import BadUsage, Refusal, SbkError
from sbk_tui.texts import explain, word

_CLERK = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,31}")


def at_terminal() -> bool:
    """Return whether somebody can be asked."""
    return sys.stdin.isatty()


def ask(question: str, judge: Callable[[str], str]) -> str:
    """Return the first answer that `judge` lets pass, as it gives it back.

    Raises:
        BadUsage: `ask.broken_off` at the end of the input.
    """
    while True:
        sys.stderr.write(question)
        sys.stderr.flush()
        line = sys.stdin.readline()
        if not line:
            raise BadUsage("ask.broken_off")
        try:
            return judge(line.strip())
        except SbkError as error:
            words = explain(error)
            note(f"{words.message}{words.remedy}")


def clerk_id(text: str) -> str:
    """Return a 工号 in its stored form.

    Raises:
        Refusal: `auth.clerk_form`.
    """
    if not _CLERK.fullmatch(text):
        raise Refusal("auth.clerk_form")
    return text


def new_password(file: str | None, clerk: str, name: str) -> str:
    """Return a password that is good enough, from a file or typed twice without being shown.

    Raises:
        BadUsage: `auth.password_file`; Refusal: `auth.weak_…` for one from a file.
    """
    if file:
        password = _from_file(file)
        check_password(password, clerk, name)
        return password
    if not at_terminal():
        raise BadUsage("auth.password_file", place="--password-file")
    while True:
        try:
            return _typed_twice(clerk, name)
        except Refusal as error:
            words = explain(error)
            note(f"{words.message}{words.remedy}")


def known_password(file: str | None, question: str) -> str:
    """Return a password that exists already, from a file or typed once without being shown.

    Raises:
        BadUsage: `auth.password_file`.
    """
    if file:
        return _from_file(file)
    if not at_terminal():
        raise BadUsage("auth.password_file", place="--password-file")
    return getpass(question, stream=sys.stderr)


def _typed_twice(clerk: str, name: str) -> str:
    password = getpass(word("questions.new_password"), stream=sys.stderr)
    check_password(password, clerk, name)
    if getpass(word("questions.again"), stream=sys.stderr) != password:
        raise Refusal("auth.not_the_same")
    return password


def _from_file(file: str) -> str:
    try:
        return Path(file).read_text("utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise BadUsage("auth.password_file", place=file) from error
