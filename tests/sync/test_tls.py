"""HTTPS to the hub: pinned on the hub's own word, renewed, and nobody in between."""

from __future__ import annotations

import secrets
import signal
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from sbk_tui.cli import main
from sbk_tui.data import outbox
from sbk_tui.errors import BadUsage, HubUnreachable
from sbk_tui.hub import registry
from sbk_tui.hub.home import TLS_CERTIFICATE, TLS_KEY, create, make_certificate, open_hub
from sbk_tui.sync.enrol import enrol
from sbk_tui.sync.run import client_for
from sbk_tui.sync.tls import PinnedLine, open_line, pin_of
from sbk_tui.wiring import now_ms
from tests.data.conftest import Office
from tests.data.days import stock
from tests.sync.city import nonce, sync


@contextmanager
def serving(home: Path, port: int = 0) -> Iterator[str]:
    """Run the hub in `home` and give its address."""
    command = [sys.executable, "-m", "sbk_tui", "hub", "serve", "--home", str(home), "--port",
               str(port)]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield server.stdout.readline().split("：")[1].strip()
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(timeout=10)


@pytest.fixture
def home(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """Give a hub with a certificate of its own."""
    assert main(["hub", "init", "--home", str(tmp_path / "city")]) == 0
    assert main(["hub", "tls", "127.0.0.1", "--home", str(tmp_path / "city")]) == 0
    assert "指纹" in capsys.readouterr().out
    return tmp_path / "city"


def code_of(home: Path) -> str:
    hub = open_hub(home)
    with hub.store.write() as db:
        grant = registry.Grant("百泉镇", "T", "410782105")
        code = registry.new_code(db, grant, hub.signer.public, now_ms())
    hub.store.close()
    return code


def line_of(office: Office, url: str) -> PinnedLine:
    known = outbox.peer(office.opened.store)
    pin = known.get("hub_tls")
    return PinnedLine(
        url, trusts=lambda key: key == known["hub_public"], new_nonce=nonce,
        pin=None if pin is None else pin.decode(),
        remember=lambda new: outbox.remember_peer(office.opened.store, {"hub_tls": new.encode()}),
    )  # fmt: skip


def call(office: Office, url: str) -> outbox.Tally:
    client = client_for(office.opened, line_of(office, url), now_ms=now_ms, new_nonce=nonce)
    return sync(office, client)


def test_a_counter_joins_and_calls_over_tls_and_takes_a_new_certificate_over(
    office: Office, home: Path
) -> None:
    with serving(home) as url:
        assert url.startswith("https://")
        port = int(url.rpartition(":")[2])
        enrol(office.opened, url=url, code=code_of(home), now_ms=now_ms, new_nonce=nonce)
        office.do(stock())
        assert call(office, url).accepted == 1
        first = outbox.peer(office.opened.store)["hub_tls"]
    make_certificate(home, "127.0.0.1", now_ms())
    with serving(home, port) as url:
        office.do(stock())
        assert call(office, url).waiting == 0
        assert outbox.peer(office.opened.store)["hub_tls"] != first


@contextmanager
def between(tmp_path: Path, port: int) -> Iterator[str]:
    """Run a box that ends TLS with its own certificate and passes everything on to the hub."""
    box = tmp_path / "box"
    create(box)
    make_certificate(box, "127.0.0.1", now_ms())
    own = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    own.load_cert_chain(box / TLS_CERTIFICATE, box / TLS_KEY)
    outward = ssl.create_default_context()
    outward.check_hostname, outward.verify_mode = False, ssl.CERT_NONE
    listener = socket.create_server(("127.0.0.1", 0))
    ended = threading.Event()

    def pass_on(source: socket.socket, sink: socket.socket) -> None:
        try:
            while piece := source.recv(65536):
                sink.sendall(piece)
        except OSError:
            pass
        finally:
            for each in (source, sink):
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)

    def serve() -> None:
        while not ended.is_set():
            try:
                raw, _ = listener.accept()
                inward = own.wrap_socket(raw, server_side=True)
                onward = outward.wrap_socket(socket.create_connection(("127.0.0.1", port)))
            except OSError:
                continue
            threads = [
                threading.Thread(target=pass_on, args=pair)
                for pair in ((inward, onward), (onward, inward))
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            inward.close()
            onward.close()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"https://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        ended.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def test_a_box_in_between_is_told_no_code_and_no_work(
    office: Office, home: Path, tmp_path: Path
) -> None:
    with serving(home) as url, between(tmp_path, int(url.rpartition(":")[2])) as wrong:
        code = code_of(home)
        with pytest.raises(HubUnreachable, match=r"hub\.tls_between"):
            enrol(office.opened, url=wrong, code=code, now_ms=now_ms, new_nonce=nonce)
        enrol(office.opened, url=url, code=code, now_ms=now_ms, new_nonce=nonce)
        office.do(stock())
        with pytest.raises(HubUnreachable, match=r"hub\.tls_between"):
            call(office, wrong)
        assert call(office, url).accepted == 1
        with pytest.raises(HubUnreachable, match=r"hub\.tls_between"):
            call(office, wrong)


def test_another_hub_is_not_believed_about_its_certificate(home: Path) -> None:
    with serving(home) as url:
        with pytest.raises(HubUnreachable, match=r"hub\.not_ours"):
            pin_of(url, trusts=lambda _key: False, nonce=secrets.token_hex(8))
        assert len(pin_of(url, trusts=lambda _key: True, nonce=nonce())) == 64
        answer = open_line(url, pin_of(url, trusts=lambda _key: True, nonce=nonce()))(
            "/v1/tls", b"", {"Sbk-Nonce": "no good nonce \u00e9".encode().decode("latin-1")}
        )
        assert answer.status == 400
    assert pin_of("http://127.0.0.1:1", trusts=lambda _key: True, nonce=nonce()) == ""
    with pytest.raises(HubUnreachable, match=r"hub\.no_line"):
        pin_of("https://127.0.0.1:1", trusts=lambda _key: True, nonce=nonce())
    with pytest.raises(BadUsage, match=r"hub\.insecure"):
        open_line("http://hub.example:80")
