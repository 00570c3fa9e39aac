"""`sbk bridge USER@HOST`: a clerk's own devices follow the clerk through the SSH connection (B24).

Run on the PC where the devices are. It signs in at the machine of the counter and starts `sbk`
there, whose configuration names the devices `bridge://NAME`.
"""

from __future__ import annotations

import argparse
import re
import secrets
import shlex
import shutil
import subprocess
import tempfile
from pathlib import Path

from sbk_tui.commands.output import note
from sbk_tui.errors import BadUsage
from sbk_tui.hardware.bridge import FOLDER
from sbk_tui.hardware.bridge_offer import offered, serving
from sbk_tui.texts import word

_HOST = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@%:-]*")  # never begins with a dash: not an option
_TOKEN_BYTES = 8


def arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command."""
    parser.add_argument("host", metavar="[USER@]HOST", help=word("bridge.host"))
    parser.add_argument(
        "--offer", metavar="NAME=URL", action="append", required=True, help=word("bridge.offer")
    )
    parser.add_argument("--run", metavar="COMMAND", default="sbk", help=word("bridge.run"))
    parser.add_argument("--ssh", metavar="COMMAND", default="ssh", help=word("bridge.ssh"))


def run(args: argparse.Namespace) -> int:
    """Offer the devices, run the counter over there, and return its exit code."""
    ssh = shlex.split(args.ssh)
    if not _HOST.fullmatch(args.host):
        raise BadUsage("bridge.host", host=args.host)
    if not ssh or shutil.which(ssh[0]) is None:
        raise BadUsage("bridge.no_ssh", ssh=args.ssh)
    devices = {}
    for offer in args.offer:
        name, mark, url = offer.partition("=")
        if not mark or name in devices:
            raise BadUsage("bridge.offer", offer=offer)
        devices[name] = offered(name, url)
    with tempfile.TemporaryDirectory(prefix="sbk-bridge-") as folder:
        here = Path(folder)
        with serving(here, devices):
            note(word("bridge.offering", devices=" ".join(devices)))
            return _signed_in(ssh, args.host, here, tuple(devices), args.run)


def _signed_in(
    ssh: list[str], host: str, here: Path, devices: tuple[str, ...], command: str
) -> int:
    """Sign in once, make the folder over there, run `command` with the devices in it."""
    there = f"/tmp/sbk-bridge-{secrets.token_hex(_TOKEN_BYTES)}"  # noqa: S108 -- made with mode 700
    # One connection for all three steps: the clerk types the password once.
    shared = [*ssh, "-o", f"ControlPath={here}/master", "-o", "ControlMaster=auto",
              "-o", "ControlPersist=60"]  # fmt: skip
    made = subprocess.run([*shared, host, f"mkdir -m 700 {there}"], check=False)  # noqa: S603
    if made.returncode:
        raise BadUsage("bridge.no_sign_in", host=host)
    forwards = [f"-R{there}/{name}:{here}/{name}" for name in devices]
    try:
        return subprocess.call(  # noqa: S603 -- the clerk's own words
            [*shared, "-o", "ExitOnForwardFailure=yes", *forwards, "-t", host,
             f"{FOLDER}={there} {command}"]
        )  # fmt: skip
    finally:
        subprocess.run([*shared, host, f"rm -rf {there}"], check=False)  # noqa: S603
        subprocess.run([*shared, "-O", "exit", host], check=False, capture_output=True)  # noqa: S603
