"""A slow machine pays only for what it uses: what each entrance loads, in a fresh interpreter."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = (
    "PIL", "reportlab", "segno", "serial", "smartcard", "urllib3", "http.client", "cryptography",
    "psycopg", "starlette", "uvicorn", "jinja2", "numpy", "cv2", "pypinyin", "python_calamine",
    "xlsxwriter", "playhouse.migrations", "markdown_it", "gmalg", "sqlcipher3",
)  # fmt: skip
ENTRANCES = {
    "the command line": "sbk_tui.cli",
    "the screen": "sbk_tui.app",
    "the wiring": "sbk_tui.wiring",
    "the menu": "sbk_tui.screens.menu",
    "the kiosk": "sbk_tui.kiosk",
    "a job": "sbk_tui.screens.card_job",
    "the application form": "sbk_tui.screens.apply",
}


@pytest.mark.parametrize("module", ENTRANCES.values(), ids=ENTRANCES)
def test_an_entrance_loads_nothing_heavy(module: str) -> None:
    code = f"import sys, {module}; print(*(n for n in {HEAVY!r} if n in sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.split() == []


def test_the_command_line_does_not_load_the_screens_library() -> None:
    code = "import sys, sbk_tui.cli; print('textual' in sys.modules, 'peewee' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.split() == ["False", "False"]
