"""制卡 in a clerk's words: how a card stands, what is compared, what a trouble allows."""

from __future__ import annotations

from sbk_tui.data.making import BankStock, Listed
from sbk_tui.domain import mask
from sbk_tui.domain.production import MADE, Blank, ProductionState
from sbk_tui.hardware.ports import PrinterStatus
from sbk_tui.services import words
from sbk_tui.services.make_jobs import Standing
from sbk_tui.texts import name_of, word, words_for

S = ProductionState
OUT, READER, SPOIL, FAIL = "out", "reader", "spoil", "fail"
"""What a clerk can do about a card that does not go on."""


def standing(now: Standing) -> str:
    """Return how far a card is; 市中心接收 stays empty as long as nobody knows it (N2)."""
    production = now.production
    central = words.moment(production.central_at)
    return word(
        "make.standing",
        state=name_of("production_state", production.state.value),
        card=production.card or "—",
        blank=production.blank or "—",
        bank=name_of("bank", production.bank),
        central=central,
    )


def compared(now: Standing) -> str:
    """Return what the clerk compares with document and holder, beside the face."""
    production, person = now.production, now.person
    return word(
        "make.compared",
        name=person.name,
        number=person.number,
        bank=name_of("bank", production.bank),
        card=production.card,
        made=production.made_on.isoformat() if production.made_on else "",
        valid=production.valid_to.isoformat() if production.valid_to else "",
    )


def remedies(now: Standing) -> tuple[str, ...]:
    """Return what can be done about the card at work; nothing before a blank is bound."""
    production = now.production
    if not production.blank:
        return ()
    out = (OUT,) if now.begun_job else ()
    if production.state is S.FED:
        return (*out, READER, SPOIL, FAIL)
    if production.state is S.WRITTEN:
        return (FAIL, SPOIL, *out)
    return (*out, SPOIL) if production.state in MADE else ()


def listed(each: Listed) -> tuple[str, ...]:
    """Return a row of what waits: holder, masked number, how far, since when."""
    production, person = each.production, each.person
    return (
        person.name if person else "",
        mask.number(person.number) if person else "",
        name_of("production_state", production.state.value),
        production.blank,
        words.moment(production.moved_at)[5:],
    )


def stock(each: BankStock) -> tuple[str, ...]:
    """Return a row of the blanks of one bank."""
    counts = (each.stock, each.at_work, each.made, each.spoiled)
    return (name_of("bank", each.bank), *map(str, counts), each.next or word("supplies.none_left"))


def blank(each: Blank) -> str:
    """Return where a blank is, and why."""
    state = name_of("blank_state", each.state.value)
    reason = name_of("spoil_reason", each.reason) if each.reason else ""
    bank = name_of("bank", each.bank)
    key = "supplies.blank_spoiled" if reason else "supplies.blank"
    return word(key, serial=each.serial, bank=bank, state=state, reason=reason)


def printer(status: PrinterStatus | None) -> tuple[str, bool]:
    """Return how the card printer stands in words, and whether it is ready."""
    if status is None:
        return word("supplies.no_printer"), False
    if status.fault:
        said = words_for(status.fault, {"detail": status.detail, "place": ""})
        return f"{said.message}{said.remedy}", False
    if status.panels is None:
        return word("supplies.printer_ready"), True
    return word("supplies.printer_left", left=status.panels), True
