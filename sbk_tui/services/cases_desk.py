"""待办事项 (B16): what two offices did to one card, what was refused, whom to tell by when."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

from sbk_tui.data.access import AccessLog
from sbk_tui.data.beside import ClosedCase
from sbk_tui.data.cases import CaseItem, Cases
from sbk_tui.data.ledger import Ledger
from sbk_tui.data.lookup import Lookup
from sbk_tui.domain.finance import row_of
from sbk_tui.domain.operations.settle_case import CLAUSE, SettleCase
from sbk_tui.domain.world import CHINA, from_ms
from sbk_tui.errors import Refusal
from sbk_tui.texts import Words, word, words_for

__all__ = ["CaseItem", "CasesDesk", "Question"]
TOLD = ("told", "unreachable")


class Question(NamedTuple):
    """What a clerk is asked: the answers as (key, words), the standard one marked."""

    text: str
    answers: tuple[tuple[str, str], ...]


class CasesDesk:
    """The in-tray of one counter, for the clerk who is signed in."""

    def __init__(
        self,
        cases: Cases,
        ledger: Ledger,
        lookup: Lookup,
        access: AccessLog,
        *,
        now_ms: Callable[[], int],
        new_id: Callable[[], str],
    ) -> None:
        self._cases = cases
        self._ledger = ledger
        self._lookup = lookup
        self._access = access
        self._now_ms = now_ms
        self.new_id = new_id

    def waiting(self) -> tuple[CaseItem, ...]:
        """Return the open cases: those to call about now first, then the oldest."""
        return self._cases.waiting()

    def words(self, case: CaseItem) -> Words:
        """Return what happened and what to do now."""
        return words_for(case.code, case.facts)

    def is_late(self, case: CaseItem) -> bool:
        """Return whether the day for an answer is over."""
        today = from_ms(self._now_ms()).astimezone(CHINA).date().isoformat()
        return case.due is not None and case.due < today

    def questions(self, case: CaseItem) -> tuple[Question, ...]:
        """Return what must be answered to close a case: its own answers, then 告知持卡人."""
        asked = []
        if case.choices:
            answers = tuple((each, _answer(case, each)) for each in case.choices)
            asked.append(Question(self.words(case).message, answers))
        if case.duty:
            answers = tuple((each, word(f"cases.told_{each}")) for each in TOLD)
            asked.append(Question(word("cases.duty"), answers))
        if not asked:
            answers = (("done", word("cases.answer_done")),)
            asked.append(Question(self.words(case).message, answers))
        return tuple(asked)

    def refuse(self, case: CaseItem) -> None:
        """Return when a word of a clerk may close the case.

        Raises:
            Refusal: `case.by_record`.
        """
        row = row_of(case.code)
        if row is not None and not row.by_hand:
            raise Refusal("case.by_record", clause=row.clause)

    def settle(self, case: CaseItem, answers: tuple[str, ...], op: str) -> None:
        """Close a case with the answers to its questions, in their order; on disk on return.

        Raises:
            Refusal: `case.by_record`, what it is about must be set right; StorageFault.
        """
        self.refuse(case)
        answer = answers[0] if case.choices else ""
        told = _told(answers[-1]) if case.duty else ""
        intent = self._ledger.intend(SettleCase(case=case.id, answer=answer, told=told), op=op)
        closed = ClosedCase(case.id, answer=answer or ("" if told else "done"), told=told)
        self._ledger.perform(intent, beside=(closed,))

    def phone(self, case: CaseItem) -> tuple[str, str]:
        """Return name and mobile of the holder, and note who looked (14); empty: not known."""
        key = str(case.facts.get("card", "")) or case.subject.partition("/")[2]
        found = self._lookup.dossier(key) if key else None
        if found is None:
            return "", ""
        self._access.note(
            at_ms=self._now_ms(), person=found.person.id, command=CLAUSE, purpose="service",
            revealed="phone",
        )  # fmt: skip
        return found.person.name, found.person.mobile


def _told(answer: str) -> Literal["told", "unreachable"]:
    return "told" if answer == "told" else "unreachable"


def _answer(case: CaseItem, each: str) -> str:
    said = word(f"cases.answer_{each}")
    return word("cases.standard", answer=said) if each == case.standard else said
