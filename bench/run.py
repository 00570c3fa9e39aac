"""`make bench`: our screen layer beside bare Textual and curses, interleaved, as ratios.

    python bench/run.py [--rounds 5] [--run NAME=COMMAND ...] [--write docs/performance.md]

A program given by --run must show `F10` when it is ready and take the same keys: text, Tab twice
to a list, Down, PageDown, Ctrl+Q. It is judged by the same goals.
"""

from __future__ import annotations

import argparse
import math
import os
import platform
import shlex
import statistics
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from probe import Probe

HERE = Path(__file__).parent
OURS = "lean_form"
PROGRAMS = ("textual_form", "curses_form", "python_null", OURS)
READY = "F10"
KEYS = (  # measure, keys
    ("typed", [*"zhangsan", "张", "三"]),
    ("tab", ["tab", "tab"]),
    ("down", ["down"] * 10),
    ("page", ["pagedown"] * 6),
)
LINES = {"9600 baud": 960.0, "256 kbit/s": 32000.0}  # bytes a second; a serial byte has ten bits
Figures = dict[str, float]
Table = dict[str, Figures]


@dataclass(frozen=True, slots=True)
class Goal:
    """A promise about one figure: the value, the limit, and whether smaller values pass."""

    name: str
    says: str
    value: Callable[[Table, str], float]
    limit: float


def ratio(figure: str, against: str) -> Callable[[Table, str], float]:
    """Return the figure of a program over that of a baseline."""
    return lambda table, name: table[name][figure] / (table[against][figure] or math.nan)


def plain(figure: str) -> Callable[[Table, str], float]:
    """Return the figure itself."""
    return lambda table, name: table[name][figure]


GOALS = (
    Goal("G2", "首次上墨 / 裸解释器", ratio("ink ms", "python_null"), 2.0),
    Goal("G4", "启动字节 / 普通 Textual", ratio("start bytes", "textual_form"), 0.20),
    Goal("G4", "启动字节 / curses", ratio("start bytes", "curses_form"), 2.5),
    Goal("G5", "输入一字的字节（中位数）", plain("typed bytes"), 80),
    Goal("G6", "Tab 字节 / curses", ratio("tab bytes", "curses_form"), 2.5),
    Goal("G6", "Down 字节 / curses", ratio("down bytes", "curses_form"), 1.3),
    Goal("G6", "PageDown 字节 / curses", ratio("page bytes", "curses_form"), 1.2),
    Goal("G7", "输入一字到末字节 / 普通 Textual", ratio("typed ms", "textual_form"), 0.25),
    Goal(
        "G7",
        "同上，p95 / 普通 Textual 的中位数",
        lambda table, name: table[name]["typed p95 ms"] / table["textual_form"]["typed ms"],
        0.35,
    ),
    Goal("G8", "9600 波特：输入一字（毫秒）", plain("9600 baud typed ms"), 120),
    Goal("G8", "9600 波特：Down / curses", ratio("9600 baud down ms", "curses_form"), 1.3),
    Goal("G8", "256 kbit/s：PageDown / curses", ratio("256 kbit/s page ms", "curses_form"), 2),
    Goal("G9", "屏幕进程 RSS / 普通 Textual", ratio("rss MB", "textual_form"), 1.0),
    Goal("G9", "全部进程 PSS / 普通 Textual", ratio("pss MB", "textual_form"), 1.5),
    Goal("G10", "空闲时每秒字节", plain("idle bytes/s"), 0),
    Goal("G10", "空闲时处理器 / 普通 Textual", ratio("idle cpu %", "textual_form"), 1.5),
)


