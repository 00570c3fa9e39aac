"""临时卡 (第六条, 6.1–6.3): blanks come in, go out, are enabled, rewritten, taken back, ended."""

from __future__ import annotations

from datetime import date, timedelta
from typing import ClassVar, Literal

from msgspec.structs import replace

from sbk_tui.domain.card import Receiver
from sbk_tui.domain.operations.base import Operation
from sbk_tui.domain.operations.issue import check_receiver
from sbk_tui.domain.rules import Rules, Settings
from sbk_tui.domain.temp_card import (
    MOST_BLANKS,
    TEMP_CLAUSE_OF,
    TempCard,
    TempCardNumber,
    TempCardState,
    check_chip,
    check_eligible,
    temp_move,
)
from sbk_tui.domain.world import Entity, Occasion, World
from sbk_tui.errors import Refusal

T = TempCardState
_MOST_BOX = 20


def last_day(today: date, settings: Settings) -> date:
    """Return 有效期至 of a card given out `today`: 60 days unless the office says else ([1] W7)."""
    return today + timedelta(days=settings.temp_card_days)


def known_temp_card(world: World, number: str, kind: str) -> TempCard:
    """Return the temporary card `number` if the table lets `kind` happen to it.

    Raises:
        Refusal: `temp.unknown`, `temp.no_such_move`.
    """
    card = world.temp_card(number)
    if card is None:
        raise Refusal("temp.unknown", clause=TEMP_CLAUSE_OF[kind], card=number)
    temp_move(card.state, kind)
    return card


def _refuse_void(card: TempCard, occasion: Occasion, clause: str) -> None:
    if card.valid_to is not None and card.is_void(occasion.today):
        raise Refusal("temp.void", clause=clause, until=card.valid_to.isoformat())


class StockTempCards(Operation, frozen=True, array_like=True, kw_only=True):
    """临时卡入库: numbered blanks come into this counter's stock, a box at a time."""

    kind: ClassVar[str] = "temp.stock"

    box: str
    numbers: tuple[str, ...]

    def admit(self, world: World, occasion: Occasion, rules: Rules) -> None:
        clause = "6.1.1.1"
        if not 0 < len(set(self.numbers)) <= MOST_BLANKS:
            raise Refusal("temp.stock_size", clause=clause, most=MOST_BLANKS)
        if not 0 < len(self.box) <= _MOST_BOX:
            raise Refusal("temp.box", clause=clause)
        for number in self.numbers:
            if TempCardNumber.parse(number) != number:
                raise Refusal("temp_card_number.form", clause=clause)
            if world.temp_card(number) is not None:
                raise Refusal("temp.known", clause=clause, card=number)

    def effect(self, world: World, occasion: Occasion) -> tuple[Entity, ...]:
        new = (n for n in dict.fromkeys(self.numbers) if world.temp_card(n) is None)
        return tuple(TempCard(number=n, box=self.box, custody=occasion.seat.counter) for n in new)


class IssueTempCard(Operation, frozen=True, array_like=True, kw_only=True):
    """临时卡发放 (6.1.1.1, 6.1.2.2): a blank becomes the card of somebody who waits for one."""

    kind: ClassVar[str] = "temp.issue"

    temp_card: str
    """临时卡编号."""
    person: str
    receiver: Receiver
    valid_to: date
    """有效期至, printed on the slip."""
    chip: str = ""
    """卡识别码 of the chip that was written; empty: a counter without a reader."""

    def admit(self, world: World, occasion: Occasion, rules: Rules) -> None:
        clause = TEMP_CLAUSE_OF[self.kind]
        person = world.person(self.person)
        if person is None:
            raise Refusal("person.unknown", clause="第六条")
        if not occasion.seat.is_own(person.district):
            raise Refusal("card.other_district", clause="第五条", kind=self.kind)
        check_eligible(
            world.cards_of(person.id),
            world.applications_of(person.id),
            world.temp_cards_of(person.id),
            occasion.seat.counter,
        )
        card = known_temp_card(world, self.temp_card, self.kind)
        if card.custody != occasion.seat.counter:
            raise Refusal("temp.not_in_custody", clause=clause, card=card.number)
        check_chip(card, self.chip, clause)
        check_receiver(self.receiver, clause)
        days = (self.valid_to - occasion.today).days
        if not 0 < days <= rules.settings.temp_card_max_days:
            most = rules.settings.temp_card_max_days
            raise Refusal("temp.term", clause=clause, until=self.valid_to.isoformat(), most=most)

    def effect(self, world: World, occasion: Occasion) -> tuple[Entity, ...]:
        blank = world.temp_card(self.temp_card)
        if blank is None:
            return ()
        # Whatever an earlier holder did with it is in the log, not on the card.
        return (
            TempCard(
                number=blank.number,
                state=T.ISSUED,
                person=self.person,
                receiver=self.receiver,
                issued_at=occasion.at,
                valid_to=self.valid_to,
                chip=blank.chip or self.chip,
            ),
        )


