"""The page of all keys with which programs call, the keys of the native API, and what programs may fetch."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import signed_in_person
from accounts.confirming import require_confirmation
from accounts.models import Role
from accounts.standing import EnterpriseOnly, standing_of
from projects import queries, services
from projects.access import project_for, roles_in_project
from projects.errors import ProjectsError, SettingChanged
from projects.forms.program_keys import ApiKeyForm, NewApiKeyForm, PullsForm, last_day
from projects.forms.seen import has_seen, seen_value
from projects.models import ApiKey, Project


@require_safe
def program_keys(request: HttpRequest, slug: str) -> HttpResponse:
    """Everybody of the organization sees which keys there are; their secrets are nowhere on it."""
    return _page(request, project_for(request.user, slug))


def _page(
    request: HttpRequest, project: Project, form: PullsForm | None = None, *, status: int = 200
) -> HttpResponse:
    may_change = Role.ADMIN in roles_in_project(request.user, project) and not project.is_disabled
    initial = {
        "pulls_status": project.pulls_status,
        "pulls_replies": project.pulls_replies,
        "seen": seen_value(project.changed_at),
    }
    context = {
        "project": project,
        "keys": queries.program_keys(project),
        "may_change": may_change,
        "form": form or PullsForm(initial=initial),
        "console_url": settings.CONSOLE_URL,
        "api_keys_max": services.API_KEYS_MAX,
        "secret_keys_max": services.SECRET_KEYS_MAX,
        "manages_texts": standing_of(project.organization_id).allows(EnterpriseOnly.TEXT_API),
    }
    return render(request, "projects/program_keys.html", context, status=status)


@require_POST
def pulls_edit(request: HttpRequest, slug: str) -> HttpResponse:
    project = project_for(request.user, slug, Role.ADMIN)
    form = PullsForm(request.POST)
    form.is_valid()
    wanted = form.cleaned_data
    try:
        services.set_pulls(
            project=project,
            pulls_status=wanted["pulls_status"],
            pulls_replies=wanted["pulls_replies"],
            seen_at=wanted["seen"],
            by=signed_in_person(request),
        )
    except ProjectsError as error:
        project.refresh_from_db()
        form.add_error(None, str(error))
        has_seen(form, project.changed_at)
        return _page(request, project, form, status=_status_of(error))
    messages.success(request, _("Saved. It holds for what happens from now on."))
    return redirect("program-keys", project.slug)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def api_key_add(request: HttpRequest, slug: str) -> HttpResponse:
    """Makes a key and shows its secret once.

    The answer to the button is the page itself and no redirect: the secret stands in no address, session or message.
    """
    project = project_for(request.user, slug, Role.ADMIN)
    form = NewApiKeyForm(request.POST if request.method == "POST" else None, project=project)
    if request.method == "POST" and form.is_valid():
        confirmed_at = require_confirmation(request)
        try:
            made = services.add_api_key(
                project=project,
                terms=form.terms(),
                is_sandbox=form.cleaned_data["is_sandbox"],
                uuid=form.cleaned_data["once"],
                confirmed_at=confirmed_at,
                by=signed_in_person(request),
            )
        except ProjectsError as error:
            form.add_error(None, str(error))
        else:
            context = {"project": project, "key": made.api_key, "token": made.token}
            return render(
                request, "projects/api_key_made.html", context | {"console_url": settings.CONSOLE_URL}
            )
    return _form_page(request, project, form)


@require_http_methods(["GET", "HEAD", "POST"])
def api_key_edit(request: HttpRequest, slug: str, uuid: UUID) -> HttpResponse:
    project = project_for(request.user, slug, Role.ADMIN)
    key = _key(project, uuid)
    initial = {
        "name": key.name,
        "scopes": key.scopes,
        "addresses": "\n".join(key.addresses),
        "expires_on": last_day(key.expires_at, project) if key.expires_at else None,
        "rate_per_second": key.rate_per_second,
        "seen": seen_value(key.changed_at),
    }
    form = ApiKeyForm(
        request.POST if request.method == "POST" else None, initial=initial, project=project, key=key
    )
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            services.change_api_key(
                api_key=key,
                terms=form.terms(),
                seen_at=form.cleaned_data["seen"],
                by=signed_in_person(request),
            )
        except ProjectsError as error:
            key.refresh_from_db()
            form.add_error(None, str(error))
            has_seen(form, key.changed_at)
            status = _status_of(error)
        else:
            messages.success(request, _("Saved. It holds from the next request on."))
            return redirect("program-keys", project.slug)
    return _form_page(request, project, form, key=key, status=status)


@require_POST
def api_key_retire(request: HttpRequest, slug: str, uuid: UUID) -> HttpResponse:
    project = project_for(request.user, slug, Role.ADMIN)
    key = get_object_or_404(ApiKey.objects.select_related("project"), project=project, uuid=uuid)
    try:
        services.retire_key(key=key, by=signed_in_person(request))
    except ProjectsError as error:
        messages.error(request, str(error))
    else:
        messages.success(
            request,
            _("The key “%(name)s” is retired. Programs that still use it are refused.") % {"name": key.name},
        )
    return redirect("program-keys", project.slug)


def _key(project: Project, uuid: UUID) -> ApiKey:
    """A key that was not retired; the row holds no secret but a hash."""
    return get_object_or_404(
        ApiKey.objects.select_related("project", "created_by"), project=project, uuid=uuid, retired_at=None
    )


def _form_page(
    request: HttpRequest,
    project: Project,
    form: ApiKeyForm,
    *,
    key: ApiKey | None = None,
    status: int = 200,
) -> HttpResponse:
    context: dict[str, Any] = {
        "project": project,
        "form": form,
        "key": key,
        "shown_id": queries.shown_id(key) if key else "",
    }
    if status == 200 and form.errors:
        status = 422
    return render(request, "projects/api_key_form.html", context, status=status)


def _status_of(error: ProjectsError) -> int:
    return 409 if isinstance(error, SettingChanged) else 422
