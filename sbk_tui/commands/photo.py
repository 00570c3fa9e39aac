"""`sbk photo FILE [--fix OUT]`: judge a portrait rule by rule (A7), repair it, judge it again."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from sbk_tui.commands.output import emit, note, say
from sbk_tui.data.keyring import write_private
from sbk_tui.domain.text import escaped
from sbk_tui.errors import BadUsage, Refusal
from sbk_tui.hardware.portrait.values import Finding, Grade, Verdict
from sbk_tui.services.portrait_desk import PortraitDesk
from sbk_tui.texts import word


def arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command."""
    parser.add_argument("file", metavar="FILE", type=Path, help=word("portrait_file.file"))
    parser.add_argument("--fix", metavar="OUT", type=Path, help=word("portrait_file.fix"))
    parser.add_argument("--json", action="store_true", help=word("portrait_file.json"))


def run(args: argparse.Namespace) -> int:
    """Judge the picture; exit as for a refusal when the card maker would send it back."""
    desk = PortraitDesk(None)
    judged, notes = desk.open(args.file), tuple[str, ...]()
    if args.fix is not None:
        judged, notes = desk.repair(judged, by_hand=False)
        _write(args.fix, judged.content)
    refused = judged.verdict.grade is Grade.REFUSE
    if args.json:
        emit(_document(args, judged.verdict, notes))
    else:
        for done in notes:
            say(word("portrait_file.repaired", what=done))
        for line in desk.lines(judged.verdict):
            say(f"{word('portrait_file.' + line.grade.value)} {line.text}")
    note(word("portrait_file.refused" if refused else "portrait_file.fits"))
    return Refusal.exit_code if refused else 0


def _write(path: Path, content: bytes) -> None:
    try:
        write_private(path, content)
    except OSError as error:
        raise BadUsage("photo.unwritable", place=escaped(str(path))) from error


def _document(args: argparse.Namespace, verdict: Verdict, notes: tuple[str, ...]) -> dict[str, Any]:
    return {
        "file": escaped(args.file.name),
        "grade": verdict.grade.value,
        "fixed": escaped(str(args.fix)) if args.fix else None,
        "repairs": notes,
        "findings": [_finding(finding) for finding in verdict.findings],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "grade": finding.grade.value,
        "value": finding.value,
        "low": finding.low,
        "high": finding.high,
        "by": finding.by,
        "estimated": finding.estimated,
        "clause": finding.clause,
        "message": word(finding.word, **finding.facts()),
    }
