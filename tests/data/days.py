"""Invented days at a counter: operations in any order, allowed or not (hypothesis)."""

from __future__ import annotations

from datetime import date

from hypothesis import strategies as st

from sbk_tui.domain.card import Receiver
from sbk_tui.domain.handover import check_number, handover_id
from sbk_tui.domain.identity import mod11_2
from sbk_tui.domain.operations.account import ActivateAccount
from sbk_tui.domain.operations.base import Operation
from sbk_tui.domain.operations.batch import Line, TakeIn
from sbk_tui.domain.operations.blind_loss import BlindLoss
from sbk_tui.domain.operations.correct import Change, ChangePhoto, Correct
from sbk_tui.domain.operations.fee import (
    Charge,
    GiveNote,
    GiveNotice,
    NotCharged,
    Pay,
    RegisterFee,
    Unclear,
    UnregisterFee,
)
from sbk_tui.domain.operations.handover import Announce, Receive
from sbk_tui.domain.operations.handover_out import Decide, Request, TakeAnswer, Withdraw
from sbk_tui.domain.operations.issue import Collect, Enable, IssueToPerson
from sbk_tui.domain.operations.issue_unit import IssueToUnit
from sbk_tui.domain.operations.loss import Cancel, FormalLoss, Release, TemporaryLoss
from sbk_tui.domain.operations.make import (
    FailProduction,
    FeedBlank,
    FetchData,
    PrintFace,
    ReadBack,
    ReportToCentre,
    RestoreApplication,
    SpoilBlank,
    WriteChip,
)
from sbk_tui.domain.operations.numbers import TakeInNumbers, VoidNumber
from sbk_tui.domain.operations.pin import ChangePin, ResetPin, UnlockPin
from sbk_tui.domain.operations.receipt import RecordReceipts
from sbk_tui.domain.operations.refund import GiveBack, MatchPosList, PosLine
from sbk_tui.domain.operations.replace import (
    ApplyForReplacement,
    MarkForProduction,
    UnmarkForProduction,
    WithdrawReplacement,
)
from sbk_tui.domain.operations.returned import CheckCard, IssueAgain
from sbk_tui.domain.operations.roll_back import RollBack
from sbk_tui.domain.operations.settle_case import SettleCase
from sbk_tui.domain.operations.store import Slot, StoreCards
from sbk_tui.domain.operations.supplies import ChangeRibbon, TakeInBlanks, TakeInRibbons
from sbk_tui.domain.operations.temp import (
    CancelTempCard,
    EnableTempCard,
    IssueTempCard,
    RewriteTempCard,
    StockTempCards,
    TakeBackTempCard,
)
from sbk_tui.domain.operations.uncollected import MarkUncollected
from sbk_tui.domain.operations.visit import NotAtHome
from sbk_tui.domain.payment import PaySlip

CARDS = [f"B{n:07d}{check}" for n, check in ((1, "9"), (2, "7"), (3, "5"), (4, "3"))]
BLANK = "LS0001"
DAY = date(2026, 11, 18)
"""The day of the tests' clock."""
PLACE = "410782105"
"""Where the counter of the days stands."""
_NAMES = [f"持卡人{last}" for last in "甲乙丙丁戊己庚辛壬"]
HOLDERS = {f"{n:032x}": _NAMES[n] for n in range(len(CARDS))}
"""Who the cards of `stock` are for: id and name."""
SELF = Receiver(type="1", phone="13800000000")
VILLAGE = Receiver(type="4", name="村主任", number=f"4{1:017d}", phone="13800000000")


def number(n: int) -> str:
    """Return an invented 社会保障号码 with its check digit."""
    body = f"41078219850314{n:03d}"
    return body + mod11_2(body)


def stock(cards: list[str] | None = None) -> TakeIn:
    """Return the arrival of one card each for as many invented people."""
    lines = tuple(
        Line(
            person=f"{n:032x}",
            number=number(n),
            name=_NAMES[n % len(_NAMES)],
            card=card,
            village_code="410782105201",
        )
        for n, card in enumerate(cards or CARDS)
    )
    return TakeIn(batch="2026-11-A", lines=lines)


