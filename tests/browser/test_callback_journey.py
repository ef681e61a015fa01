"""A callback from its first test to a server that breaks and comes back, on a console as `make run` starts it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser.console import Console
from tests.browser.sending import PROJECT, open_draft, recipients, send, upload
from tests.callbacks.receivers import Receiver, answer

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

# The pages ask again every ten seconds.
PATIENCE_MS = 40_000
CALLBACKS = f"{PROJECT}/callbacks/"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    started = Receiver()
    yield started
    started.stop()


@pytest.fixture
def admin_page(console: Console, new_context: Callable[..., BrowserContext]) -> Iterator[Page]:
    page = console.sign_in(new_context(), "admin")
    yield page
    # Other tests send with the same console.
    page.goto(f"{console.url}{CALLBACKS}")
    page.locator("#endpoint-status").get_by_role("button", name="Switch off").click()
    page.get_by_role("dialog").get_by_role("button", name="Switch off").click()
    expect(page.locator("#endpoint-status")).to_contain_text("Off")


def set_up(page: Page, console: Console, receiver: Receiver) -> None:
    page.goto(f"{console.url}{CALLBACKS}")
    page.get_by_role("link", name="Set up the status callback").click()
    page.get_by_label("URL").fill("https://10.0.0.1/sms")
    page.get_by_role("button", name="Save and switch on").click()
    expect(page.get_by_role("alert")).to_contain_text("name of the host instead of its number")
    page.get_by_label("URL").fill(receiver.url)
    page.get_by_role("button", name="Save and switch on").click()
    page.get_by_role("button", name="Send a test").click()
    expect(page.locator("#result")).to_contain_text("Your server took it.")
    # Late receipts of earlier tests may have come before.
    ids = "|".join(re.escape(heard.id) for heard in receiver.heard)
    expect(page.locator("#result")).to_contain_text(re.compile(ids))


def send_to(page: Page, console: Console, folder: Path, n: int, name: str) -> None:
    draft = open_draft(page, console)
    upload(page, recipients(folder, n, name=name))
    send(page, console, draft)


def newest(page: Page) -> Locator:
    """The newest delivery that is no test."""
    return page.locator(".callback-log tbody tr").filter(has_not_text="Test").first


def told_since(receiver: Receiver, n_heard: int) -> set[str]:
    return {message_id for heard in receiver.heard[n_heard:] for message_id in heard.message_ids}


def wait_until(page: Page, is_so: Callable[[], bool], what: str) -> None:
    until = time.monotonic() + PATIENCE_MS / 1000
    while not is_so():
        assert time.monotonic() < until, what
        page.wait_for_timeout(100)


def test_a_server_breaks_and_is_told_what_it_missed(
    console: Console, admin_page: Page, operator_page: Page, receiver: Receiver, tmp_path: Path
) -> None:
    page = admin_page
    set_up(page, console, receiver)
    page.goto(f"{console.url}{CALLBACKS}log/")
    # Among receipts of the demo, perhaps.
    expect(page.locator(".callback-log tbody tr", has_text="Test").first).to_be_visible()

    n_heard = len(receiver.heard)
    send_to(operator_page, console, tmp_path, 5, "first.csv")
    wait_until(page, lambda: len(told_since(receiver, n_heard)) >= 5, "the server is not told")
    # Nobody reloads: the log asks by itself.
    expect(newest(page)).to_contain_text(re.compile(r"\d receipts?"), timeout=PATIENCE_MS)
    expect(newest(page)).to_contain_text("Delivered", timeout=PATIENCE_MS)
    told = told_since(receiver, n_heard)

    receiver.behaviour = answer(500, b"the database is full")
    send_to(operator_page, console, tmp_path, 3, "second.csv")
    expect(newest(page)).to_contain_text("Trying again", timeout=PATIENCE_MS)
    newest(page).get_by_role("link").click()
    expect(page.locator("#delivery")).to_contain_text("Answered 500")
    expect(page.locator("#delivery")).to_contain_text("the database is full")
    page.goto(f"{console.url}{CALLBACKS}")
    expect(page.locator("#endpoint-status")).to_contain_text("It has been failing since")

    receiver.behaviour = answer()
    n_heard = len(receiver.heard)
    page.get_by_role("link", name="Tell again").click()
    page.get_by_role("button", name="Count what is told again").click()
    page.get_by_role("button", name=re.compile(r"Tell \d+ receipts again")).click()
    expect(page.locator("#toasts")).to_contain_text("told again")
    row = page.locator(".callback-log tbody tr", has_text="Told again").first
    expect(row).to_contain_text("Delivered", timeout=PATIENCE_MS)
    wait_until(page, lambda: told <= told_since(receiver, n_heard), "not everything was told again")
    page.goto(f"{console.url}{CALLBACKS}")
    expect(page.locator("#endpoint-status .card-header")).to_contain_text("Works")
