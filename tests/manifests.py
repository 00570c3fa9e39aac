"""Invented 交接清单 as the county writes them."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from sbk_tui.domain.handover import check_number
from sbk_tui.domain.identity import card_check, mod11_2

PLACE = "410782105"
BATCH = "20261124-03"


def number_of(n: int) -> str:
    """Return the 社会保障号码 of the invented person `n` (0 to 9999)."""
    body = f"41078219{60 + n // 1000}0{1 + n // 100 % 9}1{n % 10}{n // 10 % 1000:03d}"
    return body + mod11_2(body)


def card_of(n: int) -> str:
    """Return the card number of the invented person `n`."""
    body = f"M{n:07d}"
    return body + card_check(body)


def row_of(n: int) -> list[str]:
    """Return the line of the invented person `n`."""
    name = "甲乙丙丁戊己庚辛壬癸"[n % 10] + "一二三四五六七八九十"[n // 10 % 10]
    return [number_of(n), name, card_of(n), "95533", "410782105201", "示例村", f"1-1-1-{n + 1}"]


HEADINGS = ["社会保障号码", "姓名", "社保卡号", "服务银行", "村编号", "村名称", "装箱位置"]


def head_of(cards: Sequence[str], **other: str) -> list[str]:
    """Return a first line that fits `cards`, but for `other` values."""
    to, batch = other.get("交至", PLACE), other.get("批次", BATCH)
    values = {
        "批次": batch, "交出单位": "辉县市社保卡管理中心", "交至": to, "张数": str(len(cards)),
        "校验码": check_number(batch, to, cards),
    }  # fmt: skip
    return ["交接清单", *(cell for pair in (values | other).items() for cell in pair)]


def write_manifest(path: Path, people: Sequence[int], **other: str) -> Path:
    """Write the list of some invented people; return its path."""
    cards = [card_of(n) for n in people]
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([head_of(cards, **other), HEADINGS, *map(row_of, people)])
    return path
