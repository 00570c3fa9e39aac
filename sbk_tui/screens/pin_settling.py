"""Work at a chip whose outcome is not known: the card is asked, then the holder (B3)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from sbk_tui.domain.card import Card
from sbk_tui.screens.ask import Ask
from sbk_tui.screens.job import JobScreen
from sbk_tui.screens.pin_entry import PinEntry
from sbk_tui.services.pin_desk import JOBS, Handled, Pending, Prompt
from sbk_tui.texts import word

_CHECKS = {"new": Prompt.CHECK_NEW, "old": Prompt.CHECK_OLD}


class Settling:
    """What is unsettled on one screen, and the way to its end."""

    def __init__(
        self,
        screen: JobScreen,
        clause: str,
        entry: PinEntry,
        *,
        done: Callable[[Handled], None],
        not_done: Callable[[], None],
    ) -> None:
        """Take the screen of the job of `clause`; `done` or `not_done` hears how it ended."""
        self._screen = screen
        self._job = JOBS[clause]
        self._entry = entry
        self._done = done
        self._not_done = not_done
        self.pending: Pending | None = None

    def find_own(self) -> Pending | None:
        """Look for what the signed-in clerk has left; say what others have."""
        pins = self._screen.desks.pins
        self.pending = pins.pending(self._job.clause)
        others = pins.left_by_others(self._job.clause)
        if self.pending is None and others:
            left = others[0]
            told = word(
                "pin.left_by_other", clerk=left.clerk, at=left.at, card=left.work.card.number
            )
            self._screen.messages.say(told, "bad")
        return self.pending

    def find(self, card: Card) -> Pending | None:
        """Look for what anybody here has left with `card`.

        Raises:
            Refusal: `pin.begun_by`, it belongs to another job.
        """
        self.pending = self._screen.desks.pins.begun_with(self._job, card)
        return self.pending

    def told(self) -> str:
        """Return the line that says what is unsettled."""
        assert self.pending is not None  # noqa: S101 -- asked only then
        key = "pin.unknown" if self.pending.own else "pin.unknown_of"
        return word(
            key,
            job=self._screen.progress.procedure.title,
            card=self.pending.work.card.number,
            clerk=self.pending.clerk,
            at=self.pending.at,
        )

    def ask_the_card(self, pending: Pending) -> None:
        """Ask the card without a PIN, then as its answer allows."""
        self._screen.messages.say(word("pin.asking"))
        pins = self._screen.desks.pins
        self._screen.in_background(partial(pins.look, pending), partial(self._answered, pending))

    def _answered(self, pending: Pending, told: Handled | int | None) -> None:
        if isinstance(told, Handled):
            self._done(told)
            return
        if not pending.work.job.needs_new:
            self._not_done()
            return
        answers = []
        if told != 0:
            answers.append(("new", word("pin.check_new")))
            if pending.work.job.needs_old:
                answers.append(("old", word("pin.check_old")))
        answers.append(("give_up", word("pin.give_up")))
        left = word("pin.no_pin") if told is None else word("pin.tries", left=told)
        question = word("pin.how_to_settle", left=left)
        self._screen.app.push_screen(Ask(question, answers), partial(self._settle, pending))

    def _settle(self, pending: Pending, answer: str | None) -> None:
        pins, screen = self._screen.desks.pins, self._screen
        if answer == "give_up":
            self._screen.in_background(partial(pins.give_up, pending), self._done)
        elif answer is not None:
            prompt, pad = _CHECKS[answer], self._entry.open(f"pin.{answer}_at_the_reader")
            if pad is not None:
                self._screen.in_background(
                    lambda: pins.check(pending, prompt, pad, screen.cancel), self._checked
                )

    def _checked(self, handled: Handled | None) -> None:
        self._entry.close()
        if handled is not None:
            self._done(handled)
        else:
            self._not_done()
