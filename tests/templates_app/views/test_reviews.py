from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Organization, Role, User
from projects.models import Project, RemovalRequest
from smsconsole.lib.types import Region
from templates_app import presets, services
from templates_app.models import AnyRevision, Review, ReviewClaim, SignatureRevision
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

QUEUE_STATEMENTS_MAX = 30


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


def test_the_queue_lists_its_project_and_leads_to_the_oldest(
    browser_of_reviewer: Client, project: Project, operator: User
) -> None:
    other = ProjectFactory(organization=project.organization, slug="app")
    elsewhere = pending_body_template(other, operator)
    oldest = pending_signature(project, operator)
    pending_body_template(project, operator)
    response = browser_of_reviewer.get(reverse("review-queue", args=[project.slug]))
    page = response.content.decode()
    assert response.context["next_case"].revision == oldest
    assert address_of("review-case", oldest) in page
    assert address_of("review-case", elsewhere) not in page
    assert not ReviewClaim.objects.exists()


def test_the_organizations_queue_lists_all_its_projects(
    browser_of_reviewer: Client, project: Project, operator: User
) -> None:
    other = ProjectFactory(organization=project.organization, slug="app", name="App")
    oldest = pending_body_template(other, operator)
    second = pending_signature(project, operator)
    address = reverse("organization-review-queue", args=[project.organization.uuid])
    response = browser_of_reviewer.get(address)
    assert [case.revision for case in response.context["page"].cases] == [oldest, second]
    case = address_of("review-case", oldest) + "?queue=organization"
    assert case in response.content.decode()
    # The next one opens in the same queue, in another project.
    response = browser_of_reviewer.post(
        address_of("review-approve", oldest) + "?queue=organization", seen(oldest)
    )
    assert response.url == address_of("review-case", second) + "?queue=organization"


def test_the_queue_is_filtered_and_foolish_filters_are_ignored(
    browser_of_reviewer: Client, project: Project, operator: User
) -> None:
    home = pending_signature(
        project, operator, text="演示商城", region=Region.DOMESTIC, documents=[document()]
    )
    body = pending_body_template(project, operator)
    address = reverse("review-queue", args=[project.slug])

    def found(**query: str) -> list[AnyRevision]:
        return [case.revision for case in browser_of_reviewer.get(address, query).context["page"].cases]

    assert found(noun="signature") == found(region="domestic") == [home]
    assert found(noun="body_template", region="international") == [body]
    assert found(noun="body_template", region="domestic") == []
    foolish = {"noun": "'; DROP", "region": "moon", "after": "99999999999999999999-x", "queue": "all"}
    assert found(**foolish) == [home, body]
    page = browser_of_reviewer.get(address, {"noun": "sender_id"}).content.decode()
    assert "Nothing of this kind waits" in page


def test_an_overdue_case_says_so_in_words(
    browser_of_reviewer: Client, project: Project, operator: User
) -> None:
    # Friday noon in Shanghai; two working hours later it is 14:00.
    with time_machine.travel(datetime(2026, 11, 20, 4, 0, tzinfo=UTC), tick=False):
        pending_body_template(project, operator)
    address = reverse("review-queue", args=[project.slug])
    with time_machine.travel(datetime(2026, 11, 20, 5, 59, tzinfo=UTC)):
        page = browser_of_reviewer.get(address).content.decode()
        assert "due today at 14:00" in page
        assert "Overdue" not in page
    with time_machine.travel(datetime(2026, 11, 20, 6, 1, tzinfo=UTC)):
        page = browser_of_reviewer.get(address).content.decode()
        assert "Overdue" in page
        assert "#alert-triangle" in page


def test_the_author_reads_when_the_answer_is_due(
    client_of: ClientOf, project: Project, operator: User, reviewer: User
) -> None:
    with time_machine.travel(datetime(2026, 11, 20, 4, 20, tzinfo=UTC)):
        revision = pending_signature(project, operator)
        address = reverse("signature-detail", args=[project.slug, revision.signature.uuid])
        assert "Answer due today at 16:20." in client_of(operator).get(address).content.decode()


def test_an_organization_with_one_person_is_told_how_to_get_a_second(
    client_of: ClientOf, organization: Organization, project: Project
) -> None:
    alone = member(organization, Role.OPERATOR, Role.REVIEWER)
    revision = pending_signature(project, alone)
    client = client_of(alone)
    for address in (
        reverse("signature-detail", args=[project.slug, revision.signature.uuid]),
        reverse("review-queue", args=[project.slug]),
        address_of("review-case", revision),
    ):
        page = client.get(address).content.decode()
        assert "a second person has to" in page
        assert reverse("member-list", args=[organization.uuid]) in page
    member(organization, Role.REVIEWER)
    assert "a second person has to" not in client.get(address).content.decode()


