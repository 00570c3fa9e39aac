"""大写金额: an amount of money in the characters that cannot be altered by a stroke.

Rules of 《正确填写票据和结算凭证的基本规定》 [2+] R11. Where that text leaves a choice the form
that is harder to alter is taken: 零 between a 元 of 0 and the 角, and where a whole 万 is silent
(壹亿零壹仟元整); no 零 between a 万 digit of 0 and the 千 (壹拾万柒仟元整).
"""

from __future__ import annotations

from sbk_tui.errors import Refusal

HIGHEST_FEN = 99_999_999_999_999
"""999,999,999,999.99 yuan: the last amount below a 万亿."""

_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("仟", "佰", "拾", "")
_GROUPS = ("亿", "万", "")  # of four digits each, the highest first


def capital_amount(amount_fen: int) -> str:
    """Return `amount_fen` in capitals, to stand right behind the printed 人民币.

    Raises:
        Refusal: `amount.out_of_range` when negative or above `HIGHEST_FEN`.
    """
    if not 0 <= amount_fen <= HIGHEST_FEN:
        raise Refusal("amount.out_of_range", highest=HIGHEST_FEN // 100)
    yuan, rest = divmod(amount_fen, 100)
    jiao, fen = divmod(rest, 10)
    if not amount_fen:
        return "零元整"  # [1]
    whole = f"{_whole(yuan)}元" if yuan else ""
    if not rest:
        return f"{whole}整"
    gap = "零" if yuan and (yuan % 10 == 0 or jiao == 0) else ""
    return (
        whole + gap + (f"{_DIGITS[jiao]}角" if jiao else "") + (f"{_DIGITS[fen]}分" if fen else "")
    )


def _whole(yuan: int) -> str:
    """Return a number of yuan above 0, without 元."""
    said = ""
    silent = False
    for group, name in _groups(yuan):
        if not int(group):
            silent = True
            continue
        if said and (silent or group[0] == "0"):
            said += "零"
        said += _four(group) + name
        silent = False
    return said


def _groups(yuan: int) -> list[tuple[str, str]]:
    """Return the three groups of four digits with their names."""
    digits = f"{yuan:012d}"
    return [(digits[4 * i : 4 * i + 4], name) for i, name in enumerate(_GROUPS)]


def _four(group: str) -> str:
    """Return four digits, not all 0; zeros in front and at the end are silent."""
    said = ""
    gap = False
    for digit, place in zip(group, _PLACES, strict=True):
        if digit == "0":
            gap = bool(said)
            continue
        said += ("零" if gap else "") + _DIGITS[int(digit)] + place
        gap = False
    return said
