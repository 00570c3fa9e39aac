"""补卡, 换卡 (5.1, 5.2) as one list of steps: where a person stands follows from the records alone.

Pure: a dossier and a moment in, steps with their state out. Any clerk at any window goes on where
another stopped; 2.4.2 and the kiosk say the same, because they ask the same function.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from sbk_tui.data.lookup import Dossier, card_that_matters
from sbk_tui.data.sagas import Step
from sbk_tui.domain.card import LIVE, USABLE, Card, CardState
from sbk_tui.domain.fees import fee_on
from sbk_tui.domain.making import ITEM, LOST, REPLACEMENTS
from sbk_tui.domain.paper_number import FormKind
from sbk_tui.domain.payment import Payment, PaymentState, open_payment
from sbk_tui.domain.people import Application
from sbk_tui.domain.production import BEFORE_BLANK, Production, ProductionState
from sbk_tui.domain.rules import Rules
from sbk_tui.domain.temp_card import TempCard, held
from sbk_tui.domain.world import CHINA, from_ms
from sbk_tui.errors import Refusal
from sbk_tui.services.fee_papers import FORMS

P, S = PaymentState, ProductionState
REPLACE, EXCHANGE, APPLY, MARK = "5.1", "5.2", "5.1.2.2", "5.1.2.4"


class Stage(StrEnum):
    """How one step stands."""

    DONE = "done"
    NOW = "now"
    LATER = "later"
    NEEDLESS = "needless"
    CITY = "city"
    """Sent; the city has not answered."""
    ELSEWHERE = "elsewhere"
    """Another counter holds it."""


_UNDECIDED = frozenset({"waiting", "received", "held"})
_PENDING = frozenset({Stage.NOW, Stage.CITY, Stage.ELSEWHERE})


class Stop(NamedTuple):
    """One step of the chain."""

    step: str
    """Its id, as in the procedure files 5.1 and 5.2."""
    stage: Stage
    at: datetime | None = None


class Facts(NamedTuple):
    """The records that the chain is about; None: not there yet."""

    exchange: bool
    """换卡 (5.2), else 补卡 (5.1)."""
    old: Card | None
    wish: Application | None
    payment: Payment | None
    production: Production | None
    card: Card | None
    """The new card."""
    temp: TempCard | None
    """The temporary card that is out."""
    reason: str
    """补换原因, as far as it is known."""
    free: bool
    """Whether this reason costs nothing."""
    lease_ends: datetime | None
    """Until when the counter that marked it makes the card; None: no lease runs."""

    @property
    def failed(self) -> bool:
        """Whether production failed: it is restored (5.1.3.4) before it is marked again."""
        return self.production is not None and self.production.state is S.FAILED


class Rail(NamedTuple):
    """The chain of one person."""

    facts: Facts
    stops: tuple[Stop, ...]

    @property
    def next(self) -> Stop | None:
        """The first step that is neither done nor needless; None at the end."""
        return next((stop for stop in self.stops if stop.stage in _PENDING), None)

    def stop(self, step: str) -> Stop:
        """Return a step by id."""
        return next(stop for stop in self.stops if stop.step == step)


def rail(
    seen: Dossier,
    *,
    exchange: bool,
    rules: Rules,
    counter: str,
    now: datetime,
    device_step: Step | None = None,
) -> Rail:
    """Return the chain of a person.

    Args:
        exchange: what the clerk opened; an application that runs knows better.
        counter: this counter's id: it may have the lease.
        device_step: of the fee, one whose outcome nobody has looked at yet.

    Raises:
        Refusal: `rail.…`, why there is nothing to replace.
    """
    facts = facts_of(seen, exchange=exchange, rules=rules, now=now)
    _refuse(seen, facts)
    first: Stage | None = None
    stops = []
    for stop in _stops(seen, facts, rules, counter, now, device_step):
        if stop.stage in _PENDING:
            keeps = first is None or stop.stage is Stage.CITY
            shown = stop.stage if keeps else Stage.LATER
            first = first or stop.stage
            stops.append(stop._replace(stage=shown))
        else:
            stops.append(stop)
    return Rail(facts, tuple(stops))


def facts_of(seen: Dossier, *, exchange: bool, rules: Rules, now: datetime) -> Facts:
    """Return the records of a person's running chain, or of the one that would begin."""
    wish = running(seen, now)
    card = _new_card(seen, wish)
    old = _old_card(seen, wish, card)
    payment = _payment(seen, wish)
    production = next((p for p in seen.productions if wish and p.application == wish.id), None)
    reason = wish.reason if wish else payment.reason if payment else ""
    day = (wish.made_at if wish else now).astimezone(CHINA).date()
    fee = fee_on(rules.fees, day, ITEM, reason) if reason else None
    minutes = rules.settings.production_lease_minutes
    leased = production is not None and production.state in BEFORE_BLANK
    return Facts(
        exchange=wish.type != LOST if wish else exchange,
        old=old,
        wish=wish,
        payment=payment,
        production=production,
        card=card,
        temp=held(seen.temp_cards),
        reason=reason,
        free=fee is not None and not fee.amount_fen,
        lease_ends=production.lease_ends(minutes) if production and leased else None,
    )


