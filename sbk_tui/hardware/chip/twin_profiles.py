"""The virtual cards by name. Everybody on them is invented; the check digits hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from sbk_tui.hardware.chip.layout import BY_NAME, encode, encode_name
from sbk_tui.hardware.chip.twin_card import Profile

ATR = bytes.fromhex("3B6D00000081543108866041072500000" + "1")
_BANK_ATR = bytes.fromhex("3B6D000000814D22088660222228400001")  # [1] W5: the same shape
_FOREIGN_ATR = bytes.fromhex("3BDA13FF8131FB468012392F31C173C601C03B")  # [1] W5
_IDENTIFICATION = "{region}00D15600000500000002{check}"
_DEBIT = bytes.fromhex("A000000333010101")
PERSON = {
    "social_number": "410702198001010010",
    "name": "张三",
    "sex": "1",
    "nation": "01",
    "birth_place": "410702",
    "birth": "19800101",
}


def profile(name: str = "v2") -> Profile:
    """Return a fresh card of that name; see `PROFILES`."""
    return PROFILES[name]()


def social_card(
    *,
    version: str = "2.00",
    number: str = "E00000029",
    region: str = "4107",
    person: Mapping[str, str] = PERSON,
) -> Profile:
    """Return a card of `version` for `person` (keys of `PERSON`)."""
    ef05 = [
        (0x01, bytes.fromhex(_IDENTIFICATION.format(region=region, check="5A17C0DE"))),
        (0x02, b"3"),
        (0x03, version.encode()),
        (0x04, bytes.fromhex("915600000241070041070001")),
        (0x05, bytes.fromhex("20240601")),
        (0x06, bytes.fromhex("20340601")),
        (0x07, encode(BY_NAME["number"], number)),
    ]
    name, more = encode_name(person["name"])
    ef06 = [(0x08, encode(BY_NAME["social_number"], person["social_number"])), (0x09, name)]
    if version != "1.00":
        ef06.append((0x4E, more))
    for key in ("sex", "nation", "birth_place", "birth"):
        ef06.append((BY_NAME[key].tag, encode(BY_NAME[key], person[key])))
    third = version == "3.00"
    return Profile(
        atr=ATR,
        ef05=ef05,
        ef06=ef06,
        algorithm="SM4" if third else "DES",
        guarded=third,
        bank=_bank("6212261234567890128"),
    )


def _bank(number: str) -> dict[bytes, bytes]:
    """A debit application: PDOL, two files, the number in the second; a 5A byte misleads."""
    pdol = bytes.fromhex("9F66049F02065F2A02")
    inner = bytes((0x9F, 0x38, len(pdol))) + pdol
    fci = bytes((0x6F, len(inner) + 2, 0xA5, len(inner))) + inner
    afl = bytes.fromhex("0801010010010100")
    gpo = bytes((0x77, 4 + 2 + len(afl))) + bytes.fromhex("82027C00") + b"\x94\x08" + afl
    pan = bytes.fromhex(number + "F" * (len(number) % 2))
    first = bytes.fromhex("7009 9F4A 06 5A0862120000".replace(" ", ""))
    second = bytes((0x70, len(pan) + 2, 0x5A, len(pan))) + pan
    asked = bytes.fromhex("830C") + bytes(10) + b"\x01\x56"
    return {
        _DEBIT: fci,
        b"\x80\xa8\x00\x00" + bytes((len(asked),)) + asked: gpo,
        b"\x00\xb2\x01\x0c": first,
        b"\x00\xb2\x01\x14": second,
    }


def _overwritten(card: Profile, **values: bytes) -> Profile:
    """Return `card` with items named in `values` replaced."""
    by_tag = {BY_NAME[name].tag: raw for name, raw in values.items()}
    card.ef05 = [(tag, by_tag.get(tag, raw)) for tag, raw in card.ef05]
    card.ef06 = [(tag, by_tag.get(tag, raw)) for tag, raw in card.ef06]
    return card


def _blank() -> Profile:
    card = social_card(version="3.00")
    card.ef06 = [(tag, b"\xff" * len(raw)) for tag, raw in card.ef06]
    return _overwritten(card, number=b"\xff" * 9)


def blank_card(bank_number: str, identity: bytes) -> Profile:
    """Return a pre-made card: the bank's account is on it, nobody's name is.

    Args:
        identity: the last 8 bytes of its 卡识别码, which tell it from every other card.
    """
    card = _blank()
    _tag, identification = card.ef05[0]
    card.bank = _bank(bank_number)
    return _overwritten(card, identification=identification[:-8] + identity)


def _rare_name() -> Profile:
    return _overwritten(social_card(), name=b"\xd5\xc5\xff\xfe\x80\xff".ljust(30, b"\x00"))


def _f_filled() -> Profile:
    return _overwritten(social_card(), nation=b"\xff", birth_place=b"\xff" * 3, birth=b"\xff" * 4)


def _other(atr: bytes, bank: dict[bytes, bytes]) -> Profile:
    return Profile(atr=atr, ef05=[], ef06=[], social=False, bank=bank)


PROFILES: Mapping[str, Callable[[], Profile]] = {
    "v1": lambda: social_card(version="1.00"),
    "v1_old": lambda: replace(social_card(version="1.00"), by_tag=False, fci="bare"),
    "v2": social_card,
    "v2_old": lambda: replace(social_card(), by_tag=False),
    "v2_waiting": lambda: replace(social_card(), fci="waiting"),
    "v3": lambda: social_card(version="3.00"),
    "v3_open": lambda: replace(social_card(version="3.00"), guarded=False),
    "blank": _blank,
    "temp": lambda: social_card(person=PERSON | {"name": "", "social_number": ""}),
    # 15 characters fill 30 bytes; the letter moves the border into the middle of one.
    "long_name": lambda: social_card(person=PERSON | {"name": "A" + "阿" * 20}),
    "rare_name": _rare_name,
    "f_filled": _f_filled,
    "foreign_region": lambda: social_card(region="3301"),
    "odd_number": lambda: social_card(number="E00000021"),
    "no_bank": lambda: replace(social_card(), bank={}),
    "bank_only": lambda: _other(_BANK_ATR, _bank("6212261234567890128")),
    "foreign": lambda: _other(_FOREIGN_ATR, {}),
    "no_atr": lambda: replace(social_card(), atr=b""),
    "bad_atr": lambda: replace(social_card(), atr=b"\x3b"),
    "short_atr": lambda: replace(social_card(), atr=ATR[:9]),
}
"""Cards that tests and drills can ask for, by name."""
