"""Write `assets/pinyin.txt`: one letter a character, by code point, 64 to a line.

Run once with pypinyin installed and commit the result: `python tools/build_pinyin.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pypinyin import Style, pinyin

TARGET = Path(__file__).parent.parent / "assets" / "pinyin.txt"
WIDTH = 64
BLOCKS = ((0x3400, 0x4DBF), (0x4E00, 0x9FFF))  # extension A; all Han of GBK and what came after
SINGLES = (
    "〇𠅤𠙶𠮷𡋾𡐓𡒄𢀖𢙐𣲗𣲘𤩽𥔲𦙶𦝼𦭜𧿳𧿹𨚕𨟠𨱏𨱑𨺙𩽾𩾃𪟝𪣻𪤗𪨰𪨶𪩘𪾢𫄨𫄸𫇭𫌀𫍣𫍯𫍲𫍽𫐄𫐐𫐓𫔎"
    "𫔶𫖮𫖯𫖳𫗧𫘜𫘝𫘦𫘧𫘨𫘪𫚉𫚕𫚖𫛭𫞩𫟅𫟦𫟹𫠆𫠊𫠜𫢸𫫇𫭟𫭢𫭼𫮃𫰛𫵷𫶇𫷷𫸩𬀩𬀪𬂩𬃊𬇕𬇙𬇹𬉼𬊈𬊤𬌗"
    "𬍛𬍡𬍤𬒈𬒔𬒗𬕂𬘓𬘘𬘡𬘩𬘫𬘬𬘭𬘯𬙂𬙊𬙋𬜬𬜯𬞟𬟁𬟽𬣙𬣞𬣡𬣳𬤇𬤊𬤝𬨂𬨎𬩽𬪩𬬩𬬭𬬮𬬱𬬸𬬹𬬻𬬿𬭁𬭎"
    "𬭚𬭛𬭤𬭩𬭬𬭯𬭳𬭶𬭸𬭼𬮱𬮿𬯀𬯎𬱖𬱟𬳵𬳶𬳽𬳿𬴂𬴃𬴊𬶋𬶍𬶏𬶐𬶟𬶠𬶨𬶭𬶮𬷕𬸘𬸚𬸣𬸦𬸪𬹼𬺈𬺓"
)
"""Beyond the two blocks: 〇 and those of 通用规范汉字表, which people are named with."""
BY_HAND = {"𠮷": "j", "㐂": "x"}
"""Variants of 吉 and 喜 that names use and pypinyin does not know."""
UNKNOWN = "-"


def letter(char: str) -> str:
    """Return the first letter of the usual reading of `char`, or `-`."""
    if char in BY_HAND:
        return BY_HAND[char]
    first = pinyin(char, style=Style.FIRST_LETTER, errors="ignore")
    found = first[0][0][:1].lower() if first else ""
    plain = {"ê": "e", "ế": "e", "ề": "e", "ḿ": "m", "ń": "n", "ň": "n", "ǹ": "n"}
    found = plain.get(found, found)
    return found if found and "a" <= found <= "z" else UNKNOWN


def lines() -> Iterator[str]:
    """Yield the file's lines: the code point of the first character, then its letters."""
    for first, last in BLOCKS:
        for start in range(first, last + 1, WIDTH):
            codes = range(start, min(start + WIDTH, last + 1))
            yield f"{start:04X} {''.join(letter(chr(code)) for code in codes)}"
    for char in sorted({*SINGLES, "𠮷"}):
        if letter(char) != UNKNOWN:
            yield f"{ord(char):04X} {letter(char)}"


if __name__ == "__main__":
    TARGET.write_text("\n".join(lines()) + "\n", "ascii")
