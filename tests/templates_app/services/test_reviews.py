from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.db import connection

from accounts.models import Role, User
from projects.models import Project
from smsconsole.outbox.models import OutboxEvent
from templates_app import queries, services
from templates_app.errors import TemplatesError
from templates_app.models import AnyRevision, BodyTemplateRevision, Review, SignatureRevision
from templates_app.statuses import RevisionStatus, SignatureType, TextKind, Verdict
from tests.factories import member
from tests.templates_app.texts import (
    SCENARIO,
    another_reviewer,
    approved_body_template,
    approved_signature,
    draft_body_template,
    pending_body_template,
    pending_signature,
)

pytestmark = pytest.mark.django_db

Make = Callable[[Project, User], AnyRevision]
BOTH = pytest.mark.parametrize("make", [pending_signature, pending_body_template])


@BOTH
def test_approving_is_written_down_and_told(
    project: Project, operator: User, reviewer: User, make: Make
) -> None:
    revision = make(project, operator)
    services.approve_revision(revision=revision, by=reviewer, comment="Fine.")
    revision.refresh_from_db()
    assert revision.status == RevisionStatus.APPROVED
    assert revision.decided_at is not None
    review = Review.objects.get()
    assert (review.reviewer, review.verdict, review.comment) == (reviewer, Verdict.APPROVED, "Fine.")
    assert OutboxEvent.objects.filter(kind=f"{revision.noun}.approved").count() == 1


@BOTH
def test_rejecting_keeps_the_reason(project: Project, operator: User, reviewer: User, make: Make) -> None:
    revision = make(project, operator)
    services.reject_revision(revision=revision, by=reviewer, comment="Wrong type.")
    revision.refresh_from_db()
    assert revision.status == RevisionStatus.REJECTED
    assert Review.objects.get().comment == "Wrong type."
    assert OutboxEvent.objects.filter(kind=f"{revision.noun}.rejected").count() == 1


def test_rejecting_needs_a_reason(project: Project, operator: User, reviewer: User) -> None:
    revision = pending_signature(project, operator)
    with pytest.raises(TemplatesError, match="reason"):
        services.reject_revision(revision=revision, by=reviewer, comment="  ")
    assert SignatureRevision.objects.get().status == RevisionStatus.PENDING


@pytest.mark.parametrize("decide", [services.approve_revision, services.reject_revision])
def test_nobody_reviews_what_they_wrote_edited_or_submitted(
    project: Project, decide: Callable[..., None]
) -> None:
    """Three people who may all review: one writes, one edits, one submits; none of them may decide."""
    writer, editor, submitter = (member(project.organization, Role.OPERATOR, Role.REVIEWER) for _ in range(3))
    revision = draft_body_template(project, writer)
    services.edit_body_template(
        body_template=revision.body_template,
        name="Order notice",
        kind=TextKind.NOTIFICATION,
        text="Hello {1}, it left.",
        remarks=SCENARIO,
        by=editor,
    )
    services.submit_revision(revision=revision, by=submitter)
    for person in (writer, editor, submitter):
        with pytest.raises(TemplatesError, match="Nobody reviews their own"):
            decide(revision=revision, by=person, comment="My view.")
    assert BodyTemplateRevision.objects.get().status == RevisionStatus.PENDING
    assert not Review.objects.exists()


def test_approving_the_next_revision_retires_the_one_before(
    project: Project, operator: User, reviewer: User
) -> None:
    first = approved_signature(project, operator)
    second = services.edit_signature(
        signature=first.signature, text="Demo Store", type=SignatureType.COMPANY, by=operator
    )
    services.submit_revision(revision=second, by=operator)
    assert queries.revision_is_usable(first)
    services.approve_revision(revision=second, by=reviewer)
    first.refresh_from_db()
    assert (first.status, second.status) == (RevisionStatus.RETIRED, RevisionStatus.APPROVED)
    assert not queries.revision_is_usable(first)
    assert not queries.is_revoked(first)


def test_rejecting_the_next_revision_leaves_the_one_before_in_use(
    project: Project, operator: User, reviewer: User
) -> None:
    first = approved_signature(project, operator)
    second = services.edit_signature(
        signature=first.signature, text="Demo Store", type=SignatureType.COMPANY, by=operator
    )
    services.submit_revision(revision=second, by=operator)
    services.reject_revision(revision=second, by=reviewer, comment="No.")
    assert queries.revision_is_usable(first)


