"""B24: a real ssh client carries the devices of a clerk's PC to the machine of the counter."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from sbk_tui.cli import main
from sbk_tui.errors import DeviceAbsent, OutcomeUnknown, SbkError
from sbk_tui.hardware import bridge
from sbk_tui.hardware.bridge_offer import offered, serving
from sbk_tui.hardware.chip.opening import open_social_card_reader
from sbk_tui.hardware.chip.twin_line import VirtualReaderSlot
from sbk_tui.hardware.idcard_driver import SerialIdCardReader
from sbk_tui.hardware.idcard_twin import IdCardReaderTwin
from sbk_tui.hardware.paper_out import open_printer
from sbk_tui.hardware.spooler import ask_printer
from tests.hardware.chip.conftest import READER
from tests.hardware.chip.test_card import virtual
from tests.hardware.chip.waiting import soon
from tests.hardware.documents import CITIZEN

ROOT = Path(__file__).parents[3]


class _Gate(asyncssh.SSHServer):
    """A machine that lets sockets be laid back to the clerk's PC, as sshd does."""

    def unix_server_requested(self, listen_path: str) -> bool:
        return bool(listen_path)


async def _run(process: asyncssh.SSHServerProcess[bytes]) -> None:
    child = await asyncio.create_subprocess_shell(
        process.command or "true", cwd=ROOT, stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    said, _ = await child.communicate()
    process.stdout.write(said)
    process.exit(child.returncode or 0)


@dataclass
class Machine:
    """The machine of the counter as the clerk's ssh sees it."""

    ssh: str


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    """Run an SSH server that one key opens."""
    key = asyncssh.generate_private_key("ssh-ed25519")
    key.write_private_key(str(tmp_path / "key"))
    (tmp_path / "key").chmod(0o600)
    key.write_public_key(str(tmp_path / "key.pub"))
    loop, ready = asyncio.new_event_loop(), threading.Event()
    ports: list[int] = []

    async def serve() -> None:
        server = await asyncssh.create_server(
            _Gate, "127.0.0.1", 0, server_host_keys=[key], encoding=None,
            authorized_client_keys=str(tmp_path / "key.pub"), process_factory=_run,
        )  # fmt: skip
        ports.append(server.get_port())
        ready.set()
        await stop.wait()
        server.close()
        await server.wait_closed()

    stop = asyncio.Event()
    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    assert ready.wait(10)
    yield Machine(
        f"ssh -F none -i {tmp_path / 'key'} -p {ports[0]} -o BatchMode=yes"
        " -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR"
    )
    loop.call_soon_threadsafe(stop.set)
    thread.join()
    loop.close()


def at_the_counter(result: str) -> None:
    """Use each device as the counter does; run over there, by the child of the ssh server."""
    found: dict[str, Any] = {}
    id_reader = SerialIdCardReader("bridge://id_card_reader", os.environ)
    cards = open_social_card_reader("bridge://social_card_reader", os.environ)
    with soon() as cancel:
        found["holder"] = id_reader.read(cancel).name
        cards.await_card(cancel, present=True)
        seen = cards.read(cancel, bank=True)
    cards.verify(seen, bytearray(b"123456"))
    found["card"], found["tries"] = seen.number, cards.tries_left(seen)
    found["reader"], found["pad"] = cards.identify(), cards.pad_on_reader()
    found["queue"] = ask_printer("bridge://printer", lambda: pytest.fail("no clock"))
    open_printer("bridge://printer", lambda: pytest.fail("no clock")).submit("回执", b"%PDF-1.4")
    try:
        with bridge.connect("pos", os.environ):
            found["pos"] = "there"
    except SbkError as error:
        found["pos"] = error.code
    found["mode"] = oct(Path(os.environ[bridge.FOLDER]).stat().st_mode & 0o777)
    found["folder"] = os.environ[bridge.FOLDER]
    Path(result).write_text(json.dumps(found), "utf-8")


@pytest.mark.clause("B24")
def test_the_devices_of_a_pc_follow_its_clerk(
    machine: Machine, slot: VirtualReaderSlot, tmp_path: Path
) -> None:
    slot.insert(virtual("v2_waiting"))
    papers, result = tmp_path / "papers", tmp_path / "result.json"
    papers.mkdir()
    with IdCardReaderTwin() as twin:
        twin.lay(CITIZEN.card())
        words = ["bridge", "clerk@127.0.0.1", "--ssh", machine.ssh]
        words += ["--offer", f"id_card_reader=serial://{twin.device}"]
        words += ["--offer", f"social_card_reader=pcsc://{READER}"]
        words += ["--offer", f"printer=file://{papers}/%Y.pdf"]
        words += ["--run", f"{sys.executable} -m {__name__} {result}"]
        assert main(words) == 0
    found = json.loads(result.read_text("utf-8"))
    folder = Path(found.pop("folder"))
    assert found == {
        "holder": CITIZEN.card().name,
        "card": "E00000029",
        "tries": 6,
        "reader": READER,
        "pad": False,
        "queue": "papers",
        "pos": "bridge.not_offered",
        "mode": "0o700",
    }
    assert [each.read_bytes() for each in papers.iterdir()] == [b"%PDF-1.4"]
    assert not folder.exists()


@pytest.mark.clause("B24")
def test_what_goes_wrong_at_the_pc_is_said_at_the_counter(
    slot: VirtualReaderSlot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(bridge.FOLDER, str(tmp_path))
    devices = {
        "id_card_reader": offered("id_card_reader", "serial:///dev/no-such-line"),
        "social_card_reader": offered("social_card_reader", f"pcsc://{READER}"),
        "printer": offered("printer", f"file://{tmp_path}/none/%Y.pdf"),
    }
    with serving(tmp_path, devices), soon() as cancel:
        with pytest.raises(DeviceAbsent) as caught:
            SerialIdCardReader("bridge://id_card_reader", os.environ).read(cancel)
        assert caught.value.code == "device.absent"
        with pytest.raises(DeviceAbsent) as caught:
            ask_printer("bridge://printer", lambda: pytest.fail("no clock"))
        assert caught.value.code == "print.folder_absent"
        cards = open_social_card_reader("bridge://social_card_reader", os.environ)
        card = virtual("v2_waiting")
        slot.insert(card)
        cards.await_card(cancel, present=True)
        seen = cards.read(cancel)
        card.fault("tear_pin_before", 1)
        with pytest.raises(OutcomeUnknown):
            cards.change_pin(seen, bytearray(b"123456"), bytearray(b"246802"))
    monkeypatch.delenv(bridge.FOLDER)
    with pytest.raises(DeviceAbsent) as absent:
        bridge.connect("printer", os.environ)
    assert absent.value.code == "bridge.none"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["clerk@host;reboot", "--offer", "pos=serial:///dev/ttyS0"], "clerk@host;reboot"),
        (["host", "--offer", "pos"], "--offer pos"),
        (["host", "--offer", "toaster=serial:///dev/ttyS0"], "没有名为 toaster"),
        (["host", "--offer", "pos=serial:///dev/ttyS0", "--ssh", "no-such-ssh"], "no-such-ssh"),
    ],
)
def test_what_was_typed_wrong_is_said(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["bridge", *words]) == 2
    assert said in capsys.readouterr().err


if __name__ == "__main__":
    at_the_counter(sys.argv[1])