def card_wishes(card: str, until: date) -> list[Operation]:
    """Return one operation of every kind about `card`."""
    return [
        IssueToPerson(card=card, receiver=SELF),
        Collect(card=card, receiver=SELF),
        Enable(card=card),
        TemporaryLoss(card=card, caller_name="刘洋", caller_phone="13800000000", until=until),
        FormalLoss(card=card, id_shown=True),
        Release(card=card, in_person=True, id_shown=True),
        Cancel(card=card, reason="01", proof="死亡证明"),
        ApplyForReplacement(card=card, type="5", reason="51", bank="95533"),
        RollBack(card=card, reason="01", card_back=True),
        CheckCard(card=card, reason="03", result="2", manual=True),
        CheckCard(card=card, reason="03", result="1", manual=False),
        IssueAgain(card=card, receiver=SELF),
        StoreCards(slots=(Slot(card=card, place="1-1-1-1"),)),
        MarkUncollected(cards=(card,)),
        NotAtHome(card=card),
        IssueToUnit(codes=("410782105201",), cards=(card,), receiver=VILLAGE),
        RecordReceipts(codes=("410782105201",), cards=(card,), reason="03", on=DAY),
        RecordReceipts(codes=("410782105201",), cards=(card,), reason="01", on=DAY),
        ActivateAccount(card=card, presence="1"),
    ]


def pin_work(card: str) -> list[Operation]:
    """Return what a chip may have done: in no state of the card is it refused."""
    return [
        ChangePin(card=card),
        UnlockPin(card=card, presence="1"),
        ResetPin(card=card, confirmed=False),
    ]


def hand_over(card: str) -> tuple[Announce, Receive]:
    """Return a list of one card, and its count."""
    lines = tuple(line for line in stock().lines if line.card == card)
    check = check_number("2026-11-B", PLACE, [card])
    announced = Announce(
        batch="2026-11-B", from_office="辉县市", to=PLACE, count=1, check=check, lines=lines
    )
    handover = handover_id("2026-11-B", PLACE, check)
    return announced, Receive(handover=handover, seen=(card,), damaged=(card,))


def hand_on(card: str) -> tuple[Request, Decide, Decide, Withdraw, TakeAnswer]:
    """Return what a county may wish when it hands one card on."""
    request = Request(
        batch="2026-11-A", from_office="辉县市", to=PLACE, cards=(card,), receiver=VILLAGE
    )
    return (
        request,
        Decide(handover=request.id, verdict="approved"),
        Decide(handover=request.id, verdict="refused", reason="不对"),
        Withdraw(handover=request.id),
        TakeAnswer(handover=request.id, counter=f"{PLACE}-b1", seen=(card,), damaged=(card,)),
    )


def holder_wishes(holder: str, until: date) -> list[Operation]:
    """Return one operation of every kind about a person, and about the one temporary card."""
    return [
        StockTempCards(box="1", numbers=(BLANK,)),
        IssueTempCard(temp_card=BLANK, person=holder, receiver=SELF, valid_to=until),
        EnableTempCard(temp_card=BLANK),
        RewriteTempCard(temp_card=BLANK, id_shown=True),
        TakeBackTempCard(temp_card=BLANK, box="2"),
        CancelTempCard(temp_card=BLANK, end="02"),
        rename(holder, HOLDERS[holder], "新名"),
        rename(holder, "新名", "又名"),
        ChangePhoto(person=holder, photo="1:00", reason="1"),
        SettleCase(case="01", told="told"),
    ]


def payment_of(holder: str) -> str:
    """Return the id of the one payment that a holder makes in a day."""
    return f"fee{holder[3:]}"


