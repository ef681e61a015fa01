"""Writing again to somebody who unsubscribed: asked for with a reason, decided by another person."""

from __future__ import annotations

import pytest
from django.urls import reverse

from accounts.models import Organization, Role, User
from projects import services
from projects.errors import ProjectsError, SettingChanged
from projects.models import ListedNumber, Project, RemovalRequest
from projects.statuses import ListingSource, NumberList, RemovalStatus
from smsconsole.outbox.models import OutboxEvent
from tests.factories import member
from tests.people import ClientOf

pytestmark = pytest.mark.django_db
REASON = "Signed up again in the shop on Monday."


@pytest.fixture
def listed(project: Project) -> ListedNumber:
    return ListedNumber.objects.create(
        project=project,
        list=NumberList.UNSUBSCRIBED,
        msisdn="+8613800138000",
        consent_key="k:marketing",
        source=ListingSource.REPLY,
    )


@pytest.fixture
def asked(listed: ListedNumber, operator: User) -> RemovalRequest:
    return services.request_removal(listed=listed, reason=REASON, by=operator)


def test_the_whole_way(
    client_of: ClientOf, project: Project, listed: ListedNumber, operator: User, reviewer: User
) -> None:
    address = reverse("removal-request", args=[project.slug, listed.uuid])
    response = client_of(operator).post(address, {"reason": REASON})
    asked = RemovalRequest.objects.get()
    assert response.headers["Location"] == reverse("removal-detail", args=[project.slug, asked.uuid])
    assert ListedNumber.objects.exists()
    page = client_of(reviewer).get(response.headers["Location"]).content.decode()
    assert REASON in page
    assert "+86 138 **** 8000" in page
    assert "13800138000" not in page
    client_of(reviewer).post(
        reverse("removal-approve", args=[project.slug, asked.uuid]), {"comment": "Form seen."}
    )
    asked.refresh_from_db()
    assert (asked.status, asked.decided_by, asked.comment) == (RemovalStatus.APPROVED, reviewer, "Form seen.")
    assert not ListedNumber.objects.exists()
    kinds = OutboxEvent.objects.filter(kind__startswith="removal.").order_by("id")
    assert [event.kind for event in kinds] == ["removal.requested", "removal.approved"]
    assert all(event.payload["project"] == str(project.uuid) for event in kinds)
    assert not any("138001" in str(event.payload) for event in kinds)


def test_nobody_decides_what_they_asked_for(
    client_of: ClientOf, project: Project, organization: Organization, listed: ListedNumber
) -> None:
    both = member(organization, Role.OPERATOR, Role.REVIEWER)
    asked = services.request_removal(listed=listed, reason=REASON, by=both)
    page = client_of(both).get(reverse("removal-detail", args=[project.slug, asked.uuid])).content.decode()
    assert "Another reviewer has to decide." in page
    response = client_of(both).post(reverse("removal-approve", args=[project.slug, asked.uuid]))
    assert response.status_code == 422
    assert ListedNumber.objects.exists()


def test_a_refusal_says_why_and_changes_nothing(
    client_of: ClientOf, project: Project, asked: RemovalRequest, reviewer: User
) -> None:
    address = reverse("removal-refuse", args=[project.slug, asked.uuid])
    response = client_of(reviewer).post(address, {"comment": " "})
    assert response.status_code == 422
    assert "Say why" in response.content.decode()
    assert client_of(reviewer).post(address, {"comment": "No proof."}).status_code == 302
    asked.refresh_from_db()
    assert asked.status == RemovalStatus.REFUSED
    assert ListedNumber.objects.exists()


def test_only_the_first_decision_counts(
    client_of: ClientOf, project: Project, asked: RemovalRequest, reviewer: User
) -> None:
    services.refuse_removal(request=asked, comment="No proof.", by=reviewer)
    with pytest.raises(SettingChanged, match="Rolf Reviewer decided this"):
        services.approve_removal(request=asked, comment="", by=reviewer)
    response = client_of(reviewer).post(reverse("removal-approve", args=[project.slug, asked.uuid]))
    assert response.status_code == 409
    assert ListedNumber.objects.exists()


def test_one_request_at_a_time(
    asked: RemovalRequest, listed: ListedNumber, operator: User, reviewer: User
) -> None:
    with pytest.raises(ProjectsError, match="already"):
        services.request_removal(listed=listed, reason=REASON, by=operator)
    services.refuse_removal(request=asked, comment="No proof.", by=reviewer)
    services.request_removal(listed=listed, reason=REASON, by=operator)


@pytest.mark.parametrize(
    ("reason", "words"),
    [("", "Say how"), ("short", "at least 10"), ("a" * 1_001, "1000"), ("a\u202eb" * 9, "U+202E")],
)
def test_a_reason_that_says_nothing_is_refused_and_kept(
    client_of: ClientOf, project: Project, listed: ListedNumber, operator: User, reason: str, words: str
) -> None:
    address = reverse("removal-request", args=[project.slug, listed.uuid])
    response = client_of(operator).post(address, {"reason": reason})
    assert response.status_code == 422
    assert words in response.content.decode()
    assert reason in response.content.decode()
    assert not RemovalRequest.objects.exists()


def test_numbers_of_other_lists_and_projects_have_no_request(
    client_of: ClientOf, project: Project, listed: ListedNumber, operator: User, outsider: User
) -> None:
    listed.list = NumberList.BLACKLIST
    listed.save(update_fields=["list"])
    address = reverse("removal-request", args=[project.slug, listed.uuid])
    assert client_of(operator).get(address).status_code == 404


def test_the_list_filters_by_state(
    client_of: ClientOf, project: Project, asked: RemovalRequest, operator: User
) -> None:
    client = client_of(operator)
    address = reverse("removal-list", args=[project.slug])
    assert "**** 8000" in client.get(address, {"state": "pending"}).content.decode()
    assert "Nothing in this state" in client.get(address, {"state": "approved"}).content.decode()
    assert "**** 8000" in client.get(address, {"state": "<nonsense>"}).content.decode()


def test_markup_in_a_reason_stays_text(
    client_of: ClientOf, project: Project, listed: ListedNumber, operator: User
) -> None:
    asked = services.request_removal(listed=listed, reason="<script>alert(1)</script>", by=operator)
    page = (
        client_of(operator).get(reverse("removal-detail", args=[project.slug, asked.uuid])).content.decode()
    )
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page
