"""A card service of the tests' own: the real pcscd with the virtual reader, one at a time.

Whoever lacks the rights or the packages sees why it is skipped; where everything must be tried
(`SBK_TEST_ALL`, `.ci/run`) that is a failure.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest

from sbk_tui.hardware.chip.driver import PcscSocialCardReader
from sbk_tui.hardware.chip.twin_line import PORT, VirtualReaderSlot
from tests.hardware.chip.waiting import soon

READER = "Virtual PCD 00 00"
_SOCKET = Path("/run/pcscd/pcscd.comm")
_LOCK = Path(tempfile.gettempdir()) / "sbk-tui-pcscd.lock"
_START_S = 5.0
_POLL_S = 0.5  # pcscd looks every 0.2 to 0.4 s


def _lacking(reason: str) -> NoReturn:
    if os.environ.get("SBK_TEST_ALL"):
        pytest.fail(f"virtual card reader: {reason}")
    pytest.skip(f"virtual card reader: {reason}")


@pytest.fixture(scope="module")
def card_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Run pcscd in the foreground while the module's tests last; workers take turns."""
    daemon = shutil.which("pcscd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if daemon is None:
        _lacking("pcscd is not installed")
    if os.geteuid() != 0:
        _lacking("pcscd must be started as root")
    log = tmp_path_factory.mktemp("pcscd") / "pcscd.log"
    with _LOCK.open("w") as lock, log.open("wb") as output:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if _answers():  # the machine's own: as good, if it has the virtual reader
            if not _has_virtual_reader():
                _lacking("a pcscd without the vpcd driver is running")
            yield
            return
        process = subprocess.Popen(
            [daemon, "--foreground", "--error"], stdout=output, stderr=output
        )
        try:
            _await_start(process, log)
            yield
        finally:
            process.terminate()
            process.wait(10)


def _answers() -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(_SOCKET)) == 0


def _has_virtual_reader() -> bool:
    return f":{PORT:04X} " in Path("/proc/net/tcp").read_text("ascii")


def _await_start(process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + _START_S
    while not _answers():
        if process.poll() is not None or time.monotonic() > end:
            _lacking(f"pcscd did not start: {log.read_text('utf-8', 'replace')[-300:]}")
        time.sleep(0.005)  # its socket appears within 20 ms
    while time.monotonic() < end:
        # Read off the kernel's table: a connection made to try would count as a card.
        if _has_virtual_reader():
            return
        time.sleep(0.005)
    _lacking("the vpcd driver is not installed")


def pull(slot: VirtualReaderSlot) -> None:
    """Pull the card and wait until the reader has noticed."""
    slot.pull()
    with soon() as cancel:
        PcscSocialCardReader(f"pcsc://{READER}").await_card(cancel, present=False)
    # After a pull in the middle of an exchange the daemon says "no card" before its own poller
    # has looked; a card put in before that poll would stay unseen. No hand is so quick.
    time.sleep(_POLL_S)


@pytest.fixture
def slot(card_service: None) -> Iterator[VirtualReaderSlot]:  # noqa: ARG001 - must run
    """The slot of the virtual reader, empty before and after."""
    with VirtualReaderSlot() as place:
        yield place
        pull(place)
