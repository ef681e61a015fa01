"""A reviewer works through the queue with the keyboard, in a real browser; and without JavaScript all the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from playwright.sync_api import BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from projects.models import Project
from smsconsole.lib.types import Region
from templates_app import services
from templates_app.models import AnyRevision, Review, ReviewClaim
from templates_app.statuses import SignatureType
from tests.browser.album import Album
from tests.templates_app.texts import (
    another_reviewer,
    approved_signature,
    document,
    pending_body_template,
    pending_signature,
    scanned,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def certificate_folder(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def signed_in(live_server: LiveServer, new_context: Callable[..., BrowserContext]) -> Callable[..., Page]:
    """A page of somebody, signed in, with the console's address before every path."""

    def open_page(user: User, *, scripts: bool = True) -> Page:
        client = Client()
        client.force_login(user)
        browser = new_context().browser
        assert browser is not None
        context = browser.new_context(
            base_url=live_server.url, java_script_enabled=scripts, viewport={"width": 1440, "height": 900}
        )
        cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
        return context.new_page()

    return open_page


@pytest.fixture
def cases(project: Project, operator: User) -> list[AnyRevision]:
    """A corrected signature with certificates, a text that changed, and a third thing."""
    first = approved_signature(project, operator, documents=[document("business licence.png"), scanned()])
    second = services.edit_signature(
        signature=first.signature,
        text="Demo Store",
        type=SignatureType.COMPANY,
        remarks="The name of our shop in town.",
        by=operator,
    )
    services.submit_revision(revision=second, by=operator)
    body = pending_body_template(project, operator, text="Hello {1} {2}, your order is on its way.")
    third = pending_signature(
        project, operator, text="演示商城", region=Region.DOMESTIC, documents=[document()]
    )
    return [second, body, third]


def case_path(revision: AnyRevision) -> str:
    return reverse("review-case", args=[revision.owner.project.slug, revision.uuid])


def test_a_reviewer_decides_with_the_keyboard_alone(
    signed_in: Callable[..., Page], project: Project, reviewer: User, cases: list[AnyRevision]
) -> None:
    first, second, third = cases
    album = Album()
    page = album.watch(signed_in(reviewer))
    page.goto(reverse("review-queue", args=[project.slug]))
    album.take(page, "review-queue-list")
    page.keyboard.press("j")
    page.wait_for_url(f"**{case_path(first)}*")
    album.take(page, "review-case-signature")
    page.keyboard.press("j")
    page.wait_for_url(f"**{case_path(second)}*")
    album.take(page, "review-case-body-template")
    page.keyboard.press("k")
    page.wait_for_url(f"**{case_path(first)}*")
    approve = page.get_by_role("button", name="Approve")
    page.keyboard.press("a")
    expect(page.get_by_role("button", name="Press a again to approve")).to_be_focused()
    # Any other key: it was a slip.
    page.keyboard.press("x")
    expect(approve).to_be_visible()
    assert not Review.objects.filter(signature_revision=first.pk).exists()
    page.keyboard.press("a")
    page.keyboard.press("a")
    page.wait_for_url(f"**{case_path(second)}*")
    expect(page.locator("#toasts")).to_contain_text("Approved.")
    page.keyboard.press("r")
    page.get_by_label("Comment").last.fill("Say which order. a j k r")
    album.take(page, "review-case-reject")
    page.get_by_role("button", name="Reject with these reasons").click()
    page.wait_for_url(f"**{case_path(third)}*")
    expect(page.locator("#toasts")).to_contain_text("Rejected.")
    assert Review.objects.get(body_template_revision=second.pk).comment == "Say which order. a j k r"
    assert album.faults == []


def test_a_lost_claim_shows_on_the_page_that_is_still_open(
    signed_in: Callable[..., Page], reviewer: User, project: Project, cases: list[AnyRevision]
) -> None:
    album = Album()
    page = album.watch(signed_in(reviewer))
    page.goto(case_path(cases[0]))
    expect(page.locator("#claim")).to_contain_text("It is with you")
    other = another_reviewer(project)
    services.take_over_revision(revision=cases[0], by=other)
    page.evaluate("htmx.trigger('#claim', 'refresh')")
    expect(page.locator("#claim")).to_contain_text(f"{other} is looking at this case.")
    album.take(page, "review-case-taken")
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing is decided")
    album.take(page, "review-case-conflict")
    page.get_by_role("button", name="Take over").click()
    expect(page.locator("#claim")).to_contain_text("It is with you")
    assert ReviewClaim.objects.get().holder == reviewer
    assert album.faults == []


def test_single_keys_can_be_switched_off(
    signed_in: Callable[..., Page], reviewer: User, cases: list[AnyRevision]
) -> None:
    page = signed_in(reviewer)
    page.goto(case_path(cases[0]))
    page.evaluate("localStorage.setItem('keys', 'off')")
    page.keyboard.press("a")
    page.keyboard.press("a")
    page.keyboard.press("r")
    expect(page.get_by_role("button", name="Approve")).to_be_visible()
    expect(page.locator(".verdict-reject")).not_to_have_attribute("open", "")
    cases[0].refresh_from_db()
    assert cases[0].status == "pending"


def test_without_javascript_a_case_is_decided_all_the_same(
    signed_in: Callable[..., Page], reviewer: User, cases: list[AnyRevision]
) -> None:
    page = signed_in(reviewer, scripts=False)
    page.goto(case_path(cases[0]))
    page.get_by_role("button", name="Approve").click()
    page.wait_for_url(f"**{case_path(cases[1])}*")
    page.locator(".verdict-reject > summary").click()
    page.locator(".verdict-reject input[type=checkbox]").first.check()
    page.get_by_role("button", name="Reject with these reasons").click()
    page.wait_for_url(f"**{case_path(cases[2])}*")
    assert Review.objects.get(body_template_revision=cases[1].pk).presets


def test_the_author_corrects_what_was_rejected_beside_the_reasons(
    signed_in: Callable[..., Page], operator: User, reviewer: User, cases: list[AnyRevision]
) -> None:
    album = Album()
    services.reject_revision(revision=cases[0], by=reviewer, comment="The licence names another company.")
    page = album.watch(signed_in(operator))
    signature = cases[0].owner
    page.goto(reverse("signature-detail", args=[signature.project.slug, signature.uuid]))
    album.take(page, "signature-rejected")
    page.get_by_role("link", name="Correct it").click()
    expect(page.get_by_text("The licence names another company.")).to_be_visible()
    expect(page.get_by_label("Signature name")).to_have_value("Demo Store")
    album.take(page, "signature-correct")
    assert album.faults == []
