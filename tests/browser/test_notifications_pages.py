"""The bell, alarm contacts, the log of notifications and the security settings in a real browser."""

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
from delivery.models import HourCount
from delivery.statuses import MessageStatus
from notifications.models import AbuseAlarm, BellEntry, Delivery, Notification
from notifications.statuses import Channel, DeliveryState, Topic
from projects.models import AlarmContact, Project
from projects.services.contacts import add_alarm_contact
from projects.statuses import AlarmEvent
from tests.factories import member

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SHOTS = os.environ.get("SHOTS_DIR", "")


@pytest.fixture
def person(organization: Organization) -> User:
    return member(organization, *Role, user__name="Ada Admin", user__email="ada@example.com")


def contact(project: Project, person: User, name: str = "Night watch", **fields: str) -> AlarmContact:
    values = {"msisdn": "+8613800138000", "email": "night@example.com", **fields}
    events = [AlarmEvent.CAP_REACHED, AlarmEvent.GATEWAY_DOWN, AlarmEvent.ABUSE]
    return add_alarm_contact(project=project, name=name, events=events, by=person, **values)


def news(project: Project, person: User, kind: str, topic: Topic, **params: object) -> Notification:
    at = timezone.now() - timedelta(minutes=7 * (Notification.objects.count() + 1))
    notification = Notification.objects.create(
        organization=project.organization,
        project=project,
        kind=kind,
        topic=topic,
        params=params,
        path=reverse("campaign-list", args=[project.slug]),
        first_event_at=at,
        last_event_at=at,
    )
    BellEntry.objects.create(user=person, notification=notification, topic=topic)
    return notification


@pytest.fixture
def filled(project: Project, person: User) -> Project:
    """Something of everything: arrived, failed, on its way, folded, read and unread."""
    watch, office = contact(project, person), contact(project, person, "Office in Berlin", msisdn="")
    news(project, person, "campaign.finished", Topic.CAMPAIGNS, name="Autumn sale")
    rejected = news(project, person, "signature.rejected", Topic.REVIEWS, name="DemoShop", by="Rolf Reviewer")
    BellEntry.objects.filter(notification=rejected).update(read_at=timezone.now())
    folded = news(project, person, "limits.hit", Topic.LIMITS, n=37, rule=["per_day", "same_content"])
    Notification.objects.filter(pk=folded.pk).update(
        n_events=12, first_event_at=timezone.now() - timedelta(hours=1)
    )
    waiting = news(project, person, "cap.warning", Topic.LIMITS, scope="DE", period="day", value=400, n=400)
    Notification.objects.filter(pk=waiting.pk).update(collects_until=timezone.now() + timedelta(minutes=20))
    reached = news(
        project, person, "cap.reached", Topic.LIMITS, scope="all", period="month", value=1000, n=1000
    )
    outcomes = [
        (Channel.MAIL, watch, DeliveryState.SENT, ""),
        (Channel.SMS, watch, DeliveryState.FAILED, "The phone is switched off or suspended"),
        (Channel.MAIL, office, DeliveryState.WAITING, "The mail server refused the connection."),
    ]
    for channel, whom, state, error in outcomes:
        Delivery.objects.create(
            notification=reached,
            channel=channel,
            contact=whom,
            name=whom.name,
            address=whom.email if channel == Channel.MAIL else whom.msisdn,
            state=state,
            error=error,
            n_attempts=1,
            next_try_at=timezone.now() if state == DeliveryState.WAITING else None,
            settled_at=None if state == DeliveryState.WAITING else timezone.now(),
        )
    hour = timezone.now().replace(minute=0, second=0, microsecond=0)
    counts = [(0, 0, 900), (0, 3, 120), (0, 4, 640), (1, 0, 80), (1, 3, 76), (24, 0, 60), (25, 0, 75)]
    for back, status, n in counts:
        HourCount.objects.create(
            project_id=project.pk,
            hour=hour - timedelta(hours=back),
            kind="verification",
            status=MessageStatus(status),
            n=n,
        )
    AbuseAlarm.objects.create(project=project, hour=hour)
    return project


def signed_in(context: BrowserContext, live_server: LiveServer, person: User) -> Page:
    client = Client()
    client.force_login(person)
    cookie = client.cookies["sessionid"].value
    context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
    return context.new_page()


def addresses(project: Project) -> dict[str, str]:
    empty = Project.objects.create(organization=project.organization, name="Empty shop", slug="empty")
    slug = project.slug
    return {
        "notifications": reverse("notifications"),
        "notifications-none": reverse("notifications") + "?topic=organization",
        "project-notifications": reverse("project-notifications", args=[slug]),
        "alarm-contacts": reverse("alarm-contacts", args=[slug]),
        "alarm-contact-add": reverse("alarm-contact-add", args=[slug]),
        "security-settings": reverse("security-settings", args=[slug]),
        "alarm-contacts-empty": reverse("alarm-contacts", args=[empty.slug]),
        "project-notifications-empty": reverse("project-notifications", args=[empty.slug]),
        "security-settings-empty": reverse("security-settings", args=[empty.slug]),
    }


@pytest.mark.parametrize("look", ["light-1440", "light-360", "dark-1440"])
def test_every_page_fits_and_is_accessible(
    look: str,
    new_context: Callable[..., BrowserContext],
    live_server: LiveServer,
    person: User,
    filled: Project,
) -> None:
    theme, width = look.split("-")
    page = signed_in(new_context(width=int(width)), live_server, person)
    page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    wrong: dict[str, object] = {}
    for name, address in addresses(filled).items():
        page.goto(live_server.url + address)
        if SHOTS:
            page.screenshot(path=Path(SHOTS) / f"{name}-{look}.png", full_page=True)
        overflow = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        results = Axe().run(page).response["violations"]
        serious = [each["id"] for each in results if each["impact"] in ("serious", "critical")]
        if overflow > 0 or serious:
            wrong[name] = (overflow, serious)
    assert wrong == {}
    assert said == []


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
