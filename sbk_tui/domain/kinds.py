"""Every kind of operation, one row each: nature, capability, clause, version of its payload.

A kind is never renamed. The ledger, the hub, the command line and the manual read this table.
"""

from __future__ import annotations

from typing import NamedTuple

from sbk_tui.domain.capability import Capability
from sbk_tui.domain.operations.account import ActivateAccount
from sbk_tui.domain.operations.apply import Apply
from sbk_tui.domain.operations.base import Nature, Operation
from sbk_tui.domain.operations.batch import TakeIn
from sbk_tui.domain.operations.blind_loss import BlindLoss
from sbk_tui.domain.operations.correct import ChangePhoto, Correct
from sbk_tui.domain.operations.day import CloseDay
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
from sbk_tui.domain.operations.leash import ExtendLeash
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
from sbk_tui.domain.operations.refund import GiveBack, MatchPosList
from sbk_tui.domain.operations.replace import (
    ApplyForReplacement,
    MarkForProduction,
    UnmarkForProduction,
    WithdrawReplacement,
)
from sbk_tui.domain.operations.returned import CheckCard, IssueAgain
from sbk_tui.domain.operations.roll_back import RollBack
from sbk_tui.domain.operations.settle_case import SettleCase
from sbk_tui.domain.operations.store import StoreCards
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
from sbk_tui.errors import BadUsage


class Kind(NamedTuple):
    """What the table says of one kind."""

    payload: type[Operation]
    nature: Nature
    capability: Capability
    clause: str
    version: int = 1

    @property
    def name(self) -> str:
        """The dotted name of the kind."""
        return self.payload.kind


_F, _D, _H, _C = Nature.FACT, Nature.DECISION, Nature.HUB_FIRST, Capability

