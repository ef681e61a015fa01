"""Pages of body templates."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import signed_in_person
from accounts.models import Role
from projects.access import project_for, roles_in_project
from projects.models import Project
from smsconsole.lib.types import Region
from templates_app import queries, services
from templates_app.checks import entity_for_rules
from templates_app.forms import TEXT_LENGTH_TAKEN, BodyTemplateForm, ListFilter, region_or_international
from templates_app.models import BodyTemplate, BodyTemplateRevision
from templates_app.previews import Preview, marked, preview_body, replace_forcing
from templates_app.rules import BodyDraft
from templates_app.samples import sample_by_key, samples_for
from templates_app.statuses import RevisionStatus
from templates_app.views import editing
from templates_app.views.actions import REFUSALS, state_chips

PAGES = editing.Pages(
    stem="body-template",
    revision=BodyTemplateRevision,
    discard=services.discard_body_template_draft,
    submitted=_("The body template is waiting for approval."),
    withdrawn=_("The body template is a draft again."),
    revoked=_("The approval is revoked. Campaigns with this text are held."),
    discarded=_("The draft is discarded."),
)
# The editor's inputs for sample values are called so, followed by the variable's name.
VALUE_PREFIX = "value_"
SAMPLE_VALUE_LENGTH_TAKEN = 200


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
    shared, findings = editing.detail_context(request, project, body_template, latest)
    values = {"region": body_template.region, "kind": latest.kind, "text": latest.text}
    context = {
        **shared,
        "body_template": body_template,
        "preview": _preview(project, {**values, "remarks": latest.remarks}),
        "source": marked(latest.text, findings),
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
    form = _form(request, project, initial=initial)
    if request.method == "POST" and form.is_valid():
        region = Region(form.cleaned_data["region"])
        create = partial(services.create_body_template, project=project, region=region)
        revision = editing.save(request, form, create, pages=PAGES)
        if revision is not None:
            return PAGES.to_detail(project, revision.owner.uuid)
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
    form = _form(request, project, initial=initial, latest=latest)
    if request.method == "POST" and form.is_valid():
        seen_at = form.cleaned_data["seen"]
        edit = partial(services.edit_body_template, body_template=body_template, seen_at=seen_at)
        if editing.save(request, form, edit, pages=PAGES) is not None:
            return PAGES.to_detail(project, uuid)
    return _editor(request, project, form, latest=latest)


@require_POST
def body_template_preview(request: HttpRequest, slug: str, uuid: UUID | None = None) -> HttpResponse:
    """What stands beside the form: alone for a script, within the whole page for a browser without one."""
    project = project_for(request.user, slug, Role.OPERATOR)
    if "HX-Request" in request.headers:
        preview = _preview(project, request.POST)
        context = {
            "preview": preview,
            "noun": "body_template",
            # Inputs that somebody types in are left alone while the variables stay the same.
            "values_changed": preview.names != request.POST.get("names", ""),
        }
        return render(request, "templates_app/_preview.html", context)
    initial = request.POST.dict()
    if "replace" in initial:
        initial["text"] = replace_forcing(initial.get("text", ""), initial["replace"])
    if uuid is None:
        return _editor(request, project, BodyTemplateForm(initial=initial))
    body_template = get_object_or_404(BodyTemplate, project=project, uuid=uuid)
    latest = queries.latest_body_template_revision(body_template)
    form = BodyTemplateForm(initial=initial, fixed_region=body_template.region)
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
        messages.success(request, gettext("The copy is waiting for its own approval."))
    else:
        messages.warning(
            request, gettext("The copy is a draft: rules of this region refuse something in it.")
        )
    return redirect("body-template-detail", project.slug, copy.body_template.uuid)


@require_POST
def body_template_submit(request: HttpRequest, slug: str, uuid: UUID, number: int) -> HttpResponse:
    return editing.submit(request, slug, uuid, number, pages=PAGES)


@require_POST
def body_template_withdraw(request: HttpRequest, slug: str, uuid: UUID, number: int) -> HttpResponse:
    return editing.withdraw(request, slug, uuid, number, pages=PAGES)


@require_POST
def body_template_discard(request: HttpRequest, slug: str, uuid: UUID, number: int) -> HttpResponse:
    return editing.discard(request, slug, uuid, number, pages=PAGES)


@require_POST
def body_template_revoke(request: HttpRequest, slug: str, uuid: UUID, number: int) -> HttpResponse:
    return editing.revoke(request, slug, uuid, number, pages=PAGES)


def _form(
    request: HttpRequest,
    project: Project,
    *,
    initial: dict[str, Any],
    latest: BodyTemplateRevision | None = None,
) -> BodyTemplateForm:
    return BodyTemplateForm(
        request.POST if request.method == "POST" else None,
        initial=initial,
        fixed_region=latest.body_template.region if latest else "",
        entity=entity_for_rules(project),
        is_submitted=request.POST.get("then") == "submit",
    )


def _editor(
    request: HttpRequest,
    project: Project,
    form: BodyTemplateForm,
    *,
    latest: BodyTemplateRevision | None = None,
) -> HttpResponse:
    region = region_or_international(form["region"].value())
    seen = editing.seen_context(form, latest)
    values = {name: form[name].value() or "" for name in form.fields}
    context = {
        "project": project,
        "form": form,
        "latest": latest,
        "sample_groups": samples_for(region),
        "preview": _preview(project, {**request.POST.dict(), **values}),
        "noun": "body_template",
        **seen,
    }
    return render(request, "templates_app/body_template_form.html", context, status=seen["status"])


def _preview(project: Project, values: Mapping[str, Any]) -> Preview:
    """The text behind the project's first approved signature of the region, or a sample one."""
    region = region_or_international(values.get("region"))
    signature = queries.usable_signatures(project, region).first()
    draft = BodyDraft(
        text=values.get("text", "").replace("\r\n", "\n")[:TEXT_LENGTH_TAKEN],
        kind=values.get("kind", ""),
        region=region,
        remarks=str(values.get("remarks", "")),
        entity=entity_for_rules(project),
    )
    typed = {
        key.removeprefix(VALUE_PREFIX): str(value)[:SAMPLE_VALUE_LENGTH_TAKEN]
        for key, value in values.items()
        if key.startswith(VALUE_PREFIX)
    }
    return preview_body(draft, signature_text=signature.text if signature else "", values=typed)