class EnableTempCard(Operation, frozen=True, array_like=True, kw_only=True):
    """临时卡启用 (6.1.1.2, 6.1.2.3)."""

    kind: ClassVar[str] = "temp.enable"

    temp_card: str

    def admit(self, world: World, occasion: Occasion, rules: Rules) -> None:
        clause = TEMP_CLAUSE_OF[self.kind]
        card = known_temp_card(world, self.temp_card, self.kind)
        if card.enabled_at is not None:
            raise Refusal("temp.enabled", clause=clause, card=card.number)
        _refuse_void(card, occasion, clause)
        holder = world.person(card.person)
        if holder is not None and not occasion.seat.is_own(holder.district):
            raise Refusal("card.other_district", clause="第五条", kind=self.kind)

    def effect(self, world: World, occasion: Occasion) -> tuple[Entity, ...]:
        card = world.temp_card(self.temp_card)
        return () if card is None else (replace(card, enabled_at=occasion.at),)


class RewriteTempCard(Operation, frozen=True, array_like=True, kw_only=True):
    """重写 (6.2): the same card is written again, and its holder sets the password anew."""

    kind: ClassVar[str] = "temp.rewrite"

    temp_card: str
    id_shown: bool
    chip: str = ""
    """卡识别码 of the chip that was written; empty: a counter without a reader."""

    def admit(self, world: World, occasion: Occasion, rules: Rules) -> None:
        clause = TEMP_CLAUSE_OF[self.kind]
        card = known_temp_card(world, self.temp_card, self.kind)
        check_chip(card, self.chip, clause)
        if not self.id_shown:
            raise Refusal("temp.id_not_shown", clause=clause)
        _refuse_void(card, occasion, clause)

    def effect(self, world: World, occasion: Occasion) -> tuple[Entity, ...]:
        card = world.temp_card(self.temp_card)
        if card is None:
            return ()
        return (replace(card, rewritten_at=occasion.at, chip=card.chip or self.chip),)


class TakeBackTempCard(Operation, frozen=True, array_like=True, kw_only=True):
    """收回 (6.3): the card lies at the counter and is a blank again; what was stays in the log."""

    kind: ClassVar[str] = "temp.take_back"

    temp_card: str
    box: str = ""
    """Where it is put; empty: not in a box yet."""

    def admit(self, world: World, occasion: Occasion, rules: Rules) -> None:
        known_temp_card(world, self.temp_card, self.kind)
        if len(self.box) > _MOST_BOX:
            raise Refusal("temp.box", clause=TEMP_CLAUSE_OF[self.kind])

    def effect(self, world: World, occasion: Occasion) -> tuple[Entity, ...]:
        card = world.temp_card(self.temp_card)
        if card is None or card.state is not T.ISSUED:
            return ()
        counter = occasion.seat.counter
        back = replace(
            card, state=T.TAKEN_BACK, custody=counter, box=self.box, returned_at=occasion.at
        )
        return (back,)


class CancelTempCard(Operation, frozen=True, array_like=True, kw_only=True):
    """临时卡注销: lost, spoiled, or a blank no longer used; final."""

    kind: ClassVar[str] = "temp.cancel"

    temp_card: str
    end: Literal["02", "03", "05"]
    """The state it ends in: 02 遗失, 03 损坏, 05 不再使用."""

    def admit(self, world: World, occasion: Occasion, rules: Rules) -> None:
        clause = TEMP_CLAUSE_OF[self.kind]
        card = known_temp_card(world, self.temp_card, self.kind)
        out = card.state is T.ISSUED
        if not out and card.custody != occasion.seat.counter:
            raise Refusal("temp.not_in_custody", clause=clause, card=card.number)
        if out and self.end == T.RETIRED.value:
            raise Refusal("temp.still_out", clause=clause, card=card.number)

    def effect(self, world: World, occasion: Occasion) -> tuple[Entity, ...]:
        card = world.temp_card(self.temp_card)
        if card is None:
            return ()
        ended = replace(
            card, state=TempCardState(self.end), custody="", box="", ended_at=occasion.at
        )
        return (ended,)
