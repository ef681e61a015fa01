"""Signatures, body templates and their reviews; one module per subject."""

from templates_app.models.texts import (
    REGION_CHOICES,
    AnyRevision,
    BodyTemplate,
    BodyTemplateRevision,
    Certificate,
    Review,
    Revision,
    Signature,
    SignatureRevision,
)

__all__ = [
    "REGION_CHOICES",
    "AnyRevision",
    "BodyTemplate",
    "BodyTemplateRevision",
    "Certificate",
    "Review",
    "Revision",
    "Signature",
    "SignatureRevision",
]
