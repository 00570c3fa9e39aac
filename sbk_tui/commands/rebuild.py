"""`sbk rebuild SLIPS`: what a lost disk took, back from the codes on its printed slips (B1)."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from sbk_tui.commands.output import credentials, emit, say
from sbk_tui.config import home_folder
from sbk_tui.data.counter_file import in_former_life
from sbk_tui.data.rebuild import Gap, Slip, gaps, go_on, sorted_out
from sbk_tui.data.record import Envelope, Record, hlc_ms
from sbk_tui.data.slip_code import read_code, slip_key
from sbk_tui.errors import BadUsage, Refusal, SbkError
from sbk_tui.pinyin import initials
from sbk_tui.services import words
from sbk_tui.texts import explain, word
from sbk_tui.wiring import Counter, sign_in


class Left(msgspec.Struct, frozen=True):
    """A slip whose work is not on record here."""

    seq: int
    code: str
    """The eight characters on the slip; empty when its seals do not hold."""
    kind: str
    at: int
    clerk: str
    about: tuple[str, ...]
    why: str = ""
    """Why it could not be done anew either, in words."""


class Again(msgspec.Struct, frozen=True):
    """A slip whose work was done anew."""

    seq: int
    code: str
    new_code: str


class Rebuilt(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a stack of slips."""

    slips: int
    unreadable: tuple[int, ...]
    """Numbers of lines."""
    known: int
    back: int
    again: tuple[Again, ...]
    left: tuple[Left, ...]
    gaps: tuple[Gap, ...]

    @property
    def is_whole(self) -> bool:
        """Whether everything that was read is on record now."""
        return not self.unreadable and not self.left


def arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command."""
    parser.add_argument("slips", metavar="SLIPS", help=word("rebuild.slips"))
    parser.add_argument("--again", action="store_true", help=word("rebuild.again_option"))
    parser.add_argument("--json", action="store_true", help=word("backup.json"))


def run(args: argparse.Namespace) -> int:
    """Put back what follows the log; name the rest, or do it anew."""
    lines = _lines(args.slips)
    counter = sign_in(home_folder(args.home), *credentials())
    try:
        found = _rebuild(counter, lines, again=args.again)
    finally:
        counter.close()
    if args.json:
        emit(found)
    else:
        _say(found)
    return 0 if found.is_whole else Refusal.exit_code


def _lines(place: str) -> list[tuple[int, str]]:
    try:
        text = sys.stdin.read() if place == "-" else Path(place).read_text("utf-8", "replace")
    except OSError as error:
        raise BadUsage("rebuild.missing", place=place) from error
    return [(n, line) for n, line in enumerate(text.splitlines(), 1) if line.strip()]


def _rebuild(counter: Counter, lines: Sequence[tuple[int, str]], *, again: bool) -> Rebuilt:
    former = in_former_life(counter.opened)
    if again and former is not None:
        raise BadUsage("rebuild.rejoin_first")
    life, key = former or counter.opened, slip_key(counter.data_key)
    records: list[Record] = []
    unreadable = []
    for number, line in lines:
        try:
            records.append(read_code(line, key))
        except Refusal:
            unreadable.append(number)
    stack = sorted_out(life, records)
    back = go_on(life, stack.new, initials)
    rest = [slip for slip in stack.new if slip not in back]
    missing = gaps(life, rest)
    done, refused = _do_again(counter, rest) if again else ((), _rest_of(rest))
    left = (*refused, *(_left(envelope) for envelope in stack.forged))
    return Rebuilt(
        slips=len(records), unreadable=tuple(unreadable), known=stack.known, back=len(back),
        again=done, left=left, gaps=missing,
    )  # fmt: skip


def _rest_of(slips: Iterable[Slip]) -> tuple[Left, ...]:
    """Return slips as they are listed for a clerk."""
    return tuple(_left(slip.envelope, slip.record) for slip in slips)


def _do_again(
    counter: Counter, slips: Iterable[Slip]
) -> tuple[tuple[Again, ...], tuple[Left, ...]]:
    """Do the work of slips anew under its own ids, by today's rules and this clerk's hand."""
    done, left = [], []
    for slip in slips:
        envelope, ledger = slip.envelope, counter.ledger
        try:
            operation = slip.record.operation(envelope)
            intent = ledger.intend(operation, op=envelope.op, blobs=envelope.blobs)
            new = ledger.perform(intent)
        except SbkError as error:
            left.append(_left(envelope, slip.record, explain(error).message))
        else:
            done.append(Again(envelope.seq, _code(slip.record), new.code))
    return tuple(done), tuple(left)


def _code(record: Record) -> str:
    return record.hash.hex()[:8].upper()


def _left(envelope: Envelope, record: Record | None = None, why: str = "") -> Left:
    cards = tuple(name.partition("/")[2] for name in envelope.about if name.startswith("card/"))
    return Left(
        envelope.seq, _code(record) if record else "", envelope.kind, hlc_ms(envelope.hlc),
        envelope.clerk, cards, why,
    )  # fmt: skip


def _say(found: Rebuilt) -> None:
    say(word(
        "rebuild.read", slips=found.slips, known=found.known, back=found.back,
        again=len(found.again), left=len(found.left),
    ))  # fmt: skip
    if found.unreadable:
        say(word("rebuild.unreadable", lines="、".join(map(str, found.unreadable))))
    for gap in found.gaps:
        say(word("rebuild.gap", first=gap.first, last=gap.last))
    for again in found.again:
        say(word("rebuild.again", seq=again.seq, code=again.code, new=again.new_code))
    for left in found.left:
        say(word(
            "rebuild.left" if left.code else "rebuild.forged",
            seq=left.seq, code=left.code, kind=words.kind(left.kind), at=words.moment(left.at),
            clerk=left.clerk, cards="、".join(left.about),
        ))  # fmt: skip
        if left.why:
            say(word("rebuild.why", why=left.why))
