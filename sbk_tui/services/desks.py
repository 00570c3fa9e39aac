"""All desks of one signed-in clerk together: what `wiring` builds and the screens are given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sbk_tui.domain.rules import Rules
from sbk_tui.services.apply_desk import ApplyDesk
from sbk_tui.services.bank_desk import BankDesk
from sbk_tui.services.blind_loss_desk import BlindLossDesk
from sbk_tui.services.card_desk import CardDesk
from sbk_tui.services.cases_desk import CasesDesk
from sbk_tui.services.check_desk import CheckDesk
from sbk_tui.services.checks import Morning
from sbk_tui.services.chip_desk import ChipDesk
from sbk_tui.services.city_desk import CityDesk
from sbk_tui.services.correct_desk import CorrectDesk
from sbk_tui.services.day_desk import DayDesk
from sbk_tui.services.draft_desk import DraftDesk
from sbk_tui.services.fee_desk import FeeDesk
from sbk_tui.services.form_desk import FormDesk
from sbk_tui.services.handover_desk import HandoverDesk
from sbk_tui.services.handover_out import HandoverOutDesk
from sbk_tui.services.household_desk import HouseholdDesk
from sbk_tui.services.id_desk import IdDesk
from sbk_tui.services.issues_desk import IssuesDesk
from sbk_tui.services.line_desk import LineDesk
from sbk_tui.services.make_desk import MakeDesk
from sbk_tui.services.match_desk import MatchDesk
from sbk_tui.services.number_desk import NumberDesk
from sbk_tui.services.open_work import OpenWorkDesk
from sbk_tui.services.paper_desk import PaperDesk
from sbk_tui.services.pin_desk import PinDesk
from sbk_tui.services.portrait_desk import PortraitDesk
from sbk_tui.services.query_desk import QueryDesk
from sbk_tui.services.receipt_desk import ReceiptDesk
from sbk_tui.services.referral_desk import ReferralDesk
from sbk_tui.services.replace_desk import ReplaceDesk
from sbk_tui.services.round_desk import RoundDesk
from sbk_tui.services.signing import Door, Seat
from sbk_tui.services.stats_desk import StatsDesk
from sbk_tui.services.stock_desk import StockDesk
from sbk_tui.services.supply_desk import SupplyDesk
from sbk_tui.services.temp_desk import TempDesk
from sbk_tui.services.uncollected_desk import UncollectedDesk
from sbk_tui.services.unit_desk import UnitDesk


@dataclass(frozen=True, slots=True, kw_only=True)
class Desks:
    """The desks, the seat they belong to, and the office's rules."""

    seat: Seat
    rules: Rules
    door: Door
    cards: CardDesk
    cases: CasesDesk
    blind_loss: BlindLossDesk
    apply: ApplyDesk
    query: QueryDesk
    city: CityDesk
    issues: IssuesDesk
    referrals: ReferralDesk
    day: DayDesk
    morning: Morning
    stats: StatsDesk
    line: LineDesk
    ids: IdDesk
    portraits: PortraitDesk
    papers: PaperDesk
    drafts: DraftDesk
    handovers: HandoverDesk
    outgoing: HandoverOutDesk
    check: CheckDesk
    chips: ChipDesk
    pins: PinDesk
    stock: StockDesk
    units: UnitDesk
    receipts: ReceiptDesk
    uncollected: UncollectedDesk
    rounds: RoundDesk
    households: HouseholdDesk
    temp: TempDesk
    numbers: NumberDesk
    fees: FeeDesk
    forms: FormDesk
    matches: MatchDesk
    open_work: OpenWorkDesk
    making: MakeDesk
    supplies: SupplyDesk
    replacements: ReplaceDesk
    correct: CorrectDesk
    bank: BankDesk
    new_id: Callable[[], str]
