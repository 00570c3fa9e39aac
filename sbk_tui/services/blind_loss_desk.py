"""无记录挂失 (A5): a loss that must not wait because this counter has no record of the card."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import NamedTuple

import msgspec

from sbk_tui.data.beside import OwedPaper, Performed
from sbk_tui.data.ledger import Ledger
from sbk_tui.domain.identity import CardNumber, Phone, SocialNumber
from sbk_tui.domain.operations.blind_loss import BlindLoss
from sbk_tui.domain.operations.loss import term_end
from sbk_tui.domain.rules import Rules
from sbk_tui.domain.text import PersonName
from sbk_tui.errors import Refusal
from sbk_tui.services import words
from sbk_tui.services.forms import Field, Values, problems
from sbk_tui.services.slips import Desk, head
from sbk_tui.services.spoken_desk import SpokenDesk
from sbk_tui.texts import word

LAYOUT = "loss_slip"
_CARD_LENGTH = 9
FORMAL = "3.2"
_CALLER = (
    Field("loss_of", required=True),
    Field("holder_name", parse=PersonName.parse, required=True),
    Field("caller_name", parse=PersonName.parse, required=True),
    Field("caller_phone", parse=Phone.parse, required=True),
)


class Reported(NamedTuple):
    """A loss that was taken down."""

    paper: str
    """Id of the slip that is owed."""
    spoken: str
    """The digits to read to the city while the line is down (B2); empty: it is sent."""


def fields_of(clause: str) -> tuple[Field, ...]:
    """Return what is asked for a temporary (3.1) or a formal (3.2) loss."""
    shown = Field("id_shown", "tick", must_be_ticked="loss.id_not_shown")
    return (*_CALLER, shown) if clause == FORMAL else _CALLER


class BlindLossDesk:
    """Losses of unknown cards, for the clerk who is signed in."""

    def __init__(
        self,
        ledger: Ledger,
        *,
        rules: Rules,
        desk: Desk,
        today: Callable[[], date],
        new_id: Callable[[], str],
        spoken: SpokenDesk,
    ) -> None:
        self._ledger = ledger
        self._rules = rules
        self._desk = desk
        self._today = today
        self._new_id = new_id
        self._spoken = spoken

    def report(self, clause: str, values: Values, *, op: str) -> Reported:
        """Record the loss and owe its slip, both on disk on return.

        Raises:
            Refusal: a field or the rule says no.
        """
        for problem in problems(fields_of(clause), values, self._rules):
            raise Refusal(problem.code, clause=problem.clause, field=problem.field, **problem.facts)
        formal = clause == FORMAL
        number, card = _named(values["loss_of"].strip())
        loss = BlindLoss(
            number=number,
            card=card,
            name=str(PersonName.parse(values["holder_name"])),
            caller_name=str(PersonName.parse(values["caller_name"])),
            caller_phone=str(Phone.parse(values["caller_phone"])),
            until=None if formal else term_end(self._today(), self._rules.settings),
            id_shown=formal,
        )
        paper = self._new_id()
        code = self._spoken.code(loss, number)

        def record(done: Performed) -> bytes:
            return msgspec.msgpack.encode({**self._slip(loss, done), "spoken": code})

        intent = self._ledger.intend(loss, op=op)
        self._ledger.perform(intent, beside=(OwedPaper(paper, LAYOUT, record),))
        return Reported(paper, code)

    def _slip(self, loss: BlindLoss, done: Performed) -> dict[str, str]:
        at = words.moment(done.at_ms)
        return {
            **head(self._desk, at, done.op),
            "short_hash": done.code,
            "kind": words.kind(loss.kind),
            "done_at": at,
            "name": loss.name,
            "number": loss.number or word("blind.not_said"),
            "card": loss.card,
            "bank": "",
            "state_before": word("blind.no_record"),
            "state_after": word("blind.to_be_found"),
            "standing": word("blind.standing"),
            "caller_name": loss.caller_name,
            "caller_phone": loss.caller_phone,
            "lost_until": loss.until.isoformat() if loss.until else "",
        }


def _named(text: str) -> tuple[str, str]:
    """Return what one field means: a 社会保障号码 or a card number, the other one empty."""
    if len(text) == _CARD_LENGTH:
        return "", str(CardNumber.parse(text))
    return str(SocialNumber.parse(text)), ""
