"""Pages of sender IDs."""

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
from templates_app.forms import ListFilter, SenderIdForm
from templates_app.models import SenderId, SenderIdRevision
from templates_app.previews import SAMPLE_BODIES, Preview, marked, preview_sender_id
from templates_app.rules import SenderIdDraft
from templates_app.rules.limits import SENDER_ID_STORED_MAX
from templates_app.views import editing
from templates_app.views.actions import state_chips

PAGES = editing.Pages(
    stem="sender-id",
    revision=SenderIdRevision,
    discard=services.discard_sender_id_draft,
    submitted=_("The sender ID is waiting for approval."),
    withdrawn=_("The sender ID is a draft again."),
    revoked=_("The approval is revoked. No campaign can start with this sender ID any more."),
    discarded=_("The draft is discarded."),
)


@require_safe
def sender_id_list(request: HttpRequest, slug: str) -> HttpResponse:
    project = project_for(request.user, slug)
    asked = ListFilter(request.GET).asked()
    state, before = asked["state"], asked["before"]
    context = {
        "project": project,
        "may_write": Role.OPERATOR in roles_in_project(request.user, project),
        "page": queries.sender_id_page(project=project, state=state, before=before),
        "counts": state_chips(queries.count_by_state(model=SenderId, project=project), chosen=state),
        "state": state,
    }
    return render(request, "templates_app/sender_id_list.html", context)


@require_safe
def sender_id_detail(request: HttpRequest, slug: str, uuid: UUID) -> HttpResponse:
    project = project_for(request.user, slug)
    sender_id = get_object_or_404(SenderId, project=project, uuid=uuid)
    latest = queries.latest_sender_id_revision(sender_id)
    shared, findings = editing.detail_context(request, project, sender_id, latest)
    context = {
        **shared,
        "sender_id": sender_id,
        "source": marked(latest.text, findings),
        "sample": SAMPLE_BODIES[Region.INTERNATIONAL],
    }
    return render(request, "templates_app/sender_id_detail.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def sender_id_create(request: HttpRequest, slug: str) -> HttpResponse:
    project = project_for(request.user, slug, Role.OPERATOR)
    form = _form(request, initial={})
    if request.method == "POST" and form.is_valid():
        create = partial(services.create_sender_id, project=project, country=form.cleaned_data["country"])
        revision = editing.save(request, form, create, pages=PAGES)
        if revision is not None:
            return PAGES.to_detail(project, revision.owner.uuid)
    return _editor(request, project, form)


@require_http_methods(["GET", "HEAD", "POST"])
def sender_id_edit(request: HttpRequest, slug: str, uuid: UUID) -> HttpResponse:
    project = project_for(request.user, slug, Role.OPERATOR)
    sender_id = get_object_or_404(SenderId, project=project, uuid=uuid)
    latest = queries.latest_sender_id_revision(sender_id)
    form = _form(request, initial={"text": latest.text, "remarks": latest.remarks}, latest=latest)
    if request.method == "POST" and form.is_valid():
        seen_at = form.cleaned_data["seen"]
        edit = partial(services.edit_sender_id, sender_id=sender_id, seen_at=seen_at)
        if editing.save(request, form, edit, pages=PAGES) is not None:
            return PAGES.to_detail(project, uuid)
    return _editor(request, project, form, latest=latest)


@require_POST
def sender_id_preview(request: HttpRequest, slug: str, uuid: UUID | None = None) -> HttpResponse:
    """What stands beside the form: alone for a script, within the whole page for a browser without one."""
    project = project_for(request.user, slug, Role.OPERATOR)
    sender_id = get_object_or_404(SenderId, project=project, uuid=uuid) if uuid else None
    values = request.POST.dict()
    if sender_id is not None:
        values["country"] = sender_id.country
    if "HX-Request" in request.headers:
        context = {"preview": _preview(values), "noun": "sender_id", "sender": values.get("text", "")}
        return render(request, "templates_app/_preview.html", context)
    if sender_id is None:
        return _editor(request, project, SenderIdForm(initial=values))
    latest = queries.latest_sender_id_revision(sender_id)
    form = SenderIdForm(initial=values, fixed_country=sender_id.country)
    return _editor(request, project, form, latest=latest)


@require_POST
def sender_id_submit(request: HttpRequest, slug: str, uuid: UUID, number: int) -> HttpResponse:
    return editing.submit(request, slug, uuid, number, pages=PAGES)


@require_POST
def sender_id_withdraw(request: HttpRequest, slug: str, uuid: UUID, number: int) -> HttpResponse:
    return editing.withdraw(request, slug, uuid, number, pages=PAGES)


@require_POST
def sender_id_discard(request: HttpRequest, slug: str, uuid: UUID, number: int) -> HttpResponse:
    return editing.discard(request, slug, uuid, number, pages=PAGES)


@require_POST
def sender_id_revoke(request: HttpRequest, slug: str, uuid: UUID, number: int) -> HttpResponse:
    return editing.revoke(request, slug, uuid, number, pages=PAGES)


def _form(
    request: HttpRequest, *, initial: dict[str, Any], latest: SenderIdRevision | None = None
) -> SenderIdForm:
    return SenderIdForm(
        request.POST if request.method == "POST" else None,
        initial=initial,
        fixed_country=latest.sender_id.country if latest else None,
        is_submitted=request.POST.get("then") == "submit",
    )


def _editor(
    request: HttpRequest, project: Project, form: SenderIdForm, *, latest: SenderIdRevision | None = None
) -> HttpResponse:
    seen = editing.seen_context(form, latest)
    values = {name: form[name].value() or "" for name in form.fields}
    context = {
        "project": project,
        "form": form,
        "latest": latest,
        "preview": _preview(values),
        "sender": values["text"],
        "noun": "sender_id",
        **seen,
    }
    return render(request, "templates_app/sender_id_form.html", context, status=seen["status"])


def _preview(values: Mapping[str, Any]) -> Preview:
    return preview_sender_id(
        SenderIdDraft(
            text=str(values.get("text", ""))[:SENDER_ID_STORED_MAX],
            country=str(values.get("country", "")),
            remarks=str(values.get("remarks", "")),
        )
    )
