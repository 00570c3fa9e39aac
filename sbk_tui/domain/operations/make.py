"""制卡 (5.1.3): 获取数据, 进卡, 写卡, 数据回盘, 打印, and what went wrong with each.

What the city must agree to is asked before the machine moves (进卡, 回盘, 恢复申请); what the
machine has done is a fact. Between 写卡 and 数据回盘 no card exists yet, so none can be printed
or handed out that the city does not know.
"""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Literal

from msgspec.structs import replace

from sbk_tui.domain.card import Card
from sbk_tui.domain.making import (
    allot,
    check_ground,
    data_of,
    known_production,
    open_wish,
    own_production,
)
from sbk_tui.domain.operations.base import Operation
from sbk_tui.domain.production import (
    BEFORE_BLANK,
    IN_MACHINE,
    MADE,
    Blank,
    BlankState,
    Production,
    ProductionState,
)
from sbk_tui.domain.rules import Rules
from sbk_tui.domain.world import Entity, Occasion, World
from sbk_tui.errors import Refusal

S = ProductionState
MAKE, REPRINT, RESTORE = "5.1.3.2", "5.1.3.3", "5.1.3.4"
Step = Literal["feed", "write", "read_back", "print"]
_IDENTIFICATION = 32


class FetchData(Operation, frozen=True, array_like=True, kw_only=True):
    """获取数据 (5.1.3.2): the city allots the card number and says what goes onto the card."""

    kind: ClassVar[str] = "make.fetch"

    application: str
    series: str
    """The first letter of the card number, as the city has set it for instant cards."""
    valid_to: date
    """卡有效期."""

    def admit(self, world: World, occasion: Occasion, rules: Rules) -> None:
        own_production(world, self.application, occasion, MAKE, BEFORE_BLANK)
        check_ground(world, open_wish(world, self.application, MAKE), MAKE)
        if self.series != rules.settings.instant_card_series or self.valid_to <= occasion.today:
            raise Refusal("make.settings", clause=MAKE)

    def effect(self, world: World, occasion: Occasion) -> tuple[Entity, ...]:
        production, wish = world.production(self.application), world.application(self.application)
        person = world.person(wish.person) if wish else None
        if production is None or wish is None or person is None:
            return ()
        fetched = replace(
            production,
            state=S.FETCHED,
            moved_at=occasion.at,
            card=production.card or allot(world, wish.id, self.series),
            made_on=occasion.today,
            valid_to=self.valid_to,
            data=data_of(person, wish),
        )
        return (fetched,)


class FeedBlank(Operation, frozen=True, array_like=True, kw_only=True):
    """进卡 (5.1.3.2): a blank of the right bank goes into the machine; asked before it moves."""

    kind: ClassVar[str] = "make.feed"

    application: str
    blank: str
    """Serial of the blank on top of the hopper."""

    def admit(self, world: World, occasion: Occasion, rules: Rules) -> None:
        production = own_production(world, self.application, occasion, MAKE, {S.FETCHED})
        wish = open_wish(world, self.application, MAKE)
        check_ground(world, wish, MAKE)
        if occasion.at > production.lease_ends(rules.settings.production_lease_minutes):
            raise Refusal("make.lease_over", clause=MAKE)
        person = world.person(wish.person)
        if person is None or production.data != data_of(person, wish):
            raise Refusal("make.data_changed", clause=MAKE)
        blank = known_blank(world, self.blank, occasion)
        if blank.bank != production.bank:
            raise Refusal("blank.bank", clause=MAKE, bank=blank.bank)
        ours = blank.state is BlankState.WRITTEN and blank.application == wish.id
        if blank.state is not BlankState.STOCK and not ours:
            raise Refusal("blank.state", clause=MAKE, blank_state=blank.state.value)
        if production.blank not in {"", blank.serial}:
            raise Refusal("blank.other_first", clause=MAKE, blank=production.blank)

    def effect(self, world: World, occasion: Occasion) -> tuple[Entity, ...]:
        production, blank = world.production(self.application), world.blank(self.blank)
        if production is None or blank is None:
            return ()
        return (
            replace(production, state=S.FED, moved_at=occasion.at, blank=blank.serial),
            replace(blank, state=BlankState.FED, application=production.application),
        )


