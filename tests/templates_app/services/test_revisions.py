"""Writing, submitting, withdrawing: what signatures and body templates have in common."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import User
from projects.errors import ProjectDisabled
from projects.models import Project
from smsconsole.lib.types import Region
from smsconsole.outbox.models import OutboxEvent
from templates_app import services
from templates_app.errors import TemplatesError
from templates_app.models import BodyTemplate, BodyTemplateRevision, Signature, SignatureRevision
from templates_app.statuses import RevisionStatus, SignatureType, TextKind
from tests.templates_app.texts import (
    ORDER_NOTICE,
    SCENARIO,
    another_reviewer,
    approved_body_template,
    approved_signature,
    draft_body_template,
    draft_signature,
    pending_body_template,
    pending_signature,
)

pytestmark = pytest.mark.django_db


def edit(revision: BodyTemplateRevision, by: User, text: str = "Hello {1}, it left.") -> BodyTemplateRevision:
    return services.edit_body_template(
        body_template=revision.body_template,
        name=revision.body_template.name,
        kind=TextKind.NOTIFICATION,
        text=text,
        remarks=SCENARIO,
        by=by,
    )


def edit_signature(revision: SignatureRevision, by: User, text: str) -> SignatureRevision:
    return services.edit_signature(signature=revision.signature, text=text, type=SignatureType.COMPANY, by=by)


def test_a_new_body_template_is_a_draft_with_its_placeholders(project: Project, operator: User) -> None:
    revision = draft_body_template(project, operator, text="Hello {1},\r\nyour order to {2} left.  ")
    revision.refresh_from_db()
    assert revision.status == RevisionStatus.DRAFT
    assert revision.text == "Hello {1},\nyour order to {2} left."
    assert revision.placeholders == ["1", "2"]
    assert revision.author_ids == [operator.pk]


def test_names_are_unique_within_region_and_project(project: Project, operator: User) -> None:
    draft_body_template(project, operator, name="Notice")
    draft_body_template(project, operator, name="Notice", region=Region.DOMESTIC)
    with pytest.raises(TemplatesError, match="Notice"):
        draft_body_template(project, operator, name="Notice")
    assert BodyTemplate.objects.count() == 2


def test_submitting_makes_it_pending_and_tells(project: Project, operator: User) -> None:
    revision = draft_body_template(project, operator)
    services.submit_revision(revision=revision, by=operator)
    stored = BodyTemplateRevision.objects.get()
    assert stored.status == revision.status == RevisionStatus.PENDING
    assert stored.submitted_by == operator
    assert stored.submitted_at == revision.submitted_at
    event = OutboxEvent.objects.get(kind="body_template.submitted")
    assert event.subject == f"body_template:{revision.body_template.uuid}"
    assert event.payload["revision"] == str(revision.uuid)
    assert ORDER_NOTICE not in str(event.payload)


def test_submitting_refuses_what_breaks_a_hard_rule(project: Project, operator: User) -> None:
    revision = draft_body_template(project, operator, text="Hello {2}")
    with pytest.raises(TemplatesError, match="numbered from 1"):
        services.submit_revision(revision=revision, by=operator)
    assert BodyTemplateRevision.objects.get().status == RevisionStatus.DRAFT


def test_submitting_checks_the_stored_text_and_not_a_stale_copy(project: Project, operator: User) -> None:
    stale = draft_body_template(project, operator)
    edit(stale, operator, text="Hello {2}")
    with pytest.raises(TemplatesError, match="numbered from 1"):
        services.submit_revision(revision=stale, by=operator)


def test_submitting_twice_is_refused_in_words(project: Project, operator: User) -> None:
    revision = pending_body_template(project, operator)
    with pytest.raises(TemplatesError, match="waiting for approval"):
        services.submit_revision(revision=revision, by=operator)


def test_withdrawing_makes_it_a_draft_again(project: Project, operator: User) -> None:
    revision = pending_signature(project, operator)
    services.withdraw_revision(revision=revision, by=operator)
    stored = SignatureRevision.objects.get()
    assert (stored.status, stored.submitted_at, stored.submitted_by) == (RevisionStatus.DRAFT, None, None)


def test_withdrawing_after_the_verdict_is_refused_with_who_decided(
    project: Project, operator: User, reviewer: User
) -> None:
    revision = pending_signature(project, operator)
    services.approve_revision(revision=SignatureRevision.objects.get(), by=reviewer)
    with pytest.raises(TemplatesError, match="Rolf Reviewer has decided already: Approved"):
        services.withdraw_revision(revision=revision, by=operator)
    assert SignatureRevision.objects.get().status == RevisionStatus.APPROVED


def test_a_draft_is_changed_in_place(project: Project, operator: User) -> None:
    revision = draft_body_template(project, operator)
    edited = edit(revision, operator, text="Hi ${name}")
    assert (edited.pk, edited.text, edited.placeholders) == (revision.pk, "Hi ${name}", ["name"])


def test_a_pending_revision_must_be_withdrawn_first(project: Project, operator: User) -> None:
    revision = pending_body_template(project, operator)
    with pytest.raises(TemplatesError, match="Withdraw it first"):
        edit(revision, operator)


def test_editing_an_approved_text_begins_the_next_revision_and_leaves_it_in_use(
    project: Project, operator: User
) -> None:
    approved = approved_body_template(project, operator)
    edited = edit(approved, operator)
    approved.refresh_from_db()
    assert (edited.number, edited.status) == (2, RevisionStatus.DRAFT)
    assert (approved.text, approved.status) == (ORDER_NOTICE, RevisionStatus.APPROVED)


def test_everybody_who_edited_a_draft_is_an_author(project: Project, operator: User, admin: User) -> None:
    edited = edit(draft_body_template(project, operator), admin)
    assert BodyTemplateRevision.objects.get(pk=edited.pk).author_ids == [operator.pk, admin.pk]


def test_a_copy_waits_for_its_own_review_in_the_other_region(project: Project, operator: User) -> None:
    approved = approved_body_template(
        project, operator, text="您好{1}，您寄往{2}的订单已发出。", region=Region.DOMESTIC
    )
    copy = services.copy_body_template(body_template=approved.body_template, by=operator)
    assert copy.body_template.region == Region.INTERNATIONAL
    assert copy.body_template.pk != approved.body_template.pk
    assert (copy.text, copy.status) == (approved.text, RevisionStatus.PENDING)


def test_a_copy_that_breaks_the_other_regions_rules_waits_as_a_draft(
    project: Project, operator: User
) -> None:
    source = draft_body_template(project, operator, text="Your code is {1}.", kind=TextKind.VERIFICATION)
    copy = services.copy_body_template(body_template=source.body_template, by=operator)
    assert (copy.body_template.region, copy.status) == (Region.DOMESTIC, RevisionStatus.DRAFT)


def test_copying_twice_is_refused_in_words(project: Project, operator: User) -> None:
    source = draft_body_template(project, operator)
    services.copy_body_template(body_template=source.body_template, by=operator)
    with pytest.raises(TemplatesError, match="Order notice"):
        services.copy_body_template(body_template=source.body_template, by=operator)


def test_discarding_the_only_draft_removes_the_template(project: Project, operator: User) -> None:
    services.discard_body_template_draft(revision=draft_body_template(project, operator), by=operator)
    assert not BodyTemplate.objects.exists()


def test_discarding_a_later_draft_keeps_what_is_approved(project: Project, operator: User) -> None:
    approved = approved_signature(project, operator)
    draft = edit_signature(approved, operator, "DemoStore")
    services.discard_signature_draft(revision=draft, by=operator)
    assert list(Signature.objects.get().revisions.all()) == [approved]


def test_a_submitted_text_cannot_be_discarded(project: Project, operator: User) -> None:
    revision = pending_signature(project, operator)
    with pytest.raises(TemplatesError, match="waiting for approval"):
        services.discard_signature_draft(revision=revision, by=operator)
    assert Signature.objects.exists()


def test_the_same_signature_is_not_reviewed_twice(project: Project, operator: User) -> None:
    pending_signature(project, operator, text="DemoShop")
    draft = draft_signature(project, operator, text="DemoShop")
    with pytest.raises(TemplatesError, match="exists already: Pending approval"):
        services.submit_revision(revision=draft, by=operator)


@pytest.mark.parametrize("text", ["DemoShop", "Demo Store"])
def test_a_new_revision_of_a_signature_may_keep_its_text(project: Project, operator: User, text: str) -> None:
    draft = edit_signature(approved_signature(project, operator), operator, text)
    services.submit_revision(revision=draft, by=operator)
    assert draft.status == RevisionStatus.PENDING


def test_nothing_changes_in_a_disabled_project(project: Project, operator: User) -> None:
    draft = draft_body_template(project, operator)
    pending = pending_signature(project, operator)
    Project.objects.update(disabled_at=timezone.now())
    with pytest.raises(ProjectDisabled):
        services.submit_revision(revision=draft, by=operator)
    with pytest.raises(ProjectDisabled):
        services.approve_revision(revision=pending, by=another_reviewer(project))
    with pytest.raises(ProjectDisabled):
        edit(draft, operator)


@pytest.mark.parametrize("state", [RevisionStatus.PENDING, RevisionStatus.APPROVED])
@pytest.mark.parametrize(
    "change", [{"text": "Other"}, {"kind": "marketing"}, {"placeholders": []}, {"remarks": "-"}]
)
def test_the_database_keeps_the_content_of_a_submitted_text(
    project: Project, operator: User, state: RevisionStatus, change: dict[str, object]
) -> None:
    make = pending_body_template if state == RevisionStatus.PENDING else approved_body_template
    revision = make(project, operator)
    with pytest.raises(IntegrityError, match="never changes"), transaction.atomic():
        BodyTemplateRevision.objects.filter(pk=revision.pk).update(**change)
    with pytest.raises(IntegrityError, match="never changes"), transaction.atomic():
        BodyTemplateRevision.objects.filter(pk=revision.pk).update(status=RevisionStatus.DRAFT, **change)


@pytest.mark.parametrize("change", [{"text": "Other"}, {"type": "app"}, {"use": "others"}])
def test_the_database_keeps_the_content_of_a_submitted_signature(
    project: Project, operator: User, change: dict[str, object]
) -> None:
    revision = pending_signature(project, operator)
    with pytest.raises(IntegrityError, match="never changes"), transaction.atomic():
        SignatureRevision.objects.filter(pk=revision.pk).update(**change)


def test_the_database_lets_no_approved_text_become_a_draft(project: Project, operator: User) -> None:
    revision = approved_signature(project, operator)
    with pytest.raises(IntegrityError, match="may not go from approved to draft"), transaction.atomic():
        SignatureRevision.objects.filter(pk=revision.pk).update(status=RevisionStatus.DRAFT)
