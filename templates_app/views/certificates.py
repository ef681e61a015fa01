"""Certificates: shown to those who may see them, removed from drafts."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.access import signed_in_person
from accounts.models import Role
from projects.access import project_for, roles_in_project
from templates_app import services
from templates_app.models import Certificate
from templates_app.services.certificates import page_name
from templates_app.views.actions import carry_out


@require_safe
@never_cache
def certificate_file(request: HttpRequest, slug: str, uuid: UUID) -> FileResponse:
    """The document itself: pictures are shown, PDFs downloaded because they can carry scripts of their own."""
    certificate = _certificate(request, slug, uuid)
    return _served(
        certificate.file.name or "",
        certificate.content_type,
        filename=certificate.original_name,
        as_attachment=certificate.content_type == "application/pdf",
    )


@require_safe
@never_cache
def certificate_page(request: HttpRequest, slug: str, uuid: UUID, number: int) -> FileResponse:
    """A page of a PDF, as the picture that was drawn of it when it came in."""
    certificate = _certificate(request, slug, uuid)
    if not 1 <= number <= certificate.n_pages:
        raise Http404
    return _served(page_name(certificate.file.name or "", number), "image/jpeg")


def _certificate(request: HttpRequest, slug: str, uuid: UUID) -> Certificate:
    """To members only: platform staff may read everything but people's papers."""
    project = project_for(request.user, slug)
    if not roles_in_project(request.user, project):
        raise PermissionDenied(_("Certificates are shown to members of the organization only."))
    return get_object_or_404(Certificate, uuid=uuid, revision__signature__project=project)


def _served(name: str, content_type: str, *, filename: str = "", as_attachment: bool = False) -> FileResponse:
    """It was checked when it came in; the headers hold even if that check once fails.

    Nothing in it may run, and the browser does not guess what it is.
    """
    try:
        content = default_storage.open(name, "rb")
    except FileNotFoundError:
        raise Http404(_("The file of this certificate is missing in the storage.")) from None
    response = FileResponse(
        content, as_attachment=as_attachment, filename=filename, content_type=content_type
    )
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


@require_POST
def certificate_remove(request: HttpRequest, slug: str, uuid: UUID) -> HttpResponse:
    project = project_for(request.user, slug, Role.OPERATOR)
    certificates = Certificate.objects.select_related("revision__signature__project")
    certificate = get_object_or_404(certificates, uuid=uuid, revision__signature__project=project)
    remove = partial(services.remove_certificate, certificate=certificate, by=signed_in_person(request))
    carry_out(request, remove, done=_("The certificate is removed."))
    return redirect("signature-edit", project.slug, certificate.revision.signature.uuid)