def test_the_queue_leads_to_requests_of_other_lists(
    browser_of_reviewer: Client, project: Project, operator: User
) -> None:
    RemovalRequest.objects.create(
        project=project,
        msisdn="+4915100000001",
        unsubscribed_at=timezone.now(),
        reason="They asked us to write again.",
        requested_by=operator,
    )
    elsewhere = ProjectFactory(organization=OrganizationFactory(), name="Elsewhere")
    RemovalRequest.objects.create(
        project=elsewhere,
        msisdn="+4915100000002",
        unsubscribed_at=timezone.now(),
        reason="They asked us to write again.",
        requested_by=operator,
    )
    for address in (
        reverse("review-queue", args=[project.slug]),
        reverse("organization-review-queue", args=[project.organization.uuid]),
    ):
        page = browser_of_reviewer.get(address).content.decode()
        assert "1 request to take a number off the unsubscribed ones waits in Web shop" in page
        assert reverse("removal-list", args=[project.slug]) in page
        assert "Elsewhere" not in page
        assert "4915100000001" not in page


@pytest.mark.parametrize("wide", [False, True])
def test_a_page_of_the_queue_costs_the_same_however_much_waits(
    browser_of_reviewer: Client,
    project: Project,
    operator: User,
    wide: bool,
) -> None:
    address = reverse("organization-review-queue", args=[project.organization.uuid])
    if not wide:
        address = reverse("review-queue", args=[project.slug])
    counts = []
    for n in range(3):
        pending_signature(project, operator, text=f"DemoShop{n}")
        pending_body_template(project, operator, name=f"Notice {n}")
        with CaptureQueriesContext(connection) as queries:
            assert browser_of_reviewer.get(address).status_code == 200
        counts.append(len(queries))
    assert counts[1] == counts[2]
    assert counts[2] <= QUEUE_STATEMENTS_MAX


def test_a_case_shows_text_findings_certificates_and_the_version_before(
    browser_of_reviewer: Client, project: Project, operator: User
) -> None:
    first = approved_signature(project, operator, documents=[document("licence.png")])
    second = services.edit_signature(
        signature=first.signature, text="Demo Store", type=SignatureType.COMPANY, by=operator
    )
    services.submit_revision(revision=second, by=operator)
    page = browser_of_reviewer.get(address_of("review-case", second)).content.decode()
    expected_words = (
        "[<del>DemoShop</del>]",
        "[Demo Store]",
        "licence.png",
        "Passes all rules",
        "Olga Operator",
        "due to",
    )
    for expected in expected_words:
        assert expected in page
    pending = pending_body_template(project, operator, text="Hello {1} {2}, welcome.")
    page = browser_of_reviewer.get(address_of("review-case", pending)).content.decode()
    assert '<mark class="mark-soft">{1} {2}</mark>' in page


def test_approving_opens_the_next_case(browser_of_reviewer: Client, project: Project, operator: User) -> None:
    first = pending_signature(project, operator)
    second = pending_body_template(project, operator)
    response = browser_of_reviewer.post(address_of("review-approve", first), seen(first))
    assert response.url == address_of("review-case", second) + "?"
    response = browser_of_reviewer.post(address_of("review-approve", second), seen(second))
    assert response.url == reverse("review-queue", args=[project.slug]) + "?"
    assert [review.verdict for review in Review.objects.all()] == ["approved", "approved"]


def test_ones_own_cases_are_passed_over(
    client_of: ClientOf, project: Project, operator: User, organization: Organization
) -> None:
    both = member(organization, Role.OPERATOR, Role.REVIEWER)
    own = pending_signature(project, both)
    other = pending_body_template(project, operator)
    client = client_of(both)
    queue = client.get(reverse("review-queue", args=[project.slug]))
    assert queue.context["next_case"].revision == other
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
    words = dict(presets.FOR_SIGNATURES)
    assert review.comment.splitlines() == [
        str(words["neutral"]),
        str(words["mismatch"]),
        "Use the shop's name.",
    ]
    assert review.presets == ["neutral", "mismatch"]
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
def test_a_comment_that_is_too_long_is_kept_with_its_error(
    browser_of_reviewer: Client, project: Project, operator: User, name: str
) -> None:
    revision = pending_body_template(project, operator)
    fields = {**seen(revision), "comment": "no " * 400, "presets": ["unclear"]}
    page = browser_of_reviewer.post(address_of(name, revision), fields).content.decode()
    assert "at most 500 characters" in page
    assert "no no no" in page
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
    response = browser_of_reviewer.post(address_of("review-approve", revision), fields)
    assert response.status_code == 409
    page = response.content.decode()
    assert "Olga Operator submitted it anew" in page
    assert "[Evil Shop]" in page
    assert SignatureRevision.objects.get().status == RevisionStatus.PENDING
    # What the page posts now is about what it shows now.
    revision.refresh_from_db()
    assert browser_of_reviewer.post(address_of("review-approve", revision), seen(revision)).status_code == 302


