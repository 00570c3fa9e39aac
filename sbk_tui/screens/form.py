"""A form: one row a field, judged when it is left, all problems at once when handed in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Input, Static

from sbk_tui.domain.rules import Problem, Rules
from sbk_tui.resources import toml_folder
from sbk_tui.screens.text_line import TextLine
from sbk_tui.services.forms import Field, problem_of, problems
from sbk_tui.texts import word, words_for

_TICK = ("0", "1")


def after_typing(screen: Screen[Any], callback: Callable[[], object]) -> None:
    """Call back once the focused field has taken in every key that came before."""
    (screen.focused or screen).call_later(callback)


def words_of(problem: Problem) -> str:
    """Return a problem in words, with what to do."""
    said = words_for(problem.code, problem.facts)
    return f"{said.message}{said.remedy}"


def hint(name: str) -> str:
    """Return how a field wants to be filled in, or an empty text."""
    hints: dict[str, str] = toml_folder("texts/words")["hints"]
    return hints.get(name, "")


class FieldRow(Horizontal):
    """Label, one-line input, and beside it the name of a code or what is wrong."""

    DEFAULT_CSS = """
    FieldRow { height: 1; }
    FieldRow > .label { width: 16; text-align: right; padding-right: 1; }
    FieldRow > Input { width: 26; }
    FieldRow > Input.-long { width: 50; }
    FieldRow > .note {
        width: 1fr; padding-left: 1; text-style: dim; text-wrap: nowrap; text-overflow: ellipsis;
    }
    FieldRow.-bad > .note { color: $error; text-style: none; }
    FieldRow.-warn > .note { color: $warning; text-style: none; }
    FieldRow.-unasked { display: none; }
    """

    @dataclass
    class Left(Message):
        """The field was left; somebody may want to save the draft."""

        field: Field

    @dataclass
    class Changed(Message):
        """The value changed."""

        field: Field
        value: str

    def __init__(self, field: Field, rules: Rules, value: str = "") -> None:
        super().__init__()
        self.field = field
        self._rules = rules
        self._first = value or field.default
        self._choices = field.choices(rules)

    def compose(self) -> ComposeResult:
        """Lay the three parts in a row."""
        star = "*" if self.field.required or self.field.must_be_ticked else ""
        yield Static(f"{star}{word('fields.' + self.field.name)}", classes="label", markup=False)
        box = TextLine(self._first)
        box.set_class(self.field.wide, "-long")
        yield box
        yield Static("", classes="note", markup=False)

    @property
    def value(self) -> str:
        """What is in the field."""
        return self.query_one(Input).value.strip()

    @value.setter
    def value(self, text: str) -> None:
        self.query_one(Input).value = text
        self.show_name()

    def show_problem(self, problem: Problem | None) -> None:
        """Say at the field what is wrong; nothing is cleared."""
        self.set_class(problem is not None and not problem.warning, "-bad")
        self.set_class(problem is not None and problem.warning, "-warn")
        if problem is None:
            self.show_name()
        else:
            words = words_for(problem.code, problem.facts)
            self._note(words.message)

    def show_name(self) -> None:
        """Show what the code in the field means, or what may be chosen."""
        if self.field.kind == "tick":
            self._note(word("form.ticked" if self.value == "1" else "form.unticked"))
            return
        names = dict(self._choices)
        if self.value in names:
            self._note(names[self.value])
        elif self._choices and not self.field.quiet:
            self._note(" ".join(f"{code}{name}" for code, name in self._choices))
        elif not self.value:
            self._note(hint(self.field.name))
        else:
            self._note("")

    def on_mount(self) -> None:
        """Show the meaning of a value that was there from the start."""
        self.show_name()

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        if self.field.kind == "tick" and event.value not in ("", *_TICK):
            event.input.value = _ticked(event.value)
            return
        self.remove_class("-bad", "-warn")
        self.show_name()
        self.post_message(self.Changed(self.field, self.value))

    @on(Input.Blurred)
    def _left(self, event: Input.Blurred) -> None:
        event.stop()
        self.post_message(self.Left(self.field))

    def _note(self, text: str) -> None:
        self.query_one(".note", Static).update(Text(text))


def _ticked(typed: str) -> str:
    """Return what a tick is after a key: Space turns it, 0 and 1 set it, all else leaves it."""
    before = "1" if typed.lstrip()[:1] == "1" else "0"
    if " " in typed:
        return "0" if before == "1" else "1"
    return typed[-1] if typed[-1] in _TICK else before


class Form(Vertical):
    """The fields of one act or one step, from top to bottom."""

    DEFAULT_CSS = "Form { height: auto; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "next", show=False, priority=True),
        Binding("up", "move(-1)", show=False, priority=True),
        Binding("down", "move(1)", show=False, priority=True),
    ]

    @dataclass
    class Changed(Message):
        """Something was typed; `values` are all values now."""

        form: Form
        values: dict[str, str]

    @dataclass
    class Left(Message):
        """A field was left; `problem` is what is wrong with it, if anything."""

        form: Form
        field: Field
        problem: Problem | None

    @dataclass
    class Completed(Message):
        """Enter was pressed on the last field."""

        form: Form

    def __init__(
        self,
        fields: Sequence[Field],
        rules: Rules,
        values: Mapping[str, str] | None = None,
        *,
        takes_focus: bool = True,
    ) -> None:
        """Build the rows of `fields`, filled in with `values`.

        Args:
            takes_focus: whether the cursor goes into the first field at once.
        """
        super().__init__()
        self._takes_focus = takes_focus
        self._fields = tuple(fields)
        self._rules = rules
        self._first = dict(values or {})
        self._told: dict[str, str] = {}

    def compose(self) -> ComposeResult:
        """One row a field."""
        for field in self._fields:
            yield FieldRow(field, self._rules, self._first.get(field.name, ""))

    def on_mount(self) -> None:
        """Hide what is not asked; the cursor is in the first field before the next key."""
        self._show_asked()
        if self._takes_focus:
            self.focus_first()
        self._told = self.values

    @property
    def rows(self) -> list[FieldRow]:
        """The rows, from top to bottom."""
        return list(self.query(FieldRow))

    @property
    def values(self) -> dict[str, str]:
        """Everything in the form by field name."""
        return {row.field.name: row.value for row in self.rows}

    @property
    def known(self) -> dict[str, str]:
        """The values in the form and, behind them, those it was given of other steps."""
        return {**self._first, **self.values}

    def fill(self, values: Mapping[str, str]) -> None:
        """Put values into the fields that bear their names."""
        for row in self.rows:
            if row.field.name in values:
                row.value = values[row.field.name]
        self._show_asked()

    def focus_first(self) -> None:
        """Put the cursor into the first field that is asked."""
        for row in self.rows:
            if row.display:
                self._go_to(row)
                return

    def _go_to(self, row: FieldRow) -> None:
        # At once: `Widget.focus` would let keys that are already typed go to the old field.
        self.screen.set_focus(row.query_one(Input))

    def focus_last(self) -> None:
        """Put the cursor into the last field that is asked."""
        asked = [row for row in self.rows if row.display]
        if asked:
            self._go_to(asked[-1])

    def check(self) -> tuple[Problem, ...]:
        """Show all problems at their fields, go to the first, and return them."""
        found = problems(self._fields, self.known, self._rules)
        self.show_problems(found)
        return found

    def show_problems(self, found: Sequence[Problem]) -> None:
        """Show problems at their fields; the first that is not a warning gets the cursor."""
        by_field = {problem.field: problem for problem in reversed(found)}
        first: FieldRow | None = None
        for row in self.rows:
            problem = by_field.get(row.field.name)
            row.show_problem(problem)
            if problem is not None and not problem.warning and first is None:
                first = row
        if first is not None:
            self._go_to(first)

    @on(FieldRow.Changed)
    def _changed(self, event: FieldRow.Changed) -> None:
        event.stop()
        self._show_asked()
        values = self.values
        if values != self._told:  # a field also speaks of the value it begins with
            self._told = values
            self.post_message(self.Changed(self, values))

    @on(FieldRow.Left)
    def _left(self, event: FieldRow.Left) -> None:
        event.stop()
        values = self.known
        row = next(r for r in self.rows if r.field is event.field)
        problem = None
        if values.get(event.field.name):
            problem = problem_of(event.field, values, self._rules)
            row.show_problem(problem)
        self.post_message(self.Left(self, event.field, problem))

    # ------------------------------------------------------------------ going through the fields

    # Priority bindings move the cursor before the next key is handed out: a fast typist, a
    # scanner or a paste never puts into one field what belongs into the next.

    def action_next(self) -> None:
        """Enter: the next field; after the last one the form is complete."""
        if not self._step(1):
            after_typing(self.screen, lambda: self.post_message(self.Completed(self)))

    def action_move(self, by: int) -> None:
        """Up and down: one field further, if there is one."""
        self._step(by)

    def _step(self, by: int) -> bool:
        asked = [row for row in self.rows if row.display]
        place = next((i for i, row in enumerate(asked) if row.has_focus_within), None)
        if place is None or not 0 <= place + by < len(asked):
            return False
        self._go_to(asked[place + by])
        return True

    def _show_asked(self) -> None:
        values = self.known
        for row in self.rows:
            row.set_class(not row.field.asked(values), "-unasked")
