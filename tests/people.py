"""Invented people, the only ones our tests know: numbers with valid check digits, real places."""

from __future__ import annotations

from datetime import date

from sbk_tui.domain.application import ApplicationForm
from sbk_tui.domain.people import Person

LIU_YANG = Person(
    id="a1" * 8,
    name="刘洋",
    number="410702198803120414",
    sex="1",
    nation="01",
    birth=date(1988, 3, 12),
    doc_end=date(2036, 5, 20),
    address="河南省新乡市红旗区西街街道曙光社区12号",
    mail_address="河南省新乡市红旗区西街街道曙光社区12号",
    postcode="453000",
    mobile="13800370001",
    category="1",
    status="1",
    household="11",
    unit_code="41070200123",
    unit_name="新乡市红旗区示例机械有限公司",
    district="410702001016",
)
"""A worker of 红旗区."""

WANG_XIUYING = Person(
    id="a2" * 8,
    name="王秀英",
    number="410711195201010026",
    sex="2",
    nation="01",
    birth=date(1952, 1, 1),
    long_term=True,
    address="河南省新乡市牧野区新辉路街道",
    mail_address="河南省新乡市牧野区新辉路街道",
    postcode="453002",
    mobile="13462200002",
    fixed_phone="0373-3051234",
    category="2",
    status="2",
    household="11",
    village_code="410711400001",
    village_name="前河头社区居民委员会",
    district="410711400001",
)
"""Retired; lives in an industrial zone that has real communities."""

ZENG_LE = Person(
    id="a3" * 8,
    name="曾乐",
    number="41070319950808102X",
    sex="2",
    nation="03",
    birth=date(1995, 8, 8),
    doc_end=date(2035, 8, 8),
    address="河南省新乡市卫滨区胜利路街道",
    mail_address="河南省新乡市卫滨区胜利路街道",
    postcode="453000",
    mobile="13937300003",
    category="1",
    status="1",
    household="11",
    unit_code="41070300456",
    unit_name="新乡市卫滨区示例纺织厂",
    district="410703",
)
"""Check digit X, a surname of two readings."""

ZHAO_TIEZHU = Person(
    id="a4" * 8,
    name="赵铁柱",
    number="410728197906154237",
    sex="1",
    nation="01",
    birth=date(1979, 6, 15),
    doc_end=date(2039, 6, 15),
    address="河南省长垣市常村镇",
    mail_address="河南省长垣市常村镇",
    postcode="453400",
    mobile="15037300004",
    category="3",
    status="9",
    household="21",
    village_code="410783103201",
    village_name="常西村委会",
    district="410783103",
)
"""A farmer whose number begins with the county code of before 2019."""

CHANG_GUILAN = Person(
    id="a5" * 8,
    name="常桂兰",
    number="410782196611302566",
    sex="2",
    nation="01",
    birth=date(1966, 11, 30),
    long_term=True,
    address="河南省辉县市常村镇",
    mail_address="河南省辉县市常村镇",
    postcode="453600",
    mobile="13603730005",
    category="3",
    status="9",
    household="21",
    village_code="410782105201",
    village_name="常东村民委员会",
    district="410782105",
)

LIU_XIAOMAN = Person(
    id="a6" * 8,
    name="刘小满",
    number="410702201509201031",
    sex="1",
    nation="01",
    birth=date(2015, 9, 20),
    doc_end=date(2030, 9, 20),
    address="河南省新乡市红旗区西街街道曙光社区12号",
    mail_address="河南省新乡市红旗区西街街道曙光社区12号",
    postcode="453000",
    mobile="13800370001",
    category="4",
    status="9",
    household="11",
    unit_code="4107020088",
    unit_name="新乡市红旗区示例小学",
    guardian_name=LIU_YANG.name,
    guardian_number=LIU_YANG.number,
    guardian_phone=LIU_YANG.mobile,
    district="410702001016",
)
"""A minor, and his father as guardian."""

