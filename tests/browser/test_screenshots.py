"""Every page, empty, full and in error, at 1440 and at 360 pixels: nothing refused, nothing scrolls sideways.

`make screenshots` sets `SCREENSHOTS` and gets the pictures.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.accounts.codes import code_for
from tests.browser.album import Album
from tests.browser.console import Console, running_console
from tests.browser.sending import (
    PROJECT,
    open_draft,
    recipients,
    send,
    sent_campaign,
    upload,
    wait_until_finished,
)

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

NewContext = Callable[..., BrowserContext]
# Of a long table the beginning says it all.
ONE_WINDOW = 1_000
BAD_NUMBERS = ["8.6138E+12", "Maria", "10086", "+49 30", "", "+86 138 0013 8000", "#N/A"]


@pytest.fixture
def album() -> Iterator[Album]:
    album = Album()
    yield album
    assert album.faults == []


def test_an_empty_console(album: Album, new_context: NewContext) -> None:
    with running_console(demo=False) as console:
        page = album.watch(new_context().new_page())
        album.visit(page, f"{console.url}/setup/", "setup-empty")
        page.get_by_label("Setup code").fill("wrong-code")
        fill_setup(page)
        page.get_by_role("button", name="Set up").click()
        album.take(page, "setup-error")
        page.get_by_label("Setup code").fill(console.setup_code)
        page.get_by_label("Password").fill("a long enough password")
        page.get_by_role("button", name="Set up").click()
        page.wait_for_url(re.compile(r"/account/two-factor/set-up/"))
        album.take(page, "two-factor-set-up")
        set_up_two_factor(page)
        album.take(page, "checklist-new")
        album.visit(page, f"{console.url}/", "projects-new")
        address = page.get_by_role("link", name="Web shop").first.get_attribute("href")
        project = re.search(r"/projects/[^/]+", address or "")[0]  # type: ignore[index]
        for path, name in [
            ("campaigns/", "campaigns-empty"),
            ("campaigns/new/", "send-empty"),
            ("signatures/", "signatures-empty"),
            ("body-templates/", "body-templates-empty"),
            ("reviews/", "review-queue-empty"),
            ("handset/", "handset-empty"),
        ]:
            album.visit(page, f"{console.url}{project}/{path}", name)


def set_up_two_factor(page: Page) -> None:
    """As a person with an authenticator app does it."""
    secret = re.sub("[^A-Z2-7]", "", page.locator(".copyable").first.inner_text())
    page.get_by_label("Code").fill(code_for(secret))
    page.get_by_role("button", name="Switch two-factor on").click()
    page.get_by_role("link", name="I have kept them").click()
    page.wait_for_url(re.compile(r"/checklist/"))


def fill_setup(page: Page) -> None:
    for label, value in (
        ("Your name", "Ada Admin"),
        ("E-mail", "ada@example.com"),
        ("Password", "a long enough password"),
        ("Organization", "Example company"),
        ("First project", "Web shop"),
    ):
        page.get_by_label(label).fill(value)


def test_signing_in_and_what_stays_closed(album: Album, console: Console, new_context: NewContext) -> None:
    page = album.watch(new_context().new_page())
    album.visit(page, f"{console.url}/sign-in/", "sign-in-empty")
    page.get_by_label("E-mail").fill("operator@demo.example")
    page.get_by_label("Password", exact=True).fill("not the password")
    page.get_by_role("button", name="Sign in").click()
    album.take(page, "sign-in-error")
    operator = album.watch(console.sign_in(new_context(), "operator"))
    album.visit(operator, f"{console.url}{PROJECT}/reviews/", "error-403", status=403)
    nothing = f"{console.url}/projects/nothing-here/campaigns/"
    album.visit(operator, nothing, "error-404", status=404)


def test_projects_and_people(album: Album, console: Console, new_context: NewContext) -> None:
    page = album.watch(console.sign_in(new_context(), "admin"))
    album.visit(page, f"{console.url}/", "projects")
    organization = console.ask("SELECT uuid FROM accounts_organization LIMIT 1")[0][0]
    album.visit(page, f"{console.url}/organizations/{organization}/members/", "members")
    album.visit(page, f"{console.url}/organizations/{organization}/projects/add/", "project-add-empty")
    page.get_by_label("Name").fill("Demo shop")
    page.locator("main form button.btn-primary").click()
    album.take(page, "project-add-error")
    album.visit(page, f"{console.url}{PROJECT}/settings/", "project-settings")
    album.visit(page, f"{console.url}{PROJECT}/application/", "application-information")


def test_texts_and_their_review(album: Album, console: Console, new_context: NewContext) -> None:
    page = album.watch(console.sign_in(new_context(), "operator"))
    album.visit(page, f"{console.url}{PROJECT}/signatures/", "signatures")
    album.visit(page, f"{console.url}{PROJECT}/signatures/create/", "signature-form-empty")
    page.get_by_label("International").check()
    page.get_by_label("Signature name").fill("a")
    page.get_by_role("button", name="Submit for review").click()
    album.take(page, "signature-form-error")
    album.visit(page, f"{console.url}{PROJECT}/body-templates/", "body-templates")
    page.locator("main table a, main .card-link a").first.click()
    album.take(page, "body-template")
    album.visit(page, f"{console.url}{PROJECT}/body-templates/create/", "body-template-form-empty")
    page.get_by_label("Template name").fill("Opening hours")
    page.get_by_label("International").check()
    with page.expect_response(re.compile("preview")):
        page.get_by_label("Text", exact=True).fill("Hello {1}, we’re open until {2} – see you soon!")
    expect(page.locator("#preview")).to_contain_text("see you soon")
    album.take(page, "body-template-form")
    with page.expect_response(re.compile("preview")):
        page.get_by_label("Text", exact=True).fill("Hello {1}{3}, your code")
    expect(page.locator("#preview")).to_contain_text("your code")
    album.take(page, "body-template-form-error")
    reviewer = album.watch(console.sign_in(new_context(), "reviewer"))
    album.visit(reviewer, f"{console.url}{PROJECT}/reviews/", "review-queue")


def test_sending(album: Album, console: Console, new_context: NewContext, tmp_path: Path) -> None:
    page = album.watch(console.sign_in(new_context(), "operator"))
    album.visit(page, f"{console.url}{PROJECT}/campaigns/new/", "send-new")
    draft = open_draft(page, console)
    here = f"{console.url}{PROJECT}/campaigns/{draft}"
    album.visit(page, f"{here}/send/?open=what", "send-before-the-upload")
    refused = tmp_path / "customers.xlsx"
    refused.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 4096)
    page.set_input_files("#recipients-file", refused)
    page.get_by_role("button", name="Upload").click()
    expect(page.locator("#step-whom .notice-error")).to_be_visible(timeout=30_000)
    album.visit(page, f"{here}/send/", "send-file-refused")
    upload(page, recipients(tmp_path, 12_000, bad=BAD_NUMBERS))
    album.visit(page, f"{here}/send/", "send-checked")
    album.visit(page, f"{here}/refused/", "refused-rows")
    page.goto(f"{here}/send/")
    page.get_by_label("Send by schedule").check()
    expect(page.locator(".btn-send")).to_contain_text("Schedule")
    album.visit(page, f"{here}/send/", "send-scheduled")
    page.get_by_label("Send now").check()
    expect(page.locator(".btn-send")).to_contain_text("Send 12")
    page.get_by_label("Verification code", exact=True).fill("0")
    page.locator(".btn-send").click()
    expect(page.locator("#id_verification_code_error")).to_be_visible()
    album.take(page, "send-error")


def test_campaigns(album: Album, console: Console, new_context: NewContext, tmp_path: Path) -> None:
    # Slow enough to be looked at while it runs.
    console.ask("UPDATE delivery_gateway SET rate_per_second = 150")
    console.script(undelivered=4, refuse=1)
    page = album.watch(console.sign_in(new_context(), "operator"))
    draft = open_draft(page, console)
    upload(page, recipients(tmp_path, 8_000, bad=BAD_NUMBERS))
    send(page, console, draft)
    page.wait_for_timeout(3_000)
    album.visit(page, page.url, "campaigns")
    here = f"{console.url}{PROJECT}/campaigns/{draft}"
    album.visit(page, f"{here}/numbers/", "campaign-running", longest=ONE_WINDOW)
    page.locator("#live").get_by_role("button", name="Suspend").click()
    expect(page.locator("#live")).to_contain_text("Suspended at")
    album.visit(page, f"{here}/numbers/", "campaign-suspended", longest=ONE_WINDOW)
    console.ask("UPDATE delivery_gateway SET rate_per_second = 2500")
    page.locator("#live").get_by_role("button", name="Continue").click()
    wait_until_finished(page)
    expect(page.locator("#live")).to_contain_text("All", timeout=60_000)
    album.visit(page, f"{here}/numbers/", "campaign-finished", longest=ONE_WINDOW)
    for tab in ("refused", "failures", "forecast", "timeline", "settings"):
        album.visit(page, f"{here}/{tab}/", f"campaign-{tab}")
    album.visit(page, f"{here}/numbers/?status=failed", "campaign-numbers-failed", longest=ONE_WINDOW)
    album.visit(page, f"{here}/numbers/?q=12", "campaign-numbers-error")
    album.visit(page, f"{console.url}{PROJECT}/campaigns/?q=nothing", "campaigns-nothing-found")
    console.script(undelivered=0, refuse=0)


def test_a_scheduled_campaign(
    album: Album, console: Console, new_context: NewContext, tmp_path: Path
) -> None:
    page = album.watch(console.sign_in(new_context(), "operator"))
    draft = open_draft(page, console)
    upload(page, recipients(tmp_path, 20))
    page.get_by_label("Send by schedule").check()
    expect(page.locator(".btn-send")).to_contain_text("Schedule")
    send(page, console, draft)
    here = f"{console.url}{PROJECT}/campaigns/{draft}"
    album.visit(page, f"{here}/numbers/", "campaign-scheduled")
    album.visit(page, f"{here}/move/", "campaign-move")


def test_uncertain_messages_and_the_handset(
    album: Album, console: Console, new_context: NewContext, tmp_path: Path
) -> None:
    page = album.watch(console.sign_in(new_context(), "operator"))
    console.script(silence=100, **{"lose-receipts": 100})
    sent_campaign(page, console, recipients(tmp_path, 5))
    # The gateway is waited for before its silence counts as uncertain.
    for _ in range(30):
        page.reload()
        if page.locator(".notice-warning", has_text="uncertain").count():
            break
        page.wait_for_timeout(2_000)
    album.take(page, "campaign-uncertain")
    console.script(silence=0, **{"lose-receipts": 0})
    page.get_by_role("button", name="Treat as failed").click()
    page.get_by_role("dialog").get_by_role("button", name="Treat as failed").click()
    expect(page.locator("#toasts")).to_contain_text("5 uncertain messages were settled.")
    album.visit(page, f"{console.url}{PROJECT}/handset/", "handset", longest=ONE_WINDOW)