def op_of(operation: Operation) -> str | None:
    """Return the id that an operation must have so that others of the day can name it."""
    if isinstance(operation, GiveNotice | Charge) and not operation.payment:
        return payment_of(operation.person)
    if isinstance(operation, ApplyForReplacement):
        return wish_of(operation.card)
    return None


def wish_of(card: str) -> str:
    """Return the id of the one replacement wish about a card in a day."""
    return f"wish{card:0>28}"


def making_wishes(card: str) -> list[Operation]:
    """Return one operation of every kind about the replacement of a card, and what it needs."""
    wish, chip = wish_of(card), {"identification": "41" * 16, "historical": "00" * 13}
    return [
        MarkForProduction(application=wish),
        UnmarkForProduction(application=wish),
        TakeInBlanks(bank="95533", first="Y0001", last="Y0003"),
        TakeInRibbons(count=2),
        ChangeRibbon(),
        FetchData(application=wish, series="J", valid_to=date(2036, 11, 18)),
        FeedBlank(application=wish, blank="Y0001"),
        WriteChip(application=wish, version="3.0", bank_card="6217000000000000007", **chip),
        ReadBack(application=wish, bank_card="6217000000000000007", **chip),
        PrintFace(application=wish),
        FailProduction(application=wish, step="write", reason="1"),
        RestoreApplication(application=wish),
        ReportToCentre(application=wish, step="read_back", answer="hub.waits"),
        SpoilBlank(blank="Y0001", reason="1"),
        WithdrawReplacement(application=wish, reason="2"),
    ]


def money_wishes(holder: str) -> list[Operation]:
    """Return one operation of every kind about a holder's fee and the papers for it."""
    fee = payment_of(holder)
    name, slip = HOLDERS[holder], PaySlip(reference=fee[-12:], paid_on=date(2026, 11, 24))
    return [
        TakeInNumbers(paper="1", batch="甲", first="A001", last="A009"),
        TakeInNumbers(paper="2", batch="乙", first="F001", last="F009"),
        GiveNotice(person=holder, payer=name, reason="51", amount_fen=2500, number="A001"),
        Charge(person=holder, payer=name, reason="51", amount_fen=2500),
        Charge(person=holder, payer=name, reason="51", amount_fen=2500, payment=fee),
        Pay(payment=fee, slip=slip),
        NotCharged(payment=fee, seen="query"),
        GiveNote(payment=fee, number="F001"),
        VoidNumber(paper="1", number="A001", reason="1"),
        VoidNumber(paper="2", number="F001", reason="2"),
        RegisterFee(payment=fee, application="a" * 32),
        UnregisterFee(payment=fee, reason="1"),
        Unclear(payment=fee),
        GiveBack(payment=fee, of=fee[-12:], reference=f"T{fee[-11:]}", way="1", reason="2"),
        MatchPosList(
            day=DAY,
            sales=2,
            total_fen=5000,
            missing=(fee,),
            extra=(PosLine(reference="112410000009", amount_fen=2500),),
        ),
    ]


def rename(holder: str, before: str, after: str) -> Correct:
    """Return a correction of a name."""
    change = Change(field="name", before=before, after=after)
    return Correct(person=holder, changes=(change,), proof="户口簿")


def wishes(card: str, until: date) -> list[Operation]:
    """Return one operation of every kind about `card`, its holder and one temporary card."""
    holder = list(HOLDERS)[CARDS.index(card)]
    blind = BlindLoss(card=card, name="刘洋", caller_name="刘洋", caller_phone="1", until=until)
    about_cards = [*card_wishes(card, until), *hand_over(card), *hand_on(card), blind]
    about_cards += pin_work(card)
    about_cards += making_wishes(card)
    return [*about_cards, *holder_wishes(holder, until), *money_wishes(holder)]


KINDS = len(wishes(CARDS[0], date(2026, 1, 1)))
day = st.lists(st.tuples(st.integers(0, len(CARDS) - 1), st.integers(0, KINDS - 1)), max_size=25)
"""A day: which card, which wish; most are refused, as in life."""
