"""Blocking work beside a screen: one piece at a time, and its answer comes back as a message.

While it runs the keys that would start more are dead (N1): a held key starts one thing once.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from textual import on, work
from textual.message import Message
from textual.message_pump import MessagePump
from textual.worker import Worker, WorkerState

from sbk_tui.errors import SbkError


class Background(MessagePump):
    """Mix into a screen: gives `in_background`, `busy` and `cancel`."""

    busy = False
    _attempt = 0
    _cancel = threading.Event()

    @dataclass
    class Answered(Message):
        """A piece of work came back: a value, or the error it ended with."""

        attempt: int
        then: Callable[[Any], None]
        outcome: object

    def in_background(self, job: Callable[[], object], then: Callable[[Any], None]) -> None:
        """Run `job` in a thread and call `then` with its value; errors go to `failed`.

        Does nothing while another piece of work runs.
        """
        if self.busy:
            return
        self.busy = True
        self._attempt += 1
        self._cancel = threading.Event()
        self._run(self._attempt, job, then)

    @property
    def cancel(self) -> threading.Event:
        """Set by Esc: work that can wait looks at it."""
        return self._cancel

    def failed(self, error: SbkError) -> None:
        """Show the error of a piece of work."""
        raise error

    # Described, as every worker here: else Textual keeps a repr of the arguments, and a password or
    # a PIN may be among them.
    @work(thread=True, description="a thread", exclusive=True, exit_on_error=False, group="step")
    def _run(self, attempt: int, job: Callable[[], object], then: Callable[[Any], None]) -> None:
        # In a thread: touch nothing of the screen but post_message.
        outcome: object
        try:
            outcome = job()
        except SbkError as error:
            outcome = error
        self.post_message(self.Answered(attempt, then, outcome))

    @on(Answered)
    def _answered(self, event: Answered) -> None:
        event.stop()
        if event.attempt != self._attempt:
            return  # a late answer of an abandoned attempt; what it did is recorded by the desk
        self.busy = False
        if isinstance(event.outcome, SbkError):
            self.failed(event.outcome)
        else:
            event.then(event.outcome)

    @on(Worker.StateChanged)
    def _broken(self, event: Worker.StateChanged) -> None:
        """A bug in a worker frees the keys and is told like any other error."""
        if event.state is WorkerState.ERROR and event.worker.group == "step":
            self.busy = False
            self.log.error(repr(event.worker.error))
            self.failed(SbkError("job.unforeseen", error=type(event.worker.error).__name__))
