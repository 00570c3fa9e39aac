"""Before Textual is imported: settings, whether this terminal can show Chinese, first ink.

Imports nothing heavy: the entrance calls this first.
"""

from __future__ import annotations

import codecs
import os

TYPE_CHECKING = False
if TYPE_CHECKING:  # not even `typing` before the first ink
    from collections.abc import Callable, Mapping, MutableMapping, Sequence
    from typing import TextIO

_SETTINGS = {
    "TEXTUAL_ANIMATIONS": "none",
    "TEXTUAL_SMOOTH_SCROLL": "0",
    "TEXTUAL_THEME": "ansi-dark",
    "ESCDELAY": "50",  # milliseconds: how long a lone ESC may still become an arrow key
}
_FROM_THE_CONSOLE = {"TEXTUAL_DISABLE_KITTY_KEY": "1"}  # it takes the request for another one
_NOT_CHOSEN = {"", "C", "POSIX"}  # a locale that says nothing about the characters of the screen
_ENTER = "\x1b[?1049h\x1b[?25l\x1b[H\x1b[2J"
_LEAVE = "\x1b[?1049l\x1b[?25h"


def prepare(environ: MutableMapping[str, str]) -> None:
    """Set what Textual reads while it is imported; what the clerk's office has set stays."""
    for name, value in _SETTINGS.items():
        environ.setdefault(name, value)
    if environ.get("TERM") == "linux":
        for name, value in _FROM_THE_CONSOLE.items():
            environ.setdefault(name, value)


def begin(stream: TextIO, environ: MutableMapping[str, str]) -> str | None:
    """Make ready for drawing on `stream`; return in plain English why that cannot be."""
    speak_utf8(stream, environ)
    why_not = refusal(stream, environ)
    if why_not is None:
        prepare(environ)
    return why_not


def speak_utf8(stream: TextIO, environ: Mapping[str, str]) -> None:
    """Write UTF-8 to the screen when the locale is C or unset, as if it were C.UTF-8.

    A locale that names another encoding is left alone: `refusal` speaks of it.
    """
    chosen = environ.get("LC_ALL") or environ.get("LC_CTYPE") or environ.get("LANG") or ""
    reconfigure = getattr(stream, "reconfigure", None)
    if chosen in _NOT_CHOSEN and reconfigure is not None:
        reconfigure(encoding="utf-8", errors="replace")


def refusal(stream: TextIO, environ: Mapping[str, str]) -> str | None:
    """Return in plain English why nothing can be drawn on `stream`, None when it can.

    English, because a terminal that is refused here could not show a Chinese reason.
    """
    if not stream.isatty():
        return "This program draws on a terminal; its output goes somewhere else."
    if environ.get("TERM", "dumb") in {"dumb", "unknown"}:
        return "This terminal cannot move its cursor (TERM is missing or 'dumb')."
    if not _is_utf8(stream.encoding):
        return (
            f"This terminal uses {stream.encoding}; Chinese keys and text need UTF-8. "
            "Set LC_ALL=C.UTF-8 and the terminal's character set to UTF-8."
        )
    return None


def caution(environ: Mapping[str, str]) -> str | None:
    """Return in plain English what to know before drawing on the bare Linux console."""
    if environ.get("TERM") != "linux":
        return None
    return (
        "The Linux console has no Chinese letters of its own. "
        "If you see blocks instead of text, start this program inside kmscon or fbterm."
    )


def _is_utf8(encoding: str | None) -> bool:
    try:
        return codecs.lookup(encoding or "ascii").name == "utf-8"
    except LookupError:
        return False


def first_ink(fd: int, lines: Sequence[str]) -> None:
    """Draw a static frame at once, long before the big imports are done.

    The screen behind is kept; Textual takes the frame over, or `take_back_ink` leaves it.
    """
    if os.isatty(fd):
        _write_all(fd, (_ENTER + "\r\n".join(lines)).encode())


def quiet_keys(fd: int) -> Callable[[], None]:
    """Let the terminal neither show nor gather what is typed before the program reads it.

    A password typed ahead must not stand on the screen, nor its Enter become another character.
    Returns what puts the terminal back as it was; nothing happens where there is none.
    """
    import termios

    if not os.isatty(fd):
        return lambda: None
    before = termios.tcgetattr(fd)
    quiet = termios.tcgetattr(fd)
    quiet[0] &= ~(termios.ICRNL | termios.INLCR | termios.IGNCR)
    quiet[3] &= ~(termios.ECHO | termios.ICANON)
    termios.tcsetattr(fd, termios.TCSANOW, quiet)
    return lambda: termios.tcsetattr(fd, termios.TCSANOW, before)


def take_back_ink(fd: int) -> None:
    """Show the screen as it was before `first_ink`, when the start failed."""
    if os.isatty(fd):
        _write_all(fd, _LEAVE.encode())


def _write_all(fd: int, data: bytes) -> None:
    while data:
        data = data[os.write(fd, data) :]
