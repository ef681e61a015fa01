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
from projects.errors import ProjectsError, SettingChanged
from projects.forms import MarketingHoursForm, ProjectEditForm, ProjectForm
from projects.forms.seen import seen_value
from projects.models import Project
from projects.statuses import RecipientZone


@require_safe
def project_list(request: HttpRequest) -> HttpResponse:
    """The entrance: one's projects. Platform staff begin at the list of all organizations."""
    groups = queries.projects_by_organization(request.user)
    if not groups and request.user.is_staff:
        return redirect("staff-organization-list")
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
    form = ProjectEditForm(request.POST or None, initial=_settings_of(project))
    status = 200
    if request.method == "POST" and form.is_valid():
        values = dict(form.cleaned_data)
        try:
            services.edit_project(
                project=project, seen_at=values.pop("seen"), by=signed_in_person(request), **values
            )
        except SettingChanged as error:
            form.add_error(None, str(error))
            status = 409
        except ProjectsError as error:
            form.add_error("name", str(error))
        else:
            messages.success(request, _("The project's settings are saved."))
            return redirect("project-edit", project.slug)
    return _edit_page(request, project, form=form, status=status)


@require_POST
def project_marketing_hours(request: HttpRequest, slug: str) -> HttpResponse:
    """When marketing may leave; its form stands on the page of the settings."""
    project = project_for(request.user, slug, Role.ADMIN)
    form = MarketingHoursForm(request.POST)
    status = 422
    if form.is_valid():
        values = form.cleaned_data
        try:
            services.set_marketing_hours(
                project=project,
                marketing_from=values["marketing_from"],
                marketing_until=values["marketing_until"],
                marketing_zone=RecipientZone(values["marketing_zone"]),
                seen_at=values["seen"],
                by=signed_in_person(request),
            )
        except ProjectsError as error:
            form.add_error(None, str(error))
            status = 409 if isinstance(error, SettingChanged) else 422
        else:
            messages.success(request, _("The marketing hours are saved."))
            return redirect("project-edit", project.slug)
    return _edit_page(request, project, hours_form=form, status=status)


def _settings_of(project: Project) -> dict[str, object]:
    return {
        "name": project.name,
        "time_zone": project.time_zone,
        "default_country": project.default_country,
        "marketing_from": project.marketing_from,
        "marketing_until": project.marketing_until,
        "marketing_zone": project.marketing_zone,
    }


def _edit_page(
    request: HttpRequest,
    project: Project,
    *,
    form: ProjectEditForm | None = None,
    hours_form: MarketingHoursForm | None = None,
    status: int,
) -> HttpResponse:
    current = Project.objects.select_related("organization").get(pk=project.pk)
    context = {
        "project": current,
        "form": form or ProjectEditForm(initial=_settings_of(current)),
        "hours_form": hours_form or MarketingHoursForm(initial=_settings_of(current)),
        "seen": seen_value(current.changed_at),
        "contents": services.project_contents(project) if project.is_disabled else [],
    }
    return render(request, "projects/project_edit.html", context, status=status)


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
