"""What the 制卡机 and the chip are told for one card (5.1.3.2, 5.1.3.3), each step on disk.

Nothing here changes the records of a card; after any interruption the same call goes on.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import NamedTuple

from sbk_tui.data.sagas import StepState
from sbk_tui.domain.identity import SocialNumber
from sbk_tui.domain.rules import Rules
from sbk_tui.errors import DeviceFault, OutcomeUnknown, Refusal, SbkError
from sbk_tui.hardware.ports import (
    CardPrinter,
    CardRecord,
    KeyService,
    SocialCard,
    SocialCardReader,
    WriteOrder,
)
from sbk_tui.services.make_jobs import CHIP, EJECT, FEED, ITEM, MAKE, PRINT, Standing
from sbk_tui.services.make_steps import MakeSteps


class Told(NamedTuple):
    """What a chip says of itself once it is written: it goes to the city with 数据回盘."""

    identification: str
    historical: str
    version: str
    bank_card: str


class Machine:
    """The devices of production at one counter; `None` for what it does not have."""

    def __init__(
        self,
        steps: MakeSteps,
        *,
        printer: Callable[[], CardPrinter] | None,
        reader: Callable[[str], SocialCardReader | None],
        keys: Callable[[], KeyService] | None,
        rules: Rules,
        new_id: Callable[[], str],
    ) -> None:
        """Take the drivers' makers.

        Args:
            reader: gives the reader at a URL; for an empty one the counter's own, None: no reader.
        """
        self._steps = steps
        self._printer = printer
        self._reader = reader
        self._keys = keys
        self._rules = rules
        self._new_id = new_id

    # ------------------------------------------------------------------ in and out

    def feed(self, now: Standing, cancel: threading.Event) -> None:
        """进卡: bring the card to the chip unit; a way that was begun is gone on with.

        Raises:
            Refusal: `make.no_printer`; DeviceFault, OutcomeUnknown, Cancelled: as the port.
        """
        printer, blank = self._machine(), now.production.blank
        job = now.begun_job
        if job and not now.has(FEED, StepState.CONFIRMED, job=job):
            # The same job: where the blank has come in already, nothing moves again (C13).
            printer.status()
        else:
            job = self._new_id()
        with self._steps.doing(now, FEED, "card_printer", {"job": job, "blank": blank}):
            try:
                printer.feed(job, cancel)
            except DeviceFault as error:
                if error.code != "cardprinter.occupied" or not self._put_out_left(now, printer):
                    raise
                printer.feed(job, cancel)

    def _put_out_left(self, now: Standing, printer: CardPrinter) -> bool:
        """Put out a blank of this card that became waste just before a crash; False: none is."""
        left = [
            step.baseline["job"]
            for step in now.steps
            if step.name == FEED and step.baseline["blank"] != now.production.blank
        ]
        for job in left:
            if not now.has(EJECT, StepState.CONFIRMED, job=job):
                with self._steps.doing(now, EJECT, "card_printer", {"job": job}):
                    _ejected(printer, job, spoiled=True)
        return bool(left)

    def put_out(self, now: Standing, *, spoiled: bool) -> None:
        """Put the card out, if one is inside: into the bin of cards, or of waste.

        Raises:
            DeviceFault, OutcomeUnknown: as the port.
        """
        job = now.begun_job
        if not job or self._printer is None:
            return
        with self._steps.doing(now, EJECT, "card_printer", {"job": job}):
            _ejected(self._printer(), job, spoiled=spoiled)

    # ------------------------------------------------------------------ the chip

    def write(
        self,
        now: Standing,
        cancel: threading.Event,
        *,
        over: frozenset[str],
        own_reader: bool,
    ) -> Told:
        """写卡: bring the chip to what was fetched, read it back, return what it says of itself.

        The step is left open: it is settled with its operation.

        Args:
            over: numbers that may stand on the chip; all of this holder.
            own_reader: use the counter's own reader instead of the printer's unit (F5).

        Raises:
            Refusal: `make.no_reader`, `make.no_keys`, `make.other_bank`, `chip.another_card`,
                `chip.used_card`: the chip is as it was.
            OutcomeUnknown, DeviceFault, Cancelled: as the port; called again it goes on.
        """
        reader = self._chip_reader(own_reader=own_reader)
        if self._keys is None:
            raise Refusal("make.no_keys", clause=MAKE)
        chip = reader.read(cancel, bank=True)
        self._refuse_other(now, chip)
        facts = {
            "blank": now.production.blank,
            "identification": chip.identification,
            "historical": chip.historical,
        }
        open_step = now.last(CHIP, **facts)
        if open_step is None or not open_step.is_open:
            self._steps.begin(now, CHIP, "card_reader", {**facts, "bank_card": chip.bank_number})
        self._steps.sent(now, CHIP)
        order = WriteOrder(values=_order(now), over=over)
        journal = _Journal(self._steps, now, chip.identification)
        try:
            reader.write(cancel, chip, order, self._keys(), journal, op=now.id)
        except SbkError as error:
            lost = isinstance(error, OutcomeUnknown)
            state = StepState.UNKNOWN if lost else StepState.FAILED
            self._steps.settle(now, CHIP, state, {"code": error.code})
            raise
        return Told(chip.identification, chip.historical, chip.version, chip.bank_number)

    def _chip_reader(self, *, own_reader: bool) -> SocialCardReader:
        url = "" if own_reader or self._printer is None else self._printer().coupler()
        reader = self._reader(url)
        if reader is None:
            raise Refusal("make.no_reader", clause=MAKE)
        return reader

    def _refuse_other(self, now: Standing, chip: SocialCard) -> None:
        """Refuse a chip that is not the blank's: of another bank, or not the one begun with."""
        for step in now.steps:
            if step.name.startswith(ITEM):  # only then something was sent to that chip
                same_blank = step.baseline["blank"] == now.production.blank
                same_chip = step.baseline["identification"] == chip.identification
                if same_blank != same_chip:
                    raise Refusal("chip.another_card", clause=MAKE)
        banks = self._rules.codes["bank_card_prefix"].rows
        prefix = next((p for p in banks if chip.bank_number.startswith(p)), "")
        if prefix and banks[prefix].name != now.production.bank:
            raise Refusal("make.other_bank", clause=MAKE, bank=banks[prefix].name)

    # ------------------------------------------------------------------ the face

    def print_face(self, now: Standing, face: bytes, cancel: threading.Event) -> None:
        """打印: print the face, once; what it counted before is on disk first.

        Raises:
            DeviceFault, OutcomeUnknown, Cancelled: as the port; then `was_printed` asks.
        """
        printer, job = self._machine(), now.job
        before = printer.counters()
        baseline = {} if before.printed is None else {"printed": str(before.printed)}
        with self._steps.doing(now, PRINT, "card_printer", {"job": job}, baseline):
            printer.print_face(face, job, cancel, record=_record(now))

    def was_printed(self, now: Standing) -> bool | None:
        """Return whether the printer counted a face since it was told to print (C18).

        None: it does not say, somebody has to look; the step then stays open.

        Raises:
            DeviceFault: it cannot be asked.
        """
        step, counted = now.last(PRINT, job=now.job), self._machine().counters().printed
        before = step.baseline.get("printed") if step is not None else None
        if before is None or counted is None:
            return None
        printed = counted > int(before)
        self.looked_at(now, printed=printed, seen="counter")
        return printed

    def looked_at(self, now: Standing, *, printed: bool, seen: str) -> None:
        """Settle a print whose answer was lost, by its counter or by the clerk's eyes."""
        state = StepState.CONFIRMED if printed else StepState.FAILED
        self._steps.settle(now, PRINT, state, {"seen": seen})

    def _machine(self) -> CardPrinter:
        if self._printer is None:
            raise Refusal("make.no_printer", clause=MAKE)
        return self._printer()


