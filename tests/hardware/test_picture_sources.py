"""Where pictures come from: a folder that others save into, and the camera's twin."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from sbk_tui.errors import Cancelled, DeviceAbsent, DeviceBusy, DeviceFault
from sbk_tui.hardware.camera_twin import CameraTwin
from sbk_tui.hardware.folder_drop import FolderDrop, Stamp, Watch
from sbk_tui.hardware.portrait.measure import measure
from sbk_tui.hardware.portrait.opening import open_picture
from sbk_tui.hardware.portrait.values import Grade
from sbk_tui.hardware.ports import Captured, PictureSource
from tests.hardware.drawn import LIMITS, encoded, face

PHOTO = encoded(face(), quality=92)


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as threads:
        yield threads


def drop(folder: Path, accepts: frozenset[str] = frozenset({"JPEG", "PNG"})) -> FolderDrop:
    return FolderDrop(folder, LIMITS, accepts=accepts, look_every_s=0.02, still_s=0.04)


class LookedAt(threading.Event):
    """A cancel event that tells when it was first looked at: the folder's "before" is known."""

    def __init__(self) -> None:
        super().__init__()
        self.begun = threading.Event()

    def wait(self, timeout: float | None = None) -> bool:
        self.begun.set()
        return super().wait(timeout)


class Waiting:
    """A window that waits for a picture in its own thread."""

    def __init__(self, pool: ThreadPoolExecutor, source: PictureSource) -> None:
        self.cancel = LookedAt()
        self.answer: Future[Captured] = pool.submit(source.capture, self.cancel)
        assert self.cancel.begun.wait(5)


def test_a_watch_lets_a_file_grow_and_takes_the_oldest_first() -> None:
    watch = Watch({"old.jpg": Stamp(1, 10)}, still_s=1.0)
    growing = {"old.jpg": Stamp(1, 10), "a.jpg": Stamp(5, 10), "b.jpg": Stamp(4, 10)}
    assert watch.ready(growing, 0.0) == []
    grown = {**growing, "a.jpg": Stamp(6, 20), "empty.jpg": Stamp(2, 0)}
    assert watch.ready(grown, 0.9) == []
    assert watch.ready(grown, 1.1) == ["b.jpg"]
    assert watch.ready(grown, 2.0) == ["b.jpg", "a.jpg"]
    again = {"old.jpg": Stamp(9, 11)}  # saved anew under the old name
    assert watch.ready(again, 3.0) == []
    assert watch.ready(again, 4.0) == ["old.jpg"]


@pytest.mark.clause("1.2", "A7.1")
def test_a_saved_picture_is_taken_and_kept(tmp_path: Path, pool: ThreadPoolExecutor) -> None:
    (tmp_path / "yesterday.jpg").write_bytes(PHOTO)
    window = Waiting(pool, drop(tmp_path))
    (tmp_path / "half.jpg.part").write_bytes(b"not yet")
    (tmp_path / "照片.jpg").write_bytes(PHOTO)
    taken = window.answer.result(5)
    assert (taken.kind, taken.origin, taken.data) == ("JPEG", "照片.jpg", PHOTO)
    (kept,) = (tmp_path / "taken").iterdir()
    assert kept.read_bytes() == PHOTO
    assert (tmp_path / "yesterday.jpg").exists()


