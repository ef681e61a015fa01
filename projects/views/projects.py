"""Pages of projects: the entrance and their settings."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import organization_for, signed_in_person
from accounts.models import Role
from projects import navigation, queries, services
from projects.access import project_for, roles_in_project
from projects.errors import ProjectsError
from projects.forms import ProjectForm


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
