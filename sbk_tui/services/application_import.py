"""批量申领 from a list: survey the whole file first, then one operation a person.

The id of each operation follows from the row, so an import that was broken off is run again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from sbk_tui.data.blobs import Blobs
from sbk_tui.data.ledger import Intent, Ledger
from sbk_tui.domain.operations.apply import Apply
from sbk_tui.domain.rules import Problem
from sbk_tui.errors import BadUsage, Refusal
from sbk_tui.services.application_list import ApplicationList, Judged
from sbk_tui.services.card_list import Told

MOST_TOLD = 1000
"""Problems that a survey keeps; the others are counted only."""


class Survey(NamedTuple):
    """What a file holds, before anything is taken in."""

    rows: int
    bad: int
    told: tuple[Told, ...]


class Taken(NamedTuple):
    """What came of an import."""

    new: int
    known: int
    """Rows that an earlier run has taken in."""
    bad: int


class ApplicationImport:
    """Imports of applications for the clerk who is signed in."""

    def __init__(
        self, ledger: Ledger, blobs: Blobs, pseudonym: Callable[[str, bytes], str]
    ) -> None:
        """Take the counter's parts; `pseudonym` gives ids that follow from a use and a text."""
        self._ledger = ledger
        self._blobs = blobs
        self._pseudonym = pseudonym

    def survey(self, wanted: ApplicationList) -> Survey:
        """Judge every row by the form's rules and by what is on record; nothing is kept."""
        rows = bad = 0
        told: list[Told] = []
        for judged in map(self._against_records, wanted.judged()):
            rows, bad = rows + 1, bad + judged.bad
            room = MOST_TOLD - len(told)
            told.extend(Told(judged.row.number, p) for p in judged.problems[:room])
        if not rows:
            raise BadUsage("import.no_rows")
        return Survey(rows, bad, tuple(told))

    def take_in(self, wanted: ApplicationList, reject: Callable[[Judged], None]) -> Taken:
        """Take in every row that is fit, each in a transaction of its own.

        Args:
            reject: is given every bad row.
        """
        new = known = bad = 0
        for judged in map(self._against_records, wanted.judged()):
            if judged.form is None:
                bad += 1
                reject(judged)
                continue
            done = self._ledger.perform(self._intent(judged, self._blobs.put(judged.photo)))
            new, known = new + (not done.repeated), known + done.repeated
        return Taken(new, known, bad)

    def _against_records(self, judged: Judged) -> Judged:
        if judged.form is None:
            return judged
        try:
            self._ledger.refuse(self._intent(judged, Blobs.id_of(judged.photo)))
        except Refusal as refusal:
            field = str(refusal.facts.get("field", "number"))
            problem = Problem(field, refusal.code, refusal.facts, refusal.clause)
            return judged._replace(form=None, problems=(*judged.problems, problem))
        return judged

    def _intent(self, judged: Judged, photo: str) -> Intent:
        assert judged.form is not None  # noqa: S101 -- the callers have looked
        form = replace(judged.form, photo=photo)
        person = self._pseudonym("person", form.number.encode())
        op = self._pseudonym("apply", msgspec.msgpack.encode(form))
        return self._ledger.intend(Apply(person=person, form=form), op=op, blobs=(photo,))
