"""Pages of platform staff about organizations: the list of all, and one with its members and projects."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts import standing_queries
from accounts.access import organization_for, require_staff
from accounts.queries import members
from projects.forms.staff import OrganizationFilter
from projects.queries import staff as queries
from projects.queries.staff import PAGE_ROWS, StandingFilter


@require_safe
def staff_organization_list(request: HttpRequest) -> HttpResponse:
    require_staff(request.user)
    asked = OrganizationFilter(request.GET).asked()
    rows = queries.organization_rows(**asked)
    shown = rows[:PAGE_ROWS]
    context = {
        "rows": shown,
        "asked": asked,
        "filters": [("", _query(asked, standing=""), not asked["standing"])]
        + [
            (one.label, _query(asked, standing=one.value), one.value == asked["standing"])
            for one in StandingFilter
        ],
        "is_first": asked["before"] is None,
        "first": _query(asked),
        "following": _query(asked, before=shown[-1].organization.pk) if len(rows) > PAGE_ROWS else "",
    }
    return render(request, "projects/staff_organization_list.html", context)


def _query(asked: dict[str, Any], **changed: Any) -> str:
    """The query string of the same list with this changed; from its beginning unless `before` says where."""
    wanted = {"q": asked["search"], "standing": asked["standing"]} | changed
    return "?" + urlencode({name: value for name, value in wanted.items() if value})


@require_safe
def staff_organization(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """One organization: its standing with what can be decided about it, its people, its projects."""
    require_staff(request.user)
    organization = organization_for(request.user, uuid)
    context = {
        "organization": organization,
        "page": standing_queries.standing_page(organization),
        "members": members(organization),
        "projects": queries.organization_projects(organization),
    }
    return render(request, "projects/staff_organization.html", context)
