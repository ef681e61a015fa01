"""Pages of signatures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import signed_in_person
from accounts.models import Role
from projects.access import project_for, roles_in_project
from projects.models import Project
from smsconsole.lib.types import Region
from templates_app import queries, services
from templates_app.checks import findings_of
from templates_app.forms import (
    TEXT_LENGTH_TAKEN,
    ListFilter,
    RevokeForm,
    SignatureForm,
    region_or_international,
)
from templates_app.models import Signature, SignatureRevision
from templates_app.previews import SAMPLE_BODIES, Preview, preview_signature
from templates_app.rendering import BRACKETS
from templates_app.rules import SignatureDraft, without_repeats
from templates_app.statuses import RevisionStatus
from templates_app.views.actions import REFUSALS, carry_out, state_chips


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
    roles = roles_in_project(request.user, project)
    is_open = latest.status in (RevisionStatus.DRAFT, RevisionStatus.PENDING)
    context = {
        "project": project,
        "signature": signature,
        "latest": latest,
        "in_use": queries.approved_revision(signature),
        "story": queries.story(signature),
        "certificates": latest.certificates.order_by("pk"),
        "findings": without_repeats(findings_of(latest)) if is_open else [],
        "nobody_can_review": latest.status == RevisionStatus.PENDING
        and not queries.other_reviewers_exist(latest),
        "may_write": Role.OPERATOR in roles,
        "may_review": Role.REVIEWER in roles,
        "may_see_certificates": bool(roles),
        "revoke_form": RevokeForm(),
        **_dress(Region(signature.region)),
    }
    return render(request, "templates_app/signature_detail.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def signature_create(request: HttpRequest, slug: str) -> HttpResponse:
    project = project_for(request.user, slug, Role.OPERATOR)
    form = _form(request, initial={"region": ListFilter(request.GET).asked()["region"]})
    if request.method == "POST" and form.is_valid():
        region = Region(form.cleaned_data["region"])
        create = partial(services.create_signature, project=project, region=region)
        revision = _save(request, form, create)
        if revision is not None:
            return redirect("signature-detail", project.slug, revision.signature.uuid)
    return _editor(request, project, form)


@require_http_methods(["GET", "HEAD", "POST"])
def signature_edit(request: HttpRequest, slug: str, uuid: UUID) -> HttpResponse:
    project = project_for(request.user, slug, Role.OPERATOR)
    signature = get_object_or_404(Signature, project=project, uuid=uuid)
    latest = queries.latest_signature_revision(signature)
    initial = {"text": latest.text, "type": latest.type, "use": latest.use, "remarks": latest.remarks}
    form = _form(request, initial=initial, latest=latest)
    if request.method == "POST" and form.is_valid():
        edit = partial(services.edit_signature, signature=signature)
        if _save(request, form, edit) is not None:
            return redirect("signature-detail", project.slug, signature.uuid)
    return _editor(request, project, form, latest=latest)


@require_POST
def signature_preview(request: HttpRequest, slug: str, uuid: UUID | None = None) -> HttpResponse:
    """What stands beside the form: alone for a script, within the whole page for a browser without one."""
    project = project_for(request.user, slug, Role.OPERATOR)
    if "HX-Request" in request.headers:
        context = {"preview": _preview(request.POST), "noun": "signature"}
        return render(request, "templates_app/_preview.html", context)
    if uuid is None:
        return _editor(request, project, SignatureForm(initial=request.POST.dict()))
    latest = queries.latest_signature_revision(get_object_or_404(Signature, project=project, uuid=uuid))
    region = latest.signature.region
    form = SignatureForm(initial=request.POST.dict(), fixed_region=region)
    return _editor(request, project, form, latest=latest)


@require_POST
def signature_submit(request: HttpRequest, slug: str, uuid: UUID, number: int) -> HttpResponse:
    project = project_for(request.user, slug, Role.OPERATOR)
    revision = _revision(project, uuid, number)
    submit = partial(services.submit_revision, revision=revision, by=signed_in_person(request))
    carry_out(request, submit, done=_("The signature is waiting for approval."))
    return redirect("signature-detail", project.slug, uuid)


@require_POST
def signature_withdraw(request: HttpRequest, slug: str, uuid: UUID, number: int) -> HttpResponse:
    project = project_for(request.user, slug, Role.OPERATOR)
    revision = _revision(project, uuid, number)
    withdraw = partial(services.withdraw_revision, revision=revision, by=signed_in_person(request))
    carry_out(request, withdraw, done=_("The signature is a draft again."))
    return redirect("signature-detail", project.slug, uuid)


@require_POST
def signature_discard(request: HttpRequest, slug: str, uuid: UUID, number: int) -> HttpResponse:
    project = project_for(request.user, slug, Role.OPERATOR)
    revision = _revision(project, uuid, number)
    discard = partial(services.discard_signature_draft, revision=revision, by=signed_in_person(request))
    carry_out(request, discard, done=_("The draft is discarded."))
    if Signature.objects.filter(uuid=uuid).exists():
        return redirect("signature-detail", project.slug, uuid)
    return redirect("signature-list", project.slug)


@require_POST
def signature_revoke(request: HttpRequest, slug: str, uuid: UUID, number: int) -> HttpResponse:
    project = project_for(request.user, slug, Role.REVIEWER)
    revision = _revision(project, uuid, number)
    form = RevokeForm(request.POST)
    comment = form.cleaned_data["comment"] if form.is_valid() else ""
    revoke = partial(
        services.revoke_revision, revision=revision, by=signed_in_person(request), comment=comment
    )
    carry_out(request, revoke, done=_("The approval is revoked. Campaigns with this signature are held."))
    return redirect("signature-detail", project.slug, uuid)


def _revision(project: Project, uuid: UUID, number: int) -> SignatureRevision:
    revisions = SignatureRevision.objects.select_related("signature__project")
    return get_object_or_404(revisions, signature__project=project, signature__uuid=uuid, number=number)


def _form(
    request: HttpRequest, *, initial: dict[str, Any], latest: SignatureRevision | None = None
) -> SignatureForm:
    is_post = request.method == "POST"
    return SignatureForm(
        request.POST if is_post else None,
        request.FILES if is_post else None,
        initial=initial,
        fixed_region=latest.signature.region if latest else "",
        is_submitted=request.POST.get("then") == "submit",
        n_certificates=latest.certificates.count() if latest else 0,
    )


def _save(
    request: HttpRequest, form: SignatureForm, write: Callable[..., SignatureRevision]
) -> SignatureRevision | None:
    """Write the draft, and hand it in if that was the button; None when the draft was refused."""
    by = signed_in_person(request)
    fields = {name: form.cleaned_data[name] for name in ("text", "type", "use", "remarks")}
    try:
        revision = write(documents=form.cleaned_data["certificates"], by=by, **fields)
    except REFUSALS as refusal:
        form.add_error(None, str(refusal))
        return None
    if form.is_submitted:
        submit = partial(services.submit_revision, revision=revision, by=by)
        carry_out(request, submit, done=_("The signature is waiting for approval."))
    else:
        messages.success(request, _("The draft is saved."))
    return revision


def _editor(
    request: HttpRequest, project: Project, form: SignatureForm, *, latest: SignatureRevision | None = None
) -> HttpResponse:
    context = {
        "project": project,
        "form": form,
        "latest": latest,
        "certificates": latest.certificates.order_by("pk") if latest else [],
        "preview": _preview({name: form[name].value() or "" for name in form.fields}),
        "noun": "signature",
    }
    return render(request, "templates_app/signature_form.html", context)


def _dress(region: Region) -> dict[str, Any]:
    """What surrounds a signature where it is shown as on a phone."""
    return {"brackets": BRACKETS[region], "sample": SAMPLE_BODIES[region]}


def _preview(values: Mapping[str, Any]) -> Preview:
    return preview_signature(
        SignatureDraft(
            text=values.get("text", "")[:TEXT_LENGTH_TAKEN],
            type=values.get("type", ""),
            use=values.get("use", ""),
            region=region_or_international(values.get("region")),
            remarks=values.get("remarks", ""),
            n_certificates=1,
        )
    )
