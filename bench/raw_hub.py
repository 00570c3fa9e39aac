"""The least a hub can do, for `push.py`: a JSON list in, one SQLite commit a batch, nothing judged.

    python bench/raw_hub.py FILE

Prints its port. WAL, `synchronous=FULL`, an operation that is known already is passed over; the
same server and the same HTTP parser as the product's hub.
"""

from __future__ import annotations

import json
import socket
import sqlite3
import sys

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


def main() -> None:
    """Serve until ended."""
    db = sqlite3.connect(sys.argv[1], isolation_level=None, check_same_thread=False)
    db.execute("PRAGMA journal_mode = wal")
    db.execute("PRAGMA synchronous = full")
    db.execute("CREATE TABLE op (id TEXT PRIMARY KEY, dev TEXT, seq INT, body TEXT) WITHOUT ROWID")

    async def push(request: Request) -> Response:
        operations = json.loads(await request.body())
        rows = [
            (each["op_id"], each["device"], each["seq"], json.dumps(each, ensure_ascii=False))
            for each in operations
        ]
        db.execute("BEGIN IMMEDIATE")
        db.executemany("INSERT OR IGNORE INTO op VALUES (?, ?, ?, ?)", rows)
        db.execute("COMMIT")
        answer = b'{"ack":%d}' % operations[-1]["seq"]
        return Response(answer, media_type="application/json")

    app = Starlette(routes=[Route("/push", push, methods=["POST"])])
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sys.stdout.write(f"{listener.getsockname()[1]}\n")
        sys.stdout.flush()
        settings = uvicorn.Config(app, http="h11", log_level="error", access_log=False)
        uvicorn.Server(settings).run(sockets=[listener])


if __name__ == "__main__":
    main()