def test_a_file_that_arrives_in_pieces_is_taken_whole(
    tmp_path: Path, pool: ThreadPoolExecutor
) -> None:
    source = FolderDrop(tmp_path, LIMITS, look_every_s=0.02, still_s=0.4)
    window = Waiting(pool, source)
    pause = threading.Event()
    with (tmp_path / "slow.jpg").open("wb") as file:
        for start in range(0, len(PHOTO), len(PHOTO) // 5):
            file.write(PHOTO[start : start + len(PHOTO) // 5])
            file.flush()
            pause.wait(0.06)
    assert window.answer.result(5).data == PHOTO


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("notes.jpg", "这不是照片".encode(), "folder.wrong_kind"),
        ("scan.pdf", b"%PDF-1.4", "folder.wrong_kind"),
        ("cut.jpg", b"\xff\xd8\xff\xe0", "folder.damaged"),
        ("huge.jpg", b"\xff\xd8\xff" + bytes(LIMITS.most_bytes), "folder.too_large"),
    ],
    ids=["text", "pdf", "cut", "huge"],
)
def test_what_cannot_be_used_goes_to_bad_with_its_reason(
    tmp_path: Path, pool: ThreadPoolExecutor, name: str, data: bytes, code: str
) -> None:
    window = Waiting(pool, drop(tmp_path))
    (tmp_path / name).write_bytes(data)
    with pytest.raises(DeviceFault) as raised:
        window.answer.result(5)
    assert (raised.value.code, raised.value.facts) == (code, {"file": name})
    (kept,) = (tmp_path / "bad").iterdir()
    assert kept.stat().st_size == len(data)


def test_a_proof_may_be_a_pdf(tmp_path: Path, pool: ThreadPoolExecutor) -> None:
    window = Waiting(pool, drop(tmp_path, frozenset({"JPEG", "PDF"})))
    (tmp_path / "证明.pdf").write_bytes(b"%PDF-1.4 a scan")
    assert window.answer.result(5).kind == "PDF"


def test_two_windows_on_one_folder_never_take_the_same_file(
    tmp_path: Path, pool: ThreadPoolExecutor
) -> None:
    windows = [Waiting(pool, drop(tmp_path)) for _ in range(2)]
    for number in range(2):
        (tmp_path / f"{number}.jpg").write_bytes(PHOTO)
    assert {window.answer.result(5).origin for window in windows} == {"0.jpg", "1.jpg"}
    assert len(list((tmp_path / "taken").iterdir())) == 2


def test_the_same_name_twice_keeps_both(tmp_path: Path, pool: ThreadPoolExecutor) -> None:
    for _ in range(2):
        window = Waiting(pool, drop(tmp_path))
        (tmp_path / "scan.jpg").write_bytes(PHOTO)
        os.utime(tmp_path / "scan.jpg", (1_000, 1_000))
        window.answer.result(5)
    assert len(list((tmp_path / "taken").iterdir())) == 2


def test_waiting_stops_when_the_clerk_says_so(tmp_path: Path, pool: ThreadPoolExecutor) -> None:
    window = Waiting(pool, FolderDrop(tmp_path, LIMITS))
    window.cancel.set()
    with pytest.raises(Cancelled):
        window.answer.result(1)


def test_a_folder_that_is_not_there_is_an_absent_device(tmp_path: Path) -> None:
    with pytest.raises(DeviceAbsent) as raised:
        drop(tmp_path / "share").capture(threading.Event())
    assert raised.value.code == "folder.absent"


def test_the_twin_shows_the_people_of_a_folder_in_turn(tmp_path: Path) -> None:
    for name in ("1.jpg", "2.jpg"):
        (tmp_path / name).write_bytes(PHOTO)
    twin = CameraTwin(tmp_path)
    shown = [twin.capture(threading.Event()).origin for _ in range(3)]
    assert shown == ["1.jpg", "2.jpg", "1.jpg"]


def test_the_twin_has_the_faults_of_a_camera(tmp_path: Path) -> None:
    (tmp_path / "1.jpg").write_bytes(PHOTO)
    twin, go = CameraTwin(tmp_path), threading.Event()
    twin.fault = "absent"
    with pytest.raises(DeviceAbsent):
        twin.capture(go)
    twin.fault = "busy"
    with pytest.raises(DeviceBusy):
        twin.capture(go)
    twin.fault = "blurred"
    blurred = measure(open_picture(twin.capture(go).data, LIMITS), None, LIMITS)
    assert (found := blurred.of("sharpness")) is not None
    assert found.grade is Grade.WARN
    twin.fault = "black"
    black = measure(open_picture(twin.capture(go).data, LIMITS), None, LIMITS)
    assert black.grade is Grade.REFUSE