def test_the_second_of_two_reviewers_is_told_who_was_first(
    project: Project, operator: User, reviewer: User
) -> None:
    revision = pending_signature(project, operator)
    seen_by_second = SignatureRevision.objects.get()
    services.reject_revision(revision=revision, by=reviewer, comment="No.")
    with pytest.raises(TemplatesError, match="Rolf Reviewer has decided already: Rejected"):
        services.approve_revision(revision=seen_by_second, by=another_reviewer(project))
    assert Review.objects.count() == 1
    assert SignatureRevision.objects.get().status == RevisionStatus.REJECTED


def test_a_lost_race_keeps_the_approved_revision_in_use(
    project: Project, operator: User, reviewer: User
) -> None:
    """Approving retires the old revision first; when the new one is gone, that must be undone."""
    first = approved_signature(project, operator)
    second = services.edit_signature(
        signature=first.signature, text="Demo Store", type=SignatureType.COMPANY, by=operator
    )
    services.submit_revision(revision=second, by=operator)
    seen = SignatureRevision.objects.get(pk=second.pk)
    services.withdraw_revision(revision=second, by=operator)
    with pytest.raises(TemplatesError, match="withdrawn"):
        services.approve_revision(revision=seen, by=reviewer)
    assert queries.revision_is_usable(first)


def test_a_text_changed_since_it_was_looked_at_is_not_approved(
    project: Project, operator: User, reviewer: User
) -> None:
    revision = pending_body_template(project, operator)
    seen = BodyTemplateRevision.objects.get()
    services.withdraw_revision(revision=revision, by=operator)
    services.edit_body_template(
        body_template=revision.body_template,
        name="Order notice",
        kind=TextKind.NOTIFICATION,
        text="Something else, {1}.",
        remarks=SCENARIO,
        by=operator,
    )
    services.submit_revision(revision=revision, by=operator)
    with pytest.raises(TemplatesError, match="may have changed"):
        services.approve_revision(revision=seen, by=reviewer)
    assert BodyTemplateRevision.objects.get().status == RevisionStatus.PENDING


def test_revoking_is_told_and_ends_the_use(project: Project, operator: User, reviewer: User) -> None:
    revision = approved_body_template(project, operator)
    services.revoke_revision(revision=revision, by=reviewer, comment="Carrier complained.")
    assert not queries.revision_is_usable(revision)
    assert queries.is_revoked(revision)
    event = OutboxEvent.objects.get(kind="body_template.revoked")
    assert event.payload["revision"] == str(revision.uuid)
    assert Review.objects.first().verdict == Verdict.REVOKED


def test_revoking_twice_is_refused_in_words(project: Project, operator: User, reviewer: User) -> None:
    revision = approved_signature(project, operator)
    services.revoke_revision(revision=revision, by=reviewer, comment="No.")
    with pytest.raises(TemplatesError, match="has decided already: Revoked"):
        services.revoke_revision(revision=revision, by=reviewer, comment="No.")


def test_what_is_not_approved_cannot_be_revoked(project: Project, operator: User, reviewer: User) -> None:
    revision = pending_signature(project, operator)
    with pytest.raises(TemplatesError):
        services.revoke_revision(revision=revision, by=reviewer, comment="No.")
    assert not Review.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_two_reviewers_at_the_same_moment_one_decides(project: Project, operator: User) -> None:
    revision = pending_signature(project, operator)
    reviewers = [another_reviewer(project), another_reviewer(project)]
    together = threading.Barrier(2)
    outcomes: list[str] = []

    def decide(person: User) -> None:
        seen = SignatureRevision.objects.get(pk=revision.pk)
        together.wait(timeout=10)
        try:
            services.approve_revision(revision=seen, by=person)
            outcomes.append("approved")
        except TemplatesError as error:
            outcomes.append(str(error))
        finally:
            connection.close()

    threads = [threading.Thread(target=decide, args=[person]) for person in reviewers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    assert sorted(outcome == "approved" for outcome in outcomes) == [False, True]
    assert any("has decided already: Approved" in outcome for outcome in outcomes)
    assert Review.objects.count() == 1
