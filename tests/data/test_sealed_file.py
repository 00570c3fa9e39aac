"""The file a backup is: what was put in comes out, and nothing else does."""

from __future__ import annotations

import io

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sbk_tui.data.sealed_file import (
    PIECE_BYTES,
    Head,
    Member,
    Piece,
    members_of,
    piece_of,
    read_head,
    write_sealed,
)
from sbk_tui.errors import IntegrityFault, Refusal, SbkError

KEY = bytes(range(32))
HEAD = Head(kind="counter", owner="410782105-a1", made=1_795_000_000_000, salt="0f" * 16)


def sealed(contents: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    told: dict[str, Piece] = {}

    def last(written: dict[str, Piece]) -> tuple[Member, ...]:
        told.update(written)
        return ()

    write_sealed(target, HEAD, KEY, [Member(*each) for each in contents.items()], last)
    assert {name: piece.size for name, piece in told.items()} == {
        name: len(content) for name, content in contents.items()
    }
    return target.getvalue()


def opened(file: bytes, key: bytes = KEY) -> dict[str, bytes]:
    with members_of(io.BytesIO(file), key) as members:
        return {name: content.read() for name, content in members}


@given(
    st.dictionaries(
        st.from_regex(r"[a-z0-9]{1,8}(/[0-9a-f]{1,8})?", fullmatch=True),
        st.binary(max_size=3000),
        max_size=6,
    )
)
@settings(deadline=None, max_examples=40)
def test_what_was_put_in_comes_out(contents: dict[str, bytes]) -> None:
    assert opened(sealed(contents)) == contents


def test_large_members_go_over_many_pieces() -> None:
    contents = {"sbk.db": bytes(range(256)) * 5000, "empty": b"", "edge": b"x" * PIECE_BYTES}
    file = sealed(contents)
    assert opened(file) == contents
    assert b"\x00\x01\x02\x03\x04\x05\x06\x07" not in file
    with members_of(io.BytesIO(file), KEY) as members:
        name, content = next(members)
        assert (name, piece_of(content).size) == ("sbk.db", 1_280_000)


def test_the_head_is_readable_by_anybody() -> None:
    assert read_head(io.BytesIO(sealed({}))) == HEAD


@pytest.mark.parametrize("place", [0.0, 0.01, 0.3, 0.6, 0.999])
def test_a_changed_byte_is_noticed(place: float) -> None:
    file = bytearray(sealed({"sbk.db": b"y" * 700_000}))
    file[int(place * len(file))] ^= 1
    with pytest.raises(SbkError) as caught:
        opened(bytes(file))
    assert caught.value.code in {"backup.not_ours", "backup.changed", "backup.cut"}


@pytest.mark.parametrize("left", [5, 40, 300, PIECE_BYTES, PIECE_BYTES + 400, -1, -16, -9000])
def test_a_file_that_was_cut_is_noticed(left: int) -> None:
    file = sealed({"sbk.db": b"y" * 700_000})
    with pytest.raises(SbkError) as caught:
        opened(file[:left])
    assert caught.value.code in {"backup.not_ours", "backup.changed", "backup.cut"}


@pytest.mark.parametrize("pieces", [0, 1, 2])
def test_a_file_cut_between_two_pieces_is_noticed(pieces: int) -> None:
    file = sealed({"sbk.db": b"y" * 700_000})
    begin = len(b"SBKBACKUP1\n") + 4 + len(msgspec.json.encode(HEAD))
    with pytest.raises(IntegrityFault):
        opened(file[: begin + pieces * (PIECE_BYTES + 16)])


def test_another_key_opens_nothing() -> None:
    with pytest.raises(IntegrityFault):
        opened(sealed({"a": b"b"}), bytes(32))


def test_a_head_of_another_file_opens_nothing() -> None:
    one = sealed({"a": b"b"})
    other = one.replace(b"410782105-a1", b"410782105-b2")
    with pytest.raises(IntegrityFault):
        opened(other)


@pytest.mark.parametrize("name", ["../sbk.db", "/etc/passwd", "blobs/../../x", ".hidden"])
def test_a_name_that_leads_outside_is_refused(name: str) -> None:
    with pytest.raises(IntegrityFault):
        opened(sealed({name: b"x"}))


def test_a_later_version_is_said_to_be_one() -> None:
    file = sealed({}).replace(b'"v":1', b'"v":2')
    with pytest.raises(Refusal, match=r"backup\.newer"):
        read_head(io.BytesIO(file))
