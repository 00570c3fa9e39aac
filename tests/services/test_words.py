"""What a record is called in a list."""

from __future__ import annotations

import pytest

from sbk_tui.services.words import near


@pytest.mark.parametrize(("address", "shown"), [
    ("河南省新乡市辉县市百泉镇王家庄社区12号", "王家庄社区12号"),
    ("河南省辉县市百泉镇王家庄社区3排5号", "王家庄社区3排5号"),
    ("河南省新乡市红旗区西街街道曙光社区12号", "曙光社区12号"),
    ("新乡县大召营镇大召营村", "大召营村"),
    ("百泉镇王家庄社区12号", "王家庄社区12号"),
    ("示例村12号", "示例村12号"),
    ("河南省新乡市牧野区", "河南省新乡市牧野区"),
    ("", ""),
])  # fmt: skip
def test_in_a_list_of_one_place_an_address_begins_at_the_village(address: str, shown: str) -> None:
    assert near(address) == shown
