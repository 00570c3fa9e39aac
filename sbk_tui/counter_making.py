"""The desks of production and its supplies (5.1.3), and the devices they tell."""

from __future__ import annotations

import os

from sbk_tui.counter_around import Around
from sbk_tui.counter_chips import Reader, key_service_of
from sbk_tui.counter_devices import card_printer_of, card_sheet_of
from sbk_tui.data.making import Making
from sbk_tui.domain.operations.base import Operation
from sbk_tui.domain.world import from_ms
from sbk_tui.hardware.ports import SocialCardReader
from sbk_tui.services.make_desk import MakeDesk
from sbk_tui.services.make_face import Faces
from sbk_tui.services.make_machine import Machine
from sbk_tui.services.make_steps import MakeSteps, Questions
from sbk_tui.services.supply_desk import SupplyDesk
from sbk_tui.services.till import Till


def making_of(a: Around) -> Making:
    """Return what this counter makes."""
    return Making(a.store, a.held.counter)


def make_desk(a: Around, till: Till, reader: Reader) -> MakeDesk:
    """Return the desk of 制卡; it shares the steps and the way to the city with the fees."""
    steps = MakeSteps(till.sagas, a.session.clerk, a.now_ms)
    machine = Machine(
        steps,
        printer=card_printer_of(a.config),
        reader=lambda url: _chip_unit(url) if url else reader() if reader else None,
        keys=key_service_of(a.config),
        rules=a.rules,
        new_id=a.new_id,
    )
    faces = Faces(
        a.blobs.get,
        mask_number=a.rules.settings.mask_number_on_face,
        training=a.config.training,
        sheet=card_sheet_of(a.config),
    )
    questions = Questions(
        a.ledger, till.city, steps, operation_of=lambda op: _sealed(a, op), new_id=a.new_id
    )
    return MakeDesk(
        a.ledger, questions, making_of(a), machine, sagas=till.sagas, steps=steps, faces=faces,
        rules=a.rules, now=lambda: from_ms(a.now_ms()), new_id=a.new_id,
    )  # fmt: skip


def supply_desk(a: Around) -> SupplyDesk:
    """Return the desk of blanks and ribbons."""
    printer = card_printer_of(a.config)
    return SupplyDesk(a.ledger, making_of(a), printer=printer, rules=a.rules)


def _chip_unit(url: str) -> SocialCardReader:
    from sbk_tui.hardware.chip.opening import open_social_card_reader

    return open_social_card_reader(url, os.environ)


def _sealed(a: Around, op: str) -> Operation | None:
    filed = a.lookup.operation(op)
    return filed.operation if filed is not None else None
