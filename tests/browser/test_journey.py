"""A new organization from its registration to the first delivered campaign, as its people and platform staff go it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.accounts.codes import code_for
from tests.accounts.papers import picture
from tests.browser.album import Album
from tests.browser.console import Console
from tests.browser.sending import recipients, type_code, upload, wait_until_finished

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

PASSWORD = "a fresh long password"
N_PEOPLE = 25
NewContext = Callable[..., BrowserContext]


def a_paper(name: str) -> dict[str, Any]:
    return {"name": name, "mimeType": "image/png", "buffer": picture()}


def set_up_two_factor(page: Page) -> None:
    """As a person with an authenticator app does it."""
    expect(page.get_by_role("heading", name="Set up two-factor")).to_be_visible()
    secret = re.sub("[^A-Z2-7]", "", page.locator(".copyable").first.inner_text())
    page.get_by_label("Code").fill(code_for(secret))
    page.get_by_role("button", name="Switch two-factor on").click()
    expect(page.locator(".recovery-codes li")).to_have_count(10)
    page.get_by_role("link", name="I have kept them").click()


def test_a_new_organization_comes_to_its_first_campaign(
    console: Console, new_context: NewContext, tmp_path: Path
) -> None:
    album = Album()
    open_page = lambda: album.watch(new_context().new_page())  # noqa: E731
    admin, staff = open_page(), open_page()
    register(admin, console)
    checklist = admin.url
    expect(admin.locator("main")).to_contain_text("1 of ")
    console.add_staff("sam@platform.example", PASSWORD)
    sign_in_staff(staff, console)

    hand_in_verification(admin, checklist, number="HRB 1")
    reject_verification(staff, console)
    correct_verification(admin, checklist)
    approve_verification(staff, console)
    for region in ("Domestic", "International"):
        apply_for(admin, checklist, region)
        grant(staff, console)
    expect(step(admin, checklist, "Activation")).to_contain_text("done")

    reviewer = invite_reviewer(admin, checklist, console, open_page)
    operator = admin
    project = add_project(operator, console)
    add_alarm_contact(admin, checklist)
    write_signature(operator, project)
    approve(reviewer, project, "ParcelPost")
    body_template = write_body_template(operator, project)
    reject(reviewer, project, "Parcel arrived")
    correct(operator, body_template)
    approve(reviewer, project, "Parcel arrived")

    send_to_everybody(operator, console, project, tmp_path)
    expect(operator.locator("#live")).to_contain_text(f"All {N_PEOPLE} done", timeout=60_000)
    operator.goto(checklist)
    expect(operator.get_by_text("Everything is done.")).to_be_visible()
    assert album.faults == []


# --- Coming in ------------------------------------------------------------------------------------------


def register(page: Page, console: Console) -> None:
    page.goto(f"{console.url}/sign-in/")
    page.get_by_role("link", name="Register an organization").click()
    page.get_by_label("E-mail").fill("rita@parcels.example")
    page.get_by_role("button", name="Send the link").click()
    page.goto(console.mailbox.link_to("rita@parcels.example"))
    page.get_by_label("Your name").fill("Rita Register")
    page.get_by_label("Organization").fill("Parcels GmbH")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Register").click()
    set_up_two_factor(page)
    page.wait_for_url(re.compile(r"/checklist/"))


def sign_in_staff(page: Page, console: Console) -> None:
    page.goto(f"{console.url}/sign-in/")
    page.get_by_label("E-mail").fill("sam@platform.example")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    set_up_two_factor(page)
    page.wait_for_url(lambda url: "two-factor" not in url)


def invite_reviewer(page: Page, checklist: str, console: Console, open_page: Callable[[], Page]) -> Page:
    step(page, checklist, "A second person").get_by_role("link").click()
    page.get_by_role("link", name="Invite somebody").first.click()
    page.get_by_label("E-mail").fill("rolf@parcels.example")
    page.get_by_label("Reviewer").check()
    page.get_by_role("button", name="Invite").click()
    reviewer = open_page()
    reviewer.goto(console.mailbox.link_to("rolf@parcels.example"))
    reviewer.get_by_label("Your name").fill("Rolf Reviewer")
    reviewer.get_by_label("Password").fill(PASSWORD)
    reviewer.get_by_role("button", name="Set password and join").click()
    set_up_two_factor(reviewer)
    expect(step(page, checklist, "A second person")).to_contain_text("done")
    return reviewer


def step(page: Page, checklist: str, name: str) -> Any:
    page.goto(checklist)
    return page.locator("ol.checklist > li", has_text=name)


# --- Verification and activation ------------------------------------------------------------------------


def hand_in_verification(page: Page, checklist: str, *, number: str) -> None:
    step(page, checklist, "Verification").get_by_role("link").click()
    page.get_by_role("link", name="Verify the organization").click()
    page.get_by_label("Enterprise").check()
    for label, value in (
        ("Legal name", "Parcels GmbH"),
        ("Registration number", number),
        ("Address", "Beispielstraße 1\n10115 Berlin"),
        ("Contact person", "Rita Register"),
        ("Contact's number", "+49 30 1234567"),
    ):
        page.get_by_label(label, exact=True).fill(value)
    page.set_input_files("input[type=file]", a_paper("licence.png"))
    page.get_by_role("button", name="Hand in for review").click()
    expect(page.locator("main")).to_contain_text("is being reviewed")
    expect(step(page, checklist, "Verification")).to_contain_text("waiting for others")


def open_verification(page: Page, console: Console) -> None:
    page.goto(f"{console.url}/staff/verifications/")
    page.get_by_role("link", name="Parcels GmbH").first.click()
    expect(page.locator("main img")).to_be_visible()


def reject_verification(page: Page, console: Console) -> None:
    open_verification(page, console)
    page.locator(".verdict-reject > summary").click()
    page.get_by_label("Comment").fill("The number is not that of the licence.")
    page.get_by_role("button", name="Reject with these reasons").click()
    expect(page.locator("#toasts")).to_contain_text("Parcels GmbH")


def correct_verification(page: Page, checklist: str) -> None:
    expect(step(page, checklist, "Verification")).to_contain_text("was rejected")
    step(page, checklist, "Verification").get_by_role("link").click()
    expect(page.locator("main")).to_contain_text("The number is not that of the licence.")
    page.get_by_role("link", name="Correct it and hand it in again").click()
    expect(page.get_by_label("Legal name")).to_have_value("Parcels GmbH")
    page.get_by_label("Registration number").fill("HRB 12345 B")
    page.get_by_role("button", name="Hand in for review").click()
    expect(page.locator("main")).to_contain_text("is being reviewed")


def approve_verification(page: Page, console: Console) -> None:
    open_verification(page, console)
    page.get_by_role("button", name="Approve").click()
    page.get_by_role("dialog").get_by_role("button", name="Approve").click()
    expect(page.locator("#toasts")).to_contain_text("Parcels GmbH")


def apply_for(page: Page, checklist: str, region: str) -> None:
    page.goto(checklist.replace("/checklist/", "/verification/"))
    card = page.locator(f"#{region.lower()}")
    card.get_by_role("link", name="Apply for activation").click()
    page.get_by_label("What will be sent, and to whom").fill("Parcel notices to our customers, 500 a day.")
    page.get_by_role("button", name="Apply").click()
    expect(page.locator(f"#{region.lower()}")).to_contain_text("Applied for")


def grant(page: Page, console: Console) -> None:
    page.goto(f"{console.url}/staff/organizations/")
    page.get_by_role("link", name="Parcels GmbH").first.click()
    page.get_by_role("button", name="Grant").click()
    expect(page.get_by_role("button", name="Grant")).to_have_count(0)


def add_project(page: Page, console: Console) -> str:
    """Returns the address that all pages of the project begin with."""
    page.goto(console.url)
    page.get_by_role("link", name="Add project").first.click()
    page.get_by_label("Name").fill("Parcel shop")
    page.locator("main form button.btn-primary").click()
    page.wait_for_url(re.compile(r"/projects/parcel-shop/"))
    return f"{console.url}/projects/parcel-shop"


def add_alarm_contact(page: Page, checklist: str) -> None:
    step(page, checklist, "An alarm contact").get_by_role("link").click()
    page.get_by_role("link", name=re.compile("Add .*contact")).first.click()
    page.get_by_label("Name").fill("Night watch")
    page.get_by_label("E-mail").fill("night@parcels.example")
    page.locator("main form button.btn-primary").click()
    expect(step(page, checklist, "An alarm contact")).to_contain_text("done")


# --- Texts ----------------------------------------------------------------------------------------------


def write_signature(page: Page, project: str) -> None:
    page.goto(f"{project}/signatures/create/")
    page.get_by_label("International").check()
    page.get_by_label("Signature name").fill("ParcelPost")
    page.get_by_label("Type").select_option(label="Website")
    page.get_by_label("Remarks").fill("https://parcelpost.example belongs to us.")
    page.set_input_files("input[type=file]", a_paper("licence.png"))
    page.get_by_role("button", name="Submit for review").click()
    expect(page.get_by_text("Pending approval").first).to_be_visible()


def write_body_template(page: Page, project: str) -> str:
    """Returns the address of its page."""
    page.goto(f"{project}/body-templates/create/")
    page.get_by_label("Template name").fill("Parcel arrived")
    page.get_by_label("International").check()
    page.get_by_label("Text", exact=True).fill("Hello {1}, your parcel to {2} came.")
    page.get_by_label("Scenario description").fill("Sent to customers when their parcel has arrived.")
    page.get_by_role("button", name="Submit for review").click()
    expect(page.get_by_text("Pending approval").first).to_be_visible()
    return page.url


def open_case(page: Page, project: str, title: str) -> None:
    page.goto(f"{project}/reviews/")
    page.get_by_role("link", name=title).first.click()
    expect(page.locator(".verdict")).to_be_visible()


def approve(page: Page, project: str, title: str) -> None:
    open_case(page, project, title)
    with page.expect_navigation():
        page.get_by_role("button", name="Approve").click()
    expect(page.locator("#toasts")).to_contain_text("Approved.")


def reject(page: Page, project: str, title: str) -> None:
    open_case(page, project, title)
    page.locator(".verdict-reject > summary").click()
    page.get_by_label("Comment").last.fill("Say where the parcel waits.")
    page.get_by_role("button", name="Reject with these reasons").click()
    expect(page.locator("#toasts")).to_contain_text("Rejected.")


def correct(page: Page, body_template: str) -> None:
    page.goto(body_template)
    expect(page.locator("main")).to_contain_text("Say where the parcel waits.")
    page.get_by_role("link", name="Correct it").click()
    expect(page.locator("main")).to_contain_text("Say where the parcel waits.")
    page.get_by_label("Text", exact=True).fill("Hello {1}, your parcel to {2} waits at the parcel shop.")
    page.get_by_role("button", name="Submit for review").click()
    expect(page.get_by_text("Pending approval").first).to_be_visible()


# --- Sending --------------------------------------------------------------------------------------------


def send_to_everybody(page: Page, console: Console, project: str, folder: Path) -> None:
    page.goto(f"{project}/campaigns/new/")
    page.get_by_label("Template name").select_option(label="Parcel arrived")
    page.wait_for_url(re.compile(r"/send/"))
    draft = str(UUID(page.url.split("/campaigns/")[1].split("/")[0]))
    with page.expect_response(re.compile(r"/what/$")):
        page.get_by_label("Signature name").select_option(label="[ParcelPost]")
    upload(page, recipients(folder, N_PEOPLE, bad=["12345"], name="customers.csv"))
    expect(page.locator("#step-whom")).to_contain_text("12345")
    type_code(page, console, draft)
    page.locator(".btn-send").click()
    page.wait_for_url(re.compile(rf"/campaigns/\?new={draft}"))
    page.goto(f"{project}/campaigns/{draft}/")
    wait_until_finished(page)
