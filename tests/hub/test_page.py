"""The supervisors' page: who gets in, what it shows, and that it shows what the tables say."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from sbk_tui.data.keyring import Cost
from sbk_tui.data.spoken import spoken_key
from sbk_tui.domain.identity import SocialNumber
from sbk_tui.domain.operations.blind_loss import BlindLoss
from sbk_tui.domain.operations.issue import Enable, IssueToPerson
from sbk_tui.domain.operations.loss import FormalLoss
from sbk_tui.domain.spoken import SpokenAction, speak
from sbk_tui.domain.world import from_ms
from sbk_tui.hub import figures, supervisors
from sbk_tui.hub.decisions import Decider
from sbk_tui.hub.page import COOKIE, Page
from sbk_tui.hub.plots import columns, rows
from sbk_tui.sync.client import HubClient
from tests.data.conftest import RULES, Office, letters
from tests.data.days import CARDS, SELF, number
from tests.sync.city import City, Forger, sync

PASSWORD = "Hub-watch-2026"


class Browser:
    """What a browser does: follows the hub's answers and keeps its cookie."""

    def __init__(self, city: City) -> None:
        decider = Decider(
            hub=city.hub.id, signer=city.hub.signer, initials=letters,
            now_ms=lambda: city.clock[0],
        )  # fmt: skip
        page = Page(
            city.hub.store, decider=decider, settings=RULES.settings, initials=letters,
            now_ms=lambda: city.clock[0],
        )  # fmt: skip
        self.app = Starlette(routes=page.routes())
        self.cookies: dict[str, str] = {}

    def ask(self, method: str, path: str, data: Mapping[str, str] | None = None) -> httpx.Response:
        return asyncio.run(self._ask(method, path, data))

    async def _ask(self, method: str, path: str, data: Mapping[str, str] | None) -> httpx.Response:
        transport = httpx.ASGITransport(app=self.app)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://127.0.0.1", cookies=self.cookies
        ) as client:
            answer = await client.request(method, path, data=data)
        if COOKIE in answer.cookies:
            self.cookies = {COOKIE: answer.cookies[COOKIE]}
        return answer

    def sign_in(self, password: str = PASSWORD) -> httpx.Response:
        return self.ask("POST", "/page/login", {"id": "s01", "password": password})


@pytest.fixture
def browser(city: City) -> Browser:
    """Give a browser, and a supervisor who may sign in."""
    with city.hub.store.write("page") as db:
        supervisors.add(
            db, "s01", "赵岚", supervisors.SETTLER, PASSWORD, cost=Cost(1, 64),
            now_ms=city.clock[0],
        )  # fmt: skip
    return Browser(city)


@pytest.mark.parametrize("path", ["/", "/page", "/page/", "/page/cases", "/page/counters/x"])
def test_nobody_sees_anything_before_signing_in(browser: Browser, path: str) -> None:
    answer = browser.ask("GET", path)
    assert answer.status_code == 303
    browser.cookies = {COOKIE: "invented"}
    assert browser.ask("GET", "/page/").headers["location"] == "/page/login"


def test_signing_in_and_out(browser: Browser) -> None:
    assert browser.ask("GET", "/page/login").status_code == 200
    assert browser.sign_in().status_code == 303
    page = browser.ask("GET", "/page/")
    assert (page.status_code, "赵岚" in page.text) == (200, True)
    assert "script" not in page.text
    assert page.headers["cache-control"] == "no-store"
    assert "default-src 'none'" in page.headers["content-security-policy"]
    csrf = re.search(r'name="csrf" value="([^"]+)"', page.text)
    assert csrf is not None
    kept = dict(browser.cookies)
    browser.ask("POST", "/page/logout", {"csrf": "of another page"})
    browser.cookies = kept
    assert browser.ask("GET", "/page/").status_code == 200
    browser.ask("POST", "/page/logout", {"csrf": csrf[1]})
    browser.cookies = kept
    assert browser.ask("GET", "/page/").status_code == 303


def test_five_wrong_passwords_lock_and_a_name_is_not_told(browser: Browser, city: City) -> None:
    for left in (4, 3, 2, 1, 0):
        answer = browser.sign_in("wrong")
        assert (answer.status_code, str(left) in answer.text) == (403, True)
    assert browser.sign_in().status_code == 403
    city.clock[0] += 16 * 60 * 1000
    assert browser.sign_in().status_code == 303
    nobody = browser.ask("POST", "/page/login", {"id": "s99", "password": "wrong"})
    assert nobody.status_code == 403
    assert browser.ask("POST", "/page/login", {}).status_code == 403


