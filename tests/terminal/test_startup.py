"""What happens before Textual is imported."""

from __future__ import annotations

import io
import os
import pty
import subprocess
import sys

import pytest

from sbk_tui.terminal import startup
from tests.terminal.emulators import Pyte

UTF8 = {"TERM": "xterm-256color", "LC_ALL": "C.UTF-8"}


class Screen(io.TextIOWrapper):
    """A text stream of some encoding that says it is a terminal."""

    def __init__(self, encoding: str) -> None:
        super().__init__(io.BytesIO(), encoding=encoding)

    def isatty(self) -> bool:
        return True


def test_settings_are_made_unless_the_office_made_them() -> None:
    environ = {"TERM": "xterm-256color", "ESCDELAY": "30"}
    startup.prepare(environ)
    assert environ["TEXTUAL_ANIMATIONS"] == "none"
    assert environ["TEXTUAL_SMOOTH_SCROLL"] == "0"
    assert environ["ESCDELAY"] == "30"
    assert "TEXTUAL_DISABLE_KITTY_KEY" not in environ


def test_the_console_gets_no_kitty_keys() -> None:
    environ = {"TERM": "linux"}
    startup.prepare(environ)
    assert environ["TEXTUAL_DISABLE_KITTY_KEY"] == "1"


def test_textual_reads_the_settings() -> None:
    script = (
        "import os; from sbk_tui.terminal import startup; startup.prepare(os.environ)\n"
        "import sys; assert 'textual' not in sys.modules and 'typing' not in sys.modules\n"
        "from textual import constants as c\n"
        "print(c.TEXTUAL_ANIMATIONS, c.SMOOTH_SCROLL, c.ESCAPE_DELAY, c.DISABLE_KITTY_KEY)"
    )
    environ = {"PATH": os.environ["PATH"], "TERM": "linux", "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", script], env=environ, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["none", "False", "0.05", "True"]


@pytest.mark.parametrize(
    ("encoding", "environ", "word"),
    [
        ("utf-8", UTF8, None),
        ("utf8", {**UTF8, "LC_ALL": "zh_CN.UTF-8"}, None),
        ("gbk", {**UTF8, "LC_ALL": "zh_CN.GBK"}, "gbk"),
        ("iso-8859-1", {**UTF8, "LC_ALL": "de_DE"}, "UTF-8"),
        ("ascii", UTF8, "LC_ALL=C.UTF-8"),
        ("utf-8", {"TERM": "dumb"}, "TERM"),
        ("utf-8", {}, "TERM"),
    ],
)
def test_a_terminal_that_cannot_show_chinese_is_refused_in_english(
    encoding: str, environ: dict[str, str], word: str | None
) -> None:
    with Screen(encoding) as stream:
        reason = startup.refusal(stream, environ)
    if word is None:
        assert reason is None
    else:
        assert reason is not None
        assert word in reason
        assert reason.isascii()


def test_output_that_is_no_terminal_is_refused() -> None:
    assert "terminal" in str(startup.refusal(io.StringIO(), UTF8))


@pytest.mark.parametrize("environ", [{}, {"LC_ALL": "C"}, {"LANG": "POSIX"}])
def test_a_locale_that_says_nothing_is_taken_as_utf8(environ: dict[str, str]) -> None:
    with Screen("ascii") as stream:
        startup.speak_utf8(stream, environ)
        assert startup.refusal(stream, UTF8) is None
        stream.write("社保卡")
        stream.flush()
        assert stream.buffer.getvalue().decode() == "社保卡"  # type: ignore[attr-defined]


def test_a_locale_that_says_something_else_is_believed() -> None:
    with Screen("gbk") as stream:
        startup.speak_utf8(stream, {"LANG": "zh_CN.GBK", "LC_ALL": ""})
        assert stream.encoding == "gbk"


def test_the_console_is_warned_of() -> None:
    assert startup.caution({"TERM": "xterm"}) is None
    assert "kmscon" in str(startup.caution({"TERM": "linux"}))


def test_the_first_ink_is_seen_and_taken_back() -> None:
    master, slave = pty.openpty()
    try:
        startup.first_ink(slave, ["社会保障卡", "正在启动"])
        screen = Pyte(40, 5)
        screen.feed(os.read(master, 1000).decode())
        assert screen.text().split() == ["社会保障卡", "正在启动"]
        assert screen.cursor.hidden
        startup.take_back_ink(slave)
        screen.feed(os.read(master, 1000).decode())
        assert not screen.cursor.hidden
    finally:
        os.close(master)
        os.close(slave)


def test_no_ink_goes_into_a_file() -> None:
    read, write = os.pipe()
    startup.first_ink(write, ["社会保障卡"])
    os.close(write)
    assert os.read(read, 100) == b""
    os.close(read)
