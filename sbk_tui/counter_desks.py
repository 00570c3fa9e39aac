"""The desks of one counter, each built by hand around one ledger, group by group."""

from __future__ import annotations

from functools import partial

from sbk_tui import process, surroundings
from sbk_tui.counter_around import Around
from sbk_tui.counter_bank import bank_desk
from sbk_tui.counter_chips import Reader, chip_desk, pin_desk, social_reader_of, temp_chips
from sbk_tui.counter_devices import document_camera_of, folder_of, printer, reader_of
from sbk_tui.counter_making import make_desk, making_of, supply_desk
from sbk_tui.counter_money import (
    fee_desk,
    form_desk,
    match_desk,
    number_desk,
    open_work_desk,
    till_of,
)
from sbk_tui.data.access import AccessLog
from sbk_tui.data.cases import Cases
from sbk_tui.data.day import DayBook
from sbk_tui.data.drafts import Drafts
from sbk_tui.data.handovers import Handovers
from sbk_tui.data.issues import Issues
from sbk_tui.data.outgoing import Outgoing
from sbk_tui.data.papers import Papers
from sbk_tui.data.planned_sagas import PlannedSagas
from sbk_tui.data.pos_book import PosBook
from sbk_tui.data.pseudonym import pseudonyms
from sbk_tui.data.slip_code import SlipCodes, slip_key
from sbk_tui.data.stats import Stats
from sbk_tui.data.stock import Stock
from sbk_tui.data.temp_cards import TempCards
from sbk_tui.data.uncollected import Uncollected
from sbk_tui.data.unit_cards import UnitCards
from sbk_tui.data.units import Units
from sbk_tui.pinyin import initials
from sbk_tui.services import signing, words
from sbk_tui.services.apply_desk import ApplyDesk
from sbk_tui.services.blind_loss_desk import BlindLossDesk
from sbk_tui.services.card_desk import CardDesk
from sbk_tui.services.cases_desk import CasesDesk
from sbk_tui.services.check_desk import CheckDesk
from sbk_tui.services.checks import Morning
from sbk_tui.services.chip_desk import ChipDesk
from sbk_tui.services.city_desk import CityDesk
from sbk_tui.services.correct_desk import CorrectDesk
from sbk_tui.services.day_desk import DayDesk
from sbk_tui.services.desks import Desks
from sbk_tui.services.draft_desk import DraftDesk
from sbk_tui.services.handover_desk import HandoverDesk
from sbk_tui.services.handover_out import HandoverOutDesk
from sbk_tui.services.household_desk import HouseholdDesk
from sbk_tui.services.id_desk import IdDesk
from sbk_tui.services.issues_desk import IssuesDesk
from sbk_tui.services.line_desk import LineDesk
from sbk_tui.services.paper_desk import PaperDesk
from sbk_tui.services.portrait_desk import PortraitDesk
from sbk_tui.services.query_desk import QueryDesk
from sbk_tui.services.receipt_desk import ReceiptDesk
from sbk_tui.services.referral_desk import ReferralDesk
from sbk_tui.services.replace_desk import ReplaceDesk
from sbk_tui.services.round_desk import RoundDesk
from sbk_tui.services.spoken_desk import SpokenDesk
from sbk_tui.services.stats_desk import StatsDesk
from sbk_tui.services.stock_desk import StockDesk
from sbk_tui.services.temp_desk import TempDesk
from sbk_tui.services.till import Till
from sbk_tui.services.uncollected_desk import UncollectedDesk
from sbk_tui.services.unit_desk import UnitDesk
from sbk_tui.surroundings import Place


def build(a: Around) -> Desks:
    """Build all desks; `a` is what is around them."""
    reader = social_reader_of(a.config)
    chips, till = chip_desk(a, reader), till_of(a)
    fees = fee_desk(a, till)
    return Desks(
        seat=_seat(a),
        rules=a.rules,
        door=_door(a),
        cards=_cards(a),
        apply=_apply(a),
        stats=_stats(a),
        line=_line(a),
        morning=_morning(a),
        day=_day(a, till),
        referrals=_referrals(a),
        blind_loss=_blind_loss(a),
        cases=_cases(a),
        issues=_issues(a),
        query=_query(a),
        city=_city(a),
        ids=_ids(a),
        portraits=_portraits(a),
        papers=_papers(a),
        handovers=_handovers(a),
        outgoing=_outgoing(a),
        check=_check(a, chips),
        chips=chips,
        pins=pin_desk(a, chips),
        stock=_stock(a),
        units=_units(a),
        receipts=_receipts(a),
        uncollected=_uncollected(a),
        rounds=_rounds(a),
        households=_households(a),
        drafts=_drafts(a),
        temp=_temp(a, reader),
        fees=fees,
        forms=form_desk(a, till),
        replacements=ReplaceDesk(till, fees, counter=a.held.counter),
        numbers=number_desk(a, till),
        matches=match_desk(a, till),
        open_work=open_work_desk(a),
        making=make_desk(a, till, reader),
        supplies=supply_desk(a),
        correct=_correct(a),
        bank=bank_desk(a),
        new_id=a.new_id,
    )