def running(seen: Dossier, now: datetime) -> Application | None:
    """Return the replacement that runs, or was finished today; else None."""
    wishes = [w for w in seen.applications if w.type in REPLACEMENTS and w.state != "01"]
    wish = max(wishes, key=lambda each: each.made_at, default=None)
    if wish is None or wish.is_open:
        return wish
    card = _new_card(seen, wish)
    if card is None or card.state is CardState.SEALED:
        return wish if card else None
    today = now.astimezone(CHINA).date()
    fresh = card.enabled_at is not None and card.enabled_at.astimezone(CHINA).date() == today
    return wish if card.state in USABLE and (fresh or held(seen.temp_cards)) else None


def _new_card(seen: Dossier, wish: Application | None) -> Card | None:
    """Return the card of a wish: made at a counter, or come with a batch for the old one."""
    if wish is None:
        return None
    mine = (c for c in seen.cards if c.number == wish.card or c.replaces == wish.old_card)
    return next((c for c in mine if c.state is not CardState.CANCELLED), None)


def _old_card(seen: Dossier, wish: Application | None, new: Card | None) -> Card | None:
    if wish is not None:
        return next((card for card in seen.cards if card.number == wish.old_card), None)
    others = [c for c in seen.cards if c is not new and c.state is not CardState.CANCELLED]
    return card_that_matters(others)


def _payment(seen: Dossier, wish: Application | None) -> Payment | None:
    """Return the payment of the wish, else the one that is for nothing yet."""
    if wish is not None:
        for payment in seen.payments:
            if payment.application == wish.id:
                return payment
    return open_payment(reversed(seen.payments))


def _refuse(seen: Dossier, facts: Facts) -> None:
    clause = EXCHANGE if facts.exchange else APPLY
    if facts.wish is not None:
        return
    if any(each.is_open for each in seen.applications):
        raise Refusal("rail.first_card_runs", clause=clause)
    if facts.old is None:
        raise Refusal("rail.no_card", clause=clause)
    if facts.exchange and facts.old.state not in USABLE | {CardState.SEALED}:
        raise Refusal("rail.lost", clause=clause, card_state=facts.old.state.value)


# ---------------------------------------------------------------- the steps, in order


def _stops(
    seen: Dossier,
    facts: Facts,
    rules: Rules,
    counter: str,
    now: datetime,
    device_step: Step | None,
) -> Iterator[Stop]:
    yield _enable_old(facts)
    yield _loss(facts)
    yield from _fee(facts, device_step)
    yield _asked(seen, "apply", "replace.apply", facts.wish.made_at if facts.wish else None)
    yield _register(seen, facts)
    yield _mark(seen, facts, now)
    yield _make(facts, counter)
    back = _temp_back(facts)
    if rules.settings.temp_card_require_return:
        yield from (_collect(facts), back, _enable(facts))
    else:
        yield from (_collect(facts), _enable(facts), back)


