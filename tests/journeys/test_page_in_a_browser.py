"""The supervisors' page in a real browser without a window: signed in, read, signed out."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

from sbk_tui import wiring
from sbk_tui.cli import main
from sbk_tui.domain.operations.blind_loss import BlindLoss
from sbk_tui.hub import registry
from sbk_tui.hub.home import open_hub
from sbk_tui.sync.client import HubClient
from sbk_tui.sync.enrol import enrol
from sbk_tui.sync.run import client_for
from sbk_tui.sync.tls import open_line
from tests.data.conftest import Office, make_office
from tests.data.days import stock
from tests.sync.city import nonce, sync

PASSWORD = "Hub-watch-2026"
WAIT_S = 20


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[webdriver.Chrome]:
    """Give a Chromium without a window."""
    driver, program = shutil.which("chromedriver"), shutil.which("chromium")
    if not driver or not program:
        pytest.skip("Chromium is not installed (make setup)")
    options = webdriver.ChromeOptions()
    options.binary_location = program
    for word in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu",
                 f"--user-data-dir={tmp_path / 'profile'}"):  # fmt: skip
        options.add_argument(word)
    chrome = webdriver.Chrome(options=options, service=Service(driver))
    chrome.implicitly_wait(10)
    yield chrome
    chrome.quit()


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    """Run a hub with one supervisor and one counter that has handed its work in."""
    home = tmp_path / "city"
    assert main(["hub", "init", "--home", str(home)]) == 0
    (tmp_path / "password").write_text(PASSWORD)
    words = ["hub", "supervisor", "add", "s01", "--name", "赵岚", "--role", "settler"]
    words += ["--password-file", str(tmp_path / "password"), "--home", str(home)]
    assert main(words) == 0
    command = [sys.executable, "-m", "sbk_tui", "hub", "serve", "--home", str(home), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield server.stdout.readline().split("：")[1].strip()
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(timeout=10)


@pytest.mark.clause("B23")
def test_a_supervisor_looks_at_the_city(
    browser: webdriver.Chrome, url: str, tmp_path: Path
) -> None:
    browser.get(url)
    assert browser.current_url.endswith("/page/login")
    browser.find_element(By.NAME, "id").send_keys("s01")
    browser.find_element(By.NAME, "password").send_keys("wrong one")
    browser.find_element(By.TAG_NAME, "button").click()
    says(browser, By.CLASS_NAME, "bad", "还可")
    sign_in(browser)
    says(browser, By.TAG_NAME, "main", "还没有窗口开通")
    with counter(tmp_path, url) as (office, client):
        office.do(stock())
        assert sync(office, client).accepted == 1
        the_work_is_seen(browser)
        lost = BlindLoss(
            card="Z00000018", name="持卡人甲", caller_name="刘洋", caller_phone="13800000000",
            id_shown=True,
        )  # fmt: skip
        office.do(lost)
        assert sync(office, client).held == 1
    a_case_is_decided(browser)
    browser.find_element(By.CSS_SELECTOR, "nav button").click()
    WebDriverWait(browser, WAIT_S).until(lambda page: page.current_url.endswith("/page/login"))
    browser.back()
    browser.refresh()
    assert "/page/login" in browser.current_url
    severe = [each for each in browser.get_log("browser") if each["level"] == "SEVERE"]
    assert [each for each in severe if "403" not in each["message"]] == []


def the_work_is_seen(browser: webdriver.Chrome) -> None:
    browser.refresh()
    line = browser.find_element(By.CSS_SELECTOR, "tbody tr")
    assert "百泉镇" in line.text
    bars = browser.find_elements(By.CSS_SELECTOR, "svg .bar")
    assert any(float(bar.get_attribute("height") or 0) > 100 for bar in bars)
    line.find_element(By.TAG_NAME, "a").click()
    says(browser, By.TAG_NAME, "tbody", "成品卡入库")
    browser.find_element(By.LINK_TEXT, "待处理事项").click()
    says(browser, By.TAG_NAME, "main", "没有待处理的事项")


def a_case_is_decided(browser: webdriver.Chrome) -> None:
    browser.refresh()
    browser.find_element(By.CSS_SELECTOR, 'button[value="none"]').click()  # without a reason
    assert browser.find_elements(By.CSS_SELECTOR, 'button[value="none"]') != []
    browser.find_element(By.NAME, "reason").send_keys("电话核实过")
    browser.find_element(By.CSS_SELECTOR, 'button[value="none"]').click()
    says(browser, By.TAG_NAME, "main", "没有待处理的事项")


def says(browser: webdriver.Chrome, how: str, what: str, text: str) -> None:
    """Wait until the page that was clicked for is there and says `text`."""

    def seen(page: webdriver.Chrome) -> bool:
        return text in page.find_element(how, what).text

    # The element may still be the old page's, gone between finding and reading it.
    WebDriverWait(browser, WAIT_S, ignored_exceptions=[StaleElementReferenceException]).until(seen)


def sign_in(browser: webdriver.Chrome) -> None:
    browser.find_element(By.NAME, "id").clear()
    browser.find_element(By.NAME, "id").send_keys("s01")
    browser.find_element(By.NAME, "password").send_keys(PASSWORD)
    browser.find_element(By.TAG_NAME, "button").click()
    says(browser, By.TAG_NAME, "nav", "赵岚")


@contextmanager
def counter(tmp_path: Path, url: str) -> Iterator[tuple[Office, HubClient]]:
    """Give an enrolled counter and its line to the hub."""
    hub = open_hub(tmp_path / "city")
    with hub.store.write() as db:
        grant = registry.Grant("百泉镇", "T", "410782105")
        code = registry.new_code(db, grant, hub.signer.public, wiring.now_ms())
    hub.store.close()
    office = make_office(tmp_path / "counter", key=None, clock=[wiring.now_ms()])
    try:
        enrol(office.opened, url=url, code=code, now_ms=wiring.now_ms, new_nonce=nonce)
        client = client_for(office.opened, open_line(url), now_ms=wiring.now_ms, new_nonce=nonce)
        yield office, client
    finally:
        office.opened.store.close()
