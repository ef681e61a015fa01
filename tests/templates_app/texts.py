"""Signatures and body templates in every state, made the way people make them: through the services."""

from __future__ import annotations

import io
from typing import Any

from PIL import Image

from accounts.models import Role, User
from projects.models import Project
from smsconsole.lib.types import Region
from templates_app import services
from templates_app.documents import Document
from templates_app.models import BodyTemplateRevision, SignatureRevision
from templates_app.statuses import SignatureType, TextKind
from tests.factories import member

ORDER_NOTICE = "Hello {1}, your order to {2} is on its way."
SCENARIO = "Sent when a parcel leaves the warehouse."


def draft_signature(
    project: Project,
    by: User,
    *,
    text: str = "DemoShop",
    region: Region = Region.INTERNATIONAL,
    **fields: Any,
) -> SignatureRevision:
    fields = {"type": SignatureType.COMPANY, **fields}
    return services.create_signature(project=project, region=region, text=text, by=by, **fields)


def draft_body_template(
    project: Project,
    by: User,
    *,
    name: str = "Order notice",
    text: str = ORDER_NOTICE,
    region: Region = Region.INTERNATIONAL,
    kind: TextKind = TextKind.NOTIFICATION,
    remarks: str = SCENARIO,
) -> BodyTemplateRevision:
    return services.create_body_template(
        project=project, region=region, name=name, kind=kind, text=text, remarks=remarks, by=by
    )


def pending_signature(project: Project, by: User, **fields: Any) -> SignatureRevision:
    revision = draft_signature(project, by, **fields)
    services.submit_revision(revision=revision, by=by)
    return revision


def pending_body_template(project: Project, by: User, **fields: Any) -> BodyTemplateRevision:
    revision = draft_body_template(project, by, **fields)
    services.submit_revision(revision=revision, by=by)
    return revision


def approved_signature(project: Project, by: User, **fields: Any) -> SignatureRevision:
    revision = pending_signature(project, by, **fields)
    services.approve_revision(revision=revision, by=another_reviewer(project))
    return revision


def approved_body_template(project: Project, by: User, **fields: Any) -> BodyTemplateRevision:
    revision = pending_body_template(project, by, **fields)
    services.approve_revision(revision=revision, by=another_reviewer(project))
    return revision


def another_reviewer(project: Project) -> User:
    return member(project.organization, Role.REVIEWER)


def picture(kind: str = "PNG", *, size: tuple[int, int] = (40, 30)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "navy").save(out, kind)
    return out.getvalue()


def document(name: str = "licence.png") -> Document:
    return Document(name, "image/png", "png", picture())


def scanned(name: str = "letter.pdf", *, n_pages: int = 2) -> Document:
    """A PDF whose pages have been drawn."""
    pages = tuple(picture("JPEG", size=(40 + n, 60)) for n in range(n_pages))
    return Document(name, "application/pdf", "pdf", b"%PDF-1.7\n%%EOF", pages)
