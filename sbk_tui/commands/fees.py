"""`sbk fees numbers`: stock; `sbk fees test-sheet`: printer offset; `sbk fees match`: POS list."""

from __future__ import annotations

import argparse
from pathlib import Path

import msgspec

from sbk_tui.commands.output import credentials, emit, say
from sbk_tui.config import home_folder
from sbk_tui.domain.capability import Capability
from sbk_tui.domain.paper_number import FormKind
from sbk_tui.services.fee_papers import FORMS
from sbk_tui.services.fee_words import differences, match_said
from sbk_tui.services.forms import parse_date
from sbk_tui.texts import name_of, word
from sbk_tui.wiring import Counter, sign_in


def arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command."""
    parser.add_argument("what", choices=sorted(SHOWN), help=word("fee.command_what"))
    parser.add_argument("--form", choices=sorted(FORMS.values()), help=word("fee.command_form"))
    parser.add_argument(
        "--file", metavar="FILE", action="append", type=Path, help=word("match.command_file")
    )
    parser.add_argument("--day", metavar="DATE", default="", help=word("match.command_day"))
    parser.add_argument("--json", action="store_true", help=word("fee.command_json"))


def run(args: argparse.Namespace) -> int:
    """Show the stock, or print a test sheet."""
    counter = sign_in(home_folder(args.home), *credentials())
    try:
        counter.seat.authority.require(Capability.FEES)
        SHOWN[args.what](counter, args)
    finally:
        counter.close()
    return 0


def _numbers(counter: Counter, args: argparse.Namespace) -> None:
    counts = counter.desks.numbers.batches()
    if args.json:
        emit([
            {
                "form": FORMS[count.batch.form],
                "batch": count.batch.batch,
                "first": count.batch.first,
                "last": count.batch.last,
                "next": count.batch.next,
                "used": count.used,
                "void": count.void,
                "left": count.batch.left,
                "missing": count.missing,
            }
            for count in counts
        ])  # fmt: skip
        return
    for count in counts:
        batch = count.batch
        form, following = name_of("form_kind", batch.form.value), batch.next
        say(
            word(
                "fee.command_batch",
                form=form,
                batch=batch.batch,
                first=batch.first,
                last=batch.last,
                next=following or word("numbers.used_up"),
                used=count.used,
                void=count.void,
                left=batch.left,
                missing=count.missing,
            )
        )
    warning = counter.desks.numbers.warning()
    if warning:
        say(warning)


def _test_sheet(counter: Counter, args: argparse.Namespace) -> None:
    forms = [form for form, name in FORMS.items() if args.form in (None, name)]
    for form in forms:
        job = counter.desks.forms.test_sheet(form)
        if args.json:
            emit({"form": FORMS[form], "job": job})
        else:
            say(word("fee.command_sheet", form=name_of("form_kind", FormKind(form).value), job=job))


def _match(counter: Counter, args: argparse.Namespace) -> None:
    desk = counter.desks.matches
    day = parse_date(args.day) if args.day else desk.today()
    match = desk.compare(day, args.file or ())
    desk.record(match, op=counter.new_id())
    if args.json:
        emit({
            "day": match.day.isoformat(),
            "sales": match.sales,
            "total_fen": match.total_fen,
            "extra": [msgspec.structs.asdict(line) for line in match.extra],
            "missing": [each._asdict() for each in match.missing],
        })  # fmt: skip
        return
    say(match_said(match))
    for line in differences(match):
        say("  ".join(line))


SHOWN = {"numbers": _numbers, "test-sheet": _test_sheet, "match": _match}
"""What can be asked for."""
