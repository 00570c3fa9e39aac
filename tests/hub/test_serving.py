"""The socket that the workers of a hub share."""

from __future__ import annotations

import socket

from sbk_tui.hub.serving import listen


def test_no_answer_waits_for_the_acknowledgement_of_its_own_head() -> None:
    with (
        listen("127.0.0.1", 0) as listener,
        socket.create_connection(listener.getsockname()),
    ):
        served, _ = listener.accept()
        with served:
            assert served.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
