"""What happens to signatures, body templates and sender IDs. Each function is one thing; all raise `TemplatesError`.

In a disabled project every change raises `projects.errors.ProjectDisabled`.
"""

from __future__ import annotations

from templates_app.services.body_templates import (
    copy_body_template,
    create_body_template,
    discard_body_template_draft,
    edit_body_template,
)
from templates_app.services.certificates import attach_certificates, remove_certificate
from templates_app.services.claims import claim_revision, renew_claim, take_over_revision
from templates_app.services.overdue import tell_overdue_reviews
from templates_app.services.removal import remove_text
from templates_app.services.reviews import approve_revision, reject_revision, revoke_revision
from templates_app.services.revisions import submit_revision, withdraw_revision
from templates_app.services.sender_ids import create_sender_id, discard_sender_id_draft, edit_sender_id
from templates_app.services.signatures import create_signature, discard_signature_draft, edit_signature

__all__ = [
    "approve_revision",
    "attach_certificates",
    "claim_revision",
    "copy_body_template",
    "create_body_template",
    "create_sender_id",
    "create_signature",
    "discard_body_template_draft",
    "discard_sender_id_draft",
    "discard_signature_draft",
    "edit_body_template",
    "edit_sender_id",
    "edit_signature",
    "reject_revision",
    "remove_certificate",
    "remove_text",
    "renew_claim",
    "revoke_revision",
    "submit_revision",
    "take_over_revision",
    "tell_overdue_reviews",
    "withdraw_revision",
]
