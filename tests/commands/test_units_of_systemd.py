"""The unit files that the guide tells an operator to install."""

from __future__ import annotations

import shlex
import subprocess
import sys
from configparser import RawConfigParser
from pathlib import Path

import pytest

from sbk_tui.cli import COMMANDS

UNITS = sorted((Path(__file__).parents[2] / "tools" / "systemd").glob("*.service"))


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.stem)
def test_a_unit_starts_a_command_that_is_there(path: Path) -> None:
    unit = RawConfigParser(strict=False)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read_string(path.read_text("utf-8"))
    program, command, *options = shlex.split(unit["Service"]["ExecStart"])
    assert program.endswith("/sbk")
    assert command in COMMANDS
    words = [o for o in options if not o.startswith("-") and not o.isdigit()]
    asked = [sys.executable, "-m", "sbk_tui", command, *words, "--help"]
    known = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
    assert all(option in known for option in options if option.startswith("--"))
    assert unit["Service"]["LimitCORE"] == "0"
    assert unit["Install"]["WantedBy"] == "multi-user.target"
