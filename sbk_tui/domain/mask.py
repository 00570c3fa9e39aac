"""What others may see of a person's numbers and name: one function a kind, used everywhere.

Lists, titles, logs and papers that a third person keeps are masked; what is too short to be
masked with sense is hidden whole.
"""

from __future__ import annotations

_LEAST_HIDDEN = 4
"""A mask that hides fewer characters can be undone by trying."""


def number(text: str) -> str:
    """Return a 社会保障号码 with its first 3 and last 4 characters: `410***********0011`."""
    return _hidden(text, 3, 4)


def phone(text: str) -> str:
    """Return a mobile as `138****0000`; of a shorter fixed number only the last 3 digits."""
    return _hidden(text, 3, 4) if len(text) >= len("13800000000") else _hidden(text, 0, 3)


def bank_card(text: str) -> str:
    """Return a 银行卡号 with its first 6 and last 4 digits."""
    return _hidden(text, 6, 4)


def name(text: str) -> str:
    """Return a 姓名 as `王*明` (two characters: `王*`); dots and spaces stay where they are."""
    last = len(text) - 1
    return "".join(
        char if place == 0 < last or 1 < place == last or char in "· " else "*"
        for place, char in enumerate(text)
    )


def _hidden(text: str, head: int, tail: int) -> str:
    stars = len(text) - head - tail
    if stars < _LEAST_HIDDEN:
        return "*" * len(text)
    return f"{text[:head]}{'*' * stars}{text[-tail:]}"
