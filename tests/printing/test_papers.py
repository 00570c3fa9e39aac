"""Papers: a layout and a record become a document, a preview and a PDF that can be read back."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sbk_tui.data.making import Made
from sbk_tui.domain import mask
from sbk_tui.errors import BadUsage
from sbk_tui.printing.document import Document, Grid, Paragraph, Record, Signatures, Table, build
from sbk_tui.printing.glyphs import NO_GLYPH
from sbk_tui.printing.layouts import PAPERS, FieldsPart, layout_named, names
from sbk_tui.printing.pdf import FONTS, render
from sbk_tui.printing.text import preview
from sbk_tui.printing.wrapping import cells, wrapped
from sbk_tui.texts import words_for
from tests.hardware.drawn import encoded, face

HEAD = {
    "office": "辉县市社会保障卡服务窗口",
    "office_code": "410782A01",
    "clerk": "李文静（003）",
    "printed_at": "2026-11-24 10:32",
    "serial": "A01202611240017",
    "short_hash": "9f3a61c2",
}
HOLDER = {
    "name": "张晓禾",
    "number": "410782198503140028",
    "card": "D12345678",
    "bank": "中国建设银行",
}
SLIP = {
    **HEAD,
    **HOLDER,
    "kind": "临时挂失",
    "done_at": "2026-11-24 10:31",
    "presence": "本人（已读身份证）",
    "state_before": "正常",
    "state_after": "临时挂失",
    "standing": "本窗口已登记（10:31），等待市中心确认",
    "reason": "死亡",
    "proof": "死亡证明",
    "batch": "20261101",
    "bank_card": "621700******0000",
    "account_before": "未激活",
    "account_after": "已激活",
    "phone": "13800000000",
    "social_account": "已激活",
    "bank_account": "未激活",
    "issued_at": "2026-11-23 09:10",
    "receiver": "本人 张晓禾",
    "note": "",
    "card_state": "正式挂失",
    "places": "辉县市、新乡市",
    "bring": "本人身份证",
    "fee": "25元",
    "first": "",
    "clause": "第四条",
    "code": "007AR1-Z1462R-QZ2SMY-G6Z0BB",
    "temp_card": "L000017",
    "valid_to": "2027-01-23",
    "unit": "张晓禾诊所（41078200123）",
    "day": "2026-11-24",
    "count": "1 张（大写：壹张）",
    **dict.fromkeys(("due", "issued", "returned", "owed", "here"), "3 张"),
    "reasons": "拒领 3 张",
    "outcome": "拒领",
    "bearer": "",
    "receiver_type": "社区（村）经办",
    "receiver_name": "张晓禾",
    "receiver_number": "410782198503140028",
    "from_office": "辉县市人社局",
    "requested_by": "1001",
    "to": "百泉镇",
    "received": "1",
    "check": "7F3A-91C2",
    "received_check": "7F3A-91C2",
    "wrong": "0",
}
FORM = {
    **HEAD,
    **HOLDER,
    **dict.fromkeys(
        (
            "fixed_phone", "email", "unit_code", "unit_name", "guardian_name", "guardian_number",
            "guardian_phone", "proxy_relation", "proxy_name", "proxy_number", "proxy_phone",
        ),
        "",
    ),
    "sex": "女",
    "nation": "汉",
    "birth": "1985-03-14",
    "country": "中国",
    "doc_type": "居民身份证",
    "doc_number": "410782198503140028",
    "doc_end": "2035-06-01",
    "category": "城乡居民",
    "status": "参保",
    "household": "农业",
    "postcode": "453600",
    "address": "河南省新乡市辉县市百泉镇示例村12号",
    "mail_address": "河南省新乡市辉县市百泉镇示例村12号",
    "mobile": "13800000000",
    "village_code": "410782101201",
    "village_name": "示例村",
    "card_type": "个人申请",
}  # fmt: skip
MASKS = {"number": mask.number, "phone": mask.phone, "name": mask.name}
DAY = {
    **HEAD,
    **HOLDER,
    "day": "2026-11-24",
    "done_at": "2026-11-24 17:40",
    **dict.fromkeys(("done", "recorded", "counted", "waiting", "refused", "papers"), "3"),
    **dict.fromkeys(("drafts", "cases", "seq"), "0"),
    "difference": "",
    "pos_match": "相符 2026-11-24 17:20",
    **dict.fromkeys(("hanging", "unregistered", "unseen", "ribbons"), "0"),
    **{f"making_{key}": "0" for key in Made._fields},
    "pos": "1 笔 25.00 元",
    "bank": "0 笔 0.00 元",
    "hash": "9F3A61C2D4E5B6A7",
}
STOCK_OF_NUMBERS = {
    **HEAD,
    "kind": "票号盘点",
    "done_at": "2026-11-24 17:40",
    "batches": "2",
    "void_count": "1",
    "missing": "无",
}
TABLES = {
    "batches": [
        {
            "batch": "财政票据 2026乙",
            "range": "F0001—F0050",
            "used": "3",
            "void": "1",
            "left": "46",
            "missing": "0",
        }
    ],
    "void": [
        {
            "number": "财政票据 F0002",
            "payer": "张晓禾",
            "reason": "打坏、打错位",
            "at": "2026-11-24 10:31",
        }
    ],
    "boxes": [
        {"box": "1-1-1", "recorded": "3", "counted": "2", "difference": "-1", "cause": "放错了盒"}
    ],
    "cards": [
        {
            **HOLDER,
            "place": "1",
            "batch": "20261101",
            "signed": "",
            "address": "示例村1号",
            "outcome": "",
            "village": "示例村",
            "box": "1-1-1-1",
        },
    ],
    "differences": [
        {"what": "缺", "card": "D12345678", "name": "张晓禾", "village": "示例村"},
    ],
    "blanks": [
        {"bank": "建设银行", "stock": "18", "at_work": "1", "spoiled": "1", "next": "955330000003"}
    ],
    "numbers": [
        {"batch": "财政票据 2026乙", "next": "F0004", "used": "3", "void": "0", "left": "47"}
    ],
    "work": [{"kind": "个人发卡", "clerk": "张晓禾", "count": "3"}],
    "steps": [
        {"clause": "5.1.4", "step": "领卡启用", "state": "不用办"},
        {"clause": "5.1.2.1", "step": "正式挂失", "state": "已办 2026-11-24 10:20"},
        {"clause": "5.1.1.1", "step": "收费", "state": "2026-11-24 10:25"},
        {"clause": "5.1.1.2", "step": "财政票据", "state": "2026-11-24 10:26  F0001"},
        {"clause": "5.1.2.2", "step": "补卡", "state": "2026-11-24 10:31  遗失补卡"},
        {"clause": "5.1.2.3", "step": "交费登记", "state": "现在办"},
        {"clause": "5.1.2.4", "step": "即制卡标注", "state": "还没到"},
        {"clause": "5.1.3.2", "step": "制卡", "state": "还没到"},
        {"clause": "5.1.4", "step": "领取", "state": "还没到"},
        {"clause": "5.1.4", "step": "启用", "state": "还没到"},
        {"clause": "6.3", "step": "收回临时卡", "state": "不用办"},
    ],
}
REPLACED = {
    **HEAD,
    **HOLDER,
    "kind": "遗失补卡",
    "done_at": "2026-11-24 10:31",
    "old_card": "D12345678",
    "reason": "遗失补卡",
    "fee": "25元（大写 贰拾伍元整）",
    "notice": "A0001",
    "note": "F0001",
    "card": "J00000008",
    "expected": "当场制卡的制好就领；否则最迟 2026-12-15（15 个工作日内）",
    "bring": "本人身份证和本受理单；代领的带双方身份证",
    "bank_closing": "旧卡在中国建设银行的金融账户不会自动销户",
}
OWN = {
    "application_form": FORM,
    "day_sheet": DAY,
    "number_report": STOCK_OF_NUMBERS,
    "replace_receipt": REPLACED,
}
RECORDS = {name: OWN.get(name, SLIP) for name in names()}

needs_poppler = pytest.mark.skipif(
    subprocess.run(["sh", "-c", "command -v pdftotext"], capture_output=True).returncode != 0,
    reason="no pdftotext",
)
needs_font = pytest.mark.skipif(
    not any(Path(font).is_file() for font in FONTS), reason="no Chinese font"
)
pytestmark = needs_font


def paper(which: str, *, training: bool = False, sheet: str = "", **values: str) -> Document:
    record = Record(values={**RECORDS[which], **values}, tables=TABLES)
    return build(which, record, masks=MASKS, training=training, paper=sheet)


def read_back(pdf: bytes) -> str:
    answer = subprocess.run(
        ["pdftotext", "-layout", "-", "-"], input=pdf, capture_output=True, check=True
    )
    return answer.stdout.decode()


@needs_poppler
@pytest.mark.clause("1.2", "2.2.2", "3.1", "3.2", "3.3", "3.4", "5.1.4")
@pytest.mark.parametrize("name", names())
def test_every_paper_can_be_read_back_from_its_pdf(name: str) -> None:
    document = paper(name)
    rendered = render(document)
    text = read_back(rendered.pdf)
    assert rendered.missing == ()
    assert rendered.pdf.count(b"/Type /Page\n") == 1  # each fits on its sheet
    squeezed = "".join(text.split())
    for said in (HEAD["office"], HEAD["serial"], HEAD["clerk"], "张晓禾", document.title):
        assert said in squeezed
    assert (HEAD["short_hash"] in squeezed) is layout_named(name).recorded
    assert "签字" in squeezed


@pytest.mark.clause("3.1", "3.2", "3.3", "3.4")
@pytest.mark.parametrize("name", [name for name in names() if name.endswith("_slip")])
def test_a_slip_hides_the_number_wherever_it_is_shown(name: str) -> None:
    text = "\n".join(preview(paper(name), 80))
    assert HOLDER["number"] not in text
    assert "410***********0028" in text
    assert (
        HOLDER["card"] in text or SLIP["temp_card"] in text
    )  # the holder compares it with the card


def test_a_mask_that_nobody_brought_stops_the_paper() -> None:
    with pytest.raises(BadUsage) as raised:
        build("loss_slip", Record(values=SLIP), masks={})
    assert raised.value.code == "print.mask_missing"


@pytest.mark.parametrize("name", names())
def test_each_missing_field_is_named(name: str) -> None:
    wanted = [
        (row.key, row.required)
        for part in layout_named(name).blocks
        if isinstance(part, FieldsPart)
        for row in part.fields
        if not row.optional
    ]
    for key, required in [*wanted, ("office", True), ("serial", True)]:
        for broken in [{k: v for k, v in RECORDS[name].items() if k != key}] + (
            [{**RECORDS[name], key: ""}] if required else []
        ):
            with pytest.raises(BadUsage) as raised:
                build(name, Record(values=broken), masks=MASKS)
            assert raised.value.code == "print.field_missing"
            assert raised.value.facts["field"] == key


def test_an_unknown_paper_is_refused_and_never_a_path() -> None:
    for name in ("receipt", "../portrait", ""):
        with pytest.raises(BadUsage) as raised:
            build(name, Record(values=SLIP), masks=MASKS)
        assert raised.value.code == "print.no_layout"


@pytest.mark.clause("3.1", "3.3", "3.4", "5.1.4")
@pytest.mark.parametrize("name", ["loss_slip", "release_slip", "cancel_slip", "enable_slip"])
def test_what_is_left_to_do_at_the_bank_is_on_the_slip_and_only_then(name: str) -> None:
    todo = "银行待办：临时挂失没有办成，请持卡人到工商银行的网点补办"
    assert todo in "".join(line.strip() for line in preview(paper(name, bank_todo=todo), 80))
    assert "银行待办" not in "".join(preview(paper(name), 80))


@pytest.mark.clause("3.1")
def test_the_day_on_which_a_temporary_loss_ends_is_on_the_slip_and_only_then() -> None:
    assert "临时挂失到 2026-12-01 止" in "".join(
        preview(paper("loss_slip", lost_until="2026-12-01"), 80)
    )
    assert "到期" not in "".join(preview(paper("loss_slip"), 80))


@needs_poppler
@pytest.mark.clause("B14")
@pytest.mark.parametrize("name", names())
def test_a_drill_says_so_on_the_paper_and_in_the_preview(name: str) -> None:
    document = paper(name, training=True)
    assert read_back(render(document).pdf).count("演练") >= 2
    assert "演练" in preview(document, 60)[0]
    assert "演练" not in read_back(render(paper(name)).pdf)


@needs_poppler
@pytest.mark.clause("B18")
def test_a_reprint_tells_its_number_and_why() -> None:
    document = paper("loss_slip", copy="2", copy_reason="卡纸")
    text = "".join(read_back(render(document).pdf).split())
    assert "补打第2次：卡纸" in text


@needs_poppler
@pytest.mark.clause("1.2")
def test_a_character_that_the_font_lacks_is_found_before_printing() -> None:
    rendered = render(paper("application_form", name="王𠮷㐂", proxy_name="李𠮷"))
    found = {(one.char, one.label) for one in rendered.missing}
    assert found == {("𠮷", "姓名"), ("㐂", "姓名"), ("𠮷", "代办人姓名")}
    text = read_back(rendered.pdf)
    assert "王〓〓" in text
    assert "U+20BB7 U+3402" in text
    assert "𠮷" not in text
    told = words_for(NO_GLYPH, rendered.missing[0].facts())
    assert "「姓名」里的字「𠮷」（U+20BB7）" in told.message


@pytest.mark.clause("1.2")
def test_the_form_takes_the_portrait_or_leaves_its_place_free() -> None:
    photo = encoded(face(), quality=90)
    record = Record(values=FORM, pictures={"photo": photo})
    with_photo = render(build("application_form", record, masks=MASKS))
    without = render(paper("application_form"))
    assert b"/Subtype /Image" in with_photo.pdf
    assert b"/Subtype /Image" not in without.pdf
    broken = Record(values=FORM, pictures={"photo": b"no picture"})
    with pytest.raises(BadUsage) as raised:
        render(build("application_form", broken, masks=MASKS))
    assert raised.value.code == "print.picture_broken"


@pytest.mark.clause("B1")
def test_the_same_document_gives_the_same_bytes() -> None:
    record = Record(values=SLIP, qr=bytes(range(256)) + bytes(43))
    first = render(build("loss_slip", record, masks=MASKS))
    assert render(paper("release_slip")).pdf != first.pdf
    assert render(build("loss_slip", record, masks=MASKS)).pdf == first.pdf


@needs_poppler
def test_the_font_goes_along_with_the_paper() -> None:
    pdf = render(paper("loss_slip")).pdf
    answer = subprocess.run(["pdffonts", "-"], input=pdf, capture_output=True, check=True)
    _heading, _rule, *fonts = answer.stdout.decode().splitlines()
    assert fonts
    assert all(font.split()[-5:-2] == ["yes", "yes", "yes"] for font in fonts)  # emb sub uni


@needs_poppler
@pytest.mark.parametrize("sheet", PAPERS)
def test_a_slip_fits_on_every_sheet_and_has_its_size(sheet: str) -> None:
    pdf = render(paper("loss_slip", lost_until="2026-12-01", sheet=sheet)).pdf
    answer = subprocess.run(["pdfinfo", "-"], input=pdf, capture_output=True, check=True)
    info = dict(line.split(":", 1) for line in answer.stdout.decode().splitlines() if ":" in line)
    wide, _, high = info["Page size"].split()[:3]
    assert float(wide) == pytest.approx(PAPERS[sheet].width * 72 / 25.4, abs=0.1)
    assert float(high) == pytest.approx(PAPERS[sheet].height * 72 / 25.4, abs=0.1)
    assert info["Pages"].strip() == "1"


@needs_poppler
def test_a_long_list_takes_new_pages_and_repeats_its_heading() -> None:
    rows = tuple((str(n), f"示例{n}", "410***********0028") for n in range(1, 121))
    table = Table(("序号", "姓名", "社会保障号码"), (1, 2, 4), rows)
    blocks = (Paragraph("共 120 张。"), table, Signatures(("领卡人签字",)))
    slip = paper("issue_slip")
    long = Document(
        paper="A4", title="领卡交接单", office=slip.office, office_code=slip.office_code,
        clerk=slip.clerk, printed_at=slip.printed_at, serial=slip.serial,
        short_hash=slip.short_hash, blocks=blocks,
    )  # fmt: skip
    text = read_back(render(long).pdf)
    pages = text.split("\f")[:-1]
    assert len(pages) > 1
    assert all("社会保障号码" in page for page in pages[:-1])
    assert f"第 {len(pages)} 页，共 {len(pages)} 页" in pages[-1]
    assert all(f"示例{n}" in text for n in (1, 60, 120))


@pytest.mark.parametrize("width", [30, 34, 56, 80, 100])
@pytest.mark.parametrize("name", names())
def test_a_preview_keeps_inside_its_width(name: str, width: int) -> None:
    lines = preview(paper(name), width)
    assert max(map(cells, lines)) <= width
    assert any("张" in line for line in lines)  # in a narrow table a name stands over lines


def test_a_preview_puts_a_table_in_columns() -> None:
    slip = paper("issue_slip")
    table = Table(("序号", "姓名"), (1, 3), (("1", "张晓禾"), ("2", "王福田" * 9)))
    lines = preview(
        Document(
            paper="A5", title="清单", office=slip.office, office_code="1", clerk="李", serial="1",
            printed_at="", short_hash="", blocks=(table, Grid(2, ())),
        ),
        40,
    )  # fmt: skip
    assert max(map(cells, lines)) <= 40
    assert any(line.split() == ["1", "张晓禾"] for line in lines)


@given(
    st.text(alphabet="中文字，。（）ab1-/ 10:30", max_size=80),
    st.integers(min_value=4, max_value=40),
)
@settings(deadline=None, max_examples=200)
def test_wrapping_loses_nothing_but_spaces_and_keeps_the_width(text: str, width: int) -> None:
    lines = wrapped(text, width, cells)
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(cells(line) <= width for line in lines)


def test_a_line_begins_with_no_comma_and_ends_with_no_bracket() -> None:
    assert wrapped("一二三四，五", 8, cells) == ["一二三", "四，五"]
    assert wrapped("一二三（四五）", 8, cells) == ["一二三", "（四五）"]


def test_without_the_print_extra_the_clerk_hears_what_to_install() -> None:
    program = (
        "import sys; sys.modules['reportlab'] = None\n"
        "from sbk_tui.errors import BadUsage\n"
        "from sbk_tui.printing.document import Record, build\n"
        "from sbk_tui.printing.pdf import render\n"
        "from tests.printing.test_papers import MASKS, SLIP\n"
        "try: render(build('loss_slip', Record(values=SLIP), masks=MASKS))\n"
        "except BadUsage as error: print(error.code)\n"
    )
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert answer.stdout.decode().strip() == "print.extra_missing"


def test_without_a_font_nothing_is_printed(tmp_path: Path) -> None:
    broken = tmp_path / "font.ttf"
    broken.write_bytes(b"not a font")
    for fonts in ([], [str(tmp_path / "none.ttf")], [str(broken)]):
        with pytest.raises(BadUsage) as raised:
            render(paper("loss_slip"), fonts)
        assert raised.value.code == "print.no_font"


def test_importing_paper_and_portrait_costs_no_big_library() -> None:
    program = (
        "import sys\n"
        "import sbk_tui.printing.pdf, sbk_tui.printing.text, sbk_tui.hardware.paper_out\n"
        "import sbk_tui.hardware.folder_drop, sbk_tui.hardware.camera_twin\n"
        "import sbk_tui.hardware.portrait.repair, sbk_tui.hardware.portrait.preview\n"
        "print({'PIL', 'reportlab', 'segno'} & set(sys.modules))\n"
    )
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert answer.stdout.decode().strip() == "set()"
