"""What waits for a reviewer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from accounts.models import User
from projects.models import Project
from templates_app.models import AnyRevision, BodyTemplateRevision, SignatureRevision
from templates_app.statuses import RevisionStatus


@dataclass(frozen=True, slots=True)
class Case:
    """One pending revision in the queue. `is_own`: the viewer wrote or submitted it and may not decide."""

    revision: AnyRevision
    is_own: bool

    @property
    def project(self) -> Project:
        return self.revision.owner.project


def pending_cases(*, organization_ids: Iterable[int], viewer: User) -> list[Case]:
    """All that waits in these organizations, oldest first. Two queries."""
    ids = list(organization_ids)
    signatures = SignatureRevision.objects.filter(
        status=RevisionStatus.PENDING, signature__project__organization__in=ids
    ).select_related("signature__project__organization", "submitted_by")
    body_templates = BodyTemplateRevision.objects.filter(
        status=RevisionStatus.PENDING, body_template__project__organization__in=ids
    ).select_related("body_template__project__organization", "submitted_by")
    both: list[AnyRevision] = [*signatures, *body_templates]
    both.sort(key=lambda revision: (revision.submitted_at or revision.created_at, revision.noun, revision.pk))
    return [Case(revision, revision.is_by(viewer.pk)) for revision in both]


def n_waiting(project: Project) -> int:
    """How many texts wait in the project's organization; the number beside *Review queue*. Two queries."""
    organization = project.organization_id
    return (
        SignatureRevision.objects.filter(
            status=RevisionStatus.PENDING, signature__project__organization=organization
        ).count()
        + BodyTemplateRevision.objects.filter(
            status=RevisionStatus.PENDING, body_template__project__organization=organization
        ).count()
    )


def revision_by_uuid(uuid: UUID) -> AnyRevision | None:
    """The revision of either kind, its project and organization loaded. Two queries at most."""
    signature = SignatureRevision.objects.filter(uuid=uuid).select_related(
        "signature__project__organization", "created_by", "submitted_by"
    )
    body_template = BodyTemplateRevision.objects.filter(uuid=uuid).select_related(
        "body_template__project__organization", "created_by", "submitted_by"
    )
    return signature.first() or body_template.first()


def previous_revision(revision: AnyRevision) -> AnyRevision | None:
    """The newest earlier revision that was ever approved, else the newest earlier one. One query."""
    earlier: list[AnyRevision] = list(
        revision.owner.revisions.filter(number__lt=revision.number).order_by("-number")
    )
    was_good = (RevisionStatus.APPROVED, RevisionStatus.RETIRED, RevisionStatus.REVOKED)
    return next((one for one in earlier if one.status in was_good), earlier[0] if earlier else None)
