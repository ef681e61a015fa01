"""Pages of body templates."""

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
    BodyTemplateForm,
    ListFilter,
    RevokeForm,
    region_or_international,
)
from templates_app.models import BodyTemplate, BodyTemplateRevision
from templates_app.previews import Preview, marked, preview_body
from templates_app.rules import BodyDraft, without_repeats
from templates_app.samples import sample_by_key, samples_for
from templates_app.statuses import RevisionStatus
from templates_app.views.actions import REFUSALS, carry_out, state_chips


@require_safe
def body_template_list(request: HttpRequest, slug: str) -> HttpResponse:
    project = project_for(request.user, slug)
    asked = ListFilter(request.GET).asked()
    counts = queries.count_by_state(model=BodyTemplate, project=project, region=asked["region"])
    context = {
        "project": project,
        "may_write": Role.OPERATOR in roles_in_project(request.user, project),
        "page": queries.body_template_page(project=project, **asked),
        "counts": state_chips(counts, chosen=asked["state"]),
        **asked,
    }
    return render(request, "templates_app/body_template_list.html", context)


@require_safe
def body_template_detail(request: HttpRequest, slug: str, uuid: UUID) -> HttpResponse:
    project = project_for(request.user, slug)
    body_template = get_object_or_404(BodyTemplate, project=project, uuid=uuid)
    latest = queries.latest_body_template_revision(body_template)
    roles = roles_in_project(request.user, project)
    is_open = latest.status in (RevisionStatus.DRAFT, RevisionStatus.PENDING)
    findings = findings_of(latest) if is_open else []
    context = {
        "project": project,
        "body_template": body_template,
        "latest": latest,
        "in_use": queries.approved_revision(body_template),
        "story": queries.story(body_template),
        "preview": _preview(
            project,
            {
                "region": body_template.region,
                "kind": latest.kind,
                "text": latest.text,
                "remarks": latest.remarks,
            },
        ),
        "source": marked(latest.text, findings),
        "findings": without_repeats(findings),
        "nobody_can_review": latest.status == RevisionStatus.PENDING
        and not queries.other_reviewers_exist(latest),
        "may_write": Role.OPERATOR in roles,
        "may_review": Role.REVIEWER in roles,
        "revoke_form": RevokeForm(),
    }
    return render(request, "templates_app/body_template_detail.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def body_template_create(request: HttpRequest, slug: str) -> HttpResponse:
    """The editor for a new text; `?sample=` begins from one that passes every rule."""
    project = project_for(request.user, slug, Role.OPERATOR)
    initial: dict[str, Any] = {"region": ListFilter(request.GET).asked()["region"]}
    if sample := sample_by_key(request.GET.get("sample", "")):
        initial = {
            "region": sample.region,
            "kind": sample.kind,
            "name": sample.title,
            "text": sample.text,
            "remarks": sample.scenario,
        }
    form = _form(request, initial=initial)
    if request.method == "POST" and form.is_valid():
        region = Region(form.cleaned_data["region"])
        create = partial(services.create_body_template, project=project, region=region)
        revision = _save(request, form, create)
        if revision is not None:
            return redirect("body-template-detail", project.slug, revision.body_template.uuid)
    return _editor(request, project, form)


@require_http_methods(["GET", "HEAD", "POST"])
def body_template_edit(request: HttpRequest, slug: str, uuid: UUID) -> HttpResponse:
    project = project_for(request.user, slug, Role.OPERATOR)
    body_template = get_object_or_404(BodyTemplate, project=project, uuid=uuid)
    latest = queries.latest_body_template_revision(body_template)
    initial = {
        "name": body_template.name,
        "kind": latest.kind,
        "text": latest.text,
        "remarks": latest.remarks,
    }
    form = _form(request, initial=initial, latest=latest)
    if request.method == "POST" and form.is_valid():
        edit = partial(services.edit_body_template, body_template=body_template)
        if _save(request, form, edit) is not None:
            return redirect("body-template-detail", project.slug, body_template.uuid)
    return _editor(request, project, form, latest=latest)


@require_POST
def body_template_preview(request: HttpRequest, slug: str, uuid: UUID | None = None) -> HttpResponse:
    """What stands beside the form: alone for a script, within the whole page for a browser without one."""
    project = project_for(request.user, slug, Role.OPERATOR)
    if "HX-Request" in request.headers:
        context = {"preview": _preview(project, request.POST), "noun": "body_template"}
        return render(request, "templates_app/_preview.html", context)
    if uuid is None:
        return _editor(request, project, BodyTemplateForm(initial=request.POST.dict()))
    body_template = get_object_or_404(BodyTemplate, project=project, uuid=uuid)
    latest = queries.latest_body_template_revision(body_template)
    form = BodyTemplateForm(initial=request.POST.dict(), fixed_region=body_template.region)
    return _editor(request, project, form, latest=latest)


@require_POST
def body_template_copy(request: HttpRequest, slug: str, uuid: UUID) -> HttpResponse:
    project = project_for(request.user, slug, Role.OPERATOR)
    body_template = get_object_or_404(
        BodyTemplate.objects.select_related("project"), project=project, uuid=uuid
    )
    try:
        copy = services.copy_body_template(body_template=body_template, by=signed_in_person(request))
    except REFUSALS as refusal:
        messages.error(request, str(refusal))
        return redirect("body-template-detail", project.slug, uuid)
    if copy.status == RevisionStatus.PENDING:
        messages.success(request, _("The copy is waiting for its own approval."))
    else:
        messages.warning(request, _("The copy is a draft: rules of this region refuse something in it."))
    return redirect("body-template-detail", project.slug, copy.body_template.uuid)


@require_POST
def body_template_submit(request: HttpRequest, slug: str, uuid: UUID, number: int) -> HttpResponse:
    project = project_for(request.user, slug, Role.OPERATOR)
    revision = _revision(project, uuid, number)
    submit = partial(services.submit_revision, revision=revision, by=signed_in_person(request))
    carry_out(request, submit, done=_("The body template is waiting for approval."))
    return redirect("body-template-detail", project.slug, uuid)


@require_POST
def body_template_withdraw(request: HttpRequest, slug: str, uuid: UUID, number: int) -> HttpResponse:
    project = project_for(request.user, slug, Role.OPERATOR)
    revision = _revision(project, uuid, number)
    withdraw = partial(services.withdraw_revision, revision=revision, by=signed_in_person(request))
    carry_out(request, withdraw, done=_("The body template is a draft again."))
    return redirect("body-template-detail", project.slug, uuid)


@require_POST
def body_template_discard(request: HttpRequest, slug: str, uuid: UUID, number: int) -> HttpResponse:
    project = project_for(request.user, slug, Role.OPERATOR)
    revision = _revision(project, uuid, number)
    discard = partial(services.discard_body_template_draft, revision=revision, by=signed_in_person(request))
    carry_out(request, discard, done=_("The draft is discarded."))
    if BodyTemplate.objects.filter(uuid=uuid).exists():
        return redirect("body-template-detail", project.slug, uuid)
    return redirect("body-template-list", project.slug)


@require_POST
def body_template_revoke(request: HttpRequest, slug: str, uuid: UUID, number: int) -> HttpResponse:
    project = project_for(request.user, slug, Role.REVIEWER)
    revision = _revision(project, uuid, number)
    form = RevokeForm(request.POST)
    comment = form.cleaned_data["comment"] if form.is_valid() else ""
    revoke = partial(
        services.revoke_revision, revision=revision, by=signed_in_person(request), comment=comment
    )
    carry_out(request, revoke, done=_("The approval is revoked. Campaigns with this text are held."))
    return redirect("body-template-detail", project.slug, uuid)


def _revision(project: Project, uuid: UUID, number: int) -> BodyTemplateRevision:
    revisions = BodyTemplateRevision.objects.select_related("body_template__project")
    return get_object_or_404(
        revisions, body_template__project=project, body_template__uuid=uuid, number=number
    )


def _form(
    request: HttpRequest, *, initial: dict[str, Any], latest: BodyTemplateRevision | None = None
) -> BodyTemplateForm:
    return BodyTemplateForm(
        request.POST if request.method == "POST" else None,
        initial=initial,
        fixed_region=latest.body_template.region if latest else "",
        is_submitted=request.POST.get("then") == "submit",
    )


def _save(
    request: HttpRequest, form: BodyTemplateForm, write: Callable[..., BodyTemplateRevision]
) -> BodyTemplateRevision | None:
    """Write the draft, and hand it in if that was the button; None when the draft was refused."""
    by = signed_in_person(request)
    fields = {name: form.cleaned_data[name] for name in ("name", "kind", "text", "remarks")}
    try:
        revision = write(by=by, **fields)
    except REFUSALS as refusal:
        form.add_error(None, str(refusal))
        return None
    if form.is_submitted:
        submit = partial(services.submit_revision, revision=revision, by=by)
        carry_out(request, submit, done=_("The body template is waiting for approval."))
    else:
        messages.success(request, _("The draft is saved."))
    return revision


def _editor(
    request: HttpRequest,
    project: Project,
    form: BodyTemplateForm,
    *,
    latest: BodyTemplateRevision | None = None,
) -> HttpResponse:
    region = region_or_international(form["region"].value())
    context = {
        "project": project,
        "form": form,
        "latest": latest,
        "samples": [] if latest else samples_for(region),
        "preview": _preview(project, {name: form[name].value() or "" for name in form.fields}),
        "noun": "body_template",
    }
    return render(request, "templates_app/body_template_form.html", context)


def _preview(project: Project, values: Mapping[str, Any]) -> Preview:
    """The text behind the project's first approved signature of the region, or a sample one."""
    region = region_or_international(values.get("region"))
    signature = queries.usable_signatures(project, region).first()
    draft = BodyDraft(
        text=values.get("text", "").replace("\r\n", "\n")[:TEXT_LENGTH_TAKEN],
        kind=values.get("kind", ""),
        region=region,
        remarks=str(values.get("remarks", "")),
    )
    return preview_body(draft, signature_text=signature.text if signature else "")
