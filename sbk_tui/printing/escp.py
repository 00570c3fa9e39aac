"""套打: values onto a pre-printed form by a dot-matrix printer (ESC/P-K), placed in millimetres.

`render` makes the bytes, `read` understands them again: the preview shows what the printer is
told, not what somebody meant.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from sbk_tui.errors import BadUsage
from sbk_tui.printing.wrapping import cells
from sbk_tui.resources import ASSETS, toml

INCH = 25.4
_X, _Y = 60, 180  # units an inch of ESC $ and ESC J on 24 pins [2+] R1 R2
_LINES = 6  # an inch, of ESC 2
_MOST_DOWN = 255
RESET, SIXTH, FORM_FEED, RETURN = b"\x1b\x40", b"\x1b\x32", b"\x0c", b"\x0d"
HANZI_ON, HANZI_OFF = b"\x1c\x26", b"\x1c\x2e"  # [2+] R4
_HIGHEST_PAGE = 127  # lines of ESC C
_LARGEST_OFFSET = 20.0  # mm; more is another form


class FormField(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One value on the form: its key and the top left of its text, in millimetres."""

    key: str
    label: str
    """What stands beside it on the paper; shown in the preview, never printed."""
    x: float
    y: float


class Form(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A pre-printed form, in millimetres."""

    title: str
    clause: str
    width: float
    height: float
    fields: tuple[FormField, ...]


class Offset(NamedTuple):
    """How far this printer stands off, in millimetres: set once with a test sheet."""

    dx: float = 0.0
    dy: float = 0.0


NO_OFFSET = Offset()


class Placed(NamedTuple):
    """A text as it will stand on the paper, in millimetres."""

    x: float
    y: float
    text: str


class Sheet(NamedTuple):
    """The bytes for one form, and characters that no printer has: to be written in by hand."""

    data: bytes
    missing: tuple[str, ...]


def form_named(name: str) -> Form:
    """Return the form `name` of `assets/forms/`.

    Raises:
        BadUsage: `print.no_layout`.
        msgspec.ValidationError: naming what is wrong in the file.
    """
    if name not in forms():
        raise BadUsage("print.no_layout", paper=name)
    return msgspec.convert(toml(f"forms/{name}.toml"), Form)


def forms() -> tuple[str, ...]:
    """Return the forms that can be printed on."""
    return tuple(sorted(path.stem for path in (ASSETS / "forms").glob("*.toml")))


def render(form: Form, values: Mapping[str, str], offset: Offset = NO_OFFSET) -> Sheet:
    """Return the bytes that print `values` onto one form and feed to the next.

    Raises:
        BadUsage: `print.field_missing` when a value is not there, `print.offset`.
    """
    if abs(offset.dx) > _LARGEST_OFFSET or abs(offset.dy) > _LARGEST_OFFSET:
        raise BadUsage("print.offset", most=int(_LARGEST_OFFSET))
    for field in form.fields:
        if field.key not in values:
            raise BadUsage(
                "print.field_missing", paper=form.title, title=form.title, field=field.key,
                label=field.label,
            )  # fmt: skip
    lines = min(round(form.height / INCH * _LINES), _HIGHEST_PAGE)
    data = bytearray(RESET + SIXTH + b"\x1b\x43" + bytes([lines]))
    missing: dict[str, None] = {}
    down = 0
    for field in sorted(form.fields, key=lambda each: (each.y, each.x)):
        text = values[field.key]
        if not text:
            continue
        wanted = max(0, round((field.y + offset.dy) / INCH * _Y))
        data += _down(wanted - down)
        down = wanted
        across = max(0, round((field.x + offset.dx) / INCH * _X))
        encoded = _encoded(text, missing)
        data += b"\x1b\x24" + across.to_bytes(2, "little") + HANZI_ON + encoded + HANZI_OFF + RETURN
    return Sheet(bytes(data + FORM_FEED), tuple(missing))


def _down(units: int) -> bytes:
    moves = bytearray()
    while units > 0:
        step = min(units, _MOST_DOWN)
        moves += b"\x1b\x4a" + bytes([step])
        units -= step
    return bytes(moves)


def _encoded(text: str, missing: dict[str, None]) -> bytes:
    """Return GB18030; a character beyond two bytes is in no printer's font: a gap is left."""
    encoded = bytearray()
    for char in text:
        raw = char.encode("gb18030", "replace")
        if len(raw) > 2 or not char.isprintable():
            missing[char] = None
            raw = b"  "
        encoded += raw
    return bytes(encoded)


def read(data: bytes) -> tuple[Placed, ...]:
    """Return what a printer puts on the paper when it is sent `data`, from the top.

    Raises:
        ValueError: for a sequence that `render` never makes.
    """
    placed: list[Placed] = []
    text = bytearray()
    across = down = place = 0
    hanzi = False

    def flush() -> None:
        if text:
            said = text.decode("gb18030")
            placed.append(Placed(across / _X * INCH, down / _Y * INCH, said))
            text.clear()

    while place < len(data):
        pair = data[place : place + 2]
        if hanzi and pair[:1] not in (b"\x1c", b"\x1b", RETURN):
            wide = 2 if data[place] > 0x80 else 1
            text += data[place : place + wide]
            place += wide
            continue
        place += 2
        if pair in (HANZI_ON, HANZI_OFF):
            hanzi = pair == HANZI_ON
            flush()
        elif pair in (RESET, SIXTH):
            across = down = 0
        elif pair == b"\x1b\x43":
            place += 1
        elif pair == b"\x1b\x4a":
            down += data[place]
            place += 1
        elif pair == b"\x1b\x24":
            across = int.from_bytes(data[place : place + 2], "little")
            place += 2
        elif pair[:1] == RETURN or pair[:1] == FORM_FEED:
            across, place = 0, place - 1
        else:
            raise ValueError(pair.hex())
    return tuple(placed)


def preview(form: Form, sheet: Sheet, width: int) -> list[str]:
    """Return the form as lines of at most `width` cells: the sheet's bytes, and the labels."""
    rows = round(form.height / INCH * _LINES) + 1
    canvas = [[" "] * width for _ in range(rows)]
    for field in form.fields:
        column = int(field.x / form.width * width)
        _draw(canvas, field.y, column - cells(field.label) - 2, f"{field.label}：")
    for each in read(sheet.data):
        _draw(canvas, each.y, int(each.x / form.width * width), each.text)
    lines = ["".join(row).rstrip() for row in canvas]
    while lines and not lines[-1]:
        lines.pop()
    return [line for line in lines if line]


def _draw(canvas: list[list[str]], y: float, column: int, text: str) -> None:
    row = canvas[min(max(0, int(y / INCH * _LINES)), len(canvas) - 1)]
    column = max(0, column)
    for char in text:
        wide = cells(char)
        if column + wide > len(row):
            return
        row[column] = char
        if wide == 2:
            row[column + 1] = ""
        column += wide
