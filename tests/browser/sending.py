"""The way from an empty send page to a draft that could be sent, as a person goes it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from uuid import UUID

from playwright.sync_api import Page, expect

from tests.browser.console import Console

PROJECT = "/projects/demo-shop"
TEMPLATE, SIGNATURE = "International order notice", "[DemoShop]"
# Germany's example range, spread so that every row is a number of its own.
FIRST_NUMBER = 4915123000000


def recipients(folder: Path, n: int, *, bad: Iterable[str] = (), name: str = "recipients.csv") -> Path:
    """A file of `n` people for the template of the demo, and rows with these bad numbers."""
    file = folder / name
    rows = [f"+{FIRST_NUMBER + i},Person {i} of the autumn list,Berlin Mitte {i}" for i in range(n)]
    rows += [f"{number},Somebody,Somewhere" for number in bad]
    file.write_text("\n".join(["mobile,name,city", *rows]))
    return file


def open_draft(page: Page, console: Console, *, template: str = TEMPLATE, signature: str = SIGNATURE) -> str:
    """Choose the texts; returns the public id of the draft that this made."""
    page.goto(f"{console.url}{PROJECT}/campaigns/new/")
    page.get_by_label("Template name").select_option(label=template)
    page.wait_for_url(re.compile(r"/send/"))
    with page.expect_response(re.compile(r"/what/$")):
        page.get_by_label("Signature name").select_option(label=signature)
    expect(page.locator("#final-text")).to_contain_text(signature)
    return str(UUID(page.url.split("/campaigns/")[1].split("/")[0]))


def upload(page: Page, file: Path) -> None:
    """Upload the file and wait until it is checked."""
    page.set_input_files("#recipients-file", file)
    page.get_by_role("button", name="Upload").click()
    expect(page.locator("#step-check .btn-send")).to_be_enabled(timeout=60_000)


def ready_draft(page: Page, console: Console, file: Path) -> str:
    draft = open_draft(page, console)
    upload(page, file)
    return draft


def type_code(page: Page, console: Console, draft: str) -> None:
    page.get_by_label("Verification code", exact=True).fill(console.verification_code(draft))


def send(page: Page, console: Console, draft: str) -> None:
    """Type the code and press Send; ends on the list of campaigns."""
    type_code(page, console, draft)
    page.locator(".btn-send").click()
    page.wait_for_url(re.compile(rf"/campaigns/\?new={draft}"))


def sent_campaign(page: Page, console: Console, file: Path) -> str:
    """Send to everybody in the file and open the campaign's page."""
    draft = ready_draft(page, console, file)
    send(page, console, draft)
    page.goto(f"{console.url}{PROJECT}/campaigns/{draft}/")
    return draft


def wait_until_finished(page: Page) -> None:
    expect(page.locator("#live .status-delivered")).to_be_visible(timeout=120_000)
