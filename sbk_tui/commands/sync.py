"""`sbk sync [--watch]`: hand in what waits, take the city's word back."""

from __future__ import annotations

import argparse
import random
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

from sbk_tui import __version__, own_hub, sender
from sbk_tui import config as configuration
from sbk_tui.commands.output import credentials, emit, fail, say
from sbk_tui.config import home_folder
from sbk_tui.counter_around import BLOBS
from sbk_tui.data import city_asks, outbox
from sbk_tui.data.blobs import Blobs
from sbk_tui.data.counter_file import OpenCounter, open_counter
from sbk_tui.data.line import LineState, asked_to_send, line_state, note_line, waiting
from sbk_tui.errors import BadUsage, HubUnreachable, SbkError
from sbk_tui.pinyin import initials
from sbk_tui.process import keep_memory_private
from sbk_tui.services.line_desk import is_urgent
from sbk_tui.sync.attach import send
from sbk_tui.sync.client import HubClient
from sbk_tui.sync.meter import Meter
from sbk_tui.sync.run import client_for, contact, watch
from sbk_tui.sync.tls import PinnedLine
from sbk_tui.texts import word
from sbk_tui.wiring import Counter, new_nonce, now_ms, sign_in

_LOOK_S = 1.0
"""How often a sender that waits looks whether something urgent has come."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command."""
    parser.add_argument("--watch", action="store_true", help=word("sync.watch_option"))
    parser.add_argument("--json", action="store_true", help=word("sync.json_option"))
    parser.add_argument("--key-pipe", type=int, metavar="FD", help=argparse.SUPPRESS)


def run(args: argparse.Namespace) -> int:
    """Call the city once, or until stopped."""
    home = home_folder(args.home)
    if args.key_pipe is not None:
        return _run_beside_screen(home, args.key_pipe)
    counter = sign_in(home, *credentials())
    try:
        caller = caller_of(counter, as_json=args.json)
        with own_hub.running(home, caller.url):
            if args.watch:
                _watch_alone(home, caller)
            else:
                caller.once()
    finally:
        counter.close()
    return 0


def _watch_alone(home: Path, caller: Caller) -> None:
    """Go on calling, as the one sender of this counter."""
    stopped = threading.Event()
    lock = sender.alone(home, stopped)
    if lock is not None:
        with lock:
            caller.watch(stopped)


def _run_beside_screen(home: Path, pipe: int) -> int:
    """Be the sender that a screen has started: until the screen is gone."""
    keep_memory_private()
    sender.be_modest()
    key, stopped = sender.key_from(pipe), threading.Event()
    sender.when_closed(pipe, stopped.set)
    lock = sender.alone(home, stopped)
    if lock is None:
        return 0
    with lock:
        opened = open_counter(home, key)
        try:
            blobs = Blobs(opened.store, home / BLOBS, key)
            url = configuration.load(home).hub.url
            caller = Caller(home, opened, blobs, url, as_json=False)
            with own_hub.running(home, caller.url):
                caller.watch(stopped)
        finally:
            opened.store.close()
    return 0


def caller_of(counter: Counter, *, as_json: bool = False) -> Caller:
    """Return who calls the city for a counter that is open.

    Raises:
        BadUsage: `sync.not_enrolled`.
    """
    blobs = Blobs(counter.opened.store, counter.home / BLOBS, counter.key)
    return Caller(counter.home, counter.opened, blobs, counter.config.hub.url, as_json=as_json)


class Caller:
    """One counter's calls to its city; how each went is noted for the screen."""

    def __init__(
        self, home: Path, opened: OpenCounter, blobs: Blobs, url: str, *, as_json: bool
    ) -> None:
        """Take the open counter; `url` goes before the address it was enrolled at.

        Raises:
            BadUsage: `sync.not_enrolled`.
        """
        self._home = home
        self._opened = opened
        self._blobs = blobs
        self._as_json = as_json
        known = outbox.peer(opened.store)
        self.url = url or known.get("hub_url", b"").decode()
        if not self.url:
            raise BadUsage("sync.not_enrolled")
        pin, public = known.get("hub_tls"), known.get("hub_public")
        line = PinnedLine(
            self.url,
            trusts=lambda key: key == public,
            new_nonce=new_nonce,
            pin=None if pin is None else pin.decode(),
            remember=lambda new: outbox.remember_peer(opened.store, {"hub_tls": new.encode()}),
        )
        self._meter = Meter(line, time.monotonic, line_state(opened.store).rate)
        self._client = self.client_of(opened.incarnation.inc)

    def client_of(self, inc: str) -> HubClient:
        """Return the line for an incarnation of this counter."""
        return client_for(self._opened, self._meter, now_ms=now_ms, new_nonce=new_nonce, inc=inc)

    def once(self) -> None:
        """Make one contact and report it."""
        self._report(self.call())

    def call(self) -> outbox.Tally:
        """Make one contact, note how it went, and return how things stand."""
        try:
            with sender.one_contact(self._home):
                tally = contact(
                    self._opened, self._client, version=__version__, now_ms=now_ms,
                    initials=initials,
                )  # fmt: skip
            self._send_blobs()
        except SbkError as error:
            self._note(error.code)
            raise
        self._note("")
        return tally

    def _send_blobs(self) -> None:
        """Pictures come last, and a loss report ends them (it is called in at once)."""
        before = self._pressing()
        send(
            self._blobs,
            self._client,
            counter=self._opened.certificate.counter,
            inc=self._opened.incarnation.inc,
            enough=lambda: self._pressing() > before,
        )

    def watch(self, stopped: threading.Event) -> None:
        """Call whenever something waits, and now and then; what is final ends the watch."""

        def failed(error: HubUnreachable) -> None:
            fail(error, as_json=self._as_json)

        watch(
            self.once,
            waiting=self._unsettled,
            failed=failed,
            ticks=_ticks(stopped),
            wait=lambda seconds: self._wait(seconds, stopped),
            luck=random.random,
        )

    def _wait(self, seconds: float, stopped: threading.Event) -> None:
        """Wait; a new loss report, or a clerk who asks for it, ends the waiting."""
        before = self._pressing()
        end = time.monotonic() + seconds
        while not stopped.is_set() and (left := end - time.monotonic()) > 0:
            stopped.wait(min(left, _LOOK_S))
            if self._pressing() > before:
                return

    def _pressing(self) -> tuple[int, int, int]:
        urgent = sum(each.count for each in waiting(self._opened.store) if is_urgent(each.kind))
        return asked_to_send(self._opened.store), urgent, self._questions()

    def _questions(self) -> int:
        return len(city_asks.open_asks(self._opened.store, now_ms()))

    def _unsettled(self) -> int:
        tally = outbox.tally(self._opened.store)
        asked = asked_to_send(self._opened.store) > line_state(self._opened.store).tried
        return tally.waiting + tally.received + asked + self._questions()

    def _note(self, code: str) -> None:
        now, before = now_ms(), line_state(self._opened.store)
        state = LineState(
            tried=now,
            reached=before.reached if code else now,
            code=code,
            rate=self._meter.rate,
            offset=self._client.offset_ms,
        )
        note_line(self._opened.store, state)

    def _report(self, tally: outbox.Tally) -> None:
        if self._as_json:
            emit(tally)
            return
        facts = msgspec.structs.asdict(tally)
        say(word("sync.report", **facts))
        if tally.received + tally.held + tally.quarantined:
            say(word("sync.undecided", **facts))
        sys.stdout.flush()


def _ticks(stopped: threading.Event) -> Iterator[float]:
    while not stopped.is_set():
        yield time.monotonic()
