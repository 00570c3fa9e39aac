"""What happened at the training counter so far: half a year of operations, in order.

A pure plan. `FATES` says what became of people and how often; `story` turns it into operations
with their times. Nothing is performed here.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sbk_tui.demo import assets, cards, fees, machine, till
from sbk_tui.demo.people import Resident, form_of
from sbk_tui.domain.application import age_on
from sbk_tui.domain.capability import Authority, Capability
from sbk_tui.domain.card import Receiver
from sbk_tui.domain.kinds import kind_named
from sbk_tui.domain.operations.apply import Apply
from sbk_tui.domain.operations.base import Operation
from sbk_tui.domain.operations.batch import MOST_LINES, Line, TakeIn
from sbk_tui.domain.operations.correct import Change, ChangePhoto, Correct
from sbk_tui.domain.operations.issue import Collect, Enable, IssueToPerson
from sbk_tui.domain.operations.loss import Cancel, FormalLoss, Release, TemporaryLoss, term_end
from sbk_tui.domain.operations.returned import CheckCard, IssueAgain
from sbk_tui.domain.operations.roll_back import RollBack
from sbk_tui.domain.operations.store import Slot, StoreCards
from sbk_tui.domain.operations.temp import (
    CancelTempCard,
    EnableTempCard,
    IssueTempCard,
    RewriteTempCard,
    StockTempCards,
    TakeBackTempCard,
    last_day,
)
from sbk_tui.domain.rules import Settings
from sbk_tui.domain.temp_card import MOST_BLANKS
from sbk_tui.domain.world import CHINA, from_ms

DAYS = 200
"""How far back the story goes."""
_LINES, _FEWEST_BATCHES = 150, 6
_LAST_BATCH, _REPLACEMENTS, _RECENT = 12, 10, 6  # days ago
_MINUTE, _DAY = 60_000, 86_400_000
_HALF_AN_HOUR = 30 * _MINUTE
_OPENS, _OPEN_FOR = time(8, 30), 8 * 60  # minutes
_SATURDAY = 5
_GROWN_UP, _OLD = 20, 60


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of a person: operations in order, and how often among all people."""

    share: int
    kinds: tuple[str, ...]
    recent: bool = False
    """The last one was in the last days."""
    successor: tuple[str, ...] | None = None
    """What happened to the card that replaces the lost one; None: none was made."""


_TAKE, _ISSUE, _COLLECT = "batch.take_in", "issue.person", "card.collect"
_ENABLE, _TEMP, _FORMAL = "card.enable", "loss.temporary", "loss.formal"
_RELEASE, _CANCEL, _APPLY = "card.release", "card.cancel", "person.apply"
_ROLL_BACK, _STORE = "issue.roll_back", "card.store"
_CHECK, _AGAIN = "card.check", "issue.again"
_CORRECT, _PHOTO = "person.correct", "person.photo"
_LIVE = (_TAKE, _COLLECT, _ENABLE)
_TEMP_OUT = (*_LIVE, _FORMAL, "temp.issue", "temp.enable")
_SAME_VISIT = frozenset({"temp.enable", "temp.rewrite"})
_SPARE_BLANKS = 20

