"""The keyboard's line, read so that no copy of what was typed is left behind.

Textual reads up to 4 KB into a string. Over a line that lags six keys come in one packet, and a
freed string keeps them until something else happens to lie there: a PIN or a password would be
found in a core. Here the packet lies in one place, is handed on key by key (a single character
exists once, whoever typed it), and is overwritten.
"""

from __future__ import annotations

import os
import selectors
from codecs import getincrementaldecoder
from collections.abc import Callable
from contextlib import suppress

from textual._parser import ParseError
from textual._xterm_parser import XTermParser
from textual.drivers.linux_driver import LinuxDriver

_MOST = 4096
_TICK_S = 0.1  # Textual's own: how often one looks whether an ESC stays alone
_EXPECTED = {"XTermParser", "_debug", "fileno", "exit_event"}  # Textual 8.2


def textual_is_as_expected() -> bool:
    """Tell whether Textual still reads as the method does that is replaced here."""
    return set(LinuxDriver.run_input_thread.__code__.co_names) >= _EXPECTED


class WipingDriver(LinuxDriver):
    """Textual's driver with another way of reading."""

    def run_input_thread(self) -> None:
        """Read, hand on and overwrite until the program ends."""
        parser = XTermParser(self._debug)
        decode = getincrementaldecoder("utf-8")("replace").decode
        packet = bytearray(_MOST)
        with selectors.SelectSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                if selector.select(_TICK_S):
                    self._take(packet, parser, decode)
                for message in parser.tick():
                    self.process_message(message)
        with suppress(EOFError, ParseError):
            list(parser.feed(""))

    def _take(self, packet: bytearray, parser: XTermParser, decode: Callable[[bytes], str]) -> None:
        count = os.readv(self.fileno, [packet])
        if not count:
            self.exit_event.wait(_TICK_S)  # nobody types at the end of a file
        try:
            for at in range(count):
                # Empty in the middle of a character; to the parser that would be the end.
                if key := decode(bytes(packet[at : at + 1])):
                    for message in parser.feed(key):
                        self.process_message(message)
        finally:
            packet[:count] = bytes(count)