# ---------------------------------------------------------------- the clerk's seat


def _seat(a: Around) -> signing.Seat:
    return signing.Seat(
        office=a.held.office,
        counter=a.held.counter,
        level=a.held.level,
        district=a.held.district,
        authority=a.seat.authority,
        clerk=a.session.clerk,
        clerk_name=a.session.name,
        role=a.session.role,
        training=a.config.training,
    )


def _door(a: Around) -> signing.Door:
    return signing.Door(
        a.check, a.config.session.lock_after * 60.0, a.config.session.sign_out_after * 60.0
    )


def _morning(a: Around) -> Morning:
    return Morning(
        {
            name: partial(check, Place(a.home, a.config, a.now_ms, a.lookup, making_of(a)))
            for name, check in surroundings.CHECKS
        }
    )


def _line(a: Around) -> LineDesk:
    return LineDesk(
        a.store, ledger=a.ledger, rules=a.rules, now_ms=a.now_ms, new_id=a.new_id, unlock=a.unlock
    )


def _day(a: Around, till: Till) -> DayDesk:
    return DayDesk(
        DayBook(
            a.store,
            counter=a.held.counter,
            inc=a.opened.incarnation.inc,
            certificate=a.opened.incarnation.certificate,
        ),
        a.ledger,
        till.money,
        PosBook(a.store),
        making_of(a),
        desk=a.head,
        now_ms=a.now_ms,
        new_id=a.new_id,
    )


def _stats(a: Around) -> StatsDesk:
    return StatsDesk(Stats(a.store, a.held.counter), a.rules.settings, a.now_ms)


# ---------------------------------------------------------------- people and cards


def _cards(a: Around) -> CardDesk:
    return CardDesk(
        ledger=a.ledger,
        rules=a.rules,
        desk=a.head,
        today=a.ledger.today,
        new_id=a.new_id,
        unlock=a.unlock,
        spoken=SpokenDesk(a.store),
    )


def _city(a: Around) -> CityDesk:
    return CityDesk(
        a.store,
        session=a.session,
        counter=a.held.counter,
        inc=a.opened.incarnation.inc,
        now_ms=a.now_ms,
        new_id=a.new_id,
    )


def _apply(a: Around) -> ApplyDesk:
    return ApplyDesk(
        ledger=a.ledger,
        blobs=a.blobs,
        rules=a.rules,
        desk=a.head,
        lookup=a.lookup,
        units=Units(a.store, initials),
        authority=a.seat.authority,
        district=a.held.district,
        today=a.ledger.today,
        now=lambda: words.moment(a.now_ms()),
        new_id=a.new_id,
    )


def _correct(a: Around) -> CorrectDesk:
    return CorrectDesk(
        ledger=a.ledger,
        blobs=a.blobs,
        rules=a.rules,
        today=a.ledger.today,
        unlock=a.unlock,
        folder=folder_of(a.config),
    )


def _temp(a: Around, reader: Reader) -> TempDesk:
    planned = PlannedSagas(a.store, process.this_process())
    return TempDesk(
        ledger=a.ledger,
        cards=TempCards(a.store, a.held.counter),
        sagas=planned,
        chips=temp_chips(a, planned, reader),
        rules=a.rules,
        desk=a.head,
        today=a.ledger.today,
        new_id=a.new_id,
    )


def _query(a: Around) -> QueryDesk:
    return QueryDesk(
        a.lookup,
        AccessLog(a.store, a.session.clerk),
        a.now_ms,
        counter=a.held.counter,
        level=a.held.level,
        rules=a.rules,
    )


