"""成品卡清单, column by column: what a heading may be called, and who judges a cell.

Card makers, banks and offices each name their columns a little differently; a list from another
house is a row here, not a program.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import NamedTuple

from sbk_tui.domain.identity import (
    BankCardNumber,
    CardNumber,
    DivisionCode,
    Phone,
    SocialNumber,
    UnitCode,
)
from sbk_tui.domain.rules import Rules
from sbk_tui.domain.text import Address, PersonName, UnitName, bounded, clean, narrow
from sbk_tui.errors import Refusal
from sbk_tui.services.forms import parse_date

_MOST_PLACE = 50


class Column(NamedTuple):
    """One column that is understood."""

    field: str
    """The field of `Line` that it fills; `batch` for the batch."""
    names: tuple[str, ...]
    """What it may be called, tidied by `heading`; the first is how we call it."""
    parse: Callable[[str, Rules], object]
    required: bool = False


def heading(text: str) -> str:
    """Return a heading as it is compared: half-width, lower case, without blanks and stars."""
    return "".join(narrow(text).lower().split()).replace("*", "").replace("_", "")


def _plainly(parse: Callable[[str], str]) -> Callable[[str, Rules], str]:
    # A bare `str`: the line is encoded, hashed and compared, nobody asks it to parse again.
    return lambda text, _rules: str(parse(text))


def _bank(text: str, rules: Rules) -> str:
    """Return the code of a bank by its code or name; `中国建设银行新乡分行` is 建设银行."""
    rows = rules.codes["bank"].rows
    given = "".join(clean(narrow(text)).split())
    if given in rows:
        return given
    named = [code for code, row in rows.items() if row.name == given]
    named = named or [code for code, row in rows.items() if row.name in given]
    if len(named) != 1:
        raise Refusal("import.bank")
    return named[0]


def _sex(text: str, rules: Rules) -> str:
    given = clean(narrow(text)).strip()
    rows = rules.codes["sex"].rows
    if given in rows:
        return given
    named = [code for code, row in rows.items() if given and row.name.startswith(given)]
    if len(named) != 1:
        raise Refusal("import.sex")
    return named[0]


def parse_day(text: str, _rules: Rules) -> date:
    """Return the date of a cell, also as `2026年1月31日`.

    Raises:
        Refusal: `field.date`.
    """
    tidy = clean(narrow(text)).strip().removesuffix("日")
    return parse_date(tidy.replace("年", "-").replace("月", "-"))


def _short(text: str, _rules: Rules) -> str:
    return bounded(text, _MOST_PLACE)


COLUMNS = (
    # field         headings
    Column("number", ("社会保障号码", "社会保障号", "社保号码", "身份证号码", "身份证号",
                      "公民身份号码", "证件号码", "number", "socialnumber", "idnumber"),
           _plainly(SocialNumber.parse), required=True),
    Column("name", ("姓名", "持卡人姓名", "持卡人", "name"),
           _plainly(PersonName.parse), required=True),
    Column("card", ("社保卡号", "社会保障卡号", "社会保障卡卡号", "卡号", "card", "cardnumber"),
           _plainly(CardNumber.parse), required=True),
    Column("bank", ("服务银行", "合作银行", "发卡银行", "银行", "bank"), _bank),
    Column("bank_card", ("银行卡号", "银行账号", "金融账号", "bankcard"),
           _plainly(BankCardNumber.parse)),
    Column("mobile", ("手机号码", "手机号", "手机", "移动电话", "联系电话", "mobile", "phone"),
           _plainly(Phone.parse_mobile)),
    Column("village_code", ("社区(村)编号", "村(社区)编号", "社区编号", "村编号", "所在村编号",
                            "villagecode"), _plainly(DivisionCode.parse_village)),
    Column("village_name", ("社区(村)名称", "村(社区)名称", "社区名称", "村名称", "社区(村)",
                            "villagename"), _plainly(UnitName.parse)),
    Column("unit_code", ("单位编号", "单位编码", "unitcode"), _plainly(UnitCode.parse)),
    Column("unit_name", ("单位名称", "单位", "unitname", "unit"), _plainly(UnitName.parse)),
    Column("place", ("装箱位置", "存放位置", "箱位", "place"), _short),
    Column("made_on", ("制卡日期", "发卡日期", "madeon"), parse_day),
    Column("valid_to", ("有效期至", "有效期止", "卡有效期", "validto"), parse_day),
    Column("batch", ("批次", "批次号", "制卡批次", "batch"), _short),
    Column("sex", ("性别", "sex"), _sex),
    Column("birth", ("出生日期", "birth"), parse_day),
    Column("address", ("户口地址", "地址", "住址", "address"), _plainly(Address.parse)),
    Column("replaces", ("原社保卡号", "原卡号", "replaces"), _plainly(CardNumber.parse)),
)  # fmt: skip
