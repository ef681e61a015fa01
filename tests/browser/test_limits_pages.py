"""Limits, caps, countries and number lists in a real browser: they fit a phone, and assistive software reads them."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import Organization, Role, User
from projects import services
from projects.models import FrequencyRule, ListedNumber, Project
from projects.services import CountryLine
from projects.statuses import CapPeriod, FrequencyDimension, ListingSource, NumberList
from tests.factories import member

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SHOTS = os.environ.get("SHOTS_DIR", "")


@pytest.fixture
def person(organization: Organization) -> User:
    """Every role at once, so that every button shows."""
    return member(organization, *Role, user__name="Ada Admin", may_reveal_numbers=True)


@pytest.fixture
def filled(project: Project, person: User, operator: User) -> Project:
    """A project with something on every page."""
    day = FrequencyDimension.PER_DAY
    services.set_frequency_limit(
        owner=project, dimension=day, is_on=True, n_messages=50, n_seconds=None, seen_at=None, by=person
    )
    services.set_cap(
        project=project,
        scope="domestic",
        period=CapPeriod.MONTH,
        warn_at=80_000,
        cap=100_000,
        seen_at=None,
        by=person,
    )
    caps = {CapPeriod.DAY: (400, 500)}
    services.add_countries(
        project=project,
        lines=[CountryLine("DE", caps), CountryLine("FR"), CountryLine("HK"), CountryLine("US")],
        by=person,
    )
    for number_list in NumberList:
        services.add_numbers(
            project=project,
            number_list=number_list,
            numbers=[
                (f"+86138001380{n:02}", "Tester of the night shift" if n % 3 else "") for n in range(12)
            ],
            source=ListingSource.PERSON,
            by=person,
        )
    ListedNumber.objects.filter(list="whitelist", msisdn="+8613800138001").update(
        expires_at=timezone.now() - timedelta(days=1)
    )
    first = ListedNumber.objects.filter(list="unsubscribed").first()
    services.request_removal(
        listed=first, reason="Came to the shop on Monday and signed up again.", by=operator
    )
    return project


def addresses(project: Project) -> dict[str, str]:
    slug = project.slug
    unsubscribed = ListedNumber.objects.filter(list="unsubscribed").last()
    asked = project.removal_requests.get()
    return {
        "limits": reverse("limits", args=[slug]),
        "limit-edit": reverse("limit-edit", args=[slug, "same_content"]),
        "organization-limits": reverse("organization-limits", args=[project.organization.uuid]),
        "caps": reverse("caps", args=[slug]),
        "cap-edit": reverse("cap-edit", args=[slug, "international", "day"]),
        "countries": reverse("countries", args=[slug]),
        "countries-add": reverse("countries-add", args=[slug]),
        "whitelist": reverse("number-list", args=[slug, "whitelist"]),
        "unsubscribed": reverse("number-list", args=[slug, "unsubscribed"]),
        "numbers-add": reverse("number-list-add", args=[slug, "whitelist"]),
        "removal-list": reverse("removal-list", args=[slug]),
        "removal-request": reverse("removal-request", args=[slug, unsubscribed.uuid]),
        "removal-detail": reverse("removal-detail", args=[slug, asked.uuid]),
        "settings": reverse("project-edit", args=[slug]),
    }


def signed_in(context: BrowserContext, live_server: LiveServer, person: User) -> Page:
    client = Client()
    client.force_login(person)
    cookie = client.cookies["sessionid"].value
    context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
    return context.new_page()


@pytest.mark.parametrize("width", [1440, 360])
def test_every_page_fits_and_is_accessible(
    width: int,
    new_context: Callable[..., BrowserContext],
    live_server: LiveServer,
    person: User,
    filled: Project,
) -> None:
    page = signed_in(new_context(width=width), live_server, person)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    wrong: dict[str, object] = {}
    for name, address in addresses(filled).items():
        page.goto(live_server.url + address)
        if SHOTS:
            page.screenshot(path=Path(SHOTS) / f"{name}-{width}.png", full_page=True)
        overflow = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        results = Axe().run(page).response["violations"]
        serious = [each["id"] for each in results if each["impact"] in ("serious", "critical")]
        if overflow > 0 or serious:
            wrong[name] = (overflow, serious)
    assert wrong == {}
    assert said == []


def test_a_limit_is_changed_in_two_steps_and_a_list_by_pasting(
    new_context: Callable[..., BrowserContext], live_server: LiveServer, person: User, filled: Project
) -> None:
    page = signed_in(new_context(), live_server, person)
    page.goto(live_server.url + reverse("limit-edit", args=[filled.slug, "per_day"]))
    page.get_by_label("Messages at most").fill("20")
    page.get_by_role("button", name="Look at the change").click()
    expect(page.get_by_role("main")).to_contain_text("50 messages a day")
    expect(page.get_by_role("main")).to_contain_text("20 messages a day")
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / "limit-effect-1440.png", full_page=True)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("main")).to_contain_text("20 messages a day")
    assert FrequencyRule.objects.get(project=filled).n_messages == 20

    page.goto(live_server.url + reverse("number-list-add", args=[filled.slug, "blacklist"]))
    page.get_by_label("Numbers").fill("+8613900000001\n8.6138E+12\n+8613900000001\nhello 123")
    page.get_by_role("button", name="Add numbers").click()
    expect(page.get_by_role("main")).to_contain_text("2 lines were not added.")
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / "bad-lines-1440.png", full_page=True)
    assert page.get_by_label("Numbers").input_value() == "8.6138E+12\nhello 123"
    assert ListedNumber.objects.filter(msisdn="+8613900000001").count() == 1