class WriteChip(Operation, frozen=True, array_like=True, kw_only=True):
    """写卡: the chip was written and read back; what it says of itself goes to the city next."""

    kind: ClassVar[str] = "make.write"

    application: str
    identification: str
    """卡识别码, 32 hexadecimal characters."""
    historical: str
    """卡复位信息."""
    version: str
    """卡规范版本."""
    bank_card: str
    """银行卡号 that was read from the blank."""

    def admit(self, world: World, occasion: Occasion, rules: Rules) -> None:
        own_production(world, self.application, occasion, MAKE, {S.FED})
        if len(self.identification) != _IDENTIFICATION:
            raise Refusal("make.chip_unknown", clause=MAKE)

    def effect(self, world: World, occasion: Occasion) -> tuple[Entity, ...]:
        production = _at_work(world, self.application, occasion, {S.FED})
        if production is None:
            return ()
        written = replace(
            production,
            state=S.WRITTEN,
            moved_at=occasion.at,
            identification=self.identification,
            historical=self.historical,
            version=self.version,
            bank_card=self.bank_card,
        )
        blank = world.blank(production.blank)
        if blank is None:
            return (written,)
        return written, replace(blank, state=BlankState.WRITTEN, identification=self.identification)


class ReadBack(Operation, frozen=True, array_like=True, kw_only=True):
    """数据回盘: the city takes over what the chip says; 市中心接收 gets its time, a card exists."""

    kind: ClassVar[str] = "make.read_back"

    application: str
    identification: str
    historical: str
    bank_card: str

    def admit(self, world: World, occasion: Occasion, rules: Rules) -> None:
        production = own_production(world, self.application, occasion, MAKE, {S.WRITTEN})
        said = (self.identification, self.historical, self.bank_card)
        if said != (production.identification, production.historical, production.bank_card):
            raise Refusal("make.chip_differs", clause=MAKE)
        check_ground(world, open_wish(world, self.application, MAKE), MAKE)
        card = world.card(production.card)
        if card is not None and card.person != production.person:
            raise Refusal("make.number_taken", clause=MAKE, card=production.card)

    def effect(self, world: World, occasion: Occasion) -> tuple[Entity, ...]:
        production, wish = world.production(self.application), world.application(self.application)
        if production is None or wish is None:
            return ()
        card = Card(
            number=production.card,
            person=production.person,
            bank=production.bank,
            bank_card=production.bank_card,
            custody=production.counter,
            made_on=production.made_on,
            valid_to=production.valid_to,
            version=production.version,
            known_at=occasion.at,
            replaces=wish.old_card,
        )
        returned = replace(
            production, state=S.RETURNED, moved_at=occasion.at, central_at=occasion.at
        )
        done = replace(wish, state="02", card=card.number)
        blank = world.blank(production.blank)
        made = () if blank is None else (replace(blank, state=BlankState.MADE),)
        return (card, done, returned, *made)


class PrintFace(Operation, frozen=True, array_like=True, kw_only=True):
    """打印, 补打卡面 (5.1.3.2, 5.1.3.3): the face is on the card and good; no chip is touched."""

    kind: ClassVar[str] = "make.print"

    application: str

    def admit(self, world: World, occasion: Occasion, rules: Rules) -> None:
        own_production(world, self.application, occasion, MAKE, MADE)

    def effect(self, world: World, occasion: Occasion) -> tuple[Entity, ...]:
        production = _at_work(world, self.application, occasion, MADE)
        if production is None:
            return ()
        printed = replace(
            production, state=S.PRINTED, moved_at=occasion.at, printed=production.printed + 1
        )
        return (printed,)


class FailProduction(Operation, frozen=True, array_like=True, kw_only=True):
    """失败数据回盘 (5.1.3.4): 写卡 or 数据回盘 did not succeed; the application waits for 恢复."""

    kind: ClassVar[str] = "make.fail"

    application: str
    step: Step
    reason: str
    """A code of the table `make_fault`."""
    answer: str = ""
    """What the device or the line said, as a code."""
    spoiled: bool = False
    """Whether the blank is spoiled; else it serves this person only."""

    def admit(self, world: World, occasion: Occasion, rules: Rules) -> None:
        own_production(world, self.application, occasion, RESTORE, IN_MACHINE)
        if not rules.knows("make_fault", self.reason):
            raise Refusal("make.fault", clause=RESTORE)

    def effect(self, world: World, occasion: Occasion) -> tuple[Entity, ...]:
        production = _at_work(world, self.application, occasion, IN_MACHINE)
        wish = world.application(self.application)
        if production is None or wish is None:
            return ()
        failed = replace(
            production,
            state=S.FAILED,
            moved_at=occasion.at,
            failed_step=self.step,
            failed_reason=self.reason,
            failed_answer=self.answer,
            blank="" if self.spoiled or self.step == "feed" else production.blank,
        )
        blank = world.blank(production.blank)
        after = () if blank is None else (self._put_down(blank, occasion),)
        return (replace(wish, state="04"), failed, *after)

    def _put_down(self, blank: Blank, occasion: Occasion) -> Blank:
        if self.spoiled:
            return replace(blank, state=BlankState.SPOILED, reason="1", spoiled_at=occasion.at)
        if self.step == "feed":  # nothing was sent to its chip
            return replace(blank, state=BlankState.STOCK, application="")
        return replace(blank, state=BlankState.WRITTEN)


