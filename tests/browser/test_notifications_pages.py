"""The bell and alarm contacts in a real browser; how the pages look is tested with all others."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import Organization, Role, User
from projects.models import Project
from tests.browser.scene import fill_notifications
from tests.factories import member

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def person(organization: Organization) -> User:
    return member(organization, *Role, user__name="Ada Admin", user__email="ada@example.com")


@pytest.fixture
def filled(project: Project, person: User) -> Project:
    """Something of everything: arrived, failed, on its way, folded, read and unread."""
    fill_notifications(project, person)
    return project


def signed_in(context: BrowserContext, live_server: LiveServer, person: User) -> Page:
    client = Client()
    client.force_login(person)
    cookie = client.cookies["sessionid"].value
    context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
    return context.new_page()


def test_the_bell_counts_and_empties(
    new_context: Callable[..., BrowserContext], live_server: LiveServer, person: User, filled: Project
) -> None:
    page = signed_in(new_context(), live_server, person)
    page.goto(live_server.url + reverse("notifications"))
    expect(page.get_by_role("link", name="Notifications, 4 unread")).to_be_visible()
    page.get_by_role("button", name="Campaign finished: Autumn sale").click()
    expect(page).to_have_url(live_server.url + reverse("campaign-list", args=[filled.slug]))
    page.get_by_role("link", name="Notifications, 3 unread").click()
    page.get_by_role("button", name="Mark all as read").click()
    expect(page.get_by_role("link", name="Notifications, none unread")).to_be_visible()


def test_a_contact_is_added_and_a_wrong_number_named_at_its_field(
    new_context: Callable[..., BrowserContext], live_server: LiveServer, person: User, project: Project
) -> None:
    page = signed_in(new_context(), live_server, person)
    page.goto(live_server.url + reverse("alarm-contacts", args=[project.slug]))
    page.get_by_role("link", name="Add contact").first.click()
    page.get_by_label("Name").fill("Night watch")
    page.get_by_label("Mobile number").fill("12")
    page.get_by_role("button", name="Add alarm contact").click()
    expect(page.get_by_role("alert")).to_contain_text("Write the number with its country code")
    expect(page.get_by_label("Name")).to_have_value("Night watch")
    page.get_by_label("Mobile number").fill("+86 138 0013 8000")
    page.get_by_role("button", name="Add alarm contact").click()
    expect(page.get_by_role("cell", name="Night watch", exact=True)).to_be_visible()
    expect(page.get_by_text("+8613800138000")).to_be_visible()
