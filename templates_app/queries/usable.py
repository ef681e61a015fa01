"""Which texts may be sent right now."""

from __future__ import annotations

from django.db.models import QuerySet

from projects.models import Project
from smsconsole.lib.types import Region
from templates_app.models import AnyRevision, BodyTemplateRevision, SenderIdRevision, SignatureRevision
from templates_app.statuses import RevisionStatus


def usable_signatures(project: Project, region: Region | str) -> QuerySet[SignatureRevision]:
    """The approved signature revisions of one region, by text. One query, the signature included."""
    return (
        SignatureRevision.objects.filter(
            signature__project=project, signature__region=region, status=RevisionStatus.APPROVED
        )
        .select_related("signature")
        .order_by("text", "pk")
    )


def usable_body_templates(project: Project, region: Region | str) -> QuerySet[BodyTemplateRevision]:
    """The approved body template revisions of one region, by name. One query, the body template included."""
    return (
        BodyTemplateRevision.objects.filter(
            body_template__project=project, body_template__region=region, status=RevisionStatus.APPROVED
        )
        .select_related("body_template")
        .order_by("body_template__name", "pk")
    )


def usable_sender_ids(project: Project, country: str = "") -> QuerySet[SenderIdRevision]:
    """The approved sender IDs, by text, each with its `sender_id` (whose `country` may be empty). One query.

    With a country only those that may be used there.
    """
    revisions = SenderIdRevision.objects.filter(sender_id__project=project, status=RevisionStatus.APPROVED)
    if country:
        revisions = revisions.filter(sender_id__country__in=["", country])
    return revisions.select_related("sender_id").order_by("text", "pk")


def revision_is_usable(revision: AnyRevision) -> bool:
    """Whether something may start with this revision now: asks the database, not the instance. One query."""
    return _status(revision) == RevisionStatus.APPROVED


def is_revoked(revision: AnyRevision) -> bool:
    """Whether what was started with this revision must hold. A retired one was good and may be finished. One query."""
    return _status(revision) == RevisionStatus.REVOKED


def _status(revision: AnyRevision) -> str | None:
    rows = type(revision)._default_manager.filter(pk=revision.pk)
    return rows.values_list("status", flat=True).first()
