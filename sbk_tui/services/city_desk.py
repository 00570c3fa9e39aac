"""向市中心查 (A5): ask the city for somebody who is not known here, and wait without blocking."""

from __future__ import annotations

import threading
from collections.abc import Callable

from sbk_tui.data import city_asks
from sbk_tui.data.ledger import Session
from sbk_tui.data.line import is_enrolled, line_state
from sbk_tui.data.store import Store
from sbk_tui.errors import HubUnreachable, Refusal

__all__ = ["PURPOSES", "CityDesk"]
PURPOSES = city_asks.PURPOSES
PATIENCE_MS = 60_000
"""How long a clerk is kept waiting for the sender [A]."""
_LOOK_S = 0.2


class CityDesk:
    """Questions of the clerk who is signed in; the sender puts them to the city."""

    def __init__(
        self,
        store: Store,
        *,
        session: Session,
        counter: str,
        inc: str,
        now_ms: Callable[[], int],
        new_id: Callable[[], str],
    ) -> None:
        self._store = store
        self._session = session
        self._counter = counter
        self._inc = inc
        self._now_ms = now_ms
        self._new_id = new_id

    @property
    def there(self) -> bool:
        """Whether this counter belongs to a city that can be asked."""
        return is_enrolled(self._store)

    def ask(self, text: str, *, clause: str, purpose: str) -> str:
        """Put a question down, signed by the clerk; return its id.

        Args:
            text: a whole 社会保障号码 or card number.

        Raises:
            Refusal: `lookup.number`.
        """
        question = city_asks.Question(
            id=self._new_id(),
            counter=self._counter,
            inc=self._inc,
            clerk=self._session.clerk,
            sought=str(city_asks.whole(text)),
            purpose=purpose,
            clause=clause,
            at=self._now_ms(),
        )
        city_asks.ask(self._store, question, self._session.signer)
        return question.id

    def wait(self, ask_id: str, cancel: threading.Event) -> str:
        """Return the id of the person, whose records are here now; empty when `cancel` was set.

        A question that is no longer waited for is withdrawn: nobody's data comes for nobody.

        Raises:
            Refusal: `lookup.nobody`, `lookup.often` …, whatever the city says.
            HubUnreachable: the line is down, or `lookup.no_sender`: nobody calls the city.
        """
        asked = self._now_ms()
        try:
            while not cancel.is_set():
                found = self.answer(ask_id)
                if found:
                    return found
                line = line_state(self._store)
                if line.code and line.tried >= asked:
                    raise HubUnreachable(line.code)
                if self._now_ms() - asked > PATIENCE_MS:
                    raise HubUnreachable("lookup.no_sender")
                cancel.wait(_LOOK_S)
        finally:
            city_asks.withdraw(self._store, ask_id)
        return ""

    def answer(self, ask_id: str) -> str:
        """Return the person that was found, empty while the question waits.

        Raises:
            Refusal: as `wait`.
        """
        found = city_asks.answer_of(self._store, ask_id)
        if found is not None and found.code:
            raise Refusal(found.code, clause="A5")
        return found.person if found else ""
