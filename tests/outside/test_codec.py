"""Files as the province, a bank and the fiscal office read and write them."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sbk_tui.domain.kinds import KINDS
from sbk_tui.domain.text import wire_length
from sbk_tui.errors import Refusal
from sbk_tui.outside.codec import CHARSET, decode, encode, fit
from sbk_tui.outside.layout import FOREVER, LAYOUTS, Item, layout, meaning, tells
from sbk_tui.texts import name_of, words_for

NOTICE = {
    "op": "1", "number": "02", "card": "B00000019", "social_number": "410782198503140016",
    "name": "张䶮", "city": "410782", "bank": "95533", "issuer": "41078200", "clerk": "zhang",
    "at": "20261124090500",
}  # fmt: skip
HEAD = '<?xml version="1.0" encoding="GB18030"?><数据><批次号>p-000001-notice</批次号>'
GOOD = encode(layout("notice"), "p-000001-notice", [NOTICE, NOTICE | {"name": 'a,"b"'}])


def values_of(item: Item) -> st.SearchStrategy[str]:
    """Return what an item may hold, in our codes."""
    if item.forever:
        return st.sampled_from(["20301231", FOREVER])
    if item.values:
        return st.sampled_from([*item.values])
    text = st.text("王芳㐂𠮷a1,\"'·", min_size=1, max_size=item.most)
    short = text.map(lambda t: t if wire_length(t) <= item.most else t[: max(1, item.most // 4)])
    fits = short.filter(lambda t: wire_length(t) <= item.most and not t.isspace())
    return fits if item.required else st.just("") | fits


@pytest.mark.parametrize("name", LAYOUTS)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_what_is_written_is_read_again(name: str, data: st.DataObject) -> None:
    items = [item for item in layout(name).items if item.key != "serial"]
    records = data.draw(
        st.lists(st.fixed_dictionaries({i.key: values_of(i) for i in items}), max_size=3)
    )
    sheet = decode(layout(name), encode(layout(name), "p-1", records))
    assert sheet.batch == "p-1"
    expected = [{"serial": str(n), **each} for n, each in enumerate(records, 1)]
    assert list(sheet.records) == expected


def test_the_bytes_of_a_notice() -> None:
    text = encode(layout("notice"), "p-000001-notice", [NOTICE]).decode(CHARSET)
    assert text == (
        f"{HEAD}<人数>1</人数></数据>\r\n"
        "序号,业务流水号,业务类型,社保卡号,社会保障号码,姓名,城市代码,服务银行,银行卡号,经办机构,"
        "经办人,办理时间,原因\r\n"
        "1,1,02,B00000019,410782198503140016,张䶮,410782,95533,,41078200,zhang,20261124090500,\r\n"
    )


def test_the_columns_of_the_write_back_are_henans() -> None:
    assert ",".join(item.name for item in layout("write_back").items) == (
        "序号,社保卡号,社会保障号码,姓名,制卡日期,有效期至,卡识别码,卡复位码,个人帐户,银行卡号,"
        "金融帐户,装箱位置,失败环节,失败原因"
    )


def test_a_document_type_has_one_character_on_the_wire() -> None:
    item = next(i for i in layout("application").items if i.key == "doc_type")
    assert item.values["01"] == "1"
    assert set(item.values.values()) == set("12345678")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"name": ""}, "outside.missing"),
        ({"name": "王" * 26}, "outside.too_long"),
        ({"name": "王\u202e芳"}, "text.hidden"),
        ({"name": "a\nb"}, "text.control"),
    ],
)
def test_a_line_that_does_not_fit_is_told_before_it_travels(
    change: dict[str, str], code: str
) -> None:
    fit(layout("notice"), NOTICE)
    with pytest.raises(Refusal) as refused:
        fit(layout("notice"), NOTICE | change)
    assert refused.value.code == code


def test_a_code_that_the_other_side_does_not_have_is_told() -> None:
    with pytest.raises(Refusal, match=r"outside\.missing|outside\.no_code") as refused:
        encode(layout("account"), "a-1", [NOTICE | {
            "sex": "1", "country": "CHN", "birth": "19850314", "doc_type": "99"}])  # fmt: skip
    assert (refused.value.code, refused.value.facts["value"]) == ("outside.no_code", "99")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "outside.head"),
        (b"\xff\xff" + GOOD, "outside.charset"),
        (GOOD.replace("人数".encode(CHARSET), "数人".encode(CHARSET)), "outside.head"),
        (GOOD.replace("姓名".encode(CHARSET), "名姓".encode(CHARSET)), "outside.columns"),
        (GOOD[:-2], "outside.cut"),
        (GOOD[: GOOD.rindex(b"2,1,02")], "outside.cut"),
        (GOOD + GOOD.splitlines()[-1] + b"\r\n", "outside.cut"),
        (GOOD.replace(b"1,1,02,", b"1,1,02,,"), "outside.line"),
        (GOOD.replace(b"1,1,02,B", b"1,1,0202,B"), "outside.line"),
        (GOOD.replace(b"2,1,02,B", b"2,1,\x1b2,B"), "outside.line"),
    ],
)
def test_a_file_that_is_not_whole_and_ours_is_refused(content: bytes, code: str) -> None:
    with pytest.raises(Refusal) as refused:
        decode(layout("notice"), content)
    assert refused.value.code == code
    assert words_for(code, refused.value.facts).remedy


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_no_damage_makes_anything_but_a_refusal(data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(GOOD)))
    damaged = GOOD[:at] + data.draw(st.binary(max_size=4)) + GOOD[data.draw(st.integers(at)) :]
    with suppress(Refusal):
        decode(layout("notice"), damaged)


def test_every_row_of_who_is_told_names_a_kind_and_a_layout_that_exist() -> None:
    known = {kind.name for kind in KINDS}
    for tell in tells():
        assert tell.kind in known
        assert tell.layout in LAYOUTS
        matter = tell.number or tell.kind
        assert name_of("outside_matter", matter) != matter
        assert (tell.layout == "notice") == bool(tell.number)


@pytest.mark.parametrize(
    ("result", "meant"),
    [("00", "done"), ("OK", "done"), ("01", "already"), ("02", "bank_side"), ("", "refused"),
     ("99", "refused"), ("ok", "refused")],
)  # fmt: skip
def test_what_an_answer_means(result: str, meant: str) -> None:
    assert meaning(result) == meant
