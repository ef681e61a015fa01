"""Texts taken out of use by their own people."""

from __future__ import annotations

from django.db import transaction

from accounts.models import User
from projects.services import require_enabled
from templates_app.models import (
    BodyTemplate,
    BodyTemplateRevision,
    RevisionEvent,
    Signature,
    SignatureRevision,
)
from templates_app.services.body_templates import discard_body_template_draft
from templates_app.services.revisions import lock_owner, move, tell, withdraw_revision
from templates_app.services.signatures import discard_signature_draft
from templates_app.statuses import RevisionStatus, StoryKind


def remove_text(*, owner: Signature | BodyTemplate, by: User) -> None:
    """Take a text out of use: nothing new starts with it, and what waits for a reviewer or was not submitted goes.

    What was ever decided stays to be read, with its story; a text of which nothing was goes altogether. What was
    started with it may be finished. Removing twice does nothing.
    """
    require_enabled(owner.project)
    with transaction.atomic():
        lock_owner(owner)
        latest = owner.revisions.order_by("-number").first()
        if latest is not None and latest.status == RevisionStatus.PENDING:
            withdraw_revision(revision=latest, by=by)
        if latest is not None and latest.status == RevisionStatus.DRAFT:
            _discard(latest, by=by)
            latest = owner.revisions.order_by("-number").first() if owner.pk else None
        for approved in owner.revisions.filter(status=RevisionStatus.APPROVED) if owner.pk else ():
            move(approved, to=RevisionStatus.RETIRED)
        if latest is not None and not is_removed(latest):
            tell("removed", latest, by=by)


def is_removed(revision: SignatureRevision | BodyTemplateRevision) -> bool:
    """Whether it was the newest when its text was removed. One query."""
    return RevisionEvent.objects.filter(revision_uuid=revision.uuid, kind=StoryKind.REMOVED).exists()


def _discard(revision: SignatureRevision | BodyTemplateRevision, *, by: User) -> None:
    if isinstance(revision, SignatureRevision):
        discard_signature_draft(revision=revision, by=by)
    else:
        discard_body_template_draft(revision=revision, by=by)
