"""Invented people for the measurements: `row(i)` is always the same, check digits are valid."""

from __future__ import annotations

HEAD = ("社会保障号", "姓名", "首字母", "村", "手机", "状态")
SURNAMES = {"王": "w", "李": "l", "张": "z", "刘": "l", "陈": "c", "杨": "y", "黄": "h", "赵": "z"}
GIVEN = {
    **{"伟": "w", "芳": "f", "娜": "n", "敏": "m", "静": "j", "秀": "x", "英": "y", "丽": "l"},
    **{"强": "q", "磊": "l", "军": "j", "洋": "y", "勇": "y", "艳": "y", "杰": "j", "娟": "j"},
}
VILLAGES = ("东关", "西关", "南街", "北街", "大屯", "小店", "杨庄", "李集", "赵堤", "马坊", "柳园")
STATES = ("已发卡", "制卡中", "待领卡", "已挂失")
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)  # GB 11643
CHECK_DIGITS = "10X98765432"
_MASK = (1 << 64) - 1


def mix(i: int) -> int:
    """Return 64 well-mixed bits of a number (splitmix64)."""
    z = (i + 1) * 0x9E3779B97F4A7C15 & _MASK
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 & _MASK
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB & _MASK
    return z ^ (z >> 31)


def number(i: int) -> str:
    """Return a 社会保障号码 of 新乡 (4107) with a valid check digit."""
    bits = mix(i)
    day = f"{1935 + bits % 85}{1 + (bits >> 8) % 12:02}{1 + (bits >> 16) % 28:02}"
    body = f"4107{2 + (bits >> 24) % 8:02}{day}{(i * 7 + (bits >> 40)) % 1000:03}"
    total = sum(int(digit) * weight for digit, weight in zip(body, WEIGHTS, strict=True))
    return body + CHECK_DIGITS[total % 11]


def row(i: int) -> tuple[str, ...]:
    """Return number, name, initials, village, telephone, state of person `i`."""
    bits = mix(i + 77)
    surnames, given = list(SURNAMES), list(GIVEN)
    letters = [surnames[bits % len(surnames)], given[(bits >> 12) % len(given)]]
    if (bits >> 36) % 100 < 82:
        letters.append(given[(bits >> 24) % len(given)])
    return (
        number(i),
        "".join(letters),
        "".join({**SURNAMES, **GIVEN}[letter] for letter in letters),
        VILLAGES[bits % len(VILLAGES)] + "村",
        f"13{bits % 10**9:09}",
        STATES[bits % len(STATES)],
    )
