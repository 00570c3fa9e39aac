"""The desks of fees, pre-printed forms and their numbers, and the devices they ask (5.1.1)."""

from __future__ import annotations

import os
import secrets
import time
from pathlib import Path

from sbk_tui import config as configuration
from sbk_tui import process
from sbk_tui.counter_around import Around
from sbk_tui.data.counter_file import clerks
from sbk_tui.data.money import Money
from sbk_tui.data.open_fees import OpenFees
from sbk_tui.data.planned_sagas import PlannedSagas
from sbk_tui.data.pos_book import PosBook
from sbk_tui.data.sagas import Sagas
from sbk_tui.domain.world import CHINA, from_ms
from sbk_tui.hardware.ports import FormPrinter, PosTerminal
from sbk_tui.printing.escp import Offset
from sbk_tui.services.city_first import CityFirst
from sbk_tui.services.fee_desk import FeeDesk
from sbk_tui.services.form_desk import FormDesk
from sbk_tui.services.match_desk import MatchDesk
from sbk_tui.services.number_desk import NumberDesk
from sbk_tui.services.open_work import FeeSource, OpenWorkDesk, TempCardSource
from sbk_tui.services.till import Till

_NONCES = 10_000


def till_of(a: Around) -> Till:
    """Return what all money desks share: the ledger, the payments, the steps with devices."""
    return Till(
        ledger=a.ledger,
        city=CityFirst(a.store, a.ledger, now_ms=a.now_ms, clock=time.monotonic, wait=time.sleep),
        money=Money(a.store, a.held.counter),
        sagas=Sagas(a.store, holder=process.this_process(), is_alive=process.is_alive),
        rules=a.rules,
        desk=a.head,
        now_ms=a.now_ms,
        clerk=a.session.clerk,
    )


def fee_desk(a: Around, till: Till) -> FeeDesk:
    """Return the desk of payments by POS and at the bank."""
    url, operator = a.config.devices.pos, till.clerk[-4:]

    def pos() -> PosTerminal:
        from sbk_tui.hardware.pos_driver import SerialPos

        return SerialPos(url, os.environ, operator=operator)

    return FeeDesk(
        till,
        pos=pos if url else None,
        new_id=a.new_id,
        new_nonce=lambda: f"{secrets.randbelow(_NONCES):04d}",
    )


def form_desk(a: Around, till: Till) -> FormDesk:
    """Return the desk of 缴款通知书 and 财政票据 on pre-printed paper."""
    devices: configuration.Devices = a.config.devices

    def printer() -> FormPrinter:
        from sbk_tui.hardware.paper_out import open_form_printer

        return open_form_printer(
            devices.form_printer or _into_files(a.home),
            lambda: from_ms(a.now_ms()).astimezone(CHINA),
        )

    return FormDesk(till, printer, Offset(devices.form_offset_x, devices.form_offset_y))


def number_desk(a: Around, till: Till) -> NumberDesk:
    """Return the desk of the stock of pre-printed numbers."""
    return NumberDesk(a.ledger, till.money, rules=a.rules, desk=a.head, now_ms=a.now_ms)


def match_desk(a: Around, till: Till) -> MatchDesk:
    """Return the desk that holds the terminal's list of a day against the records."""
    named = a.config.devices.pos_lists
    return MatchDesk(till, PosBook(a.store), Path(named) if named else a.home / "pos-lists")


def open_work_desk(a: Around) -> OpenWorkDesk:
    """Return the desk of what was begun here and not finished; more work adds its own source."""
    names = {row.id: row.name for row in clerks(a.store)}
    return OpenWorkDesk((
        FeeSource(
            OpenFees(a.store, a.held.counter), a.now_ms, notice_days=a.rules.settings.notice_days
        ),
        TempCardSource(
            PlannedSagas(a.store, process.this_process()), a.lookup,
            lambda clerk: names.get(clerk, clerk),
        ),
    ))  # fmt: skip


def _into_files(home: Path) -> str:
    folder = home / "papers"
    folder.mkdir(mode=0o700, exist_ok=True)
    return f"file://{folder}/%Y%m%d-%H%M%S-{{title}}.prn"
