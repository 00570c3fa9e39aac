"""更换照片 (F3): find, choose and check the new portrait, say why, save."""

from __future__ import annotations

from functools import partial
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.widgets import Static

from sbk_tui.screens.form import Form, after_typing
from sbk_tui.screens.job import step
from sbk_tui.screens.keys import bindings
from sbk_tui.screens.person import PersonPanel
from sbk_tui.screens.person_job import PersonJobScreen
from sbk_tui.screens.search import PersonSearch
from sbk_tui.services import words
from sbk_tui.services.correct_desk import PHOTO_FIELDS, Done
from sbk_tui.services.desks import Desks
from sbk_tui.services.query_desk import Dossier
from sbk_tui.texts import word


class ChangePhotoScreen(PersonJobScreen):
    """A new portrait for somebody who has one, or has none yet."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("portrait", "confirm")
    legend_keys: ClassVar[tuple[str, ...]] = (
        "help", "read_id", "find", "portrait", "confirm", "back",
    )  # fmt: skip

    def __init__(self, desks: Desks, person: str = "") -> None:
        """Open the job; with `person`, that person is already found."""
        super().__init__(desks, "F3")
        self._begin_with = person
        self._photo = ""
        self._op = ""
        self._saved = False

    def work_area(self) -> ComposeResult:
        """The person, what was done, and the reason."""
        yield PersonPanel()
        yield Static("", id="said", markup=False)
        yield Vertical(id="act")

    def on_mount(self) -> None:
        """Begin with the person given, or with the search."""
        super().on_mount()
        if self._begin_with:
            self.open(self._begin_with)

    @step("find")
    def action_find(self) -> None:
        """F5: back to the search, with what was typed."""
        super().action_find()

    @step("pick")
    def pick(self, seen: Dossier) -> None:
        """Show the person and wait for the portrait."""
        self.begin(seen)
        self._photo, self._saved, self._op = "", False, self.desks.new_id()
        self.query_one(PersonPanel).dossier = seen
        has = word("correct.photo_old" if seen.person.photo else "correct.photo_none")
        place = self.query_one("#act", Vertical)
        place.remove_children()
        place.mount(Static(Text(has)))
        self.set_focus(None)
        self.action_portrait()

    @step("portrait")
    def action_portrait(self) -> None:
        """F7: choose, check and repair the portrait; before, ask the city for somebody (A5)."""
        if self.seen is None:
            self.query_one(PersonSearch).action_city()
            return
        if self._saved or self.busy:
            return
        from sbk_tui.screens.portrait import PortraitScreen

        self.app.push_screen(PortraitScreen(self.desks), self._taken)

    def _taken(self, content: bytes | None) -> None:
        if content is not None:
            self.in_background(partial(self.desks.correct.keep_picture, content), self._kept)

    def _kept(self, blob: str) -> None:
        self._photo = blob
        self.show_progress(self.progress.after("portrait"))
        place = self.query_one("#act", Vertical)
        place.remove_children()
        place.mount(Form(PHOTO_FIELDS, self.desks.rules))
        self.messages.say(word("correct.photo_new"), "ok")

    @on(Form.Completed)
    def _completed(self) -> None:
        self.messages.say(word("job.press_confirm"))

    @step("save")
    def action_confirm(self) -> None:
        """F10: save the new portrait."""
        after_typing(self, self._confirm)

    def _confirm(self) -> None:
        if not self.is_current or self.seen is None or self._saved or self.busy or not self._photo:
            return
        form = self.query(Form).last()
        if not form.check():
            reason = form.values["photo_reason"]
            save = partial(
                self.desks.correct.change_photo, self.seen, self._photo, reason, op=self._op
            )
            self.in_background(save, self._done)

    def _done(self, done: Done) -> None:
        if self.seen is None:
            return
        self._saved = True
        self.show_progress(self.progress.after("save"))
        name, time = self.seen.person.name, words.moment(done.at_ms)
        said = word("correct.saved", name=name, time=time, code=done.code)
        self.query_one("#said", Static).update(Text(said))
        self.query_one("#act", Vertical).remove_children()
        self.messages.say(word("correct.next"), "ok")
        self.set_focus(None)
        self.show_status()

    def step_back(self) -> bool:
        """From the person back to the search."""
        if self.seen is None or self._begin_with:
            return False
        self.query_one("#act", Vertical).remove_children()
        self.query_one("#said", Static).update("")
        self.leave(finished=self._saved)
        return True
