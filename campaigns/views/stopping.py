"""Stop everything, for a project or the whole organization; allow it again; continue what was held."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import organization_for, roles_in, signed_in_person
from accounts.models import Organization, Role
from campaigns import services
from projects.access import project_for
from projects.models import Project
from projects.templatetags.console import grouped

STOPPERS = frozenset({Role.ADMIN, Role.OPERATOR})
METHODS = ["GET", "HEAD", "POST"]
# So many refusals are said one by one after *Continue all*; the others stand in the list.
REFUSALS_SHOWN = 3


@require_http_methods(METHODS)
def sending_stop(request: HttpRequest, slug: str) -> HttpResponse:
    """Says what stopping holds, and stops. Admins and operators."""
    project = project_for(request.user, slug)
    _require_stopper(request, project.organization_id)
    if request.method == "POST":
        if services.stop_everything(project=project, by=signed_in_person(request)):
            messages.success(request, _("Everything is stopped. Nothing of this project leaves any more."))
        return redirect("campaign-list", slug)
    context = {"project": project, "stake": services.at_stake([project]), "name": project.name}
    return render(request, "campaigns/sending_stop.html", context)


@require_http_methods(METHODS)
def sending_allow(request: HttpRequest, slug: str) -> HttpResponse:
    """Says what stays held, and allows the project to send again. Admins."""
    project = project_for(request.user, slug, Role.ADMIN)
    if request.method == "POST":
        if services.allow_sending(project=project, by=signed_in_person(request)):
            messages.success(request, _("The project may send again. What was held waits to be continued."))
        return redirect("campaign-list", slug)
    context = {"project": project, "n_held": len(services.held_by_stop(project)), "name": project.name}
    return render(request, "campaigns/sending_allow.html", context)


@require_POST
def sending_continue(request: HttpRequest, slug: str) -> HttpResponse:
    """Continue all campaigns that *Stop everything* held; says which may not go on, and why."""
    project = project_for(request.user, slug, Role.OPERATOR)
    outcome = services.continue_stopped(project=project, by=signed_in_person(request))
    n = outcome.n_campaigns
    if n:
        words = ngettext("%(n)s campaign goes on.", "%(n)s campaigns go on.", n)
        messages.success(request, words % {"n": grouped(n)})
    for campaign, why in outcome.refused[:REFUSALS_SHOWN]:
        words = _("“%(name)s” stays held. %(why)s")
        messages.error(request, words % {"name": campaign.name, "why": why})
    more = len(outcome.refused) - REFUSALS_SHOWN
    if more > 0:
        words = ngettext("%(n)s more stays held.", "%(n)s more stay held.", more)
        messages.error(request, words % {"n": grouped(more)})
    return redirect("campaign-list", slug)


@require_http_methods(METHODS)
def organization_sending_stop(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """As `sending_stop`, for every project of the organization."""
    organization = organization_for(request.user, uuid)
    _require_stopper(request, organization.pk)
    if request.method == "POST":
        n = services.stop_organization(organization=organization, by=signed_in_person(request))
        words = ngettext("%(n)s project was stopped.", "%(n)s projects were stopped.", n)
        messages.success(request, words % {"n": grouped(n)})
        return redirect("project-list")
    projects = [project for project in _projects(organization) if project.stopped_at is None]
    context = {
        "organization": organization,
        "stake": services.at_stake(projects),
        "name": organization.name,
        "may_allow": Role.ADMIN in roles_in(request.user, organization.pk),
        "n_stopped": len(_projects(organization)) - len(projects),
    }
    return render(request, "campaigns/sending_stop.html", context)


@require_http_methods(METHODS)
def organization_sending_allow(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """As `sending_allow`, for every stopped project of the organization."""
    organization = organization_for(request.user, uuid, Role.ADMIN)
    if request.method == "POST":
        n = services.allow_organization(organization=organization, by=signed_in_person(request))
        words = ngettext("%(n)s project may send again.", "%(n)s projects may send again.", n)
        messages.success(request, words % {"n": grouped(n)})
        return redirect("project-list")
    stopped = [project for project in _projects(organization) if project.stopped_at is not None]
    context = {
        "organization": organization,
        "stopped": stopped,
        "n_held": sum(len(services.held_by_stop(project)) for project in stopped),
        "name": organization.name,
    }
    return render(request, "campaigns/sending_allow.html", context)


def _projects(organization: Organization) -> list[Project]:
    return list(Project.objects.filter(organization=organization).select_related("stopped_by"))


def _require_stopper(request: HttpRequest, organization_id: int) -> None:
    if not STOPPERS & roles_in(request.user, organization_id):
        raise PermissionDenied(_("Admins and operators can stop all sending. Ask one of them."))
