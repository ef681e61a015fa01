"""The application information of a project: its SDK AppID and AppKeys."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import signed_in_person
from accounts.confirming import require_confirmation
from accounts.models import Role
from projects import queries, services
from projects.access import project_for, roles_in_project
from projects.errors import ProjectsError
from projects.models import AppKey


@require_safe
def application_information(request: HttpRequest, slug: str) -> HttpResponse:
    project = project_for(request.user, slug)
    keys = list(queries.app_keys(project))
    context = {
        "project": project,
        "active_keys": [key for key in keys if key.retired_at is None],
        "retired_keys": [key for key in keys if key.retired_at is not None],
        "may_change": Role.ADMIN in roles_in_project(request.user, project),
        "keys_max": services.ACTIVE_KEYS_MAX,
    }
    return render(request, "projects/application_information.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def app_key_reveal(request: HttpRequest, slug: str, uuid: UUID) -> HttpResponse:
    """Shows the key to somebody who just proved again who they are.

    The answer to the button is the page itself and no redirect: the secret stands in no address, session or
    message. Who has to prove it first comes back here and presses the button.
    """
    project = project_for(request.user, slug, Role.ADMIN)
    app_key = get_object_or_404(AppKey, project=project, uuid=uuid, retired_at=None)
    context: dict[str, object] = {"project": project, "app_key": app_key}
    if request.method == "POST":
        context["secret"] = services.reveal_app_key(
            app_key=app_key, confirmed_at=require_confirmation(request), by=signed_in_person(request)
        )
    return render(request, "projects/app_key_reveal.html", context)


@require_POST
def app_key_add(request: HttpRequest, slug: str) -> HttpResponse:
    project = project_for(request.user, slug, Role.ADMIN)
    try:
        services.add_app_key(project=project, by=signed_in_person(request))
    except ProjectsError as error:
        messages.error(request, str(error))
    else:
        messages.success(
            request, _("A second AppKey is valid now. Move your programs to it, then retire the old one.")
        )
    return redirect("application-information", project.slug)


@require_POST
def app_key_retire(request: HttpRequest, slug: str, uuid: UUID) -> HttpResponse:
    project = project_for(request.user, slug, Role.ADMIN)
    app_key = get_object_or_404(AppKey.objects.select_related("project"), project=project, uuid=uuid)
    try:
        services.retire_app_key(app_key=app_key, by=signed_in_person(request))
    except ProjectsError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("The AppKey is retired. Programs that still use it are refused."))
    return redirect("application-information", project.slug)
