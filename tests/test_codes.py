"""The shipped code tables: complete, with a source and a mark at every row."""

from __future__ import annotations

import re

import pytest

from sbk_tui.codes import code_tables
from sbk_tui.domain.application import BANK_PENDING
from sbk_tui.domain.card import CardState
from sbk_tui.texts import name_of

MARK = re.compile(r"\[(O|2\+|1|A)\]")
TABLES = sorted(
    {
        *("category", "status", "status_wide", "household", "doc_type", "sex", "nation", "country"),
        *("survival", "relation", "source", "replace_type", "replace_reason", "mark_kind"),
        *("make_kind", "apply_state", "progress", "province_answer", "card_version", "card_maker"),
        *("card_state", "social_account", "financial_account", "cancel_reason", "bank"),
        *("temp_card_state", "temp_box_state", "stock_state", "receiver", "receipt_reason"),
        *("check_result", "device", "rollback_reason", "issue_state", "photo_reason"),
        *("form_kind", "number_state", "void_reason", "payment_state", "unregister_reason"),
        *("difference_cause", "pos_answer", "leash_reason", "pin_presence", "chip_item"),
        *("refund_way", "refund_reason"),
        *("production_state", "blank_state", "spoil_reason", "make_fault", "make_step"),
        *("withdraw_reason", "outside_system", "outside_matter", "bank_card_prefix"),
    }
)


def test_every_table_is_there() -> None:
    assert set(code_tables()) == set(TABLES)


@pytest.mark.parametrize("key", TABLES)
def test_a_table_has_title_source_and_a_mark_for_every_row(key: str) -> None:
    table = code_tables()[key]
    assert table.title
    assert table.rows
    assert MARK.search(table.source), "the mark of the rows without their own"
    for row in table.rows.values():
        assert row.name
        assert not row.mark or MARK.fullmatch(row.mark)
    offered = [row.name for row in table.rows.values() if row.offered]
    assert len(offered) == len(set(offered)) or key == "province_answer"


@pytest.mark.clause("1.2")
def test_the_categories_of_henan_are_offered_and_the_fifth_is_understood() -> None:
    rows = code_tables()["category"].rows
    assert [code for code, row in rows.items() if row.offered] == ["1", "2", "3", "4"]
    assert rows["9"].name == "其他"


def test_nine_means_different_things_in_the_two_status_tables() -> None:
    assert (name_of("status", "9"), name_of("status_wide", "9")) == ("其他", "失业")


def test_all_56_nations_are_there() -> None:
    rows = code_tables()["nation"].rows
    assert [code for code, row in rows.items() if row.offered] == [f"{n:02}" for n in range(1, 57)]
    assert (rows["01"].name, rows["11"].name, rows["56"].name) == ("汉", "满", "基诺")


def test_the_card_states_are_those_of_the_transition_table() -> None:
    assert set(code_tables()["card_state"].rows) == {state.value for state in CardState}


@pytest.mark.clause("5.1.2.2")
def test_a_reason_begins_with_its_type() -> None:
    types = code_tables()["replace_type"].rows
    assert [code for code, row in types.items() if row.offered] == ["5", "6", "7"]
    assert {reason[0] for reason in code_tables()["replace_reason"].rows} == {"5", "6", "7"}


def test_thirteen_banks_and_the_pending_one() -> None:
    rows = code_tables()["bank"].rows
    assert len(rows) == 14
    assert rows[BANK_PENDING].name == "待定"
    assert sum(row.offered for row in rows.values()) == 8
