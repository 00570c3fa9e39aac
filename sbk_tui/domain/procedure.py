"""A guided procedure as data, and how far one is in it (A8, N1).

The regulation's step lists are files (`assets/procedures/`); `Progress` is a value that a draft
can store. A step that is done cannot be done again unless the file says so, and none is skipped.
"""

from __future__ import annotations

import msgspec

from sbk_tui.errors import Refusal


class Step(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One step of a procedure, in the regulation's order."""

    id: str
    title: str
    """The regulation's words, short enough for the strip at 80 columns."""
    key: str = ""
    """The key that does it."""
    device: str = ""
    paper: str = ""
    operation: str = ""
    """The kind of operation it performs, if any."""
    repeatable: bool = False
    optional: bool = False
    """It may be passed over: the regulation puts it in brackets, or leaves it to the case."""
    ours: str = ""
    """Why we add a step that the regulation does not name; empty for its own."""
    help: str = ""
    """What the regulation asks here, in our own words (F1)."""


class Trouble(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A row of the regulation's trouble table, or of ours, that belongs to a procedure."""

    code: str
    problem: str
    cause: str = ""
    cure: str


class Procedure(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A job of the counter: its clause, its place in the old systems, its steps."""

    clause: str
    title: str
    capability: str
    old_path: str
    """Where the regulation's reader finds it in the system it replaces."""
    summary: str
    place: str = ""
    """Behind which clause the menu puts a job that the annex does not number (F2); or empty."""
    steps: tuple[Step, ...]
    troubles: tuple[Trouble, ...] = ()
    troubles_of: str = ""
    """A device whose troubles belong to several procedures: a file of `assets/troubles/`."""

    def step(self, step_id: str) -> Step:
        """Return a step by id (a `KeyError` is a mistake of ours, found by the tests)."""
        for step in self.steps:
            if step.id == step_id:
                return step
        raise KeyError(step_id)


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How far one is: the procedure and the ids of the steps that succeeded."""

    procedure: Procedure
    done: tuple[str, ...] = ()

    @property
    def current(self) -> Step | None:
        """The first step that is neither done nor passed over; None at the end."""
        return next((step for step in self.procedure.steps if step.id not in self.done), None)

    def after(self, step_id: str) -> Progress:
        """Return the progress once `step_id` has succeeded; optional steps before it are passed.

        Raises:
            Refusal: `procedure.not_now` when a step is skipped, or done twice without leave.
        """
        step = self.procedure.step(step_id)
        if step_id in self.done:
            if step.repeatable:
                return self
            raise self._not_now(step)
        passed = list(self.done)
        for earlier in self.procedure.steps:
            if earlier.id == step_id:
                break
            if earlier.id not in passed:
                if not earlier.optional:
                    raise self._not_now(step)
                passed.append(earlier.id)
        return msgspec.structs.replace(self, done=(*passed, step_id))

    def found_done(self, step_id: str) -> Progress:
        """Return the progress with a step that the records show as done at an earlier visit."""
        if step_id in self.done:
            return self
        return msgspec.structs.replace(self, done=(*self.done, step_id))

    def back_to(self, step_id: str) -> Progress:
        """Return the progress before `step_id`, if no operation was performed since.

        Raises:
            Refusal: `procedure.not_now`: what is on disk is not undone by going back.
        """
        ids = [step.id for step in self.procedure.steps]
        place = ids.index(step_id)
        for later in self.procedure.steps[place:]:
            if later.operation and later.id in self.done:
                raise self._not_now(later)
        return msgspec.structs.replace(
            self, done=tuple(name for name in self.done if ids.index(name) < place)
        )

    def _not_now(self, step: Step) -> Refusal:
        return Refusal("procedure.not_now", clause=self.procedure.clause, step=step.title)
