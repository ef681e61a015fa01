"""The rules, asked about a stored revision."""

from __future__ import annotations

from smsconsole.lib.types import Region
from templates_app.models import AnyRevision, BodyTemplateRevision, SenderIdRevision
from templates_app.rules import BodyDraft, Finding, check_body
from templates_app.sender_id_rules import SenderIdDraft, check_sender_id
from templates_app.signature_rules import SignatureDraft, check_signature


def findings_of(revision: AnyRevision) -> list[Finding]:
    """Everything the rules find in this revision, hard findings first. One query for a signature's certificates."""
    if isinstance(revision, SenderIdRevision):
        return check_sender_id(SenderIdDraft(revision.text, revision.sender_id.country, revision.remarks))
    region = Region(revision.owner.region)
    if isinstance(revision, BodyTemplateRevision):
        return check_body(BodyDraft(revision.text, revision.kind, region, revision.remarks))
    return check_signature(
        SignatureDraft(
            text=revision.text,
            type=revision.type,
            use=revision.use,
            region=region,
            remarks=revision.remarks,
            n_certificates=revision.certificates.count(),
        )
    )