def test_a_session_ends_by_itself_and_with_the_account(browser: Browser, city: City) -> None:
    browser.sign_in()
    city.clock[0] += supervisors.IDLE_MS - 1000
    assert browser.ask("GET", "/page/").status_code == 200
    city.clock[0] += supervisors.IDLE_MS + 1
    assert browser.ask("GET", "/page/").status_code == 303
    browser.sign_in()
    with city.hub.store.write("page") as db:
        supervisors.close(db, "s01", city.clock[0])
    assert browser.ask("GET", "/page/").status_code == 303
    assert browser.sign_in().status_code == 403


@pytest.mark.clause("B23")
def test_the_page_shows_what_the_tables_say(
    browser: Browser, office: Office, city: City, client: HubClient, forger: Forger
) -> None:
    sync(office, client)
    office.do(IssueToPerson(card=CARDS[0], receiver=SELF))
    office.do(Enable(card=CARDS[0]))
    office.do(FormalLoss(card=CARDS[0], id_shown=True))
    sync(office, client)
    assert forger
    browser.sign_in()
    text = browser.ask("GET", "/page/").text
    counter = office.opened.certificate.counter
    with city.hub.store.session() as db:
        (line,) = figures.counters(db, city.clock[0])
        days = figures.work_by_day(db, city.clock[0], 30)
        kinds = figures.work_by_kind(db, next(iter(days)))
        districts = figures.work_by_district(db, next(iter(days)))
    made = city.rows("SELECT count(*) FROM inbox")[0][0]
    assert (line.counter, line.operations, line.waiting) == (counter, made, 0)
    assert sum(days.values()) == sum(kinds.values()) == sum(districts.values()) == made
    assert f">{counter}<" in text
    assert all(f">{n}</text>" in text for n in kinds.values())
    assert "失联" not in text
    operations = browser.ask("GET", f"/page/counters/{counter}").text
    assert operations.count("接受") >= made
    assert "正式挂失" in operations
    city.clock[0] += figures.LATE_MS + 1
    browser.sign_in()
    assert "失联" in browser.ask("GET", "/page/").text


def test_no_person_and_no_markup_reaches_the_page(browser: Browser, city: City) -> None:
    city.change(
        "INSERT INTO counter_cert (counter, inc, suite, public, anchor, office, level, district,"
        " removed, certificate, signature, enrolled, contact) VALUES"
        " ('c', 'i', 1, ?, ?, '<script>alert(1)</script>', 'T', '410782105', '', ?, ?, 0, 0)",
        b"", b"", b"", b"",
    )  # fmt: skip
    browser.sign_in()
    text = browser.ask("GET", "/page/").text
    assert "<script>" not in text
    assert "&lt;script&gt;" in text


def test_bars_are_as_long_as_their_counts() -> None:
    values: dict[str, Any] = {"a": 100, "b<": 50, "c": 1, "d": 0}
    drawn = rows(values, "t")
    assert "b&lt;" in drawn
    lengths = [int(each) for each in re.findall(r'width="(\d+)"', drawn)]
    assert lengths == [400, 200, 4, 0]
    tall = re.findall(r'height="(\d+)"', columns({"2026-01-01": 4, "2026-01-02": 1}, "t"))
    assert tall == ["110", "27"]
    assert rows({}, "t").startswith("<svg")


def test_what_is_stored_opens_nothing(browser: Browser, city: City) -> None:
    browser.sign_in()
    stored = repr(city.rows("SELECT * FROM supervisor")) + repr(
        city.rows("SELECT token_hash, supervisor, csrf FROM page_session")
    )
    assert PASSWORD not in stored
    assert browser.cookies[COOKIE] not in stored


# ------------------------------------------------------------------ deciding


def unknown_card(city: City, office: Office, client: HubClient) -> str:
    """Let the counter report the loss of a card that nobody knows; return the city's case."""
    lost = BlindLoss(
        card="Z00000018", name="持卡人甲", caller_name="刘洋", caller_phone="13800000000",
        until=from_ms(city.clock[0]).date() + timedelta(days=7),
    )  # fmt: skip
    office.do(lost)
    sync(office, client)
    rows = city.rows("SELECT id FROM case_item WHERE counter = '' AND closed IS NULL")
    return str(rows[0][0])


def csrf_of(page: str) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', page)
    assert found is not None
    return found[1]


def decide(browser: Browser, case: str, **other: str) -> httpx.Response:
    """Press a button of the list as it is shown; `other` fields as the test wants them."""
    page = browser.ask("GET", "/page/cases").text
    form = {"csrf": csrf_of(page), "case": case, "answer": "none", "reason": "电话核实过"}
    return browser.ask("POST", "/page/cases", {**form, **other})


