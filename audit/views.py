"""The audit of a project, of an organization, and of the whole installation."""

from __future__ import annotations

from datetime import UTC
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.access import organization_for, require, signed_in_person
from accounts.models import Organization, Role
from audit import queries
from audit.forms import FilterForm
from audit.models import Entry
from audit.tracked import COUNTED, TRACKED
from projects.access import project_for
from projects.models import Project

SUBJECTS = [label.lower() for label in (*TRACKED, *COUNTED)]


@require_safe
def project_audit(request: HttpRequest, slug: str) -> HttpResponse:
    project = project_for(request.user, slug)
    _admins_and_staff(request, project.organization)
    return _page(request, organization=project.organization, project=project)


@require_safe
def organization_audit(request: HttpRequest, uuid: UUID) -> HttpResponse:
    organization = organization_for(request.user, uuid)
    _admins_and_staff(request, organization)
    return _page(request, organization=organization)


@require_safe
def installation_audit(request: HttpRequest) -> HttpResponse:
    if not signed_in_person(request).is_staff:
        raise PermissionDenied
    return _page(request, organization=None)


@require_safe
def audit_entry(request: HttpRequest, uuid: UUID, number: int) -> HttpResponse:
    """One entry of an organization with all its columns."""
    organization = organization_for(request.user, uuid)
    _admins_and_staff(request, organization)
    entry = get_object_or_404(queries.entries_of(organization=organization), pk=number)
    return _entry(request, entry, organization=organization)


@require_safe
def installation_audit_entry(request: HttpRequest, number: int) -> HttpResponse:
    if not signed_in_person(request).is_staff:
        raise PermissionDenied
    return _entry(request, get_object_or_404(Entry, pk=number), organization=None)


def _admins_and_staff(request: HttpRequest, organization: Organization) -> None:
    """Platform staff read every organization's audit; of its members the admins do."""
    if not signed_in_person(request).is_staff:
        require(request.user, organization.pk, Role.ADMIN)


def _page(
    request: HttpRequest, *, organization: Organization | None, project: Project | None = None
) -> HttpResponse:
    entries: QuerySet[Entry] = queries.entries_of(organization=organization, project=project)
    form = FilterForm(
        request.GET,
        subjects=queries.subjects_in(entries, SUBJECTS),
        people=queries.people_of(organization) if organization else [],
    )
    filters = form.filters()
    before = request.GET.get("before", "")
    before_id = int(before) if before.isascii() and before.isdigit() and len(before) < 18 else None
    zone = project.zone if project else ZoneInfo("UTC")
    page = queries.audit_page(entries, filters, zone=zone, before_id=before_id)
    kept = [(name, value) for name, value in request.GET.items() if name != "before" and value]
    context = {
        "organization": organization,
        "project": project,
        "form": form,
        "rows": page.rows,
        "is_filtered": bool(kept),
        "following": f"?{urlencode([*kept, ('before', page.next_before)])}" if page.next_before else "",
        "all_url": request.path,
        "zone": zone,
        "utc": UTC,
    }
    return render(request, "audit/list.html", context)


def _entry(request: HttpRequest, entry: Entry, *, organization: Organization | None) -> HttpResponse:
    list_url = (
        reverse("organization-audit", args=[organization.uuid])
        if organization
        else reverse("installation-audit")
    )
    context = {
        "organization": organization,
        "row": queries.audit_row(entry),
        "list_url": list_url,
        "same_request_url": f"{list_url}?{urlencode({'request_id': entry.request_id})}",
    }
    return render(request, "audit/entry.html", context)
