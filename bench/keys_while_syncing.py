"""Keys at a counter while its backlog goes to the city, and when it has gone (G17).

    python bench/keys_while_syncing.py [--operations 10000] [--keys 300]

The product's loss screen in a pseudo-terminal, its own sender beside it, `sbk hub serve` at the
lowest priority (it is another machine's work). Keys until each operation has its verdict, then
some idle.
"""

from __future__ import annotations

import argparse
import itertools
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import city
import push
from probe import Probe

from sbk_tui import wiring
from sbk_tui.data import outbox
from sbk_tui.data.store import Store

READY = "F10"
WORD = "zhangsan"


def show(home: Path) -> None:
    """Be the product: the loss screen of the counter, until Ctrl+Q."""
    from sbk_tui.terminal import startup

    startup.prepare(os.environ)
    from sbk_tui.app import SbkApp
    from sbk_tui.screens.card_job import CardJobScreen

    class LossScreenFirst(SbkApp):
        """Opens the job that is measured at once."""

        def on_ready(self) -> None:
            """Open it over the menu."""
            super().on_ready()
            if self._opened is not None:
                self.push_screen(CardJobScreen(self._opened.desks, "3.1"))

    app = LossScreenFirst(opened=wiring.sign_in(home, "1001", city.PASSWORD))
    try:
        app.run(mouse=False)
    finally:
        app.close_counter()


def typed(probe: Probe) -> Iterator[float]:
    """Type without end; yield the milliseconds from each key to its last byte."""
    for key in itertools.cycle([*WORD, *["\x7f"] * len(WORD)]):
        yield probe.press(key).last_byte_ms


def left(store: Store) -> int:
    """Return how many operations have no verdict yet."""
    found = outbox.tally(store)
    return found.waiting + found.received


def p(share: float, times: list[float]) -> float:
    """Return a percentile."""
    return sorted(times)[int(share * len(times))]


def main() -> None:
    """Measure and print."""
    if sys.argv[1:2] == ["--show"]:
        show(Path(sys.argv[2]))
        return
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--operations", type=int, default=10_000)
    parser.add_argument("--keys", type=int, default=300)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sbk-keys-") as folder:
        made = Path(folder) / "made"
        push.backlog(made, args.operations)
        with push.enrolled(Path(folder), made, nice=19) as (counter, _url):
            home = Path(folder) / "counter"
            environment = {
                "PATH": os.environ["PATH"], "HOME": folder, "TERM": "xterm-256color",
                "LC_ALL": "C.UTF-8", "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
            }  # fmt: skip
            probe = Probe([sys.executable, __file__, "--show", str(home)], environment)
            try:
                probe.start(READY)
                keys = typed(probe)
                busy: list[float] = []
                while left(counter.opened.store):
                    busy += itertools.islice(keys, 20)
                idle = list(itertools.islice(keys, args.keys))
            finally:
                probe.close()
    sys.stdout.write(
        f"{len(busy)} keys while {args.operations} operations synced; then {len(idle)} idle\n"
        f"syncing  median {p(0.5, busy):6.1f} ms   p95 {p(0.95, busy):6.1f} ms\n"
        f"idle     median {p(0.5, idle):6.1f} ms   p95 {p(0.95, idle):6.1f} ms\n"
        f"p95 syncing / idle  {p(0.95, busy) / p(0.95, idle):.2f}\n"
    )


if __name__ == "__main__":
    main()
