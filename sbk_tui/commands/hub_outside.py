"""`sbk hub outside`: tell the systems outside, take in what they answer, show how it stands."""

from __future__ import annotations

import argparse
import signal
import threading
from collections.abc import Sequence
from contextlib import closing

import msgspec

from sbk_tui import config as configuration
from sbk_tui.codes import code_tables
from sbk_tui.commands.output import emit, fail, say
from sbk_tui.config import Outside, home_folder
from sbk_tui.errors import BadUsage, OutsideUnreachable, StorageFault
from sbk_tui.hub.home import Hub, open_hub
from sbk_tui.hub.outside import ALL, NOW, Channel, Teller, standing
from sbk_tui.hub.outside_answers import Answers
from sbk_tui.outside.folder import open_exchange
from sbk_tui.pinyin import initials
from sbk_tui.services import words
from sbk_tui.texts import explain, name_of, word
from sbk_tui.wiring import now_ms


def arguments(parser: argparse.ArgumentParser) -> None:
    """Describe what the action can do."""
    parser.add_argument("--run", action="store_true", help=word("outside.run"))
    parser.add_argument("--watch", type=int, metavar="SECONDS", help=word("outside.watch"))
    parser.add_argument("--begin", choices=[NOW, ALL], default="", help=word("outside.begin"))


def run(args: argparse.Namespace) -> int:
    """Tell once, go on telling, or show how it stands."""
    home = home_folder(args.home)
    channels = channels_of(configuration.load(home).outside)
    if not channels:
        raise BadUsage("outside.none")
    hub = open_hub(home)
    with closing(hub.store):
        if args.watch is None and not args.run:
            _show(hub, channels, as_json=args.json)
            return 0
        rounds = Rounds(hub, channels, as_json=args.json)
        for channel in channels:
            rounds.teller.begin(channel, args.begin)
        if args.watch is None:
            return rounds.once()
        stopped = threading.Event()
        for ending in (signal.SIGTERM, signal.SIGINT):
            signal.signal(ending, lambda *_: stopped.set())
        while not stopped.is_set():
            rounds.once(quiet=True)
            stopped.wait(max(1, args.watch))
    return 0


def channels_of(outside: Outside) -> tuple[Channel, ...]:
    """Return the systems that are connected.

    Raises:
        BadUsage: `outside.url`, `outside.bank`.
    """
    found, known = [], code_tables()["bank"].rows
    for bank in outside.banks:
        if bank not in known:
            raise BadUsage("outside.bank", given=bank)
    if outside.province:
        found.append(Channel("province", "", open_exchange(outside.province)))
    found += [Channel("bank", bank, open_exchange(url)) for bank, url in outside.banks.items()]
    if outside.fiscal:
        found.append(Channel("fiscal", "", open_exchange(outside.fiscal)))
    return tuple(found)


class Rounds:
    """One look at every channel after the other; what one cannot do holds up no other."""

    def __init__(self, hub: Hub, channels: Sequence[Channel], *, as_json: bool) -> None:
        self.teller = Teller(hub, initials=initials, now_ms=now_ms)
        self._answers = Answers(
            hub, initials=initials, now_ms=now_ms, explain=lambda error: explain(error).message
        )
        self._channels = channels
        self._as_json = as_json

    def once(self, *, quiet: bool = False) -> int:
        """Tell and take in; return the exit code.

        Args:
            quiet: say nothing of a system for which there was nothing to do.
        """
        code = 0
        for channel in self._channels:
            try:
                files = self.teller.tell(channel)
                taken = self._answers.take(channel)
            except (OutsideUnreachable, StorageFault) as error:
                code = fail(error, as_json=self._as_json)
                continue
            told: dict[str, str | int] = {
                "channel": channel.name, "files": files, "answers": taken.files,
                "aside": taken.aside,
            }  # fmt: skip
            if self._as_json:
                emit(told)
            elif not quiet or any((files, *taken)):
                say(word("outside.round", **told | {"channel": _named(channel)}))
        return code


def _named(channel: Channel) -> str:
    """Return a system as people call it: 省卡管, or a bank by its name."""
    if channel.bank:
        return name_of("bank", channel.bank)
    return name_of("outside_system", channel.system)


def _show(hub: Hub, channels: Sequence[Channel], *, as_json: bool) -> None:
    found = [standing(hub, channel) for channel in channels]
    if as_json:
        emit([msgspec.structs.asdict(each) for each in found])
        return
    for channel, each in zip(channels, found, strict=True):
        if each.behind is None:
            say(word("outside.not_begun", channel=_named(channel)))
            continue
        facts: dict[str, str | int] = {
            "channel": _named(channel), "behind": each.behind, "unsent": each.unsent,
            "open": each.open,
        }  # fmt: skip
        oldest = words.moment(each.oldest) or "-"
        say(word("outside.line", **facts, oldest=oldest))
        say(word("outside.counts", **each.messages))