@pytest.mark.clause("B16")
def test_a_case_is_decided_on_the_page_and_named_with_who_and_why(
    browser: Browser, city: City, office: Office, client: HubClient
) -> None:
    case = unknown_card(city, office, client)
    browser.sign_in()
    assert ">1</b> 件待处理" in browser.ask("GET", "/page/").text
    page = browser.ask("GET", "/page/cases").text
    assert 'value="none"' in page
    assert "认定此卡" in page
    assert "<h2>各窗口的待办</h2>" in page
    assert decide(browser, case).status_code == 303
    assert city.rows('SELECT answer, "by", reason FROM decision') == [
        ("none", "赵岚（s01）", "电话核实过")
    ]
    assert "没有待处理的事项" in browser.ask("GET", "/page/cases").text
    assert ">0</b> 件待处理" in browser.ask("GET", "/page/").text
    sync(office, client)
    assert office.lookup.open_cases() == 1  # the maker is told
    again = decide(browser, case)
    assert (again.status_code, "已" in again.text) == (409, True)


def test_the_card_that_was_meant_may_be_typed(
    browser: Browser, city: City, office: Office, client: HubClient, forger: Forger
) -> None:
    assert forger  # brings stock to the counter
    office.do(IssueToPerson(card=CARDS[0], receiver=SELF))
    office.do(Enable(card=CARDS[0]))
    case = unknown_card(city, office, client)
    browser.sign_in()
    assert decide(browser, case, card="nonsense").status_code == 409
    assert decide(browser, case, card=CARDS[0]).status_code == 303
    assert city.rows("SELECT state FROM card WHERE number = ?", CARDS[0]) == [("4",)]


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"csrf": "of another page"}, "不是本次登录的页面发出的"),
        ({"csrf": ""}, "不是本次登录的页面发出的"),
        ({"reason": "  "}, "没有写理由"),
    ],
)
def test_a_form_without_its_token_or_its_reason_decides_nothing(
    browser: Browser, city: City, office: Office, client: HubClient, other: dict[str, str],
    said: str,
) -> None:  # fmt: skip
    case = unknown_card(city, office, client)
    browser.sign_in()
    answer = decide(browser, case, **other)
    assert (answer.status_code, said in answer.text) == (403, True)
    assert city.rows("SELECT * FROM decision") == []


def test_who_may_only_look_has_no_buttons_and_decides_nothing(
    browser: Browser, city: City, office: Office, client: HubClient
) -> None:
    case = unknown_card(city, office, client)
    city.change("UPDATE supervisor SET role = 'viewer'")
    browser.sign_in()
    assert 'name="answer"' not in browser.ask("GET", "/page/cases").text
    assert decide(browser, case).status_code == 403
    browser.cookies = {}
    assert browser.ask("POST", "/page/cases", {"case": case}).headers["location"] == "/page/login"
    assert city.rows("SELECT * FROM decision") == []


@pytest.mark.clause("B2")
def test_a_loss_read_over_the_telephone_is_taken_on_the_page(
    browser: Browser, city: City, office: Office, client: HubClient, forger: Forger
) -> None:
    assert forger  # brings stock to the counter
    office.do(IssueToPerson(card=CARDS[0], receiver=SELF))
    office.do(Enable(card=CARDS[0]))
    sync(office, client)
    agreed = spoken_key(office.opened.store)
    assert agreed is not None
    person = SocialNumber.parse(number(0))
    code = speak(agreed.key, agreed.counter, 1, SpokenAction.FORMAL, person)
    browser.sign_in()
    page = browser.ask("GET", "/page/cases").text

    def typed(**other: str) -> httpx.Response:
        form = {"csrf": csrf_of(page), "code": code, "number": str(person)}
        return browser.ask("POST", "/page/spoken", {**form, **other})

    assert typed(csrf="of another page").status_code == 403
    assert code.startswith("001")  # the first counter that asked
    assert "听错或写错" in typed(code=f"010{code[3:]}").text
    wrong = typed(number=number(1))
    assert (wrong.status_code, "还可再试 4 次" in wrong.text) == (403, True)
    assert city.rows("SELECT state FROM card WHERE number = ?", CARDS[0]) == [("1",)]
    answer = typed()
    assert (answer.status_code, f"已生效：{CARDS[0]}" in answer.text) == (200, True)
    assert str(person) not in answer.text
    assert "没有变化" in typed().text
    assert city.rows('SELECT "by" FROM spoken_loss') == [("赵岚（s01）",)]
