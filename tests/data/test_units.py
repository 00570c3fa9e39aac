"""The list of units: found by number, by a part of the name, by initials."""

from __future__ import annotations

from pathlib import Path

import pytest

from sbk_tui import wiring
from sbk_tui.data.units import Taken, Units
from sbk_tui.pinyin import initials
from tests.screens.conftest import make_counter

FACTORY, SCHOOL = ("A001", "新乡第一机床厂"), ("B002", "辉县一中")


@pytest.mark.clause("1.2")
def test_a_unit_is_found_as_one_looks_for_it(private_folder: Path) -> None:
    counter: wiring.Counter = make_counter(private_folder / "counter")
    units = Units(counter.opened.store, initials)
    try:
        assert units.put(dict([FACTORY, SCHOOL])) == Taken(2, 0)
        assert units.put({"B002": "辉县一中"}) == Taken(0, 0)
        assert units.find("") == (FACTORY, SCHOOL)
        assert units.find("机床") == units.find("xx") == units.find(" a0 ") == (FACTORY,)
        assert units.find("%") == ()
        assert (units.name("B002"), units.name("C003")) == ("辉县一中", "")
        desk = counter.desks.apply
        assert desk.units("hx") == (SCHOOL,)
        assert desk.derived({"unit_code": "A001"})["unit_name"] == "新乡第一机床厂"
        assert "unit_name" not in desk.derived({"unit_code": "C003", "unit_name": "甲厂"})
    finally:
        counter.close()
