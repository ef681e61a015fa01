"""Pages of signatures."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import Role
from projects.access import project_for, roles_in_project
from projects.models import Project
from smsconsole.lib.types import Region
from templates_app import queries, services
from templates_app.checks import entity_for_rules
from templates_app.forms import TEXT_LENGTH_TAKEN, ListFilter, SignatureForm, region_or_international
from templates_app.models import Signature, SignatureRevision
from templates_app.previews import SAMPLE_BODIES, preview_signature
from templates_app.rendering import BRACKETS
from templates_app.rules import SignatureDraft, certificates_needed
from templates_app.views import editing
from templates_app.views.actions import state_chips

PAGES = editing.Pages(
    stem="signature",
    revision=SignatureRevision,
    discard=services.discard_signature_draft,
    submitted=_("The signature is waiting for approval."),
    withdrawn=_("The signature is a draft again."),
    revoked=_("The approval is revoked. Campaigns with this signature are held."),
    discarded=_("The draft is discarded."),
)


@require_safe
def signature_list(request: HttpRequest, slug: str) -> HttpResponse:
    project = project_for(request.user, slug)
    asked = ListFilter(request.GET).asked()
    counts = queries.count_by_state(model=Signature, project=project, region=asked["region"])
    context = {
        "project": project,
        "may_write": Role.OPERATOR in roles_in_project(request.user, project),
        "page": queries.signature_page(project=project, **asked),
        "counts": state_chips(counts, chosen=asked["state"]),
        **_dress(asked["region"]),
        **asked,
    }
    return render(request, "templates_app/signature_list.html", context)


@require_safe
def signature_detail(request: HttpRequest, slug: str, uuid: UUID) -> HttpResponse:
    project = project_for(request.user, slug)
    signature = get_object_or_404(Signature, project=project, uuid=uuid)
    latest = queries.latest_signature_revision(signature)
    shared, _findings = editing.detail_context(request, project, signature, latest)
    context = {
        **shared,
        "signature": signature,
        "certificates": latest.certificates.order_by("pk"),
        **_dress(Region(signature.region)),
    }
    return render(request, "templates_app/signature_detail.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def signature_create(request: HttpRequest, slug: str) -> HttpResponse:
    project = project_for(request.user, slug, Role.OPERATOR)
    initial = {"region": ListFilter(request.GET).asked()["region"]}
    form = _form(request, project, initial=initial)
    if request.method == "POST" and form.is_valid():
        region = Region(form.cleaned_data["region"])
        create = partial(services.create_signature, project=project, region=region)
        revision = editing.save(request, form, create, pages=PAGES)
        if revision is not None:
            return PAGES.to_detail(project, revision.owner.uuid)
    return _editor(request, project, form)


@require_http_methods(["GET", "HEAD", "POST"])
def signature_edit(request: HttpRequest, slug: str, uuid: UUID) -> HttpResponse:
    project = project_for(request.user, slug, Role.OPERATOR)
    signature = get_object_or_404(Signature, project=project, uuid=uuid)
    latest = queries.latest_signature_revision(signature)
    initial = {"text": latest.text, "type": latest.type, "use": latest.use, "remarks": latest.remarks}
    form = _form(request, project, initial=initial, latest=latest)
    if request.method == "POST" and form.is_valid():
        seen_at = form.cleaned_data["seen"]
        edit = partial(services.edit_signature, signature=signature, seen_at=seen_at)
        if editing.save(request, form, edit, pages=PAGES) is not None:
            return PAGES.to_detail(project, uuid)
    return _editor(request, project, form, latest=latest)


@require_POST
def signature_preview(request: HttpRequest, slug: str, uuid: UUID | None = None) -> HttpResponse:
    """What stands beside the form: alone for a script, within the whole page for a browser without one."""
    project = project_for(request.user, slug, Role.OPERATOR)
    if "HX-Request" in request.headers:
        context = {**_preview(project, request.POST), "noun": "signature"}
        return render(request, "templates_app/_preview.html", context)
    if uuid is None:
        return _editor(request, project, SignatureForm(initial=request.POST.dict()))
    latest = queries.latest_signature_revision(get_object_or_404(Signature, project=project, uuid=uuid))
    form = SignatureForm(initial=request.POST.dict(), fixed_region=latest.signature.region)
    return _editor(request, project, form, latest=latest)


@require_POST
def signature_submit(request: HttpRequest, slug: str, uuid: UUID, number: int) -> HttpResponse:
    return editing.submit(request, slug, uuid, number, pages=PAGES)


@require_POST
def signature_withdraw(request: HttpRequest, slug: str, uuid: UUID, number: int) -> HttpResponse:
    return editing.withdraw(request, slug, uuid, number, pages=PAGES)


@require_POST
def signature_discard(request: HttpRequest, slug: str, uuid: UUID, number: int) -> HttpResponse:
    return editing.discard(request, slug, uuid, number, pages=PAGES)


@require_POST
def signature_revoke(request: HttpRequest, slug: str, uuid: UUID, number: int) -> HttpResponse:
    return editing.revoke(request, slug, uuid, number, pages=PAGES)


def _form(
    request: HttpRequest,
    project: Project,
    *,
    initial: dict[str, Any],
    latest: SignatureRevision | None = None,
) -> SignatureForm:
    is_post = request.method == "POST"
    return SignatureForm(
        request.POST if is_post else None,
        request.FILES if is_post else None,
        initial=initial,
        fixed_region=latest.signature.region if latest else "",
        entity=entity_for_rules(project),
        is_submitted=request.POST.get("then") == "submit",
        n_certificates=latest.certificates.count() if latest else 0,
    )


def _editor(
    request: HttpRequest, project: Project, form: SignatureForm, *, latest: SignatureRevision | None = None
) -> HttpResponse:
    seen = editing.seen_context(form, latest)
    values = {name: form[name].value() or "" for name in form.fields}
    context = {
        "project": project,
        "form": form,
        "latest": latest,
        "certificates": latest.certificates.order_by("pk") if latest else [],
        # A browser forgets chosen files when the page comes back.
        "files_are_lost": form.is_bound and bool(request.FILES),
        **_preview(project, values, n_certificates=latest.certificates.count() if latest else 0),
        "noun": "signature",
        **seen,
    }
    return render(request, "templates_app/signature_form.html", context, status=seen["status"])


def _dress(region: Region) -> dict[str, Any]:
    """What surrounds a signature where it is shown as on a phone."""
    return {"brackets": BRACKETS[region], "sample": SAMPLE_BODIES[region]}


def _preview(project: Project, values: Mapping[str, Any], *, n_certificates: int = 0) -> dict[str, Any]:
    """The signature on a phone, and the documents that its type and use need."""
    draft = SignatureDraft(
        text=values.get("text", "")[:TEXT_LENGTH_TAKEN],
        type=values.get("type", "") or "company",
        use=values.get("use", "") or "own",
        region=region_or_international(values.get("region")),
        remarks=values.get("remarks", ""),
        # The documents stand in a list of their own; chosen files are counted when the form is sent.
        n_certificates=max(n_certificates, 2),
        entity=entity_for_rules(project),
    )
    needed = certificates_needed(type=draft.type, use=draft.use, entity=draft.entity)
    return {"preview": preview_signature(draft), "needed": needed}
