"""Signatures, body templates and their reviews; one module per subject."""

from templates_app.models.reviews import ReviewClaim, RevisionEvent
from templates_app.models.texts import (
    REGION_CHOICES,
    AnyOwner,
    AnyRevision,
    BodyTemplate,
    BodyTemplateRevision,
    Certificate,
    Review,
    Revision,
    SenderId,
    SenderIdRevision,
    Signature,
    SignatureRevision,
)

__all__ = [
    "REGION_CHOICES",
    "AnyOwner",
    "AnyRevision",
    "BodyTemplate",
    "BodyTemplateRevision",
    "Certificate",
    "Review",
    "ReviewClaim",
    "Revision",
    "RevisionEvent",
    "SenderId",
    "SenderIdRevision",
    "Signature",
    "SignatureRevision",
]
