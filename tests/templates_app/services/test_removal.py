"""Texts taken out of use: nothing new starts with them, and what was decided stays to be read."""

from __future__ import annotations

import pytest
from django.utils import timezone

from accounts.models import Role, User
from projects.errors import ProjectDisabled
from projects.models import Project
from smsconsole.outbox.models import OutboxEvent
from templates_app import queries, services
from templates_app.models import BodyTemplate, RevisionEvent, Signature
from templates_app.queries import usable_signatures
from templates_app.statuses import RevisionStatus, StoryKind
from tests.factories import member
from tests.templates_app.texts import (
    approved_body_template,
    approved_signature,
    draft_body_template,
    pending_body_template,
    pending_signature,
)

pytestmark = pytest.mark.django_db


def kinds(owner: Signature | BodyTemplate) -> list[str]:
    return list(
        RevisionEvent.objects.filter(owner_uuid=owner.uuid).order_by("id").values_list("kind", flat=True)
    )


def test_an_approved_text_is_used_no_more_and_stays_to_be_read(project: Project, operator: User) -> None:
    revision = approved_signature(project, operator)
    services.remove_text(owner=revision.signature, by=operator)
    revision.refresh_from_db()
    assert revision.status == RevisionStatus.RETIRED
    assert not usable_signatures(project, revision.signature.region).exists()
    assert kinds(revision.signature)[-1] == StoryKind.REMOVED
    assert queries.story(revision.signature)[0].what == "Taken out of use"
    assert OutboxEvent.objects.filter(kind="signature.removed").count() == 1


def test_what_waits_or_was_not_submitted_goes_altogether(project: Project, operator: User) -> None:
    for make in (pending_signature, pending_body_template, draft_body_template):
        revision = make(project, operator)
        services.remove_text(owner=revision.owner, by=operator)
        assert not type(revision.owner).objects.filter(uuid=revision.owner.uuid).exists()
        assert kinds(revision.owner)[-1] == StoryKind.DISCARDED


def test_a_draft_beside_the_approved_text_goes_with_it(project: Project, operator: User) -> None:
    first = approved_body_template(project, operator)
    services.edit_body_template(
        body_template=first.body_template,
        name="Order notice",
        kind=first.kind,
        text="Another text for {1}.",
        remarks=first.remarks,
        by=operator,
    )
    services.remove_text(owner=first.body_template, by=operator)
    assert [one.status for one in first.body_template.revisions.all()] == [RevisionStatus.RETIRED]


def test_a_refused_text_stays_refused(project: Project, operator: User, reviewer: User) -> None:
    revision = pending_signature(project, operator)
    services.reject_revision(revision=revision, by=reviewer, comment="No.")
    services.remove_text(owner=revision.signature, by=operator)
    revision.refresh_from_db()
    assert revision.status == RevisionStatus.REJECTED
    assert kinds(revision.signature)[-1] == StoryKind.REMOVED


def test_removing_twice_does_nothing(project: Project, operator: User) -> None:
    revision = approved_signature(project, operator)
    for _time in range(2):
        services.remove_text(owner=revision.signature, by=operator)
    assert kinds(revision.signature).count(StoryKind.REMOVED) == 1


def test_a_text_that_is_submitted_again_may_be_removed_again(project: Project, operator: User) -> None:
    revision = approved_signature(project, operator)
    services.remove_text(owner=revision.signature, by=operator)
    following = services.edit_signature(
        signature=revision.signature, text="DemoShop", type=revision.type, by=operator
    )
    services.submit_revision(revision=following, by=operator)
    services.approve_revision(revision=following, by=member(project.organization, Role.REVIEWER))
    services.remove_text(owner=revision.signature, by=operator)
    assert kinds(revision.signature).count(StoryKind.REMOVED) == 2


def test_nothing_is_removed_in_a_disabled_project(project: Project, operator: User) -> None:
    revision = approved_signature(project, operator)
    Project.objects.filter(pk=project.pk).update(disabled_at=timezone.now())
    owner = Signature.objects.get(pk=revision.signature_id)
    with pytest.raises(ProjectDisabled):
        services.remove_text(owner=owner, by=operator)