def _issues(a: Around) -> IssuesDesk:
    return IssuesDesk(
        Issues(a.store),
        AccessLog(a.store, a.session.clerk),
        clerk=f"{a.session.name}（{a.session.clerk}）",
        office=a.held.office,
        district=a.held.district,
        now_ms=a.now_ms,
        folder=a.home / "exports",
    )


# ---------------------------------------------------------------- cards in boxes and drawers


def _handovers(a: Around) -> HandoverDesk:
    return HandoverDesk(
        a.ledger,
        Handovers(a.store),
        rules=a.rules,
        desk=a.head,
        district=a.held.district,
        new_id=a.new_id,
        pseudonym=lambda use, text: pseudonyms(a.store)(use, text),
    )


def _outgoing(a: Around) -> HandoverOutDesk:
    return HandoverOutDesk(
        a.ledger,
        Outgoing(a.store, a.held.counter),
        Handovers(a.store),
        access=AccessLog(a.store, a.session.clerk),
        rules=a.rules,
        desk=a.head,
        seat=a.seat,
        new_id=a.new_id,
        now_ms=a.now_ms,
        folder=a.home / "exports",
    )


def _stock(a: Around) -> StockDesk:
    return StockDesk(a.ledger, Stock(a.store, a.held.counter), a.rules)


def _units(a: Around) -> UnitDesk:
    return UnitDesk(
        ledger=a.ledger,
        cards=UnitCards(a.store, a.held.counter),
        lookup=a.lookup,
        blobs=a.blobs,
        rules=a.rules,
        desk=a.head,
        new_id=a.new_id,
        camera=document_camera_of(a.config),
    )


def _uncollected(a: Around) -> UncollectedDesk:
    return UncollectedDesk(
        Uncollected(a.store, a.held.counter),
        UnitCards(a.store, a.held.counter),
        _stock(a),
        AccessLog(a.store, a.session.clerk),
        counter=a.held.counter,
        settings=a.rules.settings,
        now_ms=a.now_ms,
    )


def _receipts(a: Around) -> ReceiptDesk:
    return ReceiptDesk(
        ledger=a.ledger,
        cards=UnitCards(a.store, a.held.counter),
        rules=a.rules,
        desk=a.head,
        today=a.ledger.today,
        new_id=a.new_id,
    )


def _rounds(a: Around) -> RoundDesk:
    return RoundDesk(
        ledger=a.ledger,
        cards=UnitCards(a.store, a.held.counter),
        rules=a.rules,
        desk=a.head,
        today=a.ledger.today,
        new_id=a.new_id,
    )


def _households(a: Around) -> HouseholdDesk:
    return HouseholdDesk(
        ledger=a.ledger,
        stock=Stock(a.store, a.held.counter),
        rules=a.rules,
        desk=a.head,
        new_id=a.new_id,
    )


def _check(a: Around, chips: ChipDesk) -> CheckDesk:
    return CheckDesk(a.ledger, a.lookup, a.rules, chips)


# ---------------------------------------------------------------- cases, papers, devices


def _referrals(a: Around) -> ReferralDesk:
    return ReferralDesk(
        Cases(a.store),
        rules=a.rules,
        desk=a.head,
        district=a.held.district,
        now_ms=a.now_ms,
        new_id=a.new_id,
    )


def _blind_loss(a: Around) -> BlindLossDesk:
    return BlindLossDesk(
        a.ledger,
        rules=a.rules,
        desk=a.head,
        today=a.ledger.today,
        new_id=a.new_id,
        spoken=SpokenDesk(a.store),
    )


def _cases(a: Around) -> CasesDesk:
    return CasesDesk(
        Cases(a.store),
        a.ledger,
        a.lookup,
        AccessLog(a.store, a.session.clerk),
        now_ms=a.now_ms,
        new_id=a.new_id,
    )


def _papers(a: Around) -> PaperDesk:
    return PaperDesk(
        Papers(a.store),
        lambda: printer(a.home, a.config, a.now_ms),
        SlipCodes(a.store, slip_key(a.data_key)).of,
        training=a.config.training,
    )


def _ids(a: Around) -> IdDesk:
    return IdDesk(reader_of(a.config))


def _portraits(a: Around) -> PortraitDesk:
    return PortraitDesk(folder_of(a.config))


def _drafts(a: Around) -> DraftDesk:
    return DraftDesk(Drafts(a.store), a.session.clerk, a.now_ms)
