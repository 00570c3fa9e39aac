"""What needs the city's word before anything is touched: sealed, sent at once, waited for."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sbk_tui.data.beside import Beside
from sbk_tui.data.ledger import Done, Intent, Ledger
from sbk_tui.data.line import ask_to_send
from sbk_tui.data.outbox import Word, word_on
from sbk_tui.data.store import Store
from sbk_tui.errors import HubUnreachable, Refusal

PATIENCE_S, LOOK_S = 30.0, 0.2
"""How long a clerk waits for the city, and how often is looked [A]."""


class CityFirst:
    """Performs hub-first operations: on return the city has accepted and its rows are here."""

    def __init__(
        self,
        store: Store,
        ledger: Ledger,
        *,
        now_ms: Callable[[], int],
        clock: Callable[[], float],
        wait: Callable[[float], object],
    ) -> None:
        """Take a clock in seconds that never goes back, and what waits for so many seconds."""
        self._store = store
        self._ledger = ledger
        self._now_ms = now_ms
        self._clock = clock
        self._wait = wait

    def perform(self, intent: Intent, beside: Sequence[Beside] = ()) -> Done:
        """Do `intent`; blocks until the city has answered.

        Args:
            beside: what else is written once it is sealed, whatever the city then says.

        Raises:
            HubUnreachable: `hub.first`, no line: nothing was sealed. `hub.waits`, no answer in
                time: it is sealed and sent, and the city's word comes later.
            Refusal: as the rule says here, or as the city has said.
        """
        done = self._ledger.perform(intent, beside=beside)
        ask_to_send(self._store, self._now_ms())
        end = self._clock() + PATIENCE_S
        while (word := word_on(self._store, intent.op)) is None:
            if self._clock() > end:
                raise HubUnreachable("hub.waits", clause=intent.kind.clause)
            self._wait(LOOK_S)
        if word.verdict != "accepted":
            raise _refused(word, intent.kind.clause)
        return done


def _refused(word: Word, clause: str) -> Refusal:
    return Refusal(word.code or "hub.not_accepted", clause=clause, **word.facts)
