"""The shape of jobs that begin with a person: the search, behind it the work with the one found."""

from __future__ import annotations

from abc import abstractmethod
from functools import partial
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical

from sbk_tui.domain.procedure import Progress
from sbk_tui.screens.job import JobScreen
from sbk_tui.screens.keys import bindings
from sbk_tui.screens.search import PersonSearch
from sbk_tui.services.desks import Desks
from sbk_tui.services.id_desk import IdCard
from sbk_tui.services.query_desk import Dossier
from sbk_tui.texts import word


class PersonJobScreen(JobScreen):
    """A job whose procedure begins with the steps `find` and `pick`."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("read_id", "find")

    def __init__(self, desks: Desks, clause: str) -> None:
        super().__init__(desks, clause)
        self.seen: Dossier | None = None
        """The person at work; None while one is looked for."""

    def body(self) -> ComposeResult:
        """The search, and behind it the work."""
        yield self.search()
        with Vertical(id="work"):
            yield from self.work_area()

    @abstractmethod
    def work_area(self) -> ComposeResult:
        """Yield the widgets of the work with a person."""

    @abstractmethod
    def pick(self, seen: Dossier) -> None:
        """Begin with the person, by `begin`, or say why not."""

    # ------------------------------------------------------------------ finding

    def action_find(self) -> None:
        """F5: in a field that has a list, its list; else back to the search."""
        if not (self.list_choices() or self.step_back()):
            self.query_one(PersonSearch).again()

    def action_read_id(self) -> None:
        """F2: read the document on the reader and look its holder up."""
        if self.seen is None:
            self.messages.say(word("job.lay_card"))
            self.in_background(self._read_id, self._search_for)

    def _read_id(self) -> IdCard:
        return self.desks.ids.read(self.cancel)

    def _search_for(self, card: IdCard) -> None:
        self.messages.say(word("job.card_read"), "ok")
        self.query_one(PersonSearch).ask(card.number, pick=True)

    @on(PersonSearch.Picked)
    def _picked(self, event: PersonSearch.Picked) -> None:
        self.open(event.hit.person.id)

    def open(self, person: str) -> None:
        """Read a person and begin."""
        self.in_background(partial(self.desks.query.dossier, person), self.pick)

    # ------------------------------------------------------------------ there and back

    def begin(self, seen: Dossier) -> Progress:
        """Show the work with `seen`; return the progress with the person found and picked."""
        self.seen = seen
        progress = Progress(procedure=self.progress.procedure).after("find").after("pick")
        self.show_progress(progress)
        self.set_class(True, "-picked")
        self.messages.say("")
        return progress

    def leave(self, *, finished: bool) -> None:
        """Go back to the search: for the next person, or with what was typed."""
        self.seen = None
        self.show_progress(Progress(procedure=self.progress.procedure))
        self.set_class(False, "-picked")
        self.messages.say("")
        search = self.query_one(PersonSearch)
        search.focus_box()
        if finished:
            search.clear()
        else:
            search.again()
