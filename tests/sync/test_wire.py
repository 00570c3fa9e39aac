"""The wire never changes by accident: what was released stays readable on both ends."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sbk_tui.data.record import Record
from sbk_tui.data.seal import Ed25519Signer
from sbk_tui.errors import HubUnreachable, Refusal
from sbk_tui.sync import enrolment_code, wire

SIGNER = Ed25519Signer(bytes(range(32)))


def test_a_request_is_signed_as_in_the_first_release() -> None:
    auth = wire.sign_request(
        SIGNER, "410782105-a1", "00ff", 1_795_000_000_000, "n1", wire.PUSH_PATH, b"body"
    )
    assert auth.header == (
        "1 410782105-a1 00ff 1795000000000 n1 DHT5PnX72fbeg0DeejNhthGqUreS0Y8KC6z4qrYqSWrI"
        "uTS76mLu13znCNw2QGZS7GzI69lSr9NhOz7zqDGSBw=="
    )
    assert wire.Auth.parse(auth.header) == auth
    assert auth.is_by(SIGNER.public, 1, "POST", wire.PUSH_PATH, b"body")
    assert not auth.is_by(SIGNER.public, 1, "POST", wire.PUSH_PATH, b"Body")


def test_an_answer_is_sealed_as_in_the_first_release() -> None:
    headers = wire.answer_headers(SIGNER, 200, "n1", b"{}")
    assert headers == {
        "Sbk-Seal": "bkz9E6EMU+CMEtz+GdosXhxgTEq6M8L6hgJwxZ0pK0tAO43z8vrZdWVKf6K2Jjdgiztj3EQKaXYu"
        "xXx9ccbxBQ==",
        "Sbk-Hub": "A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg=",
    }
    seal = headers["Sbk-Seal"]
    assert wire.is_answer_of(SIGNER.public, 1, seal, 200, "n1", b"{}")
    assert not wire.is_answer_of(SIGNER.public, 1, seal, 200, "n2", b"{}")
    assert not wire.is_answer_of(SIGNER.public, 1, seal, 409, "n1", b"{}")


def test_a_receipt_and_a_batch_have_the_bytes_of_the_first_release() -> None:
    receipt = wire.Receipt(
        hub="hub-1", counter="c", inc="i", seq=1, op="o", hash="00", state=wire.State.JUDGED,
        verdict=wire.Verdict.REFUSED, code="card.sealed", clause="3.2", facts={"n": 1}, pos=5, at=7,
    )  # fmt: skip
    sealed = wire.seal_receipt(SIGNER, receipt)
    assert sealed.body == (
        b'{"v":1,"hub":"hub-1","counter":"c","inc":"i","seq":1,"op":"o","hash":"00",'
        b'"state":"judged","verdict":"refused","code":"card.sealed","clause":"3.2",'
        b'"facts":{"n":1},"pos":5,"at":7}'
    )
    assert sealed.signature.hex().startswith("002b2a007a752ce6")
    assert wire.read_receipt(sealed, SIGNER.public, 1) == receipt
    record = Record(
        envelope=b"e", payload=b"p", salt=b"s", prev=b"v", hash=b"h", counter_sig=b"c",
        clerk_sig=b"k",
    )  # fmt: skip
    push = wire.Push(counter="c", inc="i", first=1, ops=(record,))
    assert wire.encode_push(push) == (
        b"\x86\xa8protocol\x01\xa7counter\xa1c\xa3inc\xa1i\xa5first\x01\xa3ops\x91\x97"
        b"\xc4\x01e\xc4\x01p\xc4\x01s\xc4\x01v\xc4\x01h\xc4\x01c\xc4\x01k\xabblobs_named\x90"
    )


def test_a_code_carries_the_hubs_fingerprint() -> None:
    code = enrolment_code.join_code("ABCDEFGHIJKL", SIGNER.public)
    assert code == "ABCD-EFGH-IJKL-LGZM-U4QS-AE3L"
    assert enrolment_code.split_code(f" {code.lower()}\n") == ("ABCDEFGHIJKL", "LGZMU4QSAE3L")


@settings(deadline=None, max_examples=60)
@given(header=st.one_of(st.none(), st.text(max_size=60), st.from_regex(r"1( [ -~]{0,8}){5}")))
def test_no_header_is_more_than_refused(header: str | None) -> None:
    try:
        auth = wire.Auth.parse(header)
    except Refusal:
        return
    assert not auth.is_by(SIGNER.public, 1, "POST", wire.PUSH_PATH, b"")


@settings(deadline=None, max_examples=60)
@given(body=st.binary(max_size=80))
def test_no_answer_is_more_than_not_ours(body: bytes) -> None:
    sealed = wire.Sealed(body=body, signature=bytes(64))
    assert not wire.is_answer_of(SIGNER.public, 1, body.decode("latin-1"), 200, "n", body)
    with pytest.raises(HubUnreachable):
        wire.decode(body, wire.Pushed)
    with pytest.raises(HubUnreachable):
        wire.read_receipt(sealed, SIGNER.public, 1)
    with pytest.raises(HubUnreachable):
        wire.read_certificate(sealed, SIGNER.public, 1)
