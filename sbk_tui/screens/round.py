"""走村发卡 (B10): a village in house order; one key and Enter for each door."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Input, Static

from sbk_tui.domain import mask
from sbk_tui.errors import Refusal, SbkError
from sbk_tui.screens.choose import Choose
from sbk_tui.screens.form import Form, after_typing
from sbk_tui.screens.job import JobScreen, step
from sbk_tui.screens.keys import bindings
from sbk_tui.screens.text_line import TextLine
from sbk_tui.services import words
from sbk_tui.services.desks import Desks
from sbk_tui.services.forms import fitting
from sbk_tui.services.id_desk import IdCard
from sbk_tui.services.paper_desk import Printable
from sbk_tui.services.round_desk import PROXY, SELF, Done, Shelved, fields_of, outcome
from sbk_tui.services.unit_desk import Unit
from sbk_tui.terminal.listview import Column, KeysetRows, PagedList, Row
from sbk_tui.texts import word

_CLAUSE = "0.8"
_STICKY = ("proxy_name", "proxy_number", "phone")


class DoorForm(Form):
    """A form mostly filled in already: one Enter is enough where nothing is to be typed."""

    def focus_first(self) -> None:
        """Put the cursor into the first field without a value, else into the last."""
        empty = next((row for row in self.rows if not row.value), None)
        self.screen.set_focus((empty or self.rows[-1]).query_one(Input))


class RoundScreen(JobScreen):
    """A number, its houses, and at each door who takes the card."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("read_id", "find", "print", "confirm"),
        Binding("1", f"ask('{SELF}')", show=False),
        Binding("2", f"ask('{PROXY}')", show=False),
        Binding("3", "away", show=False),
        Binding("0", "move(1)", show=False),
    ]
    legend_keys: ClassVar[tuple[str, ...]] = (
        "help", "read_id", "find", "print", "confirm", "back",
    )  # fmt: skip

    def __init__(self, desks: Desks) -> None:
        super().__init__(desks, _CLAUSE)
        self._unit: Unit | None = None
        self._shown: dict[str, Shelved] = {}
        self._door: Shelved | None = None
        self._receiver = SELF
        self._proxy: dict[str, str] = {}  # who took the last card for others
        self._op = ""

    def body(self) -> ComposeResult:
        """The number, the counts, the houses; below them what is asked at a door."""
        with Horizontal(classes="line"):
            yield Static(word("unit.number"), markup=False)
            yield TextLine(placeholder=word("round.placeholder"), dots=False)
        yield Static("", id="totals", markup=False)
        yield PagedList(
            (
                Column(word("round.address"), 22),
                Column(word("round.name"), 8),
                Column(word("round.number"), 18),
                Column(word("round.outcome"), 0),
            ),
            empty=word("round.begin"),
        )
        yield Vertical(id="act")

    def on_mount(self) -> None:
        """Begin with the number."""
        super().on_mount()
        self.set_focus(self._line)

    # ------------------------------------------------------------------ the village

    @property
    def _line(self) -> TextLine:
        return self.query_one(".line > TextLine", TextLine)

    @property
    def _houses(self) -> PagedList:
        return self.query_one(PagedList)

    @on(TextLine.Submitted)
    def _enter(self, event: Input.Submitted) -> None:
        if event.input is self._line:
            event.stop()
            self._query()

    @step("query")
    def action_find(self) -> None:
        """F5: who has cards waiting; with a number, its list is read anew."""
        if self._door is not None:
            return
        if self._line.value.strip():
            self._query()
        else:
            self.in_background(self.desks.units.waiting, self._choose)

    def _choose(self, offered: Sequence[tuple[str, str]]) -> None:
        choose = Choose(word("unit.choose"), partial(fitting, offered))
        self.app.push_screen(choose, self._chosen)

    def _chosen(self, chosen: tuple[str, str] | None) -> None:
        if chosen is not None:
            self._line.value = chosen[0]
            self._query()

    def _query(self) -> None:
        try:
            unit = self.desks.units.unit(self._line.value)
        except Refusal as refusal:
            self.messages.explain(refusal)
            return
        self._unit, self._shown = unit, {}
        self._houses.say_empty(word("unit.nothing"))
        self._houses.show(KeysetRows(partial(self._page, unit)))
        self._count()
        self.show_progress(self.progress.found_done("query"))
        said = "unit.is_village" if unit.is_village else "unit.is_unit"
        self.messages.say(word(said, code=unit.code, name=unit.name))
        self.set_focus(self._houses)

    def _page(self, unit: Unit, after: Row | None, limit: int) -> Sequence[Row]:
        behind = self._shown[after.key] if after else None
        found = self.desks.rounds.page(unit, behind, limit)
        self._shown |= {each.card.number: each for each in found}
        return [_row(each) for each in found]

    def _count(self) -> None:
        if self._unit is not None:
            counts = self.desks.rounds.counts(self._unit)._asdict()
            said = word("round.counts", name=self._unit.name, **counts)
            self.query_one("#totals", Static).update(Text(said, "bold"))

    # ------------------------------------------------------------------ at a door

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """The digits mean something in the list only."""
        if action in {"ask", "away", "move"}:
            return self.focused is self._houses and self._door is None
        return super().check_action(action, parameters)

    def action_move(self, rows: int) -> None:
        """0: the next door."""
        self._houses.action_move(rows)

    def _here(self) -> Shelved | None:
        """Return the card under the mark that can still be handed out."""
        row = self._houses.highlighted
        if row is None or self.busy:
            return None
        shelved = self._shown[row.key]
        if shelved.card.collected_at is not None:
            self.messages.say(word("round.done_already", name=shelved.person.name))
            return None
        return shelved

    async def action_ask(self, receiver: str) -> None:
        """1 or 2: the holder, or a proxy, stands at the door; the last answers are kept."""
        shelved = self._here()
        if shelved is None:
            return
        self._door, self._receiver, self._op = shelved, receiver, self.desks.new_id()
        values = {"receiver": receiver, "phone": shelved.person.mobile}
        if receiver == PROXY:
            values |= {"phone": "", **self._proxy}
        key = "round.self" if receiver == SELF else "round.proxy"
        listed = self.desks.line.listed([shelved.card])
        self.messages.say(listed or word(key, name=shelved.person.name), "bad" if listed else "")
        # Waited for: the next key must find the form, not the list.
        await self.query_one("#act").mount(DoorForm(fields_of(receiver), self.desks.rules, values))

    def action_read_id(self) -> None:
        """F2: read the proxy's document, once for all the cards it collects."""
        if self._door is not None and self._receiver == PROXY:
            self.messages.say(word("job.lay_card"))
            self.in_background(self._read, self._fill)

    def _read(self) -> IdCard:
        return self.desks.ids.read(self.cancel)

    def _fill(self, card: IdCard) -> None:
        form = self.query_one(Form)
        form.fill({"proxy_name": card.name, "proxy_number": card.number})
        form.focus_last()
        self.messages.say(word("job.card_read"), "ok")

    @on(Form.Completed)
    def _completed(self) -> None:
        self._confirm()

    def action_confirm(self) -> None:
        """F10: as Enter in the last field."""
        after_typing(self, self._confirm)

    @step("tick")
    def _confirm(self) -> None:
        if self._door is None or self.busy or not self.is_current:
            return
        form = self.query_one(Form)
        found = form.check()
        if found:
            self.messages.say(word("job.problems", count=len(found)), "bad")
            return
        values = {"receiver": self._receiver, **form.values}
        hand_over = partial(self.desks.rounds.hand_over, self._door, values, op=self._op)
        self.in_background(hand_over, partial(self._handed, values))

    def _handed(self, values: dict[str, str], done: Done) -> None:
        if values["receiver"] == PROXY:
            self._proxy = {name: values[name] for name in _STICKY}
        name = self._door.person.name if self._door else ""
        self.show_progress(self.progress.found_done("tick"))
        self._back_to_list()
        self._houses.action_move(1)
        self.messages.say(word("round.handed", name=name, code=done.code), "ok")

    @step("away")
    def action_away(self) -> None:
        """3: nobody is at home; the mark stays, so that a held key notes one house."""
        shelved = self._here()
        if shelved is not None:
            note = partial(self.desks.rounds.not_at_home, shelved)
            self.in_background(note, partial(self._noted, shelved.person.name))

    def _noted(self, name: str, _done: Done) -> None:
        self.show_progress(self.progress.found_done("away"))
        self._back_to_list()
        self.messages.say(word("round.away", name=name), "ok")

    def _back_to_list(self) -> None:
        self._door = None
        self.query_one("#act").remove_children()
        self.set_focus(self._houses)
        self._read_again()
        self.show_status()

    def _read_again(self) -> None:
        if self._unit is not None:
            self._houses.update_rows(KeysetRows(partial(self._page, self._unit)))
        self._count()

    def failed(self, error: SbkError) -> None:
        """Say why; the list shows what others did meanwhile."""
        super().failed(error)
        self._read_again()

    # ------------------------------------------------------------------ paper, back

    @step("sheet")
    def action_print(self) -> None:
        """F8: the signature sheet."""
        super().action_print()

    def paper_to_print(self) -> Printable | None:
        """The signature sheet of the village, as it stands."""
        return self.desks.rounds.sheet(self._unit) if self._unit and self._door is None else None

    def printed(self) -> None:
        """The spooler took it."""
        self.show_progress(self.progress.found_done("sheet"))

    def step_back(self) -> bool:
        """From the door to the list, from the list to the number."""
        if self._door is not None:
            self.messages.say("")
            self._back_to_list()
            return True
        if self.focused is self._houses:
            self.set_focus(self._line)
            return True
        return False


def _row(shelved: Shelved) -> Row:
    person, card = shelved.person, shelved.card
    tone = "ok" if card.collected_at else ("warn" if card.not_home_on else "")
    cells = (
        words.near(person.address),
        person.name,
        mask.number(person.number),
        outcome(person.name, card),
    )
    return Row(card.number, cells, tone)
