"""No page has a serious finding by the rules of accessibility, in the light and, where colours are new, in the dark."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from tests.browser.gallery import Who, gallery, page_of
from tests.browser.scene import make_scene

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.timeout(600)]

# Colours are the same wherever a part is used: so many pages show all of them in the dark.
ALSO_IN_THE_DARK = {
    "account",
    "alarm-contacts",
    "api-reference",
    "audit-entry",
    "body-template-create-error",
    "callback-detail-retried",
    "callbacks",
    "campaign-list-stopped",
    "campaign-numbers",
    "campaign-send",
    "caps",
    "limits",
    "member-list",
    "message-detail-failed",
    "notifications",
    "number-why-answer",
    "organization-checklist-new",
    "organization-standing-rejected",
    "program-keys",
    "project-notifications",
    "review-case-body_template",
    "review-queue",
    "review-case-reject",
    "security-settings",
    "sending-stop",
    "sign-in-error",
    "signature-debugger-compared",
    "staff-gateway",
    "staff-gateway-list",
    "staff-gateway-templates",
    "staff-route-list-answer",
    "staff-organization",
    "staff-verification",
    "uncertain-list-campaign",
}


@pytest.fixture(autouse=True)
def open_to_all(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path
    settings.HOME_COUNTRY = "CN"
    settings.REGISTRATION_OPEN, settings.EMAIL_URL = True, "set"


def test_no_page_has_a_serious_finding(
    live_server: LiveServer, new_context: Callable[..., BrowserContext]
) -> None:
    pages = gallery(make_scene())
    people = {who: page_of(who, new_context, live_server.url) for who in Who}
    for page in people.values():
        # Colours that are still on their way would be measured.
        page.emulate_media(reduced_motion="reduce")
    found: dict[str, list[str]] = {}
    for shown in pages:
        page = people[shown.who]
        page.goto(live_server.url + shown.address)
        if shown.act is not None:
            shown.act(page)
        found[shown.title] = serious_findings(page)
        if shown.title in ALSO_IN_THE_DARK:
            page.emulate_media(color_scheme="dark")
            found[f"{shown.title} in the dark"] = serious_findings(page)
            page.emulate_media(color_scheme="light")
    wrong = [f"{title}: {finding}" for title, findings in found.items() for finding in findings]
    assert not wrong, "\n".join(wrong)
    assert {shown.title for shown in pages} >= ALSO_IN_THE_DARK


def serious_findings(page: Page) -> list[str]:
    violations = Axe().run(page).response["violations"]
    return [
        f"{violation['id']}: {node['html'][:160]}"
        for violation in violations
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"][:3]
    ]
