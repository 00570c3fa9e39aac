"""A form under fast fingers: every key lands where it was meant."""

from __future__ import annotations

import pytest
from textual import events
from textual.app import App, ComposeResult

from sbk_tui.codes import code_tables
from sbk_tui.domain.identity import Phone
from sbk_tui.domain.rules import Rules, Settings
from sbk_tui.screens.form import Form
from sbk_tui.services.forms import Field

RULES = Rules(settings=Settings(), codes=code_tables())
FIELDS = (
    Field("name", required=True),
    Field("phone", parse=Phone.parse, required=True),
    Field("id_shown", "tick", must_be_ticked="loss.id_not_shown"),
)


class FormApp(App[None]):
    """One form."""

    completed = 0

    def compose(self) -> ComposeResult:
        """Draw the form."""
        yield Form(FIELDS, RULES)

    def on_form_completed(self) -> None:
        """Count."""
        self.completed += 1

    @property
    def form(self) -> Form:
        """The form."""
        return self.query_one(Form)


@pytest.mark.clause("B22")
@pytest.mark.parametrize(("keys", "ticked"), [
    (["space"], "1"),
    (["space", "space"], "0"),
    (["1"], "1"),
    (["1", "0"], "0"),
    (["1", "1"], "1"),
    (["space", "x"], "1"),
])  # fmt: skip
async def test_a_tick_is_turned_by_space_and_set_by_digits(keys: list[str], ticked: str) -> None:
    app = FormApp()
    async with app.run_test() as pilot:
        await pilot.press("down", "down", *keys)
        await pilot.pause()
        assert app.form.values["id_shown"] == ticked


async def test_enter_goes_through_the_fields_and_completes_once() -> None:
    app = FormApp()
    async with app.run_test() as pilot:
        await pilot.press(*"wang", "enter", *"13800001111", "enter", "1", "enter")
        await pilot.pause()
        assert app.form.values == {"name": "wang", "phone": "13800001111", "id_shown": "1"}
        assert app.completed == 1


async def test_all_problems_are_shown_and_nothing_is_cleared() -> None:
    app = FormApp()
    async with app.run_test() as pilot:
        await pilot.press("down", *"123")
        found = app.form.check()
        await pilot.pause()
        assert [problem.field for problem in found] == ["name", "phone", "id_shown"]
        assert app.form.values["phone"] == "123"


@pytest.mark.parametrize("hostile", ["[red]x[/red]", "[@click=app.quit]x[/]", "\x1b[2J"])
async def test_typed_markup_is_text(hostile: str) -> None:
    app = FormApp()
    async with app.run_test() as pilot:
        app.form.fill({"name": hostile})
        app.form.check()
        await pilot.pause()
        assert app.form.values["name"] == hostile


async def test_a_burst_of_keys_is_taken_in_the_order_it_was_pressed() -> None:
    """A scanner or a slow machine: nothing waits between the keys."""
    app = FormApp()
    async with app.run_test() as pilot:
        keys = [*"wangx", "backspace", "enter", *"1380000", "backspace", *"01111", "enter", "space"]
        for key in keys:
            character = " " if key == "space" else key if len(key) == 1 else None
            app.post_message(events.Key(key, character))
        await pilot.pause()
        await pilot.pause()
        assert app.form.values == {"name": "wang", "phone": "13800001111", "id_shown": "1"}
