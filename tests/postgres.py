"""A PostgreSQL server of our own for the tests: on a socket in a temporary folder, no network.

One server serves every test process of a run; each hub gets a database of its own.
"""

from __future__ import annotations

import fcntl
import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

RUN = "SBK_TEST_RUN"
"""Names this run of the tests; its processes inherit it."""
_BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
_CONFIG = """
listen_addresses = ''
fsync = off
synchronous_commit = off
full_page_writes = off
max_connections = 400
shared_buffers = 32MB
"""


def _shared() -> Path:
    """Return the folder that all test processes of this run see (short: it holds a socket)."""
    return Path(tempfile.gettempdir()) / f"sbk-pg-{os.environ[RUN]}"


def server() -> str:
    """Return the address of the run's server, started by whoever comes first."""
    if not _BINARIES or (os.getuid() == 0 and not _has_user()):
        if os.environ.get("SBK_TEST_ALL"):
            pytest.fail("no PostgreSQL server is installed: make setup")
        pytest.skip("PostgreSQL is not installed (make setup)")
    place = _shared()
    with place.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (place / "ready").exists():
            _start(place)
    return f"postgresql:///postgres?host={place}&user=postgres"


def new_database(address: str) -> str:
    """Make an empty database on the server and return its address."""
    import psycopg

    name = f"t{secrets.token_hex(6)}"
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
    return address.replace("///postgres?", f"///{name}?")


def stop() -> None:
    """Stop the run's server and forget what it held."""
    place = _shared()
    if (place / "ready").exists():
        _run("pg_ctl", "-D", str(place / "data"), "-m", "immediate", "stop")
        shutil.rmtree(place, ignore_errors=True)
    place.with_suffix(".lock").unlink(missing_ok=True)


def _start(place: Path) -> None:
    shutil.rmtree(place, ignore_errors=True)  # of a start that failed
    place.mkdir(mode=0o755)
    if os.getuid() == 0:
        user = pwd.getpwnam("postgres")
        os.chown(place, user.pw_uid, user.pw_gid)
    data = place / "data"
    _run("initdb", "-D", str(data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync",
         "--locale", "C")  # fmt: skip
    with (data / "postgresql.conf").open("a") as file:
        file.write(f"{_CONFIG}unix_socket_directories = '{place}'\n")
    _run("pg_ctl", "-D", str(data), "-l", str(place / "log"), "-w", "start")
    (place / "ready").touch()


def _has_user() -> bool:
    try:
        pwd.getpwnam("postgres")
    except KeyError:
        return False
    return True


def _run(program: str, *words: str) -> None:
    command = [str(_BINARIES[-1].with_name(program)), *words]
    if os.getuid() == 0:
        command = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", *command]
    subprocess.run(
        command, check=True, timeout=60, cwd="/", stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
