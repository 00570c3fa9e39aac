"""`sbk sync [--watch]`: hand in what waits, take the city's word back."""

from __future__ import annotations

import argparse
import random
import secrets
import time
from collections.abc import Iterator
from functools import partial

from sbk_tui import __version__
from sbk_tui.commands.output import credentials, emit, fail, say
from sbk_tui.config import home_folder
from sbk_tui.data import outbox
from sbk_tui.errors import BadUsage, HubUnreachable
from sbk_tui.pinyin import initials
from sbk_tui.sync.client import HubClient, open_line
from sbk_tui.sync.run import client_for, contact, watch
from sbk_tui.texts import word
from sbk_tui.wiring import Counter, now_ms, sign_in

_NONCE_BYTES = 16


def arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command."""
    parser.add_argument("--watch", action="store_true", help=word("sync.watch_option"))
    parser.add_argument("--json", action="store_true", help=word("sync.json_option"))


def run(args: argparse.Namespace) -> int:
    """Call the city once, or until stopped."""
    counter = sign_in(home_folder(args.home), *credentials())
    try:
        client = _client(counter)
        once = partial(_once, counter, client, as_json=args.json)
        if args.watch:
            watch(
                once,
                waiting=lambda: _unsettled(counter),
                failed=partial(_failed, as_json=args.json),
                ticks=_ticks(),
                wait=time.sleep,
                luck=random.random,
            )
        else:
            once()
    finally:
        counter.close()
    return 0


def _client(counter: Counter) -> HubClient:
    known = outbox.peer(counter.opened.store).get("hub_url", b"").decode()
    url = counter.config.hub.url or known
    if not url:
        raise BadUsage("sync.not_enrolled")
    return client_for(
        counter.opened,
        open_line(url),
        now_ms=now_ms,
        new_nonce=lambda: secrets.token_hex(_NONCE_BYTES),
    )


def _once(counter: Counter, client: HubClient, *, as_json: bool) -> None:
    tally = contact(counter.opened, client, version=__version__, now_ms=now_ms, initials=initials)
    if as_json:
        emit(tally)
        return
    say(
        word(
            "sync.report",
            made=tally.made,
            sent=tally.sent,
            accepted=tally.accepted,
            refused=tally.refused,
            waiting=tally.waiting,
        )
    )
    if tally.received + tally.held + tally.quarantined:
        say(
            word(
                "sync.undecided",
                received=tally.received,
                held=tally.held,
                quarantined=tally.quarantined,
            )
        )


def _unsettled(counter: Counter) -> int:
    tally = outbox.tally(counter.opened.store)
    return tally.waiting + tally.received


def _failed(error: HubUnreachable, *, as_json: bool) -> None:
    fail(error, as_json=as_json)


def _ticks() -> Iterator[float]:
    while True:
        yield time.monotonic()
