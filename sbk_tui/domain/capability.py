"""What a counter may do: one table of capabilities by level (第三条, 第四条).

A level's set can be narrowed by the office, never widened: `Authority.of` intersects. The menu
shows it, the ledger enforces it, the hub enforces it again from its own registry.
"""

from __future__ import annotations

from enum import Flag, StrEnum, auto

import msgspec

from sbk_tui.errors import NotPermitted


class CounterLevel(StrEnum):
    """窗口级别: who runs the counter."""

    TOWNSHIP = "T"
    COUNTY = "C"
    CITY = "M"
    BANK = "B"


class Capability(Flag):
    """业务职能: one service that a counter offers (第三条)."""

    APPLY = auto()
    HANDOVER = auto()
    ISSUE = auto()
    LOSS = auto()
    RELEASE = auto()
    CANCEL = auto()
    PIN_CHANGE = auto()
    PIN_UNLOCK = auto()
    PIN_RESET = auto()
    REPLACE = auto()
    PRODUCE = auto()
    FEES = auto()
    TEMP_CARD = auto()
    ENABLE = auto()
    ACTIVATE_FINANCIAL = auto()
    SELF_SERVICE = auto()
    CORRECT = auto()
    QUERY = auto()
    ROLLBACK = auto()
    SUPERVISE = auto()


_C = Capability
_EVERYWHERE = (
    _C.APPLY | _C.LOSS | _C.RELEASE | _C.PIN_CHANGE | _C.PIN_UNLOCK | _C.PIN_RESET
    | _C.SELF_SERVICE | _C.QUERY
)  # fmt: skip
_OFFICE = _C.ISSUE | _C.CANCEL | _C.TEMP_CARD | _C.ENABLE | _C.CORRECT | _C.ROLLBACK

LEVELS = {
    # 第四条: townships have no 补换; what belongs to it (fees, production) goes with it.
    CounterLevel.TOWNSHIP: _EVERYWHERE | _OFFICE,
    CounterLevel.COUNTY: _EVERYWHERE | _OFFICE
    | _C.HANDOVER | _C.REPLACE | _C.PRODUCE | _C.FEES | _C.SUPERVISE,
    CounterLevel.CITY: _EVERYWHERE | _OFFICE
    | _C.HANDOVER | _C.REPLACE | _C.PRODUCE | _C.FEES | _C.SUPERVISE,
    # 第三条: 金融账户激活 only at windows run by a bank.
    CounterLevel.BANK: _EVERYWHERE | _C.ACTIVATE_FINANCIAL,
}  # fmt: skip

KIOSK = _C.SELF_SERVICE | _C.QUERY | _C.LOSS | _C.PIN_CHANGE
"""What is left of a counter's rights at its kiosk (A3: 综合自助服务)."""

_REPLACEMENT = Capability.REPLACE | Capability.PRODUCE | Capability.FEES


class Authority(msgspec.Struct, frozen=True, kw_only=True):
    """The rights a counter acts with: its level's set, narrowed."""

    level: CounterLevel
    removed: tuple[str, ...] = ()
    """Names of capabilities the office has switched off (`config.toml`, section `counter`)."""

    @property
    def capabilities(self) -> Capability:
        """What is left of the level's set."""
        left = LEVELS[self.level]
        for name in self.removed:
            left &= ~Capability[name]
        return left

    def narrowed_to(self, kept: Capability) -> Authority:
        """Return these rights without all that is not `kept`."""
        gone = [each.name or "" for each in Capability if each not in kept]
        return Authority(level=self.level, removed=tuple(dict.fromkeys((*self.removed, *gone))))

    def require(self, capability: Capability) -> None:
        """Return when the counter has `capability`.

        Raises:
            NotPermitted: `capability.level` when its level never has it (clause 第四条 for
                replacement, 第三条 else), `capability.narrowed` when the office took it away.
        """
        if capability in self.capabilities:
            return
        name = capability.name or ""
        if capability in LEVELS[self.level]:
            raise NotPermitted("capability.narrowed", clause="第三条", capability=name)
        clause = "第四条" if capability in _REPLACEMENT else "第三条"
        raise NotPermitted(
            "capability.level", clause=clause, capability=name, level=self.level.value
        )
