"""Requests to write again to somebody who unsubscribed."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import signed_in_person
from accounts.models import Role
from projects import services
from projects.access import project_for, roles_in_project
from projects.contributions import consent_words
from projects.errors import ProjectsError, SettingChanged
from projects.forms.lists import DecisionForm, RemovalForm
from projects.models import ListedNumber, Project, RemovalRequest
from projects.queries.lists import PAGE_SIZE, removal_page
from projects.statuses import NumberList, RemovalStatus
from projects.views.lists import list_frame
from smsconsole.lib.msisdn import mask_msisdn


@require_safe
def removal_list(request: HttpRequest, slug: str) -> HttpResponse:
    """All requests with their answers, newest first."""
    project = project_for(request.user, slug)
    state = request.GET.get("state", "")
    state = state if state in RemovalStatus.values else ""
    before = request.GET.get("before", "")
    rows = removal_page(
        project=project,
        status=state,
        before=int(before) if re.fullmatch(r"[0-9]{1,18}", before) else None,
    )
    shown = rows[:PAGE_SIZE]
    words = consent_words(project, {row.consent_key for row in shown})
    context = {
        **list_frame(request, project, None),
        "rows": [_row(row, words) for row in shown],
        "state": state,
        "states": RemovalStatus.choices,
        "older": shown[-1].pk if len(rows) > PAGE_SIZE else None,
    }
    return render(request, "projects/removal_list.html", context)


def _row(row: RemovalRequest, words: dict[str, str]) -> dict[str, Any]:
    return {
        "request": row,
        "number": mask_msisdn(row.msisdn),
        "consent": words.get(row.consent_key, row.consent_key) or _("Everything"),
    }


@require_http_methods(["GET", "HEAD", "POST"])
def removal_request(request: HttpRequest, slug: str, uuid: UUID) -> HttpResponse:
    """Ask, with a reason, for a number to be taken off the list of unsubscribed ones."""
    project = project_for(request.user, slug, Role.OPERATOR)
    listed = get_object_or_404(
        ListedNumber.objects.select_related("project"),
        project=project,
        uuid=uuid,
        list=NumberList.UNSUBSCRIBED,
    )
    form = RemovalForm(request.POST or None)
    status = 422 if request.method == "POST" else 200
    if request.method == "POST" and form.is_valid():
        try:
            asked = services.request_removal(
                listed=listed, reason=form.cleaned_data["reason"], by=signed_in_person(request)
            )
        except ProjectsError as error:
            form.add_error("reason", str(error))
        else:
            messages.success(
                request, _("Asked. A reviewer decides; nothing is sent to the number until then.")
            )
            return redirect("removal-detail", project.slug, asked.uuid)
    words = consent_words(project, {listed.consent_key})
    context = {
        "project": project,
        "form": form,
        "listed": listed,
        "number": mask_msisdn(listed.msisdn),
        "consent": words.get(listed.consent_key, listed.consent_key) or _("Everything"),
    }
    return render(request, "projects/removal_request.html", context, status=status)


@require_safe
def removal_detail(request: HttpRequest, slug: str, uuid: UUID) -> HttpResponse:
    project = project_for(request.user, slug)
    return _detail(request, project, _request(project, uuid), DecisionForm(), status=200)


@require_POST
def removal_approve(request: HttpRequest, slug: str, uuid: UUID) -> HttpResponse:
    project = project_for(request.user, slug, Role.REVIEWER)
    return _decide(request, project, uuid, RemovalStatus.APPROVED)


@require_POST
def removal_refuse(request: HttpRequest, slug: str, uuid: UUID) -> HttpResponse:
    project = project_for(request.user, slug, Role.REVIEWER)
    return _decide(request, project, uuid, RemovalStatus.REFUSED)


def _decide(request: HttpRequest, project: Project, uuid: UUID, verdict: RemovalStatus) -> HttpResponse:
    asked = _request(project, uuid)
    form = DecisionForm(request.POST)
    if form.is_valid():
        approved = verdict == RemovalStatus.APPROVED
        decide = services.approve_removal if approved else services.refuse_removal
        try:
            decide(request=asked, comment=form.cleaned_data["comment"], by=signed_in_person(request))
        except SettingChanged as error:
            form.add_error(None, str(error))
            return _detail(request, project, _request(project, uuid), form, status=409)
        except ProjectsError as error:
            form.add_error("comment", str(error))
        else:
            messages.success(
                request,
                _("Approved. The number can be written to again.")
                if approved
                else _("Refused. The number stays unsubscribed."),
            )
            return redirect("removal-list", project.slug)
    return _detail(request, project, asked, form, status=422)


def _request(project: Project, uuid: UUID) -> RemovalRequest:
    requests = RemovalRequest.objects.select_related("project", "requested_by", "decided_by")
    return get_object_or_404(requests, project=project, uuid=uuid)


def _detail(
    request: HttpRequest, project: Project, asked: RemovalRequest, form: DecisionForm, *, status: int
) -> HttpResponse:
    is_reviewer = Role.REVIEWER in roles_in_project(request.user, project)
    is_own = asked.requested_by_id == request.user.pk
    context = {
        "project": project,
        **_row(asked, consent_words(project, {asked.consent_key})),
        "asked": asked,
        "form": form,
        "is_pending": asked.status == RemovalStatus.PENDING,
        "may_decide": is_reviewer and not is_own and not project.is_disabled,
        "is_own": is_own and is_reviewer,
    }
    context.pop("request")
    return render(request, "projects/removal_detail.html", context, status=status)
