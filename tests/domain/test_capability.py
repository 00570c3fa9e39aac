"""What a level may do, and that nothing widens it (第三条, 第四条)."""

from __future__ import annotations

import pytest

from sbk_tui.domain.capability import LEVELS, Authority, Capability, CounterLevel
from sbk_tui.errors import NotPermitted

C, L = Capability, CounterLevel
REPLACEMENT = (C.REPLACE, C.PRODUCE, C.FEES)


@pytest.mark.clause("A4")
@pytest.mark.parametrize("capability", REPLACEMENT)
def test_a_township_never_replaces(capability: Capability) -> None:
    with pytest.raises(NotPermitted) as refused:
        Authority(level=L.TOWNSHIP).require(capability)
    assert (refused.value.code, refused.value.clause) == ("capability.level", "第四条")


@pytest.mark.clause("A3")
@pytest.mark.parametrize("level", [L.COUNTY, L.CITY])
def test_county_and_city_offer_all_but_the_banks_own(level: CounterLevel) -> None:
    everything = ~Capability(0)
    assert LEVELS[level] == everything & ~C.ACTIVATE_FINANCIAL


@pytest.mark.clause("A3", "A3-bank")
def test_only_a_bank_window_activates_the_financial_account() -> None:
    assert [level for level in L if C.ACTIVATE_FINANCIAL in LEVELS[level]] == [L.BANK]


@pytest.mark.clause("A3")
def test_every_counter_takes_losses_and_looks_up() -> None:
    for level in L:
        assert C.LOSS | C.RELEASE | C.QUERY in LEVELS[level]


@pytest.mark.clause("A4")
def test_an_office_narrows_its_set_and_cannot_widen_it() -> None:
    narrowed = Authority(level=L.TOWNSHIP, removed=("CANCEL",))
    with pytest.raises(NotPermitted) as refused:
        narrowed.require(C.CANCEL)
    assert refused.value.code == "capability.narrowed"
    assert narrowed.capabilities | LEVELS[L.TOWNSHIP] == LEVELS[L.TOWNSHIP]
