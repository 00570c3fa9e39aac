"""Invented residents of one real township: whole households, the same for the same seed.

Nobody here lives. Names are put together from lists; numbers have valid check digits, but their
sequence part lies where police stations hardly ever count [A], so that they meet no real one.
"""

from __future__ import annotations

import dataclasses
import random
from bisect import bisect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from msgspec.structs import replace

from sbk_tui import divisions
from sbk_tui.demo import assets
from sbk_tui.demo.assets import Special
from sbk_tui.divisions import Division
from sbk_tui.domain.application import (
    GUARDIAN,
    NOT_ASKED,
    STUDENT,
    TOWN_RESIDENT,
    VILLAGER,
    WORKER,
    ApplicationForm,
    age_on,
    is_minor,
)
from sbk_tui.domain.identity import mod11_2
from sbk_tui.domain.people import Person
from sbk_tui.domain.rules import Settings

FEWEST = 60
"""Fewer people than that cannot show every state of a card."""
_MALE, _FEMALE = "1", "2"
_SCHOOL_AGE, _WORKING_AGE, _STUDENT_AGE = 6, 18, 23
_RETIRED = {_MALE: 60, _FEMALE: 55}
_LONG_TERM_AGE = 46
_TERMS = ((16, 5), (26, 10), (_LONG_TERM_AGE, 20))  # below this age: years a document is valid
_OTHER_TERMS = {"04": 5, "05": 5, "06": 5, "07": 10, "08": 10}  # by 证件类型
_EXPIRED_SHARE = 0.02
_TOWN = "居民委员会"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resident:
    """Somebody of the training township, with what the document says beyond the person."""

    person: Person
    """Without guardian: whether one is needed depends on the day."""
    since: date
    """First day of the identity document."""
    guardian: Person | None = None
    """A grown-up of the household, for a child."""
    latin: str = ""
    travel_permit: str = ""
    """通行证号码 on a residence permit of HK, Macao and Taiwan residents."""

    @property
    def birth(self) -> date:
        """The birth date; everybody here has one."""
        assert self.person.birth is not None  # noqa: S101 -- made below, never without
        return self.person.birth


def residents(count: int, seed: int, today: date) -> tuple[Resident, ...]:
    """Return `count` people as they are on `today`; the special ones first.

    The same arguments give the same people, and more of them begin with the fewer.
    """
    township = _Township(random.Random(seed), today)  # noqa: S311 -- invented people, no secrets
    found: list[Resident] = list(township.special_people())
    while len(found) < count:
        found += township.household()
    return tuple(found[:count])


def form_of(
    resident: Resident, day: date, *, photo: str, bank: str, settings: Settings
) -> ApplicationForm:
    """Return the 申领登记表 of `resident` as filled in on `day`, nothing wrong in it."""
    person = resident.person
    shared = set(ApplicationForm.__struct_fields__) & set(Person.__struct_fields__)
    given = {name: getattr(person, name) for name in sorted(shared)}
    given |= dict.fromkeys((*NOT_ASKED.get(person.category, ()), *GUARDIAN), "")
    if resident.guardian is not None and is_minor(resident.birth, day, settings):
        given |= {
            "guardian_name": resident.guardian.name,
            "guardian_number": resident.guardian.number,
            "guardian_phone": resident.guardian.mobile,
        }
    return ApplicationForm(**given | {"photo": photo, "bank": bank, "old_card_asked": True})


@dataclass(frozen=True, slots=True)
class _Home:
    """Where a household lives."""

    village: Division
    address: str

    @property
    def in_town(self) -> bool:
        return self.village.name.endswith(_TOWN)


