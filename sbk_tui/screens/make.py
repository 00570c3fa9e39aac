"""制卡 (5.1.3.2), 补打卡面 (5.1.3.3), 失败数据处理 (5.1.3.4): the act that is next, and no other.

What the records and the steps on disk say is next is shown; F10 does it. Nothing that moves a
card or touches a chip begins without a tick or a numbered answer, so a held key does one thing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Static

from sbk_tui.domain.procedure import Progress
from sbk_tui.errors import Refusal, SbkError
from sbk_tui.screens.ask import Ask
from sbk_tui.screens.bars import KeyBar
from sbk_tui.screens.form import Form, after_typing
from sbk_tui.screens.keys import bindings, legend
from sbk_tui.screens.make_face import FaceScreen, drawn
from sbk_tui.screens.make_list import WaitingScreen
from sbk_tui.screens.person import PersonPanel
from sbk_tui.screens.person_job import PersonJobScreen
from sbk_tui.services import make_jobs as jobs
from sbk_tui.services import make_words
from sbk_tui.services.desks import Desks
from sbk_tui.services.make_desk import MakeDesk, Shown
from sbk_tui.services.query_desk import Dossier
from sbk_tui.texts import explain, word

_FOLLOWS = {"ask": "feed", "write": "read_back", "print": "eject"}
"""What is done at once behind an act that went well: one step of the regulation, or no choice."""
_SURE = frozenset({"write", "print", "restore"})
"""Acts that are done after a numbered answer only."""
_COLUMNS, _WIDE = 30, 44
"""How wide the face is beside what is compared, at 80 and at 100 columns."""


class MakeScreen(PersonJobScreen):
    """One job of `make_jobs`; it goes on after any cut, in any window of the office."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("waiting", "reveal", "void", "confirm")

    def __init__(self, desks: Desks, clause: str, person: str = "") -> None:
        """Open the job of `clause`; with `person`, that person is already found."""
        self.clause = clause
        self.shown: Shown | None = None
        self._begin_with = person
        self._face = b""
        self._checked = False
        """Whether the clerk has looked at the machine after failures in a row."""
        super().__init__(desks, clause)

    def bound(self) -> Mapping[str, Callable[..., None]]:
        """Finding and picking; every other step is what F10 does when it is next."""
        steps = dict.fromkeys(jobs.STEPS[self.clause], self.action_confirm)
        return {"find": self.action_find, "pick": self.pick, **steps}

    def work_area(self) -> ComposeResult:
        """The person, how the card stands, and the act."""
        yield PersonPanel()
        yield Static("", id="said", markup=False)
        yield Vertical(id="act")

    def on_mount(self) -> None:
        """Begin with the person given, else with what waits here."""
        super().on_mount()
        if self._begin_with:
            self.open(self._begin_with)
        elif self._desk.listed_after(self.clause, None, "", 1):
            self.action_waiting()

    def show_keys(self) -> None:
        """Draw the legend of these jobs."""
        keys = ("help", "waiting", "find", "reveal", "void", "confirm", "back")
        names = {"reveal": word("make.face_key"), "void": word("make.trouble_key")}
        self.query_one(KeyBar).text = legend(keys, names)

    @property
    def _desk(self) -> MakeDesk:
        return self.desks.making

    # ------------------------------------------------------------------ where we are

    def action_waiting(self) -> None:
        """F4: what waits in this job at this counter."""
        if not self.busy and self.is_current:
            self.app.push_screen(WaitingScreen(self.desks, self.clause), self._chosen)

    def _chosen(self, person: str | None) -> None:
        if person is not None:
            self.open(person)

    def pick(self, seen: Dossier) -> None:
        """Go on with the person where the records say; else say why not."""
        try:
            shown = self._desk.shown(self.clause, seen)
        except SbkError as error:
            self.messages.explain(error)
            return
        self.begin(seen)
        self._show(shown)
        if any(step.is_open for step in shown.now.steps):
            self.messages.say(word("make.resumed"), "bad")

    def again(self, said: str = "", tone: str = "ok", *, draw: bool = True) -> None:
        """Read the records again, show the act they ask for now, and say something."""
        if self.seen is None:
            return
        self.seen = self.desks.query.dossier(self.seen.person.id)
        try:
            self._show(self._desk.shown(self.clause, self.seen), draw=draw)
        except SbkError as error:
            self._show_nothing()
            words = explain(error)
            self.messages.say(f"{said}{words.message}{words.remedy}", tone)
            return
        self.messages.say(said, tone)
        self.show_status()

    def _show(self, shown: Shown, *, draw: bool = True) -> None:
        self.shown = shown
        now, act = shown
        progress = Progress(procedure=self.progress.procedure).after("find").after("pick")
        for step in jobs.STEPS[self.clause]:
            if act is not None and step == act.step:
                break
            progress = progress.found_done(step)
        self.show_progress(progress)
        panel = self.query_one(PersonPanel)
        panel.dossier, panel.card_number = self.seen, now.production.card
        self.query_one("#said", Static).update(Text(make_words.standing(now)))
        place = self.query_one("#act", Vertical)
        place.remove_children()
        comparing = act is not None and act.step == "compare"
        self.set_class(comparing, "-compare")
        if act is None:
            place.mount(Static(Text(word("make.finished"), "bold")))
            self.set_focus(None)
            return
        place.mount(Static(Text(f"{self._title(act)}  (F10 {word('keys.confirm')})", "bold")))
        if comparing:
            facts = Static(Text(make_words.compared(now)))
            place.mount(Horizontal(Static("", id="face", markup=False), facts, id="compare"))
        if act.fields:
            first = {"blank_serial": self._desk.next_blank(now)}
            place.mount(Form(act.fields, self.desks.rules, first))
        else:
            self.set_focus(None)
        if comparing and draw:
            self.in_background(partial(self._desk.face, now), self._draw)

    def _show_nothing(self) -> None:
        self.shown = None
        self.query_one("#act", Vertical).remove_children()
        self.query_one("#said", Static).update("")
        self.set_focus(None)

    def _title(self, act: jobs.Act) -> str:
        return word(f"make.act_{act.do}", step=self.progress.procedure.step(act.step).title)

    def _draw(self, face: bytes) -> None:
        self._face = face
        wide = _WIDE if self.has_class("-wide") else _COLUMNS
        for place in self.query("#face").results(Static):
            place.update(drawn(face, wide))

    @on(Form.Completed)
    def _completed(self) -> None:
        self.messages.say(word("job.press_confirm"))

    def action_reveal(self) -> None:
        """F6: the face as large as the screen allows."""
        if self.shown is None or self.busy or not self.is_current:
            return
        self.in_background(partial(self._desk.face, self.shown.now), self._enlarge)

    def _enlarge(self, face: bytes) -> None:
        self.app.push_screen(FaceScreen(face))

    # ------------------------------------------------------------------ F10

    def action_confirm(self) -> None:
        """F10: do the act that is to be done now."""
        after_typing(self, self._confirm)

    def _confirm(self) -> None:
        if self.shown is None or self.busy or not self.is_current:
            return
        act = self.shown.act
        if act is None:
            return
        found = self.query_one(Form).check() if act.fields else ()
        if found:
            self.messages.say(word("job.problems", count=len(found)), "bad")
        elif act.do == "look":
            self._ask("look", ("good", "unclear", "spoiled"), self._looked)
        elif act.do == "report":
            self._ask("report", ("report",), lambda _answer: self._fail("2"))
        elif act.do in _SURE:
            self._ask(act.do, (act.do,), lambda _answer: self.do(act.do))
        else:
            self.do(act.do)

    def _ask(self, question: str, answers: tuple[str, ...], then: Callable[[str], None]) -> None:
        """Ask with numbered answers; Esc does nothing."""
        rows = [(answer, word(f"make.answer_{answer}")) for answer in answers]
        name = self.seen.person.name if self.seen else ""
        asked = Ask(word(f"make.ask_{question}", name=name), rows)
        self.app.push_screen(asked, lambda answer: then(answer) if answer else None)

    def do(self, name: str) -> None:
        """Do an act in the background and show what is next."""
        shown, seen = self.shown, self.seen
        if shown is None or seen is None:
            return
        desk, now = self._desk, shown.now
        serial = self.query_one(Form).values.get("blank_serial", "") if name == "ask" else ""
        works: dict[str, Callable[[], object]] = {
            "mark": lambda: desk.mark(now),
            "fetch": lambda: desk.fetch(now, checked=self._checked),
            "compare": lambda: desk.compare(now),
            "ask": lambda: desk.ask_feed(now, serial),
            "feed": lambda: desk.feed(now, self.cancel),
            "write": lambda: desk.write(now, seen, self.cancel),
            "read_back": lambda: desk.read_back(now),
            "print": lambda: desk.print_face(now, self.cancel),
            "ask_printed": lambda: desk.was_printed(now),
            "eject": lambda: desk.put_out(now),
            "reprint": lambda: desk.begin_reprint(now),
            "restore": lambda: desk.restore(now),
        }
        self.messages.say(word(f"make.doing_{name}"))
        self.in_background(works[name], partial(self._done, name))

    def _done(self, name: str, outcome: object) -> None:
        self._checked = False
        if name == "ask_printed":
            self._answered(outcome)
            return
        self.again(word(f"make.done_{name}"))
        following = self.shown.act if self.shown else None
        if following is not None and following.do == _FOLLOWS.get(name):
            self.do(following.do)

    def _answered(self, printed: object) -> None:
        """Go on after a print whose answer was lost: the printer's counter says, or the clerk."""
        if printed is not None:
            self.again(word("make.was_printed" if printed else "make.was_not_printed"))
            return
        self._ask("printed", ("is_printed", "not_printed", "spoiled"), self._seen_printed)

    def _seen_printed(self, answer: str) -> None:
        if answer == "spoiled":
            self._why("spoil")
        elif self.shown is not None:
            self._desk.say_printed(self.shown.now, printed=answer == "is_printed")
            self.again()

    def _looked(self, answer: str) -> None:
        if self.shown is None:
            return
        now = self.shown.now
        if answer == "good":
            self.in_background(partial(self._desk.good, now), partial(self._done, "look"))
        elif answer == "unclear":
            self.in_background(partial(self._desk.unclear, now), partial(self._done, "unclear"))
        else:
            self._why("spoil")

    # ------------------------------------------------------------------ F7

    def action_void(self) -> None:
        """F7: what can be done about a card that does not go on (F4–F8)."""
        if self.shown is None or self.busy or not self.is_current:
            return
        offered = make_words.remedies(self.shown.now)
        if offered:
            self._ask("trouble", offered, self._remedy)
        else:
            self.messages.say(word("make.no_trouble"))

    def _remedy(self, answer: str) -> None:
        if self.shown is None or self.seen is None:
            return
        desk, now, seen = self._desk, self.shown.now, self.seen
        if answer == make_words.OUT:
            self.messages.say(word("make.doing_out"))
            self.in_background(partial(desk.take_out, now), partial(self._done, "out"))
        elif answer == make_words.READER:
            self.messages.say(word("make.doing_reader"))
            by_hand = lambda: desk.write_by_hand(now, seen, self.cancel)  # noqa: E731
            self.in_background(by_hand, partial(self._done, "write"))
        else:
            self._why(answer)

    def _why(self, remedy: str) -> None:
        """Ask for the reason of 废卡 or 失败数据回盘."""
        table = "spoil_reason" if remedy == make_words.SPOIL else "make_fault"
        rows = self.desks.rules.codes[table].rows
        answers = [(code, row.name) for code, row in rows.items() if code not in _NOT_ASKED[table]]
        then = self._spoil if remedy == make_words.SPOIL else self._fail
        blank = self.shown.now.production.blank if self.shown else ""
        asked = Ask(word(f"make.why_{remedy}", blank=blank), answers)
        self.app.push_screen(asked, lambda reason: then(reason) if reason else None)

    def _spoil(self, reason: str) -> None:
        if self.shown is not None:
            spoil = partial(self._desk.spoil, self.shown.now, reason)
            self.in_background(spoil, partial(self._cleared, "spoiled"))

    def _fail(self, reason: str) -> None:
        if self.shown is not None:
            fail = partial(self._desk.fail, self.shown.now, reason)
            self.in_background(fail, partial(self._cleared, "failed"))

    def _cleared(self, said: str, stuck: SbkError | None) -> None:
        """Go on after 废卡 or 失败数据回盘; a card that is stuck is told with it."""
        if stuck is None:
            self.again(word(f"make.done_{said}"))
            return
        words = explain(stuck)
        self.again(f"{word(f'make.done_{said}')}{words.message}{words.remedy}", "bad")

    # ------------------------------------------------------------------ errors, back

    def failed(self, error: SbkError) -> None:
        """What a device or the line left open, the records tell: show the act they ask for."""
        form_kept = isinstance(error, Refusal) and self.shown is not None
        if not form_kept or (self.shown and self.shown.act and not self.shown.act.fields):
            self.again(draw=False)
        if error.code == "make.failures_in_a_row":
            self._checked = True  # F10 once more, after a look at the machine
        super().failed(error)

    def action_back(self) -> None:
        """Esc: what was sent to machine or city cannot be taken back; say so and wait."""
        if self.busy:
            self.messages.say(word("make.no_way_back"))
        super().action_back()

    def step_back(self) -> bool:
        """From the card back to the search, or to the list of steps that it was opened from.

        Everything is kept on disk.
        """
        if self.seen is None or self._begin_with:
            return False
        finished = self.shown is None or self.shown.act is None
        self._show_nothing()
        self.set_class(False, "-compare")
        self.leave(finished=finished)
        return True


_NOT_ASKED = {"spoil_reason": {"4"}, "make_fault": frozenset[str]()}
"""Reasons that only the program itself gives: 4, an application withdrawn."""
