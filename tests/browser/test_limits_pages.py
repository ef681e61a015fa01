"""Changing limits and number lists in a real browser; how the pages look is tested with all others."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import Organization, Role, User
from projects.models import FrequencyRule, ListedNumber, Project
from tests.browser.scene import fill_limits
from tests.factories import member

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def person(organization: Organization) -> User:
    """Every role at once, so that every button shows."""
    return member(organization, *Role, user__name="Ada Admin", may_reveal_numbers=True)


@pytest.fixture
def filled(project: Project, person: User, operator: User) -> Project:
    """A project with something on every page."""
    fill_limits(project, person, operator)
    return project


def signed_in(context: BrowserContext, live_server: LiveServer, person: User) -> Page:
    client = Client()
    client.force_login(person)
    cookie = client.cookies["sessionid"].value
    context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
    return context.new_page()


def test_a_limit_is_changed_in_two_steps_and_a_list_by_pasting(
    new_context: Callable[..., BrowserContext], live_server: LiveServer, person: User, filled: Project
) -> None:
    page = signed_in(new_context(), live_server, person)
    page.goto(live_server.url + reverse("limit-edit", args=[filled.slug, "per_day"]))
    page.get_by_label("Messages at most").fill("20")
    page.get_by_role("button", name="Look at the change").click()
    expect(page.get_by_role("main")).to_contain_text("50 messages a day")
    expect(page.get_by_role("main")).to_contain_text("20 messages a day")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("main")).to_contain_text("20 messages a day")
    assert FrequencyRule.objects.get(project=filled).n_messages == 20

    page.goto(live_server.url + reverse("number-list-add", args=[filled.slug, "blacklist"]))
    page.get_by_label("Numbers").fill("+8613900000001\n8.6138E+12\n+8613900000001\nhello 123")
    page.get_by_role("button", name="Add numbers").click()
    expect(page.get_by_role("main")).to_contain_text("2 lines were not added.")
    assert page.get_by_label("Numbers").input_value() == "8.6138E+12\nhello 123"
    assert ListedNumber.objects.filter(msisdn="+8613900000001").count() == 1
