"""The send page in a real browser: what only a browser can get wrong."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.console import Console
from tests.browser.sending import (
    PROJECT,
    SIGNATURE,
    TEMPLATE,
    open_draft,
    ready_draft,
    recipients,
    send,
    type_code,
    upload,
)

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def n_dispatches(console: Console, campaign: str) -> int:
    owner = f"campaign:{campaign}"
    return int(console.ask("SELECT count(*) FROM delivery_dispatch WHERE owner = %s", owner)[0][0])


def test_a_double_click_sends_once(console: Console, operator_page: Page, tmp_path: Path) -> None:
    draft = ready_draft(operator_page, console, recipients(tmp_path, 3))
    type_code(operator_page, console, draft)
    operator_page.locator(".btn-send").dblclick()
    operator_page.wait_for_url(re.compile(r"new="))
    assert n_dispatches(console, draft) == 1


def test_the_second_operator_reads_that_it_was_sent(
    console: Console, operator_page: Page, new_context: Callable[..., BrowserContext], tmp_path: Path
) -> None:
    draft = ready_draft(operator_page, console, recipients(tmp_path, 3))
    second = console.sign_in(new_context(), "operator")
    second.goto(operator_page.url)
    expect(second.locator(".btn-send")).to_be_enabled()
    type_code(second, console, draft)
    send(operator_page, console, draft)
    second.locator(".btn-send").click()
    expect(second.locator("#toasts")).to_contain_text("It was not sent a second time.")
    assert n_dispatches(console, draft) == 1


def test_what_is_typed_survives_a_reload(console: Console, operator_page: Page) -> None:
    page = operator_page
    open_draft(page, console)
    for label, value in (("Campaign name", "Autumn"), ("Note", "for the autumn")):
        with page.expect_response(re.compile(r"/what/$")):
            page.get_by_label(label).fill(value)
            page.get_by_label(label).blur()
    page.goto(re.sub(r"\?.*", "?open=what", page.url))
    expect(page.get_by_label("Campaign name")).to_have_value("Autumn")
    expect(page.get_by_label("Note")).to_have_value("for the autumn")
    expect(page.locator("#final-text")).to_contain_text("DemoShop")


def test_typing_goes_on_while_a_field_is_saved(console: Console, operator_page: Page) -> None:
    page = operator_page
    open_draft(page, console)
    page.get_by_label("Campaign name").fill("Autumn")
    with page.expect_response(re.compile(r"/what/$")):
        page.get_by_label("Note").focus()
        page.keyboard.type("half a word")
    expect(page.get_by_label("Note")).to_have_value("half a word")


def test_a_time_that_clocks_skip_closes_the_way(
    console: Console, operator_page: Page, tmp_path: Path
) -> None:
    page = operator_page
    ready_draft(page, console, recipients(tmp_path, 3))
    page.get_by_label("Send by schedule").check()
    expect(page.locator(".btn-send")).to_contain_text("Schedule 3 messages")
    page.get_by_label("Time zone").select_option("Europe/Berlin")
    page.get_by_label("Date").fill("2031-03-30")
    page.get_by_label("Time", exact=True).fill("02:30")
    expect(page.locator("#when-result")).to_contain_text("skip 02:30")
    expect(page.locator(".btn-send")).to_be_disabled()
    page.get_by_label("Send now").check()
    expect(page.locator(".btn-send")).to_contain_text("Send 3 messages")
    expect(page.locator(".btn-send")).to_be_enabled()


def test_a_refused_file_says_why_and_leaves_the_way_open(
    console: Console, operator_page: Page, tmp_path: Path
) -> None:
    page = operator_page
    open_draft(page, console)
    wrong = tmp_path / "customers.xlsx"
    wrong.write_bytes(b"\x89PNG\r\n\x1a\n" + b"\0" * 64)
    page.set_input_files("#recipients-file", wrong)
    page.get_by_role("button", name="Upload").click()
    expect(page.locator("#step-whom [role=alert]").first).to_contain_text("customers.xlsx")
    expect(page.locator("#step-check")).to_contain_text("Opens when the file is uploaded and checked.")
    upload(page, recipients(tmp_path, 3))
    expect(page.locator(".btn-send")).to_contain_text("Send 3 messages")


def test_a_test_arrives_before_the_campaign(console: Console, operator_page: Page, tmp_path: Path) -> None:
    page = operator_page
    ready_draft(page, console, recipients(tmp_path, 3))
    page.get_by_label("Numbers of your own").fill("+4915199999999")
    page.get_by_role("button", name="Send a test").click()
    expect(page.locator("#tests .status-delivered")).to_be_visible(timeout=30_000)


def test_everything_is_reached_and_sent_by_keyboard(
    console: Console, operator_page: Page, tmp_path: Path
) -> None:
    page = operator_page
    draft = ready_draft(page, console, recipients(tmp_path, 3))
    page.goto(f"{console.url}{PROJECT}/campaigns/{draft}/send/?open=what")
    page.locator("#main").focus()
    reached = []
    for _ in range(80):
        page.keyboard.press("Tab")
        name = page.evaluate("document.activeElement.name || document.activeElement.textContent.trim()")
        reached.append(name)
        if name == "verification_code":
            break
    wanted = [
        "body_template_revision",
        "signature_revision",
        "name",
        "sender_id",
        "when",
        "verification_code",
    ]
    assert [name for name in reached if name in wanted] == wanted
    page.keyboard.type(console.verification_code(draft))
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"new="))
    assert n_dispatches(console, draft) == 1


def test_it_works_without_javascript(console: Console, browser: Browser, tmp_path: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = console.sign_in(context, "operator")
    page.goto(f"{console.url}{PROJECT}/campaigns/new/")
    page.get_by_label("Template name").select_option(label=TEMPLATE)
    page.get_by_label("Signature name").select_option(label=SIGNATURE)
    page.get_by_role("button", name="Continue").click()
    draft = page.url.split("/campaigns/")[1].split("/")[0]
    page.set_input_files("#recipients-file", recipients(tmp_path, 3, bad=["12"]))
    page.get_by_role("button", name="Upload").click()
    for _ in range(60):
        if page.locator(".btn-send:enabled").count():
            break
        # The link is gone when the import has ended meanwhile; a reload shows the same.
        page.reload()
    expect(page.locator("#step-whom")).to_contain_text("Number too short")
    type_code(page, console, draft)
    page.locator(".btn-send").click()
    assert f"?new={draft}" in page.url
    page.locator("tr.row-new a.campaign-name").click()
    expect(page.locator("#live .stat")).to_have_count(4)
    context.close()


def test_an_upload_can_be_stopped(console: Console, operator_page: Page, tmp_path: Path) -> None:
    page = operator_page
    open_draft(page, console)
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 10_000}
    session.send("Network.emulateNetworkConditions", slow)
    page.set_input_files("#recipients-file", recipients(tmp_path, 3_000))
    page.get_by_role("button", name="Upload").click()
    expect(page.locator("[data-upload-percent]")).to_have_text(re.compile(r"\d+ %"))
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("button", name="Upload")).to_be_enabled()
    expect(page.locator("[data-upload-progress]")).to_be_hidden()
