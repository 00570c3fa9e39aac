"""How commands speak: JSON on standard output, words on standard error, exit codes by error."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import msgspec

from sbk_tui.domain.text import plain
from sbk_tui.errors import BadUsage, SbkError
from sbk_tui.process import keep_memory_private
from sbk_tui.texts import explain, word


def emit(document: Any) -> None:
    """Print one JSON document to standard output."""
    encoded = msgspec.json.encode(document, enc_hook=plain)
    sys.stdout.write(msgspec.json.format(encoded, indent=2).decode())
    sys.stdout.write("\n")


def say(line: str) -> None:
    """Print one line for people to standard output; control characters come out escaped."""
    sys.stdout.write(_tame(line) + "\n")


def note(line: str) -> None:
    """Print one line for people to standard error."""
    sys.stderr.write(_tame(line) + "\n")


def fail(error: SbkError, *, as_json: bool) -> int:
    """Report `error` in the form asked for and return the exit code."""
    words = explain(error)
    if as_json:
        emit(
            {
                "error": error.code,
                "clause": error.clause,
                "message": words.message,
                "remedy": words.remedy,
                "facts": dict(error.facts),
            }
        )
    note(f"{words.message}{words.remedy}")
    return error.exit_code


def credentials(clerk: str = "SBK_CLERK", file: str = "SBK_PASSWORD_FILE") -> tuple[str, str]:
    """Return clerk and password from the environment, or ask for them at the terminal.

    Raises:
        BadUsage: `auth.no_clerk`, `auth.password_file`.
    """
    keep_memory_private()
    name = os.environ.get(clerk, "")
    path = os.environ.get(file, "")
    if not name:
        if not sys.stdin.isatty():
            raise BadUsage("auth.no_clerk", variable=clerk)
        name = _asked(f"{word('fields.clerk')}: ")
    if path:
        try:
            return name, Path(path).read_text("utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            raise BadUsage("auth.password_file", place=path) from error
    if not sys.stdin.isatty():
        raise BadUsage("auth.password_file", place=file)
    from getpass import getpass

    return name, getpass(f"{word('fields.password')}: ", stream=sys.stderr)


def _asked(question: str) -> str:
    # Not by `input`: its question would stand in the JSON on standard output.
    sys.stderr.write(question)
    sys.stderr.flush()
    return sys.stdin.readline().strip()


def _tame(line: str) -> str:
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in line)
