"""Reads for pages, and what other apps ask about reviewed texts."""

from __future__ import annotations

from templates_app.queries.lists import (
    Entry,
    Page,
    Step,
    approved_revision,
    body_template_page,
    count_by_state,
    latest_body_template_revision,
    latest_signature_revision,
    other_reviewers_exist,
    signature_page,
    story,
)
from templates_app.queries.reviews import (
    Case,
    n_waiting,
    pending_cases,
    previous_revision,
    revision_by_uuid,
)
from templates_app.queries.usable import (
    is_revoked,
    revision_is_usable,
    usable_body_templates,
    usable_sender_ids,
    usable_signatures,
)

__all__ = [
    "Case",
    "Entry",
    "Page",
    "Step",
    "approved_revision",
    "body_template_page",
    "count_by_state",
    "is_revoked",
    "latest_body_template_revision",
    "latest_signature_revision",
    "n_waiting",
    "other_reviewers_exist",
    "pending_cases",
    "previous_revision",
    "revision_by_uuid",
    "revision_is_usable",
    "signature_page",
    "story",
    "usable_body_templates",
    "usable_sender_ids",
    "usable_signatures",
]