class SpoilBlank(Operation, frozen=True, array_like=True, kw_only=True):
    """废卡: a blank of the stock, or the one at work, is spoiled; the same application goes on."""

    kind: ClassVar[str] = "blank.spoil"

    blank: str
    reason: str
    """A code of the table `spoil_reason`."""

    def admit(self, world: World, occasion: Occasion, rules: Rules) -> None:
        blank = known_blank(world, self.blank, occasion)
        if not rules.knows("spoil_reason", self.reason):
            raise Refusal("blank.reason", clause="5.1.3.1")
        if blank.state is BlankState.SPOILED:
            raise Refusal("blank.state", clause="5.1.3.1", blank_state=blank.state.value)
        production = world.production(blank.application) if blank.application else None
        card = world.card(production.card) if production is not None and production.card else None
        if card is not None and card.is_out:
            raise Refusal("blank.handed_out", clause="5.1.3.1", card=card.number)

    def effect(self, world: World, occasion: Occasion) -> tuple[Entity, ...]:
        blank = world.blank(self.blank)
        if blank is None:
            return ()
        spoiled = replace(
            blank, state=BlankState.SPOILED, reason=self.reason, spoiled_at=occasion.at
        )
        production = world.production(blank.application) if blank.application else None
        if production is None or production.blank != blank.serial:
            return (spoiled,)
        wish = world.application(production.application)
        if production.state not in IN_MACHINE | MADE:
            return (spoiled, replace(production, blank=""))
        again = replace(
            production,
            state=S.FETCHED,
            moved_at=occasion.at,
            blank="",
            identification="",
            historical="",
            bank_card="",
            central_at=None,
        )
        return (spoiled, again) if wish is None else (spoiled, again, replace(wish, state="05"))


class RestoreApplication(Operation, frozen=True, array_like=True, kw_only=True):
    """失败数据处理—恢复申请 (5.1.3.4): back to 5.1.2.4; any counter of the city may mark it."""

    kind: ClassVar[str] = "make.restore"

    application: str

    def admit(self, world: World, occasion: Occasion, rules: Rules) -> None:
        open_wish(world, self.application, RESTORE)
        production = known_production(world, self.application, RESTORE)
        if production.state is not S.FAILED:
            raise Refusal("make.state", clause=RESTORE, production_state=production.state.value)
        if production.counter != occasion.seat.counter and production.blank:
            # The written blank lies there, and serves this person only.
            raise Refusal("make.other_counter", clause=RESTORE, counter=production.counter)

    def effect(self, world: World, occasion: Occasion) -> tuple[Entity, ...]:
        production, wish = world.production(self.application), world.application(self.application)
        if production is None or wish is None:
            return ()
        waiting = replace(production, state=S.WAITING, moved_at=occasion.at)
        return (replace(wish, state="00"), waiting)


class ReportToCentre(Operation, frozen=True, array_like=True, kw_only=True):
    """报信息中心 (N2): 写卡 or 数据回盘 gave no success message; the city looks into it."""

    kind: ClassVar[str] = "centre.report"

    application: str
    step: Step
    answer: str
    """What the device or the line said, as a code; empty: nothing."""

    def admit(self, world: World, occasion: Occasion, rules: Rules) -> None:
        known_production(world, self.application, "N2")

    def effect(self, world: World, occasion: Occasion) -> tuple[Entity, ...]:
        production = world.production(self.application)
        return () if production is None else (replace(production, reported_at=occasion.at),)


def known_blank(world: World, serial: str, occasion: Occasion) -> Blank:
    """Return a blank that lies at this counter.

    Raises:
        Refusal: `blank.unknown`, `blank.elsewhere`.
    """
    blank = world.blank(serial)
    if blank is None:
        raise Refusal("blank.unknown", clause="5.1.3.1", blank=serial)
    if blank.custody != occasion.seat.counter:
        raise Refusal("blank.elsewhere", clause="5.1.3.1", blank=serial)
    return blank


def _at_work(
    world: World, application: str, occasion: Occasion, states: frozenset[S] | set[S]
) -> Production | None:
    """Return the production if this counter's fact may move it; a late fact of another cannot."""
    production = world.production(application)
    if production is None or production.counter != occasion.seat.counter:
        return None
    return production if production.state in states else None
