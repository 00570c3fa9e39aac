"""The folders between the city and a system outside: whole files, nothing lost, nothing twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from sbk_tui.errors import BadUsage, OutsideUnreachable
from sbk_tui.outside.folder import FolderExchange, open_exchange


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


def test_the_same_name_again_is_the_same_file(tmp_path: Path) -> None:
    exchange = open_exchange(f"file://{tmp_path}/share")
    exchange.put("a.csv", b"one")
    exchange.put("a.csv", b"one")
    assert names(tmp_path / "share" / "outbox") == ["a.csv"]
    assert (tmp_path / "share" / "outbox" / "a.csv").read_bytes() == b"one"


def test_answers_come_in_order_and_unfinished_ones_wait(tmp_path: Path) -> None:
    exchange = FolderExchange(tmp_path)
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    for name in ("b.csv", "a.csv", "c.csv.part", "d.tmp"):
        (inbox / name).write_bytes(name.encode())
    (inbox / "folder").mkdir()
    assert [found.name for found in exchange.answers()] == ["a.csv", "b.csv"]


def test_what_was_taken_or_put_aside_is_kept_also_under_a_name_seen_before(
    tmp_path: Path,
) -> None:
    exchange = FolderExchange(tmp_path)
    for content in (b"1", b"2"):
        (tmp_path / "inbox").mkdir(exist_ok=True)
        (tmp_path / "inbox" / "a.csv").write_bytes(content)
        exchange.take("a.csv")
    (tmp_path / "inbox" / "b.csv").write_bytes(b"3")
    exchange.set_aside("b.csv", "不能采用")
    assert names(tmp_path / "inbox") == []
    assert names(tmp_path / "taken") == ["a.csv", "a.csv.2"]
    assert names(tmp_path / "aside") == ["b.csv", "b.csv.txt"]
    assert (tmp_path / "aside" / "b.csv.txt").read_text("utf-8") == "不能采用\n"


def test_a_place_that_is_not_there_is_told(tmp_path: Path) -> None:
    (tmp_path / "share").write_text("a file, no folder")
    with pytest.raises(OutsideUnreachable, match=r"outside\.folder"):
        FolderExchange(tmp_path / "share").put("a.csv", b"")
    with pytest.raises(OutsideUnreachable, match=r"outside\.folder"):
        list(FolderExchange(tmp_path / "share").answers())


@pytest.mark.parametrize("url", ["", "share", "file://share", "https://example.org/x"])
def test_an_address_that_is_no_folder_is_refused(url: str) -> None:
    with pytest.raises(BadUsage, match=r"outside\.url"):
        open_exchange(url)