class _Township:
    """Draws one household after the other."""

    def __init__(self, rng: random.Random, today: date) -> None:
        self._rng = rng
        self._today = today
        self._places = assets.places()
        self._villages = divisions.children(self._places.township)
        self._postcode = divisions.postcode_of(self._places.township)
        self._numbers: set[str] = set()

    def special_people(self) -> Iterator[Resident]:
        """Yield the people of `special.toml`."""
        for special in assets.special():
            yield self._special(special)

    def household(self) -> Iterator[Resident]:
        """Yield a couple or an old person, children, perhaps the husband's parents."""
        rng, home = self._rng, self._home()
        surname = _drawn(rng, assets.names().surnames)
        if rng.random() < 0.15:
            yield self._resident(home, surname, rng.choice((_MALE, _FEMALE)), rng.randint(62, 96))
            return
        father_age = rng.randint(25, 61)
        mother_age = max(23, father_age - rng.randint(-2, 5))
        father = self._resident(home, surname, _MALE, father_age)
        maiden = _drawn(rng, assets.names().surnames)
        mother = self._resident(home, maiden, _FEMALE, mother_age)
        yield from (father, mother)
        for _ in range(rng.choice((0, 1, 1, 2, 2, 3))):
            age = mother_age - rng.randint(21, 36)
            if 0 <= age < _STUDENT_AGE:
                sex, parent = rng.choice((_MALE, _FEMALE)), rng.choice((father, mother))
                yield self._resident(home, surname, sex, age, guardian=parent.person)
        if rng.random() < 0.4:
            grandfather_age = father_age + rng.randint(22, 30)
            yield self._resident(home, surname, _MALE, grandfather_age)
            yield self._resident(
                home, _drawn(rng, assets.names().surnames), _FEMALE, grandfather_age - 2
            )

    def _home(self) -> _Home:
        village = self._rng.choice(self._villages)
        address = f"河南省辉县市百泉镇{_short(village.name)}{self._rng.randint(1, 399)}号"
        return _Home(village, address)

    def _resident(
        self, home: _Home, surname: str, sex: str, age: int, guardian: Person | None = None
    ) -> Resident:
        birth = self._birth(age)
        person = self._person(
            home, surname + self._given(sex, birth), self._number(birth, sex), sex, birth
        )
        if guardian is not None and age < _WORKING_AGE:
            person = replace(person, mobile=guardian.mobile)
        return self._with_document(person, guardian)

    def _special(self, special: Special) -> Resident:
        birth = self._birth(special.age)
        number = special.number or self._number(birth, special.sex, special.region)
        person = self._person(self._home(), special.name, number, special.sex, birth)
        person = replace(
            person,
            nation=special.nation if special.country == "CHN" and not special.region else "",
            country=special.country,
            doc_type=special.doc_type,
            household=special.household or person.household,
        )
        resident = self._with_document(person, None)
        return dataclasses.replace(
            resident, latin=special.latin, travel_permit=special.travel_permit
        )

    def _person(self, home: _Home, name: str, number: str, sex: str, birth: date) -> Person:
        rng = self._rng
        category, unit = self._occupation(home, age_on(self._today, birth))
        unit_names = {**self._places.units, **self._places.schools}
        retired = age_on(self._today, birth) >= _RETIRED[sex] and home.in_town
        return Person(
            id=f"{rng.getrandbits(128):032x}",
            number=number,
            name=name,
            sex=sex,
            nation="01" if rng.random() > 0.03 else rng.choice(("03", "11", "02")),
            birth=birth,
            address=home.address,
            mail_address=home.address,
            postcode=self._postcode,
            mobile=f"1{rng.randint(3, 9)}{rng.randrange(10**9):09d}",
            category=category,
            status="1" if category == WORKER else "2" if retired else "9",
            household="11" if home.in_town else "21",
            unit_code=unit,
            unit_name=unit_names.get(unit, ""),
            village_code=home.village.code,
            village_name=home.village.name,
            district=home.village.code,
        )

    def _occupation(self, home: _Home, age: int) -> tuple[str, str]:
        """Return 人员类别 and 单位编号 (empty for residents) of somebody of `age`."""
        rng, places = self._rng, self._places
        if _SCHOOL_AGE <= age < _WORKING_AGE or (
            _WORKING_AGE <= age < _STUDENT_AGE and rng.random() < 0.5
        ):
            # The schools stand in the order of the ages; of two primary schools, either.
            at = bisect((9, 12, 15, 18), age) if age >= 12 else rng.randrange(2)
            return STUDENT, tuple(places.schools)[at]
        if _WORKING_AGE <= age < _RETIRED[_FEMALE] and rng.random() < 0.45:
            return WORKER, rng.choice(tuple(places.units))
        return (TOWN_RESIDENT if home.in_town else VILLAGER), ""

    def _with_document(self, person: Person, guardian: Person | None) -> Resident:
        rng, birth = self._rng, person.birth or self._today
        # Fewer days than the shortest term: what is drawn here is still valid.
        since = max(birth, self._today - timedelta(days=rng.randrange(1, 1600)))
        age = age_on(since, birth)
        by_age = next((years for below, years in _TERMS if age < below), 0)
        term = _OTHER_TERMS.get(person.doc_type, by_age)
        if not term:
            return Resident(person=replace(person, long_term=True), since=since, guardian=guardian)
        end = _years_later(since, term)
        if rng.random() < _EXPIRED_SHARE and age > _WORKING_AGE:
            end = self._today - timedelta(days=rng.randrange(1, 300))
            since = _years_later(end, -term)
        return Resident(person=replace(person, doc_end=end), since=since, guardian=guardian)

    def _birth(self, age: int) -> date:
        return self._today - timedelta(days=age * 1461 // 4 + self._rng.randrange(1, 365))

    def _given(self, sex: str, birth: date) -> str:
        blocks = [block for block in assets.names().given if block.since <= birth.year]
        return self._rng.choice(blocks[-1].male if sex == _MALE else blocks[-1].female)

    def _number(self, birth: date, sex: str, region: str = "") -> str:
        while True:
            where = region or _drawn(self._rng, self._places.regions)
            # 900 to 997: stations count up from low numbers; odd for men.
            order = self._rng.randrange(900, 998, 2) + (sex == _MALE)
            body = f"{where}{birth:%Y%m%d}{order}"
            number = body + mod11_2(body)
            if number not in self._numbers:
                self._numbers.add(number)
                return number


def _short(village: str) -> str:
    """Return the village as an address has it: 上吕村, 梅溪社区."""
    if village.endswith(_TOWN):
        return village.removesuffix(_TOWN) + "社区"
    return village.removesuffix("村民委员会").removesuffix("村") + "村"


def _drawn(rng: random.Random, shares: Mapping[str, int]) -> str:
    return rng.choices(tuple(shares), tuple(shares.values()))[0]


def _years_later(day: date, years: int) -> date:
    last = 28 if (day.month, day.day) == (2, 29) else day.day
    return day.replace(year=day.year + years, day=last)
