"""个人综合查询 (2.4.2): find a person; everything about them on one screen."""

from __future__ import annotations

from functools import partial
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.timer import Timer
from textual.widgets import Static

from sbk_tui.domain.procedure import Progress
from sbk_tui.screens.ask import Ask
from sbk_tui.screens.dossier import dossier_text
from sbk_tui.screens.job import JobScreen, step
from sbk_tui.screens.keys import bindings
from sbk_tui.screens.search import PersonSearch
from sbk_tui.services.city_desk import PURPOSES
from sbk_tui.services.desks import Desks
from sbk_tui.services.id_desk import IdCard
from sbk_tui.services.query_desk import Dossier
from sbk_tui.texts import word

_SHOWN_S = 60
"""How long full numbers stay on the screen."""


class QueryScreen(JobScreen):
    """Search, then the dossier."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("read_id", "find", "reveal")
    legend_keys: ClassVar[tuple[str, ...]] = ("help", "read_id", "find", "reveal", "back")

    def __init__(self, desks: Desks) -> None:
        super().__init__(desks, "2.4.2")
        self._seen: Dossier | None = None
        self._revealed = False
        self._hide: Timer | None = None

    def body(self) -> ComposeResult:
        """The search, and behind it the dossier."""
        yield self.search()
        with VerticalScroll(id="work"):
            yield Static("", id="dossier", markup=False)

    @step("find")
    def action_find(self) -> None:
        """F5: back to the search."""
        if not self.step_back():
            self.query_one(PersonSearch).again()

    def action_read_id(self) -> None:
        """F2: look up the holder of the document on the reader."""
        if self._seen is None:
            self.messages.say(word("job.lay_card"))
            self.in_background(self._read, self._search_for)

    def _read(self) -> IdCard:
        return self.desks.ids.read(self.cancel)

    def _search_for(self, card: IdCard) -> None:
        self.messages.say(word("job.card_read"), "ok")
        self.query_one(PersonSearch).ask(card.number, pick=True)

    @on(PersonSearch.Picked)
    def _picked(self, event: PersonSearch.Picked) -> None:
        self.in_background(partial(self.desks.query.dossier, event.hit.person.id), self._show)

    @step("pick")
    def _show(self, seen: Dossier) -> None:
        self._seen, self._revealed = seen, False
        self.show_progress(self.progress.after("find").after("pick"))
        self.set_class(True, "-picked")
        self.messages.say("")
        self._draw()
        self.query_one("#work").focus()

    @step("view")
    def action_reveal(self) -> None:
        """F6: show full numbers after a purpose is chosen; it is noted."""
        if self._seen is None or self._revealed:
            return
        answers = [(purpose, word(f"purpose.{purpose}")) for purpose in PURPOSES]
        self.app.push_screen(Ask(word("purpose.question"), answers), self._reveal)

    def _reveal(self, purpose: str | None) -> None:
        if purpose is None or self._seen is None:
            return
        self.desks.query.reveal(self._seen.person.id, purpose, "2.4.2")
        self._revealed = True
        self.show_progress(self.progress.after("view"))
        self._draw()
        self.messages.say(word("purpose.noted", seconds=_SHOWN_S))
        self._hide = self.set_timer(_SHOWN_S, self._mask_again)

    def _mask_again(self) -> None:
        self._revealed = False
        if self._seen is not None:
            self._draw()

    def _draw(self) -> None:
        if self._seen is not None:
            desk = self.desks.query
            text = dossier_text(
                self._seen,
                revealed=self._revealed,
                road=desk.road(self._seen),
                chain=desk.chain(self._seen),
                today=desk.today(),
                heard=desk.heard(),
            )
            self.query_one("#dossier", Static).update(text)

    def step_back(self) -> bool:
        """From the dossier back to the search."""
        if self._seen is None:
            return False
        self._seen, self._revealed = None, False
        if self._hide is not None:
            self._hide.stop()
        self.show_progress(Progress(procedure=self.progress.procedure))
        self.set_class(False, "-picked")
        self.messages.say("")
        self.query_one(PersonSearch).focus_box()
        return True
