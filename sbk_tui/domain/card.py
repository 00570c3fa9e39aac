"""The life of a card: one transition table, each row with its clause (社保卡 · AAZ502 卡状态).

Every operation that touches a card's state asks `move`; a state and an operation that share no
row are refused there, in one sentence, wherever the wish came from.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

import msgspec

from sbk_tui.errors import Refusal


class CardState(StrEnum):
    """卡状态 (AAZ502), codes [2+] K4, K7."""

    SEALED = "0"
    """封存: made, not yet enabled."""
    ACTIVE = "1"
    """正常."""
    FORMAL_LOST = "2"
    """正式挂失."""
    LOCKED = "3"
    """应用锁定."""
    TEMP_LOST = "4"
    """临时挂失."""
    CANCELLED = "9"
    """注销: final."""


S = CardState
LIVE = frozenset({S.ACTIVE, S.LOCKED, S.TEMP_LOST, S.FORMAL_LOST})
"""States of a card that is somebody's valid card: one person has one of these (一人一卡)."""
USABLE = frozenset({S.ACTIVE, S.LOCKED})
BLOCKED = frozenset({S.TEMP_LOST, S.FORMAL_LOST, S.CANCELLED})
"""States of a card of which the whole city is told."""


class Move(NamedTuple):
    """One allowed move: from any of `sources`, by the operation `kind`, to `target`."""

    sources: frozenset[CardState]
    kind: str
    target: CardState | None
    """None: the state stays as it is."""
    clause: str


MOVES = (
    # from                                                operation          to              clause
    Move(frozenset({S.SEALED}),                           "issue.unit",      None,           "2.2.1"),
    Move(frozenset({S.SEALED}),                           "issue.person",    None,           "2.2.2"),
    Move(frozenset({S.SEALED}),                           "card.collect",    None,           "5.1.4"),
    Move(frozenset({S.SEALED}),                           "visit.not_home",  None,           "2.2.1"),
    Move(frozenset({S.SEALED}) | LIVE,                    "receipt.record",  None,           "2.3.1"),
    Move(frozenset({S.SEALED}) | LIVE,                    "card.check",      None,           "2.3.2"),
    Move(frozenset({S.SEALED}),                           "card.store",      None,           "2.3.3"),
    Move(frozenset({S.SEALED}),                           "card.mark_uncollected", None,      "2.3.3"),
    Move(frozenset({S.SEALED}),                           "issue.again",     None,           "2.3.4"),
    Move(frozenset({S.SEALED}),                           "issue.roll_back", None,           "2.5"),
    Move(frozenset({S.SEALED}),                           "card.enable",     S.ACTIVE,       "5.1.4"),
    Move(frozenset({S.ACTIVE, S.LOCKED}),                 "loss.temporary",  S.TEMP_LOST,    "3.1"),
    Move(frozenset({S.ACTIVE, S.LOCKED, S.TEMP_LOST}),    "loss.formal",     S.FORMAL_LOST,  "3.2"),
    Move(frozenset({S.TEMP_LOST}),                        "card.release",    S.ACTIVE,       "3.3"),
    Move(frozenset({S.FORMAL_LOST}),                      "card.release",    S.ACTIVE,       "3.3"),
    Move(frozenset({S.SEALED}) | LIVE,                    "card.cancel",     S.CANCELLED,    "3.4"),
    Move(frozenset({S.FORMAL_LOST}),                      "replace.apply",   None,           "5.1.2.2"),
    Move(USABLE,                                          "replace.exchange", None,          "5.2"),
    Move(USABLE,                                          "pin.change",      None,           "4.1"),
    Move(USABLE,                                          "pin.unlock",      None,           "4.2"),
    Move(USABLE,                                          "pin.reset",       None,           "4.3"),
    Move(frozenset({S.ACTIVE}),                           "account.activate", None,          "第三条"),
)  # fmt: skip

CLAUSE_OF = {row.kind: row.clause for row in MOVES}


