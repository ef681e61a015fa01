"""Pages of projects: the entrance, their settings, their application information, and the first setup."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import organization_for, signed_in_person
from accounts.errors import AccountsError
from accounts.models import Role
from accounts.queries import is_set_up
from projects import navigation, queries, services
from projects.access import project_for, roles_in_project
from projects.errors import ProjectsError
from projects.forms import ProjectForm, RevealForm, SetupForm
from projects.models import AppKey


@require_http_methods(["GET", "HEAD", "POST"])
@login_not_required
@sensitive_post_parameters("password", "setup_code")
@never_cache
def setup(request: HttpRequest) -> HttpResponse:
    """The first admin's way to a working project; afterwards this page only leads to the sign-in."""
    if is_set_up():
        return redirect("sign-in")
    form = SetupForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            project, user = services.set_up(**form.cleaned_data)
        except AccountsError as error:
            form.add_error("setup_code", str(error))
        else:
            login(request, user)
            messages.success(request, _("The console is ready. This is your first project."))
            return redirect("project-detail", project.slug)
    return render(request, "projects/setup.html", {"form": form})


@require_safe
def project_list(request: HttpRequest) -> HttpResponse:
    groups = queries.projects_by_organization(request.user)
    return render(request, "projects/project_list.html", {"groups": groups})


@require_http_methods(["GET", "HEAD", "POST"])
def project_add(request: HttpRequest, uuid: UUID) -> HttpResponse:
    organization = organization_for(request.user, uuid, Role.ADMIN)
    form = ProjectForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            project = services.add_project(
                organization=organization, by=signed_in_person(request), **form.cleaned_data
            )
        except ProjectsError as error:
            form.add_error("name", str(error))
        else:
            messages.success(request, _("The project “%(name)s” is ready.") % {"name": project.name})
            return redirect("project-detail", project.slug)
    return render(request, "projects/project_add.html", {"organization": organization, "form": form})


@require_safe
def project_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """A click on a project: leads to the page where this member's work is."""
    project = project_for(request.user, slug)
    return redirect(navigation.home_url(project=project, roles=roles_in_project(request.user, project)))


@require_http_methods(["GET", "HEAD", "POST"])
def project_edit(request: HttpRequest, slug: str) -> HttpResponse:
    project = project_for(request.user, slug, Role.ADMIN)
    initial = {
        "name": project.name,
        "time_zone": project.time_zone,
        "default_country": project.default_country,
    }
    form = ProjectForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            services.edit_project(project=project, by=signed_in_person(request), **form.cleaned_data)
        except ProjectsError as error:
            form.add_error("name", str(error))
        else:
            messages.success(request, _("The project's settings are saved."))
            return redirect("project-edit", project.slug)
    contents = services.project_contents(project) if project.is_disabled else []
    return render(
        request, "projects/project_edit.html", {"project": project, "form": form, "contents": contents}
    )


@require_POST
def project_disable(request: HttpRequest, slug: str) -> HttpResponse:
    project = project_for(request.user, slug, Role.ADMIN)
    services.disable_project(project=project, by=signed_in_person(request))
    messages.success(request, _("The project is disabled. Nothing is sent from it now."))
    return redirect("project-edit", project.slug)


@require_POST
def project_enable(request: HttpRequest, slug: str) -> HttpResponse:
    project = project_for(request.user, slug, Role.ADMIN)
    services.enable_project(project=project, by=signed_in_person(request))
    messages.success(request, _("The project is enabled again."))
    return redirect("project-edit", project.slug)


@require_POST
def project_delete(request: HttpRequest, slug: str) -> HttpResponse:
    project = project_for(request.user, slug, Role.ADMIN)
    try:
        services.delete_project(project=project, by=signed_in_person(request))
    except ProjectsError as error:
        messages.error(request, str(error))
        return redirect("project-edit", project.slug)
    messages.success(request, _("The project “%(name)s” is deleted.") % {"name": project.name})
    return redirect("project-list")


# --- Application information ----------------------------------------------------------------------------


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
@sensitive_post_parameters("password")
@never_cache
def app_key_reveal(request: HttpRequest, slug: str, uuid: UUID) -> HttpResponse:
    """Asks for the password again and shows the key once.

    The answer to the right password is the page itself and no redirect: the secret stands in no address,
    session or message.
    """
    project = project_for(request.user, slug, Role.ADMIN)
    app_key = get_object_or_404(AppKey, project=project, uuid=uuid, retired_at=None)
    form = RevealForm(request.POST or None)
    context = {"project": project, "app_key": app_key, "form": form}
    if request.method == "POST" and form.is_valid():
        try:
            context["secret"] = services.reveal_app_key(
                app_key=app_key, password=form.cleaned_data["password"], by=signed_in_person(request)
            )
        except ProjectsError as error:
            form.add_error("password", str(error))
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
