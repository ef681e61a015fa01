"""Frequency limits of a project, and those that an organization gives to all its projects."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import organization_for, roles_in, signed_in_person
from accounts.errors import AccountsError
from accounts.models import Organization, Role
from accounts.standing import EnterpriseOnly, standing_of
from projects import services
from projects.access import project_for, roles_in_project
from projects.contributions import LimitFigures, limit_figures
from projects.errors import ProjectsError, SettingChanged
from projects.forms.limits import LimitForm
from projects.forms.seen import seen_value
from projects.limit_words import EXPLANATIONS, OWN_SOURCE, SOURCES, TITLES, frequency_words
from projects.limits import (
    ORGANIZATION,
    PROJECT,
    FrequencyLimit,
    Limits,
    frequency_of_project,
    limits_of,
    organization_frequency,
)
from projects.models import Project
from projects.statuses import SCOPE_ALL, CapPeriod, FrequencyDimension


@dataclass(frozen=True, slots=True)
class LimitRow:
    """A limit as the table shows it. `is_own` says that it can be given back."""

    limit: FrequencyLimit
    title: str | Promise
    explanation: str | Promise
    words: str
    source: str | Promise
    is_own: bool
    edit_url: str
    reset_url: str
    seen: str
    n_today: int
    n_week: int


def limit_row(
    limit: FrequencyLimit, owner: Project | Organization, figures: LimitFigures | None = None
) -> LimitRow:
    is_project = isinstance(owner, Project)
    key = owner.slug if isinstance(owner, Project) else owner.uuid
    prefix = "" if is_project else "organization-"
    is_own = limit.source == (PROJECT if is_project else ORGANIZATION)
    return LimitRow(
        limit=limit,
        title=TITLES[limit.dimension],
        explanation=EXPLANATIONS[limit.dimension],
        words=frequency_words(limit),
        source=SOURCES.get(limit.source, OWN_SOURCE),
        is_own=is_own,
        edit_url=reverse(f"{prefix}limit-edit", args=[key, limit.dimension]),
        reset_url=reverse(f"{prefix}limit-reset", args=[key, limit.dimension]),
        seen=seen_value(limit.changed_at if is_own else None),
        n_today=figures.hits_today.get(limit.dimension, 0) if figures else 0,
        n_week=figures.hits_week.get(limit.dimension, 0) if figures else 0,
    )


@require_safe
def limits(request: HttpRequest, slug: str) -> HttpResponse:
    """What holds for this project, where each value comes from, and how often it was hit."""
    project = project_for(request.user, slug)
    found, figures = limits_of(project), limit_figures(project)
    standing = standing_of(project.organization_id)
    roles = roles_in_project(request.user, project)
    context = {
        "project": project,
        "tab": "limits",
        "rows": [limit_row(limit, project, figures) for limit in found.frequency],
        "others": _other_rules(project, figures),
        "per_day": _per_day(found),
        "n_used_today": figures.usage.get((SCOPE_ALL, CapPeriod.DAY), 0),
        "is_admin": Role.ADMIN in roles,
        "may_stop": not roles.isdisjoint({Role.ADMIN, Role.OPERATOR}),
        "is_enterprise": standing.allows(EnterpriseOnly.FREQUENCY_LIMITS),
    }
    return render(request, "projects/limits.html", context)


@dataclass(frozen=True, slots=True)
class OtherRule:
    """What blocks messages besides the frequency limits, and how many."""

    title: str
    url: str
    n_today: int
    n_week: int


def _other_rules(project: Project, figures: LimitFigures) -> list[OtherRule]:
    places = [
        (
            "unsubscribed",
            _("Unsubscribed numbers"),
            reverse("number-list", args=[project.slug, "unsubscribed"]),
        ),
        ("blacklist", _("Blacklist"), reverse("number-list", args=[project.slug, "blacklist"])),
        ("country", _("Countries not allowed"), reverse("countries", args=[project.slug])),
    ]
    return [
        OtherRule(title, url, figures.hits_today.get(rule, 0), figures.hits_week.get(rule, 0))
        for rule, title, url in places
    ]


def _per_day(found: Limits) -> Any:
    caps = (cap for cap in found.caps if cap.scope == SCOPE_ALL and cap.period == CapPeriod.DAY)
    return next(caps, None)


@require_http_methods(["GET", "HEAD", "POST"])
def limit_edit(request: HttpRequest, slug: str, dimension: str) -> HttpResponse:
    """Change a limit: the form, then what the change means, then it holds."""
    project = project_for(request.user, slug, Role.ADMIN)
    context = {"project": project, "tab": "limits", "back_url": reverse("limits", args=[slug])}
    return _edit(request, project, _dimension(dimension), context)


@require_POST
def limit_reset(request: HttpRequest, slug: str, dimension: str) -> HttpResponse:
    project = project_for(request.user, slug, Role.ADMIN)
    return _reset(request, project, _dimension(dimension), reverse("limits", args=[slug]))


@require_safe
def organization_limits(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """What holds in the organization's projects that have no limits of their own."""
    organization = organization_for(request.user, uuid)
    found = organization_frequency(organization.pk)
    context = {
        "organization": organization,
        "rows": [limit_row(limit, organization) for limit in found.values()],
        "is_admin": Role.ADMIN in roles_in(request.user, organization.pk),
        "is_enterprise": standing_of(organization.pk).allows(EnterpriseOnly.FREQUENCY_LIMITS),
    }
    return render(request, "projects/organization_limits.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def organization_limit_edit(request: HttpRequest, uuid: UUID, dimension: str) -> HttpResponse:
    organization = organization_for(request.user, uuid, Role.ADMIN)
    context = {"organization": organization, "back_url": reverse("organization-limits", args=[uuid])}
    return _edit(request, organization, _dimension(dimension), context)


@require_POST
def organization_limit_reset(request: HttpRequest, uuid: UUID, dimension: str) -> HttpResponse:
    organization = organization_for(request.user, uuid, Role.ADMIN)
    return _reset(request, organization, _dimension(dimension), reverse("organization-limits", args=[uuid]))


def _dimension(word: str) -> FrequencyDimension:
    if word not in FrequencyDimension.values:
        raise Http404
    return FrequencyDimension(word)


def _in_force(owner: Project | Organization, dimension: FrequencyDimension) -> FrequencyLimit:
    if isinstance(owner, Project):
        return frequency_of_project(owner)[dimension]
    return organization_frequency(owner.pk)[dimension]


def _edit(
    request: HttpRequest,
    owner: Project | Organization,
    dimension: FrequencyDimension,
    context: dict[str, Any],
) -> HttpResponse:
    limit = _in_force(owner, dimension)
    initial = {"is_on": limit.is_on, "n_messages": limit.n_messages, "n_seconds": limit.n_seconds}
    form = LimitForm(request.POST or None, initial=initial, dimension=dimension)
    status = 200
    if request.method == "POST" and form.is_valid():
        wanted = _wanted(dimension, form.cleaned_data)
        if "save" in request.POST:
            try:
                _save(request, owner, wanted, form.cleaned_data["seen"])
            except (ProjectsError, AccountsError) as error:
                status = 409 if isinstance(error, SettingChanged) else 422
                form.add_error(None, str(error))
                limit = _in_force(owner, dimension)
            else:
                messages.success(request, _("The limit is saved. It holds within 2 seconds."))
                return redirect(context["back_url"])
        elif "again" not in request.POST:
            context |= {"wanted": wanted, "wanted_words": frequency_words(wanted)}
    row = limit_row(limit, owner)
    # An older page keeps what it saw until the person has been told what changed.
    seen = request.POST.get("seen", row.seen) if status == 200 else row.seen
    context |= {"form": form, "row": row, "seen": seen, "now_words": frequency_words(limit)}
    return render(request, "projects/limit_edit.html", context, status=status)


def _wanted(dimension: FrequencyDimension, values: dict[str, Any]) -> FrequencyLimit:
    return FrequencyLimit(
        dimension, bool(values["is_on"]), values["n_messages"], values.get("n_seconds"), PROJECT
    )


def _save(
    request: HttpRequest, owner: Project | Organization, wanted: FrequencyLimit, seen_at: datetime | None
) -> None:
    services.set_frequency_limit(
        owner=owner,
        dimension=wanted.dimension,
        is_on=wanted.is_on,
        n_messages=wanted.n_messages,
        n_seconds=wanted.n_seconds,
        seen_at=seen_at,
        by=signed_in_person(request),
    )


def _reset(
    request: HttpRequest, owner: Project | Organization, dimension: FrequencyDimension, back_url: str
) -> HttpResponse:
    form = LimitForm(request.POST, dimension=dimension)
    form.is_valid()
    try:
        services.reset_frequency_limit(
            owner=owner,
            dimension=dimension,
            seen_at=form.cleaned_data.get("seen"),
            by=signed_in_person(request),
        )
    except (ProjectsError, AccountsError) as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("The default holds again, within 2 seconds."))
    return redirect(back_url)
