"""The one shape of all jobs: title, guide, body, message, keys, status; steps bound by id.

A job gives its body and binds a method to each step of its procedure with `@step`. Blocking work
goes through `in_background`; while it runs, the keys that would start more are dead (N1).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import ClassVar, TypeVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.screen import Screen
from textual.timer import Timer

from sbk_tui.domain.procedure import Progress
from sbk_tui.errors import Cancelled, SbkError
from sbk_tui.screens.bars import Guide, KeyBar, MessageLine, StatusLine, TitleBar
from sbk_tui.screens.form import FieldRow, Form, words_of
from sbk_tui.screens.keys import bindings, legend
from sbk_tui.screens.search import PersonSearch
from sbk_tui.screens.work import Background
from sbk_tui.services.desks import Desks
from sbk_tui.services.draft_desk import FormDraft
from sbk_tui.services.forms import fitting
from sbk_tui.services.new_application import CLAUSE, Beginning
from sbk_tui.services.paper_desk import Printable
from sbk_tui.services.procedures import procedure
from sbk_tui.services.query_desk import Named
from sbk_tui.texts import word

_DRAFT_PAUSE_S = 0.5
_VILLAGE = ("village_code", "village_name")
_UNIT = ("unit_code", "unit_name")
Method = TypeVar("Method", bound=Callable[..., None])


def step(step_id: str) -> Callable[[Method], Method]:
    """Bind a method of a `JobScreen` to a step of its procedure."""

    def mark(method: Method) -> Method:
        method._steps = (step_id, *getattr(method, "_steps", ()))  # type: ignore[attr-defined]
        return method

    return mark


class JobScreen(Background, Screen[None]):
    """A job of the counter."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("help", "back")
    legend_keys: ClassVar[tuple[str, ...]] = ("help", "back")

    def __init__(self, desks: Desks, clause: str) -> None:
        super().__init__()
        self.desks = desks
        self.progress = Progress(procedure=procedure(clause))
        self._keeper: Timer | None = None
        self._to_keep: tuple[str, FormDraft] | None = None
        self._check_steps()

    def bound(self) -> Mapping[str, Callable[..., None]]:
        """Return the methods bound to steps, by step id."""
        found = {}
        for name in dir(type(self)):
            for step_id in getattr(getattr(type(self), name, None), "_steps", ()):
                found[step_id] = getattr(self, name)
        return found

    def _check_steps(self) -> None:
        in_data = {each.id for each in self.progress.procedure.steps}
        in_code = set(self.bound())
        if in_data != in_code:
            raise KeyError(f"{type(self).__name__}: steps without code or data {in_data ^ in_code}")

    # ------------------------------------------------------------------ shape

    def compose(self) -> ComposeResult:
        """Draw the frame around the job's own body."""
        job = self.progress.procedure
        yield TitleBar(f"{job.clause} {job.title}", self.desks.seat)
        with Container(id="middle"):
            yield Guide()
            with Container(id="body"):
                yield from self.body()
        yield MessageLine()
        yield KeyBar()
        yield StatusLine()

    def body(self) -> ComposeResult:
        """Yield the job's own widgets."""
        yield from ()

    def on_mount(self) -> None:
        """Show where in the procedure one is, and the keys."""
        self.show_progress(self.progress)
        self.show_keys()
        self.show_status()

    @property
    def messages(self) -> MessageLine:
        """The message line."""
        return self.query_one(MessageLine)

    def show_progress(self, progress: Progress) -> None:
        """Note and draw how far the job is."""
        self.progress = progress
        self.query_one(Guide).progress = progress

    def show_keys(self) -> None:
        """Draw the legend of this job's keys."""
        self.query_one(KeyBar).text = legend(self.legend_keys)

    def show_status(self) -> None:
        """Draw the status line from the database's own counts."""
        self.query_one(StatusLine).text = status_text(self.desks)

    # ------------------------------------------------------------------ finding people

    def search(self, nobody: str = "search.nobody") -> PersonSearch:
        """Return the search of this job; where nobody is found the city can be asked (A5)."""
        offer = "lookup.offer_loss" if nobody == "blind.nobody" else "lookup.offer"
        return PersonSearch(
            self.desks.query,
            nobody,
            city=self.desks.city,
            clause=self.progress.procedure.clause,
            offer=offer,
        )

    @on(PersonSearch.CityAnswered)
    def _city_answered(self, event: PersonSearch.CityAnswered) -> None:
        if event.error is None:
            self.messages.say(word("lookup.found"), "ok")
        else:
            self.messages.explain(event.error)

    # ------------------------------------------------------------------ blocking work

    def failed(self, error: SbkError) -> None:
        """Show an error of a piece of work; jobs may do more."""
        if isinstance(error, Cancelled):
            self.messages.say(word("job.cancelled"))
        else:
            self.messages.explain(error)

    @on(Form.Left)
    def _field_left(self, event: Form.Left) -> None:
        """Say in full what the note at the field has no room for; a name may be a number (B22)."""
        if event.field.name.endswith("_name"):
            found = self.desks.query.named(event.form.values.get(event.field.name, ""))
            if found is not None:
                event.form.fill(_name_and_number(event.field.name, found))
                return
        if event.problem is not None:
            self.messages.say(words_of(event.problem), "bad")

    def list_choices(self) -> bool:
        """F5 in a field of a village or unit, or with a code table: list its values; else False."""
        row = next((r for r in self.query(FieldRow) if r.has_focus_within), None)
        if row is None or not (row.field.table or row.field.name in (*_VILLAGE, *_UNIT)):
            return False
        from sbk_tui.screens.choose import Choose

        if row.field.name in _VILLAGE:
            choose = Choose(word("apply.choose_village"), self.desks.apply.villages)
            self.app.push_screen(choose, partial(_take_named, _VILLAGE, self.query(Form).last()))
            return True
        if row.field.name in _UNIT:
            choose = Choose(word("apply.choose_unit"), self.desks.apply.units)
            self.app.push_screen(choose, partial(_take_named, _UNIT, self.query(Form).last()))
            return True
        offered = row.field.choices(self.desks.rules)
        choose = Choose(word(f"fields.{row.field.name}"), partial(fitting, offered))
        self.app.push_screen(choose, partial(_take, row))
        return True

    # ------------------------------------------------------------------ drafts

    def keep(self, job: str, draft: FormDraft) -> None:
        """Keep what was typed; the disk is asked at most twice a second, in a thread."""
        self._to_keep = (job, draft)
        if self._keeper is None:
            self._keeper = self.set_timer(_DRAFT_PAUSE_S, self._keep_now)

    def drop_draft(self, draft_id: str) -> None:
        """Forget a draft whose work is done, also one that was about to be kept."""
        self._to_keep = None
        self.desks.drafts.drop(draft_id)

    def keep_at_once(self) -> None:
        """Keep what waits to be kept, here and now: the line has dropped."""
        if self._to_keep is not None:
            self.desks.drafts.save(*self._to_keep)
            self._to_keep = None

    def _keep_now(self) -> None:
        self._keeper = None
        if self._to_keep is not None:
            self._save(*self._to_keep)
            self._to_keep = None

    @work(thread=True, description="a thread", group="draft")
    def _save(self, job: str, draft: FormDraft) -> None:
        self.desks.drafts.save(job, draft)

    # ------------------------------------------------------------------ keys

    @on(PersonSearch.NewWanted)
    def _new_application(self, event: PersonSearch.NewWanted) -> None:
        """F4 in a search: 新增申请 with everything known filled in (F1)."""
        person = event.hit.person.id if event.hit else ""
        begin = partial(self.desks.apply.beginning, event.text, person)
        self.in_background(begin, self._open_application)

    def _open_application(self, beginning: Beginning) -> None:
        from sbk_tui.screens.apply import ApplyScreen

        self.messages.say("")
        self.app.push_screen(ApplyScreen(self.desks, CLAUSE, beginning))

    def action_help(self) -> None:
        """F1: what the regulation asks at this step, and the known troubles."""
        from sbk_tui.screens.help import HelpScreen

        self.app.push_screen(HelpScreen(self.progress))

    def action_back(self) -> None:
        """Esc: break off what runs, else go one step back, else leave."""
        if self.busy:
            self.cancel.set()
        elif any(search.stop_asking() for search in self.query(PersonSearch)):
            self.messages.say(word("job.cancelled"))
        elif not self.step_back():
            self.dismiss(None)

    def step_back(self) -> bool:
        """Go one step back inside the job; False when there is none and the job is left."""
        return False

    def action_print(self) -> None:
        """F8: print what is owed; jobs that owe a paper override `paper_to_print`."""
        printable = self.paper_to_print()
        if printable is not None and not self.busy:
            from sbk_tui.screens.paper import PaperScreen

            self.app.push_screen(PaperScreen(self.desks, printable), self._printed)

    def paper_to_print(self) -> Printable | None:
        """Return what F8 prints now, or None."""
        return None

    def _printed(self, job: str | None) -> None:
        if job is not None:
            self.messages.say(word("paper.printed", job=job), "ok")
            self.printed()
        self.show_status()

    def printed(self) -> None:
        """Go on in the procedure: the spooler took the paper."""


def _name_and_number(field: str, found: Named) -> dict[str, str]:
    """Return what the number typed into a name's field fills in: the name, and a whole number."""
    number = {field.removesuffix("_name") + "_number": found.number} if found.number else {}
    return {field: found.name, **number}


def _take_named(fields: tuple[str, str], form: Form, chosen: tuple[str, str] | None) -> None:
    if chosen is not None:
        form.fill(dict(zip(fields, chosen, strict=True)))
        form.focus_last()


def _take(row: FieldRow, chosen: tuple[str, str] | None) -> None:
    if chosen is not None:
        row.value = chosen[0]


def status_text(desks: Desks) -> str:
    """Return the status line: line to the city, what waits, cases, open work, papers."""
    unfinished = desks.open_work.count()
    parts = [
        word("status.counter", counter=desks.seat.counter),
        word("status.waiting", count=desks.query.waiting()),
        desks.line.in_a_word(),
        word("status.cases", count=desks.query.open_cases()),
        *([word("status.open_work", count=unfinished)] if unfinished else []),
        word("status.papers", count=desks.papers.owed_count()),
        word("status.reader_on" if desks.ids.present else "status.reader_off"),
    ]
    return "  ".join(parts)
