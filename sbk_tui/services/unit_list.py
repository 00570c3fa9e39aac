"""The list of units as a file: two columns, 单位编号 and 单位名称, headings first."""

from __future__ import annotations

from sbk_tui import divisions
from sbk_tui.domain.identity import UnitCode
from sbk_tui.domain.text import UnitName, narrow
from sbk_tui.errors import BadUsage, Refusal
from sbk_tui.services.card_columns import heading
from sbk_tui.services.sheets import Row, Sheet

_CODE = ("单位编号", "单位代码", "unitcode", "aab001")
_NAME = ("单位名称", "unitname", "aab004")
_VILLAGE = "village"


def read_units(sheet: Sheet) -> dict[str, str]:
    """Return number → name of an open sheet, all of them right or none.

    Raises:
        BadUsage: as `Sheet`; `import.columns_missing`, `import.no_rows`.
        Refusal: `units.bad_row` with the row, `units.village` when a number is a village's,
            `units.twice` when a number stands there with two names.
    """
    first, *rows = list(sheet.rows()) or [Row(0, ())]  # whole: a county has some thousand units
    headings = [heading(cell) for cell in first.cells]
    at_code, at_name = _column(headings, _CODE), _column(headings, _NAME)
    found: dict[str, str] = {}
    for row in rows:
        code, name = _unit(row, at_code, at_name)
        if found.setdefault(code, name) != name:
            raise Refusal("units.twice", row=row.number, unit=code)
    if not found:
        raise BadUsage("import.no_rows")
    return found


def _column(headings: list[str], names: tuple[str, ...]) -> int:
    for place, each in enumerate(headings):
        if each in names:
            return place
    raise BadUsage("import.columns_missing", columns=names[0])


def _unit(row: Row, at_code: int, at_name: int) -> tuple[str, str]:
    cells = (*row.cells, *[""] * (max(at_code, at_name) + 1))
    try:
        code = str(UnitCode.parse(narrow(cells[at_code])))
        name = str(UnitName.parse(cells[at_name]))
    except Refusal as refusal:
        raise Refusal("units.bad_row", row=row.number) from refusal
    if not name:
        raise Refusal("units.bad_row", row=row.number)
    place = divisions.division(code)
    if place is not None and place.level == _VILLAGE:
        raise Refusal("units.village", row=row.number, unit=code, name=place.name)
    return code, name
