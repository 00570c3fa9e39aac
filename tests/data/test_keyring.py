"""A password opens a slot; a wrong one opens nothing, and five wrong ones close the door."""

from __future__ import annotations

from pathlib import Path

import pytest

from sbk_tui.data.keyring import Keyring, check_password, choose_cost
from sbk_tui.data.seal import verify
from sbk_tui.errors import BadUsage, IntegrityFault, Refusal
from tests.data.conftest import CHEAP

PASSWORD = "百泉-Spring-2026"


class Desk:
    """A keyring with one clerk and a clock that the test moves."""

    def __init__(self, folder: Path) -> None:
        self.now = 1_795_000_000_000
        self.folder = folder
        self.ring = Keyring(folder, lambda: self.now)
        self.key = self.ring.create(encrypted=True)
        self.public = self.ring.add(
            "zhang", "张敏", "lead", PASSWORD, data_key=self.key, cost=CHEAP
        )


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Give a keyring with the clerk `zhang`."""
    return Desk(tmp_path)


@pytest.mark.clause("P10")
def test_the_right_password_gives_the_database_key_and_the_clerks_signer(desk: Desk) -> None:
    opened = desk.ring.unlock("zhang", PASSWORD)
    assert opened.data_key == desk.key
    assert verify(1, desk.public, opened.signer.sign(b"x"), b"x")


@pytest.mark.parametrize("clerk", ["zhang", "nobody"])
def test_a_wrong_password_and_an_unknown_clerk_are_told_the_same(desk: Desk, clerk: str) -> None:
    with pytest.raises(Refusal) as refused:
        desk.ring.unlock(clerk, "wrong-Spring-2026")
    assert (refused.value.code, refused.value.facts) == ("auth.wrong", {"left": 4})


def test_five_wrong_tries_lock_for_a_quarter_of_an_hour_then_twice_as_long(desk: Desk) -> None:
    for minutes in (15, 30, 60):
        for _ in range(5):
            with pytest.raises(Refusal, match=r"auth\.wrong"):
                desk.ring.unlock("zhang", "no")
        with pytest.raises(Refusal) as refused:
            desk.ring.unlock("zhang", PASSWORD)
        assert (refused.value.code, refused.value.facts["minutes"]) == ("auth.locked", minutes)
        desk.now += minutes * 60_000
    assert desk.ring.unlock("zhang", PASSWORD).data_key == desk.key


def test_the_count_survives_a_restart(desk: Desk) -> None:
    for _ in range(4):
        with pytest.raises(Refusal):
            Keyring(desk.folder, lambda: desk.now).unlock("zhang", "no")
    with pytest.raises(Refusal) as refused:
        desk.ring.unlock("zhang", "no")
    assert refused.value.facts["left"] == 0
    with pytest.raises(Refusal, match=r"auth\.locked"):
        desk.ring.unlock("zhang", PASSWORD)


def test_a_second_clerk_opens_the_same_database(desk: Desk) -> None:
    desk.ring.add("wang", "王芳", "clerk", "卫辉-Autumn-2026", data_key=desk.key, cost=CHEAP)
    assert desk.ring.unlock("wang", "卫辉-Autumn-2026").data_key == desk.key
    with pytest.raises(BadUsage):
        desk.ring.add("wang", "王芳", "clerk", "卫辉-Autumn-2026", data_key=desk.key, cost=CHEAP)
    desk.ring.remove("wang")
    with pytest.raises(Refusal):
        desk.ring.unlock("wang", "卫辉-Autumn-2026")


def test_a_changed_password_closes_the_old_one(desk: Desk) -> None:
    opened = desk.ring.unlock("zhang", PASSWORD)
    desk.ring.change_password(opened, PASSWORD, "新乡-Winter-2027", CHEAP)
    with pytest.raises(Refusal):
        desk.ring.unlock("zhang", PASSWORD)
    again = desk.ring.unlock("zhang", "新乡-Winter-2027")
    assert again.data_key == desk.key
    assert again.signer.public == desk.public


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("short1A", "auth.weak_short"),
        ("onlylower", "auth.weak_short"),
        ("1234567890", "auth.weak_common"),
        ("aaaaaaaaaaaa", "auth.weak_common"),
        ("zhang-2026-X", "auth.weak_own_name"),
        ("我就是张敏-2026-", "auth.weak_own_name"),
    ],
)
def test_a_weak_password_is_refused(password: str, code: str) -> None:
    with pytest.raises(Refusal) as refused:
        check_password(password, "zhang", "张敏")
    assert refused.value.code == code


@pytest.mark.clause("P10")
def test_no_key_and_no_password_stands_in_the_files(desk: Desk) -> None:
    held = b"".join(path.read_bytes() for path in desk.folder.iterdir())
    assert desk.key.hex().encode() not in held
    assert desk.key not in held
    assert PASSWORD.encode() not in held


def test_the_files_belong_to_their_owner_alone(desk: Desk) -> None:
    assert {path.stat().st_mode & 0o777 for path in desk.folder.iterdir()} == {0o600}


def test_a_broken_keyring_is_said_to_be_broken(desk: Desk) -> None:
    (desk.folder / "keyring.json").write_text("{", "utf-8")
    with pytest.raises(IntegrityFault, match=r"keyring\.unreadable"):
        desk.ring.unlock("zhang", PASSWORD)


def test_the_ladder_stops_where_the_machine_is_slow() -> None:
    ticks = iter([0.0, 0.1, 0.1, 0.7])
    assert choose_cost(lambda: next(ticks)).memory_kib == 19 * 1024
