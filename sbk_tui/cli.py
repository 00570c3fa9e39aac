"""`sbk`: the one entrance. Without a command it opens the counter's screen."""

from __future__ import annotations

import argparse
import sys
from importlib import import_module
from typing import NoReturn

from sbk_tui import __version__
from sbk_tui.domain.text import escaped
from sbk_tui.errors import BadUsage, SbkError
from sbk_tui.texts import word

COMMANDS = {  # command → module below sbk_tui.commands
    "demo": "demo",
    "init": "init",
    "do": "do",
    "show": "show",
    "find": "find",
    "read": "read",
    "photo": "photo",
    "import": "import_",
    "export": "export",
    "stats": "stats",
    "fees": "fees",
    "sync": "sync",
    "inbox": "inbox",
    "rejoin": "rejoin",
    "bundle": "bundle",
    "audit": "audit",
    "backup": "backup",
    "restore": "restore",
    "rebuild": "rebuild",
    "clerk": "clerk",
    "clauses": "clauses",
    "doctor": "doctor",
    "hub": "hub",
    "kiosk": "kiosk",
    "bridge": "bridge",
}


class _Parser(argparse.ArgumentParser):
    """argparse that refuses in our words and with our exit code."""

    def error(self, message: str) -> NoReturn:
        raise BadUsage("command.wrong", command=self.prog, detail=escaped(message))

    def parse_typed(self, words: list[str]) -> argparse.Namespace:
        """Return what was typed; an option may stand between two arguments (`do KIND --op X F=V`).

        Not where actions have parsers of their own: argparse cannot do both.
        """
        if self._subparsers is not None:
            return self.parse_args(words)
        return self.parse_intermixed_args(words)


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code (design: 0 done, 2 usage, 3 refused …)."""
    words = sys.argv[1:] if arguments is None else arguments
    try:
        return _dispatch(words)
    except SbkError as error:
        from sbk_tui.commands.output import fail

        return fail(error, as_json="--json" in words)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        return 1


def _dispatch(words: list[str]) -> int:
    if words[:1] in (["-h"], ["--help"]):
        sys.stdout.write(_overview())
        return 0
    if words[:1] == ["--version"]:
        sys.stdout.write(f"sbk {__version__}\n")
        return 0
    if not words or words[0].startswith("-"):
        return _run("screen", "sbk", words)
    if words[0] not in COMMANDS:
        raise BadUsage("command.unknown", command=words[0])
    return _run(COMMANDS[words[0]], f"sbk {words[0]}", words[1:])


def _run(module_name: str, prog: str, words: list[str]) -> int:
    module = import_module(f"sbk_tui.commands.{module_name}")
    parser = _Parser(prog=prog, description=word(f"commands.{module_name.rstrip('_')}"))
    parser.add_argument("--home", metavar="DIR", help=word("commands.home_option"))
    module.arguments(parser)
    code: int = module.run(parser.parse_typed(words))
    return code


def _overview() -> str:
    lines = [word("commands.overview"), ""]
    lines += [f"  sbk {name:<10}{word('commands.' + name)}" for name in COMMANDS]
    return "\n".join([*lines, "", word("commands.overview_end"), ""])
