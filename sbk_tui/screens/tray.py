"""演练托盘 (B14): who stands at the counter, what lies on the reader, what goes wrong there.

Opened with F9 in a training counter only; the devices behind it are the simulated ones, the
drivers in front of them the real ones.
"""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from sbk_tui.errors import SbkError
from sbk_tui.services.fees import decimal
from sbk_tui.services.training import CardMachine, CardTerminal, Tray, Visitor
from sbk_tui.terminal.listview import Column, PagedList, Row
from sbk_tui.texts import explain, name_of, word

_VISITOR, _FAULT, _PICTURE = "v", "f", "p"
_CHIP_FAULT = "c"
_LIFT, _MEND = "lift", "mend"
_MACHINE, _TERMINAL = "k", "t"
_INSERT, _PULL, _BLOCK = "insert", "pull", "block"


class TrayScreen(ModalScreen[str | None]):
    """One list: visitors, then faults, then pictures. Enter does what the line says.

    Dismisses with what was done, in words, or None.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", show=False)]

    def __init__(self, tray: Tray) -> None:
        super().__init__()
        self._tray = tray

    def compose(self) -> ComposeResult:
        """Draw the list."""
        with Vertical(classes="box -tall"):
            yield Static(word("tray.title"), markup=False, classes="question")
            columns = (Column(word("tray.what"), 14), Column(word("tray.about"), 0))
            yield PagedList(columns)
            yield Static(word("tray.keys"), markup=False, id="told")

    def on_mount(self) -> None:
        """Fill the list; the mark is on who stands at the counter."""
        people = self.query_one(PagedList)
        people.show(self._rows())
        people.go_to(self._tray.current)
        people.focus()

    def _rows(self) -> list[Row]:
        lying = self._tray.lying
        rows = [
            Row(
                f"{_VISITOR}{place}",
                (visitor.name, self._about(place, visitor)),
                "ok" if place == lying else "",
            )
            for place, visitor in enumerate(self._tray.visitors)
        ]
        below = self._tray.current + 1
        rows[below:below] = self._card_rows()
        rows += self._chip_rows()
        rows += machine_rows(self._tray.machine)
        rows += terminal_rows(self._tray.terminal)
        rows.append(Row(_LIFT, (word("tray.lift"), word("tray.lift_about"))))
        rows += [
            Row(f"{_FAULT}{name}", (word("tray.fault"), word(f"demo_fault.{name}")), "warn")
            for name in self._tray.faults
        ]
        rows.append(Row(_MEND, (word("tray.mend"), word("tray.mend_about"))))
        rows += [
            Row(f"{_PICTURE}{name}", (word("tray.picture"), name)) for name in self._tray.pictures
        ]
        return rows

    def _card_rows(self) -> list[Row]:
        """The social-security card of whoever stands at the counter: right below the mark."""
        chips, current = self._tray.chips, self._tray.current
        rows = [Row(_PULL, (word("tray.pull"), word("tray.pull_about")))]
        if chips.has_card(current):
            about = word("tray.insert_about", name=self._tray.visitors[current].name)
            rows.insert(0, Row(_INSERT, (word("tray.insert"), about)))
        return rows

    def _chip_rows(self) -> list[Row]:
        """What goes wrong with the card in the slot."""
        faults = [
            Row(
                f"{_CHIP_FAULT}{name}",
                (word("tray.chip_fault"), word(f"demo_chip_fault.{name}")),
                "warn",
            )
            for name in self._tray.chips.faults
        ]
        return [Row(_BLOCK, (word("tray.block"), word("tray.block_about")), "warn"), *faults]

    def _about(self, place: int, visitor: Visitor) -> str:
        about = f"{visitor.number} {word('demo_visitor.' + visitor.situation)}"
        return f"{word('tray.lies')} {about}" if place == self._tray.lying else about

    @on(PagedList.Chosen)
    def _chosen(self, event: PagedList.Chosen) -> None:
        try:
            said = self._do(event.row.key) or event.row.cells[1]
        except SbkError as error:  # a card service of the trainer's own that is not running
            self.query_one("#told", Static).update(explain(error).message)
        else:
            self.dismiss(f"{event.row.cells[0]} {said}")

    def _do(self, key: str) -> str:
        """Do what the line `key` says; return what to say of it where that is not the line."""
        chips = self._tray.chips
        if key == _INSERT:
            chips.insert(self._tray.current)
        elif key == _PULL:
            chips.pull()
        elif key == _BLOCK:
            chips.block()
        elif key == _LIFT:
            self._tray.lift()
        elif key == _MEND:
            self._tray.mend()
        elif key.startswith(_MACHINE):
            do_to(self._tray.machine, key)
        elif key.startswith(_TERMINAL):
            return do_at(self._tray.terminal, key)
        elif key.startswith(_VISITOR):
            self._tray.lay(int(key[1:]))
        elif key.startswith(_CHIP_FAULT):
            chips.fault(key[1:])
        elif key.startswith(_FAULT):
            self._tray.fault(key[1:])
        else:
            self._tray.photograph(key[1:])
        return ""

    def action_leave(self) -> None:
        """Change nothing."""
        self.dismiss(None)


_TOP, _BACK, _REPAIR = f"{_MACHINE}top", f"{_MACHINE}back", f"{_MACHINE}mend"
_BANK, _BREAK = f"{_MACHINE}bank:", f"{_MACHINE}fault:"


def machine_rows(machine: CardMachine | None) -> list[Row]:
    """Return the lines of the card printer: its hopper first, then what goes wrong."""
    if machine is None:
        return []
    top = machine.on_top
    about = word("machine_tray.empty")
    if top is not None:
        bank = name_of("bank", top.bank)
        about = word("machine_tray.top_about", bank=bank, serial=top.serial, left=top.left)
    rows = [Row(_TOP, (word("machine_tray.top"), about))]
    for bank in machine.banks[1:]:
        about = word("machine_tray.bank_about", bank=name_of("bank", bank))
        rows.append(Row(f"{_BANK}{bank}", (word("machine_tray.bank"), about)))
    if machine.came_out:
        rows.append(Row(_BACK, (word("machine_tray.back"), word("machine_tray.back_about"))))
    rows += [
        Row(
            f"{_BREAK}{name}",
            (word("machine_tray.fault"), word(f"demo_machine_fault.{name}")),
            "warn",
        )
        for name in machine.faults
    ]
    return [*rows, Row(_REPAIR, (word("machine_tray.mend"), word("machine_tray.mend_about")))]


def do_to(machine: CardMachine | None, key: str) -> None:
    """Do what the line `key` of `machine_rows` says."""
    if machine is None:
        return
    if key == _BACK:
        machine.put_back()
    elif key == _REPAIR:
        machine.mend()
    elif key.startswith(_BANK):
        machine.put_on_top(key.removeprefix(_BANK))
    elif key.startswith(_BREAK):
        machine.fault(key.removeprefix(_BREAK))


_EXPORT, _VOID, _SOUND = f"{_TERMINAL}export", f"{_TERMINAL}void", f"{_TERMINAL}mend"
_FAIL = f"{_TERMINAL}fault:"


def terminal_rows(terminal: CardTerminal | None) -> list[Row]:
    """Return the lines of the card terminal: what is done at it, then what goes wrong."""
    if terminal is None:
        return []
    taken = word("pos_tray.export_about", amount=decimal(terminal.taken_fen))
    rows = [
        Row(_EXPORT, (word("pos_tray.export"), taken)),
        Row(_VOID, (word("pos_tray.void"), word("pos_tray.void_about"))),
    ]
    rows += [
        Row(f"{_FAIL}{name}", (word("pos_tray.fault"), word(f"demo_pos_fault.{name}")), "warn")
        for name in terminal.faults
    ]
    return [*rows, Row(_SOUND, (word("pos_tray.mend"), word("pos_tray.mend_about")))]


def do_at(terminal: CardTerminal | None, key: str) -> str:
    """Do what the line `key` of `terminal_rows` says; return what to say of it, or empty."""
    if terminal is None:
        return ""
    if key == _EXPORT:
        return terminal.export()
    if key == _VOID:
        return "" if terminal.void_last() else word("pos_tray.none")
    if key == _SOUND:
        terminal.mend()
    elif key.startswith(_FAIL):
        terminal.fault(key.removeprefix(_FAIL))
    return ""
