"""What the city does with an operation that had not seen everything (`conflicts`): pure.

Loss beats usable, the reversible step beats the final one, facts stay. Clocks decide nothing:
all that counts is what the counter that acted had seen of the city's feed.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from msgspec.structs import replace

from sbk_tui.domain.card import USABLE, Card, CardState
from sbk_tui.domain.conflicts import ACCEPT, SAME, Answer, Conflicts
from sbk_tui.domain.kinds import kind_of
from sbk_tui.domain.operations.account import ACTIVATED, ActivateAccount
from sbk_tui.domain.operations.base import Nature, Operation
from sbk_tui.domain.operations.blind_loss import BlindLoss
from sbk_tui.domain.operations.correct import Correct
from sbk_tui.domain.operations.issue_unit import IssueToUnit
from sbk_tui.domain.operations.receipt import RecordReceipts
from sbk_tui.domain.operations.uncollected import MarkUncollected
from sbk_tui.domain.rules import Rules
from sbk_tui.domain.temp_card import TempCard, held
from sbk_tui.domain.world import Entity, Occasion, World
from sbk_tui.errors import Fact, Refusal

HELD, DISPUTED = "H1", "F1"
"""The two rulings that block a card until a person has settled them."""
UNKNOWN = "H4"
"""A loss of a card that the city does not know either."""
_LOST = frozenset({CardState.TEMP_LOST, CardState.FORMAL_LOST})
_GONE = frozenset({CardState.CANCELLED})
_ENABLE, _RELEASE, _ROLL_BACK = "card.enable", "card.release", "issue.roll_back"
_APPLY, _TEMP_ISSUE = "person.apply", "temp.issue"
_TRUE_IN = {
    # kind: states of a card in which its wish is true already
    _ENABLE: USABLE,
    _RELEASE: USABLE,
    "loss.temporary": _LOST | _GONE,
    "loss.formal": frozenset({CardState.FORMAL_LOST}) | _GONE,
    "card.cancel": _GONE,
}


class Unseen(NamedTuple):
    """An operation of another counter that the city has accepted, and this one had not seen."""

    op: str
    counter: str
    kind: str
    at: datetime
    operation: Operation | None
    """None: its payload was erased after its term."""


class Settlement(NamedTuple):
    """What the city does; `code` names the ruling, empty when nobody need be told."""

    answer: Answer
    code: str
    met: Unseen | None
    changed: tuple[Entity, ...] = ()
    before: Card | None = None
    """Of a held cancellation: the card as it was before it was blocked."""

    @property
    def facts(self) -> dict[str, Fact]:
        """What the sentences need, beside the name of the office."""
        return {} if self.met is None else {"kind": self.met.kind, "counter": self.met.counter}


class Subjects(NamedTuple):
    """Whom and what an operation concerns; the names as in envelopes."""

    cards: tuple[str, ...] = ()
    persons: tuple[str, ...] = ()
    temp_cards: tuple[str, ...] = ()


def subjects_of(operation: Operation, world: World) -> Subjects:
    """Return what `operation` concerns by its own words, whether it changes anything or not."""
    lines = (*getattr(operation, "slots", ()), *getattr(operation, "lines", ()))
    if lines:  # many cards: what happens to other cards of their holders does not concern them
        return Subjects(cards=tuple(dict.fromkeys(f"card/{line.card}" for line in lines)))
    if isinstance(operation, BlindLoss):
        meant = operation.cards(world)
        return Subjects(
            tuple(card.subject for card in meant),
            tuple(dict.fromkeys(f"person/{card.person}" for card in meant)),
        )
    if isinstance(operation, IssueToUnit | MarkUncollected | RecordReceipts):
        return Subjects(cards=tuple(dict.fromkeys(f"card/{card}" for card in operation.cards)))
    own = getattr(operation, "card", "")
    card = world.card(own) if own else None
    persons = [card.person] if card is not None else []
    persons += filter(None, [getattr(operation, "person", "")])
    form = getattr(operation, "form", None)
    applicant = world.person_by_number(form.number) if form is not None else None
    if applicant is not None:
        persons.append(applicant.id)
    temps = [*getattr(operation, "numbers", ()), getattr(operation, "temp_card", "")]
    holders = [world.temp_card(number) for number in temps if number]
    persons += [card.person for card in holders if card is not None and card.person]
    return Subjects(
        (f"card/{own}",) if own else (),
        tuple(f"person/{person}" for person in dict.fromkeys(persons)),
        tuple(f"temp/{number}" for number in dict.fromkeys(temps) if number),
    )


def column_of(conflicts: Conflicts, operation: Operation, met: Unseen) -> str | None:
    """Return the column under which `operation` meets `met`; None: they do not meet.

    An enabled card is the new one for everything that is about the card it replaces.
    """
    group = conflicts.group_of(met.kind)
    own = getattr(operation, "card", "")
    other = getattr(met.operation, "card", "")
    if own and other and own != other:
        return "new_card" if group == "enable" else None
    return group


def settle(
    world: World,
    operation: Operation,
    occasion: Occasion,
    rules: Rules,
    unseen: Sequence[Unseen],
    blocks: frozenset[str] = frozenset(),
) -> Settlement | None:
    """Return what is to be done with `operation`; None: the ordinary rule decides alone.

    Args:
        unseen: what the counter that acted had not seen, on the same card or person.
        blocks: rulings (`HELD`, `DISPUTED`) that wait for a person and stop the card meanwhile.

    Raises:
        Refusal: an objection of another sort, by the operation's own rule.
    """
    if isinstance(operation, BlindLoss) and not operation.cards(world):
        operation.admit(world, occasion, rules)
        return Settlement(Answer.HOLD, UNKNOWN, None)
    blocked = _blocked(operation, blocks)
    if blocked:
        return Settlement(Answer.REFUSE, blocked, None)
    code, met = _strongest(world, operation, rules.conflicts, unseen)
    if met is None:
        return None
    if _true_already(world, operation):
        return Settlement(Answer.SAME, code if code in {"A7", "P1"} else "", met)
    if code in {ACCEPT, SAME}:
        return None
    match rules.conflicts.rulings[code].answer:
        case Answer.REFUSE:
            return Settlement(Answer.REFUSE, code, met)
        case Answer.HOLD:
            operation.admit(world, occasion, rules)
            return _held(world, operation, occasion, code, met)
        case Answer.FACT:
            if kind_of(operation).nature is not Nature.FACT and operation.kind != _TEMP_ISSUE:
                operation.admit(world, occasion, rules)
            return Settlement(Answer.FACT, code, met, _as_it_happened(world, operation, occasion))
        case answer:
            changed = _by_the_rule(world, operation, occasion, rules)
            return Settlement(answer, code, met, changed)


def _blocked(operation: Operation, blocks: frozenset[str]) -> str:
    if HELD in blocks and operation.kind in {_ENABLE, _RELEASE, "replace.apply"}:
        return "H2"
    if DISPUTED in blocks and operation.kind == _ENABLE:
        return "H3"
    return ""


def _strongest(
    world: World, operation: Operation, conflicts: Conflicts, unseen: Sequence[Unseen]
) -> tuple[str, Unseen | None]:
    found: tuple[str, Unseen | None] = (SAME, None)
    for met in unseen:
        column = column_of(conflicts, operation, met)
        if column is None:
            continue
        code = conflicts.cell(operation.kind, column)
        if not _stands(world, code, operation, met):
            code = ACCEPT
        if found[1] is None or conflicts.strength(code) < conflicts.strength(found[0]):
            found = code, met
    return found


def _stands(world: World, code: str, operation: Operation, met: Unseen) -> bool:
    """Return whether what was not seen is still so: a loss may be released meanwhile."""
    card = world.card(getattr(operation, "card", ""))
    match code:
        case "F2":
            return card is not None and card.state in _LOST
        case "F8":
            return _temp_card_out(world, operation)
        case "F9":
            return operation.kind.startswith("temp.") or _temp_card_out(world, operation)
        case "R5" if operation.kind == _ENABLE:
            return card is not None and card.collected_at is None
        case "R8":
            return _same_field(operation, met.operation)
        case "L1":
            return any(world.card(line.card) for line in getattr(operation, "lines", ()))
        case _:
            return True


def _temp_card_out(world: World, operation: Operation) -> bool:
    card = world.card(getattr(operation, "card", ""))
    person = getattr(operation, "person", "") or (card.person if card else "")
    return bool(person) and held(world.temp_cards_of(person)) is not None


def _same_field(one: Operation, other: Operation | None) -> bool:
    if not isinstance(one, Correct) or not isinstance(other, Correct):
        return type(one) is type(other)
    return bool({c.field for c in one.changes} & {c.field for c in other.changes})


def _true_already(world: World, operation: Operation) -> bool:
    """Return whether the wish is fulfilled by what others did meanwhile."""
    card = world.card(getattr(operation, "card", ""))
    if operation.kind == _APPLY:
        form = getattr(operation, "form", None)
        person = world.person_by_number(form.number) if form is not None else None
        return (
            form is not None
            and person is not None
            and person.name == form.name
            and any(wish.is_open for wish in world.applications_of(person.id))
        )
    if card is None:
        return False
    if operation.kind == "replace.apply":
        return any(
            a.is_open and a.old_card == card.number for a in world.applications_of(card.person)
        )
    if isinstance(operation, ActivateAccount):
        return card.financial_account == ACTIVATED
    if operation.kind == _ROLL_BACK:
        return card.collected_at is None or card.state in _GONE
    return card.state in _TRUE_IN.get(operation.kind, frozenset())


def _held(
    world: World, operation: Operation, occasion: Occasion, code: str, met: Unseen
) -> Settlement:
    card = world.card(getattr(operation, "card", ""))
    if card is None or card.state in _LOST:
        return Settlement(Answer.HOLD, code, met, (), card)
    blocked = replace(
        card,
        state=CardState.TEMP_LOST,
        lost_at=occasion.at,
        lost_until=None,  # a person ends it, no term
        social_account="2",
    )
    return Settlement(Answer.HOLD, code, met, (blocked,), card)


def _as_it_happened(world: World, operation: Operation, occasion: Occasion) -> tuple[Entity, ...]:
    """Return what is true after a fact; a second temporary card is void from the beginning."""
    try:
        changed = operation.effect(world, occasion)
    except Refusal:
        return ()
    yesterday = occasion.today - timedelta(days=1)
    return tuple(
        replace(entity, valid_to=yesterday)
        if operation.kind == _TEMP_ISSUE and isinstance(entity, TempCard)
        else entity
        for entity in changed
    )


def _by_the_rule(
    world: World, operation: Operation, occasion: Occasion, rules: Rules
) -> tuple[Entity, ...]:
    operation.admit(world, occasion, rules)
    return operation.effect(world, occasion)
