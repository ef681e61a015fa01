"""The first line of every campaign view: which campaign, and may this person."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from accounts.models import Role
from campaigns.models import Campaign
from projects.access import project_for

_LOADED = (
    "created_by",
    "sent_by",
    "dispatch",
    "signature_revision",
    "body_template_revision__body_template",
)


def campaign_for(request: HttpRequest, slug: str, uuid: UUID, role: Role | None = None) -> Campaign:
    """The campaign, its project already loaded, if the viewer may see it and holds the role.

    Raises `Http404` or `PermissionDenied`, as `projects.access` does. One query above that gate's.
    """
    project = project_for(request.user, slug, role)
    campaign = Campaign.objects.filter(project=project, uuid=uuid).select_related(*_LOADED).first()
    if campaign is None:
        raise Http404
    campaign.project = project
    return campaign


def seen_version(request: HttpRequest) -> int | None:
    """The version of the campaign that the posted page showed; None when it said none."""
    version = request.POST.get("version", "")
    return int(version) if version.isascii() and version.isdigit() else None


def back_to(request: HttpRequest, otherwise: str) -> HttpResponse:
    """Back to the page that the form stood on, if it is one of ours."""
    target = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()})
    return redirect(target if is_ours and target.startswith("/") else otherwise)


def campaign_url(name: str, campaign: Campaign) -> str:
    return reverse(name, args=[campaign.project.slug, campaign.uuid])


def is_htmx(request: HttpRequest) -> bool:
    """Whether a fragment is asked for, not a page."""
    return request.headers.get("HX-Request") == "true"
