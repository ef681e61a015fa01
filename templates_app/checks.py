"""The rules, asked about a stored revision."""

from __future__ import annotations

from accounts.standing import entity_of
from accounts.statuses import EntityKind
from projects.models import Project
from smsconsole.lib.types import Region
from templates_app.models import AnyRevision, BodyTemplateRevision, SenderIdRevision
from templates_app.rules import (
    BodyDraft,
    Finding,
    SenderIdDraft,
    SignatureDraft,
    check_body,
    check_sender_id,
    check_signature,
)


def entity_for_rules(project: Project) -> str:
    """What the rules take the project's organization for: an individual until it is verified. One query."""
    entity = entity_of(project.organization_id)
    return str(EntityKind.ENTERPRISE if entity == EntityKind.ENTERPRISE else EntityKind.INDIVIDUAL)


def findings_of(revision: AnyRevision) -> list[Finding]:
    """Everything the rules find in this revision, hard findings first. Two queries at most."""
    if isinstance(revision, SenderIdRevision):
        return check_sender_id(SenderIdDraft(revision.text, revision.sender_id.country, revision.remarks))
    region = Region(revision.owner.region)
    entity = entity_for_rules(revision.owner.project)
    if isinstance(revision, BodyTemplateRevision):
        return check_body(BodyDraft(revision.text, revision.kind, region, revision.remarks, entity))
    return check_signature(
        SignatureDraft(
            text=revision.text,
            type=revision.type,
            use=revision.use,
            region=region,
            remarks=revision.remarks,
            n_certificates=revision.certificates.count(),
            entity=entity,
        )
    )
