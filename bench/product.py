"""The product itself for `run.py`: the loss screen of a training counter, search box ready.

    python bench/run.py --run sbk='.venv/bin/python bench/product.py FOLDER'

FOLDER is made once with `sbk demo --setup-only --keep FOLDER --people 50000`.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from sbk_tui.terminal import startup

startup.prepare(os.environ)
startup.first_ink(2, ["sbk"])

from sbk_tui.app import SbkApp  # noqa: E402 -- ink before the big imports
from sbk_tui.demo import office  # noqa: E402
from sbk_tui.screens.card_job import CardJobScreen  # noqa: E402


class LossScreenFirst(SbkApp):
    """Opens the job that is measured at once."""

    def on_ready(self) -> None:
        """Open it over the menu."""
        super().on_ready()
        if self._opened is not None:
            self.push_screen(CardJobScreen(self._opened.desks, "3.1"))


def main() -> None:
    """Run until Ctrl+Q."""
    counter, _made = office.open_again(Path(sys.argv[1]))
    app = LossScreenFirst(opened=counter)
    try:
        app.run(mouse=False)
    finally:
        app.close_counter()


if __name__ == "__main__":
    main()
