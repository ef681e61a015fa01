from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Organization, Role, User
from projects.models import Project
from templates_app import services
from templates_app.models import AnyRevision, Review, SignatureRevision
from templates_app.statuses import RevisionStatus, SignatureType
from tests.factories import OrganizationFactory, ProjectFactory, member
from tests.people import ClientOf
from tests.templates_app.texts import (
    another_reviewer,
    approved_signature,
    document,
    pending_body_template,
    pending_signature,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser_of_reviewer(client_of: ClientOf, reviewer: User) -> Client:
    return client_of(reviewer)


def address_of(name: str, revision: AnyRevision) -> str:
    return reverse(name, args=[revision.owner.project.slug, revision.uuid])


def seen(revision: AnyRevision) -> dict[str, Any]:
    """What the page of the case posts back: when the text that was looked at had been submitted."""
    assert revision.submitted_at is not None
    return {"seen_at": revision.submitted_at.isoformat()}


def words(response: Any) -> str:
    return " ".join(str(message) for message in response.context["messages"])


def test_an_empty_queue_says_what_belongs_there(browser_of_reviewer: Client, project: Project) -> None:
    page = browser_of_reviewer.get(reverse("review-queue", args=[project.slug])).content.decode()
    assert "Nothing waits for a review" in page


def test_the_queue_opens_the_oldest_case_of_all_projects(
    browser_of_reviewer: Client, project: Project, operator: User
) -> None:
    other = ProjectFactory(organization=project.organization, slug="app")
    oldest = pending_body_template(other, operator)
    pending_signature(project, operator)
    response = browser_of_reviewer.get(reverse("review-queue", args=[project.slug]))
    assert response.url == address_of("review-case", oldest)


def test_a_case_shows_text_findings_certificates_and_the_version_before(
    browser_of_reviewer: Client, project: Project, operator: User
) -> None:
    first = approved_signature(project, operator, documents=[document("licence.png")])
    second = services.edit_signature(
        signature=first.signature, text="Demo Store", type=SignatureType.COMPANY, by=operator
    )
    services.submit_revision(revision=second, by=operator)
    page = browser_of_reviewer.get(address_of("review-case", second)).content.decode()
    for expected in ("[DemoShop]", "[Demo Store]", "licence.png", "Passes all rules", "Olga Operator"):
        assert expected in page
    pending = pending_body_template(project, operator, text="Hello {1} {2}, welcome.")
    page = browser_of_reviewer.get(address_of("review-case", pending)).content.decode()
    assert '<mark class="mark-soft">{1} {2}</mark>' in page


def test_approving_opens_the_next_case(browser_of_reviewer: Client, project: Project, operator: User) -> None:
    first = pending_signature(project, operator)
    second = pending_body_template(project, operator)
    response = browser_of_reviewer.post(address_of("review-approve", first), seen(first))
    assert response.url == address_of("review-case", second)
    response = browser_of_reviewer.post(address_of("review-approve", second), seen(second))
    assert response.url == reverse("review-queue", args=[project.slug])
    assert [review.verdict for review in Review.objects.all()] == ["approved", "approved"]


def test_ones_own_cases_are_passed_over(
    client_of: ClientOf, project: Project, operator: User, organization: Organization
) -> None:
    both = member(organization, Role.OPERATOR, Role.REVIEWER)
    own = pending_signature(project, both)
    other = pending_body_template(project, operator)
    client = client_of(both)
    assert client.get(reverse("review-queue", args=[project.slug])).url == address_of("review-case", other)
    page = client.get(address_of("review-case", own)).content.decode()
    assert "Another reviewer decides" in page
    assert address_of("review-approve", own) not in page
    response = client.post(address_of("review-approve", own), seen(own), follow=True)
    assert "Nobody reviews their own" in words(response)
    own.refresh_from_db()
    assert own.status == RevisionStatus.PENDING


def test_rejecting_joins_preset_reasons_and_comment(
    browser_of_reviewer: Client, project: Project, operator: User
) -> None:
    revision = pending_signature(project, operator)
    fields = {**seen(revision), "presets": ["neutral", "mismatch"], "comment": "Use the shop's name."}
    browser_of_reviewer.post(address_of("review-reject", revision), fields)
    review = Review.objects.get()
    assert review.comment.splitlines() == [
        "The signature does not say who is writing.",
        "The certificate does not match the name or the type of the signature.",
        "Use the shop's name.",
    ]
    revision.refresh_from_db()
    assert revision.status == RevisionStatus.REJECTED


def test_the_author_reads_the_reasons(
    client_of: ClientOf, project: Project, operator: User, reviewer: User
) -> None:
    revision = pending_signature(project, operator)
    services.reject_revision(revision=revision, by=reviewer, comment="Use the shop's name.")
    page = client_of(operator).get(reverse("signature-detail", args=[project.slug, revision.signature.uuid]))
    assert "Use the shop&#x27;s name." in page.content.decode()


def test_rejecting_without_a_reason_is_refused_at_the_field_that_stays_open(
    browser_of_reviewer: Client, project: Project, operator: User
) -> None:
    revision = pending_signature(project, operator)
    response = browser_of_reviewer.post(address_of("review-reject", revision), seen(revision))
    assert "Give the reason" in str(response.context["form"].errors["comment"])
    assert '<details class="verdict-reject" open>' in response.content.decode()
    assert not Review.objects.exists()


@pytest.mark.parametrize("fields", [{}, {"seen_at": "yesterday"}, {"presets": ["no such"]}])
def test_a_senseless_verdict_shows_the_case_again(
    browser_of_reviewer: Client, project: Project, operator: User, fields: dict[str, Any]
) -> None:
    revision = pending_signature(project, operator)
    response = browser_of_reviewer.post(address_of("review-approve", revision), fields)
    assert response.context["form"].errors
    assert not Review.objects.exists()


@pytest.mark.parametrize("name", ["review-approve", "review-reject"])
def test_the_second_reviewer_is_told_who_was_first(
    client_of: ClientOf, project: Project, operator: User, reviewer: User, name: str
) -> None:
    revision = pending_signature(project, operator)
    fields = {**seen(revision), "comment": "No."}
    services.approve_revision(revision=revision, by=reviewer)
    response = client_of(another_reviewer(project)).post(address_of(name, revision), fields, follow=True)
    assert "Rolf Reviewer has decided already: Approved" in words(response)
    assert response.request["PATH_INFO"] == reverse(
        "signature-detail", args=[project.slug, revision.signature.uuid]
    )
    assert Review.objects.count() == 1


def test_a_text_submitted_anew_since_is_not_approved(
    browser_of_reviewer: Client, project: Project, operator: User
) -> None:
    revision = pending_signature(project, operator)
    fields = seen(revision)
    services.withdraw_revision(revision=revision, by=operator)
    services.edit_signature(
        signature=revision.signature, text="Evil Shop", type=SignatureType.COMPANY, by=operator
    )
    services.submit_revision(revision=revision, by=operator)
    response = browser_of_reviewer.post(address_of("review-approve", revision), fields, follow=True)
    assert "may have changed" in words(response)
    assert SignatureRevision.objects.get().status == RevisionStatus.PENDING


@pytest.mark.parametrize("name", ["review-approve", "review-reject"])
def test_verdicts_reject_get(
    browser_of_reviewer: Client, project: Project, operator: User, name: str
) -> None:
    assert browser_of_reviewer.get(address_of(name, pending_signature(project, operator))).status_code == 405


def test_a_case_is_found_in_its_own_project_only(
    browser_of_reviewer: Client, project: Project, operator: User
) -> None:
    other = ProjectFactory(organization=project.organization, slug="app")
    revision = pending_signature(project, operator)
    assert (
        browser_of_reviewer.get(reverse("review-case", args=[other.slug, revision.uuid])).status_code == 404
    )


def test_another_organizations_cases_never_appear(
    browser_of_reviewer: Client, project: Project, operator: User
) -> None:
    elsewhere = ProjectFactory(organization=OrganizationFactory(), slug="elsewhere")
    foreign = pending_signature(elsewhere, member(elsewhere.organization, Role.OPERATOR), text="Secret Brand")
    own = pending_signature(project, operator)
    page = browser_of_reviewer.get(address_of("review-case", own)).content.decode()
    assert "Secret Brand" not in page
    assert browser_of_reviewer.get(address_of("review-case", foreign)).status_code == 404
    assert browser_of_reviewer.post(address_of("review-approve", foreign), seen(foreign)).status_code == 404
    foreign.refresh_from_db()
    assert foreign.status == RevisionStatus.PENDING