def test_reasons_given_for_an_older_text_are_kept(
    browser_of_reviewer: Client, project: Project, operator: User
) -> None:
    revision = pending_signature(project, operator)
    fields = {**seen(revision), "presets": ["neutral"], "comment": "Who is <b>Demo</b>?"}
    services.withdraw_revision(revision=revision, by=operator)
    services.submit_revision(revision=revision, by=operator)
    response = browser_of_reviewer.post(address_of("review-reject", revision), fields)
    assert response.status_code == 409
    page = response.content.decode()
    assert "Who is &lt;b&gt;Demo&lt;/b&gt;?" in page
    assert response.context["form"]["presets"].value() == ["neutral"]
    assert not Review.objects.exists()


def test_opening_a_case_claims_it_and_another_reviewer_sees_whose_it_is(
    client_of: ClientOf, project: Project, operator: User, reviewer: User
) -> None:
    revision = pending_signature(project, operator)
    other = another_reviewer(project)
    client_of(reviewer).get(address_of("review-case", revision))
    assert ReviewClaim.objects.get().holder == reviewer
    page = client_of(other).get(address_of("review-case", revision)).content.decode()
    assert "Rolf Reviewer is looking at this case." in page
    assert ReviewClaim.objects.get().holder == reviewer
    queue = client_of(other).get(reverse("review-queue", args=[project.slug]))
    assert "Rolf Reviewer" in queue.content.decode()
    assert queue.context["next_case"] is None


def test_a_head_request_claims_nothing(browser_of_reviewer: Client, project: Project, operator: User) -> None:
    revision = pending_signature(project, operator)
    assert browser_of_reviewer.head(address_of("review-case", revision)).status_code == 200
    assert not ReviewClaim.objects.exists()


def test_a_verdict_about_anothers_case_waits_for_a_take_over(
    client_of: ClientOf, project: Project, operator: User, reviewer: User
) -> None:
    revision = pending_signature(project, operator)
    client_of(reviewer).get(address_of("review-case", revision))
    other = client_of(another_reviewer(project))
    fields = {**seen(revision), "comment": "Not ours."}
    response = other.post(address_of("review-reject", revision), fields)
    assert response.status_code == 409
    assert "Rolf Reviewer is looking at this case" in response.content.decode()
    assert "Not ours." in response.content.decode()
    assert not Review.objects.exists()
    assert (
        other.post(address_of("review-take-over", revision)).url == address_of("review-case", revision) + "?"
    )
    assert other.post(address_of("review-reject", revision), fields).status_code == 302
    # Who had it learns by the page that is still open.
    page = client_of(reviewer).post(address_of("review-claim", revision)).content.decode()
    assert "has decided already: Rejected" in page
    assert "hx-trigger" not in page


def test_an_open_page_keeps_the_claim(browser_of_reviewer: Client, project: Project, operator: User) -> None:
    revision = pending_signature(project, operator)
    browser_of_reviewer.get(address_of("review-case", revision))
    before = ReviewClaim.objects.get().until
    page = browser_of_reviewer.post(address_of("review-claim", revision)).content.decode()
    assert ReviewClaim.objects.get().until > before
    assert 'hx-trigger="every 60s, refresh"' in page


def test_a_sender_id_goes_the_same_way(browser_of_reviewer: Client, project: Project, operator: User) -> None:
    revision = services.create_sender_id(
        project=project, text="DemoShop", country="DE", by=operator, remarks="The name of our shop."
    )
    services.submit_revision(revision=revision, by=operator)
    queue = browser_of_reviewer.get(reverse("review-queue", args=[project.slug])).content.decode()
    assert "Sender ID" in queue
    page = browser_of_reviewer.get(address_of("review-case", revision)).content.decode()
    assert "Germany" in page
    browser_of_reviewer.post(address_of("review-approve", revision), seen(revision))
    revision.refresh_from_db()
    assert revision.status == RevisionStatus.APPROVED
    # Its own page, where the story stands.
    response = browser_of_reviewer.get(address_of("review-case", revision))
    assert response.url == reverse("sender-id-detail", args=[project.slug, revision.owner.uuid])


@pytest.mark.parametrize("noun", ["signature", "body_template"])
def test_a_refused_text_can_be_corrected_beside_the_reasons(
    client_of: ClientOf, project: Project, operator: User, reviewer: User, noun: str
) -> None:
    make = pending_signature if noun == "signature" else pending_body_template
    revision = make(project, operator)
    services.reject_revision(revision=revision, by=reviewer, comment="Say <who> writes.")
    page = noun.replace("_", "-")
    client = client_of(operator)
    detail = client.get(reverse(f"{page}-detail", args=[project.slug, revision.owner.uuid])).content.decode()
    assert "Correct it" in detail
    editor = client.get(reverse(f"{page}-edit", args=[project.slug, revision.owner.uuid])).content.decode()
    assert "Say &lt;who&gt; writes." in editor
    assert revision.text in editor


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
