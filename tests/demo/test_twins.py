"""The tray before the counter: cards by the real driver from the simulated reader."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from sbk_tui.app import SbkApp
from sbk_tui.demo import assets
from sbk_tui.demo.chips import ChipTray, card_in_hand
from sbk_tui.demo.office import ID_READER, PICTURES, PORTRAITS, Made
from sbk_tui.demo.portraits import jpeg_of
from sbk_tui.demo.twins import SITUATIONS, training_devices
from sbk_tui.errors import BadUsage, DeviceFault
from sbk_tui.hardware.chip.twin_line import VirtualReaderSlot
from sbk_tui.hardware.portrait.values import Grade
from sbk_tui.resources import toml
from sbk_tui.services.portrait_desk import PortraitDesk
from sbk_tui.services.training import Tray
from sbk_tui.terminal.listview import PagedList
from sbk_tui.texts import word
from sbk_tui.wiring import Counter
from tests.chips import powered
from tests.screens.conftest import open_job, shown

Desk = tuple[Counter, Tray]


@pytest.fixture
def desk(training: tuple[Counter, Made]) -> Iterator[Desk]:
    """Give a training counter with its devices running."""
    counter, made = training
    with training_devices(counter, made.residents()) as tray:
        yield counter, tray


def read(counter: Counter) -> str:
    return counter.desks.ids.read(threading.Event()).number


@pytest.mark.clause("B14")
def test_the_current_visitors_card_is_laid_when_a_read_begins(desk: Desk) -> None:
    counter, tray = desk
    assert tray.lying is None
    assert read(counter) == tray.visitors[0].number
    assert tray.lying == 0
    assert read(counter) == tray.visitors[0].number, "F2 again: the card is laid again"


def test_a_card_that_was_laid_is_read_and_stays_the_current_one(desk: Desk) -> None:
    counter, tray = desk
    last = len(tray.visitors) - 1
    tray.lay(last)
    assert read(counter) == tray.visitors[last].number
    tray.lift()
    assert (tray.lying, tray.current) == (None, last)


def test_every_visitors_card_reads(desk: Desk) -> None:
    counter, tray = desk
    for index, visitor in enumerate(tray.visitors):
        tray.lay(index)
        assert counter.desks.ids.read(threading.Event()).name == visitor.name


def test_people_in_every_situation_stand_before_the_counter(desk: Desk) -> None:
    _, tray = desk
    elsewhere = {"asleep"}  # only at a bank's own window (A3)
    assert {visitor.situation for visitor in tray.visitors} == set(SITUATIONS) - elsewhere


@pytest.mark.clause("B14")
def test_a_fault_comes_once_and_the_next_read_succeeds(desk: Desk) -> None:
    counter, tray = desk
    tray.fault("read_failed")
    with pytest.raises(DeviceFault, match=r"idcard\.lift_again"):
        read(counter)
    assert read(counter) == tray.visitors[0].number


def test_a_lasting_fault_ends_when_it_is_mended(desk: Desk) -> None:
    counter, tray = desk
    tray.fault("wrong_card", 0)
    for _ in range(2):
        with pytest.raises(DeviceFault, match=r"idcard\.not_an_id_card"):
            read(counter)
    tray.mend()
    assert read(counter)
    with pytest.raises(BadUsage, match=r"idcard\.unknown_fault"):
        tray.fault("earthquake")


@pytest.mark.clause("B14", "4.1")
def test_the_visitors_own_card_is_put_into_the_reader(desk: Desk) -> None:
    counter, tray = desk
    chips = counter.desks.chips
    identities = set()
    for place, visitor in enumerate(tray.visitors):
        tray.chips.insert(place)
        if not tray.chips.has_card(place):
            assert visitor.situation in {"new", "applied"}
            continue
        chip = chips.read(threading.Event())
        identities.add(chip.identification)
        assert chips.holder_of(chip).person.number == visitor.number
        assert chips.driver().tries_left(chip) == 6
        tray.chips.block()
        assert chips.driver().tries_left(chip) == 0
    assert len(identities) == sum(map(tray.chips.has_card, range(len(tray.visitors))))
    tray.chips.fault("card_locked")
    tray.chips.pull()


def test_the_line_is_gone_when_the_training_ends(training: tuple[Counter, Made]) -> None:
    counter, made = training
    link = counter.home / ID_READER
    link.symlink_to("/dev/null")  # left behind by a power cut
    with training_devices(counter, made.residents()):
        assert link.resolve().is_relative_to("/dev/pts")
    assert not link.is_symlink()
    with pytest.raises(DeviceFault, match=r"device\.absent"):
        read(counter)


def test_a_photograph_is_saved_into_the_portrait_folder(desk: Desk) -> None:
    counter, tray = desk
    picture = tray.pictures[0]
    folder = counter.home / PORTRAITS
    (folder / picture).unlink()
    tray.photograph(picture)
    saved = (folder / picture).read_bytes()
    assert saved == (counter.home / PICTURES / picture).read_bytes()
    assert {path.name for path in folder.iterdir()} == set(tray.pictures)


@pytest.mark.clause("A7.1")
@pytest.mark.parametrize(
    ("picture", "grade", "rule"),
    [
        ("1-合格.jpg", Grade.OK, ""),
        ("2-尺寸不符.jpg", Grade.REFUSE, "width"),
        ("3-背景偏暗.jpg", Grade.REFUSE, "background"),
        ("4-头像太小.jpg", Grade.WARN, "head_height"),
        ("5-文件过大.jpg", Grade.REFUSE, "bytes"),
        ("6-头部倾斜.jpg", Grade.WARN, "tilt"),
    ],
)
def test_each_picture_is_what_its_name_says(picture: str, grade: Grade, rule: str) -> None:
    face = next(face for face in assets.pictures().faces if face.file == picture)
    judged = PortraitDesk(Path()).judge(picture, jpeg_of(face), None)
    assert judged.verdict.grade is grade
    if rule:
        finding = judged.verdict.of(rule)
        assert finding is not None
        assert finding.grade is grade


def test_every_fault_and_situation_has_its_word(desk: Desk) -> None:
    _, tray = desk
    words = toml("texts/words/demo.toml")
    assert set(words["demo_fault"]) == set(tray.faults)
    assert set(words["demo_visitor"]) == set(SITUATIONS)
    assert set(words["demo_chip_fault"]) == set(tray.chips.faults)
    assert all(word(f"demo_fault.{name}") for name in tray.faults)


@pytest.mark.clause("B14")
async def test_a_card_service_that_does_not_run_is_told_and_the_training_goes_on(
    desk: Desk,
) -> None:
    counter, tray = desk
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
    card = card_in_hand(counter.lookup.dossier(tray.visitors[0].number), 0)
    tray.chips = ChipTray(VirtualReaderSlot(port=port), [card or powered()] * len(tray.visitors))
    app = SbkApp(opened=counter, tray=tray)
    async with app.run_test(size=(80, 24)) as pilot:
        await open_job(pilot, "41")
        await pilot.press("f9")
        rows = app.screen.query_one(PagedList)
        while rows.highlighted is None or rows.highlighted.key != "insert":
            await pilot.press("down")
        await pilot.press("enter")
        await pilot.pause()
        assert f"模拟读写器没有运行（端口 {port}）" in shown(app)