def environment() -> dict[str, str]:
    """Return the environment of a terminal in the field: byte code on disk, nothing tuned."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return {
        **kept,
        "TERM": "xterm-256color",
        "LC_ALL": "C.UTF-8",
        "PYTHONPATH": str(HERE.parent),
    }


def measure(command: list[str], *, keys: bool) -> Figures:
    """Run a program once; return its figures."""
    probe = Probe(command, environment())
    try:
        start = probe.start(READY)
        figures = {
            "ink ms": 1e3 * start.first_ink_s,
            "ready ms": 1e3 * start.ready_s,
            "start bytes": start.bytes,
        }
        figures["rss MB"], figures["pss MB"] = probe.memory_mb()
        for label, pressed in KEYS if keys else ():
            cpu = probe.cpu_s()
            answers = [probe.press(key) for key in pressed]
            figures[f"{label} cpu ms"] = 1e3 * (probe.cpu_s() - cpu) / len(pressed)
            times = sorted(answer.last_byte_ms for answer in answers)
            figures[f"{label} bytes"] = statistics.median(a.bytes for a in answers)
            figures[f"{label} ms"] = statistics.median(times)
            figures[f"{label} p95 ms"] = times[int(0.95 * len(times))]
        if keys:
            figures["idle bytes/s"], figures["idle cpu %"] = probe.idle(5)
    finally:
        probe.close()
    return figures


def measure_on_a_line(command: list[str], line: str) -> Figures:
    """Run a program once at the far end of a slow line; return the times of a few keys."""
    probe = Probe(command, environment(), LINES[line])
    try:
        probe.start(READY)
        times: Figures = {}
        for label, pressed in KEYS:
            answers = [probe.press(key) for key in pressed[:4]]
            times[f"{line} {label} ms"] = statistics.median(a.last_byte_ms for a in answers)
    finally:
        probe.close()
    return times


def medians(runs: list[Figures]) -> Figures:
    """Return the median of each figure over the runs."""
    return {figure: statistics.median(run[figure] for run in runs) for figure in runs[0]}


def measure_all(programs: dict[str, list[str]], rounds: int) -> Table:
    """Run all programs in turn, every second round backwards; the first round is thrown away."""
    runs: dict[str, list[Figures]] = {name: [] for name in programs}
    for turn in range(rounds + 1):
        for name in programs if turn % 2 else reversed(programs):
            figures = measure(programs[name], keys=name != "python_null")
            print(f"# {turn}/{rounds} {name}: {figures['ready ms']:.0f} ms", file=sys.stderr)
            if turn:  # byte code is on disk and files are in memory only from the second run on
                runs[name].append(figures)
    table = {name: medians(done) for name, done in runs.items()}
    for line in LINES:
        for name in set(programs) - {"python_null", "textual_form"}:
            table[name] |= measure_on_a_line(programs[name], line)
    return table


def figures_as_text(table: Table) -> str:
    """Return all figures as a table in Markdown."""
    figures = list(dict.fromkeys(figure for column in table.values() for figure in column))
    rows = [["量", *table], ["---", *["---:"] * len(table)]]
    rows += [
        [figure, *(f"{c[figure]:.4g}" if figure in c else "–" for c in table.values())]
        for figure in figures
    ]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def goals_as_text(table: Table, names: list[str]) -> str:
    """Return the goals and what each program reached, as a table in Markdown."""
    rows = [["目标", "量", "不超过", *names], ["---", "---", "---:", *["---:"] * len(names)]]
    for goal in GOALS:
        reached = []
        for name in names:
            value = goal.value(table, name)
            reached.append(f"{value:.3g} {'✓' if value <= goal.limit else '✗'}")
        rows.append([goal.name, goal.says, f"{goal.limit:g}", *reached])
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def page(table: Table, names: list[str], rounds: int, date: str) -> str:
    """Return the whole page."""
    template = (HERE / "page.md").read_text("utf-8")
    return template.format(
        date=date,
        rounds=rounds,
        load=f"{os.getloadavg()[2]:.1f}",
        machine=f"{platform.machine()}，{os.cpu_count()} 核，Python {platform.python_version()}",
        goals=goals_as_text(table, names),
        figures=figures_as_text(table),
    )


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--run", action="append", default=[], metavar="NAME=COMMAND")
    parser.add_argument("--write", type=Path, metavar="FILE")
    parser.add_argument("--date", default=datetime.now(UTC).date().isoformat())
    options = parser.parse_args()
    programs = {name: [sys.executable, str(HERE / f"{name}.py")] for name in PROGRAMS}
    for given in options.run:
        name, _, command = given.partition("=")
        programs[name] = shlex.split(command)
    table = measure_all(programs, options.rounds)
    names = [OURS, *(given.partition("=")[0] for given in options.run)]
    text = page(table, names, options.rounds, options.date)
    print(text)
    if options.write:
        options.write.parent.mkdir(exist_ok=True)
        options.write.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