def _enable_old(facts: Facts) -> Stop:
    """The bracket of 5.1.2.1: a card that was never enabled is taken and enabled first."""
    sealed = facts.old is not None and facts.old.state is CardState.SEALED
    return Stop("enable_old", Stage.NOW if sealed and not facts.wish else Stage.NEEDLESS)


def _loss(facts: Facts) -> Stop:
    old = facts.old
    if facts.exchange:
        return Stop("loss", Stage.NEEDLESS)
    if old is None or old.state in {CardState.FORMAL_LOST, CardState.CANCELLED}:
        return Stop("loss", Stage.DONE, old.lost_at if old else None)
    return Stop("loss", Stage.NOW)


def _fee(facts: Facts, device_step: Step | None) -> Iterator[Stop]:
    payment = facts.payment
    if facts.free and (payment is None or payment.state is not P.PAID):
        yield Stop("pay", Stage.NEEDLESS)
        yield Stop("note", Stage.NEEDLESS)
        return
    noting = device_step is not None and device_step.name == FORMS[FormKind.NOTE]
    paid = payment is not None and payment.state is P.PAID
    yield Stop("pay", Stage.DONE if paid else Stage.NOW, payment.paid_at if payment else None)
    noted = payment is not None and bool(payment.note) and not noting
    yield Stop("note", Stage.DONE if noted else Stage.NOW)


def _register(seen: Dossier, facts: Facts) -> Stop:
    payment, wish = facts.payment, facts.wish
    if facts.free and (payment is None or payment.state is not P.PAID):
        return Stop("register", Stage.NEEDLESS)
    done = payment is not None and wish is not None and payment.application == wish.id
    at = payment.registered_at if payment and done else None
    return _asked(seen, "register", "fee.register", at, done=done)


def _mark(seen: Dossier, facts: Facts, now: datetime) -> Stop:
    production = facts.production
    if production is None and facts.card is not None:
        return Stop("mark", Stage.NEEDLESS)  # it came with a batch
    if production is None or production.state in {S.WAITING, S.ENDED}:
        return _asked(seen, "mark", "replace.mark", None)
    if facts.lease_ends is not None and now >= facts.lease_ends:
        return _asked(seen, "mark", "replace.mark", None)
    return Stop("mark", Stage.DONE, _time_of(seen, "replace.mark"))


def _make(facts: Facts, counter: str) -> Stop:
    production = facts.production
    if production is None and facts.card is not None:
        return Stop("make", Stage.NEEDLESS)
    if production is None:
        return Stop("make", Stage.NOW)
    if production.state is S.PRINTED:
        return Stop("make", Stage.DONE, production.moved_at)
    free = production.state in {S.WAITING, S.ENDED, S.FAILED}
    others = production.counter != counter and not free
    return Stop("make", Stage.ELSEWHERE if others else Stage.NOW)


def _collect(facts: Facts) -> Stop:
    at = facts.card.collected_at if facts.card else None
    return Stop("collect", Stage.DONE if at else Stage.NOW, at)


def _enable(facts: Facts) -> Stop:
    card = facts.card
    done = card is not None and card.state in LIVE
    return Stop("enable", Stage.DONE if done else Stage.NOW, card.enabled_at if card else None)


def _temp_back(facts: Facts) -> Stop:
    return Stop("temp_back", Stage.NOW if facts.temp else Stage.NEEDLESS)


def _asked(
    seen: Dossier, step: str, kind: str, at: datetime | None, *, done: bool | None = None
) -> Stop:
    """Return a step that the city must agree to: done, on its way to the city, or to be done."""
    if at is not None if done is None else done:
        return Stop(step, Stage.DONE, at)
    newest = next((event for event in seen.timeline if event.kind == kind), None)
    waits = newest is not None and newest.state in _UNDECIDED
    return Stop(step, Stage.CITY if waits else Stage.NOW)


def _time_of(seen: Dossier, kind: str) -> datetime | None:
    newest = next((event for event in seen.timeline if event.kind == kind), None)
    return from_ms(newest.at_ms) if newest else None
