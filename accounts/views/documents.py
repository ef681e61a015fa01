"""The documents of verifications: shown as pictures, PDFs downloaded; to admins and platform staff only."""

from __future__ import annotations

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.access import organization_for
from accounts.models import VerificationDocument
from accounts.services.papers import page_name
from accounts.views.standing import may_see_papers


@require_safe
@never_cache
def verification_document(request: HttpRequest, uuid: UUID, document: UUID) -> FileResponse:
    """The document itself. It was checked when it came in; the headers hold even if that check once fails."""
    found = _document(request, uuid, document)
    return _answer(
        str(found.file.name),
        content_type=found.content_type,
        name=found.original_name,
        as_attachment=found.content_type == "application/pdf",
    )


@require_safe
@never_cache
def verification_document_page(request: HttpRequest, uuid: UUID, document: UUID, number: int) -> FileResponse:
    """The picture of one page of a PDF."""
    found = _document(request, uuid, document)
    if not 1 <= number <= found.n_pages:
        raise Http404
    return _answer(
        page_name(str(found.file.name), number),
        content_type="image/jpeg",
        name=f"page-{number}.jpg",
        as_attachment=False,
    )


def _document(request: HttpRequest, uuid: UUID, document: UUID) -> VerificationDocument:
    organization = organization_for(request.user, uuid)
    if not may_see_papers(request, organization):
        raise PermissionDenied(_("These documents are shown to admins of the organization only."))
    return get_object_or_404(VerificationDocument, uuid=document, verification__organization=organization)


def _answer(file: str, *, content_type: str, name: str, as_attachment: bool) -> FileResponse:
    try:
        content = default_storage.open(file)
    except FileNotFoundError:
        raise Http404(_("This file is missing in the storage.")) from None
    response = FileResponse(content, as_attachment=as_attachment, filename=name, content_type=content_type)
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
