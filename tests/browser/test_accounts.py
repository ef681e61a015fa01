"""Signing in, the second factor, sessions, registration and invitations in a real browser, with the CSP in force."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core import mail
from django.urls import reverse
from playwright.sync_api import BrowserContext, Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from accounts.models import Organization, User
from tests.accounts.codes import code_for, code_of, give_two_factor
from tests.browser.album import Album
from tests.factories import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

At = Callable[..., str]


@pytest.fixture
def at(live_server: LiveServer) -> At:
    return lambda name, *arguments: live_server.url + reverse(name, args=arguments)


@pytest.fixture
def album() -> Iterator[Album]:
    album = Album()
    yield album
    assert album.faults == []


@pytest.fixture
def watched(page: Page, album: Album) -> Page:
    return album.watch(page)


def sign_in(page: Page, at: At, user: User) -> None:
    page.goto(at("sign-in"))
    page.get_by_label("E-mail").fill(user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def look(album: Album, page: Page, name: str) -> None:
    """At both widths, and by the rules of accessibility."""
    album.take(page, f"account-{name}")
    serious = [
        (violation["id"], [node["html"] for node in violation["nodes"]][:3])
        for violation in Axe().run(page).response["violations"]
        if violation["impact"] in ("serious", "critical")
    ]
    assert serious == [], name


def test_an_admin_sets_up_the_second_factor_and_lives_with_it(
    watched: Page, at: At, album: Album, admin: User, operator: User, organization: Organization
) -> None:
    page = watched
    Organization.objects.update(requires_two_factor=True)
    sign_in(page, at, admin)
    expect(page.get_by_role("heading", name="Set up two-factor")).to_be_visible()
    look(album, page, "two-factor-set-up")
    secret = re.sub("[^A-Z2-7]", "", page.locator(".copyable").first.inner_text())
    page.get_by_label("Code").fill("000000")
    page.get_by_role("button", name="Switch two-factor on").click()
    expect(page.get_by_text("This code is not right")).to_be_visible()
    look(album, page, "two-factor-set-up-error")
    page.get_by_label("Code").fill(code_for(secret))
    page.get_by_role("button", name="Switch two-factor on").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    look(album, page, "recovery-codes")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download as text").click()
    assert len(re.findall(r"^\d{8}$", download.value.path().read_text(), re.MULTILINE)) == 10
    page.get_by_role("link", name="I have kept them").click()
    expect(page).to_have_url(at("project-list"))
    for name, address in (
        ("page", at("account")),
        ("two-factor", at("mfa_index")),
        ("sessions", at("usersessions_list")),
        ("password", at("password-change")),
        ("members", at("member-list", organization.uuid)),
        ("member", at("member-edit", organization.uuid, operator.memberships.get().uuid)),
        ("invite", at("member-add", organization.uuid)),
    ):
        page.goto(address)
        look(album, page, name)
    page.get_by_label("E-mail").fill("nina@example.com")
    page.get_by_role("button", name="Invite").click()
    look(album, page, "invite-error")
    page.get_by_label("Reviewer").check()
    page.get_by_role("button", name="Invite").click()
    look(album, page, "invitation-link")
    page.goto(at("member-list", organization.uuid))
    look(album, page, "members-invited")


def test_signing_in_with_a_code(watched: Page, at: At, album: Album, operator: User) -> None:
    page = watched
    give_two_factor(operator)
    sign_in(page, at, operator)
    look(album, page, "sign-in-code")
    page.get_by_label("Code").fill("000000")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_text("This code is not right")).to_be_visible()
    look(album, page, "sign-in-code-error")
    page.get_by_label("Code").fill(code_of(operator))
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page).to_have_url(at("project-list"))
    page.goto(at("mfa_generate_recovery_codes"))
    look(album, page, "confirm")
    page.get_by_role("link", name="Use a code instead").click()
    look(album, page, "confirm-code")
    page.get_by_role("link", name="Use your password instead").click()
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()
    look(album, page, "recovery-codes-new")
    page.goto(at("mfa_deactivate_totp"))
    look(album, page, "two-factor-off")


def test_the_lock_out_says_until_when(watched: Page, at: At, album: Album, operator: User) -> None:
    page = watched
    page.goto(at("sign-in"))
    for _n in range(5):
        page.get_by_label("E-mail").fill(operator.email)
        page.get_by_label("Password").fill("wrong")
        page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Locked for a while")).to_be_visible()
    look(album, page, "locked-out")


def test_registering_and_joining(
    watched: Page,
    at: At,
    album: Album,
    admin: User,
    settings: Settings,
    live_server: LiveServer,
    new_context: Callable[..., BrowserContext],
    organization: Organization,
) -> None:
    settings.REGISTRATION_OPEN, settings.EMAIL_URL = True, "set"
    page = watched
    page.goto(at("sign-in"))
    page.get_by_role("link", name="Register an organization").click()
    look(album, page, "register")
    page.get_by_label("E-mail").fill("rita@example.com")
    page.get_by_role("button", name="Send the link").click()
    look(album, page, "register-sent")
    page.goto(link_of(mail.outbox[-1].body))
    page.get_by_label("Your name").fill("Rita Register")
    page.get_by_label("Organization").fill("Register GmbH")
    page.get_by_label("Password").fill("short")
    page.get_by_role("button", name="Register").click()
    expect(page.get_by_label("Organization")).to_have_value("Register GmbH")
    look(album, page, "register-complete-error")
    page.get_by_label("Password").fill("a fresh long password")
    page.get_by_role("button", name="Register").click()
    expect(page.get_by_role("heading", name="Set up two-factor")).to_be_visible()
    inviting = new_context().new_page()
    sign_in(inviting, at, admin)
    inviting.goto(at("member-add", organization.uuid))
    inviting.get_by_label("E-mail").fill("nina@example.com")
    inviting.get_by_label("Operator").check()
    inviting.get_by_role("button", name="Invite").click()
    expect(inviting.get_by_role("heading", name="Invitation of nina@example.com")).to_be_visible()
    invited = album.watch(new_context().new_page())
    invited.goto(link_of(mail.outbox[-1].body))
    look(album, invited, "invitation")
    invited.get_by_label("Your name").fill("Nina New")
    invited.get_by_label("Password").fill("a fresh long password")
    invited.get_by_role("button", name="Set password and join").click()
    expect(invited).to_have_url(at("project-list"))
    invited.goto(at("email-change"))
    invited.get_by_label("Your password").fill("a fresh long password")
    invited.get_by_role("button", name="Continue").click()
    look(album, invited, "email-change")


def link_of(body: str) -> str:
    found = re.search(r"http://\S+", body)
    assert found
    return found[0]