KINDS = (
    #    payload               nature  capability   clause
    Kind(Apply,                _D,     _C.APPLY,    "1.2"),
    Kind(TakeIn,               _F,     _C.ISSUE,    "2.1"),
    Kind(IssueToUnit,          _F,     _C.ISSUE,    "2.2.1"),
    Kind(IssueToPerson,        _F,     _C.ISSUE,    "2.2.2"),
    Kind(Announce,             _F,     _C.ISSUE,    "2.1"),
    Kind(Receive,              _F,     _C.ISSUE,    "2.1"),
    Kind(Request,              _D,     _C.HANDOVER, "2.1.1"),
    Kind(Withdraw,             _D,     _C.HANDOVER, "2.1.1"),
    Kind(Decide,               _D,     _C.HANDOVER, "2.1.2"),
    Kind(TakeAnswer,               _F,     _C.HANDOVER, "2.1.2"),
    Kind(NotAtHome,            _F,     _C.ISSUE,    "2.2.1"),
    Kind(RecordReceipts,       _F,     _C.ISSUE,    "2.3.1"),
    Kind(CheckCard,            _F,     _C.ISSUE,    "2.3.2"),
    Kind(IssueAgain,           _F,     _C.ISSUE,    "2.3.4"),
    Kind(StoreCards,           _F,     _C.ISSUE,    "2.3.3"),
    Kind(MarkUncollected,      _F,     _C.ISSUE,    "2.3.3"),
    Kind(RollBack,             _D,     _C.ROLLBACK, "2.5"),
    Kind(Collect,              _F,     _C.ENABLE,   "5.1.4"),
    Kind(Enable,               _D,     _C.ENABLE,   "5.1.4"),
    Kind(TemporaryLoss,        _D,     _C.LOSS,     "3.1", 2),
    Kind(FormalLoss,           _D,     _C.LOSS,     "3.2"),
    Kind(BlindLoss,            _D,     _C.LOSS,     "A5"),
    Kind(Release,              _D,     _C.RELEASE,  "3.3"),
    Kind(Cancel,               _D,     _C.CANCEL,   "3.4"),
    Kind(ChangePin,            _F,     _C.PIN_CHANGE, "4.1"),
    Kind(UnlockPin,            _F,     _C.PIN_UNLOCK, "4.2"),
    Kind(ResetPin,             _F,     _C.PIN_RESET, "4.3"),
    Kind(ActivateAccount,      _H,     _C.ACTIVATE_FINANCIAL, "A3"),
    Kind(ApplyForReplacement,  _H,     _C.REPLACE,  "5.1.2.2", 2),
    Kind(WithdrawReplacement,  _H,     _C.REPLACE,  "5.1.2.2"),
    Kind(MarkForProduction,    _H,     _C.REPLACE,  "5.1.2.4"),
    Kind(UnmarkForProduction,  _H,     _C.REPLACE,  "5.1.2.4"),
    Kind(TakeInBlanks,         _F,     _C.PRODUCE,  "5.1.3.1"),
    Kind(SpoilBlank,           _F,     _C.PRODUCE,  "5.1.3.1"),
    Kind(TakeInRibbons,        _F,     _C.PRODUCE,  "5.1.3.1"),
    Kind(ChangeRibbon,         _F,     _C.PRODUCE,  "5.1.3.1"),
    Kind(FetchData,            _H,     _C.PRODUCE,  "5.1.3.2"),
    Kind(FeedBlank,            _H,     _C.PRODUCE,  "5.1.3.2"),
    Kind(WriteChip,            _F,     _C.PRODUCE,  "5.1.3.2"),
    Kind(ReadBack,             _H,     _C.PRODUCE,  "5.1.3.2"),
    Kind(PrintFace,            _F,     _C.PRODUCE,  "5.1.3.2"),
    Kind(FailProduction,       _F,     _C.PRODUCE,  "5.1.3.4"),
    Kind(RestoreApplication,   _H,     _C.PRODUCE,  "5.1.3.4"),
    Kind(ReportToCentre,       _F,     _C.PRODUCE,  "N2"),
    Kind(TakeInNumbers,        _F,     _C.FEES,     "F11"),
    Kind(VoidNumber,           _F,     _C.FEES,     "F10"),
    Kind(GiveNotice,           _F,     _C.FEES,     "5.1.1.1.1"),
    Kind(Charge,               _F,     _C.FEES,     "5.1.1.1.2"),
    Kind(Pay,                  _F,     _C.FEES,     "5.1.1.1.2", 2),
    Kind(NotCharged,           _F,     _C.FEES,     "5.1.1.1.2", 2),
    Kind(Unclear,              _F,     _C.FEES,     "5.1.1.1.2"),
    Kind(GiveBack,             _F,     _C.FEES,     "5.1.1.1.2"),
    Kind(MatchPosList,         _F,     _C.FEES,     "B6"),
    Kind(GiveNote,             _F,     _C.FEES,     "5.1.1.2"),
    Kind(RegisterFee,          _H,     _C.FEES,     "5.1.2.3"),
    Kind(UnregisterFee,        _H,     _C.FEES,     "5.1.2.3"),
    Kind(StockTempCards,       _F,     _C.TEMP_CARD, "6.1.1.1"),
    Kind(IssueTempCard,        _D,     _C.TEMP_CARD, "6.1.1.1", 2),
    Kind(EnableTempCard,       _D,     _C.TEMP_CARD, "6.1.1.2"),
    Kind(RewriteTempCard,      _D,     _C.TEMP_CARD, "6.2", 2),
    Kind(TakeBackTempCard,     _F,     _C.TEMP_CARD, "6.3"),
    Kind(CancelTempCard,       _D,     _C.TEMP_CARD, "6.3"),
    Kind(Correct,              _D,     _C.CORRECT,  "F2"),
    Kind(ChangePhoto,          _D,     _C.CORRECT,  "F3"),
    Kind(CloseDay,             _F,     _C.QUERY,    "B6", 2),
    Kind(SettleCase,           _F,     _C.QUERY,    "B16"),
    Kind(ExtendLeash,          _F,     _C.QUERY,    "B21"),
)  # fmt: skip

_BY_NAME = {kind.name: kind for kind in KINDS}


def kind_named(name: str) -> Kind:
    """Return the row of `name`.

    Raises:
        BadUsage: `kind.unknown`.
    """
    kind = _BY_NAME.get(name)
    if kind is None:
        raise BadUsage("kind.unknown", kind=name)
    return kind


def kind_of(operation: Operation) -> Kind:
    """Return the row of an operation."""
    return kind_named(operation.kind)
