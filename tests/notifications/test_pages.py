"""The pages: what they show to whom, bad input, stale forms, and how many statements they cost."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.statuses import EntityKind
from notifications.context import bell
from notifications.models import BellEntry, Delivery, Notification, Preference
from notifications.queries import PAGE_SIZE, n_unread
from notifications.statuses import Channel, DeliveryState, Topic
from projects.errors import ProjectsError
from projects.models import AbuseWatch, AlarmContact, Project
from projects.services import has_alarm_contact
from projects.services.contacts import add_alarm_contact, contacts_max
from projects.statuses import AlarmEvent
from tests.people import ClientOf

pytestmark = pytest.mark.django_db

EVENTS = [AlarmEvent.CAP_REACHED.value]


@pytest.fixture
def as_admin(client_of: ClientOf, admin: User) -> Client:
    return client_of(admin)


def news(project: Project, *people: User, n: int = 1, topic: Topic = Topic.LIMITS) -> Notification:
    for _ in range(n):
        notification = Notification.objects.create(
            organization=project.organization,
            project=project,
            kind="cap.reached",
            topic=topic,
            params={"scope": "all", "period": "day", "value": 10, "n": 10},
            path=reverse("campaign-list", args=[project.slug]),
            first_event_at=timezone.now(),
            last_event_at=timezone.now(),
        )
        for person in people:
            BellEntry.objects.create(user=person, notification=notification, topic=topic)
    return notification


def add(client: Client, project: Project, **values: Any) -> Any:
    data = {"name": "Night watch", "email": "night@example.com", "msisdn": "", "events": EVENTS, **values}
    return client.post(reverse("alarm-contact-add", args=[project.slug]), data)


# --- Alarm contacts -------------------------------------------------------------------------------------


def test_a_contact_is_added_and_its_number_read(as_admin: Client, project: Project) -> None:
    assert not has_alarm_contact(project)
    assert add(as_admin, project, msisdn="+86 138-0013-8000").status_code == 302
    contact = AlarmContact.objects.get()
    assert (contact.msisdn, contact.events) == ("+8613800138000", EVENTS)
    assert has_alarm_contact(project)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"name": ""}, "form-error"),
        ({"name": "x" * 81}, "at most 80 characters"),
        ({"name": "Night\u202ewatch"}, "turns the direction of writing around"),
        ({"name": "Night\x00watch"}, "Null characters are not allowed."),
        ({"email": ""}, "Give an e-mail address, a mobile number or both."),
        ({"email": "night"}, "Enter a valid email address."),
        ({"email": "a@example.com\r\nBcc: b@example.com"}, "Enter a valid email address."),
        ({"msisdn": "12"}, "Write the number with its country code"),
        ({"msisdn": "<script>"}, "Write the number with its country code"),
        ({"msisdn": "+86 21 6888 8888"}, "landline"),
        ({"events": []}, "Choose at least one event."),
        ({"events": ["everything"]}, "Select a valid choice."),
    ],
)
def test_bad_input_is_named_and_nothing_typed_is_lost(
    as_admin: Client, project: Project, values: dict[str, Any], words: str
) -> None:
    response = add(as_admin, project, **values)
    assert response.status_code == 422
    assert words in response.content.decode()
    kept = "night@example.com" if "email" not in values else "Night watch"
    assert kept in response.content.decode()
    assert not AlarmContact.objects.exists()


def test_markup_in_a_name_is_shown_as_it_is(as_admin: Client, project: Project) -> None:
    add(as_admin, project, name="<b>Night</b>")
    page = as_admin.get(reverse("alarm-contacts", args=[project.slug])).content.decode()
    assert "&lt;b&gt;Night&lt;/b&gt;" in page


def test_the_sixth_contact_is_refused_by_the_service(as_admin: Client, project: Project) -> None:
    for number in range(5):
        assert add(as_admin, project, name=f"Watch {number}").status_code == 302
    response = add(as_admin, project, name="One too many")
    assert response.status_code == 422
    assert "has its 5 alarm contacts already" in response.content.decode()
    assert "One too many" in response.content.decode()


def test_an_individual_may_have_two(project: Project, admin: User) -> None:
    project.organization.verifications.update(kind=EntityKind.INDIVIDUAL)
    assert contacts_max(project) == 2
    for number in range(2):
        add_alarm_contact(
            project=project, name=f"{number}", msisdn="", email="a@example.com", events=[], by=admin
        )
    with pytest.raises(ProjectsError, match="its 2 alarm contacts"):
        add_alarm_contact(project=project, name="3", msisdn="", email="a@example.com", events=[], by=admin)


def test_a_stale_form_is_answered_with_who_changed_it(
    as_admin: Client, client_of: ClientOf, project: Project, admin: User
) -> None:
    add(as_admin, project)
    contact = AlarmContact.objects.get()
    address = reverse("alarm-contact-edit", args=[project.slug, contact.uuid])
    seen = contact.changed_at.isoformat()
    first = {"name": "First", "email": "night@example.com", "msisdn": "", "events": EVENTS, "seen": seen}
    assert as_admin.post(address, first).status_code == 302
    response = as_admin.post(address, {**first, "name": "Second"})
    assert response.status_code == 409
    assert "Ada Admin changed this at" in response.content.decode()
    assert 'value="Second"' in response.content.decode()
    contact.refresh_from_db()
    assert contact.name == "First"
    # The page has seen the newest state now; saving once more is meant.
    again = response.context["form"].data["seen"]
    assert as_admin.post(address, {**first, "name": "Second", "seen": again}).status_code == 302


def test_numbers_are_whole_for_admins_and_masked_for_others(
    as_admin: Client, client_of: ClientOf, project: Project, operator: User
) -> None:
    add(as_admin, project, msisdn="+8613800138000")
    address = reverse("alarm-contacts", args=[project.slug])
    assert "+8613800138000" in as_admin.get(address).content.decode()
    page = client_of(operator).get(address).content.decode()
    assert "+86 138 **** 8000" in page
    assert "+8613800138000" not in page


def test_what_was_sent_stays_when_its_contact_is_removed(as_admin: Client, project: Project) -> None:
    add(as_admin, project)
    contact = AlarmContact.objects.get()
    Delivery.objects.create(
        notification=news(project),
        channel=Channel.MAIL,
        contact=contact,
        name=contact.name,
        address=contact.email,
        state=DeliveryState.SENT,
    )
    as_admin.post(reverse("alarm-contact-remove", args=[project.slug, contact.uuid]))
    assert not AlarmContact.objects.exists()
    page = as_admin.get(reverse("project-notifications", args=[project.slug])).content.decode()
    assert "night@example.com" in page


def test_a_contact_of_another_project_is_not_found(as_admin: Client, project: Project, admin: User) -> None:
    other = Project.objects.create(organization=project.organization, name="Other", slug="other")
    contact = add_alarm_contact(
        project=other, name="x", msisdn="", email="a@example.com", events=[], by=admin
    )
    address = reverse("alarm-contact-edit", args=[project.slug, contact.uuid])
    assert as_admin.get(address).status_code == 404


# --- The bell -------------------------------------------------------------------------------------------


def test_opening_one_marks_it_read_and_leads_to_its_page(
    as_admin: Client, project: Project, admin: User
) -> None:
    notification = news(project, admin)
    assert n_unread(admin) == 1
    response = as_admin.post(reverse("notification-open", args=[notification.uuid]))
    assert response.url == reverse("campaign-list", args=[project.slug])  # type: ignore[attr-defined]
    assert n_unread(admin) == 0


def test_marking_all_leaves_what_came_since(as_admin: Client, project: Project, admin: User) -> None:
    news(project, admin, n=2)
    newest = BellEntry.objects.latest("pk").pk
    news(project, admin)
    as_admin.post(reverse("notifications-read"), {"newest": newest})
    assert n_unread(admin) == 1


def test_who_left_the_organization_sees_and_counts_nothing_of_it(
    as_admin: Client, project: Project, admin: User
) -> None:
    notification = news(project, admin)
    admin.memberships.all().delete()
    assert n_unread(admin) == 0
    assert "Cap reached" not in as_admin.get(reverse("notifications")).content.decode()
    assert as_admin.post(reverse("notification-open", args=[notification.uuid])).status_code == 404


def test_the_bell_answers_nothing_while_nothing_changed(
    as_admin: Client, project: Project, admin: User
) -> None:
    address = reverse("bell")
    assert as_admin.get(address, {"shown": ""}).status_code == 204
    news(project, admin)
    assert b"1 unread" in as_admin.get(address, {"shown": ""}).content
    assert as_admin.get(address, {"shown": "1"}).status_code == 204


def test_a_hundred_unread_are_called_99_and_more(as_admin: Client, project: Project, admin: User) -> None:
    news(project, admin, n=105)
    assert b"99+" in as_admin.get(reverse("bell")).content


def test_nobody_signed_in_costs_no_statement(django_assert_num_queries: Any) -> None:
    request = RequestFactory().get("/")
    request.user = AnonymousUser()
    with django_assert_num_queries(0):
        assert str(bell(request)["n_unread"]) == ""


def test_mails_are_switched_off_and_on(as_admin: Client, admin: User) -> None:
    as_admin.post(reverse("notification-preference"), {"by_mail": "0"})
    assert not Preference.objects.get(user=admin).by_mail
    as_admin.post(reverse("notification-preference"), {"by_mail": "1"})
    assert Preference.objects.get(user=admin).by_mail


@pytest.mark.parametrize(
    "query", ["?before=x", "?before=1' OR 1=1", "?after=99999999999999999999", "?topic=x"]
)
def test_a_made_up_address_is_no_error(as_admin: Client, project: Project, query: str) -> None:
    assert as_admin.get(reverse("notifications") + query).status_code == 200
    assert as_admin.get(reverse("project-notifications", args=[project.slug]) + query).status_code == 200


def test_pages_follow_each_other_without_a_gap(as_admin: Client, project: Project, admin: User) -> None:
    news(project, admin, n=2 * PAGE_SIZE + 3)
    address, seen = reverse("notifications"), []
    query = ""
    while True:
        response = as_admin.get(address + query)
        seen += [row.entry.pk for row in response.context["rows"]]
        query = response.context["following"]
        if not query:
            break
    assert seen == sorted(BellEntry.objects.values_list("pk", flat=True), reverse=True)


# --- What it costs --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["notifications", "project-notifications", "alarm-contacts"])
def test_the_page_takes_the_same_statements_for_any_number_of_rows(
    as_admin: Client, project: Project, admin: User, name: str
) -> None:
    address = reverse(name, args=[] if name == "notifications" else [project.slug])
    as_admin.get(address)
    counts = []
    for n in (1, 4):
        for number in range(n):
            notification = news(project, admin)
            if AlarmContact.objects.count() < 5:
                contact = add_alarm_contact(
                    project=project, name=f"{number}", msisdn="", email="a@example.com", events=[], by=admin
                )
            Delivery.objects.create(
                notification=notification,
                channel=Channel.MAIL,
                contact=contact,
                name="x",
                address="a@example.com",
            )
        with CaptureQueriesContext(connection) as captured:
            as_admin.get(address)
        counts.append(len(captured))
    assert counts[0] == counts[1]


# --- Security settings ----------------------------------------------------------------------------------


def test_thresholds_are_saved_and_a_stale_form_is_refused(as_admin: Client, project: Project) -> None:
    address = reverse("security-settings", args=[project.slug])
    values = {"is_on": "on", "min_requests": "50", "max_success_percent": "40", "min_growth_percent": "10"}
    assert as_admin.post(address, {**values, "seen": ""}).status_code == 302
    assert AbuseWatch.objects.get(project=project).min_requests == 50
    stale = as_admin.post(address, {**values, "seen": "", "min_requests": "70"})
    assert stale.status_code == 409
    assert 'value="70"' in stale.content.decode()
    assert AbuseWatch.objects.get(project=project).min_requests == 50


@pytest.mark.parametrize("value", ["", "0", "-1", "x", "99999999999"])
def test_a_threshold_that_makes_no_sense_is_refused(as_admin: Client, project: Project, value: str) -> None:
    address = reverse("security-settings", args=[project.slug])
    values = {"min_requests": value, "max_success_percent": "40", "min_growth_percent": "10"}
    assert as_admin.post(address, values).status_code == 422
    assert not AbuseWatch.objects.exists()
