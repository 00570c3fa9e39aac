"""F5 in a form: list what the field under the cursor can hold, villages, nations, banks."""

from __future__ import annotations

from functools import partial

from textual.screen import Screen
from textual.widgets import Input

from sbk_tui.screens.choose import Choose
from sbk_tui.screens.form import FieldRow, Form
from sbk_tui.services.desks import Desks
from sbk_tui.texts import word

_VILLAGE = ("village_code", "village_name")


def list_field(screen: Screen[None], desks: Desks) -> bool:
    """Open the list of the field that has the cursor; False when it has none."""
    rows = screen.query(FieldRow)
    row = next((r for r in rows if screen.focused in r.children), None)
    if row is None:
        return False
    if row.field.name in _VILLAGE:
        choose = Choose(word("apply.choose_village"), desks.apply.villages)
        screen.app.push_screen(choose, partial(_village, screen))
        return True
    if not row.field.table:
        return False
    offered = row.field.choices(desks.rules)
    choose = Choose(word(f"fields.{row.field.name}"), partial(_fitting, offered))
    screen.app.push_screen(choose, partial(_chosen, row))
    return True


def _village(screen: Screen[None], chosen: tuple[str, str] | None) -> None:
    if chosen is not None:
        form = screen.query(Form).last()
        form.fill(dict(zip(_VILLAGE, chosen, strict=True)))
        form.focus_last()


def _chosen(row: FieldRow, chosen: tuple[str, str] | None) -> None:
    if chosen is not None:
        row.value = chosen[0]
        row.query_one(Input).focus()


def _fitting(offered: tuple[tuple[str, str], ...], typed: str) -> tuple[tuple[str, str], ...]:
    return tuple((code, name) for code, name in offered if typed in name or code.startswith(typed))