def move(state: CardState, kind: str) -> Move:
    """Return the row that lets `kind` happen to a card in `state`.

    Raises:
        Refusal: `card.no_such_move` (`card.sealed` for a loss of a card never enabled, which
            5.1.2.1 sends through 启用 first), with the clause of the operation.
    """
    for row in MOVES:
        if row.kind == kind and state in row.sources:
            return row
    sealed_loss = state is S.SEALED and kind in {"loss.temporary", "loss.formal"}
    code = "card.sealed" if sealed_loss else "card.no_such_move"
    raise Refusal(code, clause=CLAUSE_OF[kind], card_state=state.value, kind=kind)


def kinds_from(state: CardState) -> tuple[str, ...]:
    """Return the operations that a card in `state` allows, in the order of the table."""
    return tuple(dict.fromkeys(row.kind for row in MOVES if state in row.sources))


class Receiver(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """领卡人: who took the card over the counter."""

    type: str = "1"
    """领卡人类型: 1 本人, 2 亲属/代领人, 3 单位经办, 4 社区(村)经办."""
    name: str = ""
    number: str = ""
    phone: str = ""


class Issuing(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """发卡环节: the step that put a card into its receiver's hands; 2.5 may take it back."""

    op: str
    """The operation's id."""
    counter: str
    clerk: str


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """社保卡: one card as it stands, whoever holds it."""

    number: str
    """社保卡号, 9 characters."""
    person: str
    """The holder's random id, never the 社会保障号码."""
    state: CardState = CardState.SEALED
    bank: str = "00000"
    bank_card: str = ""
    batch: str = ""
    place: str = ""
    """存放位置 "柜-层-盒-位"; empty once the card is out."""
    custody: str = ""
    """The counter that physically holds the card; empty once the holder has it."""
    made_on: date | None = None
    valid_to: date | None = None
    version: str = "2.00"
    """卡规范版本."""
    collected_at: datetime | None = None
    receiver: Receiver | None = None
    issuing: Issuing | None = None
    """The last issuing step; None while the card lies at a counter."""
    known_at: datetime | None = None
    """When its list came to the counter: from then on it is counted as waiting (滞留)."""
    received_at: datetime | None = None
    """When it was counted in here from a hand-over (乡镇接收, 2.1)."""
    sent_at: datetime | None = None
    """When it left for the place below (市中心发出, 2.1.2); on its way until it is received."""
    sent_to: str = ""
    """行政区划代码 of the place for which it left (领卡地)."""
    uncollected: tuple[date, ...] = ()
    """The days on which nobody had fetched it (滞留标记); the third makes it a 滞留卡."""
    stored_at: datetime | None = None
    """When it was put into the stock of returned cards (2.3.3); None once it is out."""
    enabled_at: datetime | None = None
    lost_at: datetime | None = None
    lost_until: date | None = None
    """The day a temporary loss ends; the hub's clock ends it, no terminal does (4.2)."""
    cancelled_at: datetime | None = None
    cancel_reason: str = ""
    replaces: str = ""
    """The card that this one was made to replace."""
    social_account: str = "0"
    """社保账户: 0 未激活, 1 已激活, 2 冻结, 9 注销."""
    financial_account: str = "0"
    """金融账户: only a bank moves it; U unknown."""
    financial_at: datetime | None = None
    """When a bank window activated it (A3)."""
    bank_todo: str = ""
    """业务类型 of the notice whose bank side the province could not do (answer 02, domain rule
    1.4): the holder must do it at the bank. Empty: nothing is left to do."""
    check_result: str = ""
    """验卡结果 (2.3.2), a code of the table `check_result`; empty: not checked."""
    checked_at: datetime | None = None
    receipt_reason: str = ""
    """回执原因 (2.3.1, 2.3.2), a code of the table `receipt_reason`."""
    receipt_on: date | None = None
    """The day on which the receipt of 2.3.1 was signed, or the card came back."""
    not_home_on: date | None = None
    """The last day on which it was brought and nobody was at home (B10)."""

    pin_at: datetime | None = None
    """When its PIN was last changed, unlocked or reset at a counter (4.1–4.3)."""

    @property
    def is_out(self) -> bool:
        """Whether it was handed out or has ended: no box can hold it."""
        return self.collected_at is not None or self.state is not CardState.SEALED

    @property
    def subject(self) -> str:
        """The name of this card in envelopes."""
        return f"card/{self.number}"
