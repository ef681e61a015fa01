"""Where somebody new to an organization lands."""

from __future__ import annotations

from django.http import HttpRequest
from django.shortcuts import resolve_url

from accounts.models import Organization

_ONWARD = "accounts.onward"


def checklist_address(organization: Organization) -> str:
    """The page that shows what is missing before the first message can be sent."""
    return resolve_url("organization-checklist", organization.uuid)


def remember_onward(request: HttpRequest, address: str) -> str:
    """Go there, also when the second factor has to be set up on the way."""
    request.session[_ONWARD] = address
    return address


def onward(request: HttpRequest) -> str:
    """Where somebody was going when they had to set up the second factor; otherwise the projects."""
    return str(request.session.pop(_ONWARD, None) or resolve_url("project-list"))