def _ejected(printer: CardPrinter, job: str, *, spoiled: bool) -> None:
    """Put a card out; one that is not inside was taken out by hand."""
    try:
        printer.eject(job, spoiled=spoiled)
    except DeviceFault as error:
        if error.code != "cardprinter.no_card":
            raise


class _Journal:
    """The port's `WriteJournal`: each item of the chip is a step of the production."""

    def __init__(self, steps: MakeSteps, now: Standing, identification: str) -> None:
        self._steps = steps
        self._now = now
        self._chip = {"blank": now.production.blank, "identification": identification}

    def intend(self, item: str, digest: str) -> None:
        """On disk before the item is sent."""
        facts = {**self._chip, "digest": digest}
        self._steps.begin(self._now, ITEM + item, "card_reader", facts)
        self._steps.sent(self._now, ITEM + item)

    def confirm(self, item: str) -> None:
        """On disk once it was read back."""
        self._steps.settle(self._now, ITEM + item, StepState.CONFIRMED)


def _order(now: Standing) -> dict[str, str]:
    """Return the items and their texts, in the chip's forms."""
    production, person = now.production, now.person
    number = SocialNumber.parse(person.number)
    born, sex = person.birth or number.birth, person.sex or number.sex
    return {
        "issued": f"{production.made_on:%Y%m%d}" if production.made_on else "",
        "valid_to": f"{production.valid_to:%Y%m%d}" if production.valid_to else "",
        "number": production.card,
        "social_number": person.number,
        "name": person.name,
        "sex": sex,
        "nation": person.nation,
        "birth": f"{born:%Y%m%d}" if born else "",
    }


def _record(now: Standing) -> CardRecord:
    production, person = now.production, now.person
    return CardRecord(
        card=production.card,
        number=person.number,
        name=person.name,
        made=f"{production.made_on:%Y%m%d}" if production.made_on else "",
        valid_to=f"{production.valid_to:%Y%m%d}" if production.valid_to else "",
        identification=production.identification,
        historical=production.historical,
        bank_card=production.bank_card,
    )
