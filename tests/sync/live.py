"""A city that is called while a clerk waits: whole counters on a real hub, in one process."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from sbk_tui import wiring
from sbk_tui.data.line import LineState, asked_to_send, note_line
from sbk_tui.pinyin import initials
from sbk_tui.sync.client import HubClient, RawAnswer
from sbk_tui.sync.enrol import enrol_with
from sbk_tui.sync.enrolment_code import fingerprint, split_code
from sbk_tui.sync.run import client_for, contact
from tests.sync.city import VERSION, City, nonce

_LOOK_S = 0.02


class LiveCity:
    """One hub on the machine's own clock, and counters that belong to it."""

    def __init__(self, folder: Path) -> None:
        self.city = City(folder, [wiring.now_ms()])
        self._one = threading.Lock()

    def post(self, path: str, body: bytes, headers: Mapping[str, str]) -> RawAnswer:
        """Answer one request."""
        self.city.clock[0] = wiring.now_ms()
        return self.city.post(path, body, headers)

    def join(self, counter: wiring.Counter) -> HubClient:
        """Enrol a counter, hand in what it has, and fetch what it may know."""
        own = counter.opened.certificate
        code = self.city.code(level=own.level, district=own.district, bank=own.bank)
        secret, known = split_code(code)
        stranger = HubClient(
            self.post, counter=own.counter, inc=counter.opened.incarnation.inc,
            signer=counter.opened.signer, trusts=lambda key: fingerprint(key) == known,
            now_ms=wiring.now_ms, new_nonce=nonce,
        )  # fmt: skip
        enrol_with(counter.opened, stranger, url="http://127.0.0.1:8470", secret=secret)
        client = client_for(counter.opened, self.post, now_ms=wiring.now_ms, new_nonce=nonce)
        self.call(counter, client)
        return client

    def call(self, counter: wiring.Counter, client: HubClient) -> None:
        """Make one contact."""
        with self._one:
            contact(
                counter.opened, client, version=VERSION, now_ms=wiring.now_ms, initials=initials
            )
        now = wiring.now_ms()
        note_line(counter.opened.store, LineState(tried=now, reached=now))

    def call_beside(self, counter: wiring.Counter, client: HubClient) -> None:
        """Make one contact in a thread of its own: a test of a screen has a loop in this one."""

        def work() -> None:
            self.call(counter, client)
            counter.opened.store.close()

        thread = threading.Thread(target=work)
        thread.start()
        thread.join()

    @contextmanager
    def sending(self, counter: wiring.Counter, client: HubClient) -> Iterator[None]:
        """Call whenever the screen asks for it, as the sender does."""
        stopped, store = threading.Event(), counter.opened.store

        def watch() -> None:
            last = asked_to_send(store)
            while not stopped.wait(_LOOK_S):
                if asked_to_send(store) > last:
                    last = asked_to_send(store)
                    self.call(counter, client)
            store.close()

        thread = threading.Thread(target=watch)
        thread.start()
        try:
            yield
        finally:
            stopped.set()
            thread.join()

    def close(self) -> None:
        """Stop the hub."""
        self.city.close()
