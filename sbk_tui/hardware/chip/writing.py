"""写卡: the holder's items on a chip, one at a time, each compared before and read back after.

One UPDATE is whole or not at all, also when the power fails [O] S1-7 14. So after any
interruption it is enough to ask the chip again and to go on at the first item that differs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping

from sbk_tui.errors import DeviceFault, OutcomeUnknown, Refusal
from sbk_tui.hardware.chip.layout import BY_NAME, Item, decode, encode, encode_name, record_number
from sbk_tui.hardware.chip.session import ChipSession, KeyJob
from sbk_tui.hardware.ports import WriteJournal, WriteOrder

WRITE_KEY, WRITE_ADDRESS = 0x04, "0094"  # UKSSSE [2+] S3 annex B
READ_KEY, READ_ADDRESS = 0x0A, "004C"  # RKSSSE: EF06 of 3.0 cards
IN_ORDER = (  # [1] C3: the machine's order, EF05 first
    "issued", "valid_to", "number",
    "social_number", "name", "name_more", "sex", "nation", "birth_place", "birth",
)  # fmt: skip
_WHOSE = ("number", "social_number")
"""Items that say whose card it is."""


def write(
    session: ChipSession, job: KeyJob, order: WriteOrder, journal: WriteJournal
) -> tuple[str, ...]:
    """Write what differs from `order` on the confirmed card of `job`; see the port."""
    wanted = tuple(_wanted(order.values, job.card.version))
    held = _held(session, job, wanted, order)
    differing = [(item, value) for item, value in wanted if held[item.name] != value]
    for item, value in wanted:
        if held[item.name] == value:
            journal.confirm(item.name)
    if not differing:
        return ()
    session.authenticate(job, WRITE_KEY, WRITE_ADDRESS)
    for item, value in differing:
        journal.intend(item.name, hashlib.sha256(value).hexdigest())
        _write_one(session, job.card.version, item, value)
        journal.confirm(item.name)
    return tuple(item.name for item, _ in differing)


def items_of(values: Mapping[str, str], version: str) -> tuple[str, ...]:
    """Return the names of the items that `write` sees to, in its order.

    Raises:
        Refusal: `chip.name_too_long`.
    """
    return tuple(item.name for item, _ in _wanted(values, version))


def _wanted(values: Mapping[str, str], version: str) -> Iterator[tuple[Item, bytes]]:
    """Yield the items of an order and their values, those that a card of `version` has."""
    raw = {name: encode(BY_NAME[name], text) for name, text in values.items() if name != "name"}
    if "name" in values:
        try:
            raw["name"], raw["name_more"] = encode_name(values["name"])
        except ValueError as error:
            raise Refusal("chip.name_too_long") from error
    for name in IN_ORDER:
        item = BY_NAME[name]
        if name in raw and record_number(item, version):
            yield item, raw[name]
        elif raw.get(name, b"").strip(b"\x00"):
            raise Refusal("chip.name_too_long")  # a 1.0 card has no second item for it


def _held(
    session: ChipSession, job: KeyJob, wanted: tuple[tuple[Item, bytes], ...], order: WriteOrder
) -> dict[str, bytes]:
    """Return what stands there now; a card of somebody else is refused as early as it is seen."""
    held: dict[str, bytes] = {}
    for item, value in wanted:
        found = session.read_item(item, job.card.version)
        if found is None:
            session.authenticate(job, READ_KEY, READ_ADDRESS)
            found = session.read_item(item, job.card.version)
        if found is None:
            raise DeviceFault("chip.needs_key", sw="6982")
        if item.name in _WHOSE and found != value and order.over is not None:
            _refuse_used(decode(item, found), order.over)
        held[item.name] = found
    return held


def _refuse_used(number: str, over: frozenset[str]) -> None:
    if number and number not in over:
        raise Refusal("chip.used_card")


def _write_one(session: ChipSession, version: str, item: Item, value: bytes) -> None:
    try:
        session.update(item, version, value)
        written = session.read_item(item, version)
    except OutcomeUnknown as error:
        raise OutcomeUnknown("chip.write_unfinished", chip_item=item.name) from error
    except DeviceFault as error:
        sw = error.facts.get("sw")
        if sw is None:  # gone or silent while it was read back
            raise OutcomeUnknown("chip.write_unfinished", chip_item=item.name) from error
        raise DeviceFault("chip.not_written", chip_item=item.name, sw=sw) from error
    if written != value:
        raise DeviceFault("chip.not_written", chip_item=item.name, sw="9000")
