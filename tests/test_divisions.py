"""The divisions of Xinxiang: codes, names, initials, old codes, postcodes."""

from __future__ import annotations

import pytest

from sbk_tui.divisions import (
    CITY,
    children,
    division,
    full_name,
    postcode_of,
    search,
    today_code,
)
from sbk_tui.domain.identity import DivisionCode, Postcode
from sbk_tui.domain.people import Person
from tests.people import EVERYBODY


def test_the_city_has_its_counties_townships_and_villages() -> None:
    counties = children(CITY)
    assert len(counties) == 15
    townships = [t for county in counties for t in children(county.code, hidden=True)]
    assert len(townships) == 170
    villages = [v for t in townships for v in children(t.code, hidden=True)]
    assert len(villages) == 3825
    assert {len(v.code) for v in villages} == {12}
    assert {v.province_code for v in villages} == {None}
    for place in [*counties, *townships, *villages]:
        assert DivisionCode.parse(place.code) == place.code
        assert place.code.startswith(place.parent[:4])


@pytest.mark.parametrize(
    ("old", "today", "name"),
    [
        ("410728", "410783", "长垣市"),
        ("410728103", "410783103", "长垣市常村镇"),
        ("410782205", "410782113", "辉县市赵固镇"),
        ("410773001", "410773002", "新乡市平原城乡一体化示范区龙源街道"),
        ("410702", "410702", "红旗区"),
    ],
)
def test_old_codes_lead_to_the_places_of_today(old: str, today: str, name: str) -> None:
    assert today_code(old) == today
    assert full_name(old) == name
    found = division(old)
    assert found is not None
    assert found.code == today


def test_an_unknown_code_is_no_place() -> None:
    assert division("999999") is None
    assert full_name("999999") == "999999"
    assert children("999999") == ()
    assert postcode_of("110101") == ""


def test_two_places_of_one_name_are_told_apart_by_their_county() -> None:
    found = search("常村镇", CITY)
    assert {full_name(place.code) for place in found} == {"辉县市常村镇", "长垣市常村镇"}


@pytest.mark.clause("1.2")
@pytest.mark.parametrize(
    ("typed", "within", "name"),
    [
        ("曙光", "410702", "曙光社区居民委员会"),
        ("sg", "410702", "曙光社区居民委员会"),
        ("DZY", "410721", "大召营村民委员会"),
        ("410702001016", "410702", "曙光社区居民委员会"),
        ("营村", "410721107", "大召营村民委员会"),
    ],
)
def test_a_village_is_found_by_name_initials_or_code(typed: str, within: str, name: str) -> None:
    assert name in [place.name for place in search(typed, within)]


def test_a_search_stays_in_its_place() -> None:
    assert search("曙光", "410703001") == ()
    assert all(place.code.startswith("410721") for place in search("", "410721"))
    assert search("zzzz", CITY) == ()


def test_names_that_begin_with_the_words_come_first() -> None:
    names = [place.name for place in search("大", CITY)]
    begins = [name.startswith("大") for name in names]
    assert begins == sorted(begins, reverse=True)
    assert False in begins


def test_zones_without_people_are_hidden_and_those_with_people_are_not() -> None:
    assert "410724400" not in [place.code for place in children("410724")]
    assert "410724400" in [place.code for place in children("410724", hidden=True)]
    assert division("410724400598") is not None
    assert "410724560" in [place.code for place in children("410724")]
    assert search("原种场", CITY) == ()
    assert len(search("原种场", CITY, hidden=True)) == 2


def test_every_county_has_a_postcode_of_the_city() -> None:
    for county in children(CITY):
        assert Postcode.parse(postcode_of(county.code)).is_local
    assert postcode_of("410728") == "453400"
    assert postcode_of("410711400001") == "453002"


@pytest.mark.parametrize("person", EVERYBODY, ids=lambda person: person.id[:2])
def test_our_invented_people_live_in_real_places(person: Person) -> None:
    home = division(person.district)
    assert home is not None