SUN_CHENXI = Person(
    id="a7" * 8,
    name="孙晨曦",
    number="410721201012310012",
    sex="1",
    nation="01",
    birth=date(2010, 12, 31),
    doc_end=date(2030, 12, 31),
    address="河南省新乡县大召营镇大召营村",
    mail_address="河南省新乡县大召营镇大召营村",
    postcode="453700",
    mobile="13503730007",
    category="3",
    status="9",
    household="21",
    village_code="410721107201",
    village_name="大召营村民委员会",
    district="410721107201",
)
"""Sixteen on the last day of 2026: no minor from 2026-01-01 on when counted at the year's end."""

MAIMAITI = Person(
    id="a8" * 8,
    name="麦麦提江·艾力",
    number="410725198304173057",
    sex="1",
    nation="05",
    birth=date(1983, 4, 17),
    doc_end=date(2033, 4, 17),
    address="河南省新乡市原阳县",
    mail_address="河南省新乡市原阳县",
    postcode="453500",
    mobile="18837300008",
    category="1",
    status="1",
    household="12",
    unit_code="41072500789",
    unit_name="原阳县示例清真食品厂",
    district="410725",
)

JI_XI = Person(
    id="a9" * 8,
    name="𠮷㐂",
    number="410704199910090019",
    sex="1",
    nation="01",
    birth=date(1999, 10, 9),
    doc_end=date(2029, 10, 9),
    address="河南省新乡市凤泉区大块镇",
    mail_address="河南省新乡市凤泉区大块镇",
    postcode="453011",
    mobile="15937300009",
    category="1",
    status="1",
    household="11",
    unit_code="41070400321",
    unit_name="新乡市凤泉区示例纸业",
    district="410704",
)
"""Two rare characters: one beyond the basic plane, one that fonts lack."""

CHEN_KAKYIN = Person(
    id="b1" * 8,
    name="陈嘉贤",
    number="810000199002140018",
    sex="1",
    birth=date(1990, 2, 14),
    doc_type="04",
    doc_end=date(2029, 2, 14),
    address="河南省新乡市红旗区向阳小区街道",
    mail_address="河南省新乡市红旗区向阳小区街道",
    postcode="453000",
    mobile="13700370011",
    category="1",
    status="1",
    household="30",
    unit_code="41070200123",
    unit_name="新乡市红旗区示例机械有限公司",
    district="410702",
)
"""With a residence permit for HK, Macao and Taiwan residents."""

MARIE_DUPONT = Person(
    id="b2" * 8,
    name="MARIE DUPONT",
    number="FRA012AB34567",
    sex="2",
    country="FRA",
    birth=date(1986, 7, 1),
    doc_type="08",
    doc_end=date(2031, 7, 1),
    address="河南省新乡市牧野区",
    mail_address="河南省新乡市牧野区",
    postcode="453002",
    mobile="13600370012",
    category="1",
    status="1",
    household="40",
    unit_code="41071100654",
    unit_name="示例师范学院",
    district="410711",
)
"""A foreigner with a passport: the special form of a 社会保障号码."""

DAVID_SMITH = Person(
    id="b3" * 8,
    name="DAVID SMITH",
    number="911840198108030014",
    sex="1",
    country="USA",
    birth=date(1981, 8, 3),
    doc_type="07",
    doc_end=date(2033, 8, 3),
    address="河南省新乡市红旗区",
    mail_address="河南省新乡市红旗区",
    postcode="453000",
    mobile="13500370013",
    category="1",
    status="1",
    household="40",
    unit_code="41071100654",
    unit_name="示例师范学院",
    district="410702",
)
"""A foreigner with a permanent-residence number of 18 digits."""

EVERYBODY = (
    LIU_YANG,
    WANG_XIUYING,
    ZENG_LE,
    ZHAO_TIEZHU,
    CHANG_GUILAN,
    LIU_XIAOMAN,
    SUN_CHENXI,
    MAIMAITI,
    JI_XI,
    CHEN_KAKYIN,
    MARIE_DUPONT,
    DAVID_SMITH,
)


def form_of(person: Person) -> ApplicationForm:
    """Return the filled-in form of `person` at 信息采集, in person, nothing wrong with it."""
    shared = set(ApplicationForm.__struct_fields__) & set(Person.__struct_fields__)
    given = {field: getattr(person, field) for field in sorted(shared)}
    return ApplicationForm(**given | {"photo": "c0ffee" * 8, "old_card_asked": True})
