"""The checklist of an organization: what is missing until its first message can be sent."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.access import organization_for, roles_in
from accounts.checklist import checklist_of


@require_safe
def organization_checklist(request: HttpRequest, uuid: UUID) -> HttpResponse:
    organization = organization_for(request.user, uuid)
    roles = roles_in(request.user, organization.pk)
    context = {"organization": organization, "checklist": checklist_of(organization, roles=roles)}
    return render(request, "accounts/organization_checklist.html", context)