FATES = (
    #     ‰    what happened                                      where it stands
    Fate(245, (_TAKE,)),  #                                       sealed, in the drawer
    Fate(5, (_TAKE, _ISSUE, _ROLL_BACK, _STORE)),  #              in the drawer again
    Fate(5, (_TAKE, _CHECK, _STORE)),  #                          came back, in the drawer
    Fate(5, (_TAKE, _CHECK, _STORE, _AGAIN)),  #                  came back, handed out
    Fate(60, (_TAKE, _ISSUE)),  #                                 sealed, handed out
    Fate(240, _LIVE),  #                                          in use
    Fate(10, (*_LIVE, _CORRECT)),  #                              in use, another telephone
    Fate(5, (*_LIVE, _PHOTO)),  #                                 in use, another portrait
    Fate(15, _TEMP_OUT),  #                                       lost, with a temporary card
    Fate(5, (*_TEMP_OUT, "temp.rewrite", "temp.take_back")),  #   lost, it came back
    Fate(5, (*_TEMP_OUT, "temp.cancel")),  #                      lost, and the other one too
    Fate(130, (_TAKE, _ISSUE, _ENABLE)),  #                       in use
    Fate(25, (*_LIVE, _TEMP, _RELEASE)),  #                       in use, was lost
    Fate(15, (*_LIVE, _TEMP, _FORMAL, _RELEASE)),  #              in use, was lost
    Fate(25, (*_LIVE, _TEMP), recent=True),  #                    lost for some days
    Fate(35, (*_LIVE, _FORMAL)),  #                               lost
    Fate(10, (*_LIVE, _TEMP, _FORMAL)),  #                        lost
    Fate(15, (*_LIVE, _FORMAL), successor=()),  #                 lost, the new one waits
    Fate(10, (*_LIVE, _FORMAL), successor=(_COLLECT, _ENABLE)),  # the new one in use
    Fate(15, (*_LIVE, _CANCEL)),  #                               cancelled
    Fate(5, (_TAKE, _CANCEL)),  #                                 cancelled, never fetched
    Fate(45, (_APPLY,), recent=True),  #                          no card, waits for one
    Fate(70, ()),  #                                              never been here
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One operation and when it was done."""

    at_ms: int
    operation: Operation
    two_clerks: bool = False
    """Whether the second clerk approved it."""
    op: str = ""
    """Its id, where a later one names it; empty: any."""


def story(
    people: Sequence[Resident],
    *,
    now_ms: int,
    seed: int,
    authority: Authority,
    settings: Settings,
    photos: Sequence[str],
) -> list[Event]:
    """Return what happened until `now_ms`, in order of time; only what `authority` may do.

    Each possible fate is somebody's, the special people's aside, when there are enough people.

    Args:
        photos: blob ids of portraits, for the applications.
    """
    rng = random.Random(seed)  # noqa: S311 -- an invented story, no secrets
    told = _Teller(rng, now_ms, settings, photos).tell(people, possible_fates(authority))
    supplies: list[Operation] = []
    if machine.makes_cards(authority):
        supplies += machine.supplies()
    if till.takes_money(authority):
        supplies += till.supplies()
        lost = fees.lost_people(event.operation for event in told)
        paid = fees.steps(lost, last_ms=now_ms - _HALF_AN_HOUR)
        told += [Event(at_ms=s.at_ms, operation=s.operation, op=s.op) for s in paid]
    before = now_ms - (DAYS + 1) * _DAY
    return [*(Event(at_ms=before, operation=each) for each in supplies), *told]


def possible_fates(authority: Authority) -> tuple[Fate, ...]:
    """Return the fates that people can have met at a counter with these rights.

    A new card for a lost one is enabled where replacement may be done (第四条); it may wait
    anywhere.
    """
    return tuple(
        fate
        for fate in FATES
        if all(kind_named(kind).capability in authority.capabilities for kind in fate.kinds)
        and not (fate.successor and Capability.REPLACE not in authority.capabilities)
    )


@dataclass(frozen=True, slots=True)
class _Life:
    """One person with a fate and, if it came, the card."""

    resident: Resident
    fate: Fate
    card: str = ""
    successor: str = ""
    temp: str = ""


class _Teller:
    """Tells one story: draws the fates, fills the batches, sets the times."""

    def __init__(
        self, rng: random.Random, now_ms: int, settings: Settings, photos: Sequence[str]
    ) -> None:
        self._rng = rng
        self._now_ms = now_ms
        self._settings = settings
        self._photos = photos
        self._running = 0
        self._blanks = 0

    def tell(self, people: Sequence[Resident], fates: Sequence[Fate]) -> list[Event]:
        lives = self._lives(people, fates)
        events = [event for life in lives if not life.card for event in self._without(life)]
        events += self._batches([life for life in lives if life.card])
        events += self._stock()
        return sorted(events, key=lambda event: event.at_ms)

    def _lives(self, people: Sequence[Resident], fates: Sequence[Fate]) -> list[_Life]:
        first = _day(self._now_ms - DAYS * _DAY)
        due = list(fates)
        lives = []
        for at, resident in enumerate(people):
            ordinary = at >= len(assets.special()) and age_on(first, resident.birth) >= _GROWN_UP
            fate = due.pop() if ordinary and due else self._draw(fates)
            if fate.kinds and fate.kinds[0] == _TAKE and resident.birth > first:
                fate = Fate(0, ())  # born since: no card yet
            has_card = _TAKE in fate.kinds
            card = self._next_card() if has_card else ""
            successor = "" if fate.successor is None else self._next_card()
            temp = self._next_blank() if "temp.issue" in fate.kinds else ""
            lives.append(_Life(resident, fate, card, successor, temp))
        return lives

    def _draw(self, fates: Sequence[Fate]) -> Fate:
        return self._rng.choices(fates, [fate.share for fate in fates])[0]

    def _next_card(self) -> str:
        self._running += 1
        return cards.card_number(self._running)

    def _next_blank(self) -> str:
        self._blanks += 1
        return cards.temp_number(self._blanks)

    def _stock(self) -> Iterator[Event]:
        """Yield the arrivals of temporary cards: those given out since, and some more."""
        if not self._blanks:
            return
        count, at = self._blanks + _SPARE_BLANKS, self._morning(DAYS)
        for box, start in enumerate(range(0, count, MOST_BLANKS), 1):
            end = min(start + MOST_BLANKS, count)
            numbers = tuple(cards.temp_number(n + 1) for n in range(start, end))
            yield Event(at_ms=at, operation=StockTempCards(box=f"L{box}", numbers=numbers))

    def _without(self, life: _Life) -> Iterator[Event]:
        """Yield the application of somebody who has no card yet."""
        if _APPLY not in life.fate.kinds:
            return
        at = self._moment(self._days_ago(4 * _RECENT), self._lately)
        if life.resident.birth >= _day(at):
            return
        form = form_of(
            life.resident,
            _day(at),
            photo=self._rng.choice(self._photos),
            bank=self._bank(),
            settings=self._settings,
        )
        yield Event(at_ms=at, operation=Apply(person=life.resident.person.id, form=form))

    def _batches(self, lives: list[_Life]) -> Iterator[Event]:
        self._rng.shuffle(lives)
        lives.sort(key=lambda life: not life.successor)  # a successor takes its time
        count = max(_FEWEST_BATCHES, -(-len(lives) // _LINES))
        apart = (DAYS - _LAST_BATCH) / count
        renewed: list[Line] = []
        for batch in range(count):
            mine = lives[batch * len(lives) // count : (batch + 1) * len(lives) // count]
            if not mine:
                continue
            at = self._morning(DAYS - round(batch * apart))
            lines = tuple(self._line(life, life.card, at) for life in mine)
            yield self._arrival(f"{batch + 1:02d}", lines, at)
            for life in mine:
                yield from self._steps(life, at)
                if life.successor:
                    renewed.append(self._line(life, life.successor, self._renewal(), life.card))
        for lot, start in enumerate(range(0, len(renewed), MOST_LINES)):
            lines = tuple(renewed[start : start + MOST_LINES])
            yield self._arrival(f"R{lot + 1}", lines, self._renewal())

    def _arrival(self, lot: str, lines: tuple[Line, ...], at: int) -> Event:
        batch = f"{_day(at):%Y%m%d}-{lot}"
        return Event(at_ms=at, operation=TakeIn(batch=batch, lines=lines))

    def _line(self, life: _Life, card: str, at: int, replaces: str = "") -> Line:
        person = life.resident.person
        running = int(card[1:8])
        made = _day(at) - timedelta(days=self._rng.randint(8, 20))
        bank = self._bank()
        return Line(
            person=person.id,
            number=person.number,
            name=person.name,
            card=card,
            bank=bank,
            bank_card=cards.bank_card(bank, running),
            made_on=made,
            valid_to=made.replace(year=made.year + 10, day=min(made.day, 28)),
            mobile=person.mobile,
            village_code=person.village_code,
            village_name=person.village_name,
            unit_code=person.unit_code,
            unit_name=person.unit_name,
            place=cards.place(running),
            sex=person.sex,
            birth=person.birth,
            address=person.address,
            version="3.00" if self._rng.random() < 0.7 else "2.00",
            replaces=replaces,
        )

    def _steps(self, life: _Life, arrived: int) -> Iterator[Event]:
        """Yield what happened to a person's card, and to its successor, after it arrived."""
        # The old card's life ends before the new one arrives, on whatever weekday that is.
        until = self._renewal() - 60 * _MINUTE if life.successor else self._lately
        yield from self._moves(life, life.card, life.fate.kinds[1:], arrived, until)
        if life.fate.successor:
            start = self._renewal()
            yield from self._moves(life, life.successor, life.fate.successor, start, self._lately)

    def _moves(
        self, life: _Life, card: str, kinds: Sequence[str], start: int, end: int
    ) -> Iterator[Event]:
        # What is still running began in the last days: the rest lies before them.
        middle = self._days_ago(_RECENT) if life.fate.recent else end
        moments = sorted(self._moment(start + 60 * _MINUTE, middle) for _ in kinds)
        if life.fate.recent:
            moments[-1] = self._moment(middle, end)
        last = start
        for kind, drawn in zip(kinds, moments, strict=True):
            at = max(drawn, last + _MINUTE)
            if kind == _ENABLE and _COLLECT in kinds:
                at = last + self._rng.randint(1, 4) * _MINUTE  # 5.1.4: at the same visit
            if kind == _ROLL_BACK:
                at = last + self._rng.randint(5, 40) * _MINUTE  # the mistake is seen at once
            elif kind in _SAME_VISIT:
                at = last + self._rng.randint(1, 4) * _MINUTE
            last = at
            yield Event(
                at_ms=at,
                operation=self._operation(kind, card, life, at),
                two_clerks=kind == _CANCEL,
            )

    def _operation(self, kind: str, card: str, life: _Life, at: int) -> Operation:
        resident, person = life.resident, life.resident.person
        if life.temp and kind.startswith("temp."):
            return self._temporary(kind, life, at)
        match kind:
            case "person.correct":
                after = f"139{self._rng.randrange(10**8):08d}"
                change = Change(field="mobile", before=person.mobile, after=after)
                return Correct(person=person.id, changes=(change,))
            case "person.photo":
                return ChangePhoto(
                    person=person.id, photo=self._rng.choice(self._photos), reason="2"
                )
            case "issue.person":
                return IssueToPerson(card=card, receiver=self._receiver(resident))
            case "card.collect":
                return Collect(card=card, receiver=self._receiver(resident))
            case "card.enable":
                return Enable(card=card)
            case "loss.temporary":
                until = term_end(_day(at), self._settings)
                return TemporaryLoss(
                    card=card, caller_name=person.name, caller_phone=person.mobile, until=until
                )
            case "card.check":
                return CheckCard(card=card, reason="03", result="1", manual=False)
            case "issue.again":
                return IssueAgain(card=card, receiver=self._receiver(resident))
            case "card.store":
                return StoreCards(slots=(Slot(card=card, place=cards.place(int(card[1:8]))),))
            case "issue.roll_back":
                return RollBack(card=card, reason="02", card_back=True)
            case "loss.formal":
                return FormalLoss(card=card, id_shown=True)
            case "card.release":
                return Release(card=card, in_person=True, id_shown=True)
            case _:
                old = age_on(_day(at), resident.birth) >= _OLD
                reason, proof = ("01", "死亡证明") if old else ("08", "身份证、本人申请")
                return Cancel(card=card, reason=reason, proof=proof, card_taken_back=not old)

    def _temporary(self, kind: str, life: _Life, at: int) -> Operation:
        card = life.temp
        match kind:
            case "temp.issue":
                return IssueTempCard(
                    temp_card=card,
                    person=life.resident.person.id,
                    receiver=self._receiver(life.resident),
                    valid_to=last_day(_day(at), self._settings),
                )
            case "temp.enable":
                return EnableTempCard(temp_card=card)
            case "temp.rewrite":
                return RewriteTempCard(temp_card=card, id_shown=True)
            case "temp.take_back":
                return TakeBackTempCard(temp_card=card, box="L1")
            case _:
                return CancelTempCard(temp_card=card, end="02")

    def _receiver(self, resident: Resident) -> Receiver:
        """Return who took the card: a child's guardian, else the holder."""
        guardian = resident.guardian
        if guardian is None or age_on(_day(self._now_ms), resident.birth) >= _GROWN_UP:
            return Receiver(type="1", phone=resident.person.mobile)
        return Receiver(type="2", name=guardian.name, number=guardian.number, phone=guardian.mobile)

    def _bank(self) -> str:
        shares = assets.places().bank_shares
        return self._rng.choices(tuple(shares), tuple(shares.values()))[0]

    @property
    def _lately(self) -> int:
        """An hour ago: the end of the story."""
        return self._now_ms - 60 * _MINUTE

    def _days_ago(self, days: int) -> int:
        return self._now_ms - days * _DAY

    def _renewal(self) -> int:
        """Return when the replacements arrived."""
        return self._morning(_REPLACEMENTS)

    def _morning(self, days_ago: int) -> int:
        day = _day(self._days_ago(days_ago))
        while day.weekday() >= _SATURDAY:
            day -= timedelta(days=1)
        return _ms(datetime.combine(day, _OPENS, CHINA))

    def _moment(self, low: int, high: int) -> int:
        """Return a time of an office's day between `low` and `high`; any, where there is none."""
        drawn = low
        for _ in range(20):
            drawn = self._rng.randint(low, max(low, high))
            start = _ms(datetime.combine(_day(drawn), _OPENS, CHINA))
            at = start + self._rng.randrange(_OPEN_FOR * 60) * 1000
            if low <= at <= high and _day(at).weekday() < _SATURDAY:
                return at
        return drawn


def _day(at_ms: int) -> date:
    return from_ms(at_ms).astimezone(CHINA).date()


def _ms(at: datetime) -> int:
    return int(at.timestamp()) * 1000
