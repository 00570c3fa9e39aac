"""SCardTransmit straight out of our own memory.

pyscard turns a command into a list and the list into bytes of its own, and frees both unwiped; a
PIN must lie in one place only, that of whoever overwrites it. The card service's library sends
from where the command lies, so nothing is left of it in this process (ADR 20).
"""

from __future__ import annotations

import ctypes
from functools import cache
from typing import Any

_LIBRARY = "libpcsclite.so.1"
_MOST = 258  # a short answer and its status word


class _Header(ctypes.Structure):
    _fields_ = (("protocol", ctypes.c_ulong), ("length", ctypes.c_ulong))


@cache
def _transmit() -> Any:
    """Return the function of the library that pyscard has loaded already; None: not this system's.

    There pyscard sends, and its copies are freed without being overwritten.
    """
    try:
        function = ctypes.CDLL(_LIBRARY).SCardTransmit
    except OSError:
        return None
    function.argtypes = (
        ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_ulong,
        ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p,
    )  # fmt: skip
    function.restype = ctypes.c_long
    return function


def available() -> bool:
    """Return whether commands can be sent so."""
    return _transmit() is not None


def transmit(handle: int, protocol: int, command: bytearray) -> tuple[int, bytes]:
    """Send `command`, once; return the result as pyscard would give it, and the answer."""
    header = _Header(protocol, ctypes.sizeof(_Header))
    sent = (ctypes.c_ubyte * len(command)).from_buffer(command)
    answer, size = (ctypes.c_ubyte * _MOST)(), ctypes.c_ulong(_MOST)
    result = _transmit()(
        handle, ctypes.byref(header), sent, len(command), None, answer, ctypes.byref(size)
    )
    return ctypes.c_int32(result).value, bytes(answer[: size.value])
