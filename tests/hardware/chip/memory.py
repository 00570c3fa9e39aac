"""What a process holds in its memory, read from outside: what a core dump of it would show."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

_INT_SIZE = 32  # bytes from one of the interpreter's small numbers to the next


class Region(NamedTuple):
    """One piece of the memory of a process."""

    start: int
    name: str
    data: bytes


def image(process: int) -> Iterator[Region]:
    """Yield every piece that the process can write; the rest is as it lies on the disk.

    Raises:
        PermissionError: not root, and the process keeps its memory private.
    """
    with Path(f"/proc/{process}/mem").open("rb", 0) as memory:
        for start, end, rights, _offset, name in _maps(process):
            if rights.startswith("rw") and name not in {"[vvar]", "[vsyscall]"}:
                memory.seek(start)
                yield Region(start, name or "heap", memory.read(end - start))


def forms(process: int, *pins: str) -> dict[str, bytes]:
    """Return the shapes in which `pins` could lie in memory, by a name for the failure."""
    found = {}
    for pin in pins:
        packed = bytes.fromhex(pin)
        found |= {
            f"{pin} in ASCII": pin.encode(),
            f"{pin} in UTF-16": pin.encode("utf-16-le"),
            f"{pin} in UCS-4": pin.encode("utf-32-le"),
            f"{pin} packed": packed,
            f"{pin} as a list of keys": _as_list(process, pin.encode()),
            f"{pin} packed, as a list": _as_list(process, packed),
            f"{pin} as numbers": b"".join(int(each).to_bytes(4, "little") for each in pin),
        }
    return found


def found_in(regions: Iterable[Region], wanted: Mapping[str, bytes]) -> list[str]:
    """Return where each form lies: its name, the place, what stands around it."""
    found = []
    for region in regions:
        for name, form in wanted.items():
            at = region.data.find(form)
            while at >= 0:
                around = region.data[max(0, at - 32) : at + 32]
                found.append(f"{name} in {region.name} at {region.start + at:x}: {around!r}")
                at = region.data.find(form, at + 1)
    return found


def _as_list(process: int, values: bytes) -> bytes:
    """Return a list of small numbers as it lies in memory: where each of them is."""
    zero = _zero(process)
    return b"".join((zero + _INT_SIZE * each).to_bytes(8, "little") for each in values)


def _zero(process: int) -> int:
    """Return where the number 0 is in a process of the same interpreter."""
    here = id(0)
    start, offset, name = next(
        (start, offset, name) for start, end, _, offset, name in _maps() if start <= here < end
    )
    there = next(each[0] for each in _maps(process) if (each[3], each[4]) == (offset, name))
    return there + here - start


def _maps(process: int | str = "self") -> Iterator[tuple[int, int, str, str, str]]:
    for line in Path(f"/proc/{process}/maps").read_text("utf-8").splitlines():
        span, rights, offset, _device, _inode, *name = line.split(maxsplit=5)
        start, end = (int(each, 16) for each in span.split("-"))
        yield start, end, rights, offset, name[0] if name else ""
