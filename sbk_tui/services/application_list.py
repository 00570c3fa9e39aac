"""A list of applications (批量采集, 1.2): one row a person, with a portrait in a folder.

Schools and units collect for many at once. Every row is judged by the same `check` as a form on
the screen, and every portrait by the same rules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import NamedTuple

from sbk_tui.domain.application import FIELDS, PARSERS, ApplicationForm
from sbk_tui.domain.application_check import CODED, check
from sbk_tui.domain.rules import Problem, Rules
from sbk_tui.domain.text import clean, escaped, narrow
from sbk_tui.errors import BadUsage, Refusal
from sbk_tui.services.apply_desk import form_of, parse_end
from sbk_tui.services.card_columns import Column, parse_day
from sbk_tui.services.card_list import Heading, read_heading, read_values
from sbk_tui.services.portrait_desk import Grade, PortraitDesk
from sbk_tui.services.sheets import Row, Sheet
from sbk_tui.texts import word

_NOT_IN_A_LIST = {"path", "long_term", "old_card_asked", "proxy_letter"}
_ALSO = {
    "number": ("身份证号码", "身份证号", "公民身份号码", "社会保障号", "证件号码"),
    "mobile": ("手机", "手机号", "移动电话", "联系电话"),
    "unit_code": ("学校编号",),
    "unit_name": ("学校名称", "学校"),
    "village_code": ("村编号", "社区编号"),
    "village_name": ("村名称", "社区名称"),
    "doc_end": ("证件有效期", "有效期止"),
    "address": ("户籍地址", "住址"),
    "photo": ("头像", "照片文件"),
    "country": ("国籍",),
}
"""Other names of a column, beside the one on the form."""
_REQUIRED = {"number", "name"}
_MOST_SHOWN = 6


class Judged(NamedTuple):
    """One row and what came of it; a row with problems that are no warnings has no form."""

    row: Row
    form: ApplicationForm | None
    """Without its photo's id: the picture is kept only when the row is taken in."""
    photo: bytes
    problems: tuple[Problem, ...]

    @property
    def bad(self) -> bool:
        """Whether the row cannot be taken in."""
        return any(not problem.warning for problem in self.problems)


class ApplicationList:
    """The rows of one sheet; can be walked any number of times."""

    def __init__(
        self,
        sheet: Sheet,
        rules: Rules,
        *,
        photos: Path,
        portraits: PortraitDesk,
        derived: Callable[[Mapping[str, str]], Mapping[str, str]],
        today: date,
    ) -> None:
        """Take the sheet.

        Args:
            photos: the folder of the portraits; each is named in the row, or after the number.
            derived: gives what follows from other fields, as on the screen.

        Raises:
            BadUsage: as `Sheet.rows`; `import.no_rows`, and as `read_heading`.
        """
        self._sheet = sheet
        self._rules = rules
        self._photos = photos
        self._portraits = portraits
        self._derived = derived
        self._today = today
        first = next(sheet.rows(), None)
        if first is None:
            raise BadUsage("import.no_rows")
        self.heading: Heading = read_heading(first, columns())

    def judged(self) -> Iterator[Judged]:
        """Yield every row below the heading with what came of it."""
        rows = self._sheet.rows()
        next(rows)
        seen: dict[str, int] = {}
        for row in rows:
            yield self._judge(row, seen)

    def _judge(self, row: Row, seen: dict[str, int]) -> Judged:
        problems: list[Problem] = []
        values: dict[str, str] = read_values(row, self.heading, self._rules, problems)
        if problems:
            return Judged(row, None, b"", tuple(problems))
        first = seen.setdefault(values["number"], row.number)
        if first != row.number:
            problems.append(Problem("number", "import.person_twice", {"first": first}))
        named = values.pop("photo", "")
        values["proxy"] = "1" if values.get("proxy_name") else ""
        values |= self._derived(values)
        content = self._picture(named or f"{values['number']}.jpg", problems)
        form = form_of({**values, "photo": "-"})
        found = check(form, today=self._today, rules=self._rules)
        problems += [problem for problem in found if problem.field != "photo"]
        judged = Judged(row, form, content, tuple(problems))
        return judged._replace(form=None) if judged.bad else judged

    def _picture(self, name: str, problems: list[Problem]) -> bytes:
        """Return a portrait that the rules allow, repaired where that is enough."""
        if Path(name).name != name:  # nothing outside the folder is read
            problems.append(Problem("photo", "photo.unreadable", {"file": escaped(name)}, "A7.1"))
            return b""
        try:
            judged = self._portraits.open(self._photos / name)
            if judged.verdict.grade is Grade.REFUSE:
                judged, _notes = self._portraits.repair(judged, by_hand=False)
            if judged.verdict.grade is not Grade.REFUSE:
                return judged.content
            worst = self._portraits.lines(judged.verdict)[0].text
            problems.append(Problem("photo", "photo.by_rule", {"finding": worst}, "A7.1"))
        except Refusal as refusal:
            problems.append(Problem("photo", refusal.code, refusal.facts, refusal.clause))
        return b""


@cache
def columns() -> tuple[Column, ...]:
    """Return the columns of a list of applications: every field of the form that can be typed."""
    return tuple(
        Column(
            name,
            tuple(dict.fromkeys((word(f"fields.{name}"), name, *_ALSO.get(name, ())))),
            _reader(name),
            name in _REQUIRED,
        )
        for name in FIELDS
        if name not in _NOT_IN_A_LIST
    )


def _reader(name: str) -> Callable[[str, Rules], str]:
    """Return what reads a cell of a column as the form's value."""
    table = CODED.get(name, "")
    if table:
        return lambda text, rules: _code(text, table, rules)
    if name == "birth":
        return lambda text, rules: parse_day(text, rules).isoformat()
    if name == "doc_end":
        return lambda text, _rules: _end(text)
    parse = PARSERS.get(name, clean)
    return lambda text, _rules: str(parse(narrow(text) if name != "photo" else text.strip()))


def _code(text: str, table: str, rules: Rules) -> str:
    """Return a code of `table` by its code or its name, 回 or 回族 alike.

    Raises:
        Refusal: `application.unknown_code`.
    """
    given = "".join(clean(narrow(text)).split())
    rows = rules.codes[table].rows
    for fitting in (given, given.zfill(2)):
        if fitting in rows:
            return fitting
    named = [code for code, row in rows.items() if row.offered and given == row.name]
    named = named or [code for code, row in rows.items() if row.name.startswith(given)]
    named = named or [code for code, row in rows.items() if given.startswith(row.name)]
    if len(named) != 1:
        raise Refusal("application.unknown_code", given=escaped(given[:_MOST_SHOWN]))
    return named[0]


def _end(text: str) -> str:
    tidy = clean(narrow(text)).strip().removesuffix("日").replace("年", "-").replace("月", "-")
    parse_end(tidy)
    return tidy
